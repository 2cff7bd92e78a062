"""What a publication reads: counts of months that are not published yet, pupils of whole school years, exact counts."""

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from django.db.models import CharField, Count, Q, Sum
from django.db.models.functions import Cast, Substr

from schools.core.batched_queries import ask_together
from schools.core.nations import Nation
from schools.core.periods import AcademicYear, Period
from schools.core.snapshot import snapshot
from schools.directory.models import Area, Region
from schools.reach import places
from schools.reach.arrays import flags
from schools.reach.filters import EVERYTHING
from schools.reach.models import Publication, PublishedAtom, PublishedPupils
from schools.reach.places import Scope
from schools.reach.queries import counting
from schools.reach.queries.standing import in_places
from schools.reach.queries.standing_facts import standing_facts
from schools.reach.queries.tables import figures_alone, figures_by_key, reach_by_places, scope_of
from schools.reach.rounding import STEP, Atom
from schools.reach.rows import PLACE_CUTS, Cut, ReachRow, ReachTable
from schools.visits.models import Session

KINDS = (Cut.TYPE, Cut.CHANNEL, Cut.YEAR_GROUP, Cut.MONTH)
"""The kinds that atoms know."""

IN_NO_AUTHORITY = (None, None)
"""The key of what is in no area and no authority, in a table by authority."""

KINDS_WITHIN = (Cut.NATION, Cut.REGION)
"""The places within which kinds are published: rounding errs too much in smaller ones."""


class Place(NamedTuple):
    """What has a run of its own: nation, and the ids of region, area and authority as they were frozen; None is unknown."""

    nation: str
    region: int | None
    area: int | None
    authority: int | None

    @property
    def code(self) -> str:
        """The place as files name it."""
        return ".".join("none" if part is None else str(part) for part in self)

    @classmethod
    def of_code(cls, code: str) -> "Place":
        """Return the place of its code."""
        nation, *ids = code.split(".")
        region, area, authority = (None if part == "none" else int(part) for part in ids)
        return cls(nation, region, area, authority)

    def key(self, cut: Cut) -> Hashable:
        """Return the key of its row in a table cut by place."""
        keys: dict[Cut, Hashable] = {
            Cut.NATION: self.nation,
            Cut.REGION: self.region,
            Cut.AREA: self.area,
            Cut.AUTHORITY: (self.area, self.authority),
        }
        return keys[cut]

    @property
    def counted_by(self) -> Hashable:
        """What its pupils are counted by: area and authority, or the nation of what is in neither."""
        return self.nation if self.area is None and self.authority is None else (self.area, self.authority)


class Unreported(NamedTuple):
    """Sessions for pupils in a period without an outcome, and how many of these have an online window that is still open.

    What is reported after publishing never enters, so both count for whoever publishes; the figure of missing outcomes, and with
    it the tables, has those alone that are over.
    """

    sessions: int
    windows_open: int


type Pupils = tuple[int, int]
"""At least, and about, so many pupils."""


@dataclass(frozen=True)
class Counted:
    """Everything about a period that a publication needs, as it is now."""

    period: Period
    as_of: date
    attendances: dict[Place, dict[Atom, int]]
    """Of the months that were not published yet."""
    pupils: dict[int, dict[Hashable, Pupils]]
    """Of each whole academic year of the period, by `Place.counted_by`."""
    exact: dict[Cut, ReachTable]
    sessions: dict[tuple[Cut, Cut], dict[Hashable, int]]
    """Sessions by kind and the place within which it is cut."""
    regions: dict[int, int]
    """The region of each area today."""
    unreported: Unreported
    """Read with all the rest, so that what is said of it agrees with `exact`."""
    unplaced_rolls: dict[str, int]
    """Pupils on roll of the schools in no authority, by nation; a nation where nobody knows any is missing."""


def counted(period: Period, *, as_of: date) -> Counted:
    """Return what is there to publish of a period of whole months, read as of one moment."""
    with snapshot():
        exact = reach_by_places(period, PLACE_CUTS, as_of=as_of)
        years = whole_years(period)
        one_year = {row.cell: row for row in exact[Cut.AUTHORITY].rows} if len(years) == 1 else None
        return Counted(
            period,
            as_of,
            _attendances(period, months_published(), as_of=as_of),
            {year.start: _pupils(year, one_year, as_of=as_of) for year in years},
            exact,
            {(kind, within): _sessions(scope(period, kind, within, as_of)) for kind in KINDS for within in KINDS_WITHIN},
            dict(Area.objects.order_by().values_list("pk", "region_id")),
            unreported(period, as_of=as_of),
            _unplaced_rolls(scope(period, Cut.NATION, None, as_of)),
        )


