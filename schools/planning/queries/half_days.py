"""The half-days of a term for one school, rated by who could go: read from the tables in a constant number of queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from schools.charity.queries import current
from schools.core.bank_holidays import bank_holiday
from schools.core.ids import Ids
from schools.core.nations import scheme_of
from schools.core.periods import AcademicYear, Period
from schools.directory.models import AreaAuthority, School, Term
from schools.directory.models.areas import holds_on
from schools.directory.terms import days_outside_terms
from schools.planning.half_days import Busy, Others, Person, Rated, Staff, Wanted, rate
from schools.planning.queries.new_days import NOTICE
from schools.programme.models import Channel, SessionType
from schools.visits.half_days import HalfDay
from schools.visits.models import ClosedPeriod, Cover, OfferedDates, Session, SessionStage, VisitStage, VisitTemplateLine
from schools.visits.queries.records import NOON, known_of
from schools.volunteers.models import Volunteer, VolunteerStatus

SCHOOL_DAYS = 5


@dataclass(frozen=True)
class Planned:
    """What is planned at the school: the template, the types that people have to be signed off for, and how many go."""

    template: int
    name: str
    types: frozenset[int]
    people: int


def planned_by_template(school: School) -> list[Planned]:
    """Return what each active template would ask of people on its first day at the school; without those that send nobody.

    One query. Lines for none of the school's year groups are left out, as when it is booked.
    """
    lines: defaultdict[tuple[str, int], list[SessionType]] = defaultdict(list)
    rows = VisitTemplateLine.objects.filter(template__active=True, type__active=True, days_later=0)
    for line in rows.select_related("template", "type").order_by("template__name", "template", "position", "pk"):
        kind = line.type
        fits = not kind.is_for_pupils or any(group in kind.year_groups for group in school.year_groups)
        if kind.channel == Channel.IN_PERSON and kind.presenters and fits:
            lines[line.template.name, line.template.pk].append(kind)
    return [
        Planned(pk, name, frozenset(kind.pk for kind in kinds if kind.needs_sign_off), max(kind.presenters for kind in kinds))
        for (name, pk), kinds in lines.items()
    ]


@dataclass(frozen=True)
class Around:
    """Where a school is, and when it is open."""

    area: int | None
    """The area that looks after it; None: none does."""
    half_days: list[HalfDay]


def around(school: School, period: Period, *, on: date) -> Around:
    """Return the school's area and the half-days of the period on which one could come, in one query.

    Those are weekdays in term, two weeks ahead or more, without bank holidays and what a signed-off return has closed.
    """
    first = max(period.first_day, on + NOTICE)
    last = min(period.last_day, school.closed or period.last_day)
    days = [day for number in range((last - first).days + 1) if (day := first + timedelta(days=number)).weekday() < SCHOOL_DAYS]
    area, terms, closed = _calendar(school, first, last, on=on)
    outside = set(days_outside_terms(school, days, terms))
    open_ones = [
        day
        for day in days
        if day not in outside
        and not bank_holiday(school.nation, day)
        and not any(begins <= day <= ends for begins, ends in closed)
    ]
    return Around(area, [HalfDay(day, is_afternoon) for day in open_ones for is_afternoon in (False, True)])


def _calendar(school: School, first: date, last: date, *, on: date) -> tuple[int | None, list[Term], list[tuple[date, date]]]:
    """Return the school's area, the terms of the academic years around the days, and what is closed there."""
    holding = AreaAuthority.objects.filter(holds_on(on), authority=school.authority_id).order_by()
    years = (AcademicYear.of(first).first_day, AcademicYear.of(max(first, last)).last_day)
    rows: QuerySet[Any, Any] = (
        Term.objects.around(years)
        .filter(nation=school.nation)
        .order_by()
        .annotate(kind=Value("term"), number=Coalesce("authority", Value(0)))
        .values_list("kind", "number", "first_day", "last_day")
    )
    closed = ClosedPeriod.objects.filter(area__in=holding.values("area"), first_day__lte=last, last_day__gte=first)
    areas = holding.annotate(kind=Value("area"), number=F("area"))
    rows = rows.union(
        closed.order_by().annotate(kind=Value("closed"), number=F("area")).values_list("kind", "number", "first_day", "last_day"),
        areas.values_list("kind", "number", "from_day", "to_day"),
        all=True,
    )
    area, terms, shut = None, list[Term](), list[tuple[date, date]]()
    for kind, number, begins, ends in rows.order_by():
        if kind == "area":
            area = number
        elif kind == "closed":
            shut.append((begins, ends))
        else:
            terms.append(Term(nation=school.nation, authority_id=number or None, first_day=begins, last_day=ends))
    return area, terms, shut


