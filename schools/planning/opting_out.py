"""How people end the mails that are no part of the service: mornings near them, and whether a school would like a visit again."""

from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from schools.directory.models import Contact
from schools.directory.sources import CHECK, address_that_got, is_address_of, number_of
from schools.messages.kinds import OptOut, person_of
from schools.messages.models import OutboxMessage, SuppressedAddress
from schools.messages.suppression import mark
from schools.visits.models import Merge, MergeKind
from schools.volunteers.models import Volunteer


def _volunteers(person: int) -> Any:
    rows = Volunteer.objects.filter(pk=Merge.objects.kept_id(MergeKind.VOLUNTEER, person))
    return rows.exclude(pk__in=rows.erased().values("pk"))


def _contacts(person: int) -> Any:
    return Contact.objects.filter(pk=Merge.objects.kept_id(MergeKind.CONTACT, person))


def wants_mornings(person: int) -> bool | None:
    """Return whether the volunteer is mailed open mornings; None: they are known no more."""
    wanted: bool | None = _volunteers(person).values_list("mornings_by_mail", flat=True).first()
    return wanted


@transaction.atomic
def end_mornings(person: int) -> None:
    """Untick the mail of open mornings, as they could under Me."""
    for volunteer in _volunteers(person).select_for_update(of=("self",)).filter(mornings_by_mail=True):
        volunteer.mornings_by_mail = False
        volunteer.save(update_fields=["mornings_by_mail"])


def number_of_question(message: OutboxMessage) -> int:
    """Return the number in the link of the question: of the first who reads it, whom its key names, and of the address."""
    return number_of(person_of(message), message.to)


def address_wants_question(number: int) -> bool | None:
    """Return whether the address that got the question is asked again; None: nobody knows any more which that was.

    Whoever read there first may have another address by now: the others there read on. Where nobody has it, nothing goes there.
    """
    address = _address_asked(number)
    if not address:
        return False if _contacts(number // CHECK).exists() else None
    return Contact.objects.with_address(address).filter(wants_invitations=True).exists()


def end_question_to_address(number: int) -> None:
    """Untick that everybody who has the address that got the question wants to be asked; who has another by now goes on."""
    _set_question(Contact.objects.with_address(_address_asked(number)), is_wanted=False)


def _address_asked(number: int) -> str:
    """Return the address that got the question with this number in its link; "" where nobody has it any more."""
    everybody = Contact.objects.exclude(email="").order_by("pk")
    for people in (everybody.filter(pk__in=_contacts(number // CHECK)), everybody):
        for address in people.values_list("email", flat=True).iterator():
            if is_address_of(address, number):
                return address
    return ""


def wants_question(person: int) -> bool | None:
    """Return whether the mailbox of the contact is asked whether they would like a visit again; None: they are known no more."""
    there = _who_read_with(person)
    return any(there.values_list("wants_invitations", flat=True)) if there else None


def end_question(person: int) -> None:
    """Untick that the contact, and whoever shares their mailbox, wants to be asked, as a coordinator could on a school’s page."""
    _set_question(_who_read_with(person), is_wanted=False)


def set_question(person: int, *, is_wanted: bool) -> None:
    """Store whether the contact wants to be asked, as they say it themselves; said twice, it is the same."""
    _set_question(_contacts(person), is_wanted=is_wanted)


def _who_read_with(person: int) -> Any:
    """Return the contact with everybody who has the same address: one mail goes to all of them."""
    contact = _contacts(person).first()
    return Contact.objects.with_address(contact.email) if contact and contact.email else _contacts(person)


@transaction.atomic
def _set_question(contacts: Any, *, is_wanted: bool) -> None:
    rows = contacts.filter(wants_invitations=not is_wanted).order_by("pk")
    for contact in rows.select_for_update(of=("self",)):
        contact.wants_invitations = is_wanted
        contact.save(update_fields=["wants_invitations"])


def has_not_objected(number: int) -> bool | None:
    """Return whether mail may still go to the address that got the mail; None: nobody knows any more which that was."""
    return _may_go_to(address_that_got(number))


def object_to_address(number: int) -> None:
    """Send nothing more to the address that got the mail; the office finds it among those that cannot be reached."""
    _object(address_that_got(number))


def contact_has_not_objected(person: int) -> bool | None:
    """Return as `has_not_objected` does, for the address that the contact's first mail went to; links of earlier mails ask so."""
    return _may_go_to(_imported_address(person))


def object_for_contact(person: int) -> None:
    """Object to the address that the contact's first mail went to, as `object_to_address` does."""
    _object(_imported_address(person))


def _imported_address(person: int) -> str:
    """Return the address that a list gave the contact, which was told; without one the address that they have."""
    contact = _contacts(person).first()
    return (contact.imported_email or contact.email).lower() if contact else ""


def _may_go_to(address: str) -> bool | None:
    if not address:
        return None
    marked = SuppressedAddress.objects.active().of(address)
    return not marked.filter(reason=SuppressedAddress.Reason.OBJECTION).exists()


@transaction.atomic
def _object(address: str) -> None:
    mark(address, SuppressedAddress.Reason.OBJECTION, "", at=timezone.now())
    _set_question(Contact.objects.with_address(address), is_wanted=False)


OF_OBJECTION = OptOut(
    words=gettext_noop("All that we send to the address at which you got it"),
    back=gettext_noop("If you would like to hear from us again, tell the person who visits your school."),
    is_wanted=has_not_objected,
    end=object_to_address,
    stays=gettext_noop("Then nothing more comes to it, not even about visits that are agreed; our office is told."),
)
OF_EARLIER_OBJECTION = replace(OF_OBJECTION, is_wanted=contact_has_not_objected, end=object_for_contact)
OF_MORNINGS = OptOut(
    words=gettext_noop("Once a week: which mornings near you are open"),
    back=gettext_noop("If you would like them again, sign in and tick them under “Me”."),
    is_wanted=wants_mornings,
    end=end_mornings,
)
OF_QUESTION = OptOut(
    words=gettext_noop("Once a school year: whether you would like another visit"),
    back=gettext_noop("If you would like to be asked again, tell the person who visits your school."),
    is_wanted=address_wants_question,
    end=end_question_to_address,
    stays=gettext_noop(
        "It ends for everybody who reads mail at the address at which you got it. "
        "Mails about what you have agreed with us are not touched."
    ),
    number_of=number_of_question,
    in_links="school-due-mail",
)
OF_EARLIER_QUESTION = replace(OF_QUESTION, is_wanted=wants_question, end=end_question)
"""By links of earlier mails, which name the contact alone."""
