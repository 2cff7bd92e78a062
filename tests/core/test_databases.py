"""What is heavy reads the replica where there is one, and the primary wherever that would be wrong."""

from collections.abc import Generator, Iterator
from typing import Any

import pytest
from django.contrib.sessions.models import Session as SignIn
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections, router, transaction
from django.test import Client

from schools.core import databases
from schools.core.databases import direct_alias, heavy_reading, replica_problems
from schools.core.snapshot import snapshot
from schools.models import Area, User
from speakout.settings import base
from tests.factories import AreaFactory, manager

pytestmark = pytest.mark.django_db(transaction=True)

HERE = "postgres://speakout@/speakout?host=/run/postgresql"


@pytest.fixture
def replica(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """A second way to the same rows; the list says whether it has all of them."""
    has_all = [True]
    monkeypatch.setitem(connections.settings, "replica", connections.settings["default"])
    monkeypatch.setattr(databases, "_is_to_be_read", lambda: has_all[0])
    connections["replica"].connect()  # once it is there, Django's guard of other databases leaves it alone
    yield has_all
    connections["replica"].close()
    if connection.vendor == "postgresql":
        connections["replica"].close_pool()  # type: ignore[attr-defined]  # PostgreSQL's
    del connections["replica"]


def test_without_a_replica_the_primary_is_read() -> None:
    with heavy_reading() as alias:
        assert (alias, Area.objects.all().db) == ("default", "default")
    assert replica_problems() == []


def test_our_tables_are_read_from_the_replica_and_everything_else_from_the_primary(replica: list[bool]) -> None:
    AreaFactory(name="Devon")
    with heavy_reading() as alias:
        assert alias == "replica"
        assert [area._state.db for area in Area.objects.all()] == ["replica"]
        assert SignIn.objects.all().db == "default"
        cache.set("since", 5)
        assert cache.get("since") == 5
        assert Area.objects.all().db == "replica", "the cache is no data"
    assert Area.objects.all().db == "default"


def test_what_follows_a_write_reads_the_primary(replica: list[bool]) -> None:
    with heavy_reading():
        AreaFactory(name="Kent")
        assert [area.name for area in Area.objects.all()] == ["Kent"]
        assert Area.objects.all().db == "default"
    with heavy_reading() as alias:
        assert alias == "replica", "the next one decides anew"


def test_a_row_that_the_replica_gave_is_changed_on_the_primary(replica: list[bool]) -> None:
    kent = AreaFactory(name="Kent")
    with heavy_reading():
        read = Area.objects.get()
    read.name = "Devon"
    read.save()
    kent.refresh_from_db()
    assert (kent.name, router.allow_relation(read, kent)) == ("Devon", True)


def test_inside_a_transaction_the_primary_is_read(replica: list[bool]) -> None:
    with transaction.atomic():
        AreaFactory(name="Kent")
        with snapshot():
            assert Area.objects.count() == 1


def test_a_replica_that_lags_or_is_away_is_not_read(replica: list[bool]) -> None:
    replica[0] = False
    with heavy_reading() as alias, snapshot():
        assert (alias, Area.objects.all().db) == ("default", "default")


def test_a_snapshot_is_one_of_the_replica_and_the_outer_one_decides(replica: list[bool]) -> None:
    AreaFactory()
    with snapshot():
        replica[0] = False
        with snapshot(), heavy_reading() as inner:
            assert (inner, Area.objects.count()) == ("replica", 1)
        assert Area.objects.all().db == "replica"
        assert not connection.in_atomic_block


def test_a_file_that_was_left_in_the_middle_does_not_decide_for_the_next_page(replica: list[bool], client: Client) -> None:
    def file() -> Generator[Any]:
        with snapshot():
            yield from Area.objects.all()

    AreaFactory()
    left = file()
    assert next(left)
    client.get("/accounts/login/")
    assert User.objects.all().db == "default"
    left.close()


def test_pages_of_reach_and_who_is_due_are_read_from_the_replica(replica: list[bool], client: Client) -> None:
    client.force_login(manager())
    read: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        read.append(sql)
        return execute(sql, *rest)

    for page in ("/admin/reach/", "/admin/reach/behind/", "/admin/due/"):
        read.clear()
        with connections["replica"].execute_wrapper(note):
            assert client.get(page).status_code == 200
        assert [sql for sql in read if "schools_" in sql], f"{page} asks the replica nothing"
        assert not [sql for sql in read if "django_session" in sql]


def test_with_a_way_past_pgbouncer_the_main_one_keeps_no_cursors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEAKOUT_DIRECT_URL", HERE)
    monkeypatch.setenv("SPEAKOUT_REPLICA_URL", "postgres://speakout:secret@replica.example.org:5433/speakout")
    settings = base.databases(HERE)
    assert list(settings) == ["default", "direct", "replica"]
    assert settings["default"]["DISABLE_SERVER_SIDE_CURSORS"]
    assert "DISABLE_SERVER_SIDE_CURSORS" not in settings["direct"]
    assert {config["OPTIONS"].get("options") for config in settings.values()} == {None}, "PgBouncer refuses options"
    assert (settings["replica"]["HOST"], settings["replica"]["PORT"]) == ("replica.example.org", 5433)
    assert settings["replica"]["OPTIONS"]["pool"] | {"min_size": 0, "timeout": 2} == settings["replica"]["OPTIONS"]["pool"]
    assert settings["default"]["OPTIONS"]["pool"]["timeout"] == 10, "each has a pool of its own"


def test_a_server_whose_machine_died_without_a_word_is_given_up_within_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEAKOUT_DIRECT_URL", f"{HERE}&tcp_user_timeout=90000")
    monkeypatch.setenv("SPEAKOUT_REPLICA_URL", HERE)
    settings = base.databases(HERE)
    options = settings["default"]["OPTIONS"]
    assert options["connect_timeout"] == 5
    assert options["tcp_user_timeout"] == 20_000, "what was sent and never confirmed"
    silent = options["keepalives_idle"] + options["keepalives_interval"] * options["keepalives_count"]
    assert silent <= 60, "a line on which nothing is sent"
    assert settings["direct"]["OPTIONS"]["tcp_user_timeout"] == 90_000, "what the address says itself counts"
    assert settings["replica"]["OPTIONS"]["connect_timeout"] == 2, "whoever reads a replica waits less for it"
    assert settings["replica"]["OPTIONS"]["keepalives_idle"] == options["keepalives_idle"]


def test_long_files_take_the_way_past_pgbouncer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert direct_alias() == "default"
    monkeypatch.setitem(connections.settings, "direct", connections.settings["default"])
    assert direct_alias() == "direct"
    with heavy_reading() as alias:
        assert (alias, Area.objects.all().db) == ("direct", "direct")


@pytest.mark.parametrize("name", ["SPEAKOUT_DIRECT_URL", "SPEAKOUT_REPLICA_URL"])
def test_an_address_of_another_database_is_refused_by_its_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "sqlite:////srv/speakout.sqlite3")
    with pytest.raises(ImproperlyConfigured, match=f"^{name} must be an address of PostgreSQL"):
        base.databases(HERE)


def test_tables_are_changed_on_the_primary_alone() -> None:
    assert [router.allow_migrate(alias, "schools") for alias in ("default", "direct", "replica")] == [True, False, False]
