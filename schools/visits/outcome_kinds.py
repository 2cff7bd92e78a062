"""The kinds of messages that ask volunteers how it went: by itself an hour after the end and two days later, or by hand."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from django.db.models import F, Q, QuerySet, Subquery
from django.utils import timezone

from schools.charity.queries import remembered
from schools.core.ids import IsAmong
from schools.messages.hours import MANUAL_DAYS, QUIET_FROM, QUIET_TO, at, clock, in_hours, is_time
from schools.messages.kinds import Audience, Draft, Kind, draft_of
from schools.messages.models import OutboxMessage
from schools.visits.fingerprints import fingerprint
from schools.visits.links import link_to_outcomes
from schools.visits.models import PRESENTING_ROLES, Cover, CoverState, MessageAbout, Session
from schools.visits.queries.standings import VOLUNTEER
from schools.visits.reminder_emails import mail_about_outcomes
from schools.visits.reminders import Reminded, forget_reminded, keep_reminded, of_visits, reminder
from schools.visits.rules.closed_periods import closed_to_reports
from schools.visits.senders import senders_about_visits
from schools.volunteers.models import VolunteerStatus

AFTER = timedelta(hours=1)
AGAIN_AFTER, AGAIN_UNTIL, AGAIN_FROM = timedelta(days=2), timedelta(days=5), time(9)
"""Two days after it they are asked once more, from nine, for three days; then it stands on home alone."""


def unreported(sessions: QuerySet[Session], *, on: date) -> list[Cover]:
    """Return the covers of those who were to lead or present these sessions, none of which was reported, and can tell of it.

    Nobody is asked on the day for what would be refused: a signed-off return rests on it. One query, and one for such returns;
    where there are any around these days, those of `closed_periods_each`.
    """
    these = IsAmong(F("session"), Subquery(sessions.order_by().values("pk")))
    covers = Cover.objects.filter(these, state=CoverState.ACCEPTED)
    covers = covers.filter(role__in=PRESENTING_ROLES).exclude(volunteer__status=VolunteerStatus.LEFT)
    rows = covers.select_related("volunteer__user", "session__type", "session__visit__school", "session__site")
    waiting = list(rows.order_by("session__day", "session__starts", "pk"))
    closed = closed_to_reports({cover.session_id: cover.session for cover in waiting}.values(), on=on)
    return [cover for cover in waiting if cover.session_id not in closed]


def due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield how somebody is asked about their morning, an hour after its last session; one draft for each visit day."""
    on = timezone.localdate(now)
    for (person, visit, day), covers in _groups(_past(on, about), lambda cover: cover.session.visit_id).items():
        ended = max(at(day, cover.session.ends) for cover in covers)
        if is_time(now, ended + AFTER, at(day + AGAIN_AFTER, AGAIN_FROM)):
            yield _draft(f"{ASKED_HOW}:{person}:{visit}:{day.isoformat()}", covers)


def again_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield how they are asked once more; one draft for each person and day.

    Whoever was asked by hand in the last days is not asked by the program as well.
    """
    covers = _past(timezone.localdate(now), about)
    by_hand = chased(covers, since=timezone.localdate(now) - MANUAL_DAYS)
    still = [cover for cover in covers if (cover.volunteer_id, cover.session_id) not in by_hand]
    for (person, _same, day), theirs in _groups(still, lambda cover: 0).items():
        if is_time(now, at(day + AGAIN_AFTER, AGAIN_FROM), at(day + AGAIN_UNTIL, AGAIN_FROM)):
            yield _draft(f"{ASKED_AGAIN}:{person}:{day.isoformat()}", theirs)


def _past(on: date, about: Collection[int] | None) -> list[Cover]:
    """Return the covers about which somebody may be asked on the day; a run over everything reads them once for both kinds."""
    days = on - AGAIN_UNTIL, on
    # A window is over on its last day (rule 1). Its first comes before, so databases find `day` in an index.
    ended = Q(day__lte=on) & (Q(until_day=None, day__gte=days[0]) | Q(until_day__range=days))
    sessions = Session.objects.scheduled().filter(ended, recorded_at=None)

    def read() -> list[Cover]:
        return unreported(of_visits(sessions, about), on=on)

    return remembered(f"unreported:{on.isoformat()}", read) if about is None else read()


def _groups(covers: Iterable[Cover], key: Any) -> dict[tuple[int, Hashable, date], list[Cover]]:
    """Group the covers of people who get mail by the person, the key and the day, of a window its last one."""
    groups: defaultdict[tuple[int, Hashable, date], list[Cover]] = defaultdict(list)
    for cover in covers:
        if cover.volunteer.user is not None:
            groups[cover.volunteer_id, key(cover), cover.session.last_day].append(cover)
    return groups


def _draft(key: str, covers: Collection[Cover]) -> Draft:
    """Return the draft to the person of these covers; to nowhere, for the phone, where they do not sign in."""
    person = next(iter(covers)).volunteer
    sessions: defaultdict[int, list[int]] = defaultdict(list)
    for cover in covers:
        sessions[cover.session.visit_id].append(cover.session_id)
    about = [Reminded(VOLUNTEER, (visit, person.pk), ids) for visit, ids in sessions.items()]
    asked_about = [cover.session for cover in covers]
    link = link_to_outcomes(person, asked_about)
    to, write = person.user.email if person.user else "", partial(mail_about_outcomes, person, asked_about)
    phone = person.phone.as_national if person.phone else ""
    return Draft(key, to, write, about, link, who=str(person), phone=phone)


def chase_drafts(covers: Iterable[Cover], *, on: date) -> Iterator[Draft]:
    """Yield how somebody in the office asks for these outcomes, to go on the day.

    One draft for each person, to nowhere where they get no mail.
    """
    theirs: defaultdict[int, list[Cover]] = defaultdict(list)
    for cover in covers:
        theirs[cover.volunteer_id].append(cover)
    for person, rows in sorted(theirs.items()):
        sessions = sorted(cover.session_id for cover in rows)
        yield _draft(f"{CHASE}:{person}:{on.isoformat()}:{fingerprint(sessions)}", rows)


def chase_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield what an address refused, as of now, so that it goes where its reader has another one since; no verb wakes it.

    All others somebody in the office asks for.
    """
    refused = OutboxMessage.objects.undecided().filter(kind=CHASE, stopped_by__isnull=False, handed_over_at=None)
    if about is None and (messages := list(refused)):
        yield from _still_asked(messages, now=now)


