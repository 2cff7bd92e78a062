"""The kinds of messages to coordinators: who comes no longer, the list of the morning, and what could not be delivered."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import partial

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from schools.accounts.models import User
from schools.directory.models import Area, AreaCoordinator, Contact, School, StandIn
from schools.directory.models.areas import holds_on
from schools.directory.responsible import Responsible
from schools.messages.hours import AT_ONCE_WITHIN, at, clock, in_hours, is_quiet, is_time
from schools.messages.kinds import Audience, Draft, Kind, draft_of, keep_nothing
from schools.messages.links import Link
from schools.messages.masking import masked, private_kinds
from schools.messages.models import OutboxMessage
from schools.visits.coordinator_emails import (
    MorningList,
    Undelivered,
    mail_of_morning,
    mail_of_undelivered,
    mail_that_somebody_cannot_come,
)
from schools.visits.keeping import forget_visits, keep_given_back
from schools.visits.links import link_to_office, link_to_visits
from schools.visits.models import BOOKED_STAGES, Cover, CoverNews, CoverState, Session, SessionStage, Visit
from schools.visits.not_arrived import NotArrived, not_arrived
from schools.visits.queries import responsible_by_visit
from schools.visits.queries.given_back import GIVEN_BACK, key_of_decision
from schools.visits.queries.school_alarms import alarms_called_off
from schools.visits.reminders import of_visits
from schools.visits.rules.days_off import has_ended
from schools.visits.sms import sms_that_somebody_cannot_come

DROPPED_OUT_WITHIN = timedelta(hours=72)
"""Who can't make it to something so soon is told at any hour."""
LIST_FROM, LIST_UNTIL = time(7, 30), time(12)
NEEDING_WITHIN = timedelta(days=7)
UNREPORTED_WITHIN = timedelta(days=60)
"""How far back the list goes for outcomes that nobody reported."""
WORTH_A_MAIL = timedelta(days=3)
"""How long it is worth a mail that somebody can't make it, or that another mail did not arrive; then home alone shows it."""


def given_back_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield what coordinators have to be told: who comes to which sessions no longer, unless they did it themselves."""
    # Who has the visits since yesterday reads on home what was given back in the months before.
    recent = _given_back(now).filter(answered_at__gte=now - WORTH_A_MAIL)
    yield from _of_given_back(of_visits(recent, about, "session__visit"), now=now)


def given_back_again(message: OutboxMessage, now: datetime) -> Draft | None:
    """Return the draft of the message as of now; its key names the volunteer."""
    covers = _given_back(now).filter(volunteer=int(message.key.split(":")[1]))
    return draft_of(message, _of_given_back(covers, now=now))


def _given_back(now: datetime) -> QuerySet[Cover]:
    """Return the covers that were given back, or that a coordinator took somebody off, of sessions of this day or later."""
    on = timezone.localdate(now)
    there = Cover.objects.live().filter(session=OuterRef("session"), volunteer=OuterRef("volunteer"))
    gone = Cover.objects.filter(Q(gave_back=True) | Q(news=CoverNews.TAKEN_OFF), state=CoverState.WITHDRAWN)
    gone = gone.exclude(ended_by=None).filter(Q(session__day__gte=on) | Q(session__until_day__gte=on), ~Exists(there))
    return gone.filter(session__stage=SessionStage.SCHEDULED)


def _of_given_back(covers: QuerySet[Cover], *, now: datetime) -> Iterator[Draft]:
    """Yield one draft for each decision and coordinator, whether it was a session or all that somebody had taken."""
    read = covers.select_related(
        "volunteer", "session__type", "session__visit__school", "session__visit__coordinator", "session__site"
    )
    by_age = read.order_by(F("answered_at").asc(nulls_first=True), "pk")
    # Who took a session again and gave it back once more is told of once, as of the last time.
    newest = {(cover.session_id, cover.volunteer_id): cover for cover in by_age if not has_ended(cover.session, now=now)}
    if not newest:  # as with most runs: to build the other questions takes longer than this one
        return
    rows = sorted(newest.values(), key=lambda cover: (cover.session.day, cover.session.starts, cover.pk))
    responsible = responsible_by_visit((cover.session.visit for cover in rows), on=timezone.localdate(now))
    uncovered = Session.objects.uncovered().filter(~alarms_called_off("visit", "day"))
    needing = set(uncovered.filter(pk__in={cover.session_id for cover in rows}).values_list("pk", flat=True))
    decisions: defaultdict[tuple[str, int], list[Cover]] = defaultdict(list)
    users: dict[int, User] = {}
    for cover in rows:
        gave_back_on = timezone.localdate(cover.answered_at) if cover.answered_at else date.min
        for user in _written_to(responsible[cover.session.visit_id], of=gave_back_on):
            if user.pk != cover.ended_by_id:
                users[user.pk] = user
                decision = f"{key_of_decision(cover.volunteer_id, cover.answered_at)}{cover.ended_by_id}"
                decisions[decision, user.pk].append(cover)
    for (decision, coordinator), gone in sorted(decisions.items(), key=lambda item: item[0]):
        soon = [cover for cover in gone if at(cover.session.day, cover.session.starts) <= now + DROPPED_OUT_WITHIN]
        if not is_quiet(now) or soon:
            user = users[coordinator]
            visits = {cover.session.visit_id for cover in gone}
            link = link_to_visits(visits, coordinator=user)
            write = partial(mail_that_somebody_cannot_come, gone, coordinator=user, needing=needing)
            sms = sms_that_somebody_cannot_come(soon, link, coordinator=user)
            yield Draft(f"{decision}:{coordinator}", user.email, write, visits, link, sms=sms)


def _written_to(rows: Iterable[Responsible], *, of: date | None = None) -> list[User]:
    """Return who is written to, each once: coordinators and who stands in for them, the latter `of` nothing before their days."""
    return list({user.pk: user for row in rows for user in row.written_to(of=of) if user.email}.values())


def morning_list_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield each coordinator's list of the morning, if anything is on it; no verb wakes it."""
    if about is None:
        yield from _morning_lists(now, Visit.objects.all())


