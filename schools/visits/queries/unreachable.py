"""Whose are the addresses that mail does not reach: people at schools, volunteers, and people who sign in."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from schools.accounts.models import User
from schools.directory.models import Contact, School
from schools.messages.models import SuppressedAddress
from schools.volunteers.models import Volunteer, VolunteerStatus


@dataclass(frozen=True)
class Reader:
    """Somebody who reads mail at an address."""

    table: str
    """The table in which the address is corrected: contact, volunteer or user."""
    pk: int
    name: str
    phone: str


def unreachable(addresses: QuerySet[SuppressedAddress]) -> QuerySet[SuppressedAddress]:
    """Return those of the addresses to which no mail goes and which somebody still has: a corrected one needs nobody."""
    people = User.objects.filter(is_active=True).order_by().values("email")
    volunteers = _addresses(Volunteer.objects.exclude(status=VolunteerStatus.LEFT))
    theirs = _is_of_one_of(Contact.objects.all()) | Q(address__in=volunteers) | Q(address__in=people)
    return addresses.filter(theirs, lifted_at=None)


def belongs_to_areas_of(user: User, *, on: date) -> Q:
    """Return the condition for addresses of people at schools, and of volunteers, of the areas that the user coordinates."""
    contacts = Contact.objects.at(School.objects.for_user(user, on=on))
    volunteers = Volunteer.objects.for_user(user, on=on)
    signing_in = volunteers.order_by().values("user__email")
    return _is_of_one_of(contacts) | Q(address__in=_addresses(volunteers)) | Q(address__in=signing_in)


def _is_of_one_of(contacts: QuerySet[Contact]) -> Q:
    """Return the condition that an address is that of one of these people at schools.

    Few addresses are marked, so each is looked up in an index: people at schools are tens of thousands. Lower on both sides,
    because SQLite takes an index of an expression for another expression alone.
    """
    small = Lower(OuterRef("address"))
    return Q(Exists(contacts.order_by().annotate(in_small_letters=Lower("email")).filter(in_small_letters=small)))


def _addresses(people: QuerySet[Any]) -> QuerySet[Any]:
    """Return the addresses of contacts or volunteers in small letters, as one column."""
    addresses: QuerySet[Any] = people.order_by().exclude(email="").annotate(in_small_letters=Lower("email"))
    return addresses.values("in_small_letters")


def readers_of(addresses: Collection[str], user: User, *, on: date) -> dict[str, list[Reader]]:
    """Return who reads mail at each of the addresses, as far as the user sees them; three queries."""
    readers: defaultdict[str, list[Reader]] = defaultdict(list)
    small = Lower("email")
    contacts = Contact.objects.at(School.objects.for_user(user, on=on)).annotate(small=small).filter(small__in=addresses)
    for contact in contacts.select_related("school").order_by("name", "pk"):
        readers[contact.email.lower()].append(Reader("contact", contact.pk, f"{contact}, {contact.school}", _phone(contact)))
    volunteers = Volunteer.objects.for_user(user, on=on).annotate(small=small).select_related("user")
    signed_in = set[int]()
    for volunteer in volunteers.filter(Q(small__in=addresses) | Q(user__email__in=addresses)).order_by("name", "pk"):
        signed_in.add(volunteer.user_id or 0)
        readers[volunteer.mail_address.lower()].append(Reader("volunteer", volunteer.pk, volunteer.name, _phone(volunteer)))
    if user.is_manager:
        for person in User.objects.filter(email__in=addresses, is_active=True).exclude(pk__in=signed_in).order_by("name", "pk"):
            readers[person.email].append(Reader("user", person.pk, str(person), _phone(person)))
    return dict(readers)


def _phone(person: Any) -> str:
    return str(person.phone) if person.phone else ""
