"""A message that was stopped, and whose address and words were taken out since, waits for nobody's decision."""

from datetime import timedelta

import pytest

from schools.messages.actions import erase_texts
from schools.models import OutboxMessage
from tests.office.conftest import NOW

pytestmark = pytest.mark.django_db


def test_nobody_is_asked_about_a_stopped_message_without_address_and_words() -> None:
    message = OutboxMessage.objects.create(key="hello:1", to="pat@oak.example.org", subject="Hello", body="Hi", stopped_at=NOW)
    assert OutboxMessage.objects.undecided().get() == message
    assert erase_texts(OutboxMessage.objects.all()) == 1
    assert not OutboxMessage.objects.undecided().exists()
    assert OutboxMessage.objects.get().left_at == NOW


def test_what_a_manager_decided_before_stays_decided_then() -> None:
    left = NOW + timedelta(hours=1)
    OutboxMessage.objects.create(key="hello:1", to="pat@oak.example.org", subject="Hello", stopped_at=NOW, left_at=left)
    erase_texts(OutboxMessage.objects.all())
    assert OutboxMessage.objects.get().left_at == left
