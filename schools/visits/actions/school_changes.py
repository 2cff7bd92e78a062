"""What a host changes by its own page: it cancels the visit, or asks for another day; and that the office saw to it (rule 32)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from schools.accounts.languages import in_language_of
from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.directory.accesses import used
from schools.directory.models import SchoolAccess
from schools.visits.actions.cancelling import cancel_locked
from schools.visits.actions.school_answers import Giver, lock_with_sessions
from schools.visits.actions.waking import wake
from schools.visits.half_days import HalfDay
from schools.visits.models import CancelCode, ChangeWhat, ChangeWhy, OfferedDates, SchoolChange, Session, SessionStage, Visit
from schools.visits.queries.parties import contact_to_write_to
from schools.visits.queries.school_changes import standing_change
from schools.visits.rules import reasons_not_theirs
from schools.visits.rules.closed_periods import closed_periods
from schools.visits.rules.school_changes import (
    first_day,
    last_day_to_change,
    reasons_changed_meanwhile,
    reasons_gone,
    reasons_not_open,
    reasons_not_to_wish,
    reasons_offered_meanwhile,
    reasons_said_anew,
    reasons_too_late,
    wish_with_answer,
)

type Call = Callable[[], str]
"""Says whom to phone where something is not possible here; asked only then."""


@dataclass(frozen=True)
class Wish:
    """Another day that a host asks for, or would like instead of what it cancels: half-days, the best first, why, a comment."""

    half_days: Sequence[HalfDay]
    why: ChangeWhy
    note: str

    @property
    def keys(self) -> list[str]:
        """The half-days as they are stored."""
        return [each.key for each in self.half_days]

    def is_of(self, change: SchoolChange) -> bool:
        """Return whether the host has asked for just that, and nobody in the office has seen to it yet."""
        facts = change.half_days, change.why, change.note, change.seen_at
        return facts == (self.keys, self.why, self.note, None)

    def adds_to(self, change: SchoolChange) -> bool:
        """Return whether it names half-days, or says something, that the host has not said with the change."""
        return self.keys not in ([], change.half_days) or self.note not in ("", change.note)


@transaction.atomic
def cancel_by_school(visit: int, wish: Wish, giver: Giver, *, seen: str, call: Call, now: datetime) -> SchoolChange:
    """Cancel the visit for its host, as the office would: volunteers, guests and the school are told, and the office can undo it.

    The half-days of the wish are those on which it would like us to come instead; none: it asks for no other. `seen` says which
    sessions the host has read (`as_shown`). Cancelled again, by a colleague or from another device, it is the same cancellation,
    unless half-days or a note come with it that the first did not give, which would be lost. Raises RuleBroken with every reason,
    for whoever is at the school.
    """
    row, sessions = lock_with_sessions(visit)
    if giver.school == row.school_id and (earlier := standing_change(row, ChangeWhat.CANCEL)):
        if wish.adds_to(earlier):
            raise RuleBroken([_("%(name)s has cancelled this visit already: nobody comes.") % {"name": earlier.given_by}])
        return earlier
    day = first_day(sessions)
    waiting = standing_change(row, ChangeWhat.MOVE)
    reasons = _reasons_not_to_change(row, sessions, waiting, giver, seen=seen, call=call, now=now)
    if wish.half_days and not reasons:
        reasons = reasons_not_to_wish(wish.half_days, sessions, nation=row.school.nation, on=timezone.localdate(now))
    if reasons or day is None:
        raise RuleBroken(reasons)
    to_come = [each for each in sessions if each.stage == SessionStage.SCHEDULED]
    with in_language_of(None):
        reason = str(wish.why.label)
    words = f"{row.school} cancelled visit {row.reference} by its own page"
    batch = cancel_locked(row, to_come, words, code=CancelCode.SCHOOL, note=reason, by=None, now=now)
    change = SchoolChange.objects.create(
        visit=row, what=ChangeWhat.CANCEL, day=day, why=wish.why, note=wish.note, half_days=wish.keys,
        given_by=giver.name, access=giver.access, at=now, batch=batch,
    )  # fmt: skip
    used(giver.access, now=now)
    return change


@transaction.atomic
def ask_for_another_day(visit: int, wish: Wish, giver: Giver, *, seen: str, call: Call, now: datetime) -> SchoolChange:
    """Keep that the host asks for another day; nothing is moved by it. Asked anew, it stands in place of what was asked before.

    The same once more is the same, and nobody is told twice. `seen`: as `cancel_by_school`. Raises RuleBroken with every reason,
    for whoever is at the school.
    """
    row, sessions = lock_with_sessions(visit)
    day, on = first_day(sessions), timezone.localdate(now)
    before = standing_change(row, ChangeWhat.MOVE)
    if before is not None and giver.school == row.school_id and wish.is_of(before):
        return before
    reasons = _reasons_not_to_change(row, sessions, before, giver, seen=seen, call=call, now=now)
    reasons = reasons or reasons_not_to_wish(wish.half_days, sessions, nation=row.school.nation, on=on)
    if reasons or day is None:
        raise RuleBroken(reasons)
    change = before or _row_of_wish(row, day)
    change.why, change.note = wish.why, wish.note
    _store_wish(change, wish.half_days, name=giver.name, access=giver.access, now=now)
    used(giver.access, now=now)
    wake([row.pk])
    return change


def keep_choice_as_wish(
    visit: Visit, day: date, half_days: Sequence[HalfDay], *, name: str, access: SchoolAccess | None, now: datetime
) -> SchoolChange:
    """Keep as the wish of the school, and return, the date that it has chosen for its visit, and to which it was not moved.

    Or what it named where none of the dates suits it.

    It stands in place of what the host asked for before, and waits for the office; why they asked stays. `day` is that of the
    visit. The caller has locked the visit.
    """
    before = standing_change(visit, ChangeWhat.MOVE)
    change = before or _row_of_wish(visit, day)
    if before is None:
        change.why, change.note = ChangeWhy.OTHER, ""
    _store_wish(change, half_days, name=name, access=access, now=now)
    return change


def _row_of_wish(visit: Visit, day: date) -> SchoolChange:
    """Return the row into which a wish is written where none waits: that of one of the day that was met, or a new one."""
    met = SchoolChange.objects.filter(visit=visit, what=ChangeWhat.MOVE, day=day, over_at=None)
    return met.first() or SchoolChange(visit=visit, what=ChangeWhat.MOVE, day=day)


def _store_wish(
    change: SchoolChange, half_days: Sequence[HalfDay], *, name: str, access: SchoolAccess | None, now: datetime
) -> None:
    """Store what the school asks for now in the row; nobody has answered it yet, by a move neither."""
    change.half_days = [half_day.key for half_day in half_days]
    change.given_by, change.access, change.at = name, access, now
    change.seen_at = change.seen_by = change.batch = None
    change.is_mailed = False
    change.save()


@transaction.atomic
def take_back_wish(visit: int, giver: Giver, *, seen: str, now: datetime) -> int:
    """End the host’s wish for another day, and have those told who may have heard of it; return how many wishes that ended.

    `seen`: as `cancel_by_school`. Where one was taken back already, nothing is done. Raises RuleBroken for a guest, and where the
    wish, or the visit, is not as the host has read it: it was moved meanwhile, perhaps.
    """
    row, sessions = lock_with_sessions(visit)
    if giver.school != row.school_id:
        raise RuleBroken([_("Your pupils are guests there: phone us, and the school where the visit is.")])
    waiting = standing_change(row, ChangeWhat.MOVE)
    if waiting is None and SchoolChange.objects.taken_back().filter(visit=row).exists():
        return 0
    if reasons := reasons_changed_meanwhile(sessions, waiting, seen=seen):
        raise RuleBroken(reasons)
    if waiting is None:
        return 0
    waiting.over_at, waiting.over_by = now, giver.name
    waiting.save(update_fields=["over_at", "over_by"])
    used(giver.access, now=now)
    wake([row.pk])
    return 1


def _reasons_not_to_change(
    visit: Visit,
    sessions: Sequence[Session],
    wish: SchoolChange | None,
    giver: Giver,
    *,
    seen: str,
    call: Call,
    now: datetime,
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
    return reasons_changed_meanwhile(sessions, wish, seen=seen)


@transaction.atomic
def see_to_changes(visit: Visit, shown: Mapping[int, str], *, by: User, now: datetime) -> int:
    """Write down that somebody in the office saw to what the school changed or asks for. Who was first stays.

    `shown` has by the id of each change what they read of it (`change_as_shown`). Return how many that were. Raises RuleBroken
    where the visit is not the user’s, the school has said something else since, or what it said is not so any more.
    """
    _refuse_strangers(visit, by=by, now=now)
    row, _sessions = lock_with_sessions(visit.pk)  # a colleague may just be moving it
    ids = [each.pk for each in _to_answer(row, shown, now=now)]
    return SchoolChange.objects.filter(pk__in=ids, seen_at=None).update(seen_at=now, seen_by=by)


@transaction.atomic
def answer_that_day_stands(visit: Visit, shown: Mapping[int, str], *, by: User, now: datetime) -> int:
    """Write down that the day of the visit stands, and let the school get that by mail. Who was first stays.

    `shown`: as `see_to_changes`. Return how many wishes that answers. Raises RuleBroken as that does, and where nobody there can
    be mailed, the visit is over, or a colleague has written down already that the school knows: then no mail goes.
    """
    _refuse_strangers(visit, by=by, now=now)
    row, _sessions = lock_with_sessions(visit.pk)  # the school may just be asking for other days
    if contact_to_write_to(row, row.school) is None:
        raise RuleBroken([f"Nobody at {row.school} can be mailed. Phone them, and then say that the school knows."])
    changes = _to_answer(row, shown, now=now)
    waiting = [each.pk for each in changes if each.what == ChangeWhat.MOVE and each.seen_at is None]
    if not waiting and not any(each.is_mailed for each in changes):
        raise RuleBroken(["Somebody has written down already that the school knows, so no mail goes. Look at it again."])
    to_come = SchoolChange.objects.of_what_is_to_come(on=timezone.localdate(now)).filter(pk__in=waiting)
    if waiting and not to_come.exists():
        raise RuleBroken([f"Visit {row.reference} is over, so no mail goes. Say that the school knows."])
    number = SchoolChange.objects.filter(pk__in=waiting).update(seen_at=now, seen_by=by, is_mailed=True)
    wake([row.pk])
    return number


@transaction.atomic
def open_changes_again(visit: Visit, shown: Mapping[int, str], *, by: User, now: datetime) -> int:
    """Take back that somebody saw to it: it needs somebody again; return how many changes that were.

    `shown` has what they read of each, with when somebody saw to it (`wish_with_answer`): what somebody else has seen to since
    stays so. Raises RuleBroken as `see_to_changes` does.
    """
    _refuse_strangers(visit, by=by, now=now)
    row, _sessions = lock_with_sessions(visit.pk)
    ids = [each.pk for each in _as_read(row, shown) if each.seen_at is not None and shown[each.pk] == wish_with_answer(each)]
    return SchoolChange.objects.filter(pk__in=ids).update(seen_at=None, seen_by=None, is_mailed=False)


def _to_answer(visit: Visit, shown: Mapping[int, str], *, now: datetime) -> list[SchoolChange]:
    """Return what `_as_read` does. Raises RuleBroken as that, and where a colleague has offered dates meanwhile."""
    changes = _as_read(visit, shown)
    offered = OfferedDates.objects.of_moves().open_on(timezone.localdate(now)).filter(visit=visit)
    if reasons := reasons_offered_meanwhile(changes, shown, are_dates_offered=offered.exists()):
        raise RuleBroken(reasons)
    return changes


def _as_read(visit: Visit, shown: Mapping[int, str]) -> list[SchoolChange]:
    """Lock and return the changes of the visit that the page showed; the caller has locked the visit.

    A wish is written into the row of the wish before it, so its id alone does not say which of them somebody has read. Raises
    RuleBroken where one was said anew, or is not so any more.
    """
    stands = Exists(SchoolChange.objects.standing().filter(pk=OuterRef("pk")))
    rows = SchoolChange.objects.select_for_update(of=("self",)).filter(visit=visit, pk__in=shown)
    changes: list[Any] = list(rows.annotate(stands=stands).order_by("pk"))
    gone = [each for each in changes if not each.stands]
    if reasons := reasons_said_anew(changes, shown) or reasons_gone(gone):
        raise RuleBroken(reasons)
    return changes


def _refuse_strangers(visit: Visit, *, by: User, now: datetime) -> None:
    if reasons := reasons_not_theirs(visit, by=by, on=timezone.localdate(now)):
        raise RuleBroken(reasons)
