"""`manage.py draw_tables`: write docs/tables.md, the diagram of the tables, from the models as they are."""

from collections import defaultdict
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Field, Model

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "tables.md"

INTRODUCTION = """\
# The tables

`manage.py draw_tables` writes this page from the models; a test compares the two. Change a model, not this page.

An arrow leads from a table to the one that its rows point to. It never leads from a slice to one above it
([architecture.md](architecture.md)). The tables marked † also have a history table: its columns, by whom, when.
"""


class Command(BaseCommand):
    """Draws every table of the app, slice by slice, as a Mermaid diagram with a list of what each row is."""

    help = "Writes docs/tables.md: a diagram of the tables and what they point to."

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept another file to write to."""
        parser.add_argument("-o", "--output", type=Path, default=DOCUMENT, metavar="FILE", help="another file to write to")

    def handle(self, *_: Any, output: Path, **__: Any) -> None:
        """Write the page and say where."""
        output.write_text(page_of_tables(), encoding="utf-8")
        self.stdout.write(f"Wrote {output}.")


def page_of_tables() -> str:
    """Return the whole page as Markdown."""
    slices: dict[str, list[type[Model]]] = defaultdict(list)
    for model in apps.get_app_config("schools").get_models():
        if not hasattr(model, "history_object"):
            slices[model.__module__.split(".")[1]].append(model)
    slices = dict(sorted(slices.items()))
    return "\n".join([INTRODUCTION, *_diagram(slices), "", *_lists(slices)])


def _diagram(slices: dict[str, list[type[Model]]]) -> list[str]:
    lines = ["```mermaid", "flowchart LR"]
    for name, models in slices.items():
        lines += [f"  subgraph {name}", *(f"    {model.__name__}" for model in models), "  end"]
    arrows = {(model.__name__, target.__name__) for models in slices.values() for model in models for target in _targets(model)}
    lines += [f"  {origin} --> {target}" for origin, target in sorted(arrows)]
    return [*lines, "```"]


def _lists(slices: dict[str, list[type[Model]]]) -> list[str]:
    lines = []
    for slice_name, models in slices.items():
        lines += [f"## {slice_name}", "", "| table | one row is | points to |", "| --- | --- | --- |"]
        for model in models:
            targets = ", ".join(sorted({target.__name__ for target in _targets(model)})) or "–"
            row_is = (model.__doc__ or "").strip().splitlines()[0]
            name = f"{model.__name__} †" if hasattr(model, "history") else model.__name__
            lines.append(f"| {name} | {row_is} | {targets} |")
        lines.append("")
    return lines


def _targets(model: type[Model]) -> list[type[Model]]:
    """Return the tables of this app that a row points to, by foreign key or through a list."""
    fields = [field for field in model._meta.get_fields() if isinstance(field, Field) and field.is_relation]
    targets = [field.related_model for field in fields]
    ours = [target for target in targets if isinstance(target, type) and target._meta.app_label == "schools"]
    return [target for target in ours if target is not model]
