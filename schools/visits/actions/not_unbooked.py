"""Why what was booked, whom a guest school sends, or what was done with a request stays as it is when it is undone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import Model, Subquery
from django.utils import timezone

from schools.accounts.models import User
from schools.core.references import is_referenced
from schools.core.words import joined, long_day
from schools.directory.models import Contact, School
from schools.visits import rules
from schools.visits.actions.batches import Change, points_to_nobody
from schools.visits.actions.booked import PUPILS, pupils_of
from schools.visits.actions.named_again import Known, reasons_not_to_name_again
from schools.visits.actions.not_put_back import Key, as_left
from schools.visits.actions.requests import SHARED, is_as_typed
from schools.visits.models import (
    Batch,
    BatchKind,
    ContactLog,
    Headcount,
    KnownBy,
    MessageAbout,
    OfferedDates,
    SchoolAnswer,
    Session,
    Visit,
    VisitRequest,
)
from schools.visits.queries.needed import is_needed
from schools.visits.queries.requests import asked_for_by
from schools.visits.rules.guest_schools import reasons_not_to_set_guest

UNBOOKS = frozenset({BatchKind.BOOK, BatchKind.ADD})
"""The batches of which sessions go, so that these are taken out before the visit that they belong to."""
KINDS = UNBOOKS | {BatchKind.GUESTS, BatchKind.REQUEST}
"""The batches of which this module knows why a row stays."""

ASKED_BEFORE = (VisitRequest, OfferedDates, ContactLog, SchoolAnswer)
"""The tables in which a visit that the school asked for may stand before it is booked, so they say nothing of the booking."""


@dataclass(frozen=True)
class Unbooking:
    """A batch of one of the `KINDS` that somebody undoes, with its rows as they are now."""

    batch: Batch
    rows: Mapping[Key, Model]
    by: User
    now: datetime
    _of_guests: dict[tuple[int, int | None], list[str]] = field(default_factory=dict)
    """The reasons by session and the year group that comes to it again, None: one that leaves; each is looked up once."""

    def reasons(self, change: Change, row: Model) -> list[str]:
        """Return why the row is not put back although nobody changed it since; none where it is."""
        if self.batch.kind == BatchKind.REQUEST:
            return self._reasons_of_asking(change, row)
        match row:
            case Headcount():
                return self._reasons_of_guest(change, row)
            case Visit():
                return self._reasons_of_booking
            case Session() | School() if self.batch.kind == BatchKind.BOOK:
                return ["Its visit stays booked."] if self._reasons_of_booking or not self._visit_is_left else []
            case Session() | School():
                return self._reasons_of_added(row)
        return []

    def _reasons_of_asking(self, change: Change, row: Model) -> list[str]:
        """Return why what was done with a request stays; the visit that was made of it goes with all of it, or nothing does."""
        match row:
            case VisitRequest():
                return self._reasons_of_request(row) or self._reasons_of_asked
            case Contact():
                return self._reasons_of_person(row)
            case SchoolAnswer():
                return self._reasons_of_naming(row)
            case Visit() if "before" in change:
                return rules.reasons_not_theirs(row, by=self.by, on=self._on)
            case Visit() if self._reasons_of_booking:
                return self._reasons_of_booking
        return self._reasons_of_asked

    @property
    def _on(self) -> date:
        return timezone.localdate(self.now)

    @property
    def _changes(self) -> Iterable[Change]:
        rows: Iterable[Change] = self.batch.changes
        return rows

    @cached_property
    def _visit_is_left(self) -> bool:
        """Whether the visit that was booked is as the booking left it."""
        return self._are_left("visit")

    def _are_left(self, table: str) -> bool:
        """Return whether all rows of the table are there as the act left them."""
        of_table = [(change, self.rows.get((table, change["pk"]))) for change in self._changes if change["table"] == table]
        return all(row is not None and as_left(row, change) for change, row in of_table)

    @cached_property
    def _reasons_of_asked(self) -> list[str]:
        """Return a reason where the visit that was made of a request stays: then the request is of that school still."""
        if not self._is_new:
            return []
        goes = not self._reasons_of_booking and self._are_left("visit") and self._are_left("visitrequest")
        return [] if goes else ["The visit that was made of the request stays."]

    def _reasons_of_person(self, person: Contact) -> list[str]:
        """Return why who was put among the people at the school stays there; the request and its visit name them no more."""
        request = next((row for row in self.rows.values() if isinstance(row, VisitRequest)), None)
        if is_needed(person) or request is None or not is_as_typed(person, request):
            return ["They were changed since, or something refers to them. Remove them on the school’s page."]
        return []

    def _reasons_of_naming(self, answer: SchoolAnswer) -> list[str]:
        """Return why whom the school had named confirms nothing: only where the visit names nobody again may they."""
        not_theirs = rules.reasons_not_theirs(answer.visit, by=self.by, on=self._on)
        return not_theirs if self._are_left("visit") else [*not_theirs, "The visit names somebody else by now."]

    def _is_used(self, visit: Visit) -> bool:
        """Whether rows refer to the visit besides those of its booking, and of what was there before."""
        of_batch = [change["pk"] for change in self._changes if change["table"] == "visitrequest"]
        if of_batch and VisitRequest.objects.filter(visit=visit).exclude(pk__in=of_batch).exists():
            return True
        before = () if self._is_new else ASKED_BEFORE
        return is_referenced(visit, but=(MessageAbout, Session, *before, *((VisitRequest,) if of_batch else ())))

    @cached_property
    def _reasons_of_booking(self) -> list[str]:
        """Return why the visit does not go as though it had never been booked: all of it goes, or nothing."""
        visit = next((row for row in self.rows.values() if isinstance(row, Visit)), None)
        if visit is None:
            return []
        reasons = rules.reasons_not_theirs(visit, by=self.by, on=self._on)
        of_batch = [change for change in self._changes if change["table"] == "session"]
        sessions = [row for row in self.rows.values() if isinstance(row, Session)]
        is_left = [as_left(self.rows[key], change) for change in of_batch if (key := ("session", change["pk"])) in self.rows]
        if not all(is_left) or len(is_left) < len(of_batch):
            reasons.append("A session of it was changed since. Cancel the visit on its page instead.")
        if visit.sessions.exclude(pk__in=[change["pk"] for change in of_batch]).exists():
            reasons.append("Another session was added to it since. Undo that first, or cancel the visit on its page.")
        if self._is_used(visit):
            reasons.append("Others have worked on it since. Cancel it on its page instead.")
        # With the visit all that is known of it would go, and nobody would correct what they believe.
        if MessageAbout.objects.filter(visit=visit, is_reminder=False).exclude(known_by=KnownBy.BEFORE).exists():
            reasons.append("Somebody was told of it since. Cancel it on its page instead.")
        reasons += self._reasons_of_people(visit)
        if not self._is_new and (anew := asked_for_by(visit.school)):
            reasons.append(f"The school has asked for visit {anew.reference} since. Cancel this one on its page instead.")
        return reasons + self._reasons_of_sessions(sessions, "the visit")

    def _reasons_of_people(self, visit: Visit) -> list[str]:
        """Return why whom the request named before the booking is not named again; none where the booking made the visit."""
        reasons: list[str] = []
        known: Known = {}
        for change in self._changes:
            if change["table"] == "visit" and "before" in change:
                if points_to_nobody(visit, change["before"]):
                    reasons.append("Whoever it named before is not there any more. Cancel it on its page instead.")
                reasons += reasons_not_to_name_again(change, visit, known=known, on=self._on)
        return reasons

    @property
    def _is_new(self) -> bool:
        """Whether the booking made the visit; otherwise the school had asked for it, and it waits for a day again."""
        return any(change["table"] == "visit" and "before" not in change for change in self._changes)

    def _reasons_of_sessions(self, sessions: list[Session], it: str) -> list[str]:
        """Return why these sessions of the batch are not taken out; `it` is what would have to be cancelled instead."""
        instead = f"Cancel {it} on its page instead."
        expected = {change["pk"]: change.get(PUPILS) for change in self._changes if change["table"] == "session"}
        now = pupils_of(sessions)
        reasons = []
        if any(now[session.pk] != expected.get(session.pk) for session in sessions):
            reasons.append(f"Somebody changed since which pupils come. {instead}")
        if any(is_referenced(session, but=(Headcount,)) for session in sessions):
            reasons.append(f"Somebody was asked or put on since, or something is set aside for it. {instead}")
        if over := [session for session in sessions if self._has_ended_since(session)]:
            days = joined(dict.fromkeys(long_day(session.last_day) for session in over))
            reasons.append(f"{days} {'is' if len({session.last_day for session in over}) == 1 else 'are'} over. "
                           "Write down how it went, or cancel it on its page.")  # fmt: skip
        guests = {int(school or 0) for session in sessions for school, *_ in expected.get(session.pk) or ()}
        return reasons + rules.reasons_locked(sessions, by=self.by, schools=guests)

    @cached_property
    def _some_added_stays(self) -> bool:
        """Whether a session that the batch added stays, so that the school has agreed to a day all the same."""
        added = [row for row in self.rows.values() if isinstance(row, Session)]
        return not self._are_left("session") or any(self._reasons_of_added(session) for session in added)

    def _reasons_of_added(self, row: Session | School) -> list[str]:
        """Return why the session that was added stays; or the school, which waits again where none of them does."""
        if isinstance(row, School):
            return ["Some of what was added stays."] if self._some_added_stays else []
        late = rules.reasons_not_theirs(row.visit, by=self.by, on=self._on)
        return [*late, *self._reasons_of_sessions([row], "it"), *self._reasons_of_adding(row)]

    def _reasons_of_adding(self, session: Session) -> list[str]:
        """Return why the session that was added stays: the visit would be empty, or who knows of it would not hear of it.

        Of a visit without a session to come nobody is told anything any more.
        """
        added = [change["pk"] for change in self._changes if change["table"] == "session"]
        if not rules.are_others_to_come(session, on=self._on, but=added):
            return ["No other session of the visit is to come. Cancel it on its page instead."]
        if self.batch.held_until is not None and self.now < self.batch.held_until:
            return []  # nobody has heard of it
        soon = rules.reasons_known_to_come_soon(session, now=self.now)
        return soon or rules.reasons_nobody_would_hear(session, now=self.now, but=added)

    def _has_ended_since(self, session: Session) -> bool:
        """Whether the session ended after the act: what is over when it is typed in can be taken back, as a slip."""
        end = (session.last_day, session.ends)
        made, local = timezone.localtime(self.batch.made_at), timezone.localtime(self.now)
        return (made.date(), made.time()) < end <= (local.date(), local.time())

    def _reasons_of_guest(self, change: Change, row: Headcount) -> list[str]:
        """Return why the pupils of the guest stay as they are in the session, or away from it."""
        session, comes = row.session, "before" in change
        key = (session.pk, row.year_group if comes else None)
        if key not in self._of_guests:
            coming = {session.pk: {row.year_group: change["before"]["expected"]}} if comes else {}
            reasons = reasons_not_to_set_guest(session.visit, row.school, [session], coming, by=self.by, on=self._on)
            if self._has_ended_since(session):
                reasons.append(f"{long_day(session.last_day)} is over. Say who was there where you record how it went.")
            if not change["after"] and self._comes_anew(row):
                reasons.append("Somebody said since which of its pupils come.")
            self._of_guests[key] = reasons
        return list(self._of_guests[key])

    def _comes_anew(self, row: Headcount) -> bool:
        """Whether other pupils of the guest were written into the session after the act, and are expected there now."""
        of_batch = [change["pk"] for change in self._changes]
        now = Headcount.objects.filter(session=row.session_id, school=row.school_id).exclude(pk__in=of_batch)
        written: Any = Headcount
        # By the order of the history, whose session was locked: clocks may be a little apart.
        gone = written.history.filter(id=row.pk, history_type="-").order_by("-history_id").values("history_id")[:1]
        since = written.history.filter(id__in=now.order_by().values("pk"), history_type="+", history_id__gt=Subquery(gone))
        return bool(since.exists())

    def _reasons_of_request(self, request: VisitRequest) -> list[str]:
        if request.visit is not None:
            return rules.reasons_not_theirs(request.visit, by=self.by, on=self._on)
        if request.school_id is None or self.by.is_manager or not self.by.is_coordinator:
            return []
        is_theirs = School.objects.for_user(self.by, on=self._on).filter(pk=request.school_id).exists()
        return [] if is_theirs else ["It is in another area now. Ask its coordinator to change it."]


def still_shared(batch: Batch) -> list[str]:
    """Return a sentence on who is among the people at the request’s school, too, because of the act: they stay there."""
    shared = [change[SHARED] for change in batch.changes if SHARED in change]
    people = Contact.objects.filter(pk__in=shared) if shared else ()
    return [f"{person} stays among the people at the school. Remove them on its page where they are not." for person in people]
