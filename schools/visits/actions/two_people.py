"""Saying that two entries are not the same person, taking that back, and forgetting contacts who are deleted."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q

from schools.accounts.models import User
from schools.directory.models import Contact
from schools.messages.actions import erase_texts
from schools.messages.models import OutboxMessage
from schools.visits.models import Merge, MergeKind, TwoPeople
from schools.volunteers.models import Volunteer

type Person = Volunteer | Contact


def kind_of(person: Person) -> MergeKind:
    """Return of which table the person is."""
    return MergeKind.VOLUNTEER if isinstance(person, Volunteer) else MergeKind.CONTACT


def keep_apart(left: Person, right: Person, *, by: User, now: datetime) -> TwoPeople:
    """Note that the two are not the same person; who noted it first stays the one who did."""
    first, second = sorted((left.pk, right.pk))
    noted = {"by": by, "noted_at": now}
    row, _ = TwoPeople.objects.get_or_create(kind=kind_of(left), first_id=first, second_id=second, defaults=noted)
    return row


def may_be_one(row: TwoPeople) -> bool:
    """Take back that the two are not the same person; return whether it was still noted."""
    deleted, _ = TwoPeople.objects.filter(pk=row.pk).delete()
    return bool(deleted)


def forget_contacts(ids: Collection[int]) -> None:
    """Delete what is kept about contacts who are about to be deleted: merges name them, a pair needs both, mails greet them.

    The mails of an address that somebody else has too, as of a shared mailbox, stay as they are.
    """
    Merge.objects.filter(Q(kept_id__in=ids) | Q(gone_id__in=ids), kind=MergeKind.CONTACT).delete()
    TwoPeople.objects.filter(Q(first_id__in=ids) | Q(second_id__in=ids), kind=MergeKind.CONTACT).delete()
    addresses = set(Contact.objects.filter(pk__in=ids).exclude(email="").values_list("email", flat=True))
    for others in (Contact.objects.exclude(pk__in=ids), User.objects.all()):
        addresses -= set(others.filter(email__in=addresses).values_list("email", flat=True))
    erase_texts(OutboxMessage.objects.filter(to__in=addresses))
