"""Who stands in for whom: what is refused and why, and on each day exactly what a plain computation over the days says."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise, product

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from schools.core.errors import RuleBroken
from schools.directory.actions import add_stand_in, end_stand_in
from schools.directory.responsible import StandIns, responsible_for_schools, whom_to_ask
from schools.models import Area, AreaCoordinator, School, StandIn, User
from tests.factories import AreaFactory, SchoolFactory, analyst, coordinator_of, manager
from tests.profiles import examples

TODAY = date(2026, 11, 24)


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def refused(coordinator: User, stand_in: User, first: int, last: int) -> list[str]:
    try:
        add_stand_in(coordinator, stand_in, first=day(first), last=day(last), on=TODAY)
    except RuleBroken as broken:
        return broken.reasons
    return []


@pytest.fixture
def area(db: None) -> Area:
    made: Area = AreaFactory(name="Lakes")
    return made


@pytest.fixture
def ann(area: Area) -> User:
    return coordinator_of(area, name="Ann")


@pytest.fixture
def ben(area: Area) -> User:
    return coordinator_of(area, name="Ben")


def test_days_are_in_order_to_come_and_no_more_than_a_year(ann: User, ben: User) -> None:
    assert refused(ann, ben, 2, 1) == ["The last day is before the first. Give them in order."]
    assert refused(ann, ben, -2, -1) == ["Mon 23 November 2026 is over. Give days that are still to come."]
    assert "a year at most" in refused(ann, ben, 0, 366)[0]
    assert refused(ann, ben, -2, 0) == []


def test_nobody_stands_in_for_themselves_and_only_who_looks_after_visits(ann: User, area: Area) -> None:
    assert refused(ann, ann, 0, 1) == ["Nobody stands in for themselves. Choose somebody else."]
    gone = coordinator_of(area, name="Gone", is_active=False)
    for other in (analyst(name="Ana"), gone):
        assert f"{other} looks after no visits" in refused(ann, other, 0, 1)[0]
        assert f"{other} looks after no visits" in refused(other, ann, 0, 1)[0]


def test_a_stand_in_sees_every_area_on_every_day_or_is_a_manager(ann: User, ben: User, area: Area) -> None:
    moors = AreaFactory(name="Moors")
    AreaCoordinator.objects.create(user=ann, area=moors, from_day=day(5))
    assert refused(ann, ben, 0, 4) == []
    (reason,) = refused(ann, ben, 5, 6)
    assert reason.startswith("Ben does not see Moors on all of these days.")
    assert refused(ann, manager(), 5, 6) == []
    AreaCoordinator.objects.create(user=ben, area=moors, from_day=day(7), to_day=day(8))
    assert refused(ann, ben, 7, 8) == []
    first, second = refused(ann, ben, 8, 9)
    assert first == reason
    assert second.startswith("Ben stands in for Ann from Tue 1 December 2026 to Wed 2 December 2026 already.")


def test_who_is_away_stands_in_for_nobody_so_nothing_goes_round_in_a_circle(ann: User, ben: User, area: Area) -> None:
    cat = coordinator_of(area, name="Cat")
    assert refused(ann, ben, 0, 5) == []
    assert "Ann is away from Tue 24 November 2026" in refused(cat, ann, 5, 9)[0]
    assert "Ben stands in for Ann" in refused(ben, cat, 5, 9)[0]
    assert "Ben stands in for Ann" in refused(ann, cat, 5, 9)[0]
    assert refused(ben, ann, 5, 9) != []
    assert refused(cat, ben, 3, 9) == [], "one person may stand in for two"
    assert refused(ben, ann, 10, 12) == []


def test_the_table_keeps_days_in_order_and_people_apart(ann: User, ben: User) -> None:
    for stand_in, last in ((ann, 1), (ben, -1)):
        with pytest.raises(IntegrityError), transaction.atomic():
            StandIn.objects.create(coordinator=ann, stand_in=stand_in, from_day=day(0), to_day=day(last))


def test_who_is_back_ends_it_yesterday_and_what_has_not_begun_goes(ann: User, ben: User) -> None:
    begun = add_stand_in(ann, ben, first=day(-3), last=day(3), on=TODAY)
    later = add_stand_in(ann, ben, first=day(5), last=day(6), on=TODAY)
    for row in (begun, later, later):
        end_stand_in(row, on=TODAY)
    assert list(StandIn.objects.values_list("from_day", "to_day")) == [(day(-3), day(-1))]


def test_somebody_who_left_or_lost_the_area_stands_in_no_more(ann: User, ben: User, area: Area) -> None:
    school = SchoolFactory(area=area)
    add_stand_in(ann, ben, first=day(0), last=day(9), on=TODAY)
    AreaCoordinator.objects.filter(user=ben).update(to_day=day(4))
    asked = {number: [row.to_ask for row in responsible_for_schools([school], on=day(number))] for number in (0, 4, 5)}
    assert asked == {0: [ben, ben], 4: [ben, ben], 5: [ann]}
    assert whom_to_ask(responsible_for_schools([school], on=day(0)))[0].stand_in is None, "Ben looks after it himself, too"
    User.objects.filter(pk=ben.pk).update(is_active=False)
    assert [row.to_ask for row in responsible_for_schools([school], on=day(0))] == [ann]


@dataclass(frozen=True)
class Wish:
    """Somebody’s wish that another stands in, by their numbers."""

    who: int
    by: int
    first: int
    last: int


WISHES = st.builds(Wish, st.integers(0, 3), st.integers(0, 3), st.integers(0, 6), st.integers(0, 8))


class Days(TestCase):
    """Whatever was wished in whatever order, each day reads as the plain computation says."""

    @settings(max_examples=examples(25))
    @given(st.lists(WISHES, max_size=8))
    def test_each_day_has_who_a_plain_computation_names(self, wishes: list[Wish]) -> None:
        areas = [AreaFactory(), AreaFactory()]
        # Two see both areas, one sees one, and a manager sees all.
        people = [coordinator_of(*areas), coordinator_of(*areas), coordinator_of(areas[0]), manager()]
        sees = [{0, 1}, {0, 1}, {0}, {0, 1}]
        looks_after = [{0, 1}, {0, 1}, {0}, set[int]()]
        schools: list[School] = [SchoolFactory(area=area) for area in areas]
        naive: dict[tuple[int, int], int] = {}
        for wish in wishes:
            days = range(wish.first, wish.last + 1)
            fits = wish.first <= wish.last and wish.who != wish.by and looks_after[wish.who] <= sees[wish.by]
            away = {(who, number) for who, number in naive}
            stands_in = {(by, number) for (_, number), by in naive.items()}
            for number in days:
                fits = fits and (wish.who, number) not in away | stands_in and (wish.by, number) not in away
            assert (refused(people[wish.who], people[wish.by], wish.first, wish.last) == []) == fits, wish
            if fits:
                naive |= {(wish.who, number): wish.by for number in days}
        for number, who, place in product(range(10), range(4), range(2)):
            row = StandIns.on(day(number)).responsible(people[who], authority=schools[place].authority_id)
            by = naive.get((who, number))
            assert row.to_ask == (people[by] if by is not None and place in sees[by] else people[who])
            assert row.to_ask.pk not in {people[away].pk for away, on in naive if on == number} or row.stand_in is None
        for coordinator in people:
            rows = list(StandIn.objects.filter(coordinator=coordinator).order_by("from_day"))
            assert all(before.to_day < after.from_day for before, after in pairwise(rows))
