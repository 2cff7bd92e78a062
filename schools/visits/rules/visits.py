"""Reasons not to confirm, cancel or otherwise change a visit that is booked."""

from datetime import date

from schools.accounts.models import User
from schools.directory.models import School
from schools.visits.models import CancelCode, Session, SessionStage, Visit, VisitStage
from schools.visits.rules.closing import reasons_locked


def reasons_not_theirs(visit: Visit, *, by: User, on: date) -> list[str]:
    """The coordinator of an area that the school has left still sees what took place there, but what is to come is not theirs."""
    if by.is_manager or not by.is_coordinator:
        return []
    if School.objects.for_user(by, on=on).filter(pk=visit.school_id).exists():
        return []
    return [f"{visit.school} is in another area now. Ask its coordinator to change what is to come there."]


def reasons_not_to_confirm(visit: Visit) -> list[str]:
    """Why the visit cannot be marked as agreed with the school."""
    if visit.stage == VisitStage.CANCELLED:
        return ["This visit was cancelled. Book a new one."]
    if not visit.sessions.exclude(stage=SessionStage.CANCELLED).exists():
        return ["This visit has no session that could take place. Add one first."]
    return []


def reasons_not_to_edit(session: Session) -> list[str]:
    """Why the session is no longer changed as one that is to come; what it says is corrected (delivery.actions.correct)."""
    if session.stage == SessionStage.CANCELLED:
        return ["This session was cancelled, so nobody is expected there. Correct its room or its language instead."]
    if session.stage == SessionStage.DELIVERED:
        return ["This session took place. Correct its outcome, its room or its language instead."]
    return []


def reasons_not_to_remove(session: Session) -> list[str]:
    """Why the session cannot be taken away as if it had never been booked."""
    if session.stage != SessionStage.SCHEDULED:
        return ["This session took place or was cancelled, so it stays as a record."]
    if session.covers.exists():
        return ["Somebody was asked for this session. Cancel it, so that they are told."]
    if not session.visit.sessions.exclude(pk=session.pk).exists():
        return ["It is the only session of this visit. Cancel the visit instead."]
    return []


def _reasons_of_code(code: str) -> list[str]:
    return [] if code in CancelCode.values else ["Say why it is cancelled. Choose a reason from the list."]


def reasons_not_to_cancel_session(session: Session, *, code: str, by: User) -> list[str]:
    """Why the session cannot be cancelled for this reason."""
    if session.stage == SessionStage.CANCELLED:
        return ["This session was cancelled already."]
    if session.stage == SessionStage.DELIVERED:
        return ["This session took place. If that is wrong, correct its outcome."]
    return [*_reasons_of_code(code), *reasons_locked([session], by=by)]


def reasons_not_to_cancel_visit(visit: Visit, *, code: str, by: User) -> list[str]:
    """Why the visit cannot be cancelled for this reason; what took place on an earlier day of it stays as it is."""
    if visit.stage == VisitStage.CANCELLED:
        return ["This visit was cancelled already."]
    # One whose sessions were all cancelled singly stands still, and can be called off.
    if visit.sessions.delivered().exists() and not visit.sessions.scheduled().exists():
        return ["Every session of this visit took place or was cancelled already."]
    return [*_reasons_of_code(code), *reasons_locked(visit.sessions.scheduled().select_related("visit"), by=by)]
