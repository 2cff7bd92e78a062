"""Looks at clearances in what imports of volunteers say, on every page of the office that shows it (rule 13)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

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


def log_looks_at_complaints(complaints: Iterable[Mapping[str, Any]], *, by: User, now: datetime) -> None:
    """Log that somebody saw these lines of a report on volunteers; what is about no clearance is no look.

    A file that says a part of a clearance is held against what is stored of it, so a complaint says something of that.
    """
    shown: defaultdict[str, set[str]] = defaultdict(set)
    for complaint in complaints:
        shown[complaint["id"].casefold()].add(complaint["reason"].removeprefix("The "))
    look_at_imported(shown, once_known=_once_known, by=by, now=now)


def _once_known(addresses: Collection[str]) -> Collection[int]:
    """Return the volunteers (ids) who had one of the addresses before, as volunteers or as who signs in."""
    was = EarlierValue.objects.filter(column="email", value__in=addresses)
    own, of_users = was.filter(table="volunteer").values("row"), was.filter(table="user").values("row")
    return list(Volunteer.objects.filter(Q(pk__in=own) | Q(user__in=of_users)).values_list("pk", flat=True))
