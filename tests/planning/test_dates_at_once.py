"""Many coordinators offer the same people to a school each at once, and many colleagues choose at once: in real processes."""

import pytest

from schools import models
from schools.planning.queries.candidates import term_of
from schools.planning.queries.half_days import around, rated_half_days
from schools.visits.actions.conversations import request_visit
from schools.visits.half_days import HalfDay
from tests import factories
from tests.planning.moving import DAY, a_booked_visit, offered_to_move
from tests.planning.offering import NOW, ON, THREE, TUESDAY, a_school, assemblies, offered, people
from tests.planning.offering_at_once import (
    answer_in_turn,
    cancel_in_turn,
    choose_or_book,
    offer_in_turn,
    offer_to_move_in_turn,
)
from tests.processes import together

pytestmark = pytest.mark.django_db(transaction=True)

MANY, ROUNDS, AT_ONCE = 20, 100, 10
"""How many people the long test has, how often, and how many rounds their processes go before new ones start."""


def still_free(school: models.School) -> set[str]:
    """The half-days that can be offered to the school now."""
    planned = assemblies(school)
    rated = rated_half_days(school, around(school, term_of(ON), on=ON), planned.types, planned.people, on=ON)
    return {each.half_day.key for each in rated if each.can_be_staffed}


def one_is_held_and_one_visit_made(number: int, rounds: int) -> None:
    """In each round there are people for one visit, so many coordinators, each with a school, and so many colleagues at one."""
    schools = []
    for _ in range(rounds):
        area = factories.AreaFactory()
        people(area, 2)
        schools.append([a_school(area, name=f"School {each}") for each in range(number)])
    by = factories.manager().pk
    refusals = together(offer_in_turn, [([school.pk for school in theirs], by) for theirs in zip(*schools, strict=True)])
    rows = [models.OfferedDates.objects.get(school__in=of_round) for of_round in schools]
    for refused in zip(*refusals, strict=True):
        assert sum(not words for words in refused) == 1
        assert all("needed for what is booked or held already" in words for words in refused if words)
    other = next(school for school in schools[0] if school.pk != rows[0].school_id)
    assert still_free(other), "The others read what is still free."
    assert not still_free(other) & {each.key for each in THREE}

    ids = [row.pk for row in rows]
    chosen = together(answer_in_turn, [(ids, THREE[each % 3].key, f"Colleague {each}") for each in range(number)])
    for row, words in zip(rows, zip(*chosen, strict=True), strict=True):
        row.refresh_from_db()
        assert row.state == "chosen"
        visit = models.Visit.objects.get(school=row.school)
        assert (visit, visit.stage, visit.agreed_with) == (row.visit, "confirmed", row.chosen_by)
        day = HalfDay.of(row.chosen)
        assert day
        assert list(visit.sessions.values_list("day", flat=True)) == [day.day, day.day], "It is booked once."
        assert all(f"{row.chosen_by} has chosen" in each for each in words)
    assert not models.Visit.objects.exclude(school__in=[row.school for row in rows]).exists()


def test_people_for_one_visit_are_held_for_one_school_and_one_colleague_decides() -> None:
    one_is_held_and_one_visit_made(4, 3)


@pytest.mark.exhaustive
def test_twenty_at_once_a_hundred_times_hold_it_once_and_make_one_visit() -> None:
    for _ in range(ROUNDS // AT_ONCE):
        one_is_held_and_one_visit_made(MANY, AT_ONCE)
        models.Visit.objects.all().delete()


def test_of_a_choice_a_refusal_and_taking_back_at_once_one_stands_and_only_the_choice_makes_a_visit() -> None:
    rows = []
    for _ in range(4):
        area = factories.AreaFactory()
        people(area, 2)
        rows.append(offered(a_school(area)))
    ids = [row.pk for row in rows]
    together(answer_in_turn, [(ids, what, "Pat") for what in (TUESDAY.key, "none", "back")])
    for row in rows:
        row.refresh_from_db()
        visits = list(models.Visit.objects.filter(school=row.school))
        assert visits == ([row.visit] if row.state == "chosen" else [])
        assert row.state in {"chosen", "none", "back"}
        assert [visit.stage for visit in visits] == ["confirmed"] * len(visits)


def test_a_choice_and_a_booking_of_the_same_request_in_the_office_at_once_are_one_visit_booked_once() -> None:
    by, rows = factories.manager(), []
    for _ in range(4):
        area = factories.AreaFactory()
        people(area, 2)
        school = a_school(area)
        request_visit(school, preferred_month=None, by=by, now=NOW)
        rows.append(offered(school, by=by))
    together(choose_or_book, [([row.pk for row in rows], by.pk, chooses) for chooses in (True, False)])
    for row in rows:
        row.refresh_from_db()
        visit = models.Visit.objects.get(school=row.school)
        assert (visit.stage, visit.sessions.count()) == (("confirmed", 2) if row.state == "chosen" else ("planned", 1))


def held_once_and_moved_once(number: int, rounds: int) -> None:
    """In each round two schools, each with a booked visit, are offered the people for one; then colleagues of the one choose."""
    visits = []
    for _ in range(rounds):
        area = factories.AreaFactory()
        going = people(area, 2)
        visits.append([a_booked_visit(a_school(area, name="Fern"), *going), a_booked_visit(a_school(area, name="Moss"))])
    by = factories.manager().pk
    refusals = together(offer_to_move_in_turn, [([visit.pk for visit in theirs], by) for theirs in zip(*visits, strict=True)])
    rows = [models.OfferedDates.objects.get(visit__in=of_round) for of_round in visits]
    for refused in zip(*refusals, strict=True):
        assert sum(not words for words in refused) == 1, refused

    ids = [row.pk for row in rows]
    chosen = together(answer_in_turn, [(ids, THREE[each % 3].key, f"Colleague {each}") for each in range(number)])
    for of_round, row, words in zip(visits, rows, zip(*chosen, strict=True), strict=True):
        row.refresh_from_db()
        day = HalfDay.of(row.chosen)
        assert day
        assert all(f"{row.chosen_by} has chosen" in each for each in words)
        for visit in of_round:
            days = set(visit.sessions.values_list("day", flat=True))
            assert days == {day.day if visit == row.visit else DAY}, "It is moved once, and no other is."
        assert row.batch
    assert models.Batch.objects.filter(kind="move").count() == rounds


def test_people_for_one_visit_are_held_for_one_school_and_one_colleague_moves_it() -> None:
    held_once_and_moved_once(3, 2)


@pytest.mark.exhaustive
def test_ten_colleagues_at_once_ten_times_move_a_visit_once() -> None:
    held_once_and_moved_once(AT_ONCE, AT_ONCE)


def test_of_a_choice_and_a_cancellation_at_once_nobody_goes_to_what_is_off() -> None:
    by, rows = factories.manager(), []
    for _ in range(3):
        area = factories.AreaFactory()
        rows.append(offered_to_move(a_booked_visit(a_school(area), *people(area, 2)), by=by))
    ids = [row.pk for row in rows]
    together(_choose_or_cancel, [(ids, by.pk, True), (ids, by.pk, False)])
    for row in rows:
        row.refresh_from_db()
        assert row.visit
        assert row.visit.stage == "cancelled"
        assert set(row.visit.sessions.values_list("stage", flat=True)) == {"cancelled"}
        assert not models.Cover.objects.live().filter(session__visit=row.visit, session__stage="scheduled").exists()


def _choose_or_cancel(rows: list[int], by: int, chooses: bool) -> list[str]:
    return answer_in_turn(rows, TUESDAY.key, "Pat") if chooses else cancel_in_turn(rows, by)