def scope(period: Period, by: Cut, within: Cut | None, as_of: date) -> Scope:
    """Return the scope of a table of everything."""
    return scope_of(period, by=by, within=within, filters=EVERYTHING, as_of=as_of, areas=None)


def whole_years(period: Period) -> list[AcademicYear]:
    """Return the academic years of which the period consists; none where it consists of none."""
    years = period.academic_years
    return years if (years[0].first_day, years[-1].last_day) == (period.first_day, period.last_day) else []


def months_published() -> set[str]:
    """Return every month that was ever published, like 2025-10."""
    periods = Publication.objects.order_by().values_list("first_day", "last_day")
    return {month for first, last in periods for month in months_between(first, last)}


def years_published() -> set[int]:
    """Return every academic year whose pupils were ever published, by the year in which it begins."""
    periods = Publication.objects.order_by().values_list("first_day", "last_day", "period")
    return {year.start for facts in periods for year in whole_years(Period(*facts))}


def months_between(first: date, last: date) -> Iterator[str]:
    """Yield the months from that of the first day to that of the last, like 2025-10."""
    for number in range(12 * first.year + first.month - 1, 12 * last.year + last.month):
        yield f"{number // 12}-{number % 12 + 1:02}"


def unreported(period: Period, *, as_of: date) -> Unreported:
    """Return how many sessions for pupils in the period have no outcome, and of how many the window is open on the day."""
    sessions = Session.objects.in_period(period).scheduled().for_pupils()
    return Unreported(**sessions.aggregate(sessions=Count("pk"), windows_open=Count("pk", filter=Q(until_day__gte=as_of))))


def _attendances(period: Period, without: Collection[str], *, as_of: date) -> dict[Place, dict[Atom, int]]:
    rows = counting.counted(scope(period, Cut.NATION, None, as_of)).filter(pupils__gt=0).order_by()
    # Cut from the day as text: SQLite's own truncation calls Python once for every row.
    grouped: Any = rows.values(
        "school__nation", "region_id", "area_id", "authority_id", "session__type__slug", "year_group",
        month=Substr(Cast("session__day", CharField()), 1, 7),
    ).annotate(seats=Sum("pupils"))  # fmt: skip
    counts: defaultdict[Place, dict[Atom, int]] = defaultdict(dict)
    for row in grouped:
        if row["month"] not in without:
            place = Place(row["school__nation"], row["region_id"], row["area_id"], row["authority_id"])
            counts[place][Atom(row["month"], row["session__type__slug"], row["year_group"])] = row["seats"]
    return dict(counts)


def _pupils(year: AcademicYear, known: Mapping[str, ReachRow] | None, *, as_of: date) -> dict[Hashable, Pupils]:
    """Return the pupils of the year; `known` are the rows by authority, where the period is just this year."""
    by_authority = scope(year.period, Cut.AUTHORITY, None, as_of)
    figures: Mapping[str, Any] = known or figures_alone(year.period, by=Cut.AUTHORITY, as_of=as_of)
    pupils: dict[Hashable, Pupils] = {
        by_authority.key_of(cell): (place.pupils_reached_low, place.pupils_reached)
        for cell, place in figures.items()
        if cell != "total"
    }
    if pupils.pop(IN_NO_AUTHORITY, None):
        # That row is of all nations together.
        unplaced = replace(scope(year.period, Cut.NATION, None, as_of), unplaced=True)
        for nation, place in figures_by_key(unplaced).items():
            pupils[nation] = place.pupils_reached_low, place.pupils_reached
    return pupils


class NoRoom(NamedTuple):
    """So many pupils of a place and school year are more than its published attendances, so they could not be published."""

    place: str
    pupils: int


def without_room(period: Period, *, as_of: date, counts: Counted | None = None) -> list[NoRoom]:
    """Return whose pupils would be left out if the period were published; `counts` None: what is needed is counted.

    Only years of which months were published before can have any: sessions of these months were moved, counted again or reported
    since.
    """
    known, before = months_published(), years_published()
    years = [year for year in whole_years(period) if year.start not in before and known & _months_of(year)]
    if not years:
        return []
    with snapshot():
        attendances = counts.attendances if counts else _attendances(period, known, as_of=as_of)
        lacking: Counter[Hashable] = Counter()
        for year in years:
            room = _room(year, attendances)
            pupils = counts.pupils[year.start] if counts else _pupils(year, None, as_of=as_of)
            for key, (_, reached) in pupils.items():
                of_key = room.get(key, [0])
                # Each run is published in steps, so that fewer than a step of each follow with the next publication.
                if (lack := reached - sum(of_key)) >= STEP * len(of_key):
                    lacking[key] += lack
        return _in_words(lacking, as_of=as_of)


