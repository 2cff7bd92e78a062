"""Looks at clearances in what imports of volunteers say, on every page of the office that shows it (rule 13)."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Q

from schools.accounts.models import User
from schools.directory.models import ImportChange
from schools.erasing.models import EarlierValue
from schools.volunteers.actions import look_at_imported
from schools.volunteers.models import Volunteer


def log_looks(changes: Iterable[ImportChange], *, by: User, now: datetime) -> None:
    """Log that somebody saw these changes of an import of volunteers; what is about no clearance is no look."""
    shown = {change.known_by: frozenset(change.fields) for change in changes}
    look_at_imported(shown, once_known=_once_known, by=by, now=now)


def _once_known(addresses: Collection[str]) -> Collection[int]:
    """Return the volunteers (ids) who had one of the addresses before, as volunteers or as who signs in."""
    was = EarlierValue.objects.filter(column="email", value__in=addresses)
    own, of_users = was.filter(table="volunteer").values("row"), was.filter(table="user").values("row")
    return list(Volunteer.objects.filter(Q(pk__in=own) | Q(user__in=of_users)).values_list("pk", flat=True))
