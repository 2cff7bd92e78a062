"""Which schools are due: what is known of each is read at once, and the rule of planning.cycle judges it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, F, IntegerField, Max, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from schools.core.periods import AcademicYear
from schools.directory.models import Area, AreaAuthority, School, SchoolQuerySet
from schools.directory.models.areas import holds_on
from schools.directory.queries import expected_pupils_of
from schools.planning.cycle import Class, Priority, Record, Standing, standing
from schools.programme.models import SessionType
from schools.visits.models import ContactLog, Headcount, Session, SessionStage, Visit, VisitStage
from schools.volunteers.models import Volunteer

CYCLE_YEARS = Area._meta.get_field("cycle_years").default
"""Of a school that lies in no area."""

NEAR_KM = 20
"""A volunteer is near a school that lies no further away, nor further than they go."""

STANDING_STAGES = (VisitStage.REQUESTED, VisitStage.PLANNED, VisitStage.CONFIRMED)


@dataclass(frozen=True)
class DueSchool:
    """A school with everything that decides whether to ask it now, and whom it would be for."""

    school: School
    standing: Standing
    last_visit: date | None
    """The last day of a delivered session that counts for the cycle, of the whole chain, as host or as guest."""
    area: Area | None
    """The area that holds its authority on the day."""
    booked_for: date | None
    """The next day on which a session is booked with it; None: none is."""
    requested_for: date | None
    """A day of the month that the school asked for."""
    is_requested: bool
    """Whether the school asked for a visit that nobody planned yet."""
    last_spoken: date | None
    """The day of the last conversation with it, under any of its register numbers."""
    volunteers_near: int | None
    """Active volunteers of its area who live near; None where the school's place is not known."""

    @property
    def to_ask_now(self) -> bool:
        """Whether it is due, nothing is booked or asked for, and it did not ask to be left for now."""
        is_due = self.standing.priority != Priority.NOT_YET
        return is_due and not self.booked_for and not self.is_requested and self.standing.waits_until is None


def due(schools: QuerySet[School], *, on: date) -> list[DueSchool]:
    """Each of the schools as it stands on the day, in their order; constant queries, however many there are.

    The caller narrows the schools down, as `School.objects.bookable().for_user(user, on=on)`; all of them come back, those not
    due too.
    """
    rows = list(schools)
    family = _Family.of(rows)
    visits, classes = _delivered(family)
    pupils = expected_pupils_of(rows, academic_year=AcademicYear.of(on).start)
    areas = _areas(rows, on=on)
    days_booked = _days_booked(family, on=on)
    requested, declined = _asked(family)
    spoken = _last_spoken(family)
    near = _Neighbours.of(areas.values())
    found = []
    for school in rows:
        chain, area = family.chain_of(school), areas.get(school.authority_id)
        last_visit = max((visits[pk] for pk in chain if pk in visits), default=None)
        record = Record(
            year_groups=school.year_groups,
            last_visit=last_visit,
            reached=[one for pk in family.lineage_of(school) for one in classes[pk]],
            pupils=pupils[school.pk],
            cycle_years=area.cycle_years if area else CYCLE_YEARS,
            ask_again_on=school.ask_again_on,
            declined_on=max((declined[pk] for pk in chain if pk in declined), default=None),
        )
        asked = [month for pk in chain for month in requested[pk]]
        found.append(
            DueSchool(
                school=school,
                standing=standing(record, on=on),
                last_visit=last_visit,
                area=area,
                booked_for=min((days_booked[pk] for pk in chain if pk in days_booked), default=None),
                requested_for=min((month for month in asked if month), default=None),
                is_requested=bool(asked),
                last_spoken=max((spoken[pk] for pk in chain if pk in spoken), default=None),
                volunteers_near=near.count(school, area),
            )
        )
    return found


@dataclass(frozen=True)
class _Family:
    """Ids of the schools that belong to each asked-for school's chain and lineage."""

    chains: dict[int | None, list[int]]
    lineages: dict[int | None, list[int]]
    ids: list[int]

    @classmethod
    def of(cls, schools: Collection[School]) -> "_Family":
        """Look the relatives up; most schools have none."""
        chains: defaultdict[int | None, list[int]] = defaultdict(list)
        lineages: defaultdict[int | None, list[int]] = defaultdict(list)
        ids = {school.pk for school in schools}
        wanted = {school.lineage for school in schools if school.lineage is not None}
        # Whoever has a chain has a lineage: each link that joins the one joins the other.
        for pk, chain, lineage in School.objects.filter(lineage__in=wanted).order_by().values_list("pk", "chain", "lineage"):
            lineages[lineage].append(pk)
            if chain is not None:
                chains[chain].append(pk)
            ids.add(pk)
        return cls(chains, lineages, sorted(ids))

    def chain_of(self, school: School) -> list[int]:
        return [school.pk] if school.chain is None else self.chains[school.chain]

    def lineage_of(self, school: School) -> list[int]:
        return [school.pk] if school.lineage is None else self.lineages[school.lineage]


