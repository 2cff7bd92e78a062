"""Where sessions take their things from: arithmetic on plain values, against a second one that is slow and simple."""

from dataclasses import replace
from datetime import date, time
from math import hypot

from hypothesis import given, settings
from hypothesis import strategies as st

from schools.materials.reserving import Place, Reserved, Shelf, Want, reserve
from tests.profiles import examples

DAYS = [date(2026, 11, day) for day in (25, 26, 27)]
PLACES: list[Place] = [(0, 0), (5_000, 0), (0, 9_000), (None, None)]
SHELVES = [Shelf(1, 1, (0, 100)), Shelf(2, 1, (4_000, 0)), Shelf(3, 1), Shelf(4, 2, (0, 0))]

WANTS = st.builds(
    Want,
    session=st.integers(1, 6),
    day=st.sampled_from(DAYS),
    starts=st.sampled_from((time(9), time(10))),
    material=st.integers(1, 2),
    quantity=st.integers(1, 30),
    area=st.sampled_from((1, 2, 3, None)),
    place=st.sampled_from(PLACES),
    store=st.sampled_from((None, None, None, 1, 2, 3)),
).flatmap(lambda want: st.sampled_from((want, replace(want, is_packed=want.store is not None))))
STOCK = st.dictionaries(st.tuples(st.integers(1, 4), st.integers(1, 2)), st.integers(0, 60))


def by_hand(wants: list[Want], stock: dict[tuple[int, int], int]) -> list[tuple[Want, int | None, int]]:
    """Again and again the soonest want that is left, those packed first, looking at every store."""
    left, waiting, met = dict(stock), list(wants), []
    while waiting:
        want = min(waiting, key=lambda one: (not one.is_packed, one.day, one.starts, one.session, one.material))
        waiting.remove(want)
        store = want.store
        if store is None:
            near = []
            for shelf in SHELVES:
                if shelf.area == want.area:
                    known = None not in {*shelf.place, *want.place}
                    far = hypot(shelf.place[0] - want.place[0], shelf.place[1] - want.place[1]) if known else 10.0**9  # type: ignore[operator]  # known
                    near.append((far, shelf.store))
            near.sort()
            enough = [pk for _, pk in near if left.get((pk, want.material), 0) >= want.quantity]
            most = max((left.get((pk, want.material), 0) for _, pk in near), default=0)
            store = enough[0] if enough else next((pk for _, pk in near if left.get((pk, want.material), 0) == most), None)
        taken = 0 if store is None else min(left.get((store, want.material), 0), want.quantity)
        if store is not None:
            left[store, want.material] = left.get((store, want.material), 0) - taken
        met.append((want, store, taken))
    return sorted(met, key=lambda row: (row[0].day, row[0].starts, row[0].session, row[0].material))


@given(wants=st.lists(WANTS, max_size=8), stock=STOCK)
@settings(max_examples=examples(80), deadline=None)
def test_the_same_as_by_hand_and_nothing_is_reserved_twice(wants: list[Want], stock: dict[tuple[int, int], int]) -> None:
    met = reserve(wants, SHELVES, stock)
    assert [(one.want, one.store, one.taken) for one in met] == by_hand(wants, stock)
    for (store, material), pieces in stock.items():
        assert sum(one.taken for one in met if (one.store, one.want.material) == (store, material)) <= pieces


def want(session: int, quantity: int, *, day: int = 25, place: Place = (0, 0), store: int | None = None) -> Want:
    return Want(session, date(2026, 11, day), time(9), 1, quantity, 1, place, store)


def told(met: list[Reserved]) -> list[tuple[int, int | None, int, int]]:
    return [(one.want.session, one.store, one.taken, one.missing) for one in met]


def test_the_nearest_with_enough_not_the_nearest() -> None:
    assert told(reserve([want(1, 30)], SHELVES, {(1, 1): 20, (2, 1): 30})) == [(1, 2, 30, 0)]


def test_where_none_has_enough_the_one_with_most_and_what_is_missing() -> None:
    assert told(reserve([want(1, 30)], SHELVES, {(1, 1): 10, (2, 1): 20})) == [(1, 2, 20, 10)]


def test_the_sooner_session_comes_first_whatever_was_booked_first() -> None:
    met = reserve([want(1, 30, day=27), want(2, 30, day=25)], SHELVES, {(1, 1): 40})
    assert told(met) == [(2, 1, 30, 0), (1, 1, 10, 20)]


def test_what_is_packed_is_not_taken_by_a_sooner_session() -> None:
    boxed = replace(want(1, 30, day=27, store=1), is_packed=True)
    met = reserve([boxed, want(2, 30, day=25)], SHELVES, {(1, 1): 40, (2, 1): 20})
    assert told(met) == [(2, 2, 20, 10), (1, 1, 30, 0)]


def test_a_store_that_was_chosen_is_kept_even_where_it_has_too_little() -> None:
    assert told(reserve([want(1, 30, store=1)], SHELVES, {(1, 1): 10, (2, 1): 90})) == [(1, 1, 10, 20)]


def test_an_area_without_a_store_lacks_nothing() -> None:
    assert told(reserve([Want(1, DAYS[0], time(9), 1, 30, 3)], SHELVES, {})) == [(1, None, 0, 0)]
