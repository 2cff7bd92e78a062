"""From where addresses of people at schools are that an import brought, and whether they were told.

A contact keeps which address an import gave them. Who types another address, or takes it over from another entry, needs to know
nothing of this: it is about that address alone. Several entries may have one address; its owner is told once.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Model, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from schools.accounts.models import User
from schools.directory.models import Contact
from schools.messages.envelopes import Source
from schools.messages.hashed import MARK, hash_of_address, hashes_of
from schools.messages.models import OutboxMessage
from schools.messages.opting_out import address_for
from schools.messages.sources import OTHER_FIRST, Keeper, OtherFirst
from schools.messages.suppression import recognise

OF_SOURCE = ("imported_email", "imported_from", "imported_on", "source_told_in", "source_told_at")
"""The columns of a contact that are about where their address is from."""

OBJECTION = "objection-mail"
"""The name of the way out in the links of these mails, so it never changes (schools/planning/opting_out.py).

A link names the mail and the address that got it: by the time somebody objects, the entry may have another address, and the mail
may have gone again, to that one.
"""
OBJECTION_OF_CONTACT = "objection"
"""Its name in the links of earlier mails, by the contact's id."""


_given: list[type[Model]] = [User]
"""The tables with an `email` that its owner gave: who signs in reads mail there, and asked for it."""


def register_given(table: type[Model]) -> None:
    """Let the addresses in `email` of this table, which is further up, count as given by their owners."""
    if table not in _given:
        _given.append(table)


def given_by_owners(addresses: Collection[str]) -> set[str]:
    """Return which of the addresses, in small letters, their owners gave as somebody who signs in, or as a volunteer."""
    given: set[str] = set()
    for table in _given:
        rows = table._default_manager.annotate(in_small_letters=Lower("email")).filter(in_small_letters__in=addresses)
        given.update(rows.values_list("in_small_letters", flat=True))
    return given


CHECK = 2**32
"""A link holds one number: that of the mail, or of somebody who reads it, times this, and so much of the address's keyed hash."""


def number_of(row: int, address: str) -> int:
    """Return the number in the link of the mail, or of somebody's mails, that go to the address."""
    return row * CHECK + _check(hash_of_address(address))


def is_address_of(address: str, number: int) -> bool:
    """Return whether the number is that of a link which went to the address."""
    return number % CHECK in map(_check, hashes_of(address))


def address_that_got(number: int) -> str:
    """Return the address, in small letters, that got the mail with this number in its link; "" where it is kept no more."""
    message = number // CHECK
    to = OutboxMessage.objects.filter(pk=message).values_list("to", flat=True)
    # The log forgets addresses after a while, and a mail that nobody answered may have gone again to another address.
    of_lists = Contact.objects.exclude(imported_email="").values_list("imported_email", flat=True).order_by("pk")
    for addresses in (to, of_lists.filter(source_told_in=message), of_lists):
        for address in addresses.iterator():
            if address and is_address_of(address, number):
                return address.lower()
    return ""


def _check(hashed: str) -> int:
    return int(hashed.removeprefix(MARK)[:8], 16)


def _claim(message: OutboxMessage, now: datetime) -> Source | None:
    """Return from where the message's address is, where it is the first mail to say so. Raises OtherFirst."""
    address = message.to.lower()
    theirs = Contact.objects.with_address(address).filter(imported_email=address).order_by("pk")
    # Nearly every mail goes to somebody who was told, or gave the address; no row is locked for those.
    if not theirs.filter(source_told_at=None).exists() or given_by_owners([address]):
        return None
    return _claimed(theirs, message, now)


@transaction.atomic
def _claimed(theirs: QuerySet[Contact], message: OutboxMessage, now: datetime) -> Source | None:
    contacts = list(theirs.select_for_update(of=("self",)))
    if not contacts or any(contact.source_told_at for contact in contacts):
        return None
    holders = {contact.source_told_in for contact in contacts if contact.source_told_in is not None}
    others = OutboxMessage.objects.filter(pk__in=holders).exclude(pk=message.pk)
    if others.filter(sent_at__isnull=False).exists():  # it went out, and its sender was killed before writing that down here
        return None
    if others.unsent().filter(stopped_at=None, next_try__gt=now).exists():  # somebody has it: what failed is given back at once
        raise OtherFirst(now + OTHER_FIRST)
    Contact.objects.filter(pk__in=[contact.pk for contact in contacts]).update(source_told_in=message.pk)
    first = contacts[0]
    return Source(
        first.imported_from,
        first.imported_on or timezone.localdate(now),
        address_for(OBJECTION, number_of(message.pk, message.to)),
    )


def _told(message_id: int, now: datetime) -> None:
    Contact.objects.filter(source_told_in=message_id, source_told_at=None).update(source_told_at=now)


def _not_told(message_id: int) -> None:
    Contact.objects.filter(source_told_in=message_id).update(source_told_in=None, source_told_at=None)


KEEPER = Keeper(_claim, _told, _not_told)


def mark_imported(contacts: list[Contact], *, origin: str, now: datetime) -> None:
    """Note of contacts that an import is about to store that it gave their addresses, unless somebody has one from its owner.

    An address that a colleague typed, with which somebody signs in, or which a volunteer gave is known to us already; nobody is
    told that a list had it too.
    """
    addresses = [contact.email.lower() for contact in contacts if contact.email]
    # Who objected once, and was erased since, need not object again.
    recognise(addresses)
    with_it = Contact.objects.with_addresses(addresses).exclude(pk__in=[contact.pk for contact in contacts if contact.pk])
    known = {email.lower() for email, imported in with_it.values_list("email", "imported_email") if email.lower() != imported}
    known |= given_by_owners(addresses)
    for contact in contacts:
        if contact.email and contact.email.lower() not in known:
            contact.imported_email = contact.email.lower()
            contact.imported_from, contact.imported_on = origin, timezone.localdate(now)
            contact.source_told_in = contact.source_told_at = None
