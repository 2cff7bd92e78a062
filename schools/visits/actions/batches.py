"""Remembering what was changed in one go, so that it can be undone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import Model

from schools.accounts.models import User
from schools.visits.models import Batch, BatchKind

type Plain = str | int | bool | None

LONGEST_WORDS = 300


def plain(value: Any) -> Plain:
    """The value as JSON keeps it; moments in UTC, so that one moment is always the same text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return value  # type: ignore[no-any-return]  # texts, numbers and ids stay as they are


def table_of(row: Model) -> str:
    """How a batch names the row's table."""
    return str(row._meta.model_name)


def stands(row: Model, names: Sequence[str]) -> dict[str, Plain]:
    """The row's fields by name as JSON keeps them; of a foreign key the id."""
    return {name: plain(getattr(row, row._meta.get_field(name).attname)) for name in names}  # type: ignore[union-attr]  # columns alone are named


@dataclass
class Changes:
    """Rows that are written in one transaction, with what was there before."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    def write(self, row: Model, **values: Any) -> None:
        """Set the fields, check the row and store it."""
        before = stands(row, list(values))
        for name, value in values.items():
            setattr(row, name, value)
        after = stands(row, list(values))
        if before == after:
            return
        row.full_clean(exclude=[name.name for name in row._meta.fields if name.is_relation])
        row.save()
        self.rows.append({"table": table_of(row), "pk": row.pk, "before": before, "after": after})

    def made(self, row: Model, names: Sequence[str]) -> None:
        """Remember that the row was made."""
        self.rows.append({"table": table_of(row), "pk": row.pk, "after": stands(row, names)})

    def keep(self, kind: BatchKind, words: str, *, by: User, now: datetime) -> Batch:
        """Store the batch."""
        if len(words) > LONGEST_WORDS:
            words = f"{words[: LONGEST_WORDS - 1]}…"
        return Batch.objects.create(kind=kind, words=words, by=by, made_at=now, changes=self.rows)
