"""The list of schools that are due: reads the facts of all schools at once; planning.cycle judges each of them (rule 25)."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property, partial
from typing import NamedTuple

from django.db.models import Case, DateField, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable

from schools.charity.queries import current
from schools.core.batched_queries import Given, GivenIds
from schools.core.ids import Ids
from schools.core.periods import AcademicYear
from schools.core.prepared import Prepared
from schools.core.snapshot import once
from schools.core.year_groups import YEAR_GROUPS, year_groups_of_ages
from schools.directory.models import Area, AreaAuthority, School, SchoolQuerySet
from schools.directory.models.areas import holds_on
from schools.directory.queries import expected_pupils_of
from schools.planning.cycle import Priority, Record, Standing, standing
from schools.planning.queries.booked import booked_or_asked
from schools.planning.queries.choosing import choosing_until
from schools.planning.queries.due_facts import answers_of, days_hosted, days_seated, days_spoken
from schools.planning.queries.neighbours import Neighbours
from schools.programme.models import SessionType
from schools.visits.models import (
    WERE_THERE,
    Headcount,
    Session,
    SessionStage,
    Visit,
    VisitStage,
)


@dataclass(frozen=True)
class DueSchool:
    """A school with all that decides whether to ask it now."""

    school_id: int
    name: str
    standing: Standing
    last_visit: date | None
    """The last day of a delivered session of the chain, as host or guest, that counts for the cycle; None: never."""
    area: Area | None
    """The area that holds its authority on the day; None: no area does."""
    booked_for: date | None
    """The next day on which a session is booked with it; None: nothing is booked."""
    awaiting_outcome_of: date | None
    """The last day on which a session began of which nobody has said yet what became of it; None: nothing is awaited."""
    requested_for: date | None
    """A day in the first month that the school asked for; None: it named no month."""
    is_requested: bool
    """Whether the school asked for a visit that is not planned yet."""
    offered_until: date | None
    """The last day on which it can choose one of the dates that were offered for a new visit; None: nothing is to be chosen."""
    last_spoken: date | None
    """The day of the last conversation with it, under any of its register numbers; None: never."""
    last_tried: date | None
    """The same, a call that nobody answered included."""
    fifth: int | None
    """Of deprivation, in its nation: 1 is the most deprived; None: not known."""
    homes_near: Callable[[], int | None] = field(repr=False, compare=False)
    """A function that counts the volunteers near; it is called only when needed, because it is slow."""

    @cached_property
    def volunteers_near(self) -> int | None:
        """The number of active volunteers of its area who live near; None where the school's place is not known."""
        return self.homes_near()

    @property
    def to_ask_now(self) -> bool:
        """Whether it is due, nothing is booked, awaited, requested or offered, and it did not ask to be left alone for now."""
        is_due = self.standing.priority != Priority.NOT_YET
        return is_due and not self.is_booked_or_asked and self.standing.waits_until is None

    @property
    def is_booked_or_asked(self) -> bool:
        """Whether something is booked, its outcome is awaited, or a visit is requested or offered."""
        is_booked = self.booked_for is not None or self.awaiting_outcome_of is not None
        return is_booked or self.is_requested or self.offered_until is not None


