"""In the office: taking over what a school said about its visit, leaving it, and taking that back."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.directory.accesses import end_links as end_links_of
from schools.directory.forgetting import erase_made, hold_before_erasing
from schools.directory.models import Contact, SchoolAccess
from schools.visits.actions.answer_columns import MAKES_SOMEBODY, made_of, put_back, write_answer
from schools.visits.actions.school_answers import lock_with_sessions
from schools.visits.models import AnswerItem, AnswerState, SchoolAnswer, Visit
from schools.visits.queries.parties import schools_of
from schools.visits.rules import reasons_not_theirs
from schools.visits.rules.school_answers import reasons_of_other_areas

ORDER = list(AnswerItem)
"""In which order answers are taken: a name before its phone."""


@transaction.atomic
def take_answers(visit: Visit, ids: Collection[int] | None, *, by: User, now: datetime) -> list[SchoolAnswer]:
    """Write these answers, or all that wait, into the visit, as the office would have typed them; all or none.

    At which site it is is taken by itself: with it goes where people travel, and a rule is in the way more often than not. Of all
    that waits, what is of a guest school of another area is left to who looks after that one. Raises RuleBroken with every
    reason. Where somebody was quicker there is nothing left to take.
    """
    row, sessions = lock_with_sessions(visit.pk)
    answers, on = _waiting(row, ids), timezone.localdate(now)
    reasons = reasons_not_theirs(row, by=by, on=on)
    if not answers:
        reasons.append("Nothing of this waits any more. Look at the visit as it is now.")
    of_others = reasons_of_other_areas(row, answers, by=by, on=on)
    answers = [each for each in answers if ids is not None or each.pk not in of_others] or answers
    reasons += [of_others[each.pk] for each in answers if each.pk in of_others]
    for answer in answers if not reasons else ():
        reasons += write_answer(answer, row, sessions, by=by)
        _decide(answer, AnswerState.TAKEN, by=by, now=now)
    if reasons:
        raise RuleBroken(list(dict.fromkeys(reasons)))
    return answers


@transaction.atomic
def leave_answers(visit: Visit, ids: Collection[int], *, by: User, now: datetime) -> list[SchoolAnswer]:
    """Leave the visit as it is: the answers wait no longer. Raises RuleBroken with every reason."""
    row, _sessions = lock_with_sessions(visit.pk)
    if reasons := reasons_not_theirs(row, by=by, on=timezone.localdate(now)):
        raise RuleBroken(reasons)
    answers = _waiting(row, ids)
    for answer in answers:
        _decide(answer, AnswerState.LEFT, by=by, now=now)
    return answers


@transaction.atomic
def undo_answers(visit: Visit, ids: Collection[int], *, by: User, now: datetime) -> list[SchoolAnswer]:
    """Put back what the answers replaced, and let them wait again; whoever was made for one and is not needed is erased.

    Raises RuleBroken where something was changed since, or stands against erasing them.
    """
    held = _made_for(ids)
    hold_before_erasing(held)
    row, sessions = lock_with_sessions(visit.pk)
    on = timezone.localdate(now)
    reasons = reasons_not_theirs(row, by=by, on=on)
    decided = SchoolAnswer.objects.filter(visit=row, pk__in=ids, decided_by__isnull=False).exclude(state=AnswerState.OPEN)
    answers = sorted(decided.select_related("school"), key=lambda answer: (-ORDER.index(AnswerItem(answer.item)), -answer.pk))
    taken = [each for each in answers if each.state == AnswerState.TAKEN]
    reasons += reasons_of_other_areas(row, taken, by=by, on=on).values()
    waiting = {(each.school_id, each.subject) for each in SchoolAnswer.objects.filter(visit=row, state=AnswerState.OPEN)}
    not_needed: list[Contact] = []
    for answer in answers:
        if (answer.school_id, answer.subject) in waiting:
            reasons.append(f"{answer} was said anew since. Take that one.")
        elif answer.state == AnswerState.TAKEN:
            reasons += put_back(answer, row, sessions, by=by)
            not_needed += made_of(answer)
        waiting.add((answer.school_id, answer.subject))
        answer.state, answer.decided_at, answer.decided_by, answer.before = AnswerState.OPEN, None, None, None
    if reasons:
        raise RuleBroken(list(dict.fromkeys(reasons)))
    for answer in answers:
        answer.save()
    for contact in not_needed:
        if contact not in held:
            raise RuleBroken(["Somebody took this anew meanwhile. Look at the visit as it is now."])
        erase_made(contact, answers=[answer.pk for answer in answers], by=by, now=now)
    return answers


def _made_for(ids: Collection[int]) -> list[Contact]:
    """Return the people who were made for the answers with these ids, in the order of theirs."""
    taken = SchoolAnswer.objects.filter(pk__in=ids, item__in=MAKES_SOMEBODY, before__isnull=False)
    made = [(before or {}).get("made") for before in taken.values_list("before", flat=True)]
    return list(Contact.objects.filter(pk__in=[pk for pk in made if pk]).order_by("pk"))


def _waiting(visit: Visit, ids: Collection[int] | None) -> list[SchoolAnswer]:
    rows: Any = SchoolAnswer.objects.filter(visit=visit, state=AnswerState.OPEN).select_related("school")
    rows = rows.exclude(item=AnswerItem.SITE) if ids is None else rows.filter(pk__in=ids)
    return sorted(rows, key=lambda answer: (ORDER.index(AnswerItem(answer.item)), answer.pk))


def _decide(answer: SchoolAnswer, state: AnswerState, *, by: User, now: datetime) -> None:
    answer.state, answer.decided_at, answer.decided_by = state, now, by
    answer.save()


@transaction.atomic
def end_links(visit: Visit, ids: Collection[int], *, by: User, now: datetime) -> None:
    """End every link of these people at the schools of the visit. Raises RuleBroken where the visit is not the user’s."""
    if reasons := reasons_not_theirs(visit, by=by, on=timezone.localdate(now)):
        raise RuleBroken(reasons)
    people = Contact.objects.at(schools_of(visit)).order_by()
    end_links_of(SchoolAccess.objects.filter(pk__in=ids, contact__in=people), now=now)
