"""Cancelling a visit, a session, or many sessions of a day; volunteers are told, and the school is to be told."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

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
from schools.visits.rules import conversations


@transaction.atomic
def cancel_visit(visit: Visit, *, code: str, note: str, by: User, now: datetime) -> Visit:
    """Cancel the scheduled sessions of the visit and tell the volunteers; sessions that took place stay as they are.

    A visit keeps its stage if one of its sessions took place. Covers stay as the record of who had said yes. It can be undone
    (Batch). Raises RuleBroken with every reason.
    """
    visit = Visit.objects.select_for_update(of=("self",)).select_related("school").get(pk=visit.pk)
    sessions = list(_locked(visit.sessions.scheduled()))
    on = timezone.localdate(now)
    reasons = rules.reasons_not_theirs(visit, by=by, on=on)
    if reasons := reasons + rules.reasons_not_to_cancel_visit(visit, code=code, by=by):
        raise RuleBroken(reasons)
    schools_about_to_change([visit.pk])
    changes = Changes()
    if not visit.sessions.delivered().exists():
        changes.write(visit, stage=VisitStage.CANCELLED, cancelled_code=code, cancelled_note=note)
    _cancel(changes, sessions, code=code, note=note, on=on)
    changes.keep(BatchKind.CANCEL, f"Cancelled what was to come of visit {visit.reference} to {visit.school}", by=by, now=now)
    return visit


@transaction.atomic
def decline_visit(visit: Visit, *, ask_again_on: date, by: User, now: datetime) -> Visit:
    """Mark the visit as declined by the school, which stays off the list of those to ask until `ask_again_on`.

    Its scheduled sessions are cancelled, and their volunteers told. It can be undone (Batch), except for the day on which to ask
    again. Raises RuleBroken with every reason.
    """
    visit = Visit.objects.select_for_update(of=("self",)).select_related("school").get(pk=visit.pk)
    sessions = list(_locked(visit.sessions.scheduled()))
    on = timezone.localdate(now)
    reasons = rules.reasons_not_theirs(visit, by=by, on=on) + conversations.reasons_not_to_decline(visit)
    reasons += rules.reasons_locked(sessions, by=by)
    if reasons := reasons + conversations.reasons_not_to_wait(ask_again_on, on=on):
        raise RuleBroken(reasons)
    schools_about_to_change([visit.pk])
    changes = Changes()
    changes.write(visit, stage=VisitStage.DECLINED, declined_on=on)
    _cancel(changes, sessions, code=CancelCode.SCHOOL, note="", on=on)
    changes.keep(BatchKind.CANCEL, f"Declined visit {visit.reference} to {visit.school}", by=by, now=now)
    ask_again(visit.school, ask_again_on)
    return visit


@transaction.atomic
def cancel_session(session: Session, *, code: str, note: str, by: User, now: datetime) -> Session:
    """Cancel one scheduled session and tell its volunteers; it can be undone (Batch). Raises RuleBroken."""
    session = _locked(Session.objects.filter(pk=session.pk)).get()
    on = timezone.localdate(now)
    reasons = rules.reasons_not_theirs(session.visit, by=by, on=on)
    if reasons := reasons + rules.reasons_not_to_cancel_session(session, code=code, by=by):
        raise RuleBroken(reasons)
    schools_about_to_change([session.visit_id])
    changes = Changes()
    _cancel(changes, [session], code=code, note=note, on=on)
    words = f"Cancelled {session.name} at {session.visit.school}, {long_day(session.day)}"
    changes.keep(BatchKind.CANCEL, words, by=by, now=now)
    return session


@transaction.atomic
def cancel_day(day: date, session_ids: Iterable[int], *, code: str, note: str, by: User, now: datetime) -> Batch:
    """Cancel these scheduled sessions of the day at many schools at once, because of snow for example; it can be undone (Batch).

    A visit with no session left is cancelled too, so that it can be booked again. Raises RuleBroken with every reason, also when
    one of the sessions is no longer scheduled for the day.
    """
    wanted = set(session_ids)
    on = timezone.localdate(now)
    of_sessions = Session.objects.filter(pk__in=wanted).order_by().values("visit")
    visits = list(Visit.objects.select_for_update(of=("self",)).filter(pk__in=of_sessions).order_by("pk"))
    sessions = list(_locked(Session.objects.scheduled().filter(pk__in=wanted, day=day)))
    if reasons := _reasons_not_to_cancel_day(sessions, wanted, code=code, by=by, on=on):
        raise RuleBroken(reasons)
    schools_about_to_change({session.visit_id for session in sessions})
    changes = Changes()
    _cancel(changes, sessions, code=code, note=note, on=on)
    standing = Visit.objects.filter(sessions__stage__in=(SessionStage.SCHEDULED, SessionStage.DELIVERED))
    left = set(standing.filter(pk__in=[visit.pk for visit in visits]).values_list("pk", flat=True))
    for visit in visits:
        if visit.pk not in left and visit.stage not in {VisitStage.CANCELLED, VisitStage.DECLINED}:
            changes.write(visit, stage=VisitStage.CANCELLED, cancelled_code=code, cancelled_note=note)
    number = "1 session" if len(sessions) == 1 else f"{len(sessions)} sessions"
    return changes.keep(BatchKind.CANCEL, f"Cancelled {number} of {long_day(day)}", by=by, now=now)


def reinstate(visit: Visit) -> None:
    """Take back that the visit was cancelled, because one of its sessions took place after all.

    The transaction that reports the session calls it.
    """
    visit.stage = VisitStage.CONFIRMED if visit.agreed_on else VisitStage.PLANNED
    visit.cancelled_code = visit.cancelled_note = ""
    visit.save()


def _reasons_not_to_cancel_day(sessions: Sequence[Session], wanted: set[int], *, code: str, by: User, on: date) -> list[str]:
    if not wanted:
        return ["Tick at least one school or authority."]
    reasons = []
    if len(sessions) < len(wanted):
        reasons.append("Some of these sessions were moved, reported or cancelled just now. Look at the day once more.")
    for session in sessions:
        reasons += rules.reasons_not_theirs(session.visit, by=by, on=on)
        reasons += rules.reasons_not_to_cancel_session(session, code=code, by=by)
    return list(dict.fromkeys(reasons))


def _locked(sessions: SessionQuerySet) -> SessionQuerySet:
    return sessions.select_for_update(of=("self",)).select_related("type", "visit__school").order_by("pk")


def _cancel(changes: Changes, sessions: Sequence[Session], *, code: str, note: str, on: date) -> None:
    """Cancel the sessions; write down who is to be told where a session's day has not passed.

    The sessions' locks are enough for their covers, because a cover is only changed under its session's lock.
    """
    by_id = {session.pk: session for session in sessions}
    about_to_change({session.visit_id for session in sessions})
    for session in sessions:
        tells = session.last_day >= on
        news = {"school_news": SchoolNews.CANCELLED, "school_told_at": None} if tells else {}
        changes.write(session, stage=SessionStage.CANCELLED, cancelled_code=code, cancelled_note=note, **news)
    for cover in Cover.objects.live().filter(session__in=by_id).order_by("pk"):
        if by_id[cover.session_id].last_day >= on:
            changes.write(cover, news=CoverNews.CANCELLED, news_why="", told_at=None)
