"""The half-days of a term for one school, rated by who could go: read from the tables in a constant number of queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import BigIntegerField, CharField, DateField, Exists, OuterRef, Q

from schools.core.bank_holidays import bank_holiday
from schools.core.batched_queries import Batch, Given, NamedQuery, Row, named_query
from schools.core.nations import scheme_of
from schools.core.periods import AcademicYear, Period
from schools.directory.models import AreaAuthority, School, Term
from schools.directory.models.areas import holds_on
from schools.directory.terms import days_outside
from schools.planning.half_days import Place, Rated, Wanted, rate
from schools.planning.queries.new_days import NOTICE
from schools.planning.queries.staff import areas_sharing_people, staff_and_others
from schools.programme.models import Channel, SessionType
from schools.visits.half_days import HalfDay
from schools.visits.models import ClosedPeriod, Session, VisitTemplateLine

SCHOOL_DAYS = 5


@dataclass(frozen=True)
class Planned:
    """What is planned at the school: the template, the types that people have to be signed off for, and how many go."""

    template: int | None
    """None: what is booked already, and is to be moved."""
    name: str
    types: frozenset[int]
    people: int
    place: Place | None = None
    """Where people go; None: to the school’s own address, as long as nobody has said at which of its sites it is."""
    goes_on: bool = False
    """Whether it has sessions on further days, or in a window: to choose a half-day is no agreement to those."""


@dataclass(frozen=True)
class Around:
    """Where a school is, when it is open, and what can be planned there."""

    area: int | None
    """The area that looks after it; None: none does."""
    half_days: list[HalfDay]
    """Those of a period on which one could come, in order."""
    planned: list[Planned] = field(default_factory=list)
    """What each active template would ask of people on its first day, those of one day first; without those that send nobody."""


OF_TYPE = ("id", "audience", "lowest_year_group", "highest_year_group", "presenters", "needs_sign_off")
"""The columns of a session type that say what it asks of people, and whether it fits a school."""
AUTHORITY = Given("authority", BigIntegerField())
NATION = Given("nation", CharField())
FIRST, LAST, BEGINS, ENDS, ON = (Given(name, DateField()) for name in ("first", "last", "begins", "ends", "on"))
"""The days that are looked at, the school years around them, and today."""


def _queries() -> list[NamedQuery]:
    """Return the queries about a school's area, the terms of its nation, what is closed there, and the lines of templates."""
    holding = AreaAuthority.objects.filter(holds_on(ON), authority=AUTHORITY)
    terms = Term.objects.filter(nation=NATION, first_day__lte=ENDS, last_day__gte=BEGINS)
    closed = ClosedPeriod.objects.filter(area__in=holding.order_by().values("area"), first_day__lte=LAST, last_day__gte=FIRST)
    lines = VisitTemplateLine.objects.filter(template__active=True, days_later=0)
    lines = lines.filter(type__active=True, type__channel=Channel.IN_PERSON, type__presenters__gt=0)
    further = VisitTemplateLine.objects.filter(Q(days_later__gt=0) | Q(type__channel=Channel.ONLINE), type__active=True)
    goes_on = Exists(further.filter(template=OuterRef("template")))
    of_type = {f"type_{column}": f"type__{column}" for column in OF_TYPE}
    return [
        named_query("area", holding, area="area_id"),
        named_query("term", terms, authority="authority_id", first="first_day", last="last_day"),
        named_query("closed", closed, first="first_day", last="last_day"),
        named_query("line", lines, template="template_id", name="template__name", goes_on=goes_on, **of_type),
    ]


STATEMENT = Batch(_queries)


