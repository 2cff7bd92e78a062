"""Bookings that somebody has to act on: functions that narrow a QuerySet down to them, and days to sort them by."""

from datetime import date, timedelta
from typing import Any

from django.db.models import (
    BigIntegerField,
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Concat

from schools.core.batched_queries import Day, Given
from schools.core.prepared import Prepared
from schools.directory.models import Contact, School
from schools.directory.models.schools import Status
from schools.programme.models import Channel, SessionType
from schools.visits.models import (
    CALLED_OFF_STAGES,
    AnswerState,
    ChangeWhat,
    ContactLog,
    CoverQuerySet,
    CoverState,
    Headcount,
    KnownBy,
    MessageAbout,
    OfferedDates,
    RequestState,
    SchoolAlarm,
    SchoolAnswer,
    SchoolChange,
    Session,
    SessionQuerySet,
    SessionStage,
    Visit,
    VisitQuerySet,
    VisitRequest,
    VisitStage,
)
from schools.visits.queries.came_back import came_back
from schools.visits.queries.known import ANEW
from schools.visits.queries.school_alarms import is_to_take_place

A_YEAR = timedelta(days=365)
"""How long a cancelled session waits for a replacement; after that the school is due again in any case."""


def follow_ups_due(logs: QuerySet[ContactLog], *, on: date) -> QuerySet[ContactLog]:
    """Return the conversations with a follow-up due by the day and no later conversation with the school."""
    return follow_ups(logs).filter(follow_up_on__lte=on)


def follow_ups(logs: QuerySet[ContactLog]) -> QuerySet[ContactLog]:
    """Return the conversations with a follow-up, of whatever day, and no later conversation with the school.

    Conversations with the school under any of its register numbers count, but no call that nobody answered.
    """
    later = ContactLog.objects.spoken().filter(Q(day__gt=OuterRef("day")) | Q(day=OuterRef("day"), pk__gt=OuterRef("pk")))
    spoken = Q(Exists(later.filter(school=OuterRef("school"))))
    spoken |= Q(school__chain__isnull=False) & Q(Exists(later.filter(school__chain=OuterRef("school__chain"))))
    return logs.filter(~spoken, follow_up_on__isnull=False)


def without_a_day(visits: VisitQuerySet, *, on: date) -> VisitQuerySet:
    """Return what schools asked for and has no day yet; where one is choosing among dates for it, the school is waited for."""
    choosing = OfferedDates.objects.open_on(on).filter(moves_from=None)
    waited_for = Q(Exists(choosing.filter(school=OuterRef("school"))))
    waited_for |= Q(school__chain__isnull=False) & Q(Exists(choosing.filter(school__chain=OuterRef("school__chain"))))
    return visits.filter(~waited_for, stage=VisitStage.REQUESTED)


def online(sessions: SessionQuerySet) -> SessionQuerySet:
    """Return the sessions that the school shows by itself in a window of days."""
    return sessions.filter(_through(Channel.ONLINE))


def in_person(sessions: SessionQuerySet) -> SessionQuerySet:
    """Return the sessions that somebody goes to."""
    return sessions.filter(_through(Channel.IN_PERSON))


def _through(channel: Channel) -> Exists:
    """Return the condition for sessions of that channel, checked for each: by a join SQLite reads every session of each type."""
    return Exists(SessionType.objects.filter(pk=OuterRef("type"), channel=channel))


def with_answers(visits: VisitQuerySet) -> VisitQuerySet:
    """Return the visits about which a school said something that nobody in the office has taken or left.

    That somebody there asked for a visit, although this one is booked or requested, is such a thing.
    """
    answers = SchoolAnswer.objects.filter(state=AnswerState.OPEN).order_by().values("visit")
    requests = VisitRequest.objects.filter(state=RequestState.WAITS, visit__isnull=False).order_by().values("visit")
    # As one list: with OR between two conditions the database would go through every visit.
    return visits.filter(pk__in=answers.union(requests, all=True))


def without_visit(requests: QuerySet[VisitRequest]) -> QuerySet[VisitRequest]:
    """Return the confirmed requests of which nobody knows yet to which school they belong."""
    return requests.filter(state=RequestState.WAITS, visit=None)


def first_answer() -> Coalesce:
    """Return since when the first of a visit’s answers waits; where there is none, the first request."""
    answers = SchoolAnswer.objects.filter(visit=OuterRef("pk"), state=AnswerState.OPEN).order_by("at").values("at")
    requests = VisitRequest.objects.filter(visit=OuterRef("pk"), state=RequestState.WAITS).order_by("confirmed_at")
    return Coalesce(Subquery(answers[:1]), Subquery(requests.values("confirmed_at")[:1]))


def with_changes(visits: VisitQuerySet, kind: ChangeWhat) -> VisitQuerySet:
    """Return the visits of which the host did such a thing by its own page, or asks for it, and nobody has seen to it."""
    return visits.filter(pk__in=_changes_to_see(kind).order_by().values("visit"))


def first_change(kind: ChangeWhat) -> Subquery:
    """Return since when the first of such changes by the visit’s host waits for somebody."""
    return Subquery(_changes_to_see(kind).filter(visit=OuterRef("pk")).order_by("at").values("at")[:1])


def _changes_to_see(kind: ChangeWhat) -> QuerySet[SchoolChange]:
    return SchoolChange.objects.to_do().filter(what=kind)


def with_alarms(visits: VisitQuerySet) -> VisitQuerySet:
    """Return the visits of which a school said on the day that nobody has come, or that it calls off, and nobody saw to it.

    Where the sessions of that day were cancelled or reported since, somebody did.
    """
    # Few alarms wait, so their visits are looked up. Asked of each visit (Exists), SQLite goes through all that were ever booked.
    return visits.filter(pk__in=_alarms_to_see().order_by().values("visit"))


def first_alarm() -> Subquery:
    """Return since when the first of a visit’s alarms waits."""
    return Subquery(_alarms_to_see().filter(visit=OuterRef("pk")).order_by("at").values("at")[:1])


def _alarms_to_see() -> QuerySet[SchoolAlarm]:
    return SchoolAlarm.objects.standing().filter(is_to_take_place(), seen_at=None)


def at_closing_schools(visits: VisitQuerySet, *, on: date) -> VisitQuerySet:
    """Return the visits with a session to come at a school that is closed, or may be closed by its last day (rule 4)."""
    gone = Q(visit__school__status=Status.CLOSED) | Q(visit__school__status=Status.CLOSING, visit__school__closed=None)
    closed = F("visit__school__closed")
    booked = Session.objects.scheduled().filter(gone | Q(day__gt=closed) | Q(until_day__gt=closed))
    booked = booked.filter(Q(day__gte=on) | Q(until_day__gte=on))
    return visits.filter(pk__in=_visits_of(booked, visits))


def _visits_of(sessions: SessionQuerySet, visits: VisitQuerySet) -> QuerySet[Any, Any]:
    """Return the ids of the sessions' visits; where `visits` is filtered, such as by area, only sessions of those are read."""
    narrowed = sessions.filter(visit__in=visits.order_by().values("pk")) if visits.query.where else sessions
    return narrowed.order_by().values("visit")


def not_rebooked(visits: VisitQuerySet, *, on: date) -> VisitQuerySet:
    """Return the visits with a session that was cancelled in the last year, but not for good, and that nothing has replaced.

    A replacement is a visit that replaces this one, or a session of the type on the day or later with the school's pupils: at the
    school, in any visit and under any register number of its chain, or as guests of another school. Left out are schools that
    asked to be left alone until a day to come, and closed schools without a successor.
    """
    # This goes from the school to its visits to their sessions. Without statistics SQLite would begin with every session of the
    # type.
    later = Session.objects.filter(
        type=OuterRef(OuterRef("type")),
        day__gte=OuterRef(OuterRef("day")),
        stage__in=(SessionStage.SCHEDULED, SessionStage.DELIVERED),
    )
    held = Visit.objects.filter(Exists(later.filter(visit=OuterRef("pk")))).exclude(stage__in=CALLED_OFF_STAGES)
    # A value, because no database turns a value into a join, which would begin with every session of the type too.
    elsewhere = later.filter(pk=OuterRef("session")).exclude(visit__stage__in=CALLED_OFF_STAGES).order_by().values("pk")[:1]
    came = Headcount.objects.exclude(pupils=0).alias(there=Subquery(elsewhere)).exclude(there=None)
    # One subquery for each key: with an OR inside one subquery, no database would use an index.
    again = Q(Exists(held.filter(school=OuterRef("visit__school")))) | Q(Exists(came.filter(school=OuterRef("visit__school"))))
    # Few schools have a chain. For the others, PostgreSQL without statistics would read every session of the type in vain.
    of_chain = {"school__chain": OuterRef("visit__school__chain")}
    again |= Q(visit__school__chain__isnull=False) & (Q(Exists(held.filter(**of_chain))) | Q(Exists(came.filter(**of_chain))))
    lost = Session.objects.filter(stage=SessionStage.CANCELLED, for_good=False, day__gte=on - A_YEAR)
    replaced = Visit.objects.filter(replaces=OuterRef("pk")).exclude(stage__in=CALLED_OFF_STAGES)
    open_ones = visits.exclude(stage=VisitStage.DECLINED).filter(pk__in=_visits_of(lost, visits))
    # A value, computed only for the few visits that lost something. A school has many headcounts, and the session of each is
    # looked up; otherwise PostgreSQL would do that for everything that was cancelled anywhere.
    waits_since = Subquery(lost.filter(~again, visit=OuterRef("pk")).order_by().values("day")[:1])
    return open_ones.filter(~_waits_for_nothing(on), ~Exists(replaced)).alias(waits_since=waits_since).exclude(waits_since=None)


def _waits_for_nothing(on: date) -> Q:
    """Return the condition that a visit's school, or its successor, asked to be left alone for now, or is closed for good."""
    chain = School.objects.filter(chain=OuterRef("school__chain"))
    has_become = chain.filter(status__in=(Status.OPEN, Status.CLOSING))
    return (
        Q(school__ask_again_on__gt=on)
        | Q(Exists(chain.filter(ask_again_on__gt=on)))
        | Q(~Exists(has_become), school__status=Status.CLOSED)
    )


def without_mail(covers: CoverQuerySet, *, on: date, last: date) -> CoverQuerySet:
    """Return the places from `on` to `last` that are held by or offered to somebody who gets no mail.

    Left out are those of whom somebody ticked that they know.
    """
    held = covers.filter(state__in=(CoverState.OFFERED, CoverState.ACCEPTED), volunteer__user=None)
    phoned = MessageAbout.objects.filter(
        visit=OuterRef("session__visit"), volunteer=OuterRef("volunteer"), known_by=KnownBy.OTHERWISE
    )
    return held.filter(~Exists(phoned), session__stage=SessionStage.SCHEDULED, session__day__range=(on, last))


def at_schools_without_mail(visits: VisitQuerySet, *, on: date, last: date) -> VisitQuerySet:
    """Return the agreed visits with a session from `on` to `last` of which the host or a guest has no e-mail address.

    Left out are schools of which somebody ticked that they know, and those with which somebody spoke in as many days before.
    """
    coming = Session.objects.scheduled().filter(day__range=(on, last))
    agreed = visits.filter(pk__in=_visits_of(coming, visits), stage=VisitStage.CONFIRMED)
    # Whom the visit names may have left the school since, with an address that is of no use to it (`contact_to_write_to`).
    host = _nobody_to_write_to() & ~Q(Exists(_phoned(OuterRef("pk")))) & ~Q(Exists(_spoken(since=on - (last - on))))
    guests = Headcount.objects.filter(session__visit=OuterRef("pk"), session__in=coming.order_by().values("pk"))
    guests = guests.exclude(school=OuterRef("school")).filter(_nobody_to_write_to())
    guests = guests.filter(~Exists(_phoned(OuterRef("session__visit"))), ~Exists(_spoken(since=on - (last - on))))
    return agreed.filter(host | Q(Exists(guests)))


def with_people_to_tell(visits: VisitQuerySet, *, on: Day) -> VisitQuerySet:
    """Return the visits about which somebody has to be told something: the school, a volunteer, or a guest without an address.

    With those of which a mail came back to whoever should have read it. Such a guest counts where it may have known the visit as
    agreed, and its pupils come no more, or a session was called off.
    """
    back = came_back(on=on).order_by().values("visit")
    return visits.with_people_to_tell(on=on, besides=_lost_to_guests(visits, on=on), came_back=back)


_WITH_PEOPLE_TO_TELL = Prepared(
    lambda: (
        with_people_to_tell(Visit.objects.filter(pk=Given("visit", BigIntegerField())), on=Given("on", DateField()))
        .order_by()
        .values_list("pk")[:1]
    )
)


def has_people_to_tell(visit: Visit, *, on: date) -> bool:
    """Return whether the visit is one of `with_people_to_tell`; one query."""
    return bool(_WITH_PEOPLE_TO_TELL.run(visit=visit.pk, on=on))


def _lost_to_guests(visits: VisitQuerySet, *, on: Day) -> QuerySet[Any]:
    """Return the ids of those of the visits to come that were lost to a guest which nobody can write to and nobody has phoned."""
    known = MessageAbout.objects.filter(Q(message=None) | Q(message__sent_at__isnull=False), school__isnull=False)
    known = known.filter(is_reminder=False)
    to_come = _visits_of(_sessions_to_come(on), visits)
    of_guests = known.exclude(school=F("visit__school")).filter(_nobody_to_write_to(), visit__in=to_come)
    later = known.filter(visit=OuterRef("visit"), school=OuterRef("school"), pk__gt=OuterRef("pk"))
    newest = of_guests.filter(~Exists(later)).annotate(facts_known=Cast("says", TextField()))
    theirs = Headcount.objects.filter(session__visit=OuterRef("visit"), school=OuterRef("school"))
    not_over = Q(session__day__gte=on) | Q(session__until_day__gte=on)
    called_off = theirs.filter(not_over, session__stage=SessionStage.CANCELLED, session__recorded_at=None)
    # What is known of a session begins with its id: that it is called off may be known of another one alone.
    known_to_stand = Concat(
        Value(r"\["), Cast("session", TextField()), Value(r', [^]]*"(agreed|planned)"'), output_field=TextField()
    )
    unheard = called_off.alias(facts=ExpressionWrapper(OuterRef("facts_known"), TextField())).filter(facts__regex=known_to_stand)
    lost = ~Q(Exists(theirs)) | Q(Exists(unheard))
    agreed = Q(facts_known__contains='"agreed"')
    agreed |= Q(facts_known__contains='"planned"', visit__agreed_on__isnull=False)
    return newest.filter(lost & agreed).order_by().values("visit")


def with_guests_out_of_reach(visits: VisitQuerySet, *, on: date) -> VisitQuerySet:
    """Return the visits to come with guests, now or before, where one of them, or the host, may not have read what is new."""
    rows = MessageAbout.objects.filter(visit=OuterRef("pk"), school__isnull=False, is_reminder=False)
    of_guests = rows.exclude(school=OuterRef("school"))
    not_read = rows.filter(_nobody_to_write_to() | Q(message__stopped_at__isnull=False))
    return visits.filter(Exists(of_guests), Exists(not_read), pk__in=_visits_of(_sessions_to_come(on), visits))


def _sessions_to_come(on: Day) -> SessionQuerySet:
    """Return the sessions, also cancelled ones, on the day or later, or whose window is still open."""
    return Session.objects.filter(Q(day__gte=on) | Q(until_day__gte=on))


def _nobody_to_write_to() -> Q:
    """Return the condition that nobody at the row’s school has an e-mail address."""
    theirs = Contact.objects.filter(school=OuterRef("school")).exclude(email="")
    shared = Contact.also_at.through.objects.filter(school=OuterRef("school")).exclude(contact__email="")
    return ~Q(Exists(theirs)) & ~Q(Exists(shared))


def _phoned(visit: OuterRef) -> QuerySet[MessageAbout]:
    """Return what the row’s school is written down to know otherwise than by mail, without that somebody else reads for it."""
    rows = MessageAbout.objects.filter(visit=visit, school=OuterRef("school"), known_by=KnownBy.OTHERWISE)
    return rows.exclude(facts__startswith=ANEW)


def _spoken(*, since: date) -> QuerySet[ContactLog]:
    """Return the conversations with the row’s school since that day."""
    return ContactLog.objects.spoken().filter(school=OuterRef("school"), day__gte=since)


def last_day() -> Coalesce:
    """Return an expression for a session's day, or the last day of its window."""
    return Coalesce(F("until_day"), F("day"))


def first_day_to_come() -> Subquery:
    """Return an expression for the first day of a visit's scheduled sessions."""
    ours = Session.objects.scheduled().filter(visit=OuterRef("pk")).order_by().values("visit")
    return Subquery(ours.annotate(first=Min("day")).values("first"))


def last_day_lost() -> Subquery:
    """Return an expression for the last day of a visit's cancelled sessions."""
    ours = Session.objects.filter(visit=OuterRef("pk"), stage=SessionStage.CANCELLED).order_by().values("visit")
    return Subquery(ours.annotate(last=Max("day")).values("last"))
