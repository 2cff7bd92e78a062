"""Small files of the charity's own tables, and what the commands that import them answer."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command


def written(folder: Path, *lines: str, name: str = "table.csv", encoding: str = "utf-8") -> Path:
    """The lines as a CSV file, header first."""
    path = folder / name
    path.write_text("\n".join([*lines, ""]), encoding=encoding)
    return path


def run(command: str, path: Path, *options: str) -> dict[str, Any]:
    """What the command prints with --json."""
    out = StringIO()
    call_command(command, str(path), "--json", *options, stdout=out)
    told: dict[str, Any] = json.loads(out.getvalue())
    return told


def numbers(told: dict[str, Any]) -> tuple[int, ...]:
    """Created, updated, unchanged, closed, ignored, refused."""
    return (*(told[name] for name in ("created", "updated", "unchanged", "closed", "ignored")), len(told["refused"]))


def reasons(told: dict[str, Any], *, of: str = "refused") -> list[tuple[int, str, str]]:
    """Line, id and reason of each."""
    return [(one["line"], one["id"], one["reason"]) for one in told[of]]
