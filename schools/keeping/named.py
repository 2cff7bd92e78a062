"""Where somebody is named who has no entry: whom to call in an emergency, who signed for a school, whom a note names."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from schools.erasing.places import plain, rows_with
from schools.erasing.registry import PEOPLE, Fate, label_of, own_table, searched_columns, tables
from schools.erasing.values import SHORTEST, Value, ValueKind, holds
from schools.keeping.own_rows import without_secrets
from schools.messages.models import OutboxMessage

OF_OTHERS = frozenset({"emergency_contact", "imported_from"})
"""Columns in rows of people that may name somebody else; by the rest, whoever is found by name is known."""
OF_THEMSELVES = frozenset({"Clearance", "EarlierValue", "Merge", "Invitation"})
"""Tables that belong to a person with an entry, who is found by that: nobody reads a certificate to look for a name."""


@dataclass(frozen=True)
class Named:
    """One column of one row in which a name stands."""

    model: type[Model]
    pk: Any
    column: str
    text: str


def named_in_words(name: str) -> Iterator[Named]:
    """Yield where the name stands in what people typed or the program wrote, in the order of the tables.

    Whoever has an entry is found by it; earlier states of a row say what it says. No place is looked for where the name is
    shorter than names that erasing looks for.
    """
    if len(name) < SHORTEST:
        return
    value = Value(name, ValueKind.NAME, is_theirs_alone=True)
    letting_in = set(OutboxMessage.objects.exclude(expires_at=None).values_list("pk", flat=True))
    for model in tables():
        if own_table(model) is not model or label_of(model) in OF_THEMSELVES:
            continue
        for pk, _, texts in rows_with(model, [value]):
            for (column, fate), text in zip(searched_columns(model), texts, strict=True):
                if _may_name_others(model, column.name, fate) and holds(plain(text), value):
                    words = str(text)
                    if model is OutboxMessage:
                        words = without_secrets(words, lets_in=pk in letting_in)
                    yield Named(model, pk, column.name, words)


def _may_name_others(model: type[Model], column: str, fate: Fate) -> bool:
    """Return whether a name that stands there may be of somebody without an entry."""
    return column in OF_OTHERS if model in PEOPLE else fate is not Fate.GONE