def _besides_cycle() -> list[int]:
    """Ids of the session types that do not count for the cycle.

    They are excluded rather than the others looked for: without statistics SQLite would take the index of the types, the worst.
    """
    return list(SessionType.objects.filter(counts_for_cycle=False).values_list("pk", flat=True))


def _delivered(family: _Family) -> tuple[dict[int, date], defaultdict[int, list[Class]]]:
    """Of each school the last day of its delivered sessions, and the classes that were in one; a guest's class is the guest's."""
    besides = _besides_cycle()
    last: dict[int, date] = dict(
        Session.objects.delivered()
        .filter(visit__school__in=family.ids)
        .exclude(type__in=besides)
        .order_by()
        .values_list("visit__school")
        .annotate(Max("day"))
    )
    classes: defaultdict[int, list[Class]] = defaultdict(list)
    rows = (
        Headcount.objects.filter(school__in=family.ids, session__stage=SessionStage.DELIVERED)
        .exclude(session__type__in=besides)
        .order_by()
        .values_list("school_id", "session__academic_year", "year_group")
        # Nought children were counted: nobody of the class was there. Not counted is not nought.
        .annotate(day=Max("session__day"), there=Max(Coalesce("pupils", 1)))
    )
    for school_id, year, group, day, there in rows:
        last[school_id] = max(last.get(school_id, day), day)
        if there:
            classes[school_id].append((year, group))
    return last, classes


def _areas(schools: Iterable[School], *, on: date) -> dict[int | None, Area]:
    """The area of each of the schools' authorities on the day."""
    authorities = {school.authority_id for school in schools if school.authority_id is not None}
    holdings = AreaAuthority.objects.filter(holds_on(on), authority__in=authorities).select_related("area")
    return {holding.authority_id: holding.area for holding in holdings}


def _days_booked(family: _Family, *, on: date) -> dict[int, date]:
    """The next day on which each school has a session, as host or as guest."""
    to_come = Session.objects.scheduled().filter(day__gte=on, visit__stage__in=STANDING_STAGES).order_by()
    days: dict[int, date] = dict(
        to_come.filter(visit__school__in=family.ids).values_list("visit__school").annotate(Min("day")),
    )
    guests = Headcount.objects.filter(
        school__in=family.ids,
        session__stage=SessionStage.SCHEDULED,
        session__day__gte=on,
        session__visit__stage__in=STANDING_STAGES,
    ).exclude(session__visit__school=F("school"))
    for school_id, day in guests.order_by().values_list("school").annotate(Min("session__day")):
        days[school_id] = min(days.get(school_id, day), day)
    return days


def _asked(family: _Family) -> tuple[defaultdict[int, list[date | None]], dict[int, date]]:
    """Of each school the months that it asked for and nobody planned yet, and the last day on which it said no."""
    requested: defaultdict[int, list[date | None]] = defaultdict(list)
    declined: dict[int, date] = {}
    visits = Visit.objects.filter(school__in=family.ids, stage__in=(VisitStage.REQUESTED, VisitStage.DECLINED)).order_by()
    for school_id, stage, month, day in visits.values_list("school_id", "stage", "preferred_month", "declined_on"):
        if stage == VisitStage.REQUESTED:
            requested[school_id].append(month)
        elif day is not None:
            declined[school_id] = max(declined.get(school_id, day), day)
    return requested, declined


def _last_spoken(family: _Family) -> dict[int, date]:
    logs = ContactLog.objects.filter(school__in=family.ids).order_by().values_list("school")
    return dict(logs.annotate(Max("day")))


