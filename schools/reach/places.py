"""The place and the kind that a figure belongs to: which columns hold them in each cut, and how they are called."""

from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import CharField, Exists, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Cast, Substr

from schools.core.nations import Language
from schools.core.periods import Period
from schools.core.year_groups import year_group_anywhere
from schools.directory.models import Authority, Region, Sector
from schools.directory.models.deprivation import fifth_name
from schools.directory.queries import AreaName, holdings, named_areas
from schools.programme.models import Audience, Channel, SessionType
from schools.reach.filters import Filters
from schools.reach.rows import DEFINITIONS, TOTAL, Cut
from schools.visits.models import Headcount

ALONE = ""
"""The place in a cut by kind that is within no place."""

OUTSIDE = object()
"""The place of what is frozen outside the areas asked for."""


@dataclass(frozen=True)
class Paths:
    """The lookup paths from a row to its frozen columns, its school, its session, and its session's id."""

    frozen: str
    school: str
    session: str
    session_id: str


PAIRS = (Cut.AUTHORITY, Cut.FIFTH)
"""The cuts whose places are pairs."""

OF_HEADCOUNTS = Paths("", "school__", "session__", "session_id")
OF_SESSIONS = Paths("", "visit__school__", "", "pk")
OF_COVERS = Paths("session__", "session__visit__school__", "session__", "session_id")


