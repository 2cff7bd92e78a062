"""Booking a visit, adding sessions, saying which pupils of a guest come, and answering a request, so that it can be undone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime

from django.db import transaction

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.directory.models import School
from schools.visits.actions.batches import Changes, field_values, last_of
from schools.visits.actions.booking import NO_DETAILS, are_exactly, book, booked_already, has_among_others, lock_to_book
from schools.visits.actions.editing import add_sessions
from schools.visits.actions.guest_schools import Coming, set_guest
from schools.visits.actions.requests import know_person, say_which_school, see_to_request
from schools.visits.models import Batch, BatchKind, Headcount, Session, Visit, VisitRequest
from schools.visits.rules import NewSession, VisitDetails

OF_VISIT = ("school", "stage", "replaces", *(field.name for field in fields(VisitDetails)))
"""The fields of a visit that a booking writes."""
OF_SESSION = ("visit", "type", "day", "starts", "ends", "until_day", "room", "language", "site", "stage")
"""The fields of a session that was booked by which one sees whether somebody has worked on it since."""
OF_HEADCOUNT = ("session", "school", "year_group", "expected", "pupils")
"""The fields of a headcount that come back where a guest was taken off."""
OF_SEEN = ("state", "decided_at", "decided_by")
"""The fields of a request that seeing to it writes."""
PUPILS = "pupils"
"""The key in a batch under which a session that was booked keeps who was expected in it (`pupils_of`)."""

type Pupils = list[list[int | None]]
"""School (its id), year group and number of those expected in a session; None: not known."""


class BookedAlready(RuleBroken):
    """A refusal, because exactly this was booked already, by the same form; `visit` is that visit."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        super().__init__([f"Visit {visit.reference} was booked already, so nothing was booked twice. Look at it."])


class AddedAlready(RuleBroken):
    """A refusal, because the visit has exactly these sessions already; `batch` is the user's that added them, None: none did."""

    def __init__(self, batch: Batch | None) -> None:
        self.batch = batch
        super().__init__(["The visit has these sessions already, so nothing was added twice. Look at it."])


def pupils_of(sessions: Iterable[Session]) -> dict[int, Pupils]:
    """Return who is expected in each of the sessions, by its id, as a batch keeps it; one query."""
    pupils: dict[int, Pupils] = {session.pk: [] for session in sessions}
    rows = Headcount.objects.filter(session__in=pupils).order_by("session", "school", "year_group")
    for row in rows:
        pupils[row.session_id].append([row.school_id, row.year_group, row.expected])
    return pupils


@transaction.atomic
def book_to_undo(
    school: School,
    sessions: Sequence[NewSession],
    *,
    by: User,
    now: datetime,
    details: VisitDetails = NO_DETAILS,
    reference: str = "",
    replaces: Visit | None = None,
) -> Batch:
    """Book the visit as `book` does; the batch undoes it: it goes, or is what the school asked for again.

    Raises BookedAlready where exactly this was booked with the reference, BookedMeanwhile where something else was, and
    RuleBroken with every reason.
    """
    # In the order of `book`, so that nobody books with the reference between the look and the booking.
    asked_for, _, school = lock_to_book(school, reference=reference, replaces=replaces)
    if same := booked_already(school, sessions, details=details, reference=reference, replaces=replaces):
        raise BookedAlready(same)
    before = field_values(asked_for, OF_VISIT) if asked_for else None
    changes = Changes()
    visit = book(school, sessions, by=by, now=now, details=details, reference=reference, replaces=replaces, changes=changes)
    if before is None:
        changes.record_created(visit, OF_VISIT)
    else:
        changes.record_changed(visit, before)
    _record_booked(changes, visit.sessions.order_by("pk"))
    return _kept(changes, BatchKind.BOOK, f"Booked visit {visit.reference} to {visit.school}", visit, by=by, now=now)


@transaction.atomic
def add_to_undo(visit: Visit, sessions: Sequence[NewSession], *, by: User, now: datetime) -> Batch:
    """Book more sessions into the visit as `add_sessions` does; by the batch they go, and the school waits again if it did.

    Raises AddedAlready where the visit has them, as when somebody has pressed twice, and RuleBroken as it does.
    """
    # As it is locked there, so that the second of two presses waits for the first.
    visit = Visit.objects.select_for_update(of=("self",), no_key=True).select_related("school").get(pk=visit.pk)
    if has_among_others(visit, sessions):
        raise AddedAlready(_added_before(visit, sessions, by=by))
    changes = Changes()
    added = add_sessions(visit, sessions, by=by, now=now, changes=changes)
    _record_booked(changes, added)
    number = "a session" if len(added) == 1 else f"{len(added)} sessions"
    words = f"Added {number} to visit {visit.reference}, {visit.school}"
    return _kept(changes, BatchKind.ADD, words, visit, by=by, now=now)


