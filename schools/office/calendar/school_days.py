"""The days of a week on which schools of an area are closed: bank holidays, and what lies in no term."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from schools.core.bank_holidays import bank_holiday
from schools.core.periods import AcademicYear
from schools.core.words import joined, long_day
from schools.directory.models import Area, AreaAuthority, Term
from schools.directory.models.areas import holds_on
from schools.directory.terms import is_outside

MOST_NAMED = 2
"""The most authorities on holiday that are named, and the most terms; more are counted, or left out."""


@dataclass(frozen=True)
class Held:
    """An authority that an area holds."""

    pk: int
    name: str


def holdings(areas: Sequence[Area], *, on: date) -> dict[int, list[Held]]:
    """Return the authorities that each of the areas holds on the day, by the area's id; one query."""
    held: defaultdict[int, list[Held]] = defaultdict(list)
    rows = AreaAuthority.objects.filter(holds_on(on), area__in=[area.pk for area in areas])
    for area, pk, name in rows.order_by("authority__name", "authority").values_list("area", "authority", "authority__name"):
        held[area].append(Held(pk, name))
    return held


@dataclass(frozen=True)
class Closed:
    """Why schools of an area are closed on a day."""

    why: str
    is_everywhere: bool
    """Whether all of the area are, and not those of some of its authorities alone."""


class SchoolDays:
    """The terms around some days, and what they say of an area; one query for all areas."""

    def __init__(self, areas: Sequence[Area], held: dict[int, list[Held]], days: Sequence[date]) -> None:
        """Read the terms; each area's region is read already, and there is at least one day."""
        self.held, self.days = held, days
        years = (AcademicYear.of(days[0]).first_day, AcademicYear.of(days[-1]).last_day)
        theirs = {each.pk for area in areas for each in held.get(area.pk, [])}
        rows = Term.objects.around(years).filter(Q(authority=None) | Q(authority__in=theirs))
        rows = rows.filter(nation__in={area.region.nation for area in areas})
        self._terms: defaultdict[tuple[str, int | None], list[Term]] = defaultdict(list)
        for term in rows.order_by("first_day", "pk"):
            self._terms[term.nation, term.authority_id].append(term)

    def closed(self, area: Area, day: date) -> Closed | None:
        """Return why schools of the area are closed on the day, or those of some of its authorities; None: they are open.

        Where no terms are known, only bank holidays are.
        """
        nation, held = area.region.nation, self.held.get(area.pk, [])
        if holiday := bank_holiday(nation, day):
            return Closed(f"Bank holiday: {holiday}", is_everywhere=True)
        national = self._terms[nation, None]
        outside = [each.name for each in held if is_outside(day, self._terms[nation, each.pk], national)]
        if len(outside) == len(held):
            is_holiday = bool(held) or is_outside(day, [], national)
            return Closed("School holiday", is_everywhere=True) if is_holiday else None
        if not outside:
            return None
        where = joined(outside) if len(outside) <= MOST_NAMED else f"{len(outside)} of {len(held)} authorities"
        return Closed(f"School holiday in {where}", is_everywhere=False)

    def terms(self, area: Area) -> str:
        """Return the area's terms in these days, in words, with the day on which one begins or ends; blank: none is known."""
        nation, held = area.region.nation, self.held.get(area.pk, [])
        own = [self._terms[nation, each.pk] for each in held]
        counting = [term for of_authority in own for term in of_authority]
        if not held or not all(own):
            counting = [*self._terms[nation, None], *counting]
        first, last = self.days[0], self.days[-1]
        names = [self._named(term) for term in counting if term.first_day <= last and term.last_day >= first]
        return "; ".join(list(dict.fromkeys(names))[:MOST_NAMED])

    def _named(self, term: Term) -> str:
        begins = f", from {long_day(term.first_day)}" if term.first_day in self.days else ""
        ends = f", until {long_day(term.last_day)}" if term.last_day in self.days else ""
        return f"{term.name}{begins}{ends}"
