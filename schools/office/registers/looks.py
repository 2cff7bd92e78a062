"""Looks at clearances in what imports of volunteers say, on every page of the office that shows it (rule 13)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.db.models.functions import Lower

from schools.accounts.models import User
from schools.directory.models import ImportChange
from schools.erasing.models import EarlierValue
from schools.visits.models import Merge, MergeKind
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


def _once_known(keys: Collection[str]) -> Collection[int]:
    """Return the volunteers (ids) who had one of the addresses or references before, or an entry that was merged into theirs.

    The keys are in small letters. Addresses are those of volunteers, or of who signs in.
    """
    was = EarlierValue.objects.alias(key=Lower("value")).filter(column__in=("email", "reference"), key__in=keys)
    own, of_users = was.filter(table="volunteer"), was.filter(table="user").values("row")
    entries = set(own.values_list("row", flat=True))
    for merge in Merge.objects.filter(kind=MergeKind.VOLUNTEER, undone_at=None):
        gone = [step["before"] for step in merge.moves if step["table"] == MergeKind.VOLUNTEER and "before" in step]
        known_by = {str(entry.get(column) or "").casefold() for entry in gone for column in ("reference", "email")}
        if merge.gone_id in entries or known_by.intersection(keys):
            entries |= {merge.gone_id, merge.kept_id}
    return list(Volunteer.objects.filter(Q(pk__in=entries) | Q(user__in=of_users)).values_list("pk", flat=True))