def _room(year: AcademicYear, attendances: Mapping[Place, Mapping[Atom, int]]) -> dict[Hashable, list[int]]:
    """Return the attendances of the year, published and to be published, of each run of each `Place.counted_by`."""
    runs: Counter[Place] = Counter()
    for place, _, seats in published(year.period).atoms:
        runs[place] += seats
    for place, of_place in attendances.items():
        runs[place] += sum(seats for atom, seats in of_place.items() if atom.month in _months_of(year))
    room: defaultdict[Hashable, list[int]] = defaultdict(list)
    for place, seats in runs.items():
        room[place.counted_by].append(seats)
    return room


def _months_of(year: AcademicYear) -> set[str]:
    return set(months_between(year.first_day, year.last_day))


def _in_words(lacking: Mapping[Hashable, int], *, as_of: date) -> list[NoRoom]:
    """Return the places by their names, those with most pupils first; of an authority the name of its area, too."""
    by_authority = scope(Period(as_of, as_of, str(as_of)), Cut.AUTHORITY, None, as_of)
    names = places.in_order(by_authority, {key for key in lacking if isinstance(key, tuple)})
    called: dict[Hashable, str] = {key: ", ".join(filter(None, (of.area, of.authority))) for key, of in names}
    by_name = [NoRoom(called.get(key) or f"no authority in {Nation(str(key)).label}", number) for key, number in lacking.items()]
    return sorted(by_name, key=lambda place: (-place.pupils, place.place))


def _unplaced_rolls(by_nation: Scope) -> dict[str, int]:
    facts = standing_facts(by_nation)
    is_unplaced = [where.area is None and where.authority is None for where in facts.wheres]
    unplaced = in_places(by_nation, facts.only(flags(is_unplaced)[facts.where]))
    nations = {where.nation for where, is_one in zip(facts.wheres, is_unplaced, strict=True) if is_one}
    rolls = {nation: unplaced.of(nation, None, visited=set()) for nation in nations}
    return {nation: of_nation.pupils for nation, of_nation in rolls.items() if of_nation and of_nation.pupils is not None}


def _sessions(by_kind: Scope) -> dict[Hashable, int]:
    """Return the sessions of each row; none for year groups, where their number would depend on what was counted."""
    if by_kind.by == Cut.YEAR_GROUP:
        return {}
    sessions: defaultdict[Hashable, int] = defaultdict(int)
    [rows] = ask_together(counting.sessions(by_kind))
    for number, _, key in by_kind.keyed(rows):
        sessions[key] += number
    return dict(sessions)


@dataclass(frozen=True)
class Published:
    """The stored numbers of a period: everything in its public files that can be added up is a sum of these."""

    atoms: list[tuple[Place, Atom, int]]
    pupils: list[tuple[Place, int, Pupils]]
    """Place, academic year, pupils; of the period's whole academic years, else none."""


def published(period: Period) -> Published:
    """Return the stored numbers of the period's months and whole academic years, in the order of the files.

    They are put in order here: databases order points and hyphens in different ways, and the files are the same bytes for ever.
    """
    atoms: Any = PublishedAtom.objects.filter(month__range=(period.first_day, period.last_day)).order_by()
    years = [year.start for year in whole_years(period)]
    pupils: Any = PublishedPupils.objects.filter(academic_year__in=years).order_by()
    columns = ("place__code", "month", "session_type__slug", "year_group", "attendances")
    known: dict[str, Place] = {}
    return Published(
        [
            (_place(known, code), Atom(f"{month:%Y-%m}", slug, group), number)
            for code, month, slug, group, number in sorted(atoms.values_list(*columns))
        ],
        [
            (_place(known, code), year, (low, about))
            for code, year, low, about in sorted(
                pupils.values_list("place__code", "academic_year", "pupils_reached_low", "pupils_reached")
            )
        ],
    )


def _place(known: dict[str, Place], code: str) -> Place:
    if code not in known:
        known[code] = Place.of_code(code)
    return known[code]


def named(here: Collection[Place], *, as_of: date) -> list[list[str]]:
    """Return the lines of the file of places, in order of their codes: the code, then the codes and names of its parts."""
    by_authority = scope(Period(as_of, as_of, str(as_of)), Cut.AUTHORITY, None, as_of)
    names = dict(places.in_order(by_authority, {place.key(Cut.AUTHORITY) for place in here}))
    regions = dict(Region.objects.order_by().values_list("pk", "name"))
    lines = []
    for place in sorted(here, key=lambda place: place.code):
        nation, region, area, authority = place.code.split(".")
        of_place = names[place.key(Cut.AUTHORITY)]
        region_name = "" if place.region is None else regions[place.region]
        lines.append(
            [place.code, nation, region, region_name, area, of_place.area, authority, of_place.authority_gss, of_place.authority]
        )
    return lines
