"""Which half-days suit a visit: who could go on each, and whether everybody else is still served. Plain values in and out.

A person could go on a half-day if they could take, without a question, a session of each type that is wanted and that fills the
half-day: they are clear on the day, signed off, in no conflict with the school, in reach, not away, usually free, and nowhere
else (rules 6 to 8). Whoever is at another school in the other half of the day has to have the time to get from one to the other.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time

from schools.core.grid import kilometres_between
from schools.core.travel import Pace
from schools.planning.matching import Need, is_served_beside
from schools.visits.half_days import HalfDay

type Place = tuple[int | None, int | None]
"""Easting and northing; None where unknown."""

LANE = 16
"""So many bits of a number stand for each half-day. A set of half-days has the lowest of them, so adding up the sets of at most
65,535 people counts, for every half-day at once, how many of them have it."""


@dataclass(frozen=True)
class Busy:
    """A session that somebody has said yes to."""

    place: Place
    day: date
    starts: time
    ends: time


@dataclass
class Person:
    """What is known of somebody who may go: ids, places and days, and no name."""

    pk: int
    place: Place = (None, None)
    furthest_km: float | None = None
    """None: they go anywhere."""
    areas: set[int] = field(default_factory=set)
    clear: list[tuple[str, date, date]] = field(default_factory=list)
    """Scheme, the first day on which they are clear under it, and the day on which they are no more."""
    signed_off: dict[int, tuple[date, date | None]] = field(default_factory=dict)
    """By session type: the day of the sign-off, and the day on which it has to be looked at again (None: never)."""
    away: list[tuple[date, date]] = field(default_factory=list)
    usually: set[str] = field(default_factory=set)
    """Half-days of the week such as “0-morning”; empty: any."""
    not_at: set[int] = field(default_factory=set)
    """Schools that they must not go to, by chain, or by id where there is none."""
    busy: list[Busy] = field(default_factory=list)


@dataclass(frozen=True)
class Wanted:
    """What a visit asks of people."""

    school: int
    """The school's chain, or its id where it has none."""
    place: Place
    scheme: str
    """The nation's scheme of clearances."""
    area: int
    types: frozenset[int]
    """The session types that need a sign-off."""
    people: int


@dataclass(frozen=True)
class Rated:
    """A half-day as the coordinator sees it."""

    half_day: HalfDay
    free: int
    """How many people could go."""
    people: int
    """How many have to."""
    others: int
    """How many visits and held dates of that half-day still need people, where some of these could go."""
    can_be_staffed: bool
    """Whether so many are left for this visit once all of the others have theirs."""
    may_be_served_from_elsewhere: bool
    """Whether more would be left if people of other areas, who were not read, went to some of the others."""
    is_wished: bool
    """Whether the school asked for it."""

    @property
    def spare(self) -> int:
        """How many people are left over, whoever needs them."""
        return self.free - self.people


class Calendar:
    """Half-days in order, and sets of them as numbers (`LANE`)."""

    def __init__(self, half_days: Iterable[HalfDay]) -> None:
        self.half_days = sorted(set(half_days))
        self._days = [each.day for each in self.half_days]
        self._below = [0]
        for number in range(len(self.half_days)):
            self._below.append(self._below[-1] | 1 << LANE * number)
        of_week: defaultdict[str, int] = defaultdict(int)
        for number, each in enumerate(self.half_days):
            of_week[each.wish] |= 1 << LANE * number
        self._of_week = dict(of_week)
        self._at = {each: 1 << LANE * number for number, each in enumerate(self.half_days)}

    @property
    def all(self) -> int:
        """The set of all of them."""
        return self._below[-1]

    def between(self, first: date, last: date) -> int:
        """Return the set from the first to the last day, both included; empty where the last is before the first."""
        begin, end = bisect_left(self._days, first), bisect_right(self._days, last)
        return self._below[end] - self._below[begin] if begin < end else 0

    def before(self, first: date, end: date) -> int:
        """Return the set from the first day to the day before the end."""
        begin, stop = bisect_left(self._days, first), bisect_left(self._days, end)
        return self._below[stop] - self._below[begin] if begin < stop else 0

    def since(self, first: date) -> int:
        """Return the set from the day on."""
        return self.all - self._below[bisect_left(self._days, first)]

    def weekly(self, wishes: Iterable[str]) -> int:
        """Return the set of those that fall on one of these half-days of the week."""
        return sum(self._of_week.get(wish, 0) for wish in set(wishes))

    def one(self, half_day: HalfDay) -> int:
        """Return the set of this one alone; empty where it is none of them."""
        return self._at.get(half_day, 0)

    def on(self, day: date) -> list[HalfDay]:
        """Return those of one day."""
        return self.half_days[bisect_left(self._days, day) : bisect_right(self._days, day)]


