"""Why a session of a batch, or a place on one, stays as it is when it is undone: it was moved, or cannot be moved back."""

from datetime import date, datetime, time

from django.utils import timezone

from schools.accounts.models import User
from schools.core.words import joined, long_day
from schools.visits import rules
from schools.visits.actions.batches import Change
from schools.visits.actions.cover.written import SLOT
from schools.visits.models import (
    CALLED_OFF_STAGES,
    HOLDING_STATES,
    Batch,
    BatchKind,
    Cover,
    CoverState,
    Session,
    SessionStage,
    Visit,
)
from schools.visits.shown_slots import slots_of_one


def reasons_of_session(batch: Batch, change: Change, session: Session, *, by: User, now: datetime) -> list[str]:
    """Return the reasons why the session cannot be put back.

    Nobody who accepted the new time is moved without being asked, nothing comes back to a time that is over, and no return
    that is signed off changes.
    """
    day = date.fromisoformat(change["before"].get("day") or session.day.isoformat())
    reasons = rules.reasons_days_locked(session.visit.school, {day, session.day}, by=by)
    reasons += rules.reasons_not_beside(session, day)
    # Visits are put back before their sessions.
    if over := Visit.objects.filter(pk=session.visit_id, stage__in=CALLED_OFF_STAGES).first():
        reasons.append(f"Its visit stays {over.get_stage_display().lower()}.")
    if batch.kind == BatchKind.CANCEL and _is_over(session.last_day, session.ends, now=now):
        reasons.append(f"{long_day(session.last_day)} is over. If it took place after all, write down how it went.")
    if batch.kind == BatchKind.MOVE:
        reasons += _reasons_of_move(batch, change, session, day, now=now)
    return reasons


def reasons_place_moved(change: Change, session: Session) -> list[str]:
    """Return a reason where the session was moved since the place on it was given up; none where the batch does not say when."""
    slot = slots_of_one(change.get(SLOT)) or {}
    return rules.reasons_moved_away(session, slot[session.pk]) if session.pk in slot else []


def _reasons_of_move(batch: Batch, change: Change, session: Session, day: date, *, now: datetime) -> list[str]:
    reasons = []
    # A move does not write the stage, so comparing what it wrote says nothing about it.
    if session.stage != SessionStage.SCHEDULED:
        happened = "took place" if session.stage == SessionStage.DELIVERED else "was cancelled"
        reasons.append(f"It {happened} since, and is not moved any more.")
    starts = time.fromisoformat(change["before"].get("starts") or session.starts.isoformat())
    slots = ((day, starts), (session.last_day, session.ends))
    if over := next((slot[0] for slot in slots if _is_over(*slot, now=now)), None):
        reasons.append(f"{long_day(over)} is over. Move it to a day to come instead.")
    if since := _said_yes_since(batch, session):
        reasons.append(f"{joined(since)} said yes to the new time. Move it again instead, so that everybody is asked.")
    return reasons


def _said_yes_since(batch: Batch, session: Session) -> list[str]:
    """Return who accepted the new time: they were asked by the move, or have come to the session since."""
    left = {change["pk"]: change["after"] for change in batch.changes if change["table"] == "cover"}
    yes = list(Cover.objects.holding().filter(session=session).select_related("volunteer"))
    # A second small move writes nothing of those who stay down and have not been told of the first.
    unwritten = [cover.pk for cover in yes if cover.pk not in left]
    held = Cover.history.filter(id__in=unwritten, history_date__lt=batch.made_at, state__in=HOLDING_STATES)
    were_down = set(held.values_list("id", flat=True)) if unwritten else set()
    stay = were_down | {pk for pk, after in left.items() if after.get("state") != CoverState.OFFERED}
    return [str(cover.volunteer) for cover in yes if cover.pk not in stay]


def _is_over(day: date, at: time, *, now: datetime) -> bool:
    local = timezone.localtime(now)
    return (day, at) <= (local.date(), local.time())
