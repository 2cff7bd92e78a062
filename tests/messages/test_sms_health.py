"""How it runs counts the SMS of the day, and says where they do not go out."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from schools.messages.health import look_at_sms
from schools.messages.models import MailPace, OutboxMessage
from schools.running.health import Level
from tests.messages.texted import ASHA, NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def stub(settings: Settings) -> None:
    settings.SPEAKOUT_SMS, settings.SPEAKOUT_SMS_PER_DAY = "stub", 3


def waits(**fields: Any) -> None:
    mail = OutboxMessage.objects.create(key="k", to="asha@example.org", subject="x", body="x", kind="mornings", sent_at=NOW)
    long_ago = {"created_at": NOW - timedelta(minutes=10)}
    OutboxMessage.objects.create(key="sms:k", channel="sms", beside=mail, to=ASHA, subject="x", body="x", **long_ago | fields)


def gone_today(number: int) -> None:
    today, yesterday = NOW - timedelta(hours=1), NOW - timedelta(days=1)
    MailPace.objects.create(pk=2, recent=[yesterday.timestamp(), *[today.timestamp()] * number])


def test_where_none_go_nothing_is_to_be_looked_at(settings: Settings) -> None:
    settings.SPEAKOUT_SMS = "none"
    assert look_at_sms(NOW).level is Level.NOTE


def test_those_of_the_day_are_counted() -> None:
    assert look_at_sms(NOW).sentence == "0 of at most 3 SMS went today."
    gone_today(2)
    finding = look_at_sms(NOW)
    assert (finding.level, finding.sentence) == (Level.WELL, "2 of at most 3 SMS went today.")


@pytest.mark.parametrize(
    ("fields", "gone", "words"),
    [
        ({"next_try": NOW + timedelta(hours=8)}, 3, "Raise SPEAKOUT_SMS_PER_DAY"),
        ({"next_try": NOW + timedelta(seconds=20), "last_error": "NoEntry: Notify lets us not in"}, 1, "Notify lets us not in"),
        ({}, 1, "Nobody sends them"),
        ({"created_at": NOW}, 1, ""),
        ({"created_at": NOW}, 2, ""),
        ({"sent_at": NOW}, 3, ""),
        ({"stopped_at": NOW, "last_error": "no such number"}, 3, ""),
    ],
)
def test_those_that_wait_longer_than_they_should_are_a_fault(fields: dict[str, Any], gone: int, words: str) -> None:
    gone_today(gone)
    waits(**fields)
    finding = look_at_sms(NOW)
    assert (finding.level is Level.FAULT) is bool(words)
    assert words in finding.sentence
