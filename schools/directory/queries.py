"""Questions about schools over time: where one was on a day, how many pupils to expect."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, reduce
from operator import or_
from types import MappingProxyType
from typing import Literal, NamedTuple

from django.db.models import Exists, F, FloatField, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from schools.accounts.models import User
from schools.core.grid import Place as GridPlace
from schools.core.ids import Ids
from schools.core.year_groups import MOST_PUPILS, year_groups_of_ages
from schools.directory.models import Area, AreaAuthority, AreaCoordinator, Authority, Postcode, Roll, School, SchoolAuthority
from schools.directory.models.areas import holds_on

type Dated = tuple[int | None, date | None, date | None]
"""An id, the day from which it holds (None: always) and the last day on which it does (None: still)."""

NO_SHARES: Mapping[int, int] = MappingProxyType({})

MANY_SCHOOLS = 5_000
"""Beyond so many schools the whole table is read rather than a list of ids sent."""


@dataclass(frozen=True)
class Place:
    """The authority, area and region of a school on a day; None where it had none."""

    authority_id: int | None
    area_id: int | None
    region_id: int | None


NOWHERE = Place(None, None, None)


def places_on(school_days: Iterable[tuple[int, date]]) -> dict[tuple[int, date], Place]:
    """The place of each (school id, day) as of that day, in a constant number of queries.

    A school without any dated authority (entered by hand) is taken to have always been in today's.
    """
    wanted = set(school_days)
    if not wanted:
        return {}
    school_ids = {school_id for school_id, _ in wanted}
    few: dict[str, set[int]] = {"school__in": school_ids} if len(school_ids) <= MANY_SCHOOLS else {}
    authorities: defaultdict[int, list[Dated]] = defaultdict(list)
    rows = SchoolAuthority.objects.filter(**few).values_list("school_id", "authority_id", "from_day", "to_day")
    for school_id, authority_id, from_day, to_day in rows:
        authorities[school_id].append((authority_id, from_day, to_day))
    if undated := school_ids - authorities.keys():
        few = {"pk__in": undated} if len(undated) <= MANY_SCHOOLS else {}
        for school_id, today in School.objects.filter(**few).values_list("pk", "authority_id"):
            authorities.setdefault(school_id, [(today, None, None)])
    areas: defaultdict[int | None, list[Dated]] = defaultdict(list)
    regions: dict[int | None, int] = {}
    holdings = AreaAuthority.objects.values_list("authority_id", "area_id", "from_day", "to_day", "area__region_id")
    for authority_id, area_id, from_day, to_day, region_id in holdings:
        areas[authority_id].append((area_id, from_day, to_day))
        regions[area_id] = region_id

    def place(school_id: int, day: date) -> Place:
        authority_id = _holding_on(authorities[school_id], day)
        area_id = _holding_on(areas[authority_id], day)
        return Place(authority_id, area_id, regions.get(area_id))

    return {(school_id, day): place(school_id, day) for school_id, day in wanted}


def _holding_on(dated: Iterable[Dated], day: date) -> int | None:
    """Who holds on the day, both ends included; a blank day is open."""
    for holder, from_day, to_day in dated:
        if (from_day is None or from_day <= day) and (to_day is None or day <= to_day):
            return holder
    return None


def area_of(school: School, *, on: date) -> Area | None:
    """The area that holds on the day the authority to which the school belongs today; its duty phone is the one to call."""
    holding = AreaAuthority.objects.filter(holds_on(on), area=OuterRef("pk"), authority=school.authority_id)
    return Area.objects.filter(Exists(holding)).first()


MOST_AROUND = 40
"""How many schools a list of those around one has."""


def schools_around(school: School, *, on: date) -> list[School]:
    """Other schools that can be visited, of the area that holds the school on the day: the nearest, in order of their names.

    Of a school whose place is not known, the first by name; one query.
    """
    holding = AreaAuthority.objects.filter(holds_on(on), authority=school.authority_id)
    areas = Area.objects.filter(pk__in=holding.order_by().values("area"))
    others = School.objects.bookable().in_areas(areas, on=on).exclude(pk=school.pk).order_by("name", "pk")
    if school.easting is not None and school.northing is not None:
        east = Cast("easting", FloatField()) - float(school.easting)
        north = Cast("northing", FloatField()) - float(school.northing)
        others = others.filter(easting__isnull=False).order_by(east * east + north * north, "pk")
    return sorted(others[:MOST_AROUND], key=lambda one: (one.name, one.pk))


def area_holding(authority: Authority, *, on: date) -> Area | None:
    """The area that holds the authority on the day."""
    holding = AreaAuthority.objects.filter(holds_on(on), area=OuterRef("pk"), authority=authority)
    return Area.objects.filter(Exists(holding)).first()


def holdings_in_order(authority: Authority) -> QuerySet[AreaAuthority]:
    """Which areas hold the authority, the earliest first (databases disagree on where a blank day belongs)."""
    return authority.holdings.select_related("area").order_by(F("from_day").asc(nulls_first=True), "pk")


def next_holding(authority: Authority, *, after: date) -> AreaAuthority | None:
    """The first holding of the authority that begins after the day, with its area."""
    return (
        AreaAuthority.objects.filter(authority=authority, from_day__gt=after).select_related("area").order_by("from_day").first()
    )


def coordinators_in(area: Area | None, *, on: date) -> list[User]:
    """Who coordinates the area on the day; only people who may sign in."""
    theirs = AreaCoordinator.objects.filter(holds_on(on), user=OuterRef("pk"), area=area)
    return list(User.objects.filter(Exists(theirs), is_active=True)) if area else []


def coordinators_of(school: School, *, on: date) -> list[User]:
    """Who coordinates, on the day, the area that holds the school's authority then; only people who may sign in."""
    holding = AreaAuthority.objects.filter(holds_on(on), authority=school.authority_id)
    theirs = AreaCoordinator.objects.filter(holds_on(on), user=OuterRef("pk"), area__in=holding.values("area"))
    return list(User.objects.filter(Exists(theirs), is_active=True))


