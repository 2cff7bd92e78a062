"""An area that changes its region within a year: what was published stays and adds up, in whatever order it is published."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from itertools import product
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schools import models
from schools.core.periods import Period
from schools.reach.actions.mending import mend_places
from schools.reach.actions.publishing import bundle_of, publish
from schools.reach.bundles import Files
from schools.reach.queries import reach
from schools.reach.rounding import shared_out
from schools.reach.rows import Cut
from tests import factories
from tests.profiles import examples
from tests.reach.examples import delivered
from tests.reach.published import lines, seats, verified

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
REGIONS, AREAS = ("West", "East"), ("Lakes", "Fells")
DAYS = (date(2024, 10, 7), date(2025, 3, 3), date(2025, 9, 8), date(2025, 11, 3), date(2026, 3, 2))
PERIODS = ("2024-08-01..2025-03-31", "2024/25", "2025-08-01..2025-12-31", "2025/26", "2024/25..2025/26")
ROLL = 20
"""Pupils on roll in each year group of each school."""

type Run = tuple[str, str]
"""Region and area; each area has one authority of one school."""
type AtomKey = tuple[str, str, str, str, int]
"""Region, area, month, session type, year group."""


@dataclass(frozen=True)
class Sitting:
    """Pupils of one year group in one session, and the region of their area on its day."""

    area: str
    region: str
    day: date
    slug: str
    group: int
    pupils: int

    @property
    def month(self) -> str:
        return f"{self.day:%Y-%m}"

    @property
    def year(self) -> int:
        return self.day.year - (self.day.month < 8)


def months_of(period: Period) -> set[str]:
    months = (f"{year}-{month:02}" for year in (2024, 2025, 2026) for month in range(1, 13))
    return {month for month in months if f"{period.first_day:%Y-%m}" <= month <= f"{period.last_day:%Y-%m}"}


@dataclass
class Naive:
    """What is published of these sittings, once more in plain Python."""

    sittings: list[Sitting]
    code: Callable[[str], str]
    """The code of a region: of several with as many attendances the first one has the pupils."""
    left: defaultdict[object, int] = field(default_factory=lambda: defaultdict(int))
    runs: set[Run] = field(default_factory=set)
    atoms: dict[AtomKey, int] = field(default_factory=dict)
    pupils: dict[tuple[str, str, int], tuple[int, int]] = field(default_factory=dict)
    months: set[str] = field(default_factory=set)
    years: set[int] = field(default_factory=set)

    def publish(self, period: Period) -> None:
        counts: defaultdict[AtomKey, int] = defaultdict(int)
        for sitting in self.sittings:
            if sitting.pupils and sitting.month in months_of(period) - self.months:
                counts[sitting.region, sitting.area, sitting.month, sitting.slug, sitting.group] += sitting.pupils
        for atom in sorted(counts):
            self.runs.add(atom[:2])
            self.atoms[atom] = self._rounded(atom[:2], counts[atom])
        self.months |= months_of(period)
        for year in {2024, 2025} - self.years:
            if months_of(Period.parse(f"{year}/{year - 1999}")) <= months_of(period):
                self.years.add(year)
                for area in AREAS:
                    self._publish_year(area, year)

    def _rounded(self, run: object, count: int) -> int:
        together = self.left[run] + count
        self.left[run] = together % 5
        return together - together % 5

    def seats(self, region: str, area: str, year: int) -> int:
        months = months_of(Period.parse(f"{year}/{year - 1999}"))
        return sum(number for atom, number in self.atoms.items() if atom[:2] == (region, area) and atom[2] in months)

    def _publish_year(self, area: str, year: int) -> None:
        low, about = self._reached(area, year)
        regions = [region for region, of in self.runs if of == area]
        regions.sort(key=lambda region: (-self.seats(region, area, year), self.code(region)))
        if regions:
            least = self._rounded((regions[0], area, "low"), low)
            # Whoever was reached is published as somebody: none beside attendances would tell how few they were.
            about = max(least + self._rounded((regions[0], area, "more"), about - low), 5 if about else 0)
            for region in regions:
                room = self.seats(region, area, year)
                self.pupils[region, area, year] = (min(least, room), min(about, room))
                least, about = max(0, least - room), max(0, about - room)

    def _reached(self, area: str, year: int) -> tuple[int, int]:
        low = about = 0
        mine = [sitting for sitting in self.sittings if sitting.area == area and sitting.year == year]
        for group in {sitting.group for sitting in mine}:
            of_group = [sitting for sitting in mine if sitting.group == group]
            largest = max(sitting.pupils for sitting in of_group)
            by_type = [sum(s.pupils for s in of_group if s.slug == slug) for slug in {s.slug for s in of_group}]
            low += largest
            about += min(max(by_type), max(largest, ROLL))
        return low, about

    def told(self, period: Period) -> tuple[dict[AtomKey, int], dict[tuple[str, str, int], tuple[int, int]]]:
        """The atoms and pupils of the period's bundle that are more than none."""
        years = {year for year in self.years if months_of(Period.parse(f"{year}/{year - 1999}")) <= months_of(period)}
        return (
            {atom: number for atom, number in self.atoms.items() if number and atom[2] in months_of(period)},
            {key: numbers for key, numbers in self.pupils.items() if numbers[1] and key[2] in years},
        )


