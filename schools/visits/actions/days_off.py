"""Calling off whole days: what is on them at many schools at once, as snow wants it. What is under way stays as it is."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.words import days_between, long_day
from schools.visits import rules
from schools.visits.actions.batches import Changes
from schools.visits.actions.cancelling import cancel_sessions, locked_sessions
from schools.visits.actions.waking import schools_about_to_change
from schools.visits.models import CALLED_OFF_STAGES, Batch, BatchKind, Session, SessionStage, Visit, VisitStage
from schools.visits.queries import by_visit_day


@transaction.atomic
def cancel_day(
    day: date,
    session_ids: Iterable[int],
    *,
    code: str,
    note: str,
    by: User,
    now: datetime,
    last_day: date | None = None,
    for_good: bool = False,
) -> Batch:
    """Call off the visits of the day, or of the days until `last_day`, that these sessions are of; it can be undone (Batch).

    Where part of a visit’s day is under way or was reported, all of that day stays, and keeps nothing else from being called off
    (rule 30): the batch’s `left_out` says why. A visit with no session left is cancelled too, so that it can be booked again;
    `for_good`: no other day is looked for. All of it is one transaction, so that everybody has one mail and one undo takes it
    back. Raises RuleBroken with every reason where nothing is left to call off, or a school is not theirs.
    """
    wanted, last, on = set(session_ids), last_day or day, timezone.localdate(now)
    of_sessions = Session.objects.filter(pk__in=wanted).order_by().values("visit")
    visits = list(Visit.objects.select_for_update(of=("self",)).filter(pk__in=of_sessions).order_by("pk"))
    of_days = Q(visit__in=visits, day__range=(day, last)) & (Q(until_day=None) | Q(until_day__lte=last))
    sessions = list(locked_sessions(Session.objects.filter(Q(pk__in=wanted) | of_days)))
    reasons = rules.reasons_of_code(code) if wanted else ["Tick at least one visit."]
    if reasons := reasons + rules.reasons_not_all_theirs([session.visit for session in sessions], by=by, on=on):
        raise RuleBroken(reasons)
    off, left_out = _sorted_out(sessions, wanted, (day, last), by=by, now=now)
    if not off:
        raise RuleBroken([*left_out, "Nothing of it is left to call off. Look at the day again."])
    schools_about_to_change({session.visit_id for session in off})
    changes = Changes()
    cancel_sessions(changes, off, code=code, note=note, by=by, now=now, for_good=for_good)
    _cancel_visits(changes, visits, {session.visit_id for session in off}, code=code, note=note, by=by, now=now)
    number = len({session.visit_id for session in off})
    words = f"Called off {'1 visit' if number == 1 else f'{number} visits'} of {days_between(day, last)}"
    batch = changes.keep(BatchKind.CANCEL, words, by=by, now=now)
    batch.left_out = left_out
    return batch


def _sorted_out(
    sessions: Sequence[Session], wanted: set[int], days: tuple[date, date], *, by: User, now: datetime
) -> tuple[list[Session], list[str]]:
    """Return the sessions that are called off, and a sentence on each visit’s day that was wanted and stays."""
    first, last = days
    within = [session for session in sessions if first <= session.day <= last]
    moved = {session.visit_id: session for session in sessions if session.pk in wanted and session not in within}
    left_out = [
        f"{session.visit.school}: it was moved to {long_day(session.day)}, so it stays. Look at that day."
        for session in moved.values()
    ]
    locked = rules.reasons_locked_each(within, by=by)
    off: list[Session] = []
    for visit_day, of_day in by_visit_day(within):
        if wanted.isdisjoint(session.pk for session in of_day):
            continue
        # Those, too, that were added or moved there since somebody looked: whoever is down for them is not left to go alone.
        scheduled = [session for session in of_day if session.stage == SessionStage.SCHEDULED]
        reasons = rules.reasons_not_to_call_off(of_day, now=now)
        is_wanted = any(session.pk in wanted for session in scheduled)
        reasons = reasons or ([] if is_wanted else ["What you ticked of it was called off already."])
        reasons = reasons or list(dict.fromkeys(reason for session in scheduled for reason in locked[session.pk]))
        if reasons:
            left_out.append(f"{visit_day}: {' '.join(reasons)}")
        else:
            off += scheduled
    return off, left_out


def _cancel_visits(
    changes: Changes, visits: Sequence[Visit], touched: Collection[int], *, code: str, note: str, by: User, now: datetime
) -> None:
    """Cancel those of the visits that lost something and have no session left."""
    standing = Visit.objects.filter(sessions__stage__in=(SessionStage.SCHEDULED, SessionStage.DELIVERED))
    left = set(standing.filter(pk__in=touched).values_list("pk", flat=True))
    gone = [visit for visit in visits if visit.pk in touched and visit.pk not in left and visit.stage not in CALLED_OFF_STAGES]
    changes.write_all(gone, by=by, now=now, stage=VisitStage.CANCELLED, cancelled_code=code, cancelled_note=note)
