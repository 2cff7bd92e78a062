"""The registry of every column that may hold or name a person, and what becomes of it when somebody is erased.

The entries are in columns.py; a test fails where a column has none. A table of history has the entries of its table.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from django.apps import apps
from django.db.models import BinaryField, CharField, Field, ForeignKey, GenericIPAddressField, JSONField, Model, TextField

from schools.accounts.models import User
from schools.directory.models import Contact
from schools.erasing.columns import COLUMNS
from schools.recovery.models import Trustee
from schools.visits.models import VisitRequest
from schools.volunteers.models import Volunteer

PEOPLE: tuple[type[Model], ...] = (Volunteer, User, Contact, Trustee)
"""The tables whose rows are people. Who asked for a visit and is no contact has no such row: their requests hold who they are."""

OF_PEOPLE: tuple[type[Model], ...] = (*PEOPLE, VisitRequest)
"""The tables of which every column that is no key has an entry."""


class Fate(StrEnum):
    """What becomes of a column."""

    GONE = "gone"
    """In the person's own rows it is deleted or blanked."""
    NAMED = "named"
    """The program wrote it; the name in it is replaced where references say that they were named."""
    COPIED = "copied"
    """The program copied what somebody typed: the name is replaced as in what it wrote, and looked for as in a note."""
    NOTE = "note"
    """Somebody typed it; where it holds the name, a manager decides about each."""
    CLOSED = "closed"
    """Its bytes stay: a return that was closed, figures and texts that were published."""
    POINTS = "points"
    """It points to the person's row and stays; that row holds the reference alone."""
    NOBODY = "nobody"
    """It can hold nobody: numbers of a register, digests, words of the program."""


IN_WORDS = {
    Fate.GONE: "deleted or blanked",
    Fate.NAMED: "the name is replaced",
    Fate.COPIED: "the name is replaced, or decided one by one",
    Fate.NOTE: "decided one by one",
    Fate.CLOSED: "stays, since it is closed or published",
    Fate.POINTS: "stays, under the reference",
    Fate.NOBODY: "names nobody",
}
"""The fates as the office reads them."""

OF_HISTORY = {"history_change_reason": Fate.NAMED, "history_user": Fate.POINTS, "history_id": Fate.NOBODY}
"""What each table of history has besides the columns of its table."""

SEARCHED = (Fate.GONE, Fate.NAMED, Fate.COPIED, Fate.NOTE, Fate.CLOSED)
"""The fates of columns that are searched for what is left of somebody."""

_TEXTS = (CharField, TextField, JSONField, BinaryField, GenericIPAddressField)


def label_of(model: type[Model]) -> str:
    """Return the name of the table as the registry has it: with its app, where it is not one of ours."""
    of_ours = model._meta.app_label == "schools"
    return model.__name__ if of_ours else f"{model._meta.app_label}.{model.__name__}"


def may_hold_somebody(field: "Field[Any, Any]") -> bool:
    """Whether the column needs an entry: it holds words, points to a person, or is of a row that is one.

    A day of birth, a number or a tick says something of them too, where the row is a person.
    """
    if isinstance(field, ForeignKey):
        return field.related_model in PEOPLE
    if field.model in OF_PEOPLE:
        return not field.primary_key
    return isinstance(field, _TEXTS) and not field.choices


def tables() -> list[type[Model]]:
    """Return every table of the installation, those of other packages and of history included, by name."""
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy]
    return sorted(models, key=label_of)


def own_table(model: type[Model]) -> type[Model]:
    """Return the table itself; for a table of history, the one of which it is the history."""
    table: type[Model] = getattr(model, "instance_type", model)
    return table


def fates_of(model: type[Model]) -> dict[str, Fate]:
    """Return what becomes of each column of the table that has an entry."""
    table = own_table(model)
    fates = {name: Fate(fate) for fate, names in COLUMNS.get(label_of(table), {}).items() for name in names.split()}
    return fates | OF_HISTORY if table is not model else fates


def searched_columns(model: type[Model]) -> "list[tuple[Field[Any, Any], Fate]]":
    """Return the columns of the table that are searched for somebody, with their fates."""
    fates = fates_of(model)
    fields = [field for field in model._meta.concrete_fields if isinstance(field, CharField | TextField | JSONField)]
    return [(field, fates[field.name]) for field in fields if fates.get(field.name) in SEARCHED]


def own_texts(model: type[Model]) -> list[str]:
    """Return the columns of a table of people whose text is the person's own, such as name and phone."""
    columns = searched_columns(model)
    return [field.name for field, fate in columns if fate is Fate.GONE and isinstance(field, CharField)]


def without_entry() -> Iterator[str]:
    """Yield the columns that need an entry and have none."""
    for model in tables():
        fates = fates_of(model)
        for field in model._meta.concrete_fields:
            if may_hold_somebody(field) and field.name not in fates:
                yield f"{label_of(model)}.{field.name}"


def without_column() -> Iterator[str]:
    """Yield the entries of which there is no column."""
    there = {label_of(model): {field.name for field in model._meta.concrete_fields} for model in tables()}
    for label, entries in COLUMNS.items():
        for names in entries.values():
            yield from (f"{label}.{name}" for name in names.split() if name not in there.get(label, ()))
