"""What changes the figures of the worked example, what does not, and how many queries they take."""

from dataclasses import asdict, replace
from datetime import date, time, timedelta

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from schools import models
from schools.core.periods import Period
from schools.reach.filters import EVERYTHING, Filters
from schools.reach.fold_rows import PLACE
from schools.reach.headcount_codec import by_session
from schools.reach.queries import behind, reach, scope_of
from schools.reach.queries.known import uncounted
from schools.reach.rows import Cut, ReachRow, ReachTable
from tests import factories
from tests.reach.examples import delivered, place_of, worked_example

pytestmark = pytest.mark.django_db
YEAR = Period.parse("2025/26")
AS_OF = date(2026, 11, 24)
DAY = date(2025, 10, 6)


@pytest.fixture
def school() -> models.School:
    return worked_example(area="Cumbria")


def table(*, by: Cut = Cut.AREA, period: Period = YEAR, filters: Filters = EVERYTHING) -> ReachTable:
    return reach(period, by=by, filters=filters, as_of=AS_OF)


def authority_of(school: models.School) -> models.Authority:
    assert school.authority
    return school.authority


def of_area(name: str) -> ReachRow:
    return next(row for row in table().rows if row.area == name)


def store_rolls(school: models.School, pupils: dict[int, int]) -> None:
    roll = {"school": school, "academic_year": 2025, "source": "coordinator"}
    models.Roll.objects.bulk_create(models.Roll(**roll, year_group=group, pupils=number) for group, number in pupils.items())


def without_people(found: ReachTable) -> list[dict[str, object]]:
    return [asdict(replace(row, volunteers_active=0, volunteer_hours=row.volunteer_hours * 0)) for row in found.rows]


def test_a_second_volunteer_changes_only_the_volunteers(school: models.School) -> None:
    session = models.Session.objects.get(day=DAY)
    factories.CoverFactory(session=session, role="lead", state="attended")
    before = table()
    factories.CoverFactory(session=session, state="attended")
    after = table()
    assert without_people(before) == without_people(after)
    assert (before.total.volunteers_active, after.total.volunteers_active) == (1, 2)
    # An hour and 45 minutes each.
    assert [str(found.total.volunteer_hours) for found in (before, after)] == ["1.8", "3.5"]


def test_two_sessions_of_a_visit_day_have_one_way_there(school: models.School) -> None:
    session = models.Session.objects.get(day=DAY)
    second = factories.SessionFactory(
        visit=session.visit, day=DAY, starts=time(11, 0), ends=time(11, 30), delivered=True, **place_of(school)
    )
    volunteer = factories.VolunteerFactory()
    for one in (session, second):
        factories.CoverFactory(session=one, volunteer=volunteer, role="trainee", state="attended")
    # 60 + 30 + 45 minutes; a trainee is not active.
    assert (table().total.volunteers_active, str(table().total.volunteer_hours)) == (0, "2.3")


def test_a_material_a_cancelled_and_a_planned_session_change_nothing(school: models.School) -> None:
    before = table()
    session = models.Session.objects.get(day=DAY)
    models.MaterialUse.objects.create(session=session, material=models.Material.objects.create(name="Sticker"), used=58)
    # Planned on a day of the period that is still to come as of the report's day.
    for n, state in enumerate(("planned", "cancelled")):
        other = factories.SessionFactory(
            visit=session.visit,
            day=date(2026, 7, 30),
            starts=time(9 + n, 0),
            ends=time(10 + n, 0),
            cancelled=state == "cancelled",
        )
        factories.HeadcountFactory(session=other, school=school, expected=60, pupils=60)
    early = reach(YEAR, by=Cut.AREA, as_of=date(2026, 7, 30))
    assert [row.attendances for row in early.rows] == [row.attendances for row in before.rows]
    assert early.rows[0].outcomes_missing == 0
    late = table()
    assert late.rows[0] == replace(before.rows[0], outcomes_missing=1, high_is_open=True)


