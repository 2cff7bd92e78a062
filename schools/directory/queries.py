"""Queries about schools over time: where they were on a day, who coordinates them, how many pupils to expect."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, reduce
from operator import or_
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from django.db.models import Exists, F, FloatField, Max, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Cast

from schools.accounts.models import Role, User
from schools.accounts.queries import in_role
from schools.core.grid import Place as GridPlace
from schools.core.ids import Ids
from schools.core.nations import Nation
from schools.core.snapshot import once
from schools.core.year_groups import MOST_PUPILS, year_groups_of_ages
from schools.directory.models import (
    Area,
    AreaAuthority,
    AreaCoordinator,
    Authority,
    Contact,
    Deprivation,
    Postcode,
    Roll,
    School,
    SchoolAuthority,
    StandIn,
)
from schools.directory.models.areas import holds_on

type Dated = tuple[int | None, date | None, date | None]
"""An id, the first day on which it holds (None: from always) and the last one (None: still)."""

NO_SHARES: Mapping[int, int] = MappingProxyType({})

MANY_SCHOOLS = 5_000
"""For more schools than this, the whole table is read instead of sending a list of ids."""


@dataclass(frozen=True)
class Place:
    """The authority, area and region of a school on a day; None where it had none."""

    authority_id: int | None
    area_id: int | None
    region_id: int | None


NOWHERE = Place(None, None, None)


class Holding(NamedTuple):
    """An area holds an authority, from a day (None: from always) to a day (None: still); with the area's region and cycle."""

    authority_id: int
    area_id: int
    from_day: date | None
    to_day: date | None
    region_id: int
    cycle_years: int


class AreaName(NamedTuple):
    """What names an area: its own name, its region's, and the nation in which that lies."""

    name: str
    region: str
    nation: str


@once
def named_areas() -> tuple[dict[int, AreaName], list[Holding]]:
    """Return all areas by id, in the order of their names; and which holds which authority, and held it before. One query."""
    names = ("name", "region__name", "region__nation")
    held = ("holdings__authority_id", "pk", "holdings__from_day", "holdings__to_day", "region_id", "cycle_years")
    # Joined, not read one after the other: a table of reach needs both. An area that never held any stands in a row without.
    rows: list[tuple[Any, ...]] = list(Area.objects.order_by("name", "pk").values_list(*names, *held))
    areas = {row[4]: AreaName(*row[:3]) for row in rows}
    return areas, [Holding(*row[3:]) for row in rows if row[3] is not None]


def holdings() -> list[Holding]:
    """Return which area holds which authority, and held it before."""
    return named_areas()[1]


KEPT_CONTACTS = {"contacts": "own_contacts_read", "shared_contacts": "shared_contacts_read"}
"""Where a school keeps its contacts once they were read with it."""


def with_contacts(path: str = "") -> list[Prefetch[Any]]:
    """Return what `prefetch_related` takes for `contacts_of` to read nothing more; `path`: to the school, as `visit__school__`.

    Kept as lists: without `to_attr` Django makes a query set for each school, which takes longer than reading all contacts.
    """
    return [Prefetch(f"{path}{name}", to_attr=kept) for name, kept in KEPT_CONTACTS.items()]


def contacts_of(school: School) -> list[Contact]:
    """Return the contacts at the school, by name; those of several schools too. They can be read before (`with_contacts`)."""
    contacts = [
        contact
        for name, kept in KEPT_CONTACTS.items()
        for contact in (vars(school)[kept] if kept in vars(school) else getattr(school, name).all())
    ]
    return sorted(contacts, key=lambda contact: (contact.name, contact.pk))


def still_at(contact: Contact | None, school: School) -> Contact | None:
    """Return the contact while they are among the people at the school; None: they are not any more, or nobody is named."""
    return contact if contact in contacts_of(school) else None


