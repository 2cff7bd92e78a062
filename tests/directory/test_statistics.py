"""After each import the planner learns how large the tables are now, once everything is committed."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from schools.core import databases
from schools.directory.actions import import_postcodes, import_register, import_terms
from tests import factories
from tests.directory import gias_files
from tests.directory.own_files import written
from tests.visits.session_files import NOW, imported, row, write


def _register(folder: Path) -> None:
    import_register(gias_files.written(folder, gias_files.row()), day=date(2026, 11, 24), now=NOW)


def _terms(folder: Path) -> None:
    import_terms(written(folder, "nation,authority_gss,name,first_day,last_day", "england,,Autumn,2026-09-02,2026-12-18"))


def _postcodes(folder: Path) -> None:
    import_postcodes(written(folder, "pcds,oseast1m,osnrth1m", "LA9 4XX,351500,492700"))


def _sessions(folder: Path) -> None:
    factories.SchoolFactory(register_id="100001")
    imported(write(folder / "sessions.csv", row()))


@pytest.mark.django_db
@pytest.mark.parametrize("imports", [_register, _terms, _postcodes, _sessions])
def test_an_import_counts_what_has_grown(
    imports: Callable[[Path], None], tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as afterwards:
        imports(tmp_path)
    assert databases.keep_statistics in afterwards
