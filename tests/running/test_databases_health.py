"""The planner, the way past PgBouncer and the replica are looked at: each fault has a sentence, and none is invented."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, connections
from django.utils import timezone
from pytest_django.fixtures import Settings

from schools.core import databases
from schools.core.databases import replica_problems
from schools.running import checks
from schools.running.checks import look_at_direct, look_at_planner, look_at_replica, look_at_server_log, look_at_tables
from schools.running.health import Finding, Level, watch

pytestmark = pytest.mark.django_db(transaction=True)


class Answers:
    """Stands for a connection: each statement has an answer, by a piece of its text; one that is an exception is raised."""

    vendor = "postgresql"

    def __init__(self, **answers: Any) -> None:
        self.answers, self.is_closed = answers, False

    def __enter__(self) -> "Answers":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is to be given back."""

    def cursor(self) -> "Answers":
        return self

    def close(self) -> None:
        self.is_closed = True

    def execute(self, sql: str, _: Any = None) -> None:
        self.answer = next(answer for piece, answer in self.answers.items() if piece in sql)
        if isinstance(self.answer, Exception):
            raise self.answer

    def fetchone(self) -> Any:
        return self.answer

    def fetchall(self) -> Any:
        return self.answer


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Answers]]:
    """Names a further database whose connection has the answers."""
    named: list[str] = []

    def name(alias: str, **answers: Any) -> Answers:
        made = Answers(**answers)
        monkeypatch.setitem(connections.settings, alias, connections.settings["default"])
        connections[alias] = made  # type: ignore[assignment]  # all that is asked of it
        named.append(alias)
        return made

    yield name
    for alias in named:
        del connections[alias]


def replica(other: Callable[..., Answers], monkeypatch: pytest.MonkeyPatch, **answers: Any) -> Answers:
    """A replica that is well but for these answers."""
    monkeypatch.setattr(databases, "_written", lambda: "0/10")
    monkeypatch.setattr(databases, "LAG", 0.0)
    return other("replica", **({"pg_is_in_recovery": (True, 0), "hot_standby_feedback": ("on",)} | answers))


def look(which: Callable[[Any], Finding]) -> tuple[Level, str]:
    finding = which(timezone.now())
    return finding.level, finding.sentence


def test_where_no_further_database_is_set_up_there_is_nothing_to_say() -> None:
    assert look(look_at_direct)[0] is look(look_at_replica)[0] is Level.NOTE
    assert look(look_at_planner) == (Level.WELL, "It plans as our statements need it.")


def test_sessions_that_plan_otherwise_are_a_fault_until_it_is_written() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('jit', 'on', false)")
        level, sentence = look(look_at_planner)
        assert level is Level.FAULT
        assert "have jit on. Run manage.py planner_settings --write" in sentence
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('jit', 'off', false)")
    assert look(look_at_planner)[0] is Level.WELL


@pytest.mark.parametrize("is_set_up", [True, False])
def test_a_log_of_the_server_that_has_rows_of_people_is_named(is_set_up: bool) -> None:
    if connection.vendor == "postgresql" and is_set_up:
        with connection.cursor() as cursor:
            cursor.execute("SET log_min_error_statement = 'panic'; SET log_error_verbosity = 'terse'")
    level, sentence = look(look_at_server_log)
    if connection.vendor == "sqlite":
        assert (level, sentence) == (Level.NOTE, "The database has no log of its own.")
    elif is_set_up:
        assert (level, sentence) == (Level.WELL, "It has no rows of people.")
    else:
        assert level is Level.NOTE
        assert "ALTER ROLE … SET log_min_error_statement = 'panic'; ALTER ROLE … SET log_error_verbosity = 'terse'" in sentence
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("RESET log_min_error_statement; RESET log_error_verbosity")