def places_on(school_days: Iterable[tuple[int, date]]) -> dict[tuple[int, date], Place]:
    """Return the place of each (school id, day) as of that day, in a constant number of queries (rule 3).

    A school without dated authorities (entered by hand) counts as having always been in its present one.
    """
    wanted = set(school_days)
    if not wanted:
        return {}
    school_ids = {school_id for school_id, _ in wanted}
    authorities: defaultdict[int, list[Dated]] = defaultdict(list)
    rows = SchoolAuthority.objects.filter(school__in=Ids(school_ids)).values_list(
        "school_id", "authority_id", "from_day", "to_day"
    )
    for school_id, authority_id, from_day, to_day in rows:
        authorities[school_id].append((authority_id, from_day, to_day))
    if undated := school_ids - authorities.keys():
        for school_id, today in School.objects.filter(pk__in=Ids(undated)).values_list("pk", "authority_id"):
            authorities.setdefault(school_id, [(today, None, None)])
    areas: defaultdict[int | None, list[Dated]] = defaultdict(list)
    regions: dict[int | None, int] = {}
    for each in holdings():
        areas[each.authority_id].append((each.area_id, each.from_day, each.to_day))
        regions[each.area_id] = each.region_id

    def place(school_id: int, day: date) -> Place:
        authority_id = _holding_on(authorities[school_id], day)
        area_id = _holding_on(areas[authority_id], day)
        return Place(authority_id, area_id, regions.get(area_id))

    return {(school_id, day): place(school_id, day) for school_id, day in wanted}


def _holding_on(dated: Iterable[Dated], day: date) -> int | None:
    """Return the id that holds on the day, first and last day included; None where none does."""
    for holder, from_day, to_day in dated:
        if (from_day is None or from_day <= day) and (to_day is None or day <= to_day):
            return holder
    return None


def area_of(school: School, *, on: date) -> Area | None:
    """Return the area that holds the school's present authority on the day; its duty phone is the one to call."""
    holding = AreaAuthority.objects.filter(holds_on(on), area=OuterRef("pk"), authority=school.authority_id)
    return Area.objects.filter(Exists(holding)).first()


MOST_AROUND = 40
"""How many schools are listed as being near a school."""


def schools_around(school: School, *, on: date) -> list[School]:
    """Return other bookable schools of the area that holds the school on the day: the nearest ones, ordered by name.

    Where the school's place is unknown, they are the first ones by name. One query.
    """
    holding = AreaAuthority.objects.filter(holds_on(on), authority=school.authority_id)
    areas = Area.objects.filter(pk__in=holding.order_by().values("area"))
    others = School.objects.bookable().in_areas(areas, on=on).exclude(pk=school.pk).order_by("name", "pk")
    if school.easting is not None and school.northing is not None:
        east = Cast("easting", FloatField()) - float(school.easting)
        north = Cast("northing", FloatField()) - float(school.northing)
        others = others.filter(easting__isnull=False).order_by(east * east + north * north, "pk")
    return sorted(others[:MOST_AROUND], key=lambda other: (other.name, other.pk))


def area_holding(authority: Authority, *, on: date) -> Area | None:
    """Return the area that holds the authority on the day; None where none does."""
    holding = AreaAuthority.objects.filter(holds_on(on), area=OuterRef("pk"), authority=authority)
    return Area.objects.filter(Exists(holding)).first()


def holdings_in_order(authority: Authority) -> QuerySet[AreaAuthority]:
    """Return the holdings of the authority, the earliest first (databases order blank days differently)."""
    return authority.holdings.select_related("area").order_by(F("from_day").asc(nulls_first=True), "pk")


def next_holding(authority: Authority, *, after: date) -> AreaAuthority | None:
    """Return the first holding of the authority that begins after the day, with its area; None where there is none."""
    return (
        AreaAuthority.objects.filter(authority=authority, from_day__gt=after).select_related("area").order_by("from_day").first()
    )


