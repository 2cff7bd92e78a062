"""Reasons not to let somebody at a school name who is written to in their place, in the school's words."""

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _

from schools.visits.models import AnswerState, SchoolAnswer, Session, Visit
from schools.visits.new_contacts import NewContact
from schools.visits.rules.school_answers import reasons_not_to_prepare


def reasons_not_to_name_contact(
    visit: Visit, sessions: Sequence[Session], person: NewContact, *, school: int, on: date
) -> list[str]:
    """Return why the school cannot name this person; the visit has its contact."""
    reasons = reasons_not_to_prepare(visit, sessions, on=on)
    if visit.school_id != school:
        reasons.append(_("The school where it takes place names whom we write to. Ask somebody there."))
    if visit.contact is not None and visit.contact.email.lower() == person.email.lower():
        reasons.append(_("We write to that address already. There is nothing more to do."))
    return reasons


def reasons_not_to_confirm_contact(answer: SchoolAnswer, visit: Visit, sessions: Sequence[Session], *, on: date) -> list[str]:
    """Return why whoever the answer names cannot confirm it any more; that the time is over is asked before."""
    if answer.state == AnswerState.LEFT:
        return [_("This was left as it was: somebody else is written to. Phone us if that is wrong.")]
    return reasons_not_to_prepare(visit, sessions, on=on)
