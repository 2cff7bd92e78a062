"""Naming who at a school is written to about a visit: a colleague names them, they confirm it, and the one before is told."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.directory.accesses import access_of, used, were_ended
from schools.directory.models import AccessPurpose, SchoolAccess
from schools.messages.actions import OLD_TEXT, erase_texts
from schools.messages.erasing import erase_mails, mails_of
from schools.messages.models import OutboxMessage
from schools.visits.actions.answer_columns import write_contact
from schools.visits.actions.batches import Changes, field_values
from schools.visits.actions.known_people import know_at_school
from schools.visits.actions.school_answers import Giver, lock_with_sessions
from schools.visits.actions.waking import reader_of, wake
from schools.visits.contact_emails import NEW_CONTACT, ask_new_contact
from schools.visits.contact_kinds import CONTACT_BEFORE
from schools.visits.models import AnswerItem, AnswerState, SchoolAnswer, Visit, VisitRequest
from schools.visits.new_contacts import NewContact, is_by_ended_link, is_too_late, person_in_place
from schools.visits.rules import new_contacts as rules
from schools.volunteers.actions import forget_unless_known

OF_DECISION = ("state", "decided_at", "decided_by")
"""The fields by which a batch knows that the office left an answer."""


@transaction.atomic
def name_contact(visit: int, person: NewContact, giver: Giver, *, now: datetime) -> SchoolAnswer:
    """Keep whom the school names, ask them to confirm it, and have told whom we wrote to; nothing changes before that.

    Named again, it is the same; somebody else takes the place of whoever has not confirmed yet. Raises RuleBroken.
    """
    row, sessions = lock_with_sessions(visit)
    if reasons := rules.reasons_not_to_name_contact(row, sessions, person, school=giver.school, on=timezone.localdate(now)):
        raise RuleBroken(reasons)
    waiting = _waiting(row)
    if waiting is not None and _is_same(waiting, person, now=now):
        return waiting
    if waiting is not None and waiting.words != person.words:
        _forget_named(waiting)
    answer = waiting or SchoolAnswer(visit=row, school=row.school, item=AnswerItem.CONTACT)
    answer.words, answer.given_by, answer.access, answer.at = person.words, giver.name, giver.access, now
    answer.link_generation = giver.access.generation
    answer.save()
    used(giver.access, now=now)
    ask_new_contact(answer, row)
    wake([row.pk])
    return answer


def is_named_again(visit: Visit, person: NewContact, *, school: int, now: datetime) -> bool:
    """Return whether the host has named this person already, who can confirm it: naming them once more would mail nobody.

    `school`: who names them. A guest names nobody, and learns nothing here of whom the host has named.
    """
    waiting = _waiting(visit) if school == visit.school_id else None
    return waiting is not None and _is_same(waiting, person, now=now)


def leave_named(visit: Visit, *, by: User, now: datetime, changes: Changes | None = None) -> None:
    """Let whoever the host has named confirm nothing any more: the office has named somebody else since.

    Not where it named just them, by their address: then they may still read the visit by their link. `changes` records it.
    """
    waiting = _waiting(visit)
    address = visit.contact.email if visit.contact else ""
    if waiting is not None and NewContact.of(waiting.words).email.lower() != address.lower():
        before = field_values(waiting, OF_DECISION)
        waiting.state, waiting.decided_at, waiting.decided_by = AnswerState.LEFT, now, by
        waiting.save()
        if changes is not None:
            changes.record_changed(waiting, before)


def _waiting(visit: Visit) -> SchoolAnswer | None:
    """Return the answer that names who is written to about the visit, and waits; None: nobody is named."""
    of_visit = SchoolAnswer.objects.filter(visit=visit, school=visit.school_id, item=AnswerItem.CONTACT)
    return of_visit.filter(state=AnswerState.OPEN).first()


def _is_same(waiting: SchoolAnswer, person: NewContact, *, now: datetime) -> bool:
    """Return whether they were mailed already and can confirm it; a mail that could not go while the visit was off is gone."""
    was_mailed = OutboxMessage.objects.filter(key__startswith=f"{NEW_CONTACT}:{waiting.pk}:").exists()
    return waiting.words == person.words and was_mailed and _can_be_confirmed(waiting, now=now)


def _forget_named(waiting: SchoolAnswer) -> None:
    """Take out of the mails who was named before: once somebody else stands in the answer, nothing else leads there."""
    erase_mails(mails_of(NEW_CONTACT, [waiting.pk]))
    # What waits of the others is asked whether it is still true before it goes, and is not.
    erase_texts(OutboxMessage.objects.filter(pk__in=mails_of(CONTACT_BEFORE, [waiting.pk])), instead=OLD_TEXT)
    address = NewContact.of(waiting.words).email
    if not VisitRequest.objects.filter(email__iexact=address).exists():
        forget_unless_known(address)


def _can_be_confirmed(answer: SchoolAnswer, *, now: datetime) -> bool:
    is_ended = is_by_ended_link(answer) or were_ended(NewContact.of(answer.words).email, since=answer.at)
    return not is_ended and not is_too_late(answer, now=now)


@transaction.atomic
def confirm_contact(answer: SchoolAnswer, *, now: datetime) -> SchoolAccess:
    """Let the visit ask for whoever confirms, and return their access to its page; pressed twice, it is the same.

    The link that is read before has proved that the mailbox is theirs. Raises RuleBroken where it is too late, or where the link
    of somebody who is in place already leads on no more.
    """
    on = timezone.localdate(now)
    row, sessions = lock_with_sessions(answer.visit_id)
    fresh = SchoolAnswer.objects.get(pk=answer.pk)
    if fresh.words != answer.words:
        raise RuleBroken([_("Somebody else was named meanwhile, so this changes nothing any more.")])
    if fresh.state == AnswerState.TAKEN:
        return _read_on(fresh, now=now)
    if reasons := rules.reasons_not_to_confirm_contact(fresh, row, sessions, now=now):
        raise RuleBroken(reasons)
    reader = reader_of(row)  # before: whoever confirms may be the first at the school once they are known there
    know_at_school(row.school, NewContact.of(fresh.words).email)  # so that nobody becomes two people at two schools
    contact = write_contact(fresh, row, reader=reader)
    fresh.state, fresh.decided_at = AnswerState.TAKEN, now
    fresh.save()
    return access_of(contact, AccessPurpose.VISITS, on=on)


def _read_on(answer: SchoolAnswer, *, now: datetime) -> SchoolAccess:
    """Return the access of whom the answer put in place. Raises RuleBroken where its link leads on no more."""
    person = person_in_place(answer)
    # Read before it is asked whether links were ended: what is ended in between ends the one that is returned, too.
    access = access_of(person, AccessPurpose.VISITS, on=timezone.localdate(now)) if person and person.email else None
    reasons = rules.reasons_not_to_read_on(answer, person, now=now)
    if reasons or access is None:
        raise RuleBroken(reasons)
    return access