def coordinators_in(area: Area | None, *, on: date) -> list[User]:
    """Return the people who coordinate the area on the day, and see it: they may sign in and are in the role still."""
    theirs = AreaCoordinator.objects.filter(holds_on(on), user=OuterRef("pk"), area=area)
    able = User.objects.filter(in_role(Role.COORDINATOR, Role.MANAGER), is_active=True)
    return list(able.filter(Exists(theirs))) if area else []


def coordinators_of_authorities(authorities: Iterable[int], *, on: date) -> dict[int, list[User]]:
    """Return who coordinates the areas that hold these authorities (by id) on the day, and sees them there; one query.

    That is who may sign in and is in the role still: an area keeps its rows when somebody loses it. Each comes with whether they
    are away (`is_away`).
    """
    wanted = set(authorities)
    if not wanted:
        return {}
    able = User.objects.filter(in_role(Role.COORDINATOR, Role.MANAGER), is_active=True).order_by()
    holding = holds_on(on, of="area__holdings__")
    theirs: defaultdict[int, list[User]] = defaultdict(list)
    rows = AreaCoordinator.objects.filter(holds_on(on), holding, area__holdings__authority__in=wanted, user__in=able.values("pk"))
    away = Exists(StandIn.objects.on(on).filter(coordinator=OuterRef("user")))
    of_authority: QuerySet[Any] = rows.annotate(authority=F("area__holdings__authority"), is_away=away)
    for row in of_authority.select_related("user").order_by("user__pk"):
        row.user.is_away = row.is_away
        theirs[row.authority].append(row.user)
    return dict(theirs)


def expected_pupils(school: School, *, academic_year: int) -> dict[int, int | None]:
    """Return the pupils to expect in each year group that the school teaches; None where nothing is known.

    They come from the newest roll of that or an earlier academic year; within a year the coordinator's number comes before the
    list's, and the list's before the register's. Where there is no roll, each year group gets an equal part of the register's
    total: total ÷ max(1, high age − max(low age, 3)), as in docs/figures.md, Rolls.
    """
    totals = {school.pk: (school.pupils, school.low_age, school.high_age)}
    return expected_pupils_of(totals, academic_year=academic_year)[school.pk]


def pupils_known_otherwise(roll: Roll) -> int | None:
    """Return how many pupils of its school and year group other rolls have, the newest of its or an earlier academic year.

    Where there is none, the year group's part of the register's total; None: nothing is known. The roll need not be stored.
    """
    others = Roll.objects.filter(school=roll.school_id, year_group=roll.year_group, academic_year__lte=roll.academic_year)
    newest = others.exclude(pk=roll.pk).best_first().values_list("pupils", flat=True).first()
    school = roll.school
    return shares_of(school.pupils, school.low_age, school.high_age).get(roll.year_group) if newest is None else newest


type RegisterTotals = tuple[int | None, int | None, int | None]
"""What the register gives for a school: the total of pupils, the lowest and the highest age; None: unknown."""


def expected_pupils_of(schools: Mapping[int, RegisterTotals], *, academic_year: int) -> dict[int, dict[int, int | None]]:
    """Return the same for each of the schools, by their ids, in one query."""
    known: defaultdict[int, dict[int, int]] = defaultdict(dict)
    rolls = Roll.objects.filter(school__in=Ids(schools), academic_year__lte=academic_year).best_first()
    for school_id, year_group, pupils in rolls.values_list("school_id", "year_group", "pupils"):
        known[school_id].setdefault(year_group, pupils)
    result: dict[int, dict[int, int | None]] = {}
    for school_id, totals in schools.items():
        rolls_of, shares = known[school_id], shares_of(*totals)
        result[school_id] = {group: rolls_of.get(group, shares.get(group)) for group in year_groups_of_ages(*totals[1:])}
    return result


