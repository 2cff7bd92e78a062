"""Bookings that somebody has to do something about, as words that narrow a QuerySet down."""

from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from schools.directory.models import School
from schools.directory.models.schools import Status
from schools.programme.models import Channel
from schools.visits.models import (
    ContactLog,
    Headcount,
    Session,
    SessionQuerySet,
    SessionStage,
    Visit,
    VisitQuerySet,
    VisitStage,
)

A_YEAR = timedelta(days=365)
"""What was cancelled longer ago is no longer made good: the school is due again as it is."""


def follow_ups_due(logs: QuerySet[ContactLog], *, on: date) -> QuerySet[ContactLog]:
    """Conversations whose follow-up is due by the day and after which nobody has spoken to the school, by any of its numbers."""
    later = ContactLog.objects.filter(Q(day__gt=OuterRef("day")) | Q(day=OuterRef("day"), pk__gt=OuterRef("pk")))
    spoken = Q(Exists(later.filter(school=OuterRef("school"))))
    spoken |= Q(school__chain__isnull=False) & Q(Exists(later.filter(school__chain=OuterRef("school__chain"))))
    return logs.filter(~spoken, follow_up_on__lte=on)


def online(sessions: SessionQuerySet) -> SessionQuerySet:
    """Sessions that the school shows by itself in a window of days."""
    return sessions.filter(type__channel=Channel.ONLINE)


def in_person(sessions: SessionQuerySet) -> SessionQuerySet:
    """Sessions that somebody goes to."""
    return sessions.filter(type__channel=Channel.IN_PERSON)


def at_closing_schools(visits: VisitQuerySet, *, on: date) -> VisitQuerySet:
    """Visits with a session to come at a school that is closed, or may be by then (DESIGN.md, rule 4)."""
    gone = Q(visit__school__status=Status.CLOSED) | Q(visit__school__status=Status.CLOSING, visit__school__closed=None)
    booked = Session.objects.scheduled().filter(gone | Q(day__gt=F("visit__school__closed")), day__gte=on)
    return visits.filter(pk__in=_among(booked, visits))


def _among(sessions: SessionQuerySet, visits: VisitQuerySet) -> QuerySet[Any, Any]:
    """The visits of the sessions. Those of an area are few, and looked for among them alone; of all visits that is not asked."""
    of_them = sessions.filter(visit__in=visits.order_by().values("pk")) if visits.query.where else sessions
    return of_them.order_by().values("visit")


def not_rebooked(visits: VisitQuerySet, *, on: date) -> VisitQuerySet:
    """Visits of which something was cancelled in the last year and nobody made it good.

    It is made good by a visit that replaces this one, or by a later session of the type in which the school's pupils sit: at the
    school, of any visit and under any register number of its chain, or as guests of another one. A school that asked to be left
    until a day to come, or that closed and became nothing, waits for nothing.
    """
    called_off = (VisitStage.CANCELLED, VisitStage.DECLINED)
    # From the school to its visits to their sessions: without statistics SQLite would begin with everything of the type.
    later = Session.objects.filter(
        type=OuterRef(OuterRef("type")),
        day__gte=OuterRef(OuterRef("day")),
        stage__in=(SessionStage.SCHEDULED, SessionStage.DELIVERED),
    )
    held = Visit.objects.filter(Exists(later.filter(visit=OuterRef("pk")))).exclude(stage__in=called_off)
    # As a value, which no database turns into a join that would begin with the type either.
    elsewhere = later.filter(pk=OuterRef("session")).exclude(visit__stage__in=called_off).order_by().values("pk")[:1]
    came = Headcount.objects.exclude(pupils=0).alias(there=Subquery(elsewhere)).exclude(there=None)
    # One look-up by each key: joined by OR inside one subquery, no database would use an index.
    again = Q(Exists(held.filter(school=OuterRef("visit__school")))) | Q(Exists(came.filter(school=OuterRef("visit__school"))))
    # Few schools have a chain: for the others PostgreSQL without statistics would look through everything of the type in vain.
    of_chain = {"school__chain": OuterRef("visit__school__chain")}
    again |= Q(visit__school__chain__isnull=False) & (Q(Exists(held.filter(**of_chain))) | Q(Exists(came.filter(**of_chain))))
    lost = Session.objects.filter(stage=SessionStage.CANCELLED, day__gte=on - A_YEAR)
    replaced = Visit.objects.filter(replaces=OuterRef("pk")).exclude(stage__in=called_off)
    open_ones = visits.exclude(stage=VisitStage.DECLINED).filter(pk__in=_among(lost, visits))
    # Asked of each of the few visits that lost something, and as a value: a school has many headcounts, of each of which the
    # session is looked up, and PostgreSQL would do that for whatever was lost anywhere.
    waits_since = Subquery(lost.filter(~again, visit=OuterRef("pk")).order_by().values("day")[:1])
    return open_ones.filter(~_waits_for_nothing(on), ~Exists(replaced)).alias(waits_since=waits_since).exclude(waits_since=None)


def _waits_for_nothing(on: date) -> Q:
    """Whether a visit's school, or what it has become, asked to be left for now, or is no more."""
    chain = School.objects.filter(chain=OuterRef("school__chain"))
    has_become = chain.filter(status__in=(Status.OPEN, Status.CLOSING))
    return (
        Q(school__ask_again_on__gt=on)
        | Q(Exists(chain.filter(ask_again_on__gt=on)))
        | Q(~Exists(has_become), school__status=Status.CLOSED)
    )


def last_day() -> Coalesce:
    """A session's day, or the last day of its window."""
    return Coalesce(F("until_day"), F("day"))


def first_day_to_come() -> Subquery:
    """The first day of a visit's scheduled sessions."""
    ours = Session.objects.scheduled().filter(visit=OuterRef("pk")).order_by().values("visit")
    return Subquery(ours.annotate(first=Min("day")).values("first"))


def last_day_lost() -> Subquery:
    """The last day of a visit's cancelled sessions."""
    ours = Session.objects.filter(visit=OuterRef("pk"), stage=SessionStage.CANCELLED).order_by().values("visit")
    return Subquery(ours.annotate(last=Max("day")).values("last"))
