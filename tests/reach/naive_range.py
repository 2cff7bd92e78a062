"""At least, about and at most, once more and slowly, straight from docs/figures.md; nothing is shared with schools.reach."""

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.reach.naive import Asked, History, Meeting, Place, Pupils, Spot, Wanted

    type Count = tuple[Meeting, Pupils]
    type Uncounted = set[tuple[int, int, int]]
    """Chain, academic year and year group."""

SERIES = {"send"}
RANKS = ("coordinator", "list", "register")


def year_of(day: date) -> int:
    return day.year if day.month >= 8 else day.year - 1


def biggest(numbers: "list[int]") -> int:
    return max(numbers, default=0)


class Ranges:
    """The three numbers of some headcounts of a history."""

    def __init__(self, history: "History", counts: "list[Count]", groups: frozenset[int] = frozenset()) -> None:
        """`groups` are the year groups asked for; empty: all."""
        self.history = history
        self.groups = groups
        self.counts = [(meeting, count) for meeting, count in counts if count.pupils is not None]

    def chain(self, school: int) -> int:
        return self.history.schools[school].chain

    def years(self) -> set[int]:
        return {year_of(meeting.day) for meeting, _ in self.counts}

    def of(self, chain: int, year: int) -> "list[Count]":
        return [(m, c) for m, c in self.counts if self.chain(c.school) == chain and year_of(m.day) == year]

    def chains_of(self, lineage: int) -> set[int]:
        return {school.chain for school in self.history.schools if school.lineage == lineage}

    def lineages(self) -> set[int]:
        return {school.lineage for school in self.history.schools}

    def largest(self, chain: int, year: int, group: int, counts: "list[Count]") -> int:
        """L: the largest single headcount that somebody counted class by class."""
        mine = [(m, c) for m, c in counts if self.chain(c.school) == chain and year_of(m.day) == year and c.group == group]
        return biggest([c.pupils or 0 for m, c in mine if m.basis == "counted"])

    def low_of_chain(self, chain: int, year: int, counts: "list[Count]") -> int:
        of_classes = sum(self.largest(chain, year, group, counts) for group in range(7))
        mine = [(m, c) for m, c in counts if self.chain(c.school) == chain and year_of(m.day) == year]
        totals = [
            sum(c.pupils or 0 for other, c in mine if other is m and c.school == count.school)
            for m, count in mine
            if m.basis == "counted" or (m.basis == "spread" and self.has_total(m, count.school))
        ]
        return max(of_classes, biggest(totals))

    def has_total(self, meeting: "Meeting", school: int) -> bool:
        """Whether a total that was spread covers the school alone, and only year groups that are asked for; 0: not covered."""
        covered = [count for count in meeting.headcounts if count.pupils != 0]
        groups = {count.group for count in covered if count.school == school}
        return {count.school for count in covered} <= {school} and (not self.groups or groups <= self.groups)

    def stretches(self, lineage: int, year: int) -> "list[list[Count]]":
        """The headcounts of a lineage's year, by what lies between the days of its links."""
        stretches: dict[tuple[int, int], list[Count]] = {}
        for meeting, count in self.counts:
            school = self.history.schools[count.school]
            if school.lineage == lineage and year_of(meeting.day) == year:
                key = self.history.stretch(school, meeting.day)
                stretches.setdefault(key, []).append((meeting, count))
        return list(stretches.values())

    def low(self) -> int:
        total = 0
        for lineage in self.lineages():
            chains = self.chains_of(lineage)
            for year in self.years():
                stretches = self.stretches(lineage, year)
                whole = [sum(self.low_of_chain(chain, year, counts) for chain in chains) for counts in stretches]
                classes = [self._largest_stretch(lineage, year, group) for group in range(7)]
                total += max(biggest(whole), sum(classes))
        return total

    def _largest_stretch(self, lineage: int, year: int, group: int) -> int:
        return biggest(
            [
                sum(self.largest(chain, year, group, counts) for chain in self.chains_of(lineage))
                for counts in self.stretches(lineage, year)
            ]
        )

    def children_low(self) -> int:
        years = self.years()
        return sum(
            biggest([sum(self._largest_stretch(lineage, year, year - cohort) for lineage in self.lineages()) for year in years])
            for cohort in {year - group for year in years for group in range(7)}
        )

    def roll(self, chain: int, year: int, group: int) -> int | None:
        """The exact roll of that very year."""
        for source in RANKS:
            rolls = [
                pupils
                for school in self.history.schools
                for roll_year, roll_group, of, pupils in school.rolls
                if school.chain == chain and (roll_year, roll_group, of) == (year, group, source)
            ]
            if rolls:
                return max(rolls)
        return None

    def capped(self, number: int, chain: int, year: int, group: int) -> int:
        roll = self.roll(chain, year, group)
        return number if roll is None else min(number, max(roll, self.largest(chain, year, group, self.counts)))

    def about(self, chain: int, year: int, group: int) -> int:
        """min(E, cap)."""
        kinds = {meeting.kind for meeting, _ in self.counts}
        most = biggest([self.history.n(self.counts, chain, kind, year, group) for kind in kinds])
        return self.capped(most, chain, year, group)

    def pupils_of(self, chain: int, year: int) -> int:
        about = sum(self.about(chain, year, group) for group in range(7))
        return max(about, self.low_of_chain(chain, year, self.counts))

    def pupils(self) -> int:
        chains = {school.chain for school in self.history.schools}
        return sum(self.pupils_of(chain, year) for chain in chains for year in self.years())

    def children(self) -> int:
        total = 0
        for lineage in self.lineages():
            for cohort in {year - group for year in self.years() for group in range(7)}:
                total += biggest(
                    [
                        sum(self.about(chain, year, year - cohort) for chain in self.chains_of(lineage))
                        for year in self.years()
                        if 0 <= year - cohort <= 6
                    ]
                )
        return total

    def high(self, uncounted: "Uncounted") -> tuple[int, bool]:
        """At most so many, and whether there may be more."""
        total, is_open = 0, False
        years = self.years() | {year for _, year, _ in uncounted}
        for chain in {school.chain for school in self.history.schools}:
            for year in years:
                most = 0
                for group in range(7):
                    everybody = sum(c.pupils or 0 for _, c in self.of(chain, year) if c.group == group)
                    roll = self.roll(chain, year, group)
                    if (chain, year, group) in uncounted:
                        everybody += roll or 0
                        is_open |= roll is None
                    most += max(self.about(chain, year, group), self.capped(everybody, chain, year, group))
                total += max(most, self.pupils_of(chain, year))
        return total, is_open