def chase_again(message: OutboxMessage, now: datetime) -> Draft | None:
    """Return the draft of the message as of now: about those of its sessions that nobody has reported meanwhile."""
    return draft_of(message, _still_asked([message], now=now))


def _still_asked(messages: Iterable[OutboxMessage], *, now: datetime) -> Iterator[Draft]:
    """Yield the drafts of these messages to who gets mail, of what was not reported and no later one asks about as well."""
    keys = {message.pk: message.key for message in messages}
    named: defaultdict[int, set[tuple[int, int]]] = defaultdict(set)
    for pk, person, sessions in MessageAbout.objects.filter(message__in=keys).values_list("message_id", "volunteer", "speaks_of"):
        named[pk] |= {(person, session) for session in sessions or ()}
    wanted = {session for pairs in named.values() for _, session in pairs}
    on = timezone.localdate(now)
    missing = Session.objects.outcome_missing(on=on).filter(pk__in=wanted)
    covers = {(cover.volunteer_id, cover.session_id): cover for cover in unreported(missing, on=on) if cover.volunteer.user}
    latest = {pair: max(pks) for pair, pks in _chases(covers.values()).items()}
    for pk in sorted(named, reverse=True):
        pairs = [pair for pair in covers if pair in named[pk] and latest.get(pair, 0) <= pk]
        latest |= dict.fromkeys(pairs, pk)
        if pairs:
            yield _draft(keys[pk], [covers[pair] for pair in pairs])


def chased(covers: Iterable[Cover], *, since: date) -> set[tuple[int, int]]:
    """Return of which volunteer and session the office has asked by mails of that day or later; one query."""
    return {pair for pair, keys in _chases(covers).items() if max(map(_day_of, keys.values())) >= since}


def _chases(covers: Iterable[Cover]) -> dict[tuple[int, int], dict[int, str]]:
    """Return the ids and keys of the mails in which the office has asked, by volunteer and session; one query.

    What was stopped, and never got to anybody, has asked nobody.
    """
    visits = {cover.session.visit_id for cover in covers}
    rows = MessageAbout.objects.filter(visit__in=visits, is_reminder=True, message__kind=CHASE)
    rows = rows.exclude(message__stopped_at__isnull=False, message__handed_over_at=None)
    asked_in: defaultdict[tuple[int, int], dict[int, str]] = defaultdict(dict)
    for pk, key, person, sessions in rows.values_list("message_id", "message__key", "volunteer", "speaks_of"):
        for session in sessions or ():
            asked_in[person, session][pk] = key
    return asked_in


def _day_of(key: str) -> date:
    """Return the day on which the mail was to go, which its key holds."""
    return date.fromisoformat(key.split(":")[2])


ASKED_HOW, ASKED_AGAIN, CHASE = "outcome", "outcome-again", "chase"
CHASE_KIND = Kind(
    CHASE,
    "How did it go? Asked by the office",
    chase_due,
    chase_again,
    keep_reminded,
    forget_reminded,
    Audience.VOLUNTEERS,
    f"when a coordinator asks, about a session once a day at most; from {clock(QUIET_TO)} to {clock(QUIET_FROM)}",
    is_woken=False,
    senders=senders_about_visits,
    volunteer_at=1,
    waits_written=True,
)

KINDS = (
    reminder(
        ASKED_HOW,
        "How did it go?",
        Audience.VOLUNTEERS,
        f"{in_hours(AFTER)} after the end of the morning",
        due,
        volunteer_at=1,
    ),
    reminder(
        ASKED_AGAIN,
        "How did it go? Once more",
        Audience.VOLUNTEERS,
        f"{AGAIN_AFTER.days} days after it, from {clock(AGAIN_FROM)}, once",
        again_due,
        volunteer_at=1,
    ),
    CHASE_KIND,
)
