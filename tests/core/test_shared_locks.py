"""What everybody shares is free again at once when its holder gives it back, however slowly a connection ends."""

from contextlib import suppress

import pytest
from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper

from schools.core.shared_locks import shared_locks

pytestmark = pytest.mark.django_db


def test_a_lock_is_free_before_the_server_has_noticed_that_its_holder_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = shared_locks("a-test"), shared_locks("a-test")
    assert first.take(1)
    assert not second.take(1)
    with monkeypatch.context() as slow:
        slow.setattr(BaseDatabaseWrapper, "close", lambda connection: None)
        first.close()
        is_free = second.take(1)
    first.close()
    second.close()
    second.close()
    assert is_free


def test_closing_gives_back_what_is_held_after_a_statement_failed() -> None:
    first, second = shared_locks("a-test"), shared_locks("a-test")
    assert first.take(1)
    with suppress(DatabaseError):
        first.take(2**40)  # PostgreSQL has no such number, and ends the transaction
    first.close()
    is_free = second.take(1)
    second.close()
    assert is_free
