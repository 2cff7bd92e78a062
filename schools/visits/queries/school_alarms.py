"""What schools said on the day: the alarms of visits, whom they concern, and who has heard of them."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, timedelta
from itertools import chain
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from schools.messages.models import OutboxMessage
from schools.messages.sms import KEY as SMS
from schools.visits.models import BOOKED_STAGES, Cover, CoverState, SchoolAlarm, Session, SessionStage

type Heard = set[tuple[str, int, int]]
"""The kind of message, the alarm, and the person to whom it went."""


def of_today(*, on: date) -> QuerySet[SchoolAlarm]:
    """Return the alarms of the day and of tomorrow about sessions that are to take place and that nobody has reported."""
    sessions = Session.objects.filter(visit=OuterRef("visit"), day=OuterRef("day"), stage=SessionStage.SCHEDULED)
    sessions = sessions.filter(recorded_at=None, visit__stage__in=BOOKED_STAGES)
    rows = SchoolAlarm.objects.of_days_from(on).filter(Exists(sessions))
    return rows.select_related("visit__school", "visit__coordinator").order_by("pk")


def is_to_take_place() -> Exists:
    """Return the condition that something of the alarm’s day is still to take place: neither cancelled nor reported."""
    return Exists(Session.objects.scheduled().filter(visit=OuterRef("visit"), day=OuterRef("day"), recorded_at=None))


def with_to_take_place(alarms: QuerySet[SchoolAlarm]) -> QuerySet[SchoolAlarm]:
    """Return the alarms with `is_to_take_place` added: whether something of their day is still to take place."""
    # Passed as a mapping, because SchoolAlarm declares the attribute itself, for the code that reads it.
    added = {"is_to_take_place": is_to_take_place()}
    return alarms.annotate(**added)


def on_the_way(alarms: Collection[SchoolAlarm]) -> dict[int, list[Cover]]:
    """Return who is down for the sessions of each alarm’s day, one cover for each session, by the alarm’s id; one query."""
    return _down_for(alarms, Q(session__stage=SessionStage.SCHEDULED))


def to_phone(alarms: Collection[SchoolAlarm], *, on: date) -> dict[int, list[Cover]]:
    """Return as `on_the_way`, with who was down for what was cancelled after the alarm: they may be on the road.

    Nobody is on the road to a day that is over. Two queries, the second only where something of these days was cancelled.
    """
    off = Q(session__stage=SessionStage.CANCELLED, session__recorded_at=None, session__day__gte=on)
    down = _down_for(alarms, Q(session__stage=SessionStage.SCHEDULED) | off)
    covers = chain.from_iterable(down.values())
    cancelled = {cover.session_id for cover in covers if cover.session.stage == SessionStage.CANCELLED}
    was = Session.history.filter(id__in=cancelled).order_by("history_date", "history_id") if cancelled else ()
    states = [(state.id, state.history_date, state.stage) for state in was]
    people = {}
    for alarm in alarms:
        then = {session: stage for session, since, stage in states if since <= alarm.at}
        stood = {session for session, stage in then.items() if stage == SessionStage.SCHEDULED}
        people[alarm.pk] = [each for each in down[alarm.pk] if each.session_id not in cancelled or each.session_id in stood]
    return people


def _down_for(alarms: Collection[SchoolAlarm], which: Q) -> dict[int, list[Cover]]:
    visits = {alarm.visit_id for alarm in alarms}
    covers = Cover.objects.filter(session__visit__in=visits, session__day__in={alarm.day for alarm in alarms})
    covers = covers.filter(which, state=CoverState.ACCEPTED)
    rows = covers.select_related("volunteer__user", "session__type", "session__visit__school", "session__site")
    by_day: defaultdict[tuple[int, date], list[Cover]] = defaultdict(list)
    for cover in rows.order_by("session__starts", "pk"):
        by_day[cover.session.visit_id, cover.session.day].append(cover)
    return {alarm.pk: by_day.get((alarm.visit_id, alarm.day), []) for alarm in alarms}


def who_heard(kinds: Collection[str], alarms: Collection[SchoolAlarm]) -> Heard:
    """Return to whom an alarm may have gone, by mail or by SMS; what still waits has told nobody. One query."""
    if not alarms:
        return set()
    ids = {alarm.pk for alarm in alarms}
    gone = OutboxMessage.objects.filter(Q(sent_at__isnull=False) | Q(handed_over_at__isnull=False))
    # Only so that not all messages of years are read; a day more, since the clocks of two processes may differ.
    gone = gone.filter(created_at__gte=min(alarm.at for alarm in alarms) - timedelta(days=1))
    rows: Heard = set()
    for key in gone.filter(kind__in=kinds).values_list("key", flat=True):
        kind, alarm, person = key.removeprefix(SMS).split(":")[:3]
        if int(alarm) in ids and not key.endswith(OVER):
            rows.add((kind, int(alarm), int(person)))
    return rows


OVER = ":over"
"""How the key of a message ends that says that an alarm was taken back."""


def alarms_called_off(visit: str, day: str) -> Any:
    """Return the condition that the host of the row’s visit called the row’s day off; both are names of columns."""
    return Exists(SchoolAlarm.objects.calling_off().filter(visit=OuterRef(visit), day=OuterRef(day)))
