"""Reasons not to change which pupils of a guest school sit in the sessions of a visit."""

from collections.abc import Mapping, Sequence
from datetime import date

from schools.accounts.models import User
from schools.directory.models import School
from schools.visits.models import CALLED_OFF_STAGES, Headcount, Session, SessionStage, Visit
from schools.visits.rules.booking import NewSession, reasons_of_guests
from schools.visits.rules.closed_periods import reasons_locked
from schools.visits.rules.visits import reasons_not_theirs, reasons_not_to_edit

MOST_GUESTS = 3
"""The most guest schools of one visit."""


def reasons_not_to_set_guest(
    visit: Visit, guest: School, changed: Sequence[Session], coming: Mapping[int, Mapping[int, int | None]], *, by: User, on: date
) -> list[str]:
    """Return the reasons why the pupils of the guest cannot be set in the sessions that this changes.

    `coming` has the pupils expected by the session’s id and the year group; a changed session that it lacks is left by the guest.
    """
    reasons = reasons_not_theirs(visit, by=by, on=on)
    if visit.stage in CALLED_OFF_STAGES:
        reasons.append(f"This visit was {visit.get_stage_display().lower()}, so no guest comes. Book it again instead.")
    if coming and len(_other_guests(visit, guest)) >= MOST_GUESTS:
        reasons.append(f"This visit has {MOST_GUESTS} guest schools already. Take one of them off first.")
    for session in changed:
        reasons += reasons_not_to_edit(session)
        if session.pk in coming:
            guests = ((guest, dict(coming[session.pk])),)
            new = NewSession(session.type, session.day, session.starts, ends=session.ends, guests=guests)
            reasons += reasons_of_guests(visit.school, new)
    reasons += reasons_locked(changed, by=by, schools=[guest.pk])
    return list(dict.fromkeys(reasons))


def _other_guests(visit: Visit, guest: School) -> set[int]:
    """Return the ids of the other schools whose pupils sit in sessions of the visit that were not cancelled."""
    counts = Headcount.objects.filter(session__visit=visit).exclude(session__stage=SessionStage.CANCELLED)
    return set(counts.exclude(school__in=(visit.school_id, guest.pk)).order_by().values_list("school", flat=True))
