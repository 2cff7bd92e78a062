"""What all reminders have in common: they tell nothing new, go in a stretch of time, and are written down with their sessions."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from schools.messages.hours import MANUAL_DAYS
from schools.messages.kinds import Audience, Draft, Kind, draft_of, no_link
from schools.messages.links import Link
from schools.messages.models import OutboxMessage
from schools.visits.fingerprints import fingerprint
from schools.visits.keeping import keep_about, keep_about_anew, leave_perhaps
from schools.visits.models import ContactLog, KnownBy, MessageAbout, Visit
from schools.visits.queries.standings import Pair
from schools.visits.senders import senders_about_visits

type Query = Callable[[datetime, Collection[int] | None], Iterator[Draft]]
"""Yields the drafts that are due at a moment: of the visits with these ids, or of all."""


@dataclass(frozen=True)
class Reminded:
    """The sessions of one visit of which a message reminds one school or volunteer, by their ids."""

    of: str
    """Which party it is: a column of MessageAbout."""
    pair: Pair
    sessions: list[int] = field(default_factory=list)
    says: list[list[Any]] = field(default_factory=list)
    """What they know of the visit once they have read it (`Knowledge.afterwards`)."""
    key: str = ""
    """The key that a message has which says this alone; "": that of the message itself."""
    is_moved: bool = False
    """Whether the message that says it goes to another address than before."""


def reminder(
    name: str,
    words: str,
    audience: Audience,
    when: str,
    due: Query,
    *,
    is_woken: bool = False,
    own_link: Callable[[OutboxMessage, date], Link | None] = no_link,
    volunteer_at: int = 0,
    written: Callable[[OutboxMessage, Draft], None] | None = None,
) -> Kind:
    """Return the kind of a reminder; one that waits in the outbox is asked for again by the visits that it is about.

    `written` keeps of what it speaks; None: keep_reminded.
    """

    def again(message: OutboxMessage, now: datetime) -> Draft | None:
        visits = set(message.about.values_list("visit", flat=True))
        return draft_of(message, due(now, visits))

    return Kind(
        name,
        words,
        due,
        again,
        written or keep_reminded,
        forget_reminded,
        audience,
        when,
        is_woken,
        senders=senders_about_visits,
        going=keep_reminded_anew,
        own_link=own_link,
        volunteer_at=volunteer_at,
    )


def keep_reminded(
    message: OutboxMessage, draft: Draft, keep: Callable[[OutboxMessage, list[MessageAbout]], None] = keep_about
) -> None:
    """Keep of whom and which sessions the message speaks. Raises IntegrityError where another message does so already.

    One that goes once more, and may have arrived before, may speak of less by now: what else it may have said stays kept.
    """
    rows = list(_rows(message, draft))
    if message.handed_over_at is not None:
        _leave_perhaps(message, draft, rows)
        message.about.filter(facts__in={row.facts for row in rows}).delete()
    keep(message, rows)


def keep_at_once(message: OutboxMessage, draft: Draft) -> None:
    """Keep the same of what a school says on the day: what the office itself did a moment ago keeps that not back."""
    keep_reminded(message, draft, keep=lambda _, rows: keep_about_anew(rows))


def _leave_perhaps(message: OutboxMessage, draft: Draft, rows: Collection[MessageAbout]) -> None:
    """Mark what an earlier try may have said and this does not; where this goes to another address, it is no longer of it."""
    about: Iterable[Reminded] = draft.about  # type: ignore[assignment]  # as the queries of reminders make it
    facts = {row.facts for row in rows}
    if any(each.is_moved for each in about):
        message.about.exclude(facts__in=facts).delete()
    leave_perhaps(message, but=facts)


def _rows(message: OutboxMessage, draft: Draft) -> Iterator[MessageAbout]:
    about: Iterable[Reminded] = draft.about  # type: ignore[assignment]  # as the queries of reminders make it
    for each in about:
        yield MessageAbout(
            message=message,
            visit_id=each.pair[0],
            **{f"{each.of}_id": each.pair[1]},
            known_by=KnownBy.MESSAGE,
            is_reminder=True,
            says=each.says,
            speaks_of=each.sessions,
            facts=fingerprint(each.key or draft.key),
        )


def forget_reminded(message: OutboxMessage) -> None:
    """Forget the message, as far as nobody can have got it."""
    if message.handed_over_at is None:
        MessageAbout.objects.filter(message=message).delete()


@transaction.atomic
def keep_reminded_anew(message: OutboxMessage, draft: Draft) -> None:
    """Keep what this try says, as the newest that its readers know; what an earlier try may have told them stays."""
    rows = list(_rows(message, draft))
    if message.handed_over_at is None:
        forget_reminded(message)
        keep_about_anew(rows)
    else:
        _leave_perhaps(message, draft, rows)


def of_visits(rows: QuerySet[Any], about: Collection[int] | None, column: str = "visit") -> QuerySet[Any]:
    """Return the rows of the visits with these ids; None: of all."""
    return rows if about is None else rows.filter(**{f"{column}__in": about})


class ToldSince:
    """News that somebody was told: of which sessions, and when."""

    def __init__(self) -> None:
        self._latest: dict[int | None, datetime] = {}
        """The last time by session; None: news of all of the visit."""

    def add(self, sessions: Iterable[int] | None, moment: datetime) -> None:
        """Note news of these sessions; None: of all of the visit."""
        for session in [None] if sessions is None else sessions:
            self._latest[session] = max(moment, self._latest.get(session, moment))

    def names(self, sessions: Iterable[int], *, since: datetime) -> bool:
        """Return whether news since then was of one of these sessions; news of another day of the visit reminds of nothing."""
        return any(session in self._latest and self._latest[session] >= since for session in (None, *sessions))


def told_since(of: str, visits: Iterable[int], since: datetime) -> defaultdict[Pair, ToldSince]:
    """Return what news of these visits schools or volunteers were told since that moment; one query.

    What waits in the outbox counts as told: whoever reads it needs no reminder of the same.
    """
    recently = Q(message__sent_at__gte=since) | Q(known_by=KnownBy.OTHERWISE, at__gte=since)
    waiting = Q(message__isnull=False, message__sent_at=None, message__stopped_at=None)
    rows = MessageAbout.objects.filter(recently | waiting, visit__in=set(visits), is_reminder=False, **{f"{of}__isnull": False})
    # What only put a calendar right told no news.
    rows = rows.exclude(speaks_of=[])
    notices: defaultdict[Pair, ToldSince] = defaultdict(ToldSince)
    for visit, party, sessions, sent_at, at in rows.values_list("visit", of, "speaks_of", "message__sent_at", "at"):
        notices[visit, party].add(sessions, max(sent_at or at, since))
    return notices


def written_by_hand(schools: Iterable[int], *, since: date, any_way: bool = False) -> dict[int, list[tuple[int | None, date]]]:
    """Return the days since then on which somebody wrote to these schools by mail, each with the visit that it was about.

    `any_way`: or spoke with them in any other way.
    """
    rows = ContactLog.objects.spoken().filter(school__in=set(schools), day__gte=since)
    rows = rows if any_way else rows.filter(how=ContactLog.How.EMAIL)
    written: defaultdict[int, list[tuple[int | None, date]]] = defaultdict(list)
    for school, visit, day in rows.values_list("school", "visit", "day"):
        written[school].append((visit, day))
    return written


def takes_its_place(written: Iterable[tuple[int | None, date]], visit: Visit, *, due_on: date) -> bool:
    """Whether a mail by hand, about the visit or about none in particular, takes the place of what is due from that day on."""
    return is_about(visit.pk, written, since=due_on - MANUAL_DAYS)


def is_about(visit: int, written: Iterable[tuple[int | None, date]], *, since: date) -> bool:
    """Whether any of this is since that day about the visit with this id, or about none in particular."""
    return any(about in {None, visit} and day >= since for about, day in written)
