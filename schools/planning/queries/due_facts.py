"""What the list of who is due reads of the past and of what is to come: visits, requests and conversations of many schools."""

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Count, DateField, Exists, F, IntegerField, Max, Min, OuterRef, Q, QuerySet, Sum, Value

from schools.core.batched_queries import Given, GivenIds
from schools.core.ids import Ids
from schools.core.periods import AcademicYear
from schools.core.prepared import Prepared
from schools.core.year_groups import YEAR_GROUPS
from schools.planning.queries.booked import awaited_since, is_standing
from schools.visits.models import (
    NOBODY,
    STANDING_STAGES,
    WERE_THERE,
    ContactLog,
    Headcount,
    Session,
    SessionStage,
    Visit,
    VisitStage,
)


class VisitDays(NamedTuple):
    """The days of the last delivered, the next booked and the last awaited session of one number; None: there is none."""

    last: date | None
    next: date | None
    awaited: date | None


class Answers(NamedTuple):
    """The requests of a school that are not planned yet, the first month they name, and the day it last declined."""

    requests: int
    month: date | None
    declined_on: date | None


def _host_days() -> QuerySet[Session, Any]:
    """Return the query of `days_hosted`."""
    on = Given("on", DateField())
    is_visit = Q(stage=SessionStage.DELIVERED) & ~Q(type__in=GivenIds("besides"))
    stands = is_standing(since=Given("since", DateField())) & Q(visit__stage__in=STANDING_STAGES)
    sessions = Session.objects.filter(visit__school__in=GivenIds("schools")).order_by().values_list("visit__school")
    return sessions.annotate(
        last=Max("day", filter=is_visit),
        next=Min("day", filter=stands & Q(day__gte=on)),
        awaited=Max("day", filter=stands & Q(day__lt=on)),
    )


def _seat_days() -> QuerySet[Headcount, Any]:
    """Return the query of `days_seated`."""
    on, year = Given("on", DateField()), Given("year", IntegerField())
    is_visit = Q(session__stage=SessionStage.DELIVERED) & ~Q(session__type__in=GivenIds("besides"))
    group_now = year - F("session__academic_year") + F("year_group")
    bit = Value(1).bitleftshift(group_now)  # type: ignore[arg-type]  # an expression works too
    still_here = Q(session__academic_year__gte=year - YEAR_GROUPS[-1] + F("year_group"))
    # Exists is evaluated only for the few sessions to come or awaited; a join would look up the visit of every headcount.
    elsewhere = Visit.objects.filter(pk=OuterRef("session__visit"), stage__in=STANDING_STAGES).exclude(school=OuterRef("school"))
    stands = is_standing("session__", since=Given("since", DateField()))
    return (
        Headcount.objects.filter(school__in=GivenIds("schools"))
        .order_by()
        .values_list("school_id")
        .annotate(
            last=Max("session__day", filter=is_visit & WERE_THERE),
            next=Min("session__day", filter=stands & Q(session__day__gte=on) & Q(Exists(elsewhere))),
            awaited=Max("session__day", filter=stands & Q(session__day__lt=on) & Q(Exists(elsewhere))),
            reached=Sum(bit, distinct=True, filter=is_visit & WERE_THERE & still_here),
        )
    )


HOSTED, SEATED = Prepared(_host_days), Prepared(_seat_days)


def days_hosted(schools: Ids, *, on: date, besides: Collection[int]) -> dict[int, VisitDays]:
    """Return, by school, the last, next and awaited sessions that it hosts."""
    rows = HOSTED.run(schools=schools.ids, besides=besides, on=on, since=awaited_since(on))
    return {school_id: VisitDays(*days) for school_id, *days in rows}


def days_seated(schools: Ids, *, on: date, besides: Collection[int]) -> tuple[dict[int, VisitDays], dict[int, int]]:
    """Return, by school, the last, next and awaited sessions with its pupils, and which children were in a delivered session.

    The children are a bit mask: the bit of a year group is set where the children who are in it this academic year were in a
    delivered session, now or in an earlier year group. Pupils count for their own school, not for the host. The next and the
    awaited sessions are only those at another school.
    """
    visits, reached = {}, {}
    rows = SEATED.run(schools=schools.ids, besides=besides, on=on, since=awaited_since(on), year=AcademicYear.of(on).start)
    for school_id, last, following, awaited, groups in rows:
        visits[school_id] = VisitDays(last, following, awaited)
        reached[school_id] = groups or 0
    return visits, reached


def _answers() -> QuerySet[Visit, Any]:
    """Return the query of `answers_of`."""
    is_request = Q(stage=VisitStage.REQUESTED)
    visits = Visit.objects.filter(is_request | Q(stage=VisitStage.DECLINED), school__in=GivenIds("schools")).order_by()
    return visits.values_list("school").annotate(
        requests=Count("pk", filter=is_request),
        month=Min("preferred_month", filter=is_request),
        declined=Max("declined_on", filter=~is_request),
    )


def _spoken() -> QuerySet[ContactLog, Any]:
    """Return the query of `days_spoken`."""
    logs = ContactLog.objects.filter(school__in=GivenIds("schools")).order_by().values("school")
    return logs.annotate(spoken=Max("day", filter=~Q(who=NOBODY)), tried=Max("day")).values_list("school", "spoken", "tried")


ANSWERED, SPOKEN = Prepared(_answers), Prepared(_spoken)


def answers_of(schools: Ids) -> dict[int, Answers]:
    """Return, by school, what it requested and when it declined; schools that did neither are left out."""
    return {school_id: Answers(*answers) for school_id, *answers in ANSWERED.run(schools=schools.ids)}


def days_spoken(schools: Ids) -> dict[int, tuple[date | None, date]]:
    """Return by school the day of the last conversation, and that of the last call, answered or not."""
    return {school: (spoken, tried) for school, spoken, tried in SPOKEN.run(schools=schools.ids)}
