"""Which figures an import of a register, or of rolls, would move: said in its preview, by the schools that it changes.

It is worked out from what the preview keeps, with a few statements however long the register is; the figures themselves are not
counted again. So it names every place whose figures may move, also where they happen to come out the same.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Q, QuerySet

from schools.core.ids import Ids
from schools.core.periods import AcademicYear
from schools.directory.models import AreaAuthority, ChangeKind, ChangeState, ImportChange, ImportRun, School
from schools.directory.registers import REGISTERS
from schools.reach.models import Return
from schools.visits.models import Headcount, SessionStage

STANDING = ("opened", "closed", "status", "sector", "low_age", "high_age", "authority", "pupils")
"""Facts by which schools stand in an area, and by which their rolls are estimated."""


def what_import_would_move(run: ImportRun) -> list[str]:
    """Return sentences that say of which periods, and in how many areas, figures may move, and which of these are closed."""
    planned = ImportChange.objects.filter(run=run, state=ChangeState.PLANNED).order_by()
    standing = _areas_of_standing(planned)
    rolls = {} if run.roll_year is None else dict.fromkeys(_areas_of_rolls(planned) - standing, run.roll_year)
    return [*_pupils(run, planned), *_of_areas(standing), *_of_rolls(rolls)]


def _pupils(run: ImportRun, planned: QuerySet[ImportChange]) -> list[str]:
    """Return a sentence for each school year in which pupils were counted whose chain, lineage or cap changes."""
    source = REGISTERS[run.register]
    links = planned.filter(kind=ChangeKind.LINKED)
    before = School.objects.filter(nation=source.nation, register_id__in=links.values("other_id")).order_by()
    linked = Q(school__in=links.exclude(school=None).values("school")) | Q(school__in=before.values("pk"))
    counted = Headcount.objects.filter(session__stage=SessionStage.DELIVERED, pupils__gt=0).order_by()
    rows: Any = counted.filter(linked).values_list("session__academic_year", "area").distinct()
    places = set(rows) if links.exists() else set()
    rolls = planned.filter(kind=ChangeKind.ROLLS)
    if run.roll_year is not None and rolls.exists():
        places |= _counted_in(run.roll_year, rolls.exclude(school=None).values("school"))
    return _of_years(places)


def what_rolls_would_move(run: ImportRun) -> list[str]:
    """Return the same of a list of rolls: of the years in which its schools had sessions, and of the areas that hold them."""
    schools: defaultdict[tuple[int, str], set[str]] = defaultdict(set)
    planned = ImportChange.objects.filter(run=run, state=ChangeState.PLANNED).order_by()
    for key in planned.values_list("known_by", flat=True).iterator():
        nation, number, academic_year, _ = key.split(":")
        schools[int(academic_year), nation].add(number)
    places: set[tuple[int, int | None]] = set()
    earliest: dict[int, int] = {}
    for (year, nation), numbers in schools.items():
        rows = School.objects.filter(nation=nation).order_by().values_list("register_id", "pk")
        changed = Ids(pk for number, pk in rows if number in numbers)
        places |= _counted_in(year, changed)
        earliest |= {area: min(year, earliest.get(area, year)) for area in _holding(changed)}
    return [*_of_years(places), *_of_rolls(earliest)]


def areas_of_schools(schools: Collection[School]) -> set[int]:
    """Return the areas in which the schools, or any school of their lineages, were counted, and those that hold them."""
    lineages = [school.lineage for school in schools if school.lineage]
    alike = School.objects.filter(Q(pk__in=[school.pk for school in schools]) | Q(lineage__in=lineages)).order_by()
    counted = Headcount.objects.filter(school__in=alike.values("pk"), area__isnull=False).order_by()
    holding = AreaAuthority.objects.filter(authority__in=alike.values("authority")).order_by()
    return {*counted.values_list("area", flat=True).distinct(), *holding.values_list("area", flat=True)}


def _counted_in(year: int, schools: Any) -> set[tuple[int, int | None]]:
    """Return the year with each area in which pupils of the schools were counted in it."""
    counted = Headcount.objects.filter(session__stage=SessionStage.DELIVERED, pupils__gt=0, session__academic_year=year)
    return set(counted.filter(school__in=schools).order_by().values_list("session__academic_year", "area").distinct())


def _of_years(places: Collection[tuple[int, int | None]]) -> list[str]:
    years: defaultdict[int, set[int | None]] = defaultdict(set)
    for year, area in places:
        years[year].add(area)
    return [_of_year(AcademicYear(year), areas) for year, areas in sorted(years.items())]


def _of_year(year: AcademicYear, areas: set[int | None]) -> str:
    closed = Return.objects.closed().filter(area__in=[area for area in areas if area], last_day__gte=year.first_day)
    names = sorted(set(closed.filter(first_day__lte=year.last_day).values_list("area_name", flat=True)))
    beside = f", {len(names)} of them closed: {_few(names)}" if names else ""
    return f"Pupils reached of {year} may move in {_many(len(areas), 'area')}{beside}."


def _of_areas(areas: Collection[int]) -> list[str]:
    """Return the sentence of areas in which schools would stand otherwise; of any period, because that has no year."""
    return _sentence("Schools in area, rolls and coverage", areas, Q(area__in=areas))


def _of_rolls(earliest: Mapping[int, int]) -> list[str]:
    """Return the sentence of areas that rolls alone move; `earliest` is the first year of which an area gets any.

    A figure reads the rolls up to its period's last academic year, so returns that ended before that year stay as they are.
    """
    reached = Q()
    for year in set(earliest.values()):
        areas = [area for area, first in earliest.items() if first == year]
        reached |= Q(area__in=areas, last_day__gte=AcademicYear(year).first_day)
    return _sentence("Rolls and coverage", earliest, reached)


def _sentence(figures: str, areas: Collection[int], reached: Q) -> list[str]:
    """Return in how many areas the figures may move, and the closed returns that are `reached`; nothing where no area is."""
    if not areas:
        return []
    closed = Return.objects.closed().filter(reached).order_by("last_day", "area_name")
    names = [f"{name} {period}" for name, period in closed.values_list("area_name", "period")]
    beside = f", among them {_few(names)}, which {'is' if len(names) == 1 else 'are'} closed" if names else ""
    return [f"{figures} may move in {_many(len(areas), 'area')}{beside}."]


def _areas_of_standing(planned: QuerySet[ImportChange]) -> set[int]:
    """Return the areas of the schools that would stand elsewhere or otherwise."""
    moving = Q()
    for name in STANDING:
        moving |= Q(fields__has_key=name)
    return _holding(planned.filter(moving, kind=ChangeKind.UPDATED).exclude(school=None).values("school"))


def _areas_of_rolls(planned: QuerySet[ImportChange]) -> set[int]:
    """Return the areas of the schools whose year groups would have other numbers."""
    return _holding(planned.filter(kind=ChangeKind.ROLLS).exclude(school=None).values("school"))


def _holding(schools: Any) -> set[int]:
    """Return the areas that hold the authorities of the schools."""
    authorities = School.objects.filter(pk__in=schools).order_by().values("authority").distinct()
    return set(AreaAuthority.objects.filter(authority__in=authorities).order_by().values_list("area", flat=True))


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _few(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")  # five are read
