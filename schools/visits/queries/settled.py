"""When visits were over, and all of them settled: what took place is reported, and what did not was called off."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from schools.messages.hours import at
from schools.visits.models import Session, SessionQuerySet, SessionStage, Visit

SETTLED_WITHIN = timedelta(days=60)
"""So long after its last day a visit may still be settled. Of what is typed in later no school waits to hear anything."""


@dataclass
class Settled:
    """The end of a visit that took place, at least in part, and of which nothing is open any more."""

    ended_on: date = date.min
    """The last day on which anything took place, or on which something that was to come was called off."""
    spoken_since: date = date.min
    """From this day on what is said with its schools comes after it: of what falls through they are told on the day itself."""
    moments: list[datetime] = field(default_factory=list)
    """When each session was reported, or called off."""
    last_day: date = date.min
    """The last day that was ever planned."""

    @property
    def at(self) -> datetime:
        """The moment at which the last of it was settled."""
        return max(self.moments)

    @property
    def is_in_time(self) -> bool:
        """Whether it was settled while its schools may still wait to hear of it."""
        return timezone.localdate(self.at) <= self.last_day + SETTLED_WITHIN

    def add(self, last_day: date, moment: datetime, *, is_off: bool) -> None:
        """Add a session that was on that day, or until then, and was settled at that moment; `is_off`: it did not take place."""
        ended = min(last_day, timezone.localdate(moment)) if is_off else last_day
        self.ended_on = max(ended, self.ended_on)
        self.spoken_since = max(ended + timedelta(days=1) if is_off else ended, self.spoken_since)
        self.last_day = max(last_day, self.last_day)
        self.moments.append(moment)


def held() -> SessionQuerySet:
    """Return what took place and was reported here; what came from a spreadsheet was reported to nobody."""
    return Session.objects.delivered().filter(recorded_at__isnull=False)


def settled_since(day: date, *, about: Collection[int] | None) -> dict[int, Settled]:
    """Return the visits that ended, or the last of which was settled, on the day or later; `about` are their ids, None: all."""
    sessions = Session.objects.all() if about is None else Session.objects.filter(visit__in=about)
    lately = sessions.filter(Q(day__gte=day - SETTLED_WITHIN) | Q(until_day__gte=day - SETTLED_WITHIN))
    took_place = sessions.filter(Q(day__gte=day) | Q(until_day__gte=day), stage=SessionStage.DELIVERED)
    reported = lately.filter(recorded_at__gte=at(day, time.min))
    called_off = lately.filter(stage=SessionStage.CANCELLED, recorded_at=None)
    first, *others = (rows.order_by().values("visit") for rows in (took_place, reported, called_off))
    visits = settled(first.union(*others, all=True))
    return {pk: each for pk, each in visits.items() if max(each.ended_on, timezone.localdate(each.at)) >= day}


def settled(visits: Collection[int] | QuerySet[Any]) -> dict[int, Settled]:
    """Return those of the visits (ids) that are settled, and were so in time, by their ids; three queries."""
    open_ones = Session.objects.scheduled().filter(visit=OuterRef("pk"))
    over = Visit.objects.filter(Exists(held().filter(visit=OuterRef("pk"))), ~Exists(open_ones), pk__in=visits)
    # Looked up first: together, PostgreSQL would go through every session ever held.
    ids = list(over.order_by().values_list("pk", flat=True))
    columns = ("visit", "pk", "day", "until_day", "stage", "recorded_at")
    sessions = list(Session.objects.filter(visit__in=ids).order_by().values_list(*columns)) if ids else []
    unsaid = {pk for _, pk, *_, stage, recorded_at in sessions if recorded_at is None and stage == SessionStage.CANCELLED}
    moments = _called_off_at(unsaid)
    ends: defaultdict[int, Settled] = defaultdict(Settled)
    for visit, pk, day, until_day, stage, recorded_at in sessions:
        # Of what was called off before its history was kept nobody knows when that was.
        if moment := recorded_at or moments.get(pk):
            ends[visit].add(until_day or day, moment, is_off=stage == SessionStage.CANCELLED)
    return {visit: end for visit, end in ends.items() if end.is_in_time}


def _called_off_at(sessions: Collection[int]) -> dict[int, datetime]:
    """Return when each of these cancelled sessions (ids) was cancelled, by its history: no column says so. One query."""
    if not sessions:  # as with most visits
        return {}
    moments: dict[int, datetime] = {}
    before: dict[int, str] = {}
    rows = Session.history.filter(id__in=sessions).order_by("history_date", "history_id")
    for pk, stage, moment in rows.values_list("id", "stage", "history_date"):
        if stage == SessionStage.CANCELLED and before.get(pk) != stage:
            moments[pk] = moment
        before[pk] = stage
    return moments
