"""Two imports at the same moment, in processes of their own: nothing twice, and each ends in a report."""

from pathlib import Path

import pytest

from schools.models import Area, AreaAuthority, Authority, Region, School, SchoolAuthority
from tests.directory.gias_files import row, written
from tests.directory.importing import imported
from tests.processes import together

AUTHORITIES = [("E10000006", "Cumbria"), ("E06000063", "Cumberland"), ("E06000064", "Westmorland and Furness")]


@pytest.mark.django_db(transaction=True)
def test_the_same_file_imported_by_four_at_once_is_stored_once(tmp_path: Path) -> None:
    rows = []
    for number in range(300):
        gss, name = AUTHORITIES[number % 3]
        rows.append(row(urn=str(100001 + number), gss=gss, la_name=name, la_code=gss[-3:]))
    path = str(written(tmp_path, *rows))
    reports = together(imported, [(path,)] * 4)
    assert sorted(reports) == [(0, 0, 300)] * 3 + [(300, 0, 0)]
    # Those of the two authorities of today were Cumbria's before.
    assert (School.objects.count(), SchoolAuthority.objects.count(), School.history.count()) == (300, 500, 300)
    tables = (Authority, Area, AreaAuthority, Region)
    assert tuple(table.objects.count() for table in tables) == (3, 1, 3, 1)


@pytest.mark.django_db(transaction=True)
def test_two_files_that_overlap_are_both_stored_whole(tmp_path: Path) -> None:
    one = written(tmp_path, *(row(urn=str(100001 + number)) for number in range(200)), name="one.csv")
    two = written(tmp_path, *(row(urn=str(100101 + number), name="Renamed") for number in range(200)), name="two.csv")
    together(imported, [(str(one),), (str(two),)])
    assert School.objects.count() == SchoolAuthority.objects.count() == 300
    assert School.objects.filter(register_id__lt="100101", name="Renamed").count() == 0
    assert School.objects.filter(register_id__gt="100200", name="Renamed").count() == 100
    # Where they differ, one of the two came last for all of them.
    assert School.objects.filter(register_id__range=("100101", "100200"), name="Renamed").count() in {0, 100}
