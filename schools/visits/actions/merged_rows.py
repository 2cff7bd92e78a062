"""What a merge writes of rows, step by step, as it is kept for the way back."""

from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import Model

from schools.visits.actions.batches import json_value

type Columns = dict[str, Any]
type Step = dict[str, Any]
"""What was done to a row: `before` and `after` where it was changed, one of the two where it was deleted or made."""


@dataclass
class Moves:
    """What a merge did, step by step, as `Merge.moves` keeps it."""

    steps: list[Step] = field(default_factory=list)

    def change(self, model: type[Model], pk: int, before: Columns, after: Columns) -> None:
        """Write columns of a row. Raises IntegrityError where a constraint forbids it; then nothing is written."""
        with transaction.atomic():
            write(model, pk, after)
        self.steps.append({"table": model._meta.model_name, "pk": pk, "before": before, "after": after})

    def drop(self, row: Model) -> None:
        """Delete a row that refers to nobody else."""
        self.steps.append({"table": row._meta.model_name, "pk": row.pk, "before": columns_of(row)})
        row.delete()

    def made(self, row: Model) -> None:
        """Record a row that was made."""
        self.steps.append({"table": row._meta.model_name, "pk": row.pk, "after": columns_of(row)})


def columns_of(row: Model) -> Columns:
    """Return all columns of a row by name, as JSON holds them."""
    return {
        column.attname: json_value(column.get_prep_value(column.value_from_object(row))) for column in row._meta.concrete_fields
    }


def model_of(table: str) -> type[Model]:
    """Return the table by the name under which a merge knows it."""
    return LogEntry if table == "logentry" else apps.get_model("schools", table)


def row_of(step: Step) -> Any:
    """Return the row that the step deleted, as it was then; it is not stored."""
    model = model_of(step["table"])
    return model(**{name: model._meta.get_field(name).to_python(value) for name, value in step["before"].items()})  # type: ignore[union-attr]  # columns alone are named


def write(model: type[Model], pk: int, columns: Columns) -> None:
    """Write columns of the row, which are given as JSON holds them."""
    values = {name: model._meta.get_field(name).to_python(value) for name, value in columns.items()}  # type: ignore[union-attr]  # columns alone are named
    model._default_manager.filter(pk=pk).update(**values)
