"""The import of volunteers from a file: read, put together by person, compared with what is stored, written."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from schools.directory.actions.own_files import OwnFile, TableReport, read_own
from schools.directory.actions.reading import no_progress
from schools.directory.actions.table_kinds import Importer, Matches, TableKind, import_table, preview_table
from schools.volunteers.actions.files.comparing import VolunteerPlan, plan_volunteers
from schools.volunteers.actions.files.rows import TABLE, VolunteerRow, read_row
from schools.volunteers.actions.files.writing import lock_people, write_volunteers

__all__ = ["VOLUNTEERS", "import_volunteers", "preview_volunteers"]


def _read(path: Path, importer: Importer, *, matches: Matches, progress: Callable[[int], None]) -> OwnFile[VolunteerRow]:
    return read_own(path, TABLE, partial(read_row, on=importer.on), progress=progress, matches=matches)


VOLUNTEERS: TableKind[VolunteerRow, VolunteerPlan] = TableKind(TABLE, _read, plan_volunteers, write_volunteers, lock_people)
"""The table of volunteers as a kind of file."""


def preview_volunteers(path: Path, importer: Importer, *, progress: Callable[[int], None] = no_progress) -> TableReport:
    """Return what `import_volunteers` would do with the file; nothing is changed. Raises the same errors."""
    return preview_table(VOLUNTEERS, path, importer, progress=progress)


def import_volunteers(path: Path, importer: Importer, *, progress: Callable[[int], None] = no_progress) -> TableReport:
    """Store the volunteers of the file, with their areas, clearances, sign-offs and days; nobody is mailed.

    A row adds and changes, and takes nothing away. Rows that cannot be used are in the report; the rest is stored. Raises
    UnreadableTable or NotThisRegister, each with a message of one line; nothing is changed then.
    """
    return import_table(VOLUNTEERS, path, importer, progress=progress)
