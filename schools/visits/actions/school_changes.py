"""What a host changes by its own page: it cancels the visit, at once; and that somebody in the office saw to it (rule 32)."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from schools.accounts.languages import in_language_of
from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.directory.accesses import used
from schools.visits.actions.cancelling import cancel_locked
from schools.visits.actions.school_answers import Giver, lock_with_sessions
from schools.visits.models import CancelCode, ChangeWhat, ChangeWhy, SchoolChange, Session, SessionStage, Visit
from schools.visits.queries.school_changes import cancelled_by_school
from schools.visits.rules import reasons_not_theirs
from schools.visits.rules.closed_periods import closed_periods
from schools.visits.rules.school_changes import (
    first_day,
    last_day_to_change,
    reasons_moved_meanwhile,
    reasons_not_open,
    reasons_too_late,
)

type Call = Callable[[], str]
"""Says whom to phone where something is not possible here; asked only then."""


@transaction.atomic
def cancel_by_school(
    visit: int, why: ChangeWhy, note: str, giver: Giver, *, seen: str, call: Call, now: datetime
) -> SchoolChange:
    """Cancel the visit for its host, as the office would: volunteers, guests and the school are told, and the office can undo it.

    `seen` says which sessions the host has read (`as_shown`). Cancelled again, by a colleague or from another device, it is the
    same cancellation. Raises RuleBroken with every reason, for whoever is at the school.
    """
    row, sessions = lock_with_sessions(visit)
    if giver.school == row.school_id and (earlier := cancelled_by_school(row)):
        return earlier
    day = first_day(sessions)
    if (reasons := _reasons_not_to_change(row, sessions, giver, seen=seen, call=call, now=now)) or day is None:
        raise RuleBroken(reasons)
    to_come = [each for each in sessions if each.stage == SessionStage.SCHEDULED]
    with in_language_of(None):
        reason = str(why.label)
    words = f"{row.school} cancelled visit {row.reference} by its own page"
    batch = cancel_locked(row, to_come, words, code=CancelCode.SCHOOL, note=reason, by=None, now=now)
    change = SchoolChange.objects.create(
        visit=row, what=ChangeWhat.CANCEL, day=day, why=why, note=note,
        given_by=giver.name, access=giver.access, at=now, batch=batch,
    )  # fmt: skip
    used(giver.access, now=now)
    return change


def _reasons_not_to_change(
    visit: Visit, sessions: Sequence[Session], giver: Giver, *, seen: str, call: Call, now: datetime
) -> list[str]:
    """Return why the host can change nothing of the locked visit by its page, or has not read it as it is now."""
    on = timezone.localdate(now)
    reasons = reasons_not_open(visit, sessions, school=giver.school, on=on)
    first = first_day(sessions)
    if reasons or first is None:
        return reasons
    if reasons := reasons_too_late(last_day_to_change(visit.school, first), on=on, call=call):
        return reasons
    if closed_periods(sessions):
        return [_("The figures of these days are closed already, so only we can change this.") + f" {call()}"]
    return reasons_moved_meanwhile(sessions, seen=seen)


@transaction.atomic
def see_to_changes(visit: Visit, ids: Collection[int], *, by: User, now: datetime) -> int:
    """Write down that somebody in the office saw to what the school changed or asks for. Who was first stays.

    Return how many that were. Raises RuleBroken where the visit is not the user’s.
    """
    _refuse_strangers(visit, by=by, now=now)
    return SchoolChange.objects.filter(visit=visit, pk__in=ids, seen_at=None).update(seen_at=now, seen_by=by)


@transaction.atomic
def open_changes_again(visit: Visit, ids: Collection[int], *, by: User, now: datetime) -> int:
    """Take back that somebody saw to it: it needs somebody again. Raises RuleBroken where the visit is not the user’s."""
    _refuse_strangers(visit, by=by, now=now)
    return SchoolChange.objects.filter(visit=visit, pk__in=ids, seen_at__isnull=False).update(seen_at=None, seen_by=None)


def _refuse_strangers(visit: Visit, *, by: User, now: datetime) -> None:
    if reasons := reasons_not_theirs(visit, by=by, on=timezone.localdate(now)):
        raise RuleBroken(reasons)