class Charity:
    """The same sittings as rows."""

    def __init__(self, sittings: list[Sitting]) -> None:
        self.regions = {name: factories.RegionFactory(name=name) for name in REGIONS}
        self.schools = {}
        self.counts: list[int] = []
        for name in AREAS:
            area = factories.AreaFactory(name=name, region=self.regions["West"])
            self.schools[name] = factories.SchoolFactory(area=area, low_age=4, high_age=11, pupils=None)
            for year, group in product((2024, 2025), range(7)):
                models.Roll.objects.create(
                    school=self.schools[name], academic_year=year, year_group=group, source="list", pupils=ROLL
                )
        for number, sitting in enumerate(sittings):
            self.move(sitting.area, sitting.region)
            at = time(8 + number % 12)
            session = delivered(self.schools[sitting.area], sitting.slug, sitting.day, at, {sitting.group: sitting.pupils})
            self.counts.append(session.headcounts.get().pk)

    def move(self, area: str, region: str) -> None:
        models.Area.objects.filter(name=area).update(region=self.regions[region])


def told(files: Files) -> tuple[dict[AtomKey, int], dict[tuple[str, str, int], tuple[int, int]]]:
    """The atoms and pupils of a bundle, by names."""
    names = {line["place"]: (line["region"], line["area"]) for line in lines(files, "places")}
    return (
        {
            (*names[line["place"]], line["month"], line["session_type"], int(line["year_group"])): int(line["attendances"])
            for line in lines(files, "atoms")
        },
        {
            (*names[line["place"]], int(line["academic_year"][:4])): (
                int(line["pupils_reached_low"]),
                int(line["pupils_reached"]),
            )
            for line in lines(files, "pupils")
        },
    )


def assert_regions_add_up(files: Files, period: Period) -> None:
    """A region has the sums of its parts, never more pupils than attendances, and of its rolls whoever is on them."""
    atoms, pupils = told(files)
    one_year = period.name.count("/") == 1
    for row in lines(files, "reach_by_region")[:-1]:
        here = row["region"]
        assert int(row["attendances"]) == sum(number for atom, number in atoms.items() if atom[0] == here)
        if row["pupils_reached"]:
            assert int(row["pupils_reached"]) == sum(about for key, (_, about) in pupils.items() if key[0] == here)
            assert int(row["pupils_reached_low"]) <= int(row["pupils_reached"]) <= int(row["attendances"])
        if row["pupils_on_roll"] and one_year:
            standing = models.Area.objects.filter(region__name=here).values_list("name", flat=True)
            on_roll = 7 * ROLL * len(standing)
            reached = sum(about for key, (_, about) in pupils.items() if key[1] in standing)
            assert int(row["pupils_on_roll"]) == on_roll
            assert row["pupils_per_roll_percent"] == f"{100 * min(reached, on_roll) / on_roll:.1f}"


sittings = st.builds(
    Sitting,
    st.sampled_from(AREAS),
    st.sampled_from(REGIONS),
    st.sampled_from(DAYS),
    st.sampled_from(("ks2-assembly", "online-ks2")),
    st.sampled_from((4, 5)),
    st.integers(0, 23),
)
steps = st.tuples(st.sampled_from(PERIODS), st.sampled_from(REGIONS), st.integers(0, 6))
"""A period that is published, the region of Lakes on that day, and which sitting is restated after it."""
MOVED_IN_MARCH = [
    Sitting("Lakes", "West", DAYS[2], "ks2-assembly", 5, 18),
    Sitting("Lakes", "East", DAYS[4], "ks2-assembly", 4, 23),
    Sitting("Fells", "West", DAYS[3], "online-ks2", 5, 4),
]

TWO_FOURS = [Sitting("Lakes", "West", DAYS[0], "ks2-assembly", 4, 4)] * 2
"""At least 4 and about 8 pupils: both would be rounded to none."""

THE_SAME_CHILDREN = [
    Sitting("Lakes", "West", DAYS[2], "ks2-assembly", 5, 23),
    Sitting("Lakes", "West", DAYS[2], "online-ks2", 5, 22),
    Sitting("Lakes", "East", DAYS[4], "ks2-assembly", 5, 21),
]


