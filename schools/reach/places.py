"""The place that a figure belongs to: which columns say it in each cut, and what it is called."""

from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import Model, QuerySet

from schools.core.periods import Period
from schools.directory.models import Area, AreaAuthority, Authority, Region
from schools.directory.models.areas import holds_on
from schools.reach.rows import Cut


@dataclass(frozen=True)
class Scope:
    """What is asked for. A place is an id or a nation, and for authorities the pair of area and authority; None is unknown."""

    period: Period
    by: Cut
    as_of: date
    areas: frozenset[int] | None

    def columns(self, *, school: str, at: str = "") -> tuple[str, ...]:
        """The columns of the place, frozen on the rows that `at` leads to; a school never changes its nation."""
        if self.by == Cut.AUTHORITY:
            return (f"{at}area_id", f"{at}authority_id")
        return (f"{school}nation",) if self.by == Cut.NATION else (f"{at}{self.by}_id",)

    def with_place(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """Rows that end with the columns of the place, made to end with the place."""
        if self.by == Cut.AUTHORITY:
            return ((*row[:-2], row[-2:]) for row in rows)
        return iter(rows)

    def place(self, *, area: int | None, authority: int | None, region: int | None, nation: str) -> Hashable:
        """The place of something that no columns were frozen for."""
        if self.by == Cut.AUTHORITY:
            return (area, authority)
        return {Cut.AREA: area, Cut.REGION: region, Cut.NATION: nation}[self.by]

    def within_areas[M: Model](self, rows: QuerySet[M], *, at: str = "") -> QuerySet[M]:
        """Only the rows that are frozen in the areas asked for."""
        return rows if self.areas is None else rows.filter(**{f"{at}area__in": self.areas})


def areas_of_authorities(*, on: date) -> dict[int | None, tuple[int, int]]:
    """The area and its region of each authority on the day."""
    held = AreaAuthority.objects.filter(holds_on(on)).values_list("authority_id", "area_id", "area__region_id")
    return {authority: (area, region) for authority, area, region in held}


@dataclass(frozen=True, order=True)
class Names:
    """What a place is called, in the order by which rows are sorted; empty is unknown, or not known to the cut."""

    nation: str = ""
    region: str = ""
    area: str = ""
    authority: str = ""
    authority_gss: str = ""


def total_names(by: Cut) -> Names:
    """What stands in the place's columns of the total."""
    return Names(**{by.value: "TOTAL"})


def in_order(by: Cut, places: Collection[Hashable]) -> list[tuple[Hashable, Names]]:
    """The places with their names, in order of nation, region, area, authority."""
    named = zip(places, _names(by, places), strict=True)
    return sorted(named, key=lambda pair: (pair[1], repr(pair[0])))


def _names(by: Cut, places: Iterable[Any]) -> Iterator[Names]:
    """Each place's names; an area is named with the region that it lies in today."""
    if by == Cut.NATION:
        return (Names(nation=place or "") for place in places)
    if by == Cut.REGION:
        regions = Region.objects.in_bulk()
        return (_region_names(regions.get(place)) for place in places)
    areas = Area.objects.select_related("region").in_bulk()
    if by == Cut.AREA:
        return (_area_names(areas.get(place)) for place in places)
    authorities = Authority.objects.in_bulk()
    return (_authority_names(areas.get(area), authorities.get(authority)) for area, authority in places)


def _region_names(region: Region | None) -> Names:
    return Names(region.nation, region.name) if region else Names()


def _area_names(area: Area | None) -> Names:
    return Names(area.region.nation, area.region.name, area.name) if area else Names()


def _authority_names(area: Area | None, authority: Authority | None) -> Names:
    names = _area_names(area)
    if not authority:
        return names
    return replace(names, nation=names.nation or authority.nation, authority=authority.name, authority_gss=authority.gss or "")
