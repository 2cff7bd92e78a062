"""Saying that two entries are not the same person, and taking that back."""

from datetime import datetime

from schools.accounts.models import User
from schools.directory.models import Contact
from schools.visits.models import MergeKind, TwoPeople
from schools.volunteers.models import Volunteer

type Person = Volunteer | Contact


def kind_of(person: Person) -> MergeKind:
    """Return of which table the person is."""
    return MergeKind.VOLUNTEER if isinstance(person, Volunteer) else MergeKind.CONTACT


def keep_apart(left: Person, right: Person, *, by: User, now: datetime) -> TwoPeople | None:
    """Note that the two are not the same person, and return the row; None: somebody noted it before, and stays who did."""
    first, second = sorted((left.pk, right.pk))
    noted = {"by": by, "noted_at": now}
    row, is_new = TwoPeople.objects.get_or_create(kind=kind_of(left), first_id=first, second_id=second, defaults=noted)
    return row if is_new else None


def may_be_one(row: TwoPeople) -> bool:
    """Take back that the two are not the same person; return whether it was still noted."""
    deleted, _ = TwoPeople.objects.filter(pk=row.pk).delete()
    return bool(deleted)