@settings(deadline=None, max_examples=examples(8))
@given(st.lists(sittings, max_size=7), st.lists(steps, min_size=1, max_size=3, unique_by=lambda step: step[0]))
@example(MOVED_IN_MARCH, [("2025-08-01..2025-12-31", "West", 0), ("2025/26", "East", 1), ("2024/25..2025/26", "East", 2)])
@example(THE_SAME_CHILDREN, [("2025/26", "East", 6)])
@example(TWO_FOURS, [("2024/25", "West", 6)])
@pytest.mark.exhaustive
def test_whatever_is_published_of_an_area_that_changes_its_region_stays_and_adds_up(
    held: list[Sitting], published: list[tuple[str, str, int]]
) -> None:
    with transaction.atomic():
        charity = Charity(held)
        naive = Naive(list(held), lambda region: f"{charity.regions[region].pk}.")
        bundles = {}
        for name, region, restated in published:
            period = Period.parse(name)
            charity.move("Lakes", region)
            publication = publish(period, by=None, now=NOW, despite_no_room=1_000)
            naive.publish(period)
            bundles[publication] = bundle_of(publication)
            assert told(bundles[publication]) == naive.told(period)
            assert_regions_add_up(bundles[publication], period)
            if restated < len(held):
                naive.sittings[restated] = replace(naive.sittings[restated], pupils=naive.sittings[restated].pupils + 30)
                models.Headcount.objects.filter(pk=charity.counts[restated]).update(pupils=naive.sittings[restated].pupils)
        for publication, files in bundles.items():
            assert bundle_of(publication) == files
            assert told(files) == naive.told(Period.parse(publication.period))
        transaction.set_rollback(True)


@settings(deadline=None, max_examples=examples(8))
@given(
    st.lists(sittings, min_size=1, max_size=5), st.lists(steps, min_size=1, max_size=2, unique_by=lambda step: step[0]), st.data()
)
def test_published_attendances_with_up_to_four_more_anywhere_are_published_the_same(
    held: list[Sitting], published: list[tuple[str, str, int]], data: st.DataObject
) -> None:
    def all_atoms(truth: list[Sitting]) -> dict[AtomKey, int]:
        with transaction.atomic():
            charity = Charity(truth)
            atoms: dict[AtomKey, int] = {}
            for name, region, _ in published:
                charity.move("Lakes", region)
                # Pupils of months that were published before another region was theirs may have no room: attendances stand.
                made = publish(Period.parse(name), by=None, now=NOW, despite_no_room=1_000)
                atoms |= told(bundle_of(made))[0]
            transaction.set_rollback(True)
        return atoms

    first = all_atoms(held)
    days = {f"{day:%Y-%m}": day for day in DAYS}
    as_published = [
        Sitting(area, region, days[month], slug, group, number) for (region, area, month, slug, group), number in first.items()
    ]
    if as_published:
        at = data.draw(st.integers(0, len(as_published) - 1))
        as_published[at] = replace(as_published[at], pupils=as_published[at].pupils + data.draw(st.integers(0, 4)))
    assert all_atoms(as_published) == first


def test_pupils_of_an_area_that_changed_its_region_are_told_once_and_of_its_roll(tmp_path: Path) -> None:
    charity = Charity(MOVED_IN_MARCH)
    charity.move("Lakes", "East")
    files = bundle_of(publish(Period.parse("2025/26"), by=None, now=NOW))
    assert verified(files, tmp_path / "bundle")[0] == 0
    assert seats(files, "reach_by_region", "region") == {"East": 20, "West": 15, "TOTAL": 35}
    rows = {row["region"]: row for row in lines(files, "reach_by_region")}
    # 41 pupils, rounded 40: 20 have room in East, 15 in West.
    assert [rows[name]["pupils_reached"] for name in ("East", "West", "TOTAL")] == ["20", "15", "35"]
    # The roll of Lakes is in East, and all its pupils are set against it; Fells is left in West.
    assert [rows[name]["pupils_on_roll"] for name in ("East", "West")] == ["140", "140"]
    assert [rows[name]["pupils_per_roll_percent"] for name in ("East", "West")] == ["25.0", "0.0"]


def test_pupils_are_told_where_there_is_room() -> None:
    assert list(shared_out(35, 40, [30, 20])) == [(30, 30), (5, 10)]
    assert list(shared_out(10, 25, [30, 20])) == [(10, 25), (0, 0)]
    assert list(shared_out(0, 0, [])) == []


def test_a_region_has_what_was_frozen_in_it_and_coverage_is_that_of_the_schools_that_stand_there() -> None:
    charity = Charity(MOVED_IN_MARCH)
    charity.move("Lakes", "East")
    table = reach(Period.parse("2025/26"), by=Cut.REGION, as_of=NOW.date())
    east, west = ({row.region: row for row in table.rows}[name] for name in ("East", "West"))
    assert (east.attendances, west.attendances, table.total.attendances) == (23, 22, 45)
    assert (east.pupils_reached, west.pupils_reached, table.total.pupils_reached) == (23, 22, 45)
    assert (east.schools_in_area, west.schools_in_area) == (1, 1)
    # 41 children of Lakes, wherever they were reached, of its 140; 4 of Fells.
    assert (str(east.coverage_percent), str(west.coverage_percent)) == ("29.3", "2.9")


def test_mending_moves_no_session_into_the_region_to_which_its_area_came_later() -> None:
    charity = Charity(MOVED_IN_MARCH)
    charity.move("Lakes", "East")
    assert mend_places(now=NOW).sessions == 0
    assert models.Session.objects.filter(day=DAYS[2], region__name="West").exists()
