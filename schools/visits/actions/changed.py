"""Changing the details of a visit or of a session, so that it can be undone."""

from dataclasses import fields
from datetime import date, datetime

from django.db import transaction

from schools.accounts.models import User
from schools.visits.actions.batches import Changes, JsonValue, field_values
from schools.visits.actions.booked import record_headcounts
from schools.visits.actions.editing import Expected, change_session, change_visit
from schools.visits.actions.waking import is_read_anew, reader_of
from schools.visits.models import Batch, BatchKind, Headcount, Session, Visit
from schools.visits.rules import VisitDetails

OF_DETAILS = tuple(field.name for field in fields(VisitDetails))
"""The fields of a visit that changing its details writes."""
OF_SESSION = ("room", "language", "until_day")
"""The fields of a session that changing its details writes."""
OF_END = ("school_news", "school_told_at", "was_day", "was_starts")
"""The fields of a session that another end of its window writes besides."""
STAGE = "stage"
"""The field of a session that a batch keeps beside them: what was planned is not put back once it took place or was cancelled."""
READER_KNEW = "reader_knew"
"""The key in a batch under which a visit keeps that whoever read for its host before need not be told anew."""


@transaction.atomic
def change_visit_to_undo(visit: Visit, details: VisitDetails, *, by: User, now: datetime) -> Batch:
    """Store the details of the visit as `change_visit` does; the batch puts those back that differed.

    A batch without changes, which is not stored: they stood like this already. Raises RuleBroken with every reason.
    """
    stored = Visit.objects.select_for_update(of=("self",)).select_related("school").get(pk=visit.pk)
    before, reader, knew = field_values(stored, OF_DETAILS), reader_of(stored), not is_read_anew(stored)
    changed, changes = change_visit(visit, details, by=by, now=now), Changes()
    changes.record_changed(changed, _differing(changed, before))
    if changes.rows and reader != reader_of(changed):
        changes.rows[0][READER_KNEW] = knew
    words = f"Changed the details of visit {changed.reference}, {changed.school}"
    return _kept(changes, words, changed.pk, by=by, now=now)


@transaction.atomic
def change_session_to_undo(
    session: Session,
    *,
    room: str,
    language: str,
    until_day: date | None,
    expected: Expected,
    seen: str,
    by: User,
    now: datetime,
) -> Batch:
    """Change the session as `change_session` does; the batch puts back what stood, with the pupils expected.

    A batch without changes, which is not stored: it stood like this already. Raises as `change_session` does.
    """
    stored = Session.objects.select_for_update(of=("self",)).filter(pk=session.pk).first()
    theirs = Headcount.objects.filter(session=session.pk).order_by("pk")
    counts = {row.pk: row for row in theirs.all()}
    changed = change_session(
        session, room=room, language=language, until_day=until_day, expected=expected, seen=seen, by=by, now=now
    )
    changes = Changes()
    if stored is not None:  # otherwise it was taken away, and the change above was refused
        _record_session(changes, changed, stored)
    record_headcounts(changes, counts, {row.pk: row for row in theirs.all()})
    return _kept(changes, f"Changed the details of {changed}, {changed.visit.school}", changed.visit_id, by=by, now=now)


def keep_changed_session(session: Session, stored: Session, *, by: User, now: datetime) -> Batch:
    """Store a batch that undoes the change of the session, which was `stored` before; the caller's transaction has changed it.

    A batch without changes is not stored.
    """
    changes = Changes()
    _record_session(changes, session, stored)
    return _kept(changes, f"Corrected {session}, {session.visit.school}", session.visit_id, by=by, now=now)


def _record_session(changes: Changes, session: Session, stored: Session) -> None:
    before = _differing(session, field_values(stored, OF_SESSION))
    if "until_day" in before:
        # All of them: one that is blank still is told by what comes into it since.
        before |= field_values(stored, OF_END)
    changes.record_changed(session, before)
    if before:
        changes.rows[-1]["after"] |= field_values(session, [STAGE])


def _differing(row: Visit | Session, before: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return those of the values that the row does not have any more: what else was changed since is nobody's concern."""
    after = field_values(row, list(before))
    return {name: value for name, value in before.items() if after[name] != value}


def _kept(changes: Changes, words: str, visit: int, *, by: User, now: datetime) -> Batch:
    batch = changes.keep_any(BatchKind.CHANGE, words, by=by, now=now)
    batch.visits = [visit]
    return batch
