"""Which wishes of a host for another day a move of its visit has met: its undo alone lets them wait again (rule 32)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from django.db.models import Exists, OuterRef

from schools.visits.half_days import HalfDay
from schools.visits.models import Batch, ChangeWhat, SchoolChange, Session, Visit
from schools.visits.rules.school_changes import half_day_of


@dataclass(frozen=True)
class Wishes:
    """What the host has asked for and not taken back, as it is before the visit is moved; the caller has locked the visit."""

    visit: Visit
    days: Mapping[int, date | None]
    """With which day of the visit each wish waits, by its id; None: it does not wait."""
    half_day: HalfDay | None
    """On which half-day the visit is; None: none of it is to take place, or the school has asked for nothing."""

    @classmethod
    def of(cls, visit: Visit) -> Self:
        """Return the wishes as they are now. One query, and one of the sessions where there are any."""
        waits = Exists(SchoolChange.objects.wishes().filter(pk=OuterRef("pk")))
        rows: Any = SchoolChange.objects.filter(visit=visit, what=ChangeWhat.MOVE, over_at=None).with_day().annotate(waits=waits)
        days = {row.pk: row.waits_on if row.waits else None for row in rows}
        return cls(visit, days, half_day_of(_scheduled(visit)) if days else None)

    def met_by(self, batch: Batch) -> None:
        """Write down that the move of the batch has met those whose day the visit has left, or that asked for its new half-day.

        Nor do those wait again to whose day it comes back: they were met by a move of which nothing was written down.
        """
        if not self.days:
            return
        sessions = _scheduled(self.visit)
        days = {each.day for each in sessions}
        wait = set(SchoolChange.objects.wishes().filter(pk__in=self.days).values_list("pk", flat=True))
        left = {pk for pk, day in self.days.items() if day is not None and day not in days}
        back = {pk for pk in wait if self.days[pk] is None}
        there = self._asking_for(sessions, wait - back)
        met = list(SchoolChange.objects.filter(pk__in=left | back | there).order_by("-at", "-pk").values_list("pk", flat=True))
        SchoolChange.objects.filter(pk__in=met[:1]).update(batch=batch)
        # A batch is that of one change. What the school has said before it is answered with it.
        SchoolChange.objects.filter(pk__in=met[1:], seen_at=None).update(seen_at=batch.made_at, seen_by=batch.by)

    def _asking_for(self, sessions: Iterable[Session], wait: Collection[int]) -> set[int]:
        """Return which of the wishes (by id) name the half-day to which the visit has come: the other one of its day, perhaps.

        None where a part of it stays behind.
        """
        here = half_day_of(sessions)
        if here is None or self.half_day in {half_day_of([each]) for each in sessions}:
            return set()
        return {wish.pk for wish in SchoolChange.objects.filter(pk__in=wait) if here.key in wish.half_days}


def _scheduled(visit: Visit) -> list[Session]:
    return list(visit.sessions.scheduled())
