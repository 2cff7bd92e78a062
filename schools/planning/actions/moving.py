"""Moving a booked visit to the date that its school has chosen, by the verb of the office (rules 31 and 32)."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from schools.core.errors import RuleBroken
from schools.directory.accesses import access_of
from schools.directory.models import AccessPurpose
from schools.planning.actions.answers import Chooser, answered, is_open, is_short_alone
from schools.planning.queries.chosen import answering_for, to_be_moved
from schools.planning.rules import reasons_not_to_move_by_choice
from schools.visits.actions.batches import LONGEST_WORDS
from schools.visits.actions.locks import lock_whole_visit
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.school_answers import lock_with_sessions
from schools.visits.actions.school_changes import keep_choice_as_wish
from schools.visits.actions.undoable import held
from schools.visits.actions.waking import wake
from schools.visits.half_days import HalfDay
from schools.visits.models import Batch, OfferedDates, OfferedState, Visit
from schools.visits.queries.school_changes import wish_since
from schools.visits.rules.moving import slots_in
from schools.visits.rules.offered_dates import reasons_not_to_choose, reasons_not_to_move_now
from schools.visits.rules.school_changes import reasons_not_read, reasons_not_to_wish


def choose_to_move(row: OfferedDates, half_day: HalfDay | None, chooser: Chooser, *, seen: str, now: datetime) -> OfferedDates:
    """Keep which date the school chose for its visit, and move the visit there; what that tells people waits for an undo.

    Where too few people are left, or the office would have to look first, the visit stays, and the choice is the school’s wish
    for another day, which home says. `seen`: as `choose_date`. The caller has locked the dates. Raises RuleBroken with the
    reasons, for whoever is at the school.
    """
    on = timezone.localdate(now)
    # The visit, its people, its sessions, then the areas: so the move finds everything locked, in the order of all verbs.
    visit, sessions = lock_whole_visit(row.visit_id or 0)
    reasons = reasons_not_to_choose(row, half_day, is_open=is_open(row, on=on), on=on)
    reasons = reasons or reasons_not_to_move_now(visit, sessions, on=on)
    reasons = reasons or reasons_not_read(wish_since(row), [half_day] if half_day else [], seen=seen)
    if reasons or half_day is None or row.moves_from is None:
        raise RuleBroken(reasons)
    row.visit, row.chosen = visit, half_day.key
    row.is_short = is_short_alone(row, on=on)
    row.batch = None if row.is_short else _moved(row, visit, half_day, now=now)
    answered(row, OfferedState.CHOSEN, chooser, now=now)
    if row.contact is not None:
        access_of(row.contact, AccessPurpose.VISITS, on=on)  # so that its page can lead on to the visit's
    if row.batch is None:
        keep_choice_as_wish(visit, row.moves_from, [half_day], name=chooser.name, access=chooser.access, now=now)
    wake([visit.pk])
    return row


def wish_instead(row: OfferedDates, half_days: Sequence[HalfDay], chooser: Chooser, *, seen: str, now: datetime) -> None:
    """Keep the half-days as the school’s wish for its visit, in place of the dates of which none suits; the caller locked those.

    `seen`: as `choose_to_move`. Raises RuleBroken with the reasons, for whoever is at the school.
    """
    visit, sessions = lock_with_sessions(row.visit_id or 0)
    reasons = reasons_not_to_wish(half_days, sessions, nation=visit.school.nation, on=timezone.localdate(now))
    reasons = reasons or reasons_not_read(wish_since(row), half_days, seen=seen)
    if reasons or row.moves_from is None:
        raise RuleBroken(reasons)
    keep_choice_as_wish(visit, row.moves_from, half_days, name=chooser.name, access=chooser.access, now=now)
    wake([visit.pk])


def _moved(row: OfferedDates, visit: Visit, half_day: HalfDay, *, now: datetime) -> Batch | None:
    """Move the visit to the half-day, and return the batch that moves it back; None where a rule is in the way."""
    on = timezone.localdate(now)
    by, to = answering_for(row, on=on), slots_in(half_day, to_be_moved(visit, on=on))
    if by is None or to is None or reasons_not_to_move_by_choice(row, on=on):
        return None
    try:
        with transaction.atomic():
            seen = plan_move(visit, to, by=by, now=now).digest
            batch = held(lambda: move(visit, to, seen=seen, by=by, now=now), now=now)
    except RuleBroken:
        return None
    # It stands among what the coordinator did, whose verb it is: so it says whose doing it was.
    batch.words = f"{batch.words}, as the school chose"[:LONGEST_WORDS]
    batch.save(update_fields=["words"])
    return batch
