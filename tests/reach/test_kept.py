"""Kept figures are those that would be counted now: whatever they rest on, a change of it is noticed."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db import models as fields
from django.test.utils import CaptureQueriesContext

from schools import models
from schools.core.periods import AcademicYear, Period
from schools.core.snapshot import snapshot
from schools.reach import triggers
from schools.reach.filters import Filters
from schools.reach.queries import kept as keeping
from schools.reach.queries import reach, reach_of_periods, scope_of
from schools.reach.queries.children import cold_spots
from schools.reach.queries.coverage import coverage
from schools.reach.queries.kept import kept
from schools.reach.queries.months import attendances_by_month
from schools.reach.queries.over_roll import over_roll
from schools.reach.queries.years_compared import years_compared
from schools.reach.rows import KIND_CUTS, Cut
from tests import factories
from tests.reach.examples import delivered, worked_example

pytestmark = pytest.mark.django_db(transaction=True)
ON = date(2026, 11, 24)
YEAR, NEXT = AcademicYear(2025), AcademicYear(2026)


@pytest.fixture(autouse=True)
def _few_changes() -> None:
    """Those of earlier tests stay in their table, because it is no part of the models."""
    triggers.let_older_changes_go()


@pytest.fixture
def school() -> models.School:
    """The worked example with a row of each table that figures rest on."""
    school = worked_example(area="Cumbria")
    session = models.Session.objects.delivered().order_by("day").first()
    assert session is not None
    factories.CoverFactory(session=session, state="attended")
    models.Roll.objects.create(school=school, academic_year=2025, year_group=5, source="coordinator", pupils=60)
    models.SchoolLink.objects.create(predecessor=school, successor=models.School.objects.latest("pk"), kind="successor")
    models.Site.objects.create(school=school, name="The hall", easting=300_000, northing=500_000)
    models.School.objects.update(easting=300_000, northing=500_000)
    return school


def counted_and_kept(period: Period = YEAR.period) -> tuple[int, int]:
    """Attendances as they are counted now, and as the page shows them, of one moment."""
    asked: dict[str, Any] = {"by": Cut.AREA, "as_of": ON}
    with snapshot():
        [table] = reach_of_periods([period], may_be_kept=True, **asked)
        return reach(period, **asked).total.attendances, table.total.attendances


def version(year: AcademicYear) -> int:
    return triggers.changes_up_to(year.start, using="default")[0]


def test_what_nobody_changed_is_not_counted_again(school: models.School, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter((175, 176))
    assert kept("seats", (1,), YEAR.period, lambda: next(answers)) == 175
    assert kept("seats", (1,), YEAR.period, lambda: next(answers)) == 175
    assert kept("seats", (2,), YEAR.period, lambda: next(answers)) == 176


def test_a_session_of_the_next_year_leaves_the_year_before_as_it_was_kept(school: models.School) -> None:
    assert counted_and_kept() == (175, 175)
    before = version(YEAR), version(NEXT)
    delivered(school, "ks2-assembly", NEXT.first_day, time(9, 0), {4: 20})
    assert version(YEAR) == before[0]
    assert version(NEXT) != before[1]
    headcount = models.Headcount.objects.filter(session__day=date(2025, 10, 14)).get()
    models.Headcount.objects.filter(pk=headcount.pk).update(pupils=38)
    assert counted_and_kept() == (185, 185)


def test_a_session_that_goes_to_another_year_changes_both(school: models.School) -> None:
    session = models.Session.objects.get(day=date(2025, 10, 14))
    before = version(AcademicYear(2024)), version(YEAR)
    models.Session.objects.filter(pk=session.pk).update(day=date(2025, 7, 14))
    assert version(AcademicYear(2024)) != before[0]
    assert version(YEAR) - version(AcademicYear(2024)) != before[1] - before[0]
    models.Session.objects.filter(pk=session.pk).delete()
    assert counted_and_kept() == (147, 147)


def test_inside_of_a_transaction_nothing_is_kept(school: models.School) -> None:
    """What it has written may never be committed, and nobody else knows of it."""
    answers = iter((1, 2, 3))
    with transaction.atomic():
        assert [kept("seats", (1,), YEAR.period, lambda: next(answers)) for _ in range(2)] == [1, 2]
    assert kept("seats", (1,), YEAR.period, lambda: next(answers)) == 3


def test_as_long_as_a_trigger_is_missing_nothing_is_kept(school: models.School) -> None:
    answers = iter(range(9))
    assert [kept("seats", (1,), YEAR.period, lambda: next(answers)) for _ in range(2)] == [0, 0]
    name, of_table = triggers._NAMES[0], ""
    if connection.vendor == "postgresql":
        of_table = " ON schools_region"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}{of_table}")
    assert [kept("seats", (1,), YEAR.period, lambda: next(answers)) for _ in range(2)] == [1, 2]
    triggers.keep_changes_noted()
    # Whatever happened meanwhile: what was kept before does not count any more.
    assert [kept("seats", (1,), YEAR.period, lambda: next(answers)) for _ in range(2)] == [3, 3]


def test_many_changes_are_let_go_of_and_none_of_them_is_forgotten(school: models.School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MANY_CHANGES", 5)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {triggers.CHANGES}")  # noqa: S608  # our own name
        for year, number in ((year, number) for year in (0, 2024, 2025) for number in range(1, 9)):
            cursor.execute(
                f"INSERT INTO {triggers.CHANGES} (year, in_transaction, mark) VALUES (%s, %s, %s)",  # noqa: S608  # our own name
                [year, -number, number * 1_000 + year],
            )
    before = version(YEAR)
    answers = iter(range(9))
    assert kept("seats", (1,), YEAR.period, lambda: next(answers)) == 0
    assert set(rows_of_changes()) == {0, 2024, 2025}
    assert len(rows_of_changes()) <= 4
    assert version(YEAR) != before
    assert [kept("seats", (1,), YEAR.period, lambda: next(answers)) for _ in range(2)] == [1, 1]


def test_a_change_that_was_committed_late_is_not_forgotten_when_older_ones_go(school: models.School) -> None:
    """Its number is lower than that of the latest, with which somebody had kept their answer before."""
    late, latest = 7_000_000, 7_000_001
    above = "OVERRIDING SYSTEM VALUE" if connection.vendor == "postgresql" else ""
    insert = f"INSERT INTO {triggers.CHANGES} (id, year, in_transaction, mark) {above} VALUES (%s, 2020, %s, %s)"  # noqa: S608  # our own name
    answers = iter(range(9))
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {triggers.CHANGES} WHERE year <= 2020")  # noqa: S608  # our own name
        cursor.execute(insert, [latest, -2, 22])
        assert kept("seats", (1,), AcademicYear(2020).period, lambda: next(answers)) == 0
        cursor.execute(insert, [late, -1, 11])
        assert kept("seats", (1,), AcademicYear(2020).period, lambda: next(answers)) == 1
        triggers.let_older_changes_go()
        assert kept("seats", (1,), AcademicYear(2020).period, lambda: next(answers)) == 2
        cursor.execute(f"DELETE FROM {triggers.CHANGES} WHERE id = {latest}")  # noqa: S608  # our own name


def rows_of_changes() -> list[int]:
    """The years of the changes that are there still, up to 2025/26."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT year FROM {triggers.CHANGES} WHERE year <= 2025 ORDER BY year")  # noqa: S608  # our own name
        return [year for (year,) in cursor.fetchall()]


