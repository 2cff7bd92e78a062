"""Reach once more, slowly and straight from the definitions of REACH.md, with nothing shared with schools.reach."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, time
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True)
class Spot:
    """Where something was: names, None where unknown."""

    authority: str | None
    area: str | None
    region: str | None


@dataclass
class Pupils:
    """A headcount."""

    school: int
    group: int
    pupils: int | None
    spot: Spot


@dataclass
class Meeting:
    """A session."""

    host: int
    kind: str
    day: date
    stage: str
    spot: Spot
    visit: int = 0
    starts: time = time(9, 0)
    ends: time = time(9, 30)
    until: date | None = None
    again: bool = False
    basis: str = "counted"
    adults: int | None = None
    headcounts: list[Pupils] = field(default_factory=list)
    covers: list[tuple[int, str, str]] = field(default_factory=list)


@dataclass
class Place:
    """A school with its chain and lineage, and the dated facts that put it into an area."""

    chain: int
    lineage: int
    nation: str = "england"
    sector: str = "mainstream"
    status: str = "open"
    ages: tuple[int, int] = (4, 11)
    opened: date | None = None
    closed: date | None = None
    spot_on: Callable[[date], Spot] = lambda _: Spot(None, None, None)


ADULTS = {"parents"}
ONLINE = {"online-ks1", "online-ks2"}
SERIES = {"send"}

type Wanted = Callable[[Spot, str], bool]
"""Whether something at the spot, of a school of the nation, belongs to the row."""


def academic_year(day: date) -> int:
    return day.year if day.month >= 8 else day.year - 1


def biggest(numbers: list[int]) -> int:
    return max(numbers, default=0)


def one_decimal(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), ROUND_HALF_UP)


@dataclass
class History:
    """Everything that happened, and the figures of it."""

    schools: list[Place]
    meetings: list[Meeting]
    first_day: date
    last_day: date
    as_of: date

    def delivered(self) -> list[Meeting]:
        return [m for m in self.meetings if m.stage == "delivered" and self.first_day <= m.day <= self.last_day]

    def with_pupils(self) -> list[Meeting]:
        return [m for m in self.delivered() if m.kind not in ADULTS]

    def overdue(self) -> list[Meeting]:
        return [
            m
            for m in self.meetings
            if m.stage == "scheduled"
            and m.kind not in ADULTS
            and self.first_day <= m.day <= self.last_day
            and (m.until or m.day) < self.as_of
        ]

    def n(self, counts: list[tuple[Meeting, Pupils]], chain: int, kind: str, year: int, group: int) -> int:
        """Pupils of one chain, type, academic year and year group."""
        mine = [
            (meeting, count)
            for meeting, count in counts
            if self.schools[count.school].chain == chain
            and meeting.kind == kind
            and academic_year(meeting.day) == year
            and count.group == group
        ]
        new = sum(count.pupils or 0 for meeting, count in mine if not (meeting.again or kind in SERIES))
        again = [
            sum(count.pupils or 0 for other, count in mine if other is meeting)
            for meeting, _ in mine
            if meeting.again or kind in SERIES
        ]
        return max(new, biggest(again))

    def reached(self, counts: list[tuple[Meeting, Pupils]]) -> int:
        """Pupils reached of these headcounts."""
        kinds = {meeting.kind for meeting, _ in counts}
        classes = {(self.schools[c.school].chain, academic_year(m.day), c.group) for m, c in counts}
        return sum(biggest([self.n(counts, chain, kind, year, group) for kind in kinds]) for chain, year, group in classes)

    def children(self, counts: list[tuple[Meeting, Pupils]]) -> int:
        """Children reached of these headcounts."""
        kinds = {meeting.kind for meeting, _ in counts}
        years = {academic_year(meeting.day) for meeting, _ in counts}
        total = 0
        for lineage in {school.lineage for school in self.schools}:
            chains = {school.chain for school in self.schools if school.lineage == lineage}
            for cohort in {year - group for year in years for group in range(7)}:
                total += biggest(
                    [
                        sum(biggest([self.n(counts, chain, kind, year, year - cohort) for kind in kinds]) for chain in chains)
                        for year in years
                    ]
                )
        return total

    def visited(self, wanted: Wanted, *, online: bool) -> set[int]:
        """Chains with a counted session of the channel."""
        chains = set()
        for meeting in self.with_pupils():
            if (meeting.kind in ONLINE) != online:
                continue
            there = [(count.school, count.spot) for count in meeting.headcounts] or [(meeting.host, meeting.spot)]
            chains |= {self.schools[s].chain for s, spot in there if wanted(spot, self.schools[s].nation)}
        return chains

    def in_area(self, wanted: Wanted) -> set[int]:
        """Chains of the schools in the area."""
        day = min(self.last_day, self.as_of)
        chains = set()
        for school in self.schools:
            low, high = school.ages
            bookable = max(0, low - 4) <= min(6, high - 5)
            has_opened = school.opened <= day if school.opened else school.status != "proposed"
            still_open = school.closed >= day if school.closed else school.status != "closed"
            if bookable and has_opened and still_open and school.sector == "mainstream":
                chains |= {school.chain} if wanted(school.spot_on(day), school.nation) else set()
        return chains

    def row(self, wanted: Wanted) -> dict[str, object]:
        """Every figure of what is wanted, by the column's name."""
        counts = [
            (meeting, count)
            for meeting in self.with_pupils()
            for count in meeting.headcounts
            if count.pupils is not None and wanted(count.spot, self.schools[count.school].nation)
        ]
        held = [m for m in self.delivered() if wanted(m.spot, self.schools[m.host].nation)]
        attended = [(m, *cover) for m in held for cover in m.covers if cover[2] == "attended"]
        minutes = sum(m.ends.hour * 60 + m.ends.minute - m.starts.hour * 60 - m.starts.minute for m, *_ in attended)
        minutes += 45 * len({(person, m.host, m.visit, m.day) for m, person, *_ in attended})
        schools, hall, screen = self.in_area(wanted), self.visited(wanted, online=False), self.visited(wanted, online=True)
        anywhere = self.visited(lambda *_: True, online=False)
        return {
            "schools_in_area": len(schools),
            "schools_visited": len(hall),
            "school_coverage_percent": one_decimal(Decimal(100 * len(schools & anywhere)) / len(schools)) if schools else None,
            "schools_online_only": len(screen - hall),
            "sessions_delivered": len(held),
            "outcomes_missing": sum(
                wanted(self.schools[m.host].spot_on(m.day), self.schools[m.host].nation) for m in self.overdue()
            ),
            "counts_missing": sum(
                m.kind not in ADULTS and (not m.headcounts or any(c.pupils is None for c in m.headcounts)) for m in held
            ),
            "attendances": sum(c.pupils or 0 for _, c in counts),
            "attendances_estimated": sum(c.pupils or 0 for m, c in counts if m.basis != "counted"),
            "pupils_reached": self.reached(counts),
            "pupils_in_person": self.reached([(m, c) for m, c in counts if m.kind not in ONLINE]),
            "pupils_online": self.reached([(m, c) for m, c in counts if m.kind in ONLINE]),
            "children_reached": self.children(counts),
            "adults": sum(m.adults or 0 for m in held if m.kind in ADULTS),
            "volunteers_active": len({person for _, person, role, _ in attended if role in {"lead", "presenter"}}),
            "volunteer_hours": one_decimal(Decimal(minutes) / 60),
        }

    def spots(self) -> set[tuple[Spot, str]]:
        """Every spot and nation that has schools or sessions."""
        found = {(m.spot, self.schools[m.host].nation) for m in self.delivered()}
        found |= {(c.spot, self.schools[c.school].nation) for m in self.with_pupils() for c in m.headcounts}
        found |= {(self.schools[m.host].spot_on(m.day), self.schools[m.host].nation) for m in self.overdue()}
        day = min(self.last_day, self.as_of)
        alone = [(school.spot_on(day), school.nation) for school in self.schools]
        return found | {here for here in alone if self.in_area(lambda spot, nation, here=here: (spot, nation) == here)}  # type: ignore[misc]  # here is bound, not passed