def expected_pupils(school: School, *, academic_year: int) -> dict[int, int | None]:
    """Pupils to expect in each year group that the school teaches; None where nothing is known.

    From the newest roll of that or an earlier academic year (a coordinator's before the register's of the same year), else
    an equal part of the register's total: total ÷ max(1, high age − max(low age, 3)) for each year group (as REACH.md's pupils
    on roll).
    """
    said = {school.pk: (school.pupils, school.low_age, school.high_age)}
    return expected_pupils_of(said, academic_year=academic_year)[school.pk]


type RegisterTotals = tuple[int | None, int | None, int | None]
"""What the register says of a school: the total of its pupils, the lowest and the highest age; None: nothing."""


def expected_pupils_of(schools: Mapping[int, RegisterTotals], *, academic_year: int) -> dict[int, dict[int, int | None]]:
    """The same of each of the schools, by their ids, in one query."""
    known: defaultdict[int, dict[int, int]] = defaultdict(dict)
    rolls = Roll.objects.filter(school__in=Ids(schools), academic_year__lte=academic_year).best_first()
    for school_id, year_group, pupils in rolls.values_list("school_id", "year_group", "pupils"):
        known[school_id].setdefault(year_group, pupils)
    found: dict[int, dict[int, int | None]] = {}
    for school_id, said in schools.items():
        rolls_of, shares = known[school_id], shares_of(*said)
        found[school_id] = {group: rolls_of.get(group, shares.get(group)) for group in year_groups_of_ages(*said[1:])}
    return found


@lru_cache(maxsize=20_000)
def shares_of(pupils: int | None, low_age: int | None, high_age: int | None) -> Mapping[int, int]:
    """The register's total of pupils spread over the year groups between two statutory ages, to whole pupils.

    Empty where nobody can know. Worked out once, because many schools have the same.
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
    """Where a postcode is, and how that is known: by itself, or by the schools of its sector or district."""

    easting: int
    northing: int
    precision: Precision


FEW_DISTRICTS = 50
"""Beyond so many the places of all schools are read rather than asked for by district."""


def places_of_postcodes(postcodes: Iterable[str]) -> dict[str, PlacedPostcode]:
    """Where the postcodes are (written like LA9 4XX), in at most two queries; those of which nothing is known are left out.

    Exact where the list of postcodes or a school has it, else the middle of the schools in its sector (LA9 4), else of those in
    its district (LA9).
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
    """The middles of the schools in the districts of the postcodes, the most precise first."""
    middle_of: dict[Precision, _Middles] = {"exact": _Middles(), "sector": _Middles(), "district": _Middles()}
    districts = {_part(postcode, "district") for postcode in postcodes}
    if not districts:
        return middle_of
    schools = School.objects.exclude(Q(easting=None) | Q(northing=None)).order_by()
    if len(districts) <= FEW_DISTRICTS:
        schools = schools.filter(reduce(or_, (Q(postcode__startswith=district) for district in districts)))
    for postcode, easting, northing in schools.values_list("postcode", "easting", "northing"):
        for precision, middles in middle_of.items():
            middles.add(_part(postcode, precision), (easting or 0, northing or 0))
    return middle_of


class _Middles:
    """The middle of the places that share a name."""

    def __init__(self) -> None:
        self._sums: dict[str, tuple[int, int, int]] = {}

    def add(self, name: str, place: GridPlace) -> None:
        east, north, number = self._sums.get(name, (0, 0, 0))
        self._sums[name] = east + place[0], north + place[1], number + 1

    def of(self, name: str) -> GridPlace | None:
        east, north, number = self._sums.get(name, (0, 0, 0))
        return (round(east / number), round(north / number)) if number else None


def _part(postcode: str, precision: Precision) -> str:
    """What of it is that precise; of a district the space too, so that LA1 is not taken for LA10."""
    return {"exact": postcode, "sector": postcode[:-2], "district": postcode[:-3]}[precision]