OTHERS: list[tuple[type[Any], Callable[[Any], tuple[Any, ...]]]] = [
    (fields.BooleanField, lambda value: (not value,)),
    (fields.DateTimeField, lambda value: (datetime(2026, 11, 20, tzinfo=UTC),)),
    (fields.DateField, lambda value: ((value or ON) + timedelta(days=1), (value or ON) - timedelta(days=400))),
    (fields.TimeField, lambda value: (time(8, 59), time(15, 1))),
    (fields.JSONField, lambda value: ({"made up": 1},)),
    (fields.CharField, lambda value: (f"{value}x", "Z")),
    (fields.TextField, lambda value: (f"{value}x",)),
    (fields.Field, lambda value: ((value or 0) + 1, (value or 1) - 1)),
]
"""Other values than this, by the kind of the column; the last line is for numbers."""


def other_values(field: fields.Field[Any, Any], value: Any) -> Iterator[Any]:
    """Other values of a column than this; not all of them may be allowed."""
    if field.null and value is not None:
        yield None
    if field.is_relation:
        # Only before all models are loaded is it text.
        yield from field.related_model._base_manager.exclude(pk=value).values_list("pk", flat=True)  # type: ignore[union-attr]  # a relation has a table
        yield 987_654
    elif field.choices:
        yield from (choice for choice, _ in field.flatchoices if choice != value)
    else:
        yield from next(others for kind, others in OTHERS if isinstance(field, kind))(value)


