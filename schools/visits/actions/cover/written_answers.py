"""Writing an answer down so that it can be undone: a yes or a no that a coordinator heard or says, or a question for a place."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from schools.accounts.models import User
from schools.visits.actions.batches import Changes
from schools.visits.actions.cover.answering import decline
from schools.visits.actions.cover.claiming import claim
from schools.visits.actions.cover.observing import let_observe, refuse_observing
from schools.visits.actions.cover.swapping import end_swap, swap
from schools.visits.models import Batch, BatchKind, CoverRole
from schools.visits.queries import VisitDay
from schools.visits.rules import Slot
from schools.volunteers.models import Volunteer


@transaction.atomic
def accept_to_undo(
    visit_day: VisitDay,
    volunteer: Volunteer,
    *,
    by: User,
    now: datetime,
    only: Iterable[int] | None = None,
    shown: Mapping[int, Slot] | None = None,
) -> Batch:
    """Write down that the volunteer takes what they were asked, as `claim` does; the batch lets the question stand again.

    Who was to be replaced comes back with it, where the place is still theirs. `only` names sessions by id; None: all of the
    day. `shown` is as in claim. Raises RuleBroken with every reason.
    """
    changes, role = Changes(), CoverRole.PRESENTER
    # The role is not used: an offer keeps the one for which somebody was asked.
    claim(visit_day, volunteer, role=role, by=by, now=now, only=only, shown=shown, changes=changes)
    return _kept(changes, f"Wrote down a yes to {visit_day}", by=by, now=now)


@transaction.atomic
def decline_to_undo(
    visit_day: VisitDay,
    volunteer: Volunteer,
    *,
    by: User,
    now: datetime,
    only: Iterable[int] | None = None,
    shown: Mapping[int, Slot] | None = None,
) -> Batch:
    """Write down that the volunteer says no to what they were asked, as `decline` does; the batch lets the question stand again.

    The next person is asked by the clock (rule 24), and not while nobody has heard of the no. `shown` is as in claim. Raises
    RuleBroken when nothing was offered.
    """
    changes = Changes()
    decline(visit_day, volunteer, by=by, now=now, only=only, shown=shown, changes=changes)
    return _kept(changes, f"Wrote down a no to {visit_day}", by=by, now=now)


@transaction.atomic
def end_swap_to_undo(visit_day: VisitDay, volunteer: Volunteer, *, by: User, now: datetime) -> Batch:
    """Write down that the volunteer comes after all, as `end_swap` does; the batch lets the others be asked again.

    Raises RuleBroken as it does.
    """
    changes = Changes()
    end_swap(visit_day, volunteer, by=by, now=now, changes=changes)
    return _kept(changes, f"Wrote down that somebody comes after all to {visit_day}", by=by, now=now)


@transaction.atomic
def answer_wish_to_undo(
    visit_day: VisitDay,
    volunteer: Volunteer,
    *,
    is_yes: bool,
    by: User,
    now: datetime,
    shown: Mapping[int, Slot] | None = None,
) -> Batch:
    """Answer the volunteer who would like to watch, as `let_observe` or `refuse_observing` does; the batch lets them wait again.

    Raises RuleBroken as these do.
    """
    changes = Changes()
    if is_yes:
        let_observe(visit_day, volunteer, by=by, now=now, shown=shown, changes=changes)
    else:
        refuse_observing(visit_day, volunteer, by=by, now=now, changes=changes)
    words = f"Said {'yes' if is_yes else 'no'} to somebody who would like to watch {visit_day}"
    return _kept(changes, words, by=by, now=now)


def _kept(changes: Changes, words: str, *, by: User, now: datetime) -> Batch:
    # Without a name: the words of a batch stay when somebody is erased.
    return changes.keep(BatchKind.ANSWER, words, by=by, now=now)


@transaction.atomic
def swap_to_undo(
    visit_day: VisitDay,
    volunteer: Volunteer,
    to: Volunteer,
    *,
    by: User,
    now: datetime,
    note: str = "",
    only: Iterable[int] | None = None,
) -> Batch:
    """Ask `to` to take the place of `volunteer`; by the batch they are asked no more. Arguments and refusals are as in swap."""
    changes = Changes()
    swap(visit_day, volunteer, to, by=by, now=now, note=note, only=only, changes=changes)
    # Without a name: the words of a batch stay when somebody is erased.
    return changes.keep(BatchKind.ASK, f"Asked 1 person to take somebody’s place at {visit_day}", by=by, now=now)
