"""To which authority a school belonged on a day, against a second, naive computation that looks at one day after the other."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from schools.directory.belonging import ALWAYS, Authorities, Belonging, Lifetime, Sighting, belongings
from tests.profiles import examples

OLD, NEW, OTHER, LAST = 1, 2, 3, 4
REORGANISED = Authorities(
    lifetimes={
        OLD: Lifetime(None, date(2023, 3, 31)),
        NEW: Lifetime(date(2023, 4, 1), None),
        OTHER: Lifetime(date(2023, 4, 1), None),
    },
    reorganisations={(OLD, NEW): date(2023, 4, 1), (OLD, OTHER): date(2023, 4, 1)},
)


def seen(authority: int, first: str, last: str = "") -> Sighting:
    return Sighting(authority, date.fromisoformat(first), date.fromisoformat(last or first))


def told(*sightings: Sighting, authorities: Authorities = REORGANISED) -> list[tuple[int, str, str]]:
    rows = belongings(sightings, authorities)
    return [(row.authority, str(row.from_day or ""), str(row.to_day or "")) for row in rows]


def test_todays_register_alone_tells_where_a_school_was_before_the_reorganisation() -> None:
    assert told(seen(NEW, "2025-04-22")) == [(OLD, "", "2023-03-31"), (NEW, "2023-04-01", "")]


def test_a_move_between_two_registers_dates_from_the_reorganisation_else_from_the_later_register() -> None:
    assert told(seen(OLD, "2019-01-17"), seen(NEW, "2025-04-22")) == [(OLD, "", "2023-03-31"), (NEW, "2023-04-01", "")]
    assert told(seen(NEW, "2024-01-17"), seen(OTHER, "2025-04-22")) == [
        (OLD, "", "2023-03-31"), (NEW, "2023-04-01", "2025-04-21"), (OTHER, "2025-04-22", ""),
    ]  # fmt: skip


def test_a_register_cannot_speak_of_a_day_on_which_the_authority_was_not_there() -> None:
    assert told(seen(OLD, "2026-11-24"), seen(NEW, "2025-04-22")) == [(OLD, "", "2023-03-31"), (NEW, "2023-04-01", "")]


def test_an_authority_into_which_several_were_joined_tells_nothing_of_before() -> None:
    joined = Authorities(
        lifetimes={NEW: Lifetime(date(2019, 4, 1), None)},
        reorganisations={(OLD, NEW): date(2019, 4, 1), (OTHER, NEW): date(2019, 4, 1)},
    )
    assert told(seen(NEW, "2025-04-22"), authorities=joined) == [(NEW, "", "")]
    assert told(seen(OTHER, "2018-09-01"), seen(NEW, "2025-04-22"), authorities=joined) == [
        (OTHER, "", "2019-03-31"), (NEW, "2019-04-01", ""),
    ]  # fmt: skip


def test_what_was_typed_on_no_day_is_from_always_and_a_short_error_of_a_register_is_undone_by_the_next() -> None:
    plain = Authorities()
    assert told(Sighting(NEW, ALWAYS, ALWAYS), authorities=plain) == [(NEW, "", "")]
    assert told(seen(NEW, "2019-01-01", "2025-01-01"), seen(OTHER, "2021-01-01", "2021-06-01"), authorities=plain) == [
        (NEW, "", "2020-12-31"), (OTHER, "2021-01-01", "2021-06-01"), (NEW, "2021-06-02", ""),
    ]  # fmt: skip
    assert told(authorities=plain) == []


FIRST = date(2020, 1, 1)
DAYS = st.integers(0, 30).map(lambda number: FIRST + timedelta(days=number))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Sighting], Authorities]:
    """Sightings of up to three authorities, one of which opened out of another on some day."""
    day = draw(DAYS)
    is_known = draw(st.booleans())
    authorities = Authorities(
        lifetimes={OLD: Lifetime(None, day - timedelta(days=1)), NEW: Lifetime(day, None)} if is_known else {},
        reorganisations={(OLD, NEW): day} if is_known else {},
        names={number: str(number) for number in (OLD, NEW, OTHER, LAST)},
    )
    chosen = draw(st.lists(st.sampled_from((OLD, NEW, OTHER)), unique=True, min_size=1))
    pairs = [(authority, sorted((draw(DAYS), draw(DAYS)))) for authority in chosen]
    return [Sighting(authority, *days) for authority, days in pairs], authorities


def naive(known: list[Sighting], authorities: Authorities, day: date) -> int:
    """The authority of one day, from the definition alone."""
    there = [
        Sighting(s.authority, authorities.within(s.authority, s.first), authorities.within(s.authority, s.last)) for s in known
    ]

    def of(on: date) -> int | None:
        names = [(s.first, -s.last.toordinal(), str(s.authority), s.authority) for s in there if s.first <= on <= s.last]
        return max(names)[-1] if names else None

    if here := of(day):
        return here
    earlier = [on for s in there for on in (s.last,) if on < day]
    later = [on for s in there for on in (s.first,) if on > day]
    before, after = of(max(earlier)) if earlier else None, of(min(later)) if later else None
    if after is None or before == after:
        assert before or after
        return before or after or 0
    opened, closed = authorities.lifetime(after).opened, authorities.lifetime(before or 0).closed
    if before is None:
        return OLD if after == NEW and opened and day < opened else after
    if opened and max(earlier) < opened:
        return after if day >= opened else before
    if closed and closed < min(later):
        return after if day > closed else before
    return before


@settings(max_examples=examples(200))
@given(worlds())
def test_every_day_has_one_authority_and_it_is_that_of_the_naive_computation(world: tuple[list[Sighting], Authorities]) -> None:
    known, authorities = world
    rows = belongings(known, authorities)
    assert rows == belongings(known[::-1], authorities)
    assert (rows[0].from_day, rows[-1].to_day) == (None, None)
    for row, following in pairwise(rows):
        assert following.from_day == (row.to_day or date.max) + timedelta(days=1)
        assert row.authority != following.authority
    for day in (FIRST + timedelta(days=number) for number in range(-3, 34)):
        there = [row for row in rows if holds(row, day)]
        assert [row.authority for row in there] == [naive(known, authorities, day)]


def holds(row: Belonging, day: date) -> bool:
    return (row.from_day or date.min) <= day <= (row.to_day or date.max)
