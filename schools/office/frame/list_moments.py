"""Times in the lists of the office, as people read them: Django would write “10:40 a.m.” and “noon”."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateTimeField, Field, Model, TimeField
from django.utils.text import capfirst

from schools.core.words import local_moment, short_time


def in_words(model: type[Model], columns: Sequence[Any]) -> list[Any]:
    """Return the columns of the table's list, each time among them as a column that says it in words."""
    return [_column(model, name) if isinstance(name, str) and _is_time(model, name) else name for name in columns]


def _is_time(model: type[Model], name: str) -> bool:
    try:
        return isinstance(model._meta.get_field(name), DateTimeField | TimeField)
    except FieldDoesNotExist:
        return False


@cache
def _column(model: type[Model], name: str) -> Callable[[Any], str | None]:
    """Return the column of the field; it sorts as the field does, and its name in the page is that of the field."""
    field: Field[Any, Any] = model._meta.get_field(name)  # type: ignore[assignment]  # a time is a column of the table

    @admin.display(description=capfirst(str(field.verbose_name)), ordering=name)
    def of_row(row: Any) -> str | None:
        at = getattr(row, name)
        if at is None:
            return None
        return local_moment(at) if isinstance(at, datetime) else short_time(at)

    of_row.__name__ = name
    return of_row