def wanted_at(school: School, area: int, types: Iterable[int], people: int) -> Wanted:
    """Return what a visit to the school asks of people."""
    return Wanted(school.chain or school.pk, school.place, scheme_of(school.nation), area, frozenset(types), people)


def rated_half_days(
    school: School,
    there: Around,
    types: Iterable[int],
    people: int,
    *,
    on: date,
    wishes: Collection[str] = (),
    but: int | None = None,
    offers: Iterable[OfferedDates] | None = None,
) -> list[Rated]:
    """Return the half-days rated for a visit that so many people with these sign-offs go to; none where no area has the school.

    `but`: dates whose hold does not count, by their id. `offers`: what `offers_beside` returned; None: it is read here.
    """
    if there.area is None or not there.half_days:
        return []
    people_by_id = _people_around(there.area)
    areas = {area for person in people_by_id.values() for area in person.areas} | {there.area}
    _fill_in(people_by_id, there.half_days)
    staff = Staff(people_by_id.values(), there.half_days, pace=current().pace)
    held = offers_beside(on=on) if offers is None else offers
    others = _others(areas, there.half_days, (row for row in held if row.pk != but), on=on)
    return rate(wanted_at(school, there.area, types, people), staff, others, wishes=wishes)


def areas_sharing_people(area: int) -> set[int]:
    """Return the area with every area that shares people with it, or with one of those, and so on."""
    return {each for person in _people_around(area).values() for each in person.areas} | {area}


def _people_around(area: int) -> dict[int, Person]:
    """Return the active people of the area, and of all areas that it shares people with, by id.

    Where somebody helps in two areas, a hold in the one takes them from the other, and that may take somebody from a third. One
    query where the area shares people with none, and one more for each step from area to area.
    """
    joins = Volunteer.areas.through.objects.filter(volunteer__status=VolunteerStatus.ACTIVE).order_by()
    columns = ("volunteer", "area", "volunteer__easting", "volunteer__northing", "volunteer__furthest_km")
    joined, reached = set[int](), {area}
    rows: list[Any] = []
    while joined != reached:
        joined = reached
        theirs = joins.filter(area__in=joined).values("volunteer")
        rows = list(joins.filter(volunteer__in=theirs).values_list(*columns))
        reached = joined | {each for _, each, *_place in rows}
    people: dict[int, Person] = {}
    for pk, each, easting, northing, furthest in rows:
        if pk not in people:
            people[pk] = Person(pk, (easting, northing), None if furthest is None else float(furthest))
        people[pk].areas.add(each)
    return people


def _fill_in(people: Mapping[int, Person], half_days: Sequence[HalfDay]) -> None:
    """Read what is known of the people, and where they are on the days; two queries."""
    for kind, pk, text, number, first, second, third in known_of(list(people)):
        _note(people[pk], kind, text, number, (first, second, third))
    said_yes = Cover.objects.holding().filter(
        volunteer__in=Ids(people), session__day__range=(half_days[0].day, half_days[-1].day)
    )
    columns = ("volunteer", "session__visit__school__easting", "session__visit__school__northing", "session__day",
               "session__starts", "session__ends")  # fmt: skip
    standing = said_yes.exclude(session__stage=SessionStage.CANCELLED).order_by()
    for pk, easting, northing, day, starts, ends in standing.values_list(*columns):
        people[pk].busy.append(Busy((easting, northing), day, starts, ends))


def _note(person: Person, kind: str, text: str, number: int, days: tuple[Any, Any, Any]) -> None:
    """Note one row of what is known of the person."""
    first, second, third = days
    match kind:
        case "clearance" if first and second:
            person.clear.append((text, first, min(second, third) if third else second))
        case "sign-off":
            person.signed_off[number] = first, second
        case "away":
            person.away.append((first, second))
        case "half day":
            person.usually.add(f"{number}-{text}")
        case "conflict":
            person.not_at.add(number)


