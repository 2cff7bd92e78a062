"""Anybody whose name we hold, such as a volunteer or who asked for a visit, behind one address and one box for a name."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse

from schools.accounts.models import User
from schools.core.searchable import SearchableQuerySet
from schools.directory.models import Contact
from schools.erasing.models import PersonKind
from schools.erasing.people import KINDS, is_of_entry
from schools.keeping.named import Named, is_too_short, named_in_words
from schools.recovery.models import Trustee
from schools.visits.models import VisitRequest
from schools.volunteers.models import Volunteer

TABLES: dict[str, Any] = {kind: model for model, kind in KINDS.items()}
MOST_SHOWN = 100
"""Of one kind; whoever is not among them is found by more of the name."""


def person_or_404(kind: str, person_id: int) -> Any:
    """Return the row of the person. Raises Http404 for a kind that does not exist, too."""
    if kind not in TABLES:
        raise Http404
    return get_object_or_404(TABLES[kind], pk=person_id)


def _people_of_name(words: str, rows: dict[PersonKind, Any]) -> dict[PersonKind, list[Any]]:
    """Return everybody in the QuerySets who has the name, by kind, and of no kind more than one too many to be shown."""
    named = {kind: _named(people, words) for kind, people in rows.items()} if words else {}
    return {kind: list(_first(people)) for kind, people in named.items()}


def _first(people: Any) -> Iterator[Any]:
    """Yield the first of the people; of who asked for a visit, nobody whose entry at a school is shown instead."""
    if people.model is not VisitRequest:
        yield from people[: MOST_SHOWN + 1]
        return
    yield from islice((row for row in people.iterator(chunk_size=MOST_SHOWN) if not is_of_entry(row)), MOST_SHOWN + 1)


def people_with_an_entry() -> dict[PersonKind, Any]:
    """Return the people of tables that are not of volunteers or the office: at schools, who asked for a visit, trustees.

    Of requests, those of people who are not among the people at schools; without an address, whoever asked was erased.
    """
    return {
        PersonKind.CONTACT: Contact.objects.select_related("school"),
        PersonKind.REQUESTER: VisitRequest.objects.exclude(email="").select_related("school", "contact"),
        PersonKind.TRUSTEE: Trustee.objects.exclude(name=""),
    }


def _named(people: Any, words: str) -> "QuerySet[Any]":
    """Return those who have the name; few tables of people have no words to be found by, and there the address counts too.

    A volunteer is found by name and address of their sign-in, too, which may be other ones.
    """
    if people.model is Volunteer:
        by_sign_in = User.objects.get_queryset().named(words).order_by().values("pk")
        volunteers: QuerySet[Any] = people.filter(Q(pk__in=people.named(words).order_by().values("pk")) | Q(user__in=by_sign_in))
        return volunteers
    if isinstance(people, SearchableQuerySet):
        return people.named(words)
    for word in words.split():
        people = people.filter(Q(name__icontains=word) | Q(email__icontains=word))
    named: QuerySet[Any] = people
    return named


def found_by_name(typed: QueryDict, rows: dict[PersonKind, Any]) -> dict[str, Any]:
    """Return what a page shows that finds somebody by name: the words, who has an entry, and, if asked, where else it stands.

    `goes_on` says that it stands at more places than are shown, `is_too_short` that nobody has looked for it.
    """
    words, looks_elsewhere = typed.get("q", "").strip(), bool(typed.get("elsewhere"))
    places = list(islice(named_in_words(words), MOST_SHOWN + 1)) if looks_elsewhere else []
    people = _people_of_name(words, rows)
    return {
        "words": words,
        "people": [(kind.value, row, kind.label) for kind, some in people.items() for row in some[:MOST_SHOWN]],
        "are_more": any(len(some) > MOST_SHOWN for some in people.values()),
        "most_shown": MOST_SHOWN,
        "looks_elsewhere": looks_elsewhere,
        "elsewhere": list(_lines(places[:MOST_SHOWN])),
        "goes_on": len(places) > MOST_SHOWN,
        "is_too_short": is_too_short(words),
    }


def _lines(places: list[Named]) -> Iterator[tuple[str, str, str, str]]:
    """Yield table, column, text and address of each place; "" where the office has no page of the row, or it is gone."""
    for place in places:
        column: Any = place.model._meta.get_field(place.column)
        table = str(place.model._meta.verbose_name)
        is_there = not place.is_earlier or place.model._default_manager.filter(pk=place.pk).exists()
        address = _address(place.model, place.pk) if is_there else ""
        yield f"an earlier state of {table}" if place.is_earlier else table, str(column.verbose_name), place.text, address


def _address(model: type[Model], pk: Any) -> str:
    if not admin.site.is_registered(model):
        return ""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[pk])