# Longer than 40 lines: two statements that only put the facts read above into a Record and a DueSchool.
def due(schools: QuerySet[School], *, on: date) -> list[DueSchool]:
    """Return each of the schools with its state on the day, in the given order; constant queries for any number of schools.

    The caller chooses the schools, for example `School.objects.bookable().for_user(user, on=on)`. Schools that are not due are
    returned too.
    """
    rows = [_Row._make(values) for values in schools.values_list(*_Row._fields)]
    family = _Family.of(rows)
    year = AcademicYear.of(on).start
    besides = _besides_cycle()
    hosted = days_hosted(family.ids, on=on, besides=besides)
    seated, reached = days_seated(family.ids, on=on, besides=besides)
    answered, spoken, until = answers_of(family.ids), days_spoken(family.ids), choosing_until(family.ids, on=on)
    pupils = expected_pupils_of({row.pk: (row.pupils, row.low_age, row.high_age) for row in rows}, academic_year=year)
    areas, usual_cycle = _areas(rows, on=on), current().cycle_years
    near = Neighbours.of(areas.values())
    due_schools = []
    for row in rows:
        chain, area = family.chain_of(row), areas.get(row.authority_id)
        visits = [facts[pk] for facts in (hosted, seated) for pk in chain if pk in facts]
        answers = [answered[pk] for pk in chain if pk in answered]
        last_visit = _latest([visit.last for visit in visits])
        record = Record(
            year_groups=year_groups_of_ages(row.low_age, row.high_age),
            last_visit=last_visit,
            reached=[(year, group) for pk in family.lineage_of(row) for group in _groups_in(reached.get(pk, 0))],
            pupils=pupils[row.pk],
            cycle_years=area.cycle_years if area else usual_cycle,
            # What it said under another of its numbers holds until it says something under this one.
            ask_again_on=row.ask_again_on or _latest([family.waits.get(pk) for pk in chain]),
            declined_on=_latest([answer.declined_on for answer in answers]),
        )
        due_schools.append(
            DueSchool(
                school_id=row.pk,
                name=row.name,
                standing=standing(record, on=on),
                last_visit=last_visit,
                area=area,
                booked_for=_earliest([visit.next for visit in visits]),
                awaiting_outcome_of=_latest([visit.awaited for visit in visits]),
                requested_for=_earliest([answer.month for answer in answers]),
                is_requested=any(answer.requests for answer in answers),
                offered_until=_latest([until.get(pk) for pk in chain]),
                last_spoken=_latest([spoken[pk][0] for pk in chain if pk in spoken]),
                last_tried=_latest([spoken[pk][1] for pk in chain if pk in spoken]),
                fifth=row.fifth,
                homes_near=partial(near.count, (row.easting, row.northing), area),
            )
        )
    return due_schools


class _Row(NamedTuple):
    """The columns that are read of a school; building hundreds of models would take longer than all the rest."""

    pk: int
    name: str
    authority_id: int | None
    chain: int | None
    lineage: int | None
    low_age: int | None
    high_age: int | None
    pupils: int | None
    easting: int | None
    northing: int | None
    ask_again_on: date | None
    fifth: int | None


def _latest(days: Iterable[date | None]) -> date | None:
    known = [day for day in days if day is not None]
    return max(known) if known else None


def _earliest(days: Iterable[date | None]) -> date | None:
    known = [day for day in days if day is not None]
    return min(known) if known else None


@dataclass(frozen=True)
class _Family:
    """The ids of the schools in each chain and lineage; `ids`: of all schools that are read."""

    chains: dict[int | None, list[int]]
    lineages: dict[int | None, list[int]]
    waits: dict[int, date | None]
    """Until when each school of a lineage asked to be left alone, by its id; None: it named no day."""
    ids: Ids

    @classmethod
    def of(cls, schools: Collection[_Row]) -> "_Family":
        """Look up the chains and lineages of the schools; most schools have none."""
        chains: defaultdict[int | None, list[int]] = defaultdict(list)
        lineages: defaultdict[int | None, list[int]] = defaultdict(list)
        ids = {school.pk for school in schools}
        wanted = {school.lineage for school in schools if school.lineage is not None}
        # A school with a chain has a lineage too, because each link of a chain is also a link of a lineage.
        kin = School.objects.filter(lineage__in=wanted).order_by()
        waits: dict[int, date | None] = {}
        for pk, chain, lineage, day in kin.values_list("pk", "chain", "lineage", "ask_again_on"):
            waits[pk] = day
            lineages[lineage].append(pk)
            if chain is not None:
                chains[chain].append(pk)
            ids.add(pk)
        return cls(chains, lineages, waits, Ids(sorted(ids)))

    def chain_of(self, school: _Row) -> Collection[int]:
        return (school.pk,) if school.chain is None else self.chains[school.chain]

    def lineage_of(self, school: _Row) -> Collection[int]:
        return (school.pk,) if school.lineage is None else self.lineages[school.lineage]


@once
def _besides_cycle() -> list[int]:
    """Return the ids of the session types that do not count for the cycle.

    Callers exclude these types; selecting the others would make SQLite, without statistics, use the index of the types, which is
    the slowest.
    """
    return list(SessionType.objects.besides_cycle().values_list("pk", flat=True))


@cache
def _groups_in(bits: int) -> tuple[int, ...]:
    """Return the year groups whose bit is set."""
    return tuple(group for group in YEAR_GROUPS if bits >> group & 1)


_HOLDINGS = Prepared(
    lambda: (
        AreaAuthority.objects.filter(holds_on(Given("on", DateField())), authority__in=GivenIds("authorities"))
        .order_by()
        .values_list("authority_id", "area_id")
    )
)