def offers_beside(*, on: date, school: School | None = None) -> list[OfferedDates]:
    """Return all dates that are held, each with the area of its school; and all that were ever offered to `school`, latest first.

    One query, which reads the schools and who offered what to whom.
    """
    holding = OfferedDates.objects.holding(on=on).order_by().values("pk")
    wanted = Q(pk__in=holding) | Q(school=school) if school else Q(pk__in=holding)
    still = OfferedDates.objects.open_on(on).filter(pk=OuterRef("pk"))
    rows: Any = OfferedDates.objects.filter(wanted).select_related("school", "contact", "offered_by")
    rows = rows.annotate(
        area_id_of=_area_of("school__authority", on=on), is_held=Case(When(pk__in=holding, then=True), default=False)
    )
    return list(rows.annotate(is_open=Exists(still)))


def _others(areas: Collection[int], half_days: Sequence[HalfDay], held: Iterable[OfferedDates], *, on: date) -> Others:
    """Return what else needs people in these areas, by half-day: visits that are not covered, and dates that are held."""
    wanted = set(half_days)
    others: defaultdict[HalfDay, list[Wanted]] = defaultdict(list)
    for half_day, need in (*_uncovered(areas, half_days, on=on), *_held(areas, held)):
        if half_day in wanted:
            others[half_day].append(need)
    return others


def _area_of(authority: str, *, on: date) -> Subquery:
    holding = AreaAuthority.objects.filter(holds_on(on), authority=OuterRef(authority)).order_by()
    return Subquery(holding.values("area")[:1], output_field=IntegerField())


OF_SCHOOL = ("pk", "chain", "easting", "northing", "nation")


def _uncovered(areas: Collection[int], half_days: Sequence[HalfDay], *, on: date) -> Iterator[tuple[HalfDay, Wanted]]:
    """Yield each half-day of a visit that people go to and that is not covered, with what it still asks for.

    Its sessions of a half-day are one: it asks for as many people as the one that lacks most, who go to none of them yet and can
    do all that lack somebody.
    """
    rows: QuerySet[Any] = Session.objects.uncovered().filter(
        day__range=(half_days[0].day, half_days[-1].day),
        visit__stage__in=(VisitStage.PLANNED, VisitStage.CONFIRMED),
        visit__school__authority__in=AreaAuthority.objects.filter(holds_on(on), area__in=areas).order_by().values("authority"),
        type__presenters__gt=0,
        type__channel=Channel.IN_PERSON,
    )
    needs: dict[tuple[int, HalfDay], tuple[Any, set[int], int]] = {}
    columns = [f"visit__school__{name}" for name in OF_SCHOOL]
    columns += ["area_id_of", "visit", "day", "starts", "type", "type__needs_sign_off", "type__presenters", "places_taken"]
    rows = rows.annotate(area_id_of=_area_of("visit__school__authority", on=on)).order_by()
    for *school, area, visit, day, starts, kind, needs_sign_off, presenters, taken in rows.values_list(*columns):
        half_day = HalfDay(day, starts >= NOON)
        _, types, lacking = needs.get((visit, half_day), (None, set[int](), 0))
        types |= {kind} if needs_sign_off else set()
        needs[visit, half_day] = (school, area), types, max(lacking, presenters - taken)
    for (_visit, half_day), ((school, area), types, lacking) in needs.items():
        yield half_day, _wanted(school, area, types, lacking)


def _held(areas: Collection[int], held: Iterable[Any]) -> Iterator[tuple[HalfDay, Wanted]]:
    """Yield each half-day that is held for a school of the areas, with what the visit would ask for."""
    for offered in held:
        if offered.is_held and offered.area_id_of in areas:
            school = [getattr(offered.school, name) for name in OF_SCHOOL]
            need = _wanted(school, offered.area_id_of, offered.types, offered.people)
            yield from ((half_day, need) for key in offered.held_keys() if (half_day := HalfDay.of(key)))


def _wanted(school: Sequence[Any], area: int, types: Iterable[int], people: int) -> Wanted:
    pk, chain, easting, northing, nation = school
    return Wanted(chain or pk, (easting, northing), scheme_of(nation), area, frozenset(types), people)
