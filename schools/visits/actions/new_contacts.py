"""Naming who at a school is written to about a visit: a colleague names them, they confirm it, and the one before is told."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from schools.core.errors import RuleBroken
from schools.directory.accesses import access_of, used
from schools.directory.models import AccessPurpose, Contact
from schools.visits.actions.answer_columns import write_contact
from schools.visits.actions.school_answers import Giver, lock_with_sessions
from schools.visits.contact_emails import ask_new_contact, tell_contact_before
from schools.visits.models import AnswerItem, AnswerState, SchoolAnswer
from schools.visits.new_contacts import NewContact, is_too_late
from schools.visits.queries.parties import contact_to_write_to
from schools.visits.rules import new_contacts as rules


@transaction.atomic
def name_contact(visit: int, person: NewContact, giver: Giver, *, now: datetime) -> SchoolAnswer:
    """Keep whom the school names, ask them to confirm it, and tell whom we wrote to; nothing changes before that.

    Named again, it is the same; somebody else takes the place of whoever has not confirmed yet. Raises RuleBroken.
    """
    row, sessions = lock_with_sessions(visit)
    if reasons := rules.reasons_not_to_name_contact(row, sessions, person, school=giver.school, on=timezone.localdate(now)):
        raise RuleBroken(reasons)
    of_visit = SchoolAnswer.objects.filter(visit=row, school=row.school_id, item=AnswerItem.CONTACT)
    waiting = of_visit.filter(state=AnswerState.OPEN).first()
    if waiting is not None and waiting.words == person.words and not is_too_late(waiting, now=now):
        return waiting
    answer = waiting or SchoolAnswer(visit=row, school=row.school, item=AnswerItem.CONTACT)
    answer.words, answer.given_by, answer.access, answer.at = person.words, giver.name, giver.access, now
    answer.save()
    used(giver.access, now=now)
    ask_new_contact(answer, row)
    before = contact_to_write_to(row, row.school)
    if before is not None:
        tell_contact_before(answer, row, before)
    return answer


@transaction.atomic
def confirm_contact(answer: SchoolAnswer, *, now: datetime) -> Contact:
    """Let the visit ask for whoever confirms, and return them with a page of their own; pressed twice, it is the same.

    The link that is read before has proved that the mailbox is theirs. Raises RuleBroken where it is too late.
    """
    on = timezone.localdate(now)
    row, sessions = lock_with_sessions(answer.visit_id)
    fresh = SchoolAnswer.objects.get(pk=answer.pk)
    named = (fresh.before or {}).get("contact") or 0
    if fresh.state == AnswerState.TAKEN and (contact := Contact.objects.filter(pk=named).first()):
        return contact
    reasons = rules.reasons_not_to_confirm_contact(fresh, row, sessions, on=on)
    if fresh.words != answer.words or fresh.state == AnswerState.TAKEN:
        reasons.append(_("Somebody else was named meanwhile, so this changes nothing any more."))
    elif is_too_late(fresh, now=now):
        reasons.append(_("You had a week to confirm this. Ask your colleague to name you once more."))
    if reasons:
        raise RuleBroken(reasons)
    contact = write_contact(fresh, row)
    fresh.state, fresh.decided_at = AnswerState.TAKEN, now
    fresh.save()
    access_of(contact, AccessPurpose.VISITS, on=on)
    return contact
