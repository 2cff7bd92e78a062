"""The purge: what was kept long enough is removed, batch by batch, by as many processes as like."""

import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby

from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone

from schools.erasing.people import reference_of
from schools.keeping.leaving import PEOPLE, People, let_go
from schools.keeping.models import PurgeRun
from schools.keeping.periods import Period
from schools.keeping.ways import PARTS, Part
from schools.volunteers.actions import delete_looks_kept_long_enough, looks_kept_long_enough
from schools.volunteers.models import ClearanceLook, Volunteer

logger = logging.getLogger(__name__)

type Clock = Callable[[], datetime]

ROWS_A_BATCH = 500
"""So many rows are ended in one transaction: nobody who works meanwhile waits for more, and a kill loses no more."""

PEOPLE_A_NIGHT = 100
"""So many people of a period are erased in one purge, since each erasure searches the whole database; the next night goes on."""


@dataclass(frozen=True)
class Line:
    """What became of one period: what was removed, what is left of it, and since when the oldest counts that is kept."""

    period: str
    number: int
    """Rows that were ended, or people who were erased; of a dry run, that would be."""
    oldest: str
    """The day as YYYY-MM-DD, which may lie ahead; blank: there is no row of which the time counts."""
    waiting: int = 0
    """What is over and still there: for the next night, or because something stands against it."""
    for_managers: int = 0
    """People whose time is over and whom the purge leaves alone, so that a manager decides."""
    not_done: tuple[str, ...] = ()
    """The references of people whose erasure failed in a way that nobody has foreseen; the others were gone on with."""


def purge(*, clock: Clock, dry_run: bool = False) -> list[Line]:
    """Remove what was kept long enough and return a line for each period. The run is stored from its start, unless it is dry.

    It is safe to kill, to run again and to run several times at once: each batch is a transaction of its own, takes rows that
    nobody else is ending, and is found no more once it is done. What is added up in figures and ledgers is in no period.
    """
    now = clock()
    if dry_run:
        return list(_lines(now, clock=clock, dry_run=True))
    run = PurgeRun.objects.create(started_at=now)
    lines = list(_lines(now, clock=clock, dry_run=False))
    run.report, run.finished_at = [asdict(line) for line in lines], clock()
    run.save(update_fields=["report", "finished_at"])
    return lines


def _lines(now: datetime, *, clock: Clock, dry_run: bool) -> Iterator[Line]:
    """Yield a line for each period, rows first: what goes with a row needs not be searched when people are erased."""
    for period, parts in groupby(PARTS, key=_period_of):
        yield _of_rows(period, list(parts), now, dry_run=dry_run)
    yield _of_looks(now, dry_run=dry_run)
    for people in PEOPLE:
        yield _of_people(people, now, clock=clock, dry_run=dry_run)


def _period_of(part: Part) -> Period:
    return part.period


def _of_rows(period: Period, parts: list[Part], now: datetime, *, dry_run: bool) -> Line:
    number = 0
    for part in parts:
        if dry_run:
            number += part.due(now).count()
            continue
        while ended := _end_batch(part, now):
            number += ended
    days = [day for part in parts if (day := part.oldest_kept()) is not None]
    waiting = 0 if dry_run else sum(part.due(now).count() for part in parts)
    return Line(period.name, number, min(days).isoformat() if days else "", waiting)


@transaction.atomic
def _end_batch(part: Part, now: datetime) -> int:
    """End some rows that nobody else is ending at this moment, and return how many; 0: there are no more."""
    due = part.due(now).order_by("pk").select_for_update(of=("self",), skip_locked=True)
    keys = list(due.values_list("pk", flat=True)[:ROWS_A_BATCH])
    if keys:
        part.end(keys)
    return len(keys)


def _of_looks(now: datetime, *, dry_run: bool) -> Line:
    """End the looks at clearances, which the database lets go only after the day that stands on each."""
    number = looks_kept_long_enough(now=now).count() if dry_run else delete_looks_kept_long_enough(now=now)
    oldest = ClearanceLook.objects.order_by().aggregate(oldest=Min("at"))["oldest"]
    return Line("looks", number, timezone.localdate(oldest).isoformat() if oldest else "")


def _of_people(people: People, now: datetime, *, clock: Clock, dry_run: bool) -> Line:
    due = people.due(now)
    number, not_done = (due.count(), ()) if dry_run else _let_go_of(people, _first(people, now), clock)
    oldest = people.oldest_kept()
    return Line(
        people.period.name,
        number,
        oldest.isoformat() if oldest else "",
        waiting=0 if dry_run else people.due(now).count(),
        for_managers=people.left_for_managers(now).count(),
        not_done=not_done,
    )


def _let_go_of(people: People, keys: list[int], clock: Clock) -> tuple[int, tuple[str, ...]]:
    """Erase these people, each in a transaction of its own; return how many, and the references of those with whom it failed.

    One entry that no constraint or code of ours expects keeps nobody else; it is tried again the next night. Each is listed with
    the moment of their own erasure: a backup may be taken between the first and the last.
    """
    number, not_done = 0, list[str]()
    for pk in keys:
        try:
            number += let_go(people, pk, now=clock())
        except Exception as error:  # noqa: BLE001  # whatever it is, the others are gone on with
            row = people.rows().filter(pk=pk).first()
            if row is None:
                continue
            not_done.append(reference := reference_of(row))
            # A message of the database quotes the row: only what it is and where it happened is written down.
            where = "".join(traceback.format_tb(error.__traceback__))
            words = "%s was kept long enough and could not be erased (%s):\n%s"
            logger.error(words, reference, type(error).__name__, where)  # noqa: TRY400  # as above
    return number, tuple(not_done)


def _first(people: People, now: datetime) -> list[int]:
    """Return whom to erase in this purge: those who were kept longest, after them those with whom it failed the last time.

    A hundred with whom it fails each night would keep everybody else.
    """
    last = PurgeRun.objects.exclude(finished_at=None).order_by("-finished_at", "-pk").first()
    report = last.report if last else []
    failed = {reference for line in report if line["period"] == people.period.name for reference in line.get("not_done", ())}
    due = people.due(now).order_by("counts_from", "pk")
    if not failed:
        return list(due.values_list("pk", flat=True)[:PEOPLE_A_NIGHT])
    of_failed = Q(reference__in=failed) if due.model is Volunteer else Q(pk__in=[each.rpartition(":")[2] for each in failed])
    keys = list(due.exclude(of_failed).values_list("pk", flat=True)[:PEOPLE_A_NIGHT])
    return [*keys, *due.filter(of_failed).values_list("pk", flat=True)][:PEOPLE_A_NIGHT]
