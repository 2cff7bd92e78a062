"""What the processes of test_at_once do; imported by each before Django is set up, so it imports no models by itself."""

from datetime import UTC, datetime
from pathlib import Path


def imported(path: str) -> tuple[int, int, int]:
    """Created, updated, unchanged."""
    from schools.directory.actions import import_register

    now = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
    report = import_register(Path(path), day=now.date(), now=now)
    return report.created, report.updated, report.unchanged
