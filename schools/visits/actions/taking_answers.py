"""In the office: taking over what a school said about its visit, leaving it, and taking that back."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.directory.accesses import end_links as end_links_of
from schools.directory.forgetting import forget_made, hold_before_forgetting
from schools.directory.models import Contact, SchoolAccess
from schools.visits.actions.answer_columns import MAKES_SOMEBODY, is_as_made, put_back, write_answer
from schools.visits.actions.school_answers import lock_with_sessions
from schools.visits.actions.waking import reader_of, somebody_else_reads
from schools.visits.models import AnswerItem, AnswerState, SchoolAnswer, Session, Subject, Visit
from schools.visits.queries.needed import is_needed
from schools.visits.queries.parties import own_schools_of
from schools.visits.rules import reasons_not_theirs
from schools.visits.rules.school_answers import (
    answer_as_shown,
    name_beside,
    reasons_of_another_lead,
    reasons_of_lead_since,
    reasons_of_other_areas,
    reasons_said_anew,
)

ORDER = list(AnswerItem)
"""In which order answers are taken: a name before its phone."""
NOTHING_WAITS = "Nothing of this waits any more. Look at the visit as it is now."


@transaction.atomic
def take_answers(visit: Visit, shown: Mapping[int, str], *, by: User, now: datetime) -> list[SchoolAnswer]:
    """Write those of these answers that wait into the visit, as the office would have typed them; all or none.

    `shown` has by the id of each what they read of it (`answer_as_shown`): what a school says anew is written into the same row.
    Raises RuleBroken with every reason. Where somebody was quicker there is nothing left to take.
    """
    row, sessions = lock_with_sessions(visit.pk)
    answers, on = _waiting(row, shown), timezone.localdate(now)
    reasons = reasons_not_theirs(row, by=by, on=on) + reasons_said_anew(answers, shown)
    if not answers:
        reasons.append(NOTHING_WAITS)
    reasons += reasons_of_other_areas(row, answers, by=by, on=on).values()
    reasons += _reasons_of_phones(row, answers, is_by_itself=len(shown) == 1)
    for answer in answers if not reasons else ():
        reasons += write_answer(answer, row, sessions, by=by, on=on)
        _decide(answer, AnswerState.TAKEN, by=by, now=now)
    if reasons:
        raise RuleBroken(list(dict.fromkeys(reasons)))
    return answers


@transaction.atomic
def leave_answers(visit: Visit, shown: Mapping[int, str], *, by: User, now: datetime) -> list[SchoolAnswer]:
    """Leave the visit as it is: the answers wait no longer. `shown`: as `take_answers`. What was left already stays so.

    Raises RuleBroken with every reason. Of what was taken meanwhile nobody may read that the visit was left as it was.
    """
    row, _sessions = lock_with_sessions(visit.pk)
    answers = _waiting(row, shown)
    reasons = reasons_not_theirs(row, by=by, on=timezone.localdate(now)) + reasons_said_anew(answers, shown)
    if not answers and not _were_left(row, shown):
        reasons.append(NOTHING_WAITS)
    if reasons:
        raise RuleBroken(reasons)
    for answer in answers:
        _decide(answer, AnswerState.LEFT, by=by, now=now)
    return answers


@transaction.atomic
def undo_answers(visit: Visit, shown: Mapping[int, str], *, by: User, now: datetime) -> list[Contact] | None:
    """Put back what the answers replaced, and let them wait again; return whoever was made for one and stays all the same.

    Whoever was made goes, unless their entry was changed since or something else needs it. `shown` has by the id of each what
    they read of it (`answer_as_shown`). None: all of them wait again already, or somebody has decided anew about one, so nothing
    is changed. Raises RuleBroken where something was changed since, or whom the visit named before has gone.
    """
    on = timezone.localdate(now)
    if reasons := reasons_not_theirs(visit, by=by, on=on):
        raise RuleBroken(reasons)
    if held := SchoolAnswer.objects.filter(visit=visit, pk__in=shown, item__in=MAKES_SOMEBODY, before__isnull=False).exists():
        hold_before_forgetting()  # nor are two entries made one meanwhile
    row, sessions = lock_with_sessions(visit.pk)
    reasons = reasons_not_theirs(row, by=by, on=on)
    answers = _decided(row, shown)
    if not answers or any(shown[each.pk] != answer_as_shown(each) for each in answers):
        return None
    taken = [each for each in answers if each.state == AnswerState.TAKEN]
    reasons += reasons_of_other_areas(row, taken, by=by, on=on).values()
    made, reader = _made_for(row, [answer.pk for answer in taken]), reader_of(row)
    reasons += _wait_again(answers, row, sessions, by=by)
    if made and not held:
        reasons.append("Somebody took this anew meanwhile. Look at the visit as it is now.")
    if reasons:
        raise RuleBroken(list(dict.fromkeys(reasons)))
    for answer in answers:
        answer.save()
    stays = _who_stays(made)
    # After they are gone: whoever was made may be the first at the school.
    somebody_else_reads(row, before=reader, now=now)
    return stays


def _wait_again(answers: Sequence[SchoolAnswer], visit: Visit, sessions: Sequence[Session], *, by: User) -> list[str]:
    """Put back what these answers replaced, and let them wait; return the reasons against it. The caller saves them."""
    waiting = {_place(each) for each in SchoolAnswer.objects.filter(visit=visit, state=AnswerState.OPEN)}
    reasons: list[str] = []
    for answer in answers:
        if _place(answer) in waiting:
            reasons.append(f"{answer} was said anew since. Take that one.")
        elif answer.state == AnswerState.TAKEN:
            reasons += put_back(answer, visit, sessions, by=by)
        waiting.add(_place(answer))
        answer.state, answer.decided_at, answer.decided_by, answer.before = AnswerState.OPEN, None, None, None
    return reasons


def _place(answer: SchoolAnswer) -> tuple[int, Subject, int | None]:
    """Return where it waits: there is one of a school about each subject, of each academic year where it is said of one."""
    return answer.school_id, answer.subject, answer.academic_year


def _made_for(visit: Visit, ids: Collection[int]) -> dict[int, SchoolAnswer]:
    """Return those of the answers of the visit for which somebody was made, by the id of that entry."""
    taken = SchoolAnswer.objects.filter(visit=visit, pk__in=ids, item__in=MAKES_SOMEBODY, before__isnull=False)
    return {made: answer for answer in taken.exclude(decided_by=None) if (made := (answer.before or {}).get("made"))}


def _who_stays(made: Mapping[int, SchoolAnswer]) -> list[Contact]:
    """Delete the entries that were made for these answers, and return those that stay: they were changed, or are needed."""
    # With their keys: nothing may begin to refer to one that goes.
    people = list(Contact.objects.select_for_update(of=("self",)).filter(pk__in=made).order_by("pk"))
    stays = [person for person in people if not is_as_made(person, made[person.pk]) or is_needed(person)]
    for person in people:
        if person not in stays:
            forget_made(person)
    return stays


def _waiting(visit: Visit, ids: Collection[int]) -> list[SchoolAnswer]:
    rows = SchoolAnswer.objects.filter(visit=visit, state=AnswerState.OPEN, pk__in=ids).select_related("school")
    return sorted(rows, key=lambda answer: (ORDER.index(AnswerItem(answer.item)), answer.pk))


def _decided(visit: Visit, ids: Collection[int]) -> list[SchoolAnswer]:
    """Return those of the answers about which somebody in the office has decided, the last to be taken first."""
    rows = SchoolAnswer.objects.filter(visit=visit, pk__in=ids, decided_by__isnull=False).exclude(state=AnswerState.OPEN)
    return sorted(rows.select_related("school"), key=lambda answer: (-ORDER.index(AnswerItem(answer.item)), -answer.pk))


def _were_left(visit: Visit, ids: Collection[int]) -> bool:
    """Return whether all of these were left already: whoever presses twice has what they wanted."""
    return SchoolAnswer.objects.filter(visit=visit, state=AnswerState.LEFT, pk__in=ids).count() == len(ids) > 0


def _reasons_of_phones(visit: Visit, answers: Sequence[SchoolAnswer], *, is_by_itself: bool) -> list[str]:
    """Return why the phone of a lead cannot be taken: it would become the number of somebody else than the school has named.

    While the name waits, that is decided about first. Where it was left, the phone is taken by itself, by whoever knows that
    it is that of the lead who stays. One that came without a name is of whoever was lead then. No query where no phone is taken,
    or its name is taken with it.
    """
    with_name = {answer.school_id for answer in answers if answer.item == AnswerItem.LEAD}
    phones = [answer for answer in answers if answer.item == AnswerItem.LEAD_PHONE and answer.school_id not in with_name]
    names = list(SchoolAnswer.objects.filter(visit=visit, item=AnswerItem.LEAD)) if phones else []
    reasons: list[str] = []
    for phone in phones:
        state = name.state if (name := name_beside(phone, names)) else None
        if state == AnswerState.OPEN:
            reasons.append(f"{phone}: the school has given a name with it, which waits. Take or leave the name first.")
        elif state == AnswerState.LEFT and not is_by_itself:
            reasons.append(f"{phone}: the name that came with it was left. Take it by itself if it is of the lead whom we have.")
        reasons += reasons_of_another_lead(phone, names, visit) if state else reasons_of_lead_since(phone, visit)
    return reasons


def _decide(answer: SchoolAnswer, state: AnswerState, *, by: User, now: datetime) -> None:
    answer.state, answer.decided_at, answer.decided_by = state, now, by
    answer.save()


@transaction.atomic
def end_links(visit: Visit, ids: Collection[int], *, by: User, now: datetime) -> None:
    """End every link of these people at those schools of the visit that the user looks after.

    Raises RuleBroken where the visit is not the user’s.
    """
    on = timezone.localdate(now)
    if reasons := reasons_not_theirs(visit, by=by, on=on):
        raise RuleBroken(reasons)
    people = Contact.objects.at(own_schools_of(visit, by, on=on)).order_by()
    ended = SchoolAccess.objects.filter(pk__in=ids, contact__in=people)
    end_links_of(ended, now=now)
    # Whom a stranger named by such a link confirms nothing any more, also once its person is deleted or merged.
    by_them = SchoolAccess.objects.filter(contact__in=ended.order_by().values("contact"))
    named = SchoolAnswer.objects.filter(item=AnswerItem.CONTACT, state=AnswerState.OPEN, access__in=by_them.order_by())
    for answer in named.select_for_update(of=("self",)).order_by("pk"):
        _decide(answer, AnswerState.LEFT, by=by, now=now)
