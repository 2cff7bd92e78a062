"""Cancelling a visit or a session; volunteers are told, and the school is to be told. Whole days: days_off."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.words import long_day
from schools.visits import rules
from schools.visits.actions.batches import Changes
from schools.visits.actions.conversations import ask_again
from schools.visits.actions.waking import about_to_change, schools_about_to_change
from schools.visits.models import (
    Batch,
    BatchKind,
    CancelCode,
    Cover,
    CoverNews,
    SchoolNews,
    Session,
    SessionQuerySet,
    SessionStage,
    Visit,
    VisitStage,
)
from schools.visits.rules import Slot, conversations


@transaction.atomic
def cancel_visit(
    visit: Visit,
    *,
    code: str,
    note: str,
    by: User,
    now: datetime,
    shown: Mapping[int, Slot] | None = None,
    going: Collection[int] | None = None,
) -> Batch:
    """Cancel the sessions of the visit that are to come and tell the volunteers; what has begun, or took place, stays as it is.

    A visit keeps its stage while such a session stands. Where none is to come, and none was cancelled or reported before, all
    are cancelled: it never took place. Covers stay as the record of who had said yes. The batch undoes it. `shown` says, by id,
    when the scheduled sessions were, as somebody saw them, and `going` which of them would go. Raises RuleBroken with every
    reason.
    """
    visit = Visit.objects.select_for_update(of=("self",)).select_related("school").get(pk=visit.pk)
    scheduled = list(locked_sessions(visit.sessions.scheduled()))
    sessions = rules.cancelled_with_visit(visit, scheduled, now=now)
    on = timezone.localdate(now)
    reasons = rules.reasons_not_theirs(visit, by=by, on=on) + _reasons_of_page(scheduled, sessions, shown, going)
    if reasons := reasons + rules.reasons_not_to_cancel_visit(visit, sessions, code=code, by=by):
        raise RuleBroken(reasons)
    words = f"Cancelled what was to come of visit {visit.reference} to {visit.school}"
    return cancel_locked(visit, sessions, words, code=code, note=note, by=by, now=now)


def _reasons_of_page(
    scheduled: Sequence[Session],
    sessions: Sequence[Session],
    shown: Mapping[int, Slot] | None,
    going: Collection[int] | None,
) -> list[str]:
    """Return why somebody has to look at the visit again: its sessions changed, or time went on and others of them go."""
    return rules.reasons_changed_since(scheduled, shown) or rules.reasons_others_go(sessions, going)


def cancel_locked(
    visit: Visit, sessions: Sequence[Session], words: str, *, code: str, note: str, by: User | None, now: datetime
) -> Batch:
    """Cancel the locked visit with its locked sessions to come, and return the batch, called `words`, that undoes it.

    `by`: None where the host cancels it by its page. The caller has asked the rules.
    """
    schools_about_to_change([visit.pk])
    changes = Changes()
    standing = visit.sessions.filter(stage__in=(SessionStage.SCHEDULED, SessionStage.DELIVERED))
    if not standing.exclude(pk__in=[session.pk for session in sessions]).exists():
        changes.write(visit, stage=VisitStage.CANCELLED, cancelled_code=code, cancelled_note=note)
    cancel_sessions(changes, sessions, code=code, note=note, by=by, now=now)
    return changes.keep(BatchKind.CANCEL, words, by=by, now=now)


@transaction.atomic
def decline_visit(
    visit: Visit,
    *,
    ask_again_on: date,
    by: User,
    now: datetime,
    shown: Mapping[int, Slot] | None = None,
    going: Collection[int] | None = None,
) -> Batch:
    """Mark the visit as declined by the school, which stays off the list of those to ask until `ask_again_on`.

    Its scheduled sessions are cancelled, and their volunteers told; refused where some have begun and others are to come, or were
    cancelled. The batch undoes it. `shown`, `going`: as in cancel_visit. Raises RuleBroken with every reason.
    """
    visit = Visit.objects.select_for_update(of=("self",)).select_related("school").get(pk=visit.pk)
    scheduled = list(locked_sessions(visit.sessions.scheduled()))
    sessions = rules.cancelled_with_visit(visit, scheduled, now=now)
    on = timezone.localdate(now)
    reasons = rules.reasons_not_theirs(visit, by=by, on=on) + _reasons_of_page(scheduled, sessions, shown, going)
    reasons += conversations.reasons_not_to_decline(visit, has_begun=len(sessions) < len(scheduled))
    reasons += rules.reasons_locked(sessions, by=by)
    if reasons := reasons + conversations.reasons_not_to_wait(ask_again_on, on=on):
        raise RuleBroken(reasons)
    schools_about_to_change([visit.pk])
    changes = Changes()
    changes.write(visit, stage=VisitStage.DECLINED, declined_on=on)
    cancel_sessions(changes, sessions, code=CancelCode.SCHOOL, note="", by=by, now=now)
    ask_again(visit.school, ask_again_on, changes=changes)
    return changes.keep(BatchKind.CANCEL, f"Declined visit {visit.reference} to {visit.school}", by=by, now=now)


@transaction.atomic
def cancel_session(
    session: Session, *, code: str, note: str, by: User, now: datetime, shown: Mapping[int, Slot] | None = None
) -> Batch:
    """Cancel one scheduled session and tell its volunteers; the batch undoes it. Raises RuleBroken with every reason.

    `shown` says when it was to whoever pressed the button; None: they were shown no time.
    """
    session = locked_sessions(Session.objects.filter(pk=session.pk)).get()
    on = timezone.localdate(now)
    reasons = rules.reasons_not_theirs(session.visit, by=by, on=on)
    if session.stage == SessionStage.SCHEDULED:
        reasons += rules.reasons_changed_since([session], shown)
    if reasons := reasons + rules.reasons_not_to_cancel_session(session, code=code, by=by):
        raise RuleBroken(reasons)
    schools_about_to_change([session.visit_id])
    changes = Changes()
    cancel_sessions(changes, [session], code=code, note=note, by=by, now=now)
    words = f"Cancelled {session.name} at {session.visit.school}, {long_day(session.day)}"
    return changes.keep(BatchKind.CANCEL, words, by=by, now=now)


def reinstate(visit: Visit) -> None:
    """Take back that the visit was cancelled or declined, because one of its sessions took place after all.

    The transaction that reports the session calls it.
    """
    visit.stage = VisitStage.CONFIRMED if visit.agreed_on else VisitStage.PLANNED
    visit.declined_on = None
    visit.cancelled_code = visit.cancelled_note = ""
    visit.save()


def locked_sessions(sessions: SessionQuerySet) -> SessionQuerySet:
    """Return the sessions, which are locked when they are read, in order of id, with what a message names of them."""
    return sessions.select_for_update(of=("self",)).select_related("type", "visit__school").order_by("pk")


def cancel_sessions(
    changes: Changes, sessions: Sequence[Session], *, code: str, note: str, by: User | None, now: datetime, for_good: bool = False
) -> None:
    """Cancel the locked sessions; write down who is to be told where a session's day has not passed. `by`: as `cancel_locked`.

    The sessions' locks are enough for their covers, because a cover is only changed under its session's lock. The number of
    statements is the same for any number of sessions.
    """
    on = timezone.localdate(now)
    about_to_change({session.visit_id for session in sessions})
    to_come = [session for session in sessions if session.last_day >= on]
    over = [session for session in sessions if session.last_day < on]
    off: dict[str, Any] = {"stage": SessionStage.CANCELLED, "cancelled_code": code, "cancelled_note": note, "for_good": for_good}
    changes.write_all(to_come, by=by, now=now, **off, school_news=SchoolNews.CANCELLED, school_told_at=None)
    changes.write_all(over, by=by, now=now, **off)
    covers = Cover.objects.live().filter(session__in=[session.pk for session in to_come]).order_by("pk")
    changes.write_all(covers, by=by, now=now, news=CoverNews.CANCELLED, news_why="", told_at=None)