def _areas(schools: Iterable[_Row], *, on: date) -> dict[int | None, Area]:
    """Return the area of each of the schools' authorities on the day.

    Two queries, so that each area is read once although it holds several authorities.
    """
    authorities = {school.authority_id for school in schools if school.authority_id is not None}
    area_of: dict[int | None, int] = dict(_HOLDINGS.run(on=on, authorities=authorities)) if authorities else {}
    areas = Area.objects.only("name", "cycle_years").in_bulk(set(area_of.values()))
    return {authority: areas[area] for authority, area in area_of.items()}


def of_priority(schools: SchoolQuerySet, priority: Priority, *, on: date) -> SchoolQuerySet:
    """Return the schools of the priority, filtered by the database because they may be too many to read.

    The result agrees with planning.cycle.standing.
    """
    if priority == Priority.NEVER:
        return schools.filter(~_visited())
    schools = schools.annotate(first_of_cycle=_first_of_cycle(on), due_year=F("first_of_cycle") - 1)
    if priority == Priority.NOT_YET:
        return schools.filter(_visited(since="first_of_cycle"))
    not_in_cycle = schools.filter(~_visited(since="first_of_cycle"))
    if priority == Priority.DUE:
        return not_in_cycle.filter(_visited(since="due_year"))
    return not_in_cycle.filter(~_visited(since="due_year")).filter(_visited())


def _first_of_cycle(on: date) -> Combinable:
    """Return an expression for the first academic year of the school's cycle that ends with the day's year."""
    this_year, usual = AcademicYear.of(on).start, current().cycle_years
    # Few areas have a cycle of their own, so their authorities are listed; a subquery would look up each school's area.
    authorities = defaultdict(list)
    others = AreaAuthority.objects.filter(holds_on(on)).exclude(area__cycle_years=usual).order_by()
    for authority, years in others.values_list("authority", "area__cycle_years"):
        authorities[years].append(authority)
    return Case(
        *(When(authority__in=named, then=Value(this_year + 1 - years)) for years, named in authorities.items()),
        default=Value(this_year + 1 - usual),
        output_field=IntegerField(),
    )


def _visited(*, since: str = "") -> Q:
    """Return the condition that the chain had a session, as host or guest, that counts for the cycle.

    `since`: the name of an annotation with the first academic year that counts; blank: any year.
    """
    besides = _besides_cycle()
    hosted = Session.objects.delivered().exclude(type__in=besides)
    seated = Headcount.objects.filter(WERE_THERE, session__stage=SessionStage.DELIVERED).exclude(session__type__in=besides)
    if since:
        hosted = hosted.filter(academic_year__gte=OuterRef(since))
        seated = seated.filter(session__academic_year__gte=OuterRef(since))
    # One subquery for each key: with OR inside one subquery, no database would use an index.
    return (
        Q(Exists(hosted.filter(visit__school=OuterRef("pk"))))
        | Q(Exists(seated.filter(school=OuterRef("pk"))))
        | Q(Exists(hosted.filter(visit__school__chain=OuterRef("chain"))))
        | Q(Exists(seated.filter(school__chain=OuterRef("chain"))))
    )


def to_ask_now(schools: SchoolQuerySet, *, on: date) -> SchoolQuerySet:
    """Return the schools for which DueSchool.to_ask_now is true, filtered by the database."""
    schools = schools.annotate(first_of_cycle=_first_of_cycle(on))
    return schools.filter(~_waits(on), ~_visited(since="first_of_cycle"), ~booked_or_asked(on))


def waiting(schools: SchoolQuerySet, *, on: date) -> SchoolQuerySet:
    """Return the schools that asked or declined in such a way that they must not be asked on the day."""
    return schools.filter(_waits(on))


def _waits(on: date) -> Q:
    declined = Visit.objects.filter(stage=VisitStage.DECLINED, declined_on__gte=AcademicYear.of(on).first_day)
    lately = Q(Exists(declined.filter(school=OuterRef("pk")))) | Q(Exists(declined.filter(school__chain=OuterRef("chain"))))
    # Few named a day under any number: they are read from an index, and their chains are compared with each school's.
    named = School.objects.filter(ask_again_on__isnull=False, chain__isnull=False).order_by()
    earlier, later = (Q(chain__in=some.values("chain")) for some in (named, named.filter(ask_again_on__gt=on)))
    return Q(ask_again_on__gt=on) | Q(later | Q(lately & ~earlier), ask_again_on=None)


def booked(schools: SchoolQuerySet, *, on: date) -> SchoolQuerySet:
    """Return the schools for which DueSchool.is_booked_or_asked is true, filtered by the database."""
    return schools.filter(booked_or_asked(on))