def morning_list_again(message: OutboxMessage, now: datetime) -> Draft | None:
    """Return the draft of the same list as of now."""
    user, on = int(message.key.split(":")[1]), timezone.localdate(now)
    away = StandIn.objects.on(on).filter(stand_in=user).values("coordinator")
    # Of their areas all, because the own coordinator of a visit may not see its school any more.
    theirs = AreaCoordinator.objects.filter(Q(user=user) | Q(user__in=away), holds_on(on)).order_by()
    schools = School.objects.in_areas(Area.objects.filter(pk__in=theirs.values("area")).order_by(), on=on).order_by()
    # Short lists, each read from an index: with one OR, PostgreSQL would look at every visit ever booked.
    ways = (Q(coordinator=user), Q(coordinator__in=away), Q(school__in=schools.values("pk")))
    first, *others = (Visit.objects.filter(way).order_by().values("pk") for way in ways)
    return draft_of(message, _morning_lists(now, Visit.objects.filter(pk__in=first.union(*others, all=True))))


def _morning_lists(now: datetime, visits: QuerySet[Visit]) -> Iterator[Draft]:
    on = timezone.localdate(now)
    if not is_time(now, at(on, LIST_FROM), at(on, LIST_UNTIL)):
        return
    lists, users = _lists(visits, now=now)
    today = [session.pk for listed in lists.values() for session in listed.today]
    going: defaultdict[int, list[Cover]] = defaultdict(list)
    for cover in Cover.objects.filter(session__in=today, state=CoverState.ACCEPTED).select_related("volunteer").order_by("pk"):
        going[cover.session_id].append(cover)
    for coordinator, listed in sorted(lists.items()):
        # At a weekend nobody looks for people; but whoever has a visit reads of it.
        if listed.today or (listed and on.weekday() < 5):
            user = users[coordinator]
            write = partial(mail_of_morning, listed, going, coordinator=user, on=on)
            key = f"{MORNING_LIST}:{coordinator}:{on.isoformat()}"
            yield Draft(key, user.email, write, link=link_to_office(coordinator=user))


def _lists(visits: QuerySet[Visit], *, now: datetime) -> tuple[dict[int, MorningList], dict[int, User]]:
    """Return the lists by the coordinator's id, and the coordinators, in a constant number of queries."""
    on = timezone.localdate(now)
    there = Session.objects.filter(type__presenters__gt=0, visit__stage__in=BOOKED_STAGES)
    if visits.query.where:
        there = there.filter(visit__in=visits.order_by().values("pk"))
    there = there.select_related("visit__school").prefetch_related("type", "visit__coordinator")
    listed = Q(day=on) | Q(is_covered=False, day__range=(on, on + NEEDING_WITHIN))
    # Nobody looks for people for a day that its school calls off. A mapping, because Session declares the column for its readers.
    called_off = {"is_called_off": alarms_called_off("visit", "day")}
    coming = list(there.annotate(**called_off).scheduled().with_cover().filter(listed, day__range=(on, on + NEEDING_WITHIN)))
    since = on - UNREPORTED_WITHIN
    unreported = list(there.outcome_missing(on=on - timedelta(days=1)).filter(day__gte=since))
    responsible = responsible_by_visit((session.visit for session in (*coming, *unreported)), on=on)
    coordinators = {visit: _written_to(rows) for visit, rows in responsible.items()}
    lists: defaultdict[int, MorningList] = defaultdict(MorningList)
    for user, session in _each(coming, coordinators):
        if session.day == on:
            lists[user.pk].today.append(session)
        if not session.is_covered and not session.is_called_off and not has_ended(session, now=now):
            lists[user.pk].needing.append(session)
    for user, session in _each(unreported, coordinators):
        lists[user.pk].unreported.append(session)
    return lists, {user.pk: user for users in coordinators.values() for user in users}