def test_no_later_change_of_areas_or_names_moves_a_past_session(school: models.School) -> None:
    before = {by: table(by=by) for by in Cut}
    devon = factories.AreaFactory(name="Devon")
    holding = models.AreaAuthority.objects.get(authority=school.authority)
    holding.to_day = date(2026, 8, 31)
    holding.save()
    models.AreaAuthority.objects.create(area=devon, authority=authority_of(school), from_day=date(2026, 9, 1))
    models.SchoolAuthority.objects.filter(school=school).update(to_day=date(2026, 8, 31))
    elsewhere = factories.AreaAuthorityFactory(area=devon).authority
    models.SchoolAuthority.objects.create(school=school, authority=elsewhere, from_day=date(2026, 9, 1))
    assert {by: table(by=by) for by in Cut} == before
    models.Region.objects.filter(name="North West").update(name="North")
    renamed = table()
    assert [replace(row, region="North West") for row in renamed.rows] == before[Cut.AREA].rows
    assert renamed.total == before[Cut.AREA].total


def test_the_same_pupils_in_every_meeting_of_a_series_or_said_to_sit_there_again_count_once(school: models.School) -> None:
    for day, pupils in ((2, 6), (9, 8), (16, 7)):
        delivered(school, "send", date(2026, 6, day), time(9, 0), {0: pupils})
    for day, pupils in ((3, 40), (10, 44)):
        delivered(school, "ks1-assembly", date(2026, 6, day), time(9, 0), {1: pupils}, pupils_are="again")
    # Nobody but they sat there: of each the largest meeting counts beside the 89 of the worked example.
    assert (table().total.attendances, table().total.pupils_reached) == (175 + 21 + 84, 89 + 8 + 44)


def test_one_session_of_both_register_entries_of_a_school_is_one_group_again(school: models.School) -> None:
    academy = models.School.objects.exclude(pk=school.pk).get()
    session = delivered(school, "ks1-assembly", date(2026, 6, 3), time(9, 0), {1: 30}, pupils_are="again")
    factories.HeadcountFactory(session=session, school=academy, year_group=1, pupils=12, **place_of(academy))
    delivered(school, "ks1-assembly", date(2026, 6, 10), time(9, 0), {1: 40}, pupils_are="again")
    assert table().total.pupils_reached == 89 + 42


def test_a_guest_counts_for_its_own_school_and_place_and_the_session_once_for_the_host(school: models.School) -> None:
    guest = factories.SchoolFactory(area=factories.AreaFactory(name="Devon"))
    session = models.Session.objects.get(day=DAY)
    factories.HeadcountFactory(session=session, school=guest, year_group=5, pupils=20, **place_of(guest))
    host, there = of_area("Cumbria"), of_area("Devon")
    assert (host.attendances, host.sessions_delivered, host.schools_visited) == (175, 4, 1)
    assert (there.attendances, there.sessions_delivered, there.schools_visited) == (20, 0, 1)
    assert (table().total.attendances, table().total.sessions_delivered, table().total.schools_visited) == (195, 4, 2)


