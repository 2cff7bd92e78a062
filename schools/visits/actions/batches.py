"""Storing what was changed in one go, so that it can be undone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import Model

from schools.accounts.models import User
from schools.visits.models import Batch, BatchKind

type JsonValue = str | int | bool | None

LONGEST_WORDS = 300


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


@dataclass
class Changes:
    """The rows that one transaction writes, with their values before and after."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    def write(self, row: Model, **values: Any) -> None:
        """Set the fields, check the row and store it; do nothing where no value changes."""
        before = field_values(row, list(values))
        for name, value in values.items():
            setattr(row, name, value)
        after = field_values(row, list(values))
        if before == after:
            return
        row.full_clean(exclude=[name.name for name in row._meta.fields if name.is_relation])
        row.save()
        self.rows.append({"table": table_of(row), "pk": row.pk, "before": before, "after": after})

    def record_created(self, row: Model, names: Sequence[str]) -> None:
        """Record that the transaction created the row, with these fields."""
        self.rows.append({"table": table_of(row), "pk": row.pk, "after": field_values(row, names)})

    def keep(self, kind: BatchKind, words: str, *, by: User, now: datetime) -> Batch:
        """Store the changes as a batch and return it; `words` are cut to 300 characters."""
        if len(words) > LONGEST_WORDS:
            words = f"{words[: LONGEST_WORDS - 1]}…"
        return Batch.objects.create(kind=kind, words=words, by=by, made_at=now, changes=self.rows)
