"""What everybody shares is free again at once when its holder gives it back, however slowly a connection ends."""

from contextlib import suppress
from typing import Any

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


def test_closing_gives_back_what_is_held_where_each_transaction_may_get_another_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """As through PgBouncer in transaction mode: once a transaction has ended, the next may be another session's."""
    first, second = shared_locks("a-test"), shared_locks("a-test")
    left: list[Any] = []
    rollback = BaseDatabaseWrapper.rollback

    def to_another_session(wrapper: BaseDatabaseWrapper) -> None:
        rollback(wrapper)
        left.append(wrapper.connection)  # PgBouncer keeps it for whoever comes next
        wrapper.connection = None
        wrapper.connect()

    assert first.take(1)
    with monkeypatch.context() as bouncer:
        bouncer.setattr(BaseDatabaseWrapper, "rollback", to_another_session)
        first.close()
    is_free = second.take(1)
    second.close()
    for session in left:
        session.close()
    assert is_free
