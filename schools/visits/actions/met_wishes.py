"""Which wishes of a host for another day a move of its visit has met: its undo alone lets them wait again (rule 32)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from django.db.models import Exists, OuterRef

from schools.visits.models import Batch, ChangeWhat, SchoolChange, Visit


@dataclass(frozen=True)
class Wishes:
    """What the host has asked for and not taken back, as it is before the visit is moved; the caller has locked the visit."""

    visit: Visit
    days: Mapping[int, date | None]
    """With which day of the visit each wish waits, by its id; None: it does not wait."""

    @classmethod
    def of(cls, visit: Visit) -> Self:
        """Return the wishes as they are now. One query."""
        waits = Exists(SchoolChange.objects.wishes().filter(pk=OuterRef("pk")))
        rows: Any = SchoolChange.objects.filter(visit=visit, what=ChangeWhat.MOVE, over_at=None).with_day().annotate(waits=waits)
        return cls(visit, {row.pk: row.waits_on if row.waits else None for row in rows})

    def met_by(self, batch: Batch) -> None:
        """Write down that the move of the batch has met those whose day the visit has left.

        Nor do those wait again to whose day it comes back: they were met by a move of which nothing was written down.
        """
        if not self.days:
            return
        days = set(self.visit.sessions.scheduled().values_list("day", flat=True))
        wait = set(SchoolChange.objects.wishes().filter(pk__in=self.days).values_list("pk", flat=True))
        left = {pk for pk, day in self.days.items() if day is not None and day not in days}
        back = {pk for pk in wait if self.days[pk] is None}
        met = list(SchoolChange.objects.filter(pk__in=left | back).order_by("-at", "-pk").values_list("pk", flat=True))
        SchoolChange.objects.filter(pk__in=met[:1]).update(batch=batch)
        # A batch is that of one change. What the school has said before it is answered with it.
        SchoolChange.objects.filter(pk__in=met[1:], seen_at=None).update(seen_at=batch.made_at, seen_by=batch.by)