def test_a_log_that_is_set_for_one_database_alone_has_the_rows_of_the_drill(monkeypatch: pytest.MonkeyPatch) -> None:
    of_role = [("log_min_error_statement", "panic", "user"), ("log_error_verbosity", "terse", "user")]
    for rows, level in ((of_role, Level.WELL), ([of_role[0], ("log_error_verbosity", "terse", "database")], Level.NOTE)):
        monkeypatch.setattr(checks, "connection", Answers(pg_settings=rows))
        assert look(look_at_server_log)[0] is level


@pytest.mark.parametrize(
    ("answers", "level", "words"),
    [
        ({}, Level.WELL, "It has what the primary has."),
        ({"pg_is_in_recovery": (True, 4096)}, Level.FAULT, "lags: it is 4,096 bytes behind"),
        ({"pg_is_in_recovery": (False, 0)}, Level.FAULT, "follows no other. The primary is read instead. Make a new replica"),
        ({"hot_standby_feedback": ("off",)}, Level.FAULT, "hot_standby_feedback off"),
        ({"pg_is_in_recovery": OperationalError("no route")}, Level.FAULT, "does not answer (OperationalError)"),
    ],
)
def test_a_replica_that_is_away_lags_or_follows_nobody_is_a_fault(
    other: Callable[..., Answers], monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any], level: Level, words: str
) -> None:
    made = replica(other, monkeypatch, **answers)
    seen, sentence = look(look_at_replica)
    assert (seen, words in sentence) == (level, True), sentence
    assert made.is_closed is isinstance(answers.get("pg_is_in_recovery"), Exception), "a broken connection is not kept"


def test_a_primary_that_is_away_is_not_laid_at_the_replicas_door(
    other: Callable[..., Answers], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> str:
        raise OperationalError

    replica(other, monkeypatch)
    monkeypatch.setattr(databases, "_written", away)
    with pytest.raises(OperationalError):
        replica_problems()


WELL = {
    "jit": "off", "random_page_cost": "1.1", "cursor_tuple_fraction": "1",
    "tcp_keepalives_idle": "20", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3",
}  # fmt: skip
"""What the sessions of a role have that is well set up."""


@pytest.mark.parametrize(
    ("answers", "level", "words"),
    [
        ({}, Level.WELL, "It leads to the primary."),
        ({"pg_is_in_recovery": (True,)}, Level.FAULT, "leads to a replica"),
        ({"pg_settings": [*(WELL | {"jit": "on"}).items()]}, Level.FAULT, "jit on"),
        ({"pg_settings": [*(WELL | {"tcp_keepalives_idle": "7200"}).items()]}, Level.FAULT, "have tcp_keepalives_idle 7200."),
        ({"pg_settings": [*WELL.items()][:3]}, Level.WELL, "It leads to the primary."),
        ({"pg_is_in_recovery": OperationalError("refused")}, Level.FAULT, "long files and backups fail"),
    ],
)
def test_a_way_past_pgbouncer_that_leads_nowhere_or_to_a_replica_is_a_fault(
    other: Callable[..., Answers], answers: dict[str, Any], level: Level, words: str
) -> None:
    other("direct", **({"pg_is_in_recovery": (False,), "pg_settings": [*WELL.items()]} | answers))
    seen, sentence = look(look_at_direct)
    assert (seen, words in sentence) == (level, True), sentence


def test_what_stands_on_another_machine_keeps_no_page_waiting() -> None:
    registered = {check.name: check for check, _ in watch.findings(now=timezone.now())}
    assert {name for name, check in registered.items() if check.apart} == {"certificate", "direct", "replica"}
    assert max(check.kept for check in checks.CHECKS) <= 30, "a fault is seen within a minute"


@pytest.mark.parametrize("is_there", [True, False])
def test_the_table_of_the_cache_is_missed_because_nobody_signs_in_without(settings: Settings, is_there: bool) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "speakout_cache"}}
    call_command("createcachetable", verbosity=0)
    if not is_there:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE speakout_cache")
    finding = look_at_tables(timezone.now())
    assert finding.level == (Level.WELL if is_there else Level.FAULT)
    assert ("createcachetable" in finding.sentence) is not is_there
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS speakout_cache")
