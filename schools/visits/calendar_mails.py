"""What mails about visits do in the calendars of their readers: compared, written as iCalendar, and kept (docs/messages.md)."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

from django.db.models import QuerySet

from schools.messages.calendar_parts import CalendarPart
from schools.messages.models import KeepSaid, OutboxMessage
from schools.messages.sending import host, sender
from schools.visits.calendars import EntryWords, part_of_mail
from schools.visits.models import MessageAbout, Session, Visit
from schools.visits.queries.entries import Entry, session_facts
from schools.visits.queries.known import Known
from schools.visits.queries.standings import AGREED, DOWN, SCHOOL, VOLUNTEER, Pair, Standings
from schools.visits.rules.entries import PartyCalendar, wanted_entries

type Words = Callable[[Visit, Entry, Iterable[Session]], EntryWords]


@dataclass(frozen=True)
class Calendars:
    """The calendars of all volunteers, or schools, who may have to be written to."""

    of_pair: Mapping[Pair, PartyCalendar]
    now: datetime

    def changes(self, pair: Pair, *, to: str, spoken: Collection[int] = ()) -> list[Entry]:
        """Return what a mail to this address does in the calendar; `spoken`: the sessions that it tells of, by their ids."""
        return self.of_pair[pair].changes(to=to, now=self.now, spoken=spoken)


def calendars_of(
    of: str, pairs: Collection[Pair], known: Mapping[Pair, Known], true: Mapping[Pair, Standings], *, now: datetime
) -> Calendars:
    """Return the calendars of these volunteers or schools, in one query."""
    facts = session_facts({visit for visit, _ in pairs}) if pairs else {}

    def calendar(pair: Pair) -> PartyCalendar:
        mailed = known[pair].mailed
        stands = DOWN if of == VOLUNTEER else AGREED

        def names(morning: str) -> str:
            return f"{pair[0]}-{morning}-{of}{pair[1]}@{host()}"

        wanted = wanted_entries(true.get(pair, {}), stands, facts, mailed, names=names)
        return PartyCalendar(wanted, mailed, facts, is_of_several=of == SCHOOL, missed=known[pair].missed)

    return Calendars({pair: calendar(pair) for pair in pairs}, now)


def calendar_parts(
    of: str, message: OutboxMessage, entries: Mapping[Pair, Collection[Entry]], words: Words, *, to: str, now: datetime
) -> tuple[CalendarPart, ...]:
    """Return a part for each of the entries: what stands in the calendar afterwards first, then what is taken out.

    They are numbered by the row that says what the message is about. A later row has a higher id, and what is true no longer is
    not sent, so the numbers of one entry rise with its mails, and every try of one mail has the same.
    """
    if not any(entries.values()):
        return ()
    numbers = {(visit, party): pk for pk, visit, party in message.about.values_list("pk", "visit", of)}
    visits = Visit.objects.select_related("school").in_bulk({visit for visit, _ in entries})
    wanted = {pk for theirs in entries.values() for entry in theirs for pk in entry.sessions}
    rows = Session.objects.filter(pk__in=wanted).select_related("type", "visit__school", "site").order_by("day", "starts", "pk")
    sessions = {session.pk: session for session in rows}
    changes = [(pair, entry) for pair, theirs in entries.items() for entry in theirs]
    return tuple(
        part_of_mail(
            entry,
            words(visits[pair[0]], entry, [session for pk, session in sessions.items() if pk in entry.sessions]),
            sequence=numbers.get(pair, 0),
            sender=sender(),
            to=to,
            now=now,
        )
        for pair, entry in sorted(changes, key=lambda change: (not change[1].is_there, change[1].begins, change[1].uid))
    )


class Try(NamedTuple):
    """What one try of a message says to somebody about a visit."""

    entries: Collection[Entry] = ()
    """What it does in their calendar."""
    speaks_of: Collection[int] = ()
    """The ids of the sessions that its text names: of more than when it was written, where an older mail was ended since."""
    phone_until: date | None = None
    """Until which day they are to be phoned as well: a mail that waited may go when little time is left."""


def keep_try(of: str, message: OutboxMessage, tries: Mapping[Pair, Try]) -> KeepSaid | None:
    """Keep until when its readers are to be phoned as well, and what this try of the message says.

    Where an earlier try may have arrived, its readers know that one until the mail server gets this: return what keeps it then.
    """
    rows = message.about.filter(**{f"{of}__isnull": False})
    for row in rows:
        tried = _of_row(of, row, tries)
        columns: dict[str, Any] = {"phone_until": tried.phone_until}
        if message.handed_over_at is None:
            columns |= _columns(row, tried.entries, tried.speaks_of)
        if any(getattr(row, name) != value for name, value in columns.items()):
            MessageAbout.objects.filter(pk=row.pk).update(**columns)
    return partial(_keep_both, of, rows, tries) if message.handed_over_at else None


def _of_row(of: str, row: MessageAbout, tries: Mapping[Pair, Try]) -> Try:
    return tries.get((row.visit_id, getattr(row, f"{of}_id")), Try())


def _keep_both(of: str, rows: QuerySet[MessageAbout], tries: Mapping[Pair, Try]) -> None:
    """Keep what this try says and what an earlier one said that this leaves out; and the latter alone, for `put_back`."""
    for row in rows.all():  # as they are by now
        tried = _of_row(of, row, tries)
        names = {entry.uid for entry in tried.entries}
        left_out = [entry for entry in map(Entry.of_row, row.calendar or ()) if entry.uid not in names]
        columns = _columns(row, [*tried.entries, *left_out], {*tried.speaks_of, *(row.speaks_of or ())})
        MessageAbout.objects.filter(pk=row.pk).update(**columns, said_before=_columns_of(row))


def _columns(row: MessageAbout, entries: Collection[Entry], speaks_of: Collection[int]) -> dict[str, Any]:
    """Return the columns by which the row says that."""
    is_as_kept = set(speaks_of) == set(row.speaks_of or ())
    spoken = row.speaks_of if is_as_kept else sorted(set(speaks_of))
    return {"calendar": [entry.as_row for entry in entries] or None, "speaks_of": spoken}


def _columns_of(row: MessageAbout) -> dict[str, Any]:
    return {"calendar": row.calendar, "speaks_of": row.speaks_of}


def put_back(message: OutboxMessage) -> None:
    """Keep again what the tries of the message before its last said."""
    for row in message.about.filter(said_before__isnull=False):
        MessageAbout.objects.filter(pk=row.pk).update(**(row.said_before or {}), said_before=None)