@lru_cache(maxsize=20_000)
def shares_of(pupils: int | None, low_age: int | None, high_age: int | None) -> Mapping[int, int]:
    """Return the register's total of pupils spread over the year groups between two statutory ages, in whole pupils.

    Empty where the total or the year groups are unknown. Cached, because many schools have the same numbers.
    """
    groups = year_groups_of_ages(low_age, high_age)
    if pupils is None or not groups:
        return NO_SHARES
    low = 4 if low_age is None else low_age
    high = 11 if high_age is None else high_age
    ours = round(pupils * len(groups) / max(1, high - max(low, 3)))
    each, left = divmod(ours, len(groups))
    if each >= MOST_PUPILS:  # no year group is as large: the ages or the total are wrong
        return {}
    return MappingProxyType({group: each + (position < left) for position, group in enumerate(groups)})


type Precision = Literal["exact", "sector", "district"]


class PlacedPostcode(NamedTuple):
    """Where a postcode is, and how precisely that is known: exactly, or by the schools of its sector or district."""

    easting: int
    northing: int
    precision: Precision


FEW_DISTRICTS = 50
"""For more districts than this, the places of all schools are read instead of asking by district."""


def places_of_postcodes(postcodes: Iterable[str]) -> dict[str, PlacedPostcode]:
    """Return where the postcodes are (written like LA9 4XX), in at most two queries, without those that are unknown.

    The place is exact where the list of postcodes or a school has it; else it is the middle of the schools in its sector (LA9 4),
    or else of those in its district (LA9).
    """
    wanted = set(postcodes)
    placed: dict[str, PlacedPostcode] = {}
    for row in Postcode.objects.filter(pk__in=wanted).order_by():
        placed[row.postcode] = PlacedPostcode(row.easting, row.northing, "exact")
    unknown = wanted - placed.keys()
    middle_of = _middles_around(unknown)
    for postcode in unknown:
        for precision, middles in middle_of.items():
            if place := middles.of(_part(postcode, precision)):
                placed[postcode] = PlacedPostcode(*place, precision)
                break
    return placed


def _middles_around(postcodes: set[str]) -> dict[Precision, "_Middles"]:
    """Return the middles of the schools in the districts of the postcodes, the most precise first."""
    middle_of: dict[Precision, _Middles] = {"exact": _Middles(), "sector": _Middles(), "district": _Middles()}
    districts = {_part(postcode, "district") for postcode in postcodes}
    if not districts:
        return middle_of
    # Not those whose own place follows from a postcode: they would count as places of their own.
    schools = School.objects.exclude(Q(easting=None) | Q(northing=None)).filter(placed_by="").order_by()
    if len(districts) <= FEW_DISTRICTS:
        schools = schools.filter(reduce(or_, (Q(postcode__startswith=district) for district in districts)))
    for postcode, easting, northing in schools.values_list("postcode", "easting", "northing"):
        for precision, middles in middle_of.items():
            middles.add(_part(postcode, precision), (easting or 0, northing or 0))
    return middle_of


class _Middles:
    """The middles of places that share a name, such as a postcode district."""

    def __init__(self) -> None:
        self._sums: dict[str, tuple[int, int, int]] = {}

    def add(self, name: str, place: GridPlace) -> None:
        east, north, number = self._sums.get(name, (0, 0, 0))
        self._sums[name] = east + place[0], north + place[1], number + 1

    def of(self, name: str) -> GridPlace | None:
        east, north, number = self._sums.get(name, (0, 0, 0))
        return (round(east / number), round(north / number)) if number else None


def _part(postcode: str, precision: Precision) -> str:
    """Return the part of the postcode that is that precise; a district keeps its space, so that LA1 does not match LA10."""
    return {"exact": postcode, "sector": postcode[:-2], "district": postcode[:-3]}[precision]


def newest_indices() -> dict[Nation, int]:
    """Return the year of the newest index of deprivation of each nation, in order of nations; a nation without any is missing."""
    years = Deprivation.objects.order_by("nation").values_list("nation").annotate(newest=Max("year"))
    return {Nation(nation): year for nation, year in years}
