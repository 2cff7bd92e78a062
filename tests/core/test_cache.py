"""The cache in a table, inside of a snapshot: it is read, what has expired is missing, and what is kept is kept afterwards."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.core.cache.backends.db import DatabaseCache
from django.core.management import call_command
from django.db import connection, transaction
from django.test import override_settings

from schools import models
from schools.core.snapshot import afterwards, is_open, is_own_moment, snapshot

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _in_a_table() -> Iterator[None]:
    with override_settings(CACHES={"default": {"BACKEND": "schools.core.cache.Cache", "LOCATION": "speakout_cache"}}):
        call_command("createcachetable")
        cache.clear()
        yield
        cache.clear()


def rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM speakout_cache")
        number: int = cursor.fetchone()[0]
        return number


def test_what_is_kept_in_a_snapshot_is_there_when_it_has_ended() -> None:
    with snapshot():
        cache.set("outline", [1, 2], 60)
        with snapshot():
            cache.set("names", "x", 60)
        assert (cache.get("outline"), rows()) == (None, 0)
    assert cache.get_many(["outline", "names"]) == {"outline": [1, 2], "names": "x"}


def test_what_has_expired_is_missing_and_the_page_goes_on() -> None:
    """PostgreSQL refuses whatever comes after a refused statement, and Django deletes what has expired when it is asked for."""
    cache.set("other", 1, 60)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE speakout_cache SET expires = '2020-01-01 00:00:00'")
    with snapshot():
        assert cache.get("other") is None
        assert models.School.objects.count() == 0
        cache.delete("other")
        assert models.School.objects.count() == 0
    assert rows() == 1
    assert cache.get("other") is None
    assert rows() == 0, "outside it is deleted"


def test_a_snapshot_that_ends_by_an_error_keeps_nothing() -> None:
    def fail() -> None:
        with snapshot():
            cache.set("outline", 1, 60)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert cache.get("outline") is None
    with pytest.raises(LookupError, match="No snapshot is open"):
        afterwards(rows)


def test_a_moment_is_its_own_where_no_transaction_surrounds_it() -> None:
    assert not is_open()
    assert not is_own_moment()
    with snapshot():
        assert is_open()
        assert is_own_moment()
        with snapshot():
            assert is_own_moment()
    with transaction.atomic(), snapshot():
        assert is_open()
        assert not is_own_moment()


def test_a_page_that_is_ready_waits_for_nobody_who_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite has one writer, and an import is one for minutes; what was not kept is worked out again."""
    patience: list[int] = []

    def asked(self: DatabaseCache, *call: object, **more: object) -> None:
        patience.append(_patience())

    monkeypatch.setattr(DatabaseCache, "set", asked)
    usual = _patience()
    with snapshot():
        cache.set("outline", 1, 60)
    cache.set("tries", 1, 60)
    assert patience == [0, usual]
    assert _patience() == usual


def _patience() -> int:
    """Milliseconds that SQLite waits for another writer; PostgreSQL lets several write, and is asked nothing."""
    if connection.vendor != "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        milliseconds: int = cursor.fetchone()[0]
        return milliseconds
