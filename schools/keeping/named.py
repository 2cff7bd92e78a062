"""Where somebody is named who has no entry: whom to call in an emergency, who signed for a school, whom a note names."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from schools.directory.models import ImportChange, ImportRun
from schools.erasing.models import EarlierValue
from schools.erasing.places import plain, rows_with
from schools.erasing.registry import PEOPLE, Fate, label_of, own_table, searched_columns, tables
from schools.erasing.values import Value, ValueKind, holds
from schools.keeping.own_rows import without_secrets
from schools.messages.masking import private_kinds
from schools.messages.models import OutboxMessage
from schools.volunteers.models import Volunteer

OF_OTHERS = frozenset({"emergency_contact", "imported_from"})
"""Columns in rows of people that may name somebody else; by the rest, whoever is found by name is known."""
OF_THEMSELVES = frozenset({"Clearance", "EarlierValue", "Merge", "Invitation"})
"""Tables that belong to a person with an entry, who is found by that: nobody reads a certificate to look for a name.

Of earlier values one column may name others: whom to call in an emergency. It is looked through by itself.
"""
OF_VOLUNTEERS = "volunteers"
"""The register of imports of volunteers: what they changed and why a row was left say what was decided about a clearance."""
FEWEST_LETTERS = 2
"""A name of fewer letters is looked for nowhere."""
AROUND = 90
"""So many characters of a text are shown on each side of the name."""


@dataclass(frozen=True)
class Named:
    """One column of one row in which a name stands."""

    model: type[Model]
    pk: Any
    """The key of the row itself, also of one of which an earlier state holds the name; the row may be gone then."""
    column: str
    text: str
    """What stands around the name."""
    is_earlier: bool = False
    """Whether it is an earlier state of the row."""


def is_too_short(name: str) -> bool:
    """Return whether the name has too few letters to be looked for."""
    return sum(letter.isalnum() for letter in name) < FEWEST_LETTERS


def named_in_words(name: str) -> Iterator[Named]:
    """Yield where the name stands as whole words, in what people typed or the program wrote, and in earlier states of that.

    Tables come in their order, and each text of a row once: an earlier state that says the same is not shown. Whoever has an
    entry is found by it. What says something of a clearance is passed over, so that no words that somebody types lead there: it
    is of people with an entry, and whoever looks at it is written down (rule 13).
    """
    if is_too_short(name):
        return
    value = Value(name, ValueKind.NAME, is_theirs_alone=True)
    seen = set[tuple[type[Model], Any, str, str]]()
    for model in sorted(tables(), key=lambda model: (label_of(own_table(model)), own_table(model) is not model)):
        own = own_table(model)
        if label_of(own) in OF_THEMSELVES:
            continue
        for _, row, texts in rows_with(model, [value]):
            for (column, fate), text in zip(searched_columns(model), texts, strict=True):
                key = (own, row, column.name, str(text))
                if key in seen or not _may_name_others(own, column.name, fate) or not holds(plain(text), value):
                    continue
                seen.add(key)
                if not _is_of_clearance(own, row, column.name):
                    yield Named(own, row, column.name, _around(_words(own, row, text), value), is_earlier=own is not model)
    yield from _called_before(value)


def _words(model: type[Model], row: Any, text: Any) -> str:
    """Return the text as the manager reads it."""
    if model is not OutboxMessage:
        return str(text)
    lets_in = OutboxMessage.objects.filter(pk=row).exclude(expires_at=None)
    return without_secrets(str(text), lets_in=lets_in.exists())


def _is_of_clearance(model: type[Model], row: Any, column: str) -> bool:
    """Return whether the text may say something of somebody’s clearance."""
    if model is ImportRun:  # what was refused of a file of volunteers, and why
        return column == "report" and ImportRun.objects.filter(pk=row, register=OF_VOLUNTEERS).exists()
    if model is ImportChange and column in {"fields", "why"}:  # what changed, and why a row was left
        return ImportChange.objects.filter(pk=row, run__register=OF_VOLUNTEERS).exists()
    return model is OutboxMessage and OutboxMessage.objects.filter(pk=row, kind__in=private_kinds()).exists()


def _called_before(value: Value) -> Iterator[Named]:
    """Yield whom to call in an emergency as it was written down before."""
    for earlier in EarlierValue.objects.filter(table="volunteer", column="emergency_contact").order_by("pk").iterator():
        if holds(earlier.value, value):
            yield Named(Volunteer, earlier.row, earlier.column, _around(earlier.value, value), is_earlier=True)


def _around(words: str, value: Value) -> str:
    """Return what stands around the name; the beginning where that is masked."""
    match = value.pattern.search(words)
    start, end = (max(match.start() - AROUND, 0), match.end() + AROUND) if match else (0, 2 * AROUND)
    return f"{'…' if start else ''}{words[start:end]}{'…' if end < len(words) else ''}"


def _may_name_others(model: type[Model], column: str, fate: Fate) -> bool:
    """Return whether a name that stands there may be of somebody without an entry."""
    return column in OF_OTHERS if model in PEOPLE else fate is not Fate.GONE
