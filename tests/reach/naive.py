"""Reach once more, slowly and straight from the definitions of docs/figures.md, with nothing shared with schools.reach."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, time
from decimal import ROUND_HALF_UP, Decimal

from tests.reach.naive_range import Ranges, uncounted, whole_programme


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
    expected: int | None = 60


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
    language: str = "en"
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
    pupils: int | None = None
    rolls: list[tuple[int, int, str, int]] = field(default_factory=list)
    """Academic year, year group, source, pupils."""
    spot_on: Callable[[date], Spot] = lambda _: Spot(None, None, None)

    def groups(self) -> range:
        low, high = self.ages
        return range(max(0, low - 4), min(6, high - 5) + 1)

    def is_open(self, day: date) -> bool:
        has_opened = self.opened <= day if self.opened else self.status != "proposed"
        still_open = self.closed >= day if self.closed else self.status != "closed"
        return has_opened and still_open


ADULTS = {"parents"}
ONLINE = {"online-ks1", "online-ks2"}
SERIES = {"send"}

GROUPS = {
    "ks2-assembly": {3, 4, 5, 6},
    "workshop-5-6": {5, 6},
    "online-ks2": {3, 4, 5, 6},
    "send": {0, 1, 2, 3, 4, 5, 6},
    "parents": set(),
}

type Wanted = Callable[[Spot, str], bool]
"""Whether something at the spot, of a school of the nation, belongs to the row."""


def everywhere(*_: object) -> bool:
    return True


@dataclass(frozen=True)
class Asked:
    """Which kinds are asked for; an empty set means all."""

    types: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    year_groups: frozenset[int] = frozenset()
    sectors: frozenset[str] = frozenset()
    months: frozenset[str] = frozenset()

    def meets(self, meeting: Meeting) -> bool:
        """Whether the meeting's own facts fit."""
        channel = "online" if meeting.kind in ONLINE else "in_person"
        return (
            (not self.types or meeting.kind in self.types)
            and (not self.channels or channel in self.channels)
            and (not self.languages or meeting.language in self.languages)
            and (not self.months or f"{meeting.day:%Y-%m}" in self.months)
        )

    def hosts(self, meeting: Meeting, host: Place) -> bool:
        """Whether the meeting belongs, its host's sector and its year groups included."""
        if self.year_groups and not (any(self.has(count) for count in meeting.headcounts) or self.stands_for(meeting, host)):
            return False
        if self.year_groups and meeting.kind in ADULTS:
            return False
        return self.meets(meeting) and (not self.sectors or host.sector in self.sectors)

    def stands_for(self, meeting: Meeting, host: Place) -> set[int]:
        """The year groups asked for that a session without any headcount stands for: those of its type that the host teaches."""
        groups = set() if meeting.headcounts else GROUPS[meeting.kind] & set(host.groups())
        return groups & self.year_groups if self.year_groups else groups

    def has(self, count: Pupils) -> bool:
        """Whether the year group belongs."""
        return not self.year_groups or count.group in self.year_groups

    def groups(self) -> set[int]:
        """Year groups on whose rolls figures are set."""
        groups = {group for kind in self.types for group in GROUPS[kind]} if self.types else set(range(7))
        return groups & self.year_groups if self.year_groups else groups

    def is_everything(self) -> bool:
        return self == Asked()


def academic_year(day: date) -> int:
    return day.year if day.month >= 8 else day.year - 1


def biggest(numbers: list[int]) -> int:
    return max(numbers, default=0)


def one_decimal(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), ROUND_HALF_UP)


def percent(part: int, whole: int) -> Decimal | None:
    return one_decimal(Decimal(100 * part) / whole) if whole else None


BESIDE = (
    "schools_in_area", "school_coverage_percent", "schools_visited_in_cycle", "cycle_coverage_percent", "pupils_on_roll",
    "pupils_on_roll_estimated", "coverage_percent", "schools_whole_programme",
)  # fmt: skip
"""What is set against the mainstream schools that stand in the area."""