def _each(sessions: Iterable[Session], coordinators: Mapping[int, list[User]]) -> Iterator[tuple[User, Session]]:
    return ((user, session) for session in sessions for user in coordinators[session.visit_id])


def undelivered_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield what could not be delivered, one draft for each coordinator and hour, once that hour is over."""
    batches: defaultdict[tuple[int, datetime], list[NotArrived]] = defaultdict(list)
    users: dict[int, User] = {}
    for row in not_arrived(since=now - WORTH_A_MAIL, on=timezone.localdate(now), visits=about):
        for user in _written_to(row.responsible):
            users[user.pk] = user
            batches[user.pk, row.stopped_at.replace(minute=0, second=0, microsecond=0)].append(row)
    soon = timezone.localdate(now + AT_ONCE_WITHIN)
    for (coordinator, hour), batch in sorted(batches.items(), key=lambda item: item[0]):
        is_soon = any(row.next_day and row.next_day <= soon for row in batch)
        if hour + timedelta(hours=1) <= now and (is_soon or not is_quiet(now)):
            user = users[coordinator]
            # A mail about two days of a visit has two rows of it.
            lines = {(row.message.pk, row.visit, row.party): row for row in batch}
            write = partial(mail_of_undelivered, [_undelivered(row) for row in lines.values()], coordinator=user)
            yield Draft(f"{UNDELIVERED}:{coordinator}:{hour.isoformat()}", user.email, write, link=_link_to(batch, user))


def _link_to(batch: Iterable[NotArrived], coordinator: User) -> Link:
    """Return the link to the visit; to home, which names marked addresses, where any is about no visit or they are several."""
    visits = [row.visit.pk if row.visit else None for row in batch]
    known = [visit for visit in visits if visit is not None]
    if len(known) < len(visits):
        return link_to_office(coordinator=coordinator)
    return link_to_visits(known, coordinator=coordinator)


def undelivered_again(message: OutboxMessage, now: datetime) -> Draft | None:
    """Return the draft of the message as of now."""
    return draft_of(message, undelivered_due(now, None))


def _undelivered(row: NotArrived) -> Undelivered:
    """Return what a coordinator reads of it; not the subject where that says when somebody's clearance ends."""
    message = row.message
    subject = "" if message.kind in private_kinds() else masked(message.subject)
    where = str(row.visit) if row.visit else ""
    party = f"{row.party}, {row.party.school}" if isinstance(row.party, Contact) else str(row.party)
    return Undelivered(party, where, subject, message.to, message.last_error[:200])


MORNING_LIST, UNDELIVERED = "morning-list", "undelivered"

KINDS = (
    Kind(
        GIVEN_BACK,
        "Somebody can’t make it, or was taken off",
        given_back_due,
        given_back_again,
        keep_given_back,
        forget_visits,
        Audience.COORDINATORS,
        f"at once, at any hour for what begins within {in_hours(DROPPED_OUT_WITHIN)}",
        by_sms=f"of what begins within {in_hours(DROPPED_OUT_WITHIN)}",
        volunteer_at=1,
    ),
    Kind(
        MORNING_LIST,
        "The list of the morning",
        morning_list_due,
        morning_list_again,
        keep_nothing,
        keep_nothing,
        Audience.COORDINATORS,
        f"each day from {clock(LIST_FROM)}, if anything is on it; at weekends, if there is a visit that day",
        is_woken=False,
    ),
    Kind(
        UNDELIVERED,
        "What could not be delivered",
        undelivered_due,
        undelivered_again,
        keep_nothing,
        keep_nothing,
        Audience.COORDINATORS,
        "after the hour in which it came back",
        is_woken=False,
    ),
)
