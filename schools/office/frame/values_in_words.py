"""Times, yes and no in the office, as people read them: Django would write “10:40 a.m.”, and show a picture."""

from collections.abc import Callable, Sequence
from datetime import datetime, time
from functools import cache
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import AdminReadonlyField
from django.core.exceptions import FieldDoesNotExist
from django.db.models import BooleanField, DateTimeField, Field, Model, TimeField
from django.utils.text import capfirst

from schools.core.words import local_moment, short_time


def columns_in_words(model: type[Model], columns: Sequence[Any]) -> list[Any]:
    """Return the columns of the table's list, each time, yes and no among them as a column that says it in words."""
    return [_column(model, name) if isinstance(name, str) and _needs_words(model, name) else name for name in columns]


def field_in_words(shown: AdminReadonlyField) -> str | None:
    """Return what a form says of a field that is only read, where that is a time, yes or no; None: it is something else."""
    name, row = shown.field["field"], shown.form.instance
    if isinstance(name, str) and _needs_words(type(row), name):
        return _in_words(getattr(row, name))
    return None


def _needs_words(model: type[Model], name: str) -> bool:
    try:
        return isinstance(model._meta.get_field(name), BooleanField | DateTimeField | TimeField)
    except FieldDoesNotExist:
        return False


def _in_words(value: bool | datetime | time | None) -> str | None:  # noqa: FBT001  # it is what the row holds
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return local_moment(value) if isinstance(value, datetime) else short_time(value)


@cache
def _column(model: type[Model], name: str) -> Callable[[Any], str | None]:
    """Return the column of the field; it sorts as the field does, and its name in the page is that of the field."""
    field: Field[Any, Any] = model._meta.get_field(name)  # type: ignore[assignment]  # they are columns of the table

    @admin.display(description=capfirst(str(field.verbose_name)), ordering=name)
    def of_row(row: Any) -> str | None:
        return _in_words(getattr(row, name))

    of_row.__name__ = name
    return of_row
