"""Reasons not to let somebody at a school name who is written to in their place, in the school's words."""

from collections.abc import Sequence
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from schools.core.erased import names_nobody
from schools.directory.accesses import were_ended
from schools.directory.models import Contact
from schools.visits.models import AnswerItem, AnswerState, SchoolAnswer, Session, Visit
from schools.visits.new_contacts import NewContact, is_by_ended_link, is_too_late
from schools.visits.rules.school_answers import reasons_not_to_prepare


def reasons_not_to_name_contact(
    visit: Visit, sessions: Sequence[Session], person: NewContact, *, school: int, on: date
) -> list[str]:
    """Return why the school cannot name this person; the visit has its contact."""
    reasons = reasons_not_to_prepare(visit, sessions, on=on)
    if visit.school_id != school:
        # And no more: a guest learns nothing of whom we write to.
        return [*reasons, _("The school where it takes place names whom we write to. Ask somebody there.")]
    if visit.contact is not None and visit.contact.email.lower() == person.email.lower():
        reasons.append(_("We write to that address already. There is nothing more to do."))
    return reasons


def reasons_not_to_confirm_contact(
    answer: SchoolAnswer, visit: Visit, sessions: Sequence[Session], *, now: datetime
) -> list[str]:
    """Return why whoever the answer names cannot confirm it any more.

    What was ended since they were named, theirs or the link that named them, or left as it was, is said alone: nothing else
    would help.
    """
    is_ended = is_by_ended_link(answer) or were_ended(NewContact.of(answer.words).email, since=answer.at)
    if answer.state == AnswerState.LEFT or is_ended:
        return [_("This was left as it was: somebody else is written to. Phone us if that is wrong.")]
    if reasons := reasons_not_to_prepare(visit, sessions, on=timezone.localdate(now)):
        return reasons
    if is_too_late(answer, now=now):
        return [_("You had a week to confirm this. Ask your colleague to name you once more.")]
    return []


def reasons_not_to_read_on(answer: SchoolAnswer, person: Contact | None, *, now: datetime) -> list[str]:
    """Return why the link of an answer that was taken leads on to the page of the visit no more; `person`: whom it put in place.

    The link went to the address that a colleague typed. Where that turned out to be a stranger's, the office ends their links,
    or gives the person another address, and this one must not bring them back.
    """
    named = NewContact.of(answer.words).email
    is_theirs = person is not None and person.email.lower() == named.lower()
    if is_theirs and not is_too_late(answer, now=now) and not were_ended(named, since=answer.at):
        return []
    return [_("This was seen to already, and this link leads nowhere any more. Open the visit by our last mail, or phone us.")]


def reasons_not_to_take_person(answer: SchoolAnswer) -> list[str]:
    """Return why nobody is made of the person whom an answer names, or of their phone: they were erased since."""
    is_unreachable = answer.item == AnswerItem.CONTACT and "@" not in NewContact.of(answer.words).email
    if names_nobody(answer.words) or is_unreachable:
        return [f"{answer}: who stood there was erased. Leave it, and ask the school who it is now."]
    return []