@dataclass(frozen=True)
class Scope:
    """What a table is asked for: period, cut, areas, filters.

    A place is an id or a nation; for authorities it is the pair of area and authority, for fifths of nation and fifth; None is
    unknown. The key of a row is its place, or the pair of place and kind where the cut is by kind.
    """

    period: Period
    by: Cut
    as_of: date
    areas: frozenset[int] | None
    within: Cut | None
    filters: Filters
    types: tuple[SessionType, ...]
    definitions: int = DEFINITIONS
    """The version of the definitions by which figures are counted."""
    unplaced: bool = False
    """Whether only what is frozen in no area and no authority is asked for."""

    @property
    def place_cut(self) -> Cut | None:
        """The cut by place; None where the cut is by kind alone."""
        return self.by if self.by.is_place else self.within

    @property
    def by_kind(self) -> bool:
        """Whether rows are kinds."""
        return not self.by.is_place

    @property
    def by_year_group(self) -> bool:
        """Whether rows are year groups. A session is in those of all its year groups: they are asked for with `of_year_group`."""
        return self.by == Cut.YEAR_GROUP

    def of_year_group(self, group: int) -> "Scope":
        """Return the scope of the rows of one year group: by the place within which it is cut, and filtered to the year group."""
        filters = replace(self.filters, year_groups=frozenset({group}))
        return replace(self, by=self.within or Cut.NATION, within=None, filters=filters)

    @cached_property
    def selected_types(self) -> list[SessionType]:
        """The session types that are let through. A year group is one of pupils, so then only types for pupils."""
        types = self.filters.types_among(self.types)
        if self.filters.year_groups:
            return [session_type for session_type in types if session_type.audience == Audience.PUPILS]
        return types

    @cached_property
    def for_pupils(self) -> list[int]:
        """Ids of the types let through whose audience is pupils."""
        return [session_type.pk for session_type in self.selected_types if session_type.audience == Audience.PUPILS]

    @cached_property
    def online(self) -> frozenset[int]:
        """Ids of the online types."""
        return frozenset(session_type.pk for session_type in self.types if session_type.channel == Channel.ONLINE)

    @property
    def is_everywhere(self) -> bool:
        """Whether schools of all areas and of every fifth are asked for; else some are OUTSIDE."""
        return self.areas is None and not self.filters.fifths

    @property
    def has_cycle(self) -> bool:
        """Whether the columns of the cycle are filled: never with filters, as a cycle is about all sessions that count for it."""
        return not self.filters

    @cached_property
    def groups(self) -> frozenset[int]:
        """The year groups whose rolls are asked for."""
        return self.filters.groups(self.types)

    def counts_schools(self, kind: Hashable = None) -> bool:
        """Return whether a row has schools in area beside it: these are mainstream schools only."""
        if self.by == Cut.SECTOR and kind not in {None, Sector.MAINSTREAM}:
            return False
        return not self.filters.sectors or Sector.MAINSTREAM in self.filters.sectors

    def groups_of(self, kind: Hashable) -> frozenset[int]:
        """Return the year groups whose rolls belong to a row of the kind."""
        if self.by == Cut.TYPE:
            return self.groups & {
                group for session_type in self.types if session_type.pk == kind for group in session_type.year_groups
            }
        return self.groups & {kind} if self.by_year_group else self.groups

    def columns(self, paths: Paths) -> tuple[str, ...]:
        """Return the columns of place and kind; a school never changes its nation."""
        return (*self._place_columns(paths), *self.kind_columns(paths))

    def _place_columns(self, paths: Paths) -> tuple[str, ...]:
        cut = self.place_cut
        if cut is None:
            return ()
        if cut == Cut.AUTHORITY:
            return (f"{paths.frozen}area_id", f"{paths.frozen}authority_id")
        if cut == Cut.FIFTH:
            return (f"{paths.school}nation", f"{paths.school}fifth")
        return (f"{paths.school}nation",) if cut == Cut.NATION else (f"{paths.frozen}{cut}_id",)

    def kind_columns(self, paths: Paths) -> tuple[str, ...]:
        """Return the column of the kind alone; none where the cut is by place."""
        if not self.by_kind:
            return ()
        columns = {
            Cut.TYPE: f"{paths.session}type_id",
            Cut.CHANNEL: f"{paths.session}type_id",
            Cut.LANGUAGE: f"{paths.session}language",
            Cut.SECTOR: f"{paths.school}sector",
            Cut.MONTH: "month",
        }
        return (columns[self.by],)

    def keyed(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """Return the rows with a key in the place of the columns of place and kind at their end."""
        if not self.by_kind:
            return ((*row[:-2], row[-2:]) for row in rows) if self.by in PAIRS else iter(rows)
        if self.within is None:
            return ((*row[:-1], (ALONE, self.kind(row[-1]))) for row in rows)
        if self.within == Cut.AUTHORITY:
            return ((*row[:-3], (row[-3:-1], self.kind(row[-1]))) for row in rows)
        return ((*row[:-2], (row[-2], self.kind(row[-1]))) for row in rows)

    def kind(self, value: Any) -> Hashable:
        """Return the kind for the value in its column."""
        if self.by == Cut.CHANNEL:
            return str(Channel.ONLINE if value in self.online else Channel.IN_PERSON)
        return value  # type: ignore[no-any-return]  # an id, a code, a number

    def key(self, place: Hashable, kind: Hashable) -> Hashable:
        """Return the key of a row."""
        return (place, kind) if self.by_kind else place

    def parts(self, key: Any) -> tuple[Hashable, Hashable]:
        """Return the place and the kind of a key; the kind is None where the cut is by place."""
        return key if self.by_kind else (key, None)

    def place(
        self, *, area: int | None, authority: int | None, region: int | None, nation: str, fifth: int | None = None
    ) -> Hashable:
        """Return the place of something on which no columns are frozen."""
        match self.place_cut:
            case Cut.AUTHORITY:
                return (area, authority)
            case Cut.AREA:
                return area
            case Cut.REGION:
                return region
            case Cut.NATION:
                return nation
            case Cut.FIFTH:
                return (nation, fifth)
        return ALONE

    def key_of(self, cell: str) -> Hashable:
        """Return the key of the row with this cell. Raises ValueError where the cut has no such row."""
        parts = cell.split(".")
        code = parts.pop() if self.by_kind else ""
        if len(parts) != len(self._place_columns(OF_HEADCOUNTS)):
            raise ValueError(cell)
        has_nation = self.place_cut in {Cut.NATION, Cut.FIFTH}
        place: list[Any] = [
            part if has_nation and at == 0 else None if part == "none" else int(part) for at, part in enumerate(parts)
        ]
        whole = ALONE if self.place_cut is None else tuple(place) if len(place) > 1 else place[0]
        if self.by == Cut.TYPE:
            known: dict[str, Any] = {session_type.slug: session_type.pk for session_type in self.types}
            if code not in known:
                raise ValueError(cell)
            return (whole, known[code])
        return self.key(whole, int(code) if self.by_year_group else code)

    def at[M: Model](self, key: Any, rows: QuerySet[M], paths: Paths) -> QuerySet[M]:
        """Return only those rows of `narrow` that have the key."""
        place, kind = self.parts(key)
        if self.place_cut is not None:
            values: Any = place if self.place_cut in PAIRS else (place,)
            rows = rows.filter(**dict(zip(self._place_columns(paths), values, strict=True)))
        if self.by == Cut.CHANNEL:
            types = [session_type.pk for session_type in self.types if session_type.channel == kind]
            return rows.filter(**{f"{paths.session}type__in": types})
        for column in self.kind_columns(paths):
            rows = rows.filter(**{column: kind})
        return rows

    def narrow[M: Model](self, rows: QuerySet[M], paths: Paths, *, anywhere: bool = False) -> QuerySet[M]:
        """Return the rows of the period and filters in the areas and fifths asked for (or `anywhere`), with their month."""
        rows = rows.filter(**{f"{paths.session}day__range": (self.period.first_day, self.period.last_day)})
        if not anywhere:
            rows = rows.filter(self._inside(paths))
        rows = self._filtered(rows, paths)
        if self.by == Cut.MONTH:
            # Cut from the day as text: SQLite's own truncation calls Python once for every row.
            month = {"month": Substr(Cast(f"{paths.session}day", CharField()), 1, 7)}
            rows = rows.annotate(**month)
        return rows

    def elsewhere[M: Model](self, rows: QuerySet[M], paths: Paths) -> QuerySet[M]:
        """Return those of the rows that `narrow` has only `anywhere`."""
        return rows.exclude(self._inside(paths))

    def _inside(self, paths: Paths) -> Q:
        inside = Q() if self.areas is None else Q((f"{paths.frozen}area__in", self.areas))
        if self.unplaced:
            inside &= Q((f"{paths.frozen}area", None), (f"{paths.frozen}authority", None))
        return inside & Q((f"{paths.school}fifth__in", self.filters.fifths)) if self.filters.fifths else inside

    def _filtered[M: Model](self, rows: QuerySet[M], paths: Paths) -> QuerySet[M]:
        filters = self.filters
        if len(self.selected_types) < len(self.types):
            rows = rows.filter(**{f"{paths.session}type__in": [session_type.pk for session_type in self.selected_types]})
        if filters.languages:
            rows = rows.filter(**{f"{paths.session}language__in": filters.languages})
        if filters.sectors:
            rows = rows.filter(**{f"{paths.school}sector__in": filters.sectors})
        if filters.year_groups and paths is OF_HEADCOUNTS:
            rows = rows.filter(year_group__in=filters.year_groups)
        elif filters.year_groups:
            of_session = Headcount.objects.filter(session=OuterRef(paths.session_id))
            is_named = Q(Exists(of_session.filter(year_group__in=filters.year_groups)))
            rows = rows.filter(is_named | (self._may_have_been_there(paths) & Q(~Exists(of_session))))
        return rows

    def _may_have_been_there(self, paths: Paths) -> Q:
        """Return in which sessions a year group asked for is one of the type that the host teaches: as `year_groups_of_ages`."""
        low, high = f"{paths.school}low_age", f"{paths.school}high_age"
        is_so = Q(pk__in=())
        for group in sorted(self.filters.year_groups):
            types = [session_type.pk for session_type in self.selected_types if group in session_type.year_groups]
            is_taught = (Q((low, None)) | Q((f"{low}__lte", group + 4))) & (Q((high, None)) | Q((f"{high}__gte", group + 5)))
            is_so |= Q((f"{paths.session}type__in", types)) & is_taught
        return is_so


def areas_of_authorities(*, on: date) -> dict[int | None, tuple[int, int, int]]:
    """Return the area of each authority on the day, with the area's region and the years of its cycle."""
    held = (each for each in holdings() if (each.from_day or on) <= on <= (each.to_day or on))
    return {each.authority_id: (each.area_id, each.region_id, each.cycle_years) for each in held}


@dataclass(frozen=True, order=True)
class Names:
    """The names of a row, in the order by which rows are sorted; empty means unknown, or not known in this cut."""

    nation: str = ""
    region: str = ""
    area: str = ""
    authority: str = ""
    authority_gss: str = ""
    kind_position: int = 0
    kind: str = ""
    kind_name: str = ""
    cell: str = ""


def total_names(scope: Scope) -> Names:
    """Return what stands in the columns of place and kind of the total."""
    if scope.by.has_column:
        return Names(kind=TOTAL, kind_name="Total", cell="total")
    return replace(Names(cell="total"), **{scope.by.value: TOTAL})  # type: ignore[arg-type]  # one of the names


def in_order(scope: Scope, keys: Collection[Hashable]) -> list[tuple[Hashable, Names]]:
    """Return the keys with their names, in order of nation, region, area, authority, kind."""
    pairs: list[Any] = list(keys) if scope.by_kind else [(key, None) for key in keys]
    places = dict.fromkeys(place for place, _ in pairs)
    called = dict(zip(places, _names(scope.place_cut, places), strict=True))
    named = [(scope.key(place, kind), _with_kind(scope, called[place], place, kind)) for place, kind in pairs]
    return sorted(named, key=lambda pair: (pair[1], repr(pair[0])))


def _with_kind(scope: Scope, names: Names, place: Hashable, kind: Any) -> Names:
    if not scope.by_kind:
        return replace(names, cell=_cell(place))
    position, code, name = _kind_names(scope, kind)
    cell = code if scope.within is None else f"{_cell(place)}.{code}"
    return replace(names, kind_position=position, kind=code, kind_name=name, cell=cell)


def _cell(place: Any) -> str:
    parts = place if isinstance(place, tuple) else (place,)
    return ".".join("none" if part is None else str(part) for part in parts)


def _kind_names(scope: Scope, kind: Any) -> tuple[int, str, str]:
    """Return the kind's position in the order, its code and its name."""
    match scope.by:
        case Cut.TYPE:
            return next(
                (n, session_type.slug, session_type.name) for n, session_type in enumerate(scope.types) if session_type.pk == kind
            )
        case Cut.CHANNEL:
            return Channel.values.index(kind), kind, Channel(kind).label
        case Cut.LANGUAGE:
            return Language.values.index(kind), kind, Language(kind).label
        case Cut.SECTOR:
            return Sector.values.index(kind), kind, Sector(kind).label
        case Cut.YEAR_GROUP:
            both = year_group_anywhere(kind)
            return kind, str(kind), both
    first = date.fromisoformat(f"{kind}-01")
    return 0, kind, f"{first:%B %Y}"


def _names(cut: Cut | None, places: Iterable[Any]) -> Iterator[Names]:
    """Return the names of each place; an area is named with the region in which it lies today."""
    if cut is None:
        return (Names() for _ in places)
    if cut == Cut.NATION:
        return (Names(nation=place or "") for place in places)
    if cut == Cut.FIFTH:
        # What is not known stands after the others.
        return (
            Names(nation, kind_position=fifth or 9, kind=str(fifth or "unknown"), kind_name=fifth_name(fifth))
            for nation, fifth in places
        )
    if cut == Cut.REGION:
        regions = Region.objects.in_bulk()
        return (_region_names(regions.get(place)) for place in places)
    areas, _ = named_areas()
    if cut == Cut.AREA:
        return (_area_names(areas.get(place)) for place in places)
    authorities = Authority.objects.in_bulk()
    return (_authority_names(areas.get(area), authorities.get(authority)) for area, authority in places)


def _region_names(region: Region | None) -> Names:
    return Names(region.nation, region.name) if region else Names()


def _area_names(area: AreaName | None) -> Names:
    return Names(area.nation, area.region, area.name) if area else Names()


def _authority_names(area: AreaName | None, authority: Authority | None) -> Names:
    names = _area_names(area)
    if not authority:
        return names
    return replace(names, nation=names.nation or authority.nation, authority=authority.name, authority_gss=authority.gss or "")
