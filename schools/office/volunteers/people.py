"""Anybody whose name we hold, such as a volunteer or who asked for a visit, behind one address and one box for a name."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from schools.core.searchable import SearchableQuerySet
from schools.directory.models import Contact
from schools.erasing.models import PersonKind
from schools.erasing.people import KINDS
from schools.recovery.models import Trustee
from schools.visits.models import VisitRequest

TABLES: dict[str, Any] = {kind: model for model, kind in KINDS.items()}
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
    return [(kind.value, row, kind.label) for kind, people in rows.items() for row in _named(people, words)[:MOST_SHOWN]]


def people_with_an_entry() -> dict[PersonKind, Any]:
    """Return the people of tables that are not of volunteers or the office: at schools, who asked for a visit, trustees.

    Of requests, those of people who are not among the people at schools; without an address, whoever asked was erased.
    """
    return {
        PersonKind.CONTACT: Contact.objects.select_related("school"),
        PersonKind.REQUESTER: VisitRequest.objects.filter(contact=None).exclude(email="").select_related("school"),
        PersonKind.TRUSTEE: Trustee.objects.exclude(name=""),
    }


def _named(people: Any, words: str) -> "QuerySet[Any]":
    """Return those who have the name; few tables of people have no words to be found by, and there the address counts too."""
    if isinstance(people, SearchableQuerySet):
        return people.named(words)
    for word in words.split():
        people = people.filter(Q(name__icontains=word) | Q(email__icontains=word))
    named: QuerySet[Any] = people
    return named
