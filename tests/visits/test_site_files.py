"""Files of sessions name the site: what goes out comes in again, and a visit day stays at one place (rule 33)."""

import csv
from collections.abc import Callable
from datetime import date, datetime, time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from schools import models
from schools.core.periods import Period
from schools.visits.session_files.exports import session_lines
from schools.visits.session_files.importing import import_sessions
from tests.factories import HeadcountFactory, SchoolFactory, SessionFactory, able_volunteer
from tests.visits.session_files import TODAY, imported, reasons, row, to_come, write

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 3)
ONE_PLACE = "A visit is at one place a day: write the same one, or use another reference."


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sessions.csv"


@pytest.fixture
def school() -> models.School:
    made: models.School = SchoolFactory(name="Fellside", register_id="100001", easting=330_000, northing=520_000)
    return made


@pytest.fixture
def site(school: models.School) -> models.Site:
    return models.Site.objects.create(school=school, name="Lower Site", postcode="CA1 2AB", easting=370_000, northing=520_000)


def exported() -> str:
    return "".join(session_lines(Period.parse("2020-01-01..2030-12-31")))


def test_what_is_exported_comes_back_at_its_site(file: Path, school: models.School, site: models.Site) -> None:
    guest = SchoolFactory(register_id="200000")
    session = SessionFactory(visit__school=school, site=site, delivered=True, day=date(2025, 10, 6))
    HeadcountFactory(session=session, school=guest, pupils=10)
    SessionFactory(visit=session.visit, delivered=True, day=date(2025, 10, 7))
    written = exported()
    lines = list(csv.DictReader(StringIO(written[1:], newline="")))
    assert [(line["register_id"], line["site"]) for line in lines] == [
        ("100001", "Lower Site"),
        ("200000", "Lower Site"),
        ("100001", ""),
    ]
    file.write_bytes(written.encode())
    assert imported(file).unchanged == 2
    models.Visit.objects.all().delete()
    assert imported(file).created == 2
    assert exported() == written


def test_a_site_is_named_in_whatever_letters_and_a_blank_agrees_with_what_is_stored(
    file: Path, school: models.School, site: models.Site
) -> None:
    write(file, to_come(site="lower SITE"), to_come(starts="13:00", site=" Lower Site "), to_come(visit="A2"))
    assert imported(file).created == 3
    assert list(models.Session.objects.order_by("pk").values_list("site", flat=True)) == [site.pk, site.pk, None]
    write(file, to_come(), to_come(starts="13:00", site="Lower Site"))
    assert imported(file).unchanged == 2
    write(file, to_come(visit="A2", site="Lower Site"))
    [reason] = reasons(file)
    assert "This session exists and differs in site." in reason


def test_no_unknown_given_up_or_needless_site_is_stored(file: Path, school: models.School, site: models.Site) -> None:
    models.Site.objects.create(school=SchoolFactory(), name="Elsewhere", postcode="CA1 2AB")
    models.Site.objects.create(school=school, name="Given Up", postcode="CA1 2AB", active=False)
    online = to_come(visit="A4", session_type="online-ks2", site="Lower Site")
    write(file, to_come(site="Elsewhere"), to_come(visit="A2", site="Given Up"), to_come(visit="A3", site="=x"), online)
    first, second, third, fourth = reasons(file)
    assert "2: site: the school has no site “Elsewhere”." in first
    assert "3: site: “Given Up” is not in use any more." in second
    assert "4: site: “=x” begins like a formula." in third
    assert "5: site: nobody goes to an online session." in fourth
    write(file, row(site="Given Up"))
    assert imported(file).created == 1, "it was in use then"


def test_a_visit_day_is_at_one_place_within_a_file_and_beside_what_is_stored(
    file: Path, school: models.School, site: models.Site
) -> None:
    write(file, to_come(site="Lower Site"), to_come(starts="13:00"), to_come(day="2026-12-04", site="Lower Site"))
    assert reasons(file) == [f"3: site: line 2 has the visit “A1” at another place on that day. {ONE_PLACE}"]
    stored = SessionFactory(visit__school=school, visit__reference="A1", day=DAY, site=site)
    write(file, to_come(starts="13:00"))
    assert reasons(file) == [f"2: site: the visit “A1” is at “Lower Site” on that day. {ONE_PLACE}"]
    write(file, to_come(starts="13:00", site="Lower Site"), to_come(session_type="online-ks2", starts="14:00"))
    assert imported(file).created == 2
    models.Session.objects.filter(visit=stored.visit).exclude(pk=stored.pk).delete()
    models.Session.objects.filter(pk=stored.pk).update(site=None)
    assert reasons(write(file, to_come(starts="13:00", site="Lower Site"))) == [
        f"2: site: the visit “A1” is at the school’s own address on that day. {ONE_PLACE}"
    ]
    models.Session.objects.filter(pk=stored.pk).update(stage="cancelled", cancelled_code="weather")
    assert imported(file).created == 1


def test_a_guests_line_has_the_site_of_its_host_or_none(file: Path, school: models.School, site: models.Site) -> None:
    SchoolFactory(register_id="200000")
    write(file, to_come(site="Lower Site"), to_come(register_id="200000", site="Upper Site"))
    assert "3: site: it differs from line 2, where the session begins." in reasons(file)[0]
    write(file, to_come(site="Lower Site"), to_come(register_id="200000"))
    assert imported(file).created == 1


def test_how_far_somebody_goes_is_judged_by_the_site(file: Path, school: models.School, site: models.Site) -> None:
    able_volunteer(reference="W1", easting=330_000, northing=520_000, furthest_km=10)
    write(
        file, to_come(visit="A2", covers="W1:lead:offered"), to_come(starts="13:00", site="Lower Site", covers="W1:lead:offered")
    )
    [reason] = reasons(file)
    assert "3: Fellside, Lower Site is 40 km from" in reason


def test_a_file_looks_sites_up_once_for_all_of_its_sessions(
    file: Path, school: models.School, site: models.Site, now: datetime, django_assert_num_queries: Callable[[int], Any]
) -> None:
    for number in (1, 20):
        write(file, *(to_come(visit=f"A{number}-{each}", site="Lower Site") for each in range(number)))
        with django_assert_num_queries(25):
            assert import_sessions(file, now=now).created == number
    assert models.Session.objects.filter(day=DAY, site=site, starts=time(9, 15)).count() == 21
    assert TODAY < DAY
