"""Storing what was changed in one go, so that it can be undone."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from django.db import IntegrityError
from django.db.models import Model

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.history import CHANGED, record_history
from schools.visits.models import Batch, BatchKind, Visit

type JsonValue = str | int | bool | None
type Change = dict[str, Any]
"""What a batch did to a row, as its `changes` hold it."""

LONGEST_WORDS = 300


def last_of(kind: BatchKind, visit: Visit, *, by: User) -> Batch | None:
    """Return the user's last act of the kind about this visit alone that was not undone; None: there is none."""
    mine = Batch.objects.filter(kind=kind, by=by, undone_at=None, visits=[visit.pk])
    return mine.defer("changes").order_by("-pk").first()


def json_value(value: Any) -> JsonValue:
    """Return the value as JSON stores it; a datetime in UTC, so that the same moment is always the same text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return value  # type: ignore[no-any-return]  # texts, numbers and ids stay as they are


def table_of(row: Model) -> str:
    """Return the name by which a batch knows the row's table."""
    return str(row._meta.model_name)


def field_values(row: Model, names: Sequence[str]) -> dict[str, JsonValue]:
    """Return the row's fields by name, as JSON stores them; a foreign key is its id."""
    return {name: json_value(getattr(row, row._meta.get_field(name).attname)) for name in names}  # type: ignore[union-attr]  # columns alone are named


def points_to_nobody(row: Model, values: Mapping[str, JsonValue]) -> bool:
    """Return whether one of the values, as JSON stores them, is the id of a row that is gone: erased, merged away or deleted.

    What the row points to now is there. The database asks for the others only at the end of the transaction.
    """
    for name, value in values.items():
        column = row._meta.get_field(name)
        table = column.related_model
        if not isinstance(table, type) or value is None or value == getattr(row, column.attname):  # type: ignore[union-attr]  # columns alone are named
            continue
        if not table._default_manager.filter(pk=value).exists():
            return True
    return False


def store_checked(row: Model, changed: Sequence[str]) -> None:
    """Check the row, of which these fields were changed, and store it. Raises ValidationError, RuleBroken or IntegrityError.

    The constraints are left to the database, which holds each row to all of them as it is written: asking for each beforehand, as
    `full_clean` does, is a query a constraint and row. What the broken one says to people is raised as RuleBroken, and the
    transaction of the caller is over then. A column that nobody changed was looked at when it was written.
    """
    untouched = _checked(row, changed)
    row.validate_unique(exclude=untouched)
    with _refused_in_words(row):
        row.save()


def _checked(row: Model, changed: Sequence[str]) -> set[str]:
    """Check the columns that were changed, and return the names of the others. Raises ValidationError."""
    untouched = {field.name for field in row._meta.fields if field.is_relation or field.name not in changed}
    row.clean_fields(exclude=untouched)
    row.clean()
    return untouched


@contextmanager
def _refused_in_words(row: Model) -> Iterator[None]:
    """Raise what the broken constraint says to people as RuleBroken, where the database names one of the row's table."""
    try:
        yield
    except IntegrityError as refused:
        named = set(re.findall(r"\w+", str(refused)))
        for rule in row._meta.constraints:
            if rule.name in named:
                raise RuleBroken([str(rule.violation_error_message)]) from refused
        raise


@dataclass
class Changes:
    """The rows that one transaction writes, with their values before and after."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    _newest: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    """Of each row that was stored by itself, by table and id, what was recorded of it last and has nothing `beside`."""

    def write(self, row: Model, **values: Any) -> None:
        """Set the fields, check the row and store it; do nothing where no value changes."""
        if self._set(row, values):
            store_checked(row, list(values))

    def write_all(self, rows: Iterable[Model], *, by: User | None, now: datetime, **values: Any) -> None:
        """Set the same values in many rows of one table, in two statements for any number, with a line in each history.

        `by`: None where nobody who signs in did it.
        As `write`, it leaves rows that have these values. No field may be one that rows have to differ in: that is not looked up.
        """
        changed = [row for row in rows if self._set(row, values)]
        if not changed:
            return
        for row in changed:
            _checked(row, list(values))
        table, ids = type(changed[0]), sorted(row.pk for row in changed)
        with _refused_in_words(changed[0]):
            table._default_manager.filter(pk__in=ids).update(**values)
        record_history(table, ids, kind=CHANGED, by_id=by.pk if by else None, now=now, reason="")

    def _set(self, row: Model, values: Mapping[str, Any]) -> bool:
        """Set the fields and record that; return whether any value changed."""
        before = field_values(row, list(values))
        for name, value in values.items():
            setattr(row, name, value)
        after = field_values(row, list(values))
        if before != after:
            self.rows.append({"table": table_of(row), "pk": row.pk, "before": before, "after": after})
        return before != after

    def record_created(self, row: Model, names: Sequence[str]) -> None:
        """Record that the transaction created the row, with these fields."""
        self.rows.append({"table": table_of(row), "pk": row.pk, "after": field_values(row, names)})

    def record_deleted(self, row: Model, names: Sequence[str]) -> None:
        """Record that the transaction deleted the row, which had these fields; an undo writes it anew under its id."""
        self.rows.append({"table": table_of(row), "pk": row.pk, "before": field_values(row, names), "after": {}})

    def record_changed(self, row: Model, before: dict[str, JsonValue], **beside: Any) -> None:
        """Record how the transaction changed the fields of a row that it has stored by itself; nothing where none changed.

        Changed again in the same fields it is one change, unless more is kept of it: an undo compares each with the row as it is.
        `beside` is what the batch keeps of the row besides its fields, by the key.
        """
        after, key = field_values(row, list(before)), (table_of(row), row.pk)
        newest = self._newest.get(key)
        if newest is not None and newest["before"].keys() == before.keys() and not beside:
            before = newest["before"]
            self.rows[:] = [change for change in self.rows if change is not newest]
        if before != after:
            change = {"table": key[0], "pk": key[1], "before": before, "after": after, **beside}
            self.rows.append(change)
            if beside:
                self._newest.pop(key, None)
            else:
                self._newest[key] = change

    def keep(self, kind: BatchKind, words: str, *, by: User | None, now: datetime) -> Batch:
        """Store the changes as a batch and return it; `words` are cut to 300 characters. `by`: None: the purge, or a school."""
        batch = self._batch(kind, words, by=by, now=now)
        batch.save()
        return batch

    def keep_any(self, kind: BatchKind, words: str, *, by: User | None, now: datetime) -> Batch:
        """Do as `keep` where anything changed; otherwise return a batch that is not stored, because there is nothing to undo."""
        return self.keep(kind, words, by=by, now=now) if self.rows else self._batch(kind, words, by=by, now=now)

    def _batch(self, kind: BatchKind, words: str, *, by: User | None, now: datetime) -> Batch:
        if len(words) > LONGEST_WORDS:
            words = f"{words[: LONGEST_WORDS - 1]}…"
        return Batch(kind=kind, words=words, by=by, made_at=now, changes=self.rows)
