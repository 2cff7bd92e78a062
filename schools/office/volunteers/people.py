"""Anybody whose name we hold: a volunteer, somebody at a school, or a colleague, behind one address and one box for a name."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404

from schools.accounts.models import User
from schools.directory.models import Contact
from schools.erasing.models import PersonKind
from schools.volunteers.models import Volunteer

TABLES: dict[str, Any] = {PersonKind.VOLUNTEER: Volunteer, PersonKind.CONTACT: Contact, PersonKind.STAFF: User}
MOST_SHOWN = 100
"""Of one kind; whoever is not among them is found by more of the name."""


def person_or_404(kind: str, person_id: int) -> Any:
    """Return the row of the person. Raises Http404 for a kind that does not exist, too."""
    if kind not in TABLES:
        raise Http404
    return get_object_or_404(TABLES[kind], pk=person_id)


def people_of_name(words: str, rows: dict[PersonKind, Any]) -> list[tuple[str, Any, str]]:
    """Return kind, row and the kind in words of everybody in the QuerySets who has the name; nobody where `words` is empty."""
    if not words:
        return []
    return [(kind.value, row, kind.label) for kind, people in rows.items() for row in people.named(words)[:MOST_SHOWN]]
