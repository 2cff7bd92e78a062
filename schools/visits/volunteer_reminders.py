"""The kinds of messages that remind volunteers of what they are down for: two days before, and the evening before."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import partial

from django.utils import timezone

from schools.messages.hours import MANUAL_DAYS, QUIET_FROM, QUIET_TO, at, clock, is_time
from schools.messages.kinds import Audience, Draft
from schools.visits.knowledge import Knowledge, knowledge_of
from schools.visits.links import link_to_mornings
from schools.visits.models import BOOKED_STAGES, Cover, CoverState, SessionStage
from schools.visits.queries.school_alarms import alarms_called_off
from schools.visits.queries.standings import VOLUNTEER, Pair
from schools.visits.reminder_emails import mail_before
from schools.visits.reminders import Reminded, of_visits, reminder, told_since
from schools.visits.sms import sms_before

EVENING_FROM = time(17)


def two_days_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield the reminders of the day after tomorrow, from the morning on until the evening of tomorrow’s reminder."""
    on = timezone.localdate(now)
    for day in (on + timedelta(days=1), on + timedelta(days=2)):
        first, last = at(day - timedelta(days=2), QUIET_TO), at(day - timedelta(days=1), EVENING_FROM)
        if is_time(now, first, last):
            # Whoever was told anything since that day began knows it.
            began = at(day - timedelta(days=2), time.min)
            is_tomorrow = day == on + timedelta(days=1)
            yield from _drafts(TWO_DAYS, day, about, since=began, due_at=first, is_tomorrow=is_tomorrow)


def evening_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield the reminders of tomorrow, in the evening."""
    on = timezone.localdate(now)
    first, last = at(on, EVENING_FROM), at(on + timedelta(days=1), time.min)
    if is_time(now, first, last):
        yield from _drafts(EVENING, on + timedelta(days=1), about, since=first, due_at=first, is_tomorrow=True)


def _drafts(
    name: str, day: date, about: Collection[int] | None, *, since: datetime, due_at: datetime, is_tomorrow: bool
) -> Iterator[Draft]:
    """Yield one draft for each person who is down for anything on the day; what they still have to be told comes first.

    Nobody is reminded to go who may not be there: their coordinator has them on home.
    """
    covers = Cover.objects.filter(session__day=day, session__stage=SessionStage.SCHEDULED, state=CoverState.ACCEPTED)
    covers = covers.of_who_may_come().exclude(volunteer__user=None)
    covers = covers.filter(session__visit__stage__in=BOOKED_STAGES, session__recorded_at=None)
    # Where the school called the day off, they were told so at once.
    covers = covers.filter(~alarms_called_off("session__visit", "session__day"))
    rows = of_visits(covers, about, "session__visit").select_related(
        "volunteer__user", "session__type", "session__visit__school", "session__site"
    )
    people: defaultdict[int, list[Cover]] = defaultdict(list)
    for cover in rows.order_by("session__starts", "pk"):
        people[cover.volunteer_id].append(cover)
    visits = {cover.session.visit_id for theirs in people.values() for cover in theirs}
    news, knowledge = told_since(VOLUNTEER, visits, since), knowledge_of(VOLUNTEER, visits)
    for person, theirs in sorted(people.items()):
        news_of = {cover.pk for cover in theirs if news[_pair(cover)].names([cover.session_id], since=since)}
        heard = news_of | {cover.pk for cover in theirs if _knows(cover, due_at=due_at)}
        shown = [cover for cover in theirs if cover.pk not in heard and knowledge.has(_pair(cover), [cover.session_id])]
        if shown:
            volunteer = shown[0].volunteer
            sessions = [cover.session for cover in shown]
            write = partial(mail_before, volunteer, sessions, is_tomorrow=is_tomorrow)
            key, link = f"{name}:{person}:{day.isoformat()}", link_to_mornings(volunteer, sessions)
            sms = sms_before(volunteer, sessions, link) if name == EVENING else None
            yield Draft(key, volunteer.mail_address, write, _about(person, shown, knowledge), link, sms=sms)


def _pair(cover: Cover) -> Pair:
    return cover.session.visit_id, cover.volunteer_id


def _knows(cover: Cover, *, due_at: datetime) -> bool:
    """Whether somebody phoned them about it in the days before: that takes the place of the reminder."""
    return cover.told_at is not None and cover.told_at >= due_at - MANUAL_DAYS


def _about(person: int, covers: list[Cover], knowledge: Knowledge) -> list[Reminded]:
    sessions: defaultdict[int, list[int]] = defaultdict(list)
    for cover in covers:
        sessions[cover.session.visit_id].append(cover.session_id)
    pairs = {(visit, person): ids for visit, ids in sessions.items()}
    return [Reminded(VOLUNTEER, pair, ids, knowledge.afterwards(pair, ids)) for pair, ids in pairs.items()]


TWO_DAYS, EVENING = "two-days", "evening"

KINDS = (
    reminder(
        TWO_DAYS,
        "In two days",
        Audience.VOLUNTEERS,
        f"two days before, from {clock(QUIET_TO)}",
        two_days_due,
        volunteer_at=1,
    ),
    replace(
        reminder(
            EVENING,
            "Tomorrow",
            Audience.VOLUNTEERS,
            f"the evening before, {clock(EVENING_FROM)} to {clock(QUIET_FROM)}",
            evening_due,
            volunteer_at=1,
        ),
        by_sms="each",
    ),
)