TOGETHER: dict[tuple[type[fields.Model], str], dict[str, Any]] = {
    (models.Session, "stage"): {"went_ahead": ""},
    (models.Session, "went_ahead"): {"stage": "delivered"},
    (models.SessionType, "audience"): {"lowest_year_group": None, "highest_year_group": None},
    (models.Visit, "declined_on"): {"stage": "declined"},
    (models.Visit, "cancelled_code"): {"stage": "cancelled"},
}
"""What has to become so at the same time, because the database allows no other."""


def is_noted(model: type[fields.Model], field: fields.Field[Any, Any]) -> bool:
    """Whether the database notes that the column of some row becomes another one; nothing of it stays."""
    more = TOGETHER.get((model, field.name), {})
    for row in model._base_manager.order_by("pk"):
        for value in other_values(field, getattr(row, field.attname)):
            try:
                with transaction.atomic():
                    before = version(AcademicYear(9_000))
                    model._base_manager.filter(pk=row.pk).update(**{field.attname: value}, **more)
                    after = version(AcademicYear(9_000))
                    transaction.set_rollback(True)
            except IntegrityError:
                continue
            return before != after
    raise AssertionError(f"No other value of {model.__name__}.{field.name} is allowed: add one to other_values.")


@pytest.mark.parametrize("model", triggers.WATCHED, ids=lambda model: model.__name__)
def test_each_column_but_those_that_are_left_out_is_watched(school: models.School, model: type[fields.Model]) -> None:
    columns = [field for field in model._meta.concrete_fields if not (field.primary_key or field.generated)]
    noted = {field.name for field in columns if is_noted(model, field)}
    assert noted == {field.name for field in columns} - set(triggers.WATCHED[model])
    with transaction.atomic():
        before = version(AcademicYear(9_000))
        model._base_manager.filter(pk=0).delete()
        model._base_manager.update(**{columns[0].attname: fields.F(columns[0].attname)})
        assert version(AcademicYear(9_000)) == before


TABLE = re.compile(r'"(schools_\w+)"(?: (?:AS )?"?([A-Z]\d+|\w+)"?)?')
COLUMN = re.compile(r'(?:"(\w+)"|\b([A-Z]\d+))\."(\w+)"')


def columns_read(statements: list[str]) -> dict[str, set[str]]:
    """The columns of each table that the statements name, by aliases too."""
    read: defaultdict[str, set[str]] = defaultdict(set)
    for sql in statements:
        tables: defaultdict[str, set[str]] = defaultdict(set)
        for table, alias in TABLE.findall(sql):
            tables[table].add(table)
            tables[alias].add(table)
            read[table]  # it is read, even if only its rows are counted
        for quoted, plain, column in COLUMN.findall(sql):
            for table in tables[quoted or plain]:
                read[table].add(column)
    return read


def test_nothing_else_is_read_for_what_is_kept(school: models.School) -> None:
    filters = Filters(
        types=frozenset({"ks2-assembly"}), channels=frozenset({"in_person"}), languages=frozenset({"en"}),
        year_groups=frozenset({5}), sectors=frozenset({"mainstream"}), fifths=frozenset({1}),
    )  # fmt: skip
    period, areas = Period.parse("2025/26..2026/27"), models.Area.objects.all()
    models.Roll.objects.create(
        school=models.School.objects.latest("pk"), academic_year=2026, year_group=6, source="coordinator", pupils=30
    )
    with CaptureQueriesContext(
        connection,
    ) as captured:
        for by in Cut:
            for within in (None, Cut.AUTHORITY) if by in KIND_CUTS else (None,):
                for chosen in (Filters(), filters):
                    for here in (None, areas):
                        reach_of_periods([period, YEAR.period], by=by, within=within, as_of=ON, filters=chosen, areas=here)
        for here in (None, areas):
            cold_spots(NEXT, as_of=ON, areas=here)
            coverage(NEXT, as_of=ON, areas=here)
            years_compared(NEXT, YEAR.period, as_of=ON, areas=here)
            attendances_by_month(YEAR.first_day, ON, as_of=ON, areas=here)
            over = over_roll(scope_of(NEXT.period, by=Cut.AREA, within=None, filters=Filters(), as_of=ON, areas=here))
            assert len(list(over)) == 1
    read = columns_read([query["sql"] for query in captured])
    watched = {model._meta.db_table: model for model in triggers.WATCHED}
    assert set(read) - set(watched) == set()
    left_out = {
        (table, column): model.__name__
        for table, model in watched.items()
        for column in read[table]
        & {field.column for field in model._meta.concrete_fields if field.name in triggers.WATCHED[model]}
    }
    assert left_out == {}
