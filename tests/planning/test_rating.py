"""What is read of one area first, and of others where it matters, against all at once: plain values, no database."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schools.core.travel import Pace
from schools.planning.half_days import Person, Rated, Staff, Wanted, rate
from schools.planning.matching import Need
from schools.visits.half_days import HalfDay
from tests.planning.test_matching import most_served

HALF_DAY = HalfDay(date(2027, 1, 12), is_afternoon=False)
AREAS = st.sets(st.sampled_from([1, 2, 3]), min_size=1)
TYPES = st.frozensets(st.sampled_from([1, 2]))
VISITS = st.lists(st.tuples(st.sampled_from([1, 2, 3]), TYPES, st.integers(1, 2)), max_size=3)
"""The area, the types, and how many people."""


def wanted(visit: tuple[int, frozenset[int], int]) -> Wanted:
    area, types, people = visit
    return Wanted(0, (None, None), "dbs", area, types, people)


def rated(mine: Wanted, people: Sequence[Person], areas: Collection[int], others: Sequence[Wanted]) -> Rated:
    staff = Staff([each for each in people if each.areas & set(areas)], areas, [HALF_DAY], pace=Pace())
    [only] = rate(mine, staff, {HALF_DAY: others})
    return only


@given(able=st.lists(st.tuples(AREAS, TYPES), max_size=6), visits=VISITS, own=st.tuples(st.just(1), TYPES, st.integers(1, 2)))
def test_to_look_at_one_area_first_comes_to_the_same_as_to_look_at_all(able: Any, visits: Any, own: Any) -> None:
    always = date(2020, 1, 1), date(2030, 1, 1)
    people = [
        Person(pk, areas=set(areas), clear=[("dbs", *always)], signed_off=dict.fromkeys(types, (always[0], None)))
        for pk, (areas, types) in enumerate(able)
    ]
    mine, others = wanted(own), [wanted(visit) for visit in visits]
    near = {1} | {area for person in people if 1 in person.areas for area in person.areas}
    answer = rated(mine, people, [1], [each for each in others if each.area in near])
    if answer.may_be_served_from_elsewhere:
        answer = rated(mine, people, [1, 2, 3], others)

    def need(visit: Wanted) -> Need:
        who = [pk for pk, (areas, types) in enumerate(able) if visit.area in areas and visit.types <= types]
        return Need(visit.people, who)

    needs = [need(each) for each in others]
    assert answer.can_be_staffed == (most_served([*needs, need(mine)]) == most_served(needs) + mine.people)
