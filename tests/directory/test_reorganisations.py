"""What is known of reorganised authorities dates the moves of their schools and keeps old figures where they were."""

from datetime import date, datetime
from pathlib import Path

import pytest

from schools.directory.actions import import_register
from schools.directory.actions.reorganisations import keep_reorganisations, pending_reorganisations
from schools.directory.models import Status
from schools.directory.queries import places_on
from schools.directory.reorganisations import REORGANISATIONS
from schools.models import AreaAuthority, Authority, Reorganisation, School, SchoolAuthority
from tests.directory.gias_files import row, written
from tests.factories import AuthorityFactory

pytestmark = pytest.mark.django_db


def test_the_days_of_authorities_and_the_facts_between_them_are_kept_and_twice_changes_nothing() -> None:
    for code in {code for old, new, _ in REORGANISATIONS for code in (old, new)}:
        AuthorityFactory(gss=code, opened=None, closed=None)
    keep_reorganisations()
    assert set(Reorganisation.objects.values_list("old__gss", "new__gss", "day")) == set(REORGANISATIONS)
    old, new = Authority.objects.get(gss="E10000006"), Authority.objects.get(gss="E06000063")
    assert (old.opened, old.closed, new.opened, new.closed) == (None, date(2023, 3, 31), date(2023, 4, 1), None)
    assert not pending_reorganisations()


def test_a_day_that_somebody_entered_stays() -> None:
    AuthorityFactory(gss="E10000006", closed=date(2023, 3, 30))
    AuthorityFactory(gss="E06000063", opened=date(2023, 4, 2))
    AuthorityFactory(gss="E06000064", opened=None, closed=date(2020, 1, 1))
    keep_reorganisations()
    days = {a.gss: (a.opened, a.closed) for a in Authority.objects.all()}
    assert days["E10000006"][1] == date(2023, 3, 30)
    assert days["E06000063"][0] == date(2023, 4, 2)
    assert days["E06000064"] == (None, date(2020, 1, 1))


def test_a_school_moves_on_the_day_of_the_reorganisation_and_its_new_authority_joins_the_old_ones_area(
    tmp_path: Path, now: datetime
) -> None:
    import_register(written(tmp_path, row()), day=date(2019, 9, 1), now=now)
    after = row(gss="E06000063", la_name="Cumberland", la_code="942")
    report = import_register(written(tmp_path, after), day=date(2025, 4, 22), now=now)
    assert (report.authority_changed, report.authorities_created, report.areas_created) == (1, 1, 0)
    assert list(SchoolAuthority.objects.order_by("pk").values_list("authority__gss", "from_day", "to_day")) == [
        ("E10000006", None, date(2023, 3, 31)),
        ("E06000063", date(2023, 4, 1), None),
    ]
    assert set(AreaAuthority.objects.values_list("area__name", "authority__gss")) == {
        ("Cumbria", "E10000006"),
        ("Cumbria", "E06000063"),
    }
    pk = School.objects.get().pk
    days = date(2023, 3, 31), date(2023, 4, 1)
    places = places_on((pk, day) for day in days)
    codes = dict(Authority.objects.values_list("pk", "gss"))
    gss = [codes[places[pk, day].authority_id or 0] for day in days]
    assert gss == ["E10000006", "E06000063"]


def test_an_import_stores_facts_that_a_database_of_before_lacks(tmp_path: Path, now: datetime) -> None:
    path = written(tmp_path, row(), row(urn="100002", gss="E06000063", la_name="Cumberland", la_code="942"))
    import_register(path, day=now.date(), now=now)
    Reorganisation.objects.all().delete()
    report = import_register(path, day=now.date(), now=now)
    assert (report.unchanged, Reorganisation.objects.count()) == (2, 1)


def test_an_older_file_after_the_newer_one_changes_nothing_whatever_day_it_is_read_as(tmp_path: Path, now: datetime) -> None:
    cumberland = {"gss": "E06000063", "la_name": "Cumberland", "la_code": "942"}
    old = written(tmp_path, row(name="Old name"), row(urn="100002"), name="old.csv")
    new = written(
        tmp_path, row(name="New name", **cumberland), row(urn="100002", status="Closed", closed="31-08-2022"), name="new.csv"
    )
    import_register(old, day=now.date(), now=now)
    assert import_register(new, day=now.date(), now=now).updated == 2
    before = list(School.objects.order_by("pk").values()), list(SchoolAuthority.objects.order_by("pk").values())
    for path, ignored, unchanged in ((old, 2, 0), (new, 0, 2)):
        report = import_register(path, day=now.date(), now=now)
        assert (report.created, report.updated, report.ignored, report.unchanged) == (0, 0, ignored, unchanged)
    assert (list(School.objects.order_by("pk").values()), list(SchoolAuthority.objects.order_by("pk").values())) == before


def test_an_open_school_of_an_abolished_authority_shows_that_its_row_is_old_and_no_closed_school_opens_by_it(
    tmp_path: Path, now: datetime
) -> None:
    cumberland = {"gss": "E06000063", "la_name": "Cumberland", "la_code": "942"}
    closed = written(tmp_path, row(status="Closed", closed="31-08-2022"), row(urn="100002", **cumberland), name="new.csv")
    import_register(closed, day=now.date(), now=now)
    report = import_register(written(tmp_path, row(), name="again.csv"), day=now.date(), now=now)
    assert (report.updated, report.ignored) == (0, 1)
    import_register(written(tmp_path, row(), row(urn="100002", **cumberland), name="a stray row.csv"), day=now.date(), now=now)
    assert School.objects.get(register_id="100001").status == Status.CLOSED
    import_register(written(tmp_path, row(**cumberland), name="opened.csv"), day=now.date(), now=now)
    assert School.objects.get(register_id="100001").status == Status.OPEN