def _added_before(visit: Visit, sessions: Sequence[NewSession], *, by: User) -> Batch | None:
    """Return the user's last adding of sessions, if it added exactly these, as when they press twice; None: it did not."""
    batch = last_of(BatchKind.ADD, visit, by=by)
    added = [change["pk"] for change in batch.changes if change["table"] == "session"] if batch else []
    return batch if are_exactly(visit.sessions.filter(pk__in=added), visit, sessions) else None


@transaction.atomic
def set_guest_to_undo(visit: Visit, guest: School, coming: Coming, *, seen: str, by: User, now: datetime) -> Batch:
    """Let these pupils of the guest come, and no others of it, as `set_guest` does; the batch lets those come who came before.

    A batch without changes, which is not stored: they come already. Raises RuleBroken as it does.
    """
    # As set_guest locks them, so that what is read here is what it changes.
    list(Session.objects.select_for_update(of=("self",)).filter(visit=visit).order_by("pk").values_list("pk"))
    theirs = Headcount.objects.filter(session__visit=visit, school=guest).order_by("pk")
    before = {row.pk: row for row in theirs.all()}
    set_guest(visit, guest, coming, seen=seen, by=by, now=now)
    changes, after = Changes(), {row.pk: row for row in theirs.all()}
    record_headcounts(changes, before, after)
    verb = "Changed" if before and after else "Added" if after else "Took off"
    words = f"{verb} guest {guest} at visit {visit.reference}, {visit.school}"
    return _kept(changes, BatchKind.GUESTS, words, visit, by=by, now=now)


@transaction.atomic
def see_to_request_to_undo(request: VisitRequest, *, by: User, now: datetime) -> Batch:
    """Say that nobody has to look at the request any more; the batch lets it wait again. Nobody is told of either.

    A batch without changes, which is not stored: it was seen to already. Raises RuleBroken where it was not confirmed.
    """
    before = field_values(VisitRequest.objects.select_for_update(of=("self",)).get(pk=request.pk), OF_SEEN)
    changes = Changes()
    changes.record_changed(see_to_request(request, by=by, now=now), before)
    # Without a name: the words of a batch stay when somebody is erased.
    at = f" of {request.school}" if request.school else ""
    return changes.keep_any(BatchKind.REQUEST, f"Saw to a request{at}", by=by, now=now)


@transaction.atomic
def join_to_undo(request: VisitRequest, school: School, *, by: User, now: datetime) -> Batch:
    """Say which school the request is of, as `say_which_school` does; by the batch it waits for that again, and its visit goes.

    A visit that was there before stays. Raises RuleBroken as it does.
    """
    changes = Changes()
    joined = say_which_school(request, school, by=by, now=now, changes=changes)
    batch = changes.keep(BatchKind.REQUEST, f"Said that a request is of {school}", by=by, now=now)
    batch.visits = [joined.visit_id]
    return batch


@transaction.atomic
def know_person_to_undo(request: VisitRequest, *, by: User, now: datetime) -> Batch:
    """Put whoever asked among the people at the school, as `know_person` does; by the batch they are not, and it waits again.

    A batch without changes, which is not stored: it was done already. Raises RuleBroken as it does.
    """
    changes = Changes()
    know_person(request, by=by, now=now, changes=changes)
    # Without a name: the words of a batch stay when somebody is erased.
    batch = changes.keep_any(BatchKind.REQUEST, "Put who asked for a visit among the people at the school", by=by, now=now)
    visit = VisitRequest.objects.values_list("visit", flat=True).get(pk=request.pk)
    batch.visits = [visit] if visit else []
    return batch


def record_headcounts(changes: Changes, before: Mapping[int, Headcount], after: Mapping[int, Headcount]) -> None:
    """Record which of the headcounts, by their ids, were changed, written anew and deleted."""
    for pk, row in after.items():
        if pk in before:
            changes.record_changed(row, field_values(before[pk], OF_HEADCOUNT))
        else:
            changes.record_created(row, OF_HEADCOUNT)
    for pk, row in before.items():
        if pk not in after:
            changes.record_deleted(row, OF_HEADCOUNT)


def _record_booked(changes: Changes, sessions: Iterable[Session]) -> None:
    rows = list(sessions)
    pupils = pupils_of(rows)
    for session in rows:
        changes.record_created(session, OF_SESSION)
        changes.rows[-1][PUPILS] = pupils[session.pk]


def _kept(changes: Changes, kind: BatchKind, words: str, visit: Visit, *, by: User, now: datetime) -> Batch:
    batch = changes.keep_any(kind, words, by=by, now=now)
    batch.visits = [visit.pk]
    return batch