def around(school: School, period: Period, *, on: date) -> Around:
    """Return what is known around the school, in one query.

    One could come on weekdays in term, two weeks ahead or more, without bank holidays and what a signed-off return has closed.
    """
    first = max(period.first_day, on + NOTICE)
    last = min(period.last_day, school.closed or period.last_day)
    years = {"begins": AcademicYear.of(first).first_day, "ends": AcademicYear.of(max(first, last)).last_day}
    rows = STATEMENT.run(authority=school.authority_id, nation=school.nation, first=first, last=last, on=on, **years)
    terms = [
        Term(nation=school.nation, authority_id=row["authority"], first_day=begins, last_day=ends)
        for row in rows["term"]
        for begins, ends in [_days(row)]
    ]
    days = [day for number in range((last - first).days + 1) if (day := first + timedelta(days=number)).weekday() < SCHOOL_DAYS]
    closed = [_days(row) for row in rows["closed"]]
    outside = set(days_outside(school, days, terms))
    open_ones = [
        day
        for day in days
        if day not in outside
        and not bank_holiday(school.nation, day)
        and not any(begins <= day <= ends for begins, ends in closed)
    ]
    area = next((row["area"] for row in rows["area"]), None)
    half_days = [HalfDay(day, is_afternoon) for day in open_ones for is_afternoon in (False, True)]
    return Around(area, half_days, _planned(school, rows["line"]))


def _planned(school: School, lines: Iterable[Row]) -> list[Planned]:
    """Return what the lines plan, by template; those for none of the school's year groups are left out, as when it is booked."""
    of_template: defaultdict[tuple[bool, str, int], list[SessionType]] = defaultdict(list)
    for line in lines:
        kind = SessionType(**{column: line[f"type_{column}"] for column in OF_TYPE})
        fits = not kind.is_for_pupils or any(group in kind.year_groups for group in school.year_groups)
        if fits:
            of_template[bool(line["goes_on"]), line["name"], line["template"]].append(kind)
    return [
        Planned(pk, name, _signed_off_for(kinds), max(kind.presenters for kind in kinds), goes_on=goes_on)
        for (goes_on, name, pk), kinds in sorted(of_template.items())
    ]


def planned_of(sessions: Iterable[Session]) -> Planned:
    """Return what these sessions, which are booked and in order of time, ask of people: of the place, those of the first day.

    Nobody goes to what a school shows by itself.
    """
    going = [session for session in sessions if session.type.presenters]
    kinds = [session.type for session in going]
    people = max((kind.presenters for kind in kinds), default=0)
    return Planned(None, "", _signed_off_for(kinds), people, place=going[0].where.place if going else None)


def _signed_off_for(kinds: Iterable[SessionType]) -> frozenset[int]:
    return frozenset(kind.pk for kind in kinds if kind.needs_sign_off)


def _days(row: Row) -> tuple[date, date]:
    """Return the first and the last day of a term, or of a closed period."""
    return date.fromisoformat(row["first"]), date.fromisoformat(row["last"])


def rated_half_days(
    school: School,
    there: Around,
    types: Iterable[int],
    people: int,
    *,
    on: date,
    place: Place | None = None,
    wishes: Collection[str] = (),
    but: int | None = None,
) -> list[Rated]:
    """Return the half-days rated for a visit that so many people with these sign-offs go to; none where no area has the school.

    `place`: where they go, None: to the school's own address.
    `but`: dates whose hold does not count, by their id. One query. Where people are short and are shared with another area, whose
    visits somebody else could go to, those areas are read too.
    """
    if there.area is None or not there.half_days:
        return []
    place = place or school.place
    wanted = Wanted(school.chain or school.pk, place, scheme_of(school.nation), there.area, frozenset(types), people)
    rated = rate(wanted, *staff_and_others([there.area], there.half_days, on=on, but=but), wishes=wishes)
    if open_ones := [each.half_day for each in rated if each.may_be_served_from_elsewhere]:
        staff, others = staff_and_others(areas_sharing_people(there.area), open_ones, on=on, but=but)
        again = {each.half_day: each for each in rate(wanted, staff, others, wishes=wishes)}
        rated = [again.get(each.half_day, each) for each in rated]
    return rated
