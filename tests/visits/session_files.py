"""Small session files for tests, and imports in processes of their own.

Nothing of Django is imported above, so that a new process can import this before it is set up.
"""

import csv
import os
import signal
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schools.visits.session_files.importing import SessionImport

COLUMNS = [
    *("visit", "nation", "register_id", "session_type", "day", "starts", "minutes", "language", "stage", "cancelled_because"),
    *("adults", "expected_0", "expected_1", "expected_2", "expected_3", "expected_4", "expected_5", "expected_6"),
    *("pupils_0", "pupils_1", "pupils_2", "pupils_3", "pupils_4", "pupils_5", "pupils_6"),
    *("covers", "year_groups", "pupils_are", "count_basis", "site"),
]
"""As docs/imports.md has them, written out once more so that a change is noticed."""

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)


def row(**cells: object) -> dict[str, object]:
    """A KS2 assembly delivered on 6 October 2025 to 58 pupils of Year 5 of school 100001, unless told otherwise."""
    usual = {
        "visit": "A1", "nation": "england", "register_id": "100001", "session_type": "ks2-assembly", "day": "2025-10-06",
        "starts": "09:15", "minutes": 30, "language": "en", "stage": "delivered", "expected_5": 60, "pupils_5": 58,
    }  # fmt: skip
    return {**usual, **cells}


def to_come(**cells: object) -> dict[str, object]:
    """A KS2 assembly scheduled for Thursday 3 December 2026."""
    return row(**{"day": "2026-12-03", "stage": "scheduled", "pupils_5": "", **cells})


def write(path: Path, *rows: dict[str, object], columns: list[str] = COLUMNS, encoding: str = "utf-8-sig") -> Path:
    """The file with these rows; a cell that a row does not name is empty."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def imported(path: Path) -> "SessionImport":
    """What importing a good file did."""
    from schools.visits.session_files.importing import import_sessions

    result = import_sessions(path, now=NOW)
    assert result.refused == []
    return result


def reasons(path: Path) -> list[str]:
    """What is wrong with a file, each reason after its line; nothing of it may be stored."""
    from schools.visits.models import Session, Visit
    from schools.visits.session_files.importing import import_sessions

    before = Session.objects.count(), Visit.objects.count()
    result = import_sessions(path, now=NOW)
    assert (Session.objects.count(), Visit.objects.count()) == before
    assert result.created == 0
    return [f"{refusal.line}: {refusal.reason}" for refusal in result.refused]


def import_in_turn(path: str) -> tuple[int, int]:
    """In a process of its own: created and unchanged."""
    result = imported(Path(path))
    return result.created, result.unchanged


def import_and_die(path: str, database: str) -> None:
    """In a process of its own: import, and be killed once the second batch was written."""
    import django

    django.setup()
    from django.db import connection

    from schools.visits.session_files import importing

    connection.settings_dict["NAME"] = database
    importing.BATCH = 2

    def die(what: str, done: int) -> None:
        if (what, done) == ("stored", 4):
            os.kill(os.getpid(), signal.SIGKILL)

    importing.import_sessions(Path(path), now=NOW, progress=die)
