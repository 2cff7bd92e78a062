"""What the processes of a race do; imported by each before Django is set up, so it imports no models by itself."""

from datetime import UTC, datetime
from pathlib import Path


def imported_by_name(path: str) -> tuple[int, int]:
    """Created, unchanged."""
    from schools.directory.actions import Importer
    from schools.volunteers.actions import import_volunteers

    report = import_volunteers(Path(path), Importer(None, datetime(2026, 11, 24, 8, 50, tzinfo=UTC)))
    return report.created, report.unchanged
