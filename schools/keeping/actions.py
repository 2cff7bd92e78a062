"""The purge: what was kept long enough is removed, batch by batch, by as many processes as like."""

import logging
import traceback
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import groupby

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from schools.erasing.actions import tidy_indexes
from schools.erasing.people import reference_of
from schools.keeping.leaving import PEOPLE, LetGo, People, let_go
from schools.keeping.models import PurgeRun
from schools.keeping.periods import Period
from schools.keeping.waiting import left_last_time, of_references
from schools.keeping.ways import PARTS, Part
from schools.volunteers.actions import delete_looks_kept_long_enough, looks_kept_long_enough
from schools.volunteers.models import ClearanceLook

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
    in_notes: tuple[str, ...] = ()
    """The references of people whose time is over and whom notes name: a manager looks at these, and erases them.

    A purge looks for notes of those whom it would erase that night, and so does a dry run.
    """


@dataclass
class Tried:
    """How it went with the people whom one purge tried to erase."""

    number: int = 0
    not_done: list[str] = field(default_factory=list)
    in_notes: list[str] = field(default_factory=list)


def purge(*, clock: Clock, dry_run: bool = False) -> list[Line]:
    """Remove what was kept long enough and return a line for each period. The run is stored from its start, unless it is dry.

    It is safe to kill, to run again and to run several times at once: each batch is a transaction of its own, takes rows that
    nobody else is ending, and is found no more once it is done. What is added up in figures and ledgers is in no period. The
    words by which people were found go at its end, however it ends; those that a killed one left go with the next.
    """
    now = clock()
    if dry_run:
        return list(_lines(now, clock=clock, dry_run=True))
    run = PurgeRun.objects.create(started_at=now)
    try:
        lines = list(_lines(now, clock=clock, dry_run=False))
    finally:
        tidy_indexes()
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
    failed, in_notes_before = left_last_time(people.period.name)
    keys = _first(people, now, again=failed | in_notes_before)
    tried = _let_go_of(people, keys, clock, dry_run=dry_run)
    due = people.due(now)
    # Whom notes named the last time, and whose turn it was not in this one, waits for a manager still.
    still = due.filter(of_references(due.model, in_notes_before)).exclude(pk__in=keys) if in_notes_before else ()
    in_notes = (*tried.in_notes, *(reference_of(row) for row in still))
    left = max(due.count() - len(in_notes), 0)
    oldest = people.oldest_kept()
    return Line(
        people.period.name,
        left if dry_run else tried.number,
        oldest.isoformat() if oldest else "",
        waiting=0 if dry_run else left,
        for_managers=people.left_for_managers(now).count(),
        not_done=tuple(tried.not_done),
        in_notes=in_notes,
    )


def _let_go_of(people: People, keys: list[int], clock: Clock, *, dry_run: bool) -> Tried:
    """Erase these people, each in a transaction of its own, which a dry run takes back; return how it went.

    One entry that no constraint or code of ours expects keeps nobody else; it is tried again the next night. Each is listed with
    the moment of their own erasure: a backup may be taken between the first and the last.
    """
    tried = Tried()
    for pk in keys:
        try:
            with transaction.atomic():
                how = let_go(people, pk, now=clock())
                if dry_run:
                    transaction.set_rollback(True)
        except Exception as error:  # noqa: BLE001  # whatever it is, the others are gone on with
            if reference := _reference(people, pk):
                tried.not_done.append(reference)
                # A message of the database quotes the row: only what it is and where it happened is written down.
                where = "".join(traceback.format_tb(error.__traceback__))
                words = "%s was kept long enough and could not be erased (%s):\n%s"
                logger.error(words, reference, type(error).__name__, where)  # noqa: TRY400  # as above
            continue
        tried.number += how is LetGo.ERASED
        if how is LetGo.IN_NOTES and (reference := _reference(people, pk)):
            tried.in_notes.append(reference)
    return tried


def _reference(people: People, pk: int) -> str:
    """Return the reference of somebody; "" where they are not there any more."""
    row = people.rows().filter(pk=pk).first()
    return "" if row is None else reference_of(row)


def _first(people: People, now: datetime, *, again: Collection[str]) -> list[int]:
    """Return whom to erase in this purge: those who were kept longest, after them those of these references.

    With these it failed the last time, or notes name them: a hundred of them each night would keep everybody else.
    """
    due = people.due(now).order_by("counts_from", "pk")
    if not again:
        return list(due.values_list("pk", flat=True)[:PEOPLE_A_NIGHT])
    of_again = of_references(due.model, again)
    keys = list(due.exclude(of_again).values_list("pk", flat=True)[:PEOPLE_A_NIGHT])
    return [*keys, *due.filter(of_again).values_list("pk", flat=True)][:PEOPLE_A_NIGHT]
