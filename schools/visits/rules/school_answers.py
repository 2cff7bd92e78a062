"""Reasons not to take in what a school says about a visit by its own page, in the school’s words."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from django.utils.translation import gettext as _

from schools.accounts.models import User
from schools.core.words import joined
from schools.directory.models import Contact, School
from schools.directory.queries import coordinators_of_authorities
from schools.visits.fingerprints import fingerprint
from schools.visits.models import (
    CALLED_OFF_STAGES,
    AnswerItem,
    AnswerState,
    SchoolAnswer,
    Session,
    SessionStage,
    Visit,
)
from schools.visits.rules.visits import schools_elsewhere

OF_THE_SCHOOL = {AnswerItem.ROLL, AnswerItem.AGREEMENT}
"""What is written down of the school, for every visit of it, and not of this visit."""


def to_come(sessions: Iterable[Session], *, on: date) -> list[Session]:
    """Return the sessions that are still expected to take place, today's and those of an open window included."""
    return [each for each in sessions if each.stage == SessionStage.SCHEDULED and each.last_day >= on and not each.recorded_at]


def is_over(sessions: Sequence[Session], *, on: date) -> bool:
    """Return whether none of a visit's sessions is expected any more; where none was named yet, they all are to come."""
    return bool(sessions) and not to_come(sessions, on=on)


def is_called_off(sessions: Sequence[Session]) -> bool:
    """Return whether a visit’s sessions were cancelled one by one, until none was left; where none was named yet, none was."""
    return bool(sessions) and all(each.stage == SessionStage.CANCELLED for each in sessions)


def held(sessions: Iterable[Session]) -> list[Session]:
    """Return the sessions that took place, as those who were there reported."""
    return [each for each in sessions if each.stage == SessionStage.DELIVERED]


def held_with(school: School, visit: Visit, sessions: Iterable[Session]) -> list[Session]:
    """Return those of `held` to which pupils of the school came: of a guest not that where its numbers are all 0 (rule 25).

    For a guest the sessions have their headcounts.
    """
    took_place = held(sessions)
    if school.pk == visit.school_id:
        return took_place
    return [each for each in took_place if any(row.school_id == school.pk and row.pupils != 0 for row in each.headcounts.all())]


def reasons_not_to_prepare(visit: Visit, sessions: Sequence[Session], *, on: date) -> list[str]:
    """Return why a school can prepare nothing for the visit any more."""
    if visit.stage in CALLED_OFF_STAGES or is_called_off(sessions):
        return [_("This visit was cancelled, so there is nothing to prepare.")]
    if not sessions:
        return [_("No day is agreed yet, so there is nothing to prepare.")]
    if not to_come(sessions, on=on):
        return [_("This visit is over, so there is nothing to prepare any more. Phone us if something is wrong.")]
    return []


def reasons_not_to_look_back(sessions: Iterable[Session]) -> list[str]:
    """Return why a school cannot say yet how the visit was."""
    if held(sessions):
        return []
    return [_("Nobody has told us yet that this visit took place. Come back when it has.")]


def answer_as_shown(answer: SchoolAnswer) -> str:
    """Return a short text that differs where the school has said something else in the place of the answer.

    Nor is it the same where somebody in the office has decided about it, taken that back, or decided anew.
    """
    says = fingerprint(answer.at.isoformat(), answer.words, answer.given_by)
    if answer.state == AnswerState.OPEN:
        return says
    decided_at = answer.decided_at and answer.decided_at.timestamp()  # in whatever time zone it is read
    return f"{says}/{fingerprint(str(answer.state), decided_at, answer.decided_by_id)}"


def reasons_said_anew(answers: Iterable[SchoolAnswer], shown: Mapping[int, str]) -> list[str]:
    """Return which of the answers the office has not read as they are now; `shown` has by id what it read (`answer_as_shown`)."""
    anew = [each for each in answers if shown.get(each.pk) != answer_as_shown(each)]
    return [f"{each}: the school has said it anew since you opened the page. Look at it again." for each in anew]


def reasons_of_other_areas(visit: Visit, answers: Iterable[SchoolAnswer], *, by: User, on: date) -> dict[int, str]:
    """Return why this person cannot take these of the answers, by their ids: they are of guest schools of other areas.

    What a guest says of its pupils at this visit is the visit’s; what would be written down of the school itself is for whoever
    looks after its area. No query where no guest said such a thing.
    """
    of_guests = [each for each in answers if each.item in OF_THE_SCHOOL and each.school_id != visit.school_id]
    elsewhere = schools_elsewhere({each.school_id for each in of_guests}, by=by, on=on)
    of_others = [each for each in of_guests if each.school_id in elsewhere]
    if not of_others:
        return {}
    schools = {each.school_id: each.school for each in of_others}
    there = {school.authority_id for school in schools.values() if school.authority_id is not None}
    coordinators = coordinators_of_authorities(there, on=on)
    words = {pk: _of_another_area(school, coordinators.get(school.authority_id or 0, [])) for pk, school in schools.items()}
    return {each.pk: words[each.school_id] for each in of_others}


def _of_another_area(school: School, coordinators: Sequence[User]) -> str:
    names = joined(str(user) for user in coordinators) or "a manager"
    return f"{school} is in another area. Tell {names}, who can write this down on the page of that school; then leave it here."


def name_beside(phone: SchoolAnswer, answers: Iterable[SchoolAnswer]) -> SchoolAnswer | None:
    """Return the name of a lead that waits beside this phone, or did until somebody decided about it: the phone is theirs.

    Of several, the one that was decided about last: a name that takes the place of another keeps the phone that waits. None: the
    school gave the phone alone. `answers`: those of the visit.
    """
    names = [each for each in answers if each.item == AnswerItem.LEAD and each.school_id == phone.school_id]
    beside = [each for each in names if each.decided_at is None or each.decided_at >= phone.at]
    return max(beside, key=lambda name: (name.decided_at is None, name.decided_at or name.at), default=None)


def reasons_of_another_lead(phone: SchoolAnswer, answers: Iterable[SchoolAnswer], visit: Visit) -> list[str]:
    """Return why the phone is not that of the lead of the visit: the name beside it was taken, and somebody is named instead now.

    Two entries of one person may have become one since; the same name is the same person.
    """
    name, lead = name_beside(phone, answers), visit.safeguarding_contact
    if name is None or lead is None or name.state != AnswerState.TAKEN:
        return []
    if (name.before or {}).get("contact") == lead.pk or name.words.casefold() == lead.name.casefold():
        return []
    return [f"{phone}: it came with another name than the lead has by now. Leave it, or type it in where it belongs."]


def reasons_of_lead_since(phone: SchoolAnswer, visit: Visit) -> list[str]:
    """Return why a phone that the school gave without a name is somebody else's: the visit had another lead then.

    The same name is the same person, of whom the school has two entries. One query, and another where it was another entry.
    """
    then = Visit.history.filter(id=visit.pk, history_date__lte=phone.at).order_by("-history_date", "-history_id")
    before, lead = then.values_list("safeguarding_contact_id", flat=True).first(), visit.safeguarding_contact
    if before is None or lead is None or before == lead.pk or Contact.objects.filter(pk=before, name__iexact=lead.name).exists():
        return []
    return [f"{phone}: the visit had another lead when the school gave it. Leave it, or type it in where it belongs."]
