"""An older register makes schools that a newer one, read before, had left out: the newer one is asked for once more."""

from datetime import date, datetime
from pathlib import Path

import pytest

from schools.directory.actions import import_register
from schools.models import School
from tests.directory.gias_files import row, written

pytestmark = pytest.mark.django_db


def test_an_older_register_that_makes_schools_asks_for_the_newer_one_once_more(tmp_path: Path, now: datetime) -> None:
    closed = row(urn="100002", status="Closed", closed="31-08-2022", low="11", high="16")
    newer = written(tmp_path, row(urn="100001"), closed, name="newer.csv")
    older = written(tmp_path, row(urn="100001"), row(urn="100002"), name="older.csv")
    assert import_register(newer, day=date(2022, 11, 1), now=now).read_again is None
    told = import_register(older, day=date(2019, 11, 1), now=now)
    assert (told.created, told.read_again) == (1, date(2022, 11, 1))
    assert told.as_json()["read_again"] == "2022-11-01"
    assert School.objects.get(register_id="100002").status == "open"
    assert import_register(older, day=date(2019, 11, 1), now=now).read_again is None
    assert import_register(newer, day=date(2022, 11, 1), now=now).read_again is None
    school = School.objects.get(register_id="100002")
    assert (school.status, school.closed) == ("closed", date(2022, 8, 31))