def of_one_total(host: models.School, guest: models.School, pupils: int, **fields: object) -> models.Session:
    """An assembly of both schools, of which one total is known: half of it is written down for each."""
    session = delivered(host, "ks2-assembly", DAY, time(14, 0), {5: pupils // 2}, count_basis="spread", **fields)
    factories.HeadcountFactory(session=session, school=guest, year_group=5, pupils=pupils // 2, **place_of(guest))
    return session


def lows(*, by: Cut = Cut.AREA, filters: Filters = EVERYTHING) -> dict[str, int | None]:
    """At least how many pupils, by cell; what is behind each cell adds up to it."""
    found = table(by=by, filters=filters)
    told = {row.cell: row.pupils_reached_low for row in [*found.rows, found.total]}
    behind_it = {cell: behind(YEAR, by=by, cell=cell, as_of=AS_OF, filters=filters).low_years() for cell in told}
    assert {cell: sum(line.pupils for line in lines) for cell, lines in behind_it.items()} == told
    return told


def test_one_total_of_two_schools_is_a_certain_number_of_neither() -> None:
    area = factories.AreaFactory(name="Cumbria")
    hill, dale = (factories.SchoolFactory(area=area) for _ in range(2))
    of_one_total(hill, dale, 80)  # 60 from Hill and 20 from Dale came; 40 and 40 are written down
    assert lows()["total"] == 0
    delivered(hill, "workshop-5-6", date(2025, 10, 13), time(9, 0), {5: 60})
    assert lows()["total"] == 60
    assert (table().total.attendances, table().total.pupils_reached) == (140, 100)


def test_a_total_is_certain_where_0_says_that_nobody_else_came() -> None:
    hill, dale = (factories.SchoolFactory(area=factories.AreaFactory(name=name)) for name in ("Cumbria", "Devon"))
    session = of_one_total(hill, dale, 80)
    session.headcounts.filter(school=dale).update(pupils=0)
    assert lows()["total"] == 40, "the guest stayed at home, so all of it is the host's"
    factories.HeadcountFactory(session=session, school=hill, year_group=6, pupils=0, **place_of(hill))
    assert lows(filters=Filters(year_groups=frozenset({5})))["total"] == 40
    session.headcounts.filter(school=dale).update(pupils=None)
    assert lows()["total"] == 0, "nobody knows how many of the guest's there were"


def test_where_a_mixed_class_was_counted_each_school_has_a_total_of_its_own() -> None:
    area = factories.AreaFactory(name="Cumbria")
    hill, dale = (factories.SchoolFactory(area=area) for _ in range(2))
    shares = {"school": hill.pk, "shares": {"5": 20, "6": 20}}
    session = of_one_total(hill, dale, 40, mixed_classes=[shares])
    factories.HeadcountFactory(session=session, school=hill, year_group=6, pupils=20, **place_of(hill))
    assert lows()["total"] == 60


def test_a_share_of_a_mixed_class_is_a_certain_number_of_no_year_group() -> None:
    school = factories.SchoolFactory(area=factories.AreaFactory(name="Cumbria"))
    shares = {"school": school.pk, "shares": {"5": 13, "6": 13}}
    delivered(school, "workshop-5-6", DAY, time(9, 0), {5: 13, 6: 13}, count_basis="spread", mixed_classes=[shares])
    assert lows()["total"] == 26
    assert lows(filters=Filters(year_groups=frozenset({6})))["total"] == 0
    assert lows(filters=Filters(year_groups=frozenset({4, 5, 6})))["total"] == 26
    assert lows(by=Cut.YEAR_GROUP) == {"5": 0, "6": 0, "total": 26}
    assert lows(by=Cut.YEAR_GROUP, filters=Filters(year_groups=frozenset({6}))) == {"6": 0, "total": 0}


def test_a_missing_count_is_said_and_does_not_unmake_the_visit() -> None:
    visited = factories.SchoolFactory(area=factories.AreaFactory(name="Cumbria"))
    delivered(visited, "ks2-assembly", DAY, time(9, 0), {5: None, 6: 30})
    bare = factories.SchoolFactory(area=models.Area.objects.get())
    delivered(bare, "ks2-assembly", DAY, time(9, 0), {})
    row = of_area("Cumbria")
    assert (row.counts_missing, row.schools_visited, row.pupils_reached, str(row.school_coverage_percent)) == (2, 2, 30, "100.0")


def test_the_children_of_a_school_without_a_known_roll_are_in_neither_part_of_coverage() -> None:
    area = factories.AreaFactory(name="Cumbria")
    known = factories.SchoolFactory(area=area, pupils=210)
    delivered(known, "ks2-assembly", DAY, time(9, 0), {5: 30})
    before = of_area("Cumbria")
    unknown = factories.SchoolFactory(area=area, pupils=None)
    delivered(unknown, "ks2-assembly", DAY, time(9, 0), {5: 25})
    after = of_area("Cumbria")
    assert (before.children_reached, after.children_reached) == (30, 55)
    assert before.coverage_percent == after.coverage_percent is not None


def test_the_roll_of_one_year_group_alone_is_no_roll_of_the_school() -> None:
    area = factories.AreaFactory(name="Cumbria")
    known = factories.SchoolFactory(area=area, pupils=210)
    partly = factories.SchoolFactory(area=area, pupils=None)
    for school in (known, partly):
        delivered(school, "ks2-assembly", DAY, time(9, 0), {5: 30, 6: 30})
    alone = of_area("Cumbria")
    store_rolls(partly, {6: 31})
    assert of_area("Cumbria") == replace(alone, has_rolls=True)
    year_6 = table(filters=Filters(year_groups=frozenset({6}))).total
    assert (year_6.pupils_on_roll, str(year_6.coverage_percent)) == (30 + 31, "98.4")
    by_year_group = {row.kind: (row.pupils_on_roll, str(row.coverage_percent)) for row in table(by=Cut.YEAR_GROUP).rows}
    assert by_year_group == {"5": (30, "100.0"), "6": (30 + 31, "98.4")}
    lines = behind(YEAR, cell="total", by=Cut.AREA, as_of=AS_OF).schools()
    assert sorted((line.roll or 0, line.roll is None) for line in lines) == [(0, True), (210, False)]
    store_rolls(partly, dict.fromkeys(range(6), 29))
    assert of_area("Cumbria").pupils_on_roll == 210 + 31 + 6 * 29


@pytest.mark.parametrize(
    ("period", "is_blank"),
    [
        ("2025/26", False),
        ("2025-09-01..2026-03-31", False),
        ("FY2025", True),
        ("2025-01-01..2025-12-31", True),
        ("2024/25..2025/26", True),
    ],
)
def test_coverage_is_blank_unless_the_period_lies_within_one_academic_year(period: str, *, is_blank: bool) -> None:
    """Twelve months across two of them hold eight cohorts of children, over a roll of seven."""
    school = factories.SchoolFactory(area=factories.AreaFactory(name="Cumbria"), pupils=210)
    delivered(school, "ks2-assembly", DAY, time(9, 0), {5: 30})
    [row] = table(period=Period.parse(period)).rows
    assert (row.children_reached, row.pupils_on_roll) == (30, 210)
    assert (row.coverage_percent is None) is is_blank
    assert row.school_coverage_percent == 100


def test_the_whole_programme_is_every_stage_that_a_school_has_and_a_series_or_nobody_is_none_of_it() -> None:
    area = factories.AreaFactory(name="Cumbria")
    primary = factories.SchoolFactory(area=area)
    infant = factories.SchoolFactory(area=area, low_age=4, high_age=7)

    def whole() -> tuple[int | None, int | None]:
        return of_area("Cumbria").schools_whole_programme, of_area("Cumbria").schools_visited_in_cycle

    for school in (primary, infant):
        delivered(school, "ks1-assembly", DAY, time(9, 0), {1: 30})
    assert whole() == (1, 2)
    delivered(primary, "send", DAY, time(11, 0), {5: 6})
    delivered(primary, "ks2-assembly", DAY, time(13, 0), {5: 0, 6: None})
    assert whole() == (1, 2)
    delivered(primary, "ks2-assembly", DAY, time(14, 0), {3: 1})
    assert whole() == (2, 2)


def test_a_merger_joins_the_children_of_two_schools(school: models.School) -> None:
    area = models.Area.objects.get()
    other = factories.SchoolFactory(area=area)
    merged = factories.SchoolFactory(area=area)
    models.School.objects.filter(pk__in=(other.pk, merged.pk)).update(lineage=other.pk)
    delivered(other, "ks2-assembly", DAY, time(9, 0), {3: 20})
    delivered(merged, "ks2-assembly", date(2024, 10, 7), time(9, 0), {2: 25})
    both = table(period=Period.parse("2024/25..2025/26")).total
    assert (both.pupils_reached, both.children_reached) == (89 + 20 + 25, 89 + 25)


def test_a_school_without_dated_authority_is_in_todays() -> None:
    held = factories.AreaAuthorityFactory(area=factories.AreaFactory(name="Cumbria")).authority
    school = factories.SchoolFactory()
    models.SchoolAuthority.objects.all().delete()
    models.School.objects.filter(pk=school.pk).update(authority=held)
    assert of_area("Cumbria").schools_in_area == 1


def test_a_school_visited_when_it_was_elsewhere_is_covered_for_its_coordinator_too(school: models.School) -> None:
    devon = factories.AreaFactory(name="Devon")
    models.AreaAuthority.objects.filter(authority=school.authority).update(to_day=date(2026, 3, 31))
    models.AreaAuthority.objects.create(area=devon, authority=authority_of(school), from_day=date(2026, 4, 1))
    mine = models.Area.objects.filter(pk=devon.pk)
    [row] = reach(YEAR, by=Cut.AREA, as_of=AS_OF, areas=mine).rows
    assert (row.schools_in_area, row.schools_visited, str(row.school_coverage_percent)) == (1, 0, "100.0")
    assert of_area("Devon") == row


def test_a_session_without_area_has_a_row_without_name() -> None:
    lone = factories.SchoolFactory(authority=None, sector="independent")
    session = factories.SessionFactory(visit__school=lone, day=DAY, delivered=True)
    factories.HeadcountFactory(session=session, pupils=12)
    [row] = table().rows
    assert (row.nation, row.region, row.area, row.pupils_reached) == ("", "", "", 12)
    assert [row.nation for row in table(by=Cut.NATION).rows] == ["england"]


def test_an_overdue_session_belongs_to_the_hosts_place_on_its_day(school: models.School) -> None:
    devon = factories.AreaFactory(name="Devon")
    models.AreaAuthority.objects.filter(authority=school.authority).update(to_day=DAY)
    models.AreaAuthority.objects.create(area=devon, authority=authority_of(school), from_day=DAY + timedelta(days=1))
    for day in (DAY, DAY + timedelta(days=1)):
        factories.SessionFactory(visit__school=school, day=day)
    assert (of_area("Cumbria").outcomes_missing, of_area("Devon").outcomes_missing) == (1, 1)


def test_classes_that_nobody_reported_are_one_row_of_each_school_and_place(school: models.School) -> None:
    devon = factories.AreaFactory(name="Devon")
    models.AreaAuthority.objects.filter(authority=school.authority).update(to_day=DAY)
    models.AreaAuthority.objects.create(area=devon, authority=authority_of(school), from_day=DAY + timedelta(days=1))
    for day in 2 * (DAY, DAY + timedelta(days=1)):
        session = factories.SessionFactory(visit__school=school, day=day)
        for group in (5, 6):
            factories.HeadcountFactory(session=session, school=school, year_group=group)
    scope = scope_of(YEAR, by=Cut.AREA, within=None, filters=EVERYTHING, as_of=AS_OF, areas=None)
    rows = uncounted(scope, [])
    cumbria = models.Area.objects.get(name="Cumbria")
    assert {row[PLACE]: len(list(by_session(row[4]))) for row in rows} == {cumbria.pk: 2, devon.pk: 2}
    assert len(rows) == 2


def test_an_online_window_is_overdue_only_after_its_last_day() -> None:
    online = models.SessionType.objects.get(slug="online-ks2")
    factories.SessionFactory(type=online, day=DAY, until_day=AS_OF)
    assert table().total.outcomes_missing == 0
    assert reach(YEAR, by=Cut.AREA, as_of=AS_OF + timedelta(days=1)).total.outcomes_missing == 1


def test_adults_are_those_of_sessions_for_adults(school: models.School) -> None:
    delivered(school, "parents", DAY, time(18, 0), {}, adults=14)
    delivered(school, "ks1-assembly", DAY, time(14, 0), {1: 20}, adults=3)
    assert (table().total.adults, table().total.counts_missing) == (14, 0)


def test_more_adults_are_added_up_than_the_column_of_one_session_holds(school: models.School) -> None:
    session = delivered(school, "parents", DAY, time(18, 0), {}, adults=1000)
    facts = {
        field.attname: getattr(session, field.attname) for field in models.Session._meta.concrete_fields if field.name != "id"
    }
    days = [DAY + timedelta(days=number) for number in range(1, 40)]
    models.Session.objects.bulk_create(models.Session(**facts | {"day": day}) for day in days)
    assert table().total.adults == 40_000


def more_schools(number: int) -> None:
    for _ in range(number):
        school = factories.SchoolFactory(area=factories.AreaFactory())
        session = delivered(school, "ks2-assembly", DAY, time(9, 0), {5: 10, 6: None})
        factories.CoverFactory(session=session, state="attended")
        factories.SessionFactory(visit__school=school, day=DAY)


@pytest.mark.parametrize("number", [1, 4])
@pytest.mark.parametrize(("by", "queries"), [(Cut.AREA, 13), (Cut.AUTHORITY, 14), (Cut.REGION, 14), (Cut.NATION, 13)])
def test_the_number_of_queries_does_not_grow(
    by: Cut, queries: int, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    more_schools(number)
    with django_assert_num_queries(queries):
        table(by=by)


@pytest.mark.parametrize("number", [1, 4])
def test_the_number_of_queries_does_not_grow_for_a_coordinator(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    more_schools(number)
    with django_assert_num_queries(14):
        reach(YEAR, by=Cut.AREA, as_of=AS_OF, areas=models.Area.objects.all())