class Staff:
    """People, and on which half-days each of them could go to which visit."""

    def __init__(self, people: Iterable[Person], areas: Collection[int], half_days: Iterable[HalfDay], *, pace: Pace) -> None:
        """Take the people, who are all of these areas, and perhaps some of others."""
        self.calendar = Calendar(half_days)
        self._areas = frozenset(areas)
        self._pace = pace
        self._by_area: defaultdict[int, list[Person]] = defaultdict(list)
        for person in people:
            for area in person.areas:
                self._by_area[area].append(person)
        self._known: dict[tuple[str, frozenset[int]], dict[int, int]] = defaultdict(dict)
        self._could_go: dict[Wanted, dict[int, int]] = {}

    def has_all_of(self, area: int) -> bool:
        """Whether everybody who helps in the area is among the people."""
        return area in self._areas

    def could_go(self, wanted: Wanted) -> dict[int, int]:
        """Return the set of half-days of each person who could go to it on any, by their id."""
        if (could := self._could_go.get(wanted)) is None:
            people = self._by_area.get(wanted.area, ())
            sets = {person.pk: self._free(person, wanted) for person in people if self._may_go_there(person, wanted)}
            could = self._could_go[wanted] = {pk: free for pk, free in sets.items() if free}
        return could

    def who_could_go(self, wanted: Wanted, half_day: HalfDay) -> list[int]:
        """Return the ids of those who could go to it on this half-day."""
        this_one = self.calendar.one(half_day)
        return [pk for pk, free in self.could_go(wanted).items() if free & this_one]

    def _may_go_there(self, person: Person, wanted: Wanted) -> bool:
        if wanted.school in person.not_at:
            return False
        away = kilometres_between(person.place, wanted.place) if person.furthest_km is not None else None
        return away is None or person.furthest_km is None or away <= person.furthest_km

    def _usual(self, person: Person, wanted: Wanted) -> int:
        """Return when the person may do what is wanted and is neither away nor usually kept, wherever it is."""
        known = self._known[wanted.scheme, wanted.types]
        if (usual := known.get(person.pk)) is None:
            usual = known[person.pk] = self._worked_out(person, wanted)
        return usual

    def _worked_out(self, person: Person, wanted: Wanted) -> int:
        calendar, free = self.calendar, 0
        for scheme, first, end in person.clear:
            if scheme == wanted.scheme:
                free |= calendar.before(first, end)
        for kind in wanted.types:
            if not free or (signed_off := person.signed_off.get(kind)) is None:
                return 0
            day, recheck_on = signed_off
            free &= calendar.since(day) if recheck_on is None else calendar.before(day, recheck_on)
        if person.usually:
            free &= calendar.weekly(person.usually)
        for first, last in person.away:
            free &= ~calendar.between(first, last)
        return free

    def _free(self, person: Person, wanted: Wanted) -> int:
        free = self._usual(person, wanted)
        if free:
            for busy in person.busy:
                for half_day in self.calendar.on(busy.day):
                    if self._keeps(busy, half_day, wanted):
                        free &= ~self.calendar.one(half_day)
        return free

    def _keeps(self, busy: Busy, half_day: HalfDay, wanted: Wanted) -> bool:
        """Whether somebody who is there cannot be at the school in the half-day, or would have to hurry (rule 7)."""
        if busy.starts < half_day.ends and half_day.starts < busy.ends:
            return True
        apart = kilometres_between(busy.place, wanted.place)
        if apart is None:
            return False
        first, second = (busy.ends, half_day.starts) if busy.starts < half_day.starts else (half_day.ends, busy.starts)
        return _minutes(second) - _minutes(first) < self._pace.minutes(apart)


def _minutes(at: time) -> int:
    return 60 * at.hour + at.minute


type Others = Mapping[HalfDay, Sequence[Wanted]]
"""What else needs people, by half-day: visits that are not covered, and dates that are held for other schools."""


def rate(wanted: Wanted, staff: Staff, others: Others, *, wishes: Collection[str] = ()) -> list[Rated]:
    """Return every half-day of the staff's calendar, in order, rated for the visit.

    `wishes`: half-days of any week, as in a request, or certain ones, by their keys.

    Who goes where is worked out only where the people who could go are fewer than all would need who could want them.
    """
    counts = sum(staff.could_go(wanted).values())
    rated = []
    for number, half_day in enumerate(staff.calendar.half_days):
        free = counts >> LANE * number & (1 << LANE) - 1
        beside = others.get(half_day, ())
        can = free >= wanted.people + sum(each.people for each in beside)
        is_contested = not can and free >= wanted.people
        if is_contested:
            mine, *theirs = (Need(each.people, staff.who_could_go(each, half_day)) for each in (wanted, *beside))
            can = is_served_beside(mine, theirs)
        elsewhere = is_contested and not can and any(not staff.has_all_of(each.area) for each in beside)
        is_wished = half_day.wish in wishes or half_day.key in wishes
        rated.append(Rated(half_day, free, wanted.people, len(beside), can, elsewhere, is_wished))
    return rated


def best_of(rated: Iterable[Rated], most: int) -> list[Rated]:
    """Return the half-days to offer, in order of time: those that were wished first, then those with most people to spare.

    Of a day there is one, and of a week at most two while other weeks have some, so that the school has a real choice.
    """
    ranked = sorted(
        (each for each in rated if each.can_be_staffed),
        key=lambda each: (not each.is_wished, -min(each.spare, most), each.others, each.half_day),
    )
    chosen: list[Rated] = []
    for of_a_week in (2, most):
        for each in ranked:
            same_week = sum(each.half_day.day.isocalendar()[:2] == other.half_day.day.isocalendar()[:2] for other in chosen)
            same_day = any(each.half_day.day == other.half_day.day for other in chosen)
            if len(chosen) < most and each not in chosen and not same_day and same_week < of_a_week:
                chosen.append(each)
    return sorted(chosen, key=lambda each: each.half_day)