@dataclass
class History:
    """Everything that happened, and the figures of it."""

    schools: list[Place]
    meetings: list[Meeting]
    first_day: date
    last_day: date
    as_of: date
    cycles: dict[str, int] = field(default_factory=dict)
    links: list[tuple[int, int, str, date | None]] = field(default_factory=list)
    """Predecessor, successor, kind, day."""

    def stretch(self, school: Place, day: date) -> tuple[int, int]:
        """The number of links of the lineage up to the day; by chain where nobody knows the day of one."""
        days = []
        for before, after, kind, on in self.links:
            old, new = self.schools[before], self.schools[after]
            if new.lineage == school.lineage and kind != "feeder" and old.chain != new.chain:
                days.append(on or new.opened or old.closed)
        known = [on for on in days if on and self.first_day < on <= day]
        return len(known), school.chain if None in days else -1

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

    def visited(self, wanted: Wanted, *, online: bool, asked: Asked = Asked()) -> set[int]:  # frozen
        """Chains with a counted session of the channel."""
        chains = set()
        for meeting in self.with_pupils():
            if (meeting.kind in ONLINE) != online or not asked.meets(meeting):
                continue
            there = [(count.school, count.spot) for count in meeting.headcounts if asked.has(count)]
            if not meeting.headcounts and (not asked.year_groups or asked.stands_for(meeting, self.schools[meeting.host])):
                there = [(meeting.host, meeting.spot)]
            for number, spot in there:
                school = self.schools[number]
                if wanted(spot, school.nation) and (not asked.sectors or school.sector in asked.sectors):
                    chains.add(school.chain)
        return chains

    def standing(self, wanted: Wanted) -> list[Place]:
        """The schools in the area."""
        day = min(self.last_day, self.as_of)
        found = []
        for school in self.schools:
            low, high = school.ages
            bookable = max(0, low - 4) <= min(6, high - 5)
            if bookable and school.is_open(day) and school.sector == "mainstream":
                found += [school] if wanted(school.spot_on(day), school.nation) else []
        return found

    def in_area(self, wanted: Wanted) -> set[int]:
        """Chains of the schools in the area."""
        return {school.chain for school in self.standing(wanted)}

    def in_cycle(self, wanted: Wanted) -> set[int]:
        """Those with a session that counts for the cycle, in the cycle of the area where they stand."""
        day, found = min(self.last_day, self.as_of), set()
        for school in self.standing(wanted):
            years = self.cycles.get(school.spot_on(day).area or "", 2)
            for meeting in self.meetings:
                there = {self.schools[c.school].chain for c in meeting.headcounts} | {self.schools[meeting.host].chain}
                first = academic_year(self.last_day) - years + 1
                in_time = first <= academic_year(meeting.day) and meeting.day <= self.last_day
                if meeting.stage == "delivered" and meeting.kind not in ADULTS and in_time and school.chain in there:
                    found.add(school.chain)
        return found

    def rolls_of(self, school: Place) -> list[tuple[int, int, str, int]]:
        """The rolls up to the period: its own, else those of the closed entries of its chain."""
        day = min(self.last_day, self.as_of)
        mates = [other for other in self.schools if other.chain == school.chain and not other.is_open(day)]
        own, theirs = school.rolls, [roll for mate in mates for roll in mate.rolls]
        return next(filter(None, ([r for r in rolls if r[0] <= academic_year(self.last_day)] for rolls in (own, theirs))), [])

    def roll(self, school: Place) -> dict[int, tuple[int, bool]]:
        """Pupils of each year group and whether they are an estimate; empty where nobody knows."""
        rolls = self.rolls_of(school)
        newest = max((year for year, _, source, _ in rolls if source == "register"), default=None)
        found: dict[int, tuple[int, bool]] = {}
        low, high = school.ages
        groups = range(max(0, low - 4), min(6, high - 5) + 1)
        if newest is None and school.pupils is not None:
            ours = round(school.pupils * len(groups) / max(1, high - max(low, 3)))
            for turn in range(ours):
                group = groups[turn % len(groups)]
                found[group] = (found.get(group, (0, True))[0] + 1, True)
            found = {group: found.get(group, (0, True)) for group in groups}
        for year, group, source, pupils in sorted(rolls, key=lambda roll: (roll[0], -ord(roll[2][0]), roll[3])):
            if (newest is None or year >= newest) and (source != "register" or year == newest):
                found[group] = (pupils, False)
        return found

    def roll_of(self, school: Place, groups: set[int]) -> dict[int, tuple[int, bool]]:
        """Its roll; empty where one of these year groups is taught and not known. A register's roll is of the whole school."""
        roll, sources = self.roll(school), {source for _, _, source, _ in self.rolls_of(school)}
        is_whole = "register" in sources or all(group in roll for group in groups & set(school.groups()))
        return roll if is_whole else {}

    def on_roll(self, wanted: Wanted, groups: set[int]) -> tuple[int | None, bool | None]:
        """Pupils on roll and whether the sum is an estimate."""
        rolls = [self.roll_of(school, groups) for school in self.standing(wanted)]
        if not groups:
            return None, None
        known = [roll[group] for roll in rolls for group in groups if group in roll]
        estimated = any(is_estimate for _, is_estimate in known) or not all(rolls)
        if rolls and not any(rolls):
            return None, True
        return sum(pupils for pupils, _ in known), estimated

    def row(self, wanted: Wanted, asked: Asked = Asked()) -> dict[str, object]:  # frozen
        """Every figure of what is wanted, by the column's name."""
        of_kind = [
            (meeting, count)
            for meeting in self.with_pupils()
            for count in meeting.headcounts
            if count.pupils is not None and asked.meets(meeting) and asked.has(count)
            if not asked.sectors or self.schools[count.school].sector in asked.sectors
        ]
        counts = [(m, c) for m, c in of_kind if wanted(c.spot, self.schools[c.school].nation)]
        of_host = [m for m in self.delivered() if asked.hosts(m, self.schools[m.host])]
        held = [m for m in of_host if wanted(m.spot, self.schools[m.host].nation)]
        attended = [(m, *cover) for m in held for cover in m.covers if cover[2] == "attended"]
        minutes = sum(m.ends.hour * 60 + m.ends.minute - m.starts.hour * 60 - m.starts.minute for m, *_ in attended)
        minutes += 45 * len({(person, m.host, m.visit, m.day) for m, person, *_ in attended})
        hall = self.visited(wanted, online=False, asked=asked)
        screen = self.visited(wanted, online=True, asked=asked)
        beside = self._beside(wanted, asked, of_kind) | self._different_pupils(wanted, asked, counts)
        return beside | {
            "schools_visited": len(hall),
            "schools_online_only": len(screen - hall),
            "sessions_delivered": len(held),
            "outcomes_missing": sum(
                wanted(self.schools[m.host].spot_on(m.day), self.schools[m.host].nation)
                for m in self.overdue()
                if asked.hosts(m, self.schools[m.host])
            ),
            "counts_missing": sum(
                m.kind not in ADULTS and (not m.headcounts or any(c.pupils is None for c in m.headcounts if asked.has(c)))
                for m in held
            ),
            "attendances": sum(c.pupils or 0 for _, c in counts),
            "attendances_estimated": sum(c.pupils or 0 for m, c in counts if m.basis != "counted"),
            "schools_visited_not_counted": len(hall - {self.schools[c.school].chain for _, c in counts}),
            "adults": sum(m.adults or 0 for m in held if m.kind in ADULTS),
            "volunteers_active": len({person for _, person, role, _ in attended if role in {"lead", "presenter"}}),
            "volunteer_hours": one_decimal(Decimal(minutes) / 60),
        }

    def _different_pupils(self, wanted: Wanted, asked: Asked, counts: list[tuple[Meeting, Pupils]]) -> dict[str, object]:
        """At least, about and at most how many."""
        groups = asked.year_groups
        all_types = Ranges(self, counts, groups)
        most, is_open = all_types.high(uncounted(self, wanted, asked))
        return {
            "pupils_reached": all_types.pupils(),
            "pupils_reached_low": all_types.low(),
            "pupils_reached_high": most,
            "high_is_open": is_open,
            "pupils_in_person": Ranges(self, [(m, c) for m, c in counts if m.kind not in ONLINE], groups).pupils(),
            "pupils_online": Ranges(self, [(m, c) for m, c in counts if m.kind in ONLINE], groups).pupils(),
            "children_reached": all_types.children(),
            "children_reached_low": all_types.children_low(),
        }

    def _beside(self, wanted: Wanted, asked: Asked, of_kind: list[tuple[Meeting, Pupils]]) -> dict[str, object]:
        """What is set against the schools that stand in the area."""
        if asked.sectors and "mainstream" not in asked.sectors:
            return dict.fromkeys(BESIDE)
        schools = self.in_area(wanted)
        visited = schools & self.visited(everywhere, online=False, asked=asked)
        with_roll = {school.chain for school in self.standing(wanted) if self.roll_of(school, asked.groups())}
        children = Ranges(self, [(m, c) for m, c in of_kind if self.schools[c.school].chain in with_roll]).children()
        roll, estimated = self.on_roll(wanted, asked.groups())
        in_cycle = len(self.in_cycle(wanted)) if asked.is_everything() else None
        whole = len(whole_programme(self, wanted)) if asked.is_everything() else None
        one_year = academic_year(self.first_day) == academic_year(self.last_day)
        return {
            "schools_in_area": len(schools),
            "school_coverage_percent": percent(len(visited), len(schools)),
            "schools_visited_in_cycle": in_cycle,
            "schools_whole_programme": whole,
            "cycle_coverage_percent": None if in_cycle is None else percent(in_cycle, len(schools)),
            "pupils_on_roll": roll,
            "pupils_on_roll_estimated": estimated,
            "coverage_percent": percent(children, roll) if roll and one_year else None,
        }

    def spots(self) -> set[tuple[Spot, str]]:
        """Every spot and nation that has schools or sessions."""
        found = {(m.spot, self.schools[m.host].nation) for m in self.delivered()}
        found |= {(c.spot, self.schools[c.school].nation) for m in self.with_pupils() for c in m.headcounts}
        found |= {(self.schools[m.host].spot_on(m.day), self.schools[m.host].nation) for m in self.overdue()}
        guests = [(self.schools[count.school], m.day) for m in self.overdue() for count in m.headcounts]
        found |= {(school.spot_on(day), school.nation) for school, day in guests}
        day = min(self.last_day, self.as_of)
        alone = [(school.spot_on(day), school.nation) for school in self.schools]
        return found | {here for here in alone if self.in_area(lambda spot, nation, here=here: (spot, nation) == here)}  # type: ignore[misc]  # here is bound, not passed
