"""Deleting the entry of somebody at a school where it is taken back that it was made: what is theirs alone goes with it."""

from dataclasses import replace

from django.db.models import Q

from schools.directory.forgetting import Forgetter
from schools.directory.models import Contact
from schools.erasing.links import Links
from schools.erasing.locks import hold_erasures
from schools.erasing.own_rows import OwnRows
from schools.erasing.people import person_of
from schools.erasing.values import values_of
from schools.messages.erasing import mails_of
from schools.visits.contact_emails import NEW_CONTACT
from schools.visits.models import AnswerItem, AnswerState, SchoolAnswer, VisitRequest


def forget_made(contact: Contact) -> None:
    """Delete the entry, its links, mails to it alone, marks of its addresses and what it was called before.

    Nothing is cut out of what others wrote or got: they are alive, and what made the entry may make it again. What they asked for
    waits still, and so does the way to them that stands there.
    """
    person = replace(person_of(contact), requests=frozenset())
    own = OwnRows(person, values_of(person), Links(person))
    own.addresses = {
        way for way in own.addresses if not VisitRequest.objects.filter(Q(email__iexact=way) | Q(phone=way)).exists()
    }
    waiting = SchoolAnswer.objects.filter(school=contact.school, item=AnswerItem.CONTACT, state=AnswerState.OPEN)
    # Whom the school names may still confirm it, by the link that they were mailed.
    own.needed = mails_of(NEW_CONTACT, waiting.values_list("pk", flat=True))
    own.erase()


FORGETTER = Forgetter(hold_erasures, forget_made)