@dataclass(frozen=True)
class _Neighbours:
    """Where the active volunteers of each area live, and how far they go."""

    homes: defaultdict[int, list[tuple[int, int, int]]]
    """Easting, northing and the square of the metres that they go, by area."""

    @classmethod
    def of(cls, areas: Iterable[Area]) -> "_Neighbours":
        homes: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
        members = Volunteer.areas.through.objects.filter(
            area__in={area.pk for area in areas},
            volunteer__status=Volunteer.Status.ACTIVE,
        ).values_list("area_id", "volunteer__easting", "volunteer__northing", "volunteer__furthest_km")
        for area_id, easting, northing, furthest in members:
            metres = 1000 * (NEAR_KM if furthest is None else min(NEAR_KM, furthest))
            if easting is not None and northing is not None:
                homes[area_id].append((easting, northing, metres * metres))
        return cls(homes)

    def count(self, school: School, area: Area | None) -> int | None:
        east, north = school.easting, school.northing
        if east is None or north is None:
            return None
        # Squares, because every school of an area is compared with everybody in it.
        homes = self.homes.get(area.pk, ()) if area else ()
        return sum((east - x) ** 2 + (north - y) ** 2 <= most for x, y, most in homes)


def of_priority(schools: SchoolQuerySet, priority: Priority, *, on: date) -> SchoolQuerySet:
    """The schools of the priority, found by the database: for more of them than a page should read (the same as `standing`)."""
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
    """The first academic year of a school's cycle that ends with the day's year."""
    holding = AreaAuthority.objects.filter(holds_on(on), authority=OuterRef("authority"))
    cycle_years = Coalesce(Subquery(holding.order_by().values("area__cycle_years")[:1]), CYCLE_YEARS)
    return Value(AcademicYear.of(on).start + 1, output_field=IntegerField()) - cycle_years


def _visited(*, since: str = "") -> Q:
    """Whether the chain had a session that counts for the cycle, as host or as guest, in the academic year `since` or later."""
    besides = _besides_cycle()
    hosted = Session.objects.delivered().exclude(type__in=besides)
    seated = Headcount.objects.filter(session__stage=SessionStage.DELIVERED).exclude(session__type__in=besides)
    if since:
        hosted = hosted.filter(academic_year__gte=OuterRef(since))
        seated = seated.filter(session__academic_year__gte=OuterRef(since))
    # One look-up by each key: joined by OR inside one subquery, no database would use an index.
    return (
        Q(Exists(hosted.filter(visit__school=OuterRef("pk"))))
        | Q(Exists(seated.filter(school=OuterRef("pk"))))
        | Q(Exists(hosted.filter(visit__school__chain=OuterRef("chain"))))
        | Q(Exists(seated.filter(school__chain=OuterRef("chain"))))
    )


def to_ask_now(schools: SchoolQuerySet, *, on: date) -> SchoolQuerySet:
    """The schools of which DueSchool.to_ask_now is true, found by the database."""
    schools = schools.annotate(first_of_cycle=_first_of_cycle(on))
    return schools.filter(~_waits(on), ~_visited(since="first_of_cycle"), ~_booked_or_asked(on))


def waiting(schools: SchoolQuerySet, *, on: date) -> SchoolQuerySet:
    """The schools that are not to be asked on the day because they said so."""
    return schools.filter(_waits(on))


def _waits(on: date) -> Q:
    declined = Visit.objects.filter(stage=VisitStage.DECLINED, declined_on__gte=AcademicYear.of(on).first_day)
    lately = Q(Exists(declined.filter(school=OuterRef("pk")))) | Q(Exists(declined.filter(school__chain=OuterRef("chain"))))
    return Q(ask_again_on__gt=on) | Q(lately, ask_again_on=None)


def booked(schools: SchoolQuerySet, *, on: date) -> SchoolQuerySet:
    """The schools with which something is booked or that asked for a visit."""
    return schools.filter(_booked_or_asked(on))


def _booked_or_asked(on: date) -> Q:
    to_come = Session.objects.scheduled().filter(day__gte=on, visit__stage__in=STANDING_STAGES)
    seated = Headcount.objects.filter(session__stage=SessionStage.SCHEDULED, session__day__gte=on)
    seated = seated.filter(session__visit__stage__in=STANDING_STAGES)
    asked = Visit.objects.filter(stage=VisitStage.REQUESTED)
    return (
        Q(Exists(to_come.filter(visit__school=OuterRef("pk"))))
        | Q(Exists(to_come.filter(visit__school__chain=OuterRef("chain"))))
        | Q(Exists(seated.filter(school=OuterRef("pk"))))
        | Q(Exists(seated.filter(school__chain=OuterRef("chain"))))
        | Q(Exists(asked.filter(school=OuterRef("pk"))))
        | Q(Exists(asked.filter(school__chain=OuterRef("chain"))))
    )