def uncounted(history: "History", wanted: "Wanted", asked: "Asked") -> "Uncounted":
    """The classes that may have been in a session without a number."""
    found: list[tuple[Place, Meeting, int, Spot]] = []
    for meeting in history.with_pupils() + history.overdue():
        is_over = meeting.stage == "scheduled"
        host = history.schools[meeting.host]
        spot = host.spot_on(meeting.day) if is_over else meeting.spot
        found += [(host, meeting, group, spot) for group in asked.stands_for(meeting, host)]
        for count in meeting.headcounts:
            school = history.schools[count.school]
            if asked.has(count) and (is_over or count.pupils is None):
                found.append((school, meeting, count.group, school.spot_on(meeting.day) if is_over else count.spot))
    return {
        (school.chain, year_of(meeting.day), group)
        for school, meeting, group, spot in found
        if asked.meets(meeting) and wanted(spot, school.nation) and (not asked.sectors or school.sector in asked.sectors)
    }


def whole_programme(history: "History", wanted: "Wanted") -> set[int]:
    """Chains of schools in area of which every stage that they have was counted in the cycle, series left out."""
    day, found = min(history.last_day, history.as_of), set()
    for school in history.standing(wanted):
        first = year_of(history.last_day) - history.cycles.get(school.spot_on(day).area or "", 2) + 1
        counted = {
            count.group > 2
            for meeting in history.meetings
            for count in meeting.headcounts
            if meeting.stage == "delivered"
            and meeting.kind not in SERIES | {"parents"}
            and first <= year_of(meeting.day)
            and meeting.day <= history.last_day
            and history.schools[count.school].chain == school.chain
            and (count.pupils or 0) > 0
        }
        if {group > 2 for group in school.groups()} <= counted:
            found.add(school.chain)
    return found
