"""Prepared queries say what their QuerySets say, whatever they are given, and keep nothing but the words of the question."""

import importlib
import pkgutil
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db.models import BigIntegerField, DateField, F, QuerySet

import schools
from schools.core.batched_queries import Given, GivenDays, GivenIds
from schools.core.ids import IsAmong
from schools.core.prepared import GivenRows, Prepared
from schools.directory.models import School
from schools.visits.models import Session
from tests.factories import HeadcountFactory, SessionFactory

DAY = date(2026, 11, 24)


@pytest.fixture
def sessions(db: None) -> list[Session]:
    made: list[Any] = [SessionFactory(day=DAY + timedelta(days=number)) for number in range(4)]
    for session in made:
        HeadcountFactory(session=session, expected=30)
    return made


@pytest.mark.django_db
def test_rows_come_with_what_belongs_to_them_and_in_their_order(sessions: list[Session], django_assert_num_queries: Any) -> None:
    prepared = Prepared(
        lambda: (
            Session.objects.filter(pk__in=GivenIds("sessions"), day__gte=Given("since", DateField()))
            .with_cover()
            .select_related("visit__school")
            .prefetch_related("headcounts")
            .order_by("-day")
        )
    )
    for wanted, since in ((sessions[:3], DAY), (sessions[1:], DAY + timedelta(days=2)), ([], DAY)):
        with django_assert_num_queries(2 if wanted else 1):
            rows = prepared.run(sessions=[each.pk for each in wanted], since=since)
            shown = [(row.visit.school.name, row.is_covered, [each.expected for each in row.headcounts.all()]) for row in rows]
        assert rows == [each for each in reversed(wanted) if each.day >= since]
        assert shown == [(each.visit.school.name, False, [30]) for each in rows]


@pytest.mark.django_db
def test_days_and_columns_alone_are_given_and_returned_too(sessions: list[Session]) -> None:
    prepared = Prepared(lambda: Session.objects.filter(day__in=GivenDays("days")).order_by("day").values_list("pk", "day"))
    assert prepared.run(days=[DAY, DAY + timedelta(days=3)]) == [(each.pk, each.day) for each in (sessions[0], sessions[3])]
    assert prepared.run(days=()) == []


@pytest.mark.django_db
def test_rows_that_are_given_are_found_by_the_same_statement(sessions: list[Session], django_assert_num_queries: Any) -> None:
    amongst = IsAmong(F("pk"), GivenRows("sessions"))
    prepared = Prepared(lambda: Session.objects.filter(amongst, day__gt=Given("after", DateField())).order_by("day"))
    with django_assert_num_queries(1):
        assert prepared.run(sessions=Session.objects.filter(day__lte=DAY + timedelta(days=2)), after=DAY) == sessions[1:3]
    percent = Session.objects.filter(visit__school__name__contains="%").order_by("day")
    School.objects.filter(pk=sessions[2].visit.school_id).update(name="100 % School")
    assert prepared.run(sessions=percent, after=DAY) == [sessions[2]]
    with django_assert_num_queries(0):
        assert prepared.run(sessions=Session.objects.none(), after=DAY) == []


@pytest.mark.django_db
def test_it_is_written_once(sessions: list[Session]) -> None:
    made: list[QuerySet[Session]] = []

    def rows() -> QuerySet[Session]:
        made.append(Session.objects.filter(pk=Given("session", BigIntegerField())))
        return made[-1]

    prepared = Prepared(rows)
    assert [prepared.run(session=each.pk) for each in sessions] == [[each] for each in sessions]
    assert len(made) == 1
    # What is filtered further is another question, and not the words that are kept.
    assert list(made[0].none()) == []


def every_prepared() -> dict[str, Prepared[Any]]:
    """Those that are names of modules, by module and name."""
    names = [module.name for module in pkgutil.walk_packages(schools.__path__, "schools.") if ".migrations." not in module.name]
    return {
        f"{module}.{name}": value
        for module in names
        for name, value in vars(importlib.import_module(module)).items()
        if isinstance(value, Prepared)
    }


@pytest.mark.django_db
def test_none_of_them_holds_what_was_looked_up_or_the_day_of_today(django_assert_num_queries: Any) -> None:
    """The words live as long as the process: an id or a day in them would be that of the first time."""
    found = every_prepared()
    assert len(found) >= 10
    to_do = "Read nothing, and ask for no day, where the QuerySet of a Prepared is made: make a `Given` of it."
    for prepared in found.values():
        written = []
        for now in (datetime(2026, 11, 24, 9, tzinfo=UTC), datetime(2029, 3, 1, 9, tzinfo=UTC)):
            with time_machine.travel(now, tick=False), django_assert_num_queries(0, info=to_do):
                sql, values = prepared._rows().query.sql_with_params()
            written.append((sql, [value.name if isinstance(value, Given) else value for value in values]))
        assert written[0] == written[1], to_do
        assert not [value for value in written[0][1] if isinstance(value, date)], to_do
