"""What is read of the schools for the due list: whole chains, guests, lineages, talks; and the database's own filters."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from random import Random
from typing import Any

import pytest

from schools import models
from schools.core.periods import AcademicYear
from schools.office.schools.facts import warnings_about
from schools.planning.cycle import Priority
from schools.planning.queries import due_list
from schools.planning.queries.due_list import DueSchool, due
from schools.planning.queries.due_year import not_due_until
from schools.visits.actions.conversations import request_visit
from schools.visits.models import NOBODY
from tests import factories

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 24)


def delivered(school: models.School, day: date, **fields: Any) -> models.Session:
    session: models.Session = factories.SessionFactory(visit__school=school, day=day, delivered=True, **fields)
    return session


def the(school: models.School) -> DueSchool:
    [found] = due(models.School.objects.filter(pk=school.pk), on=DAY)
    return found


def an_offer(school: models.School, *, held_until: date) -> models.OfferedDates:
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    return models.OfferedDates.objects.create(
        school=school, half_days=["2027-01-12-morning"], people=2, offered_at=at, held_until=held_until
    )


def joined(*schools: models.School, chain: bool = True) -> None:
    lowest = min(school.pk for school in schools)
    models.School.objects.filter(pk__in=[school.pk for school in schools]).update(
        lineage=lowest, **({"chain": lowest} if chain else {})
    )


def test_a_visit_under_an_earlier_register_number_counts() -> None:
    old, new = factories.SchoolFactory(status="closed"), factories.SchoolFactory()
    delivered(old, date(2025, 10, 6))
    assert the(new).last_visit is None
    joined(old, new)
    assert the(new).last_visit == date(2025, 10, 6)
    assert the(new).standing.priority == Priority.NOT_YET


@pytest.mark.parametrize("own", [None, date(2026, 11, 20), date(2027, 3, 1)])
def test_a_school_that_named_a_day_under_an_earlier_number_is_left_until_then(own: date | None) -> None:
    old, new = factories.SchoolFactory(status="closed"), factories.SchoolFactory(ask_again_on=own)
    joined(old, new)
    old.refresh_from_db()
    old.ask_again_on = date(2027, 1, 11)
    old.save()
    until = {None: date(2027, 1, 11), date(2027, 3, 1): date(2027, 3, 1)}.get(own)  # what it says under this one counts alone
    schools = models.School.objects.filter(pk=new.pk)
    assert (the(new).standing.waits_until, the(new).to_ask_now) == (until, until is None)
    assert ids(due_list.waiting(schools, on=DAY)) == ({new.pk} if until else set())
    assert ids(due_list.to_ask_now(schools, on=DAY)) == (set() if until else {new.pk})
    assert any("not before" in words for words in warnings_about(new, [old, new], on=DAY)) == bool(until)
    new.refresh_from_db()
    request_visit(new, preferred_month=None, by=factories.manager(), now=datetime(2026, 11, 24, 9, tzinfo=UTC))
    assert not models.School.objects.exclude(ask_again_on=None).exists()


def test_a_guest_of_which_nobody_came_was_not_visited() -> None:
    host, guest = factories.SchoolFactory(), factories.SchoolFactory()
    session = delivered(host, date(2026, 10, 6))
    for group in (4, 5):
        factories.HeadcountFactory(session=session, school=guest, year_group=group, pupils=0)
    assert (the(guest).last_visit, not_due_until(guest, on=DAY)) == (None, None)
    assert guest in due_list.of_priority(models.School.objects.all(), Priority.NEVER, on=DAY)


def test_a_merged_schools_children_are_reached_but_its_visit_is_not_this_schools() -> None:
    infant, junior = factories.SchoolFactory(low_age=4, high_age=7), factories.SchoolFactory(low_age=7, high_age=11)
    factories.HeadcountFactory(session=delivered(infant, date(2025, 10, 6)), year_group=2, pupils=30)
    joined(infant, junior, chain=False)
    found = the(junior)
    assert found.last_visit is None
    assert found.standing.never_reached == (4, 5, 6)


def test_a_guest_was_visited_where_its_pupils_sat() -> None:
    host, guest = factories.SchoolFactory(), factories.SchoolFactory()
    session = delivered(host, date(2025, 10, 6))
    factories.HeadcountFactory(session=session, school=guest, year_group=4, pupils=None)
    assert the(guest).last_visit == date(2025, 10, 6)
    assert 5 not in the(guest).standing.never_reached
    assert the(host).standing.never_reached == tuple(range(7))


def test_a_class_of_which_nobody_came_is_not_reached_and_one_not_counted_is() -> None:
    school = factories.SchoolFactory()
    session = delivered(school, date(2026, 10, 6))
    factories.HeadcountFactory(session=session, year_group=5, pupils=0)
    factories.HeadcountFactory(session=session, year_group=6, pupils=None)
    assert the(school).standing.never_reached == (0, 1, 2, 3, 4, 5)


def test_planned_cancelled_and_parents_sessions_make_no_visit() -> None:
    school = factories.SchoolFactory()
    parents = models.SessionType.objects.get(slug="parents")
    factories.SessionFactory(visit__school=school, day=date(2026, 10, 6))
    factories.SessionFactory(visit__school=school, day=date(2026, 10, 6), cancelled=True)
    delivered(school, date(2026, 10, 6), type=parents)
    assert the(school).last_visit is None


def test_the_areas_cycle_is_the_schools() -> None:
    area = factories.AreaFactory(cycle_years=3)
    school = factories.SchoolFactory(area=area)
    delivered(school, date(2024, 10, 6))
    assert (the(school).area, the(school).standing.priority) == (area, Priority.NOT_YET)


def test_a_school_is_not_asked_while_something_is_booked_or_asked_for() -> None:
    school, guest, asking = (factories.SchoolFactory() for _ in range(3))
    session = factories.SessionFactory(visit__school=school, day=date(2027, 1, 14))
    factories.HeadcountFactory(session=session, school=guest)
    factories.VisitFactory(school=asking, stage="requested", preferred_month=date(2027, 3, 1))
    assert the(school).booked_for == the(guest).booked_for == date(2027, 1, 14)
    assert (the(asking).is_requested, the(asking).requested_for) == (True, date(2027, 3, 1))
    assert not any(the(one).to_ask_now for one in (school, guest, asking))
    session.visit.stage = "declined"
    session.visit.save()
    assert the(school).to_ask_now


def test_the_day_after_a_visit_its_outcome_is_awaited_of_host_guest_and_whole_chain() -> None:
    before, school, guest = factories.SchoolFactory(status="closed"), factories.SchoolFactory(), factories.SchoolFactory()
    joined(before, school)
    session = factories.SessionFactory(visit__school=before, day=date(2026, 11, 23))
    factories.HeadcountFactory(session=session, school=guest)
    for each in (school, guest):
        assert (the(each).booked_for, the(each).awaiting_outcome_of, the(each).to_ask_now) == (None, session.day, False)
    models.Session.objects.update(stage="cancelled", cancelled_code="weather")
    for each in (school, guest):
        assert (the(each).awaiting_outcome_of, the(each).to_ask_now) == (None, True)


def test_an_online_window_is_waited_for_from_its_second_day_on() -> None:
    school = factories.SchoolFactory()
    session = factories.SessionFactory(visit__school=school, day=date(2026, 6, 1), until_day=date(2026, 12, 4))
    assert (the(school).awaiting_outcome_of, the(school).to_ask_now) == (date(2026, 6, 1), False)
    session.visit.stage = "declined"
    session.visit.save()
    assert the(school).to_ask_now


@pytest.mark.parametrize(
    ("day", "on", "is_awaited"),
    [
        (date(2026, 9, 8), date(2027, 7, 31), True),
        (date(2026, 9, 8), date(2027, 9, 1), False),
        (date(2026, 7, 10), date(2026, 9, 1), True),
        (date(2026, 7, 10), date(2026, 10, 9), True),
        (date(2026, 7, 10), date(2026, 10, 10), False),
    ],
)
def test_a_session_that_nobody_reports_hides_its_school_for_a_school_year_and_a_quarter_at_least(
    day: date, on: date, is_awaited: bool
) -> None:
    school = factories.SchoolFactory()
    factories.SessionFactory(visit__school=school, day=day)
    schools = models.School.objects.filter(pk=school.pk)
    [found] = due(schools, on=on)
    assert (found.to_ask_now, due_list.to_ask_now(schools, on=on).exists()) == (not is_awaited, not is_awaited)


def test_a_school_is_waited_for_while_it_is_choosing_a_date_and_then_due_like_any_other() -> None:
    before, school = factories.SchoolFactory(status="closed"), factories.SchoolFactory()
    dates = an_offer(before, held_until=date(2026, 12, 1))
    assert the(school).to_ask_now
    joined(before, school)
    assert (the(school).offered_until, the(school).to_ask_now) == (None, True), "a closed school chooses nothing"
    models.OfferedDates.objects.update(school=school)
    assert (the(school).offered_until, the(school).to_ask_now) == (date(2026, 12, 1), False)
    models.OfferedDates.objects.filter(pk=dates.pk).update(held_until=date(2026, 11, 23))
    assert (the(school).offered_until, the(school).to_ask_now) == (None, True)
    models.OfferedDates.objects.filter(pk=dates.pk).update(held_until=date(2026, 12, 1), state="back")
    assert the(school).to_ask_now


def test_last_spoken_to_is_the_newest_talk() -> None:
    school = factories.SchoolFactory()
    by = factories.manager()
    for day in (date(2026, 11, 2), date(2026, 9, 9)):
        models.ContactLog.objects.create(school=school, day=day, how="phone", who="the office", by=by)
    assert the(school).last_spoken == the(school).last_tried == date(2026, 11, 2)


def test_a_call_that_nobody_answered_is_tried_and_not_spoken() -> None:
    school = factories.SchoolFactory()
    models.ContactLog.objects.create(school=school, day=DAY, how="phone", who=NOBODY, by=factories.manager())
    assert (the(school).last_spoken, the(school).last_tried) == (None, DAY)


def test_volunteers_are_near_within_twenty_kilometres_and_as_far_as_they_go() -> None:
    area = factories.AreaFactory()
    school = factories.SchoolFactory(area=area, easting=350_000, northing=500_000)
    for north, furthest, status in ((19_000, None, "active"), (21_000, None, "active"), (9_000, 5, "active"), (0, None, "left")):
        volunteer = factories.VolunteerFactory(easting=350_000, northing=500_000 + north, furthest_km=furthest, status=status)
        volunteer.areas.add(area)
    assert the(school).volunteers_near == 1
    assert the(factories.SchoolFactory(area=area)).volunteers_near is None


def without_outcome(rng: Random, schools: list[Any]) -> None:
    """Sessions of this school year and before that began and were never reported, some with a window, at ten of the schools."""
    for school in rng.sample(schools, 10):
        stage = rng.choice(("planned", "confirmed", "confirmed", "confirmed", "declined"))
        day = date(2026, rng.choice((6, 7, 8, 9, 11)), rng.randint(1, 23))
        until = date(2026, 11, 24 + rng.randint(-2, 2)) if rng.random() < 0.4 else None
        visit = factories.VisitFactory(school=school, stage=stage, agreed_on=DAY)
        session = factories.SessionFactory(visit=visit, day=day, until_day=until)
        factories.HeadcountFactory(session=session, school=rng.choice(schools), year_group=2)


def a_country(seed: int) -> None:
    """Thirty schools, some in chains, with a few years of visits of every kind, guests, requests and refusals."""
    rng = Random(seed)  # noqa: S311  # made-up facts, no secrets
    types = list(models.SessionType.objects.all())
    areas = [factories.AreaFactory(cycle_years=years) for years in (1, 2, 3)]
    schools = [factories.SchoolFactory(area=rng.choice(areas)) for _ in range(28)]
    schools += [factories.SchoolFactory(authority=None), factories.SchoolFactory(authority=factories.AuthorityFactory())]
    for some in (schools[0:2], schools[2:5], schools[5:8], schools[8:12]):
        joined(*some)
    for school in rng.sample(schools, 24):
        day = date(rng.randint(2021, 2026), rng.choice((2, 7, 8, 10)), rng.randint(1, 28))
        took_place = rng.random() < 0.8
        session = factories.SessionFactory(
            visit__school=school, day=day, type=rng.choice(types), starts=time(9), delivered=took_place, cancelled=not took_place
        )
        factories.HeadcountFactory(
            session=session, school=rng.choice(schools), year_group=rng.randint(0, 6), pupils=rng.choice((20, 0, None))
        )
    for school in rng.sample(schools, 8):
        stage = rng.choice(("planned", "confirmed", "cancelled"))
        why = "school" if stage == "cancelled" else ""
        visit = factories.VisitFactory(school=school, stage=stage, cancelled_code=why, agreed_on=DAY)
        factories.SessionFactory(visit=visit, day=date(2026, 12, rng.randint(1, 17)))
    for school in rng.sample(schools, 6):
        factories.VisitFactory(school=school, stage="declined", declined_on=date(2026, rng.choice((3, 9)), 4))
    for school in rng.sample(schools, 12):
        school.ask_again_on = date(2026, 11, 24 + rng.randint(-1, 1))
        school.save()
    for school in rng.sample(schools, 3):
        factories.VisitFactory(school=school, stage="requested")
    for school in rng.sample(schools, 8):
        an_offer(school, held_until=date(2026, 11, 24 + rng.randint(-1, 1)))
    without_outcome(rng, schools)


def ids(schools: Any) -> set[int]:
    return {school.pk for school in schools}


@pytest.mark.parametrize("seed", range(3))
def test_what_the_database_filters_is_what_the_rule_says(seed: int) -> None:
    a_country(seed)
    schools = models.School.objects.bookable()
    found = due(schools, on=DAY)
    for priority in Priority:
        by_rule = {row.school_id for row in found if row.standing.priority == priority}
        assert ids(due_list.of_priority(schools, priority, on=DAY)) == by_rule, priority
    assert ids(due_list.to_ask_now(schools, on=DAY)) == {row.school_id for row in found if row.to_ask_now}
    assert ids(due_list.waiting(schools, on=DAY)) == {row.school_id for row in found if row.standing.waits_until}
    assert ids(due_list.booked(schools, on=DAY)) == {
        row.school_id for row in found if row.booked_for or row.awaiting_outcome_of or row.is_requested or row.offered_until
    }


@pytest.mark.parametrize("seed", range(3))
def test_what_is_booked_and_awaited_is_what_a_naive_walk_finds(seed: int) -> None:
    a_country(seed)
    booked: dict[int, set[date]] = {}
    awaited: dict[int, set[date]] = {}
    for session in models.Session.objects.select_related("visit__school"):
        is_standing = session.stage == "scheduled" and session.visit.stage in {"requested", "planned", "confirmed"}
        if not is_standing or session.last_day < date(2026, 8, 1):
            continue
        days = booked if session.day >= DAY else awaited
        for school in {session.visit.school, *(count.school for count in session.headcounts.all())}:
            days.setdefault(school.chain or -school.pk, set()).add(session.day)
    rows = {row.school_id: row for row in due(models.School.objects.all(), on=DAY)}
    assert len(awaited) > 3
    for school in models.School.objects.all():
        key = school.chain or -school.pk
        assert rows[school.pk].booked_for == min(booked.get(key, ()), default=None)
        assert rows[school.pk].awaiting_outcome_of == max(awaited.get(key, ()), default=None)


def naive_never_reached(school: models.School) -> tuple[int, ...]:
    """Follow every class of the school's lineage up from each session that it sat in to this academic year."""
    reached = set()
    for count in models.Headcount.objects.select_related("session__type", "school"):
        same = count.school == school or (school.lineage is not None and count.school.lineage == school.lineage)
        took_place = count.session.stage == "delivered" and count.session.type.counts_for_cycle and count.pupils != 0
        if same and took_place:
            reached.add(count.year_group + AcademicYear.of(DAY).start - AcademicYear.of(count.session.day).start)
    return tuple(group for group in school.year_groups if group not in reached)


@pytest.mark.parametrize("seed", range(3))
def test_the_classes_never_reached_are_those_that_a_naive_walk_leaves(seed: int) -> None:
    a_country(seed)
    found = {row.school_id: row.standing.never_reached for row in due(models.School.objects.all(), on=DAY)}
    naive = {school.pk: naive_never_reached(school) for school in models.School.objects.all()}
    assert found == naive
    assert len({*naive.values()}) > 3


def test_the_queries_are_as_many_for_two_schools_as_for_thirty(django_assert_num_queries: Callable[[int], Any]) -> None:
    joined(factories.SchoolFactory(area=factories.AreaFactory()), factories.SchoolFactory(status="closed"))
    with django_assert_num_queries(13):
        due(models.School.objects.all(), on=DAY)
    a_country(1)
    with django_assert_num_queries(13):
        assert len(due(models.School.objects.all(), on=DAY)) == 32
