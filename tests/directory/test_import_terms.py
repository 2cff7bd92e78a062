"""`manage.py import_terms`: when schools are open, and which days lie outside."""

from datetime import date
from pathlib import Path

import pytest

from schools.directory.terms import days_outside_term
from schools.models import Term
from tests import factories
from tests.directory.own_files import numbers, reasons, run, written

pytestmark = pytest.mark.django_db

HEADER = "nation,authority_gss,name,first_day,last_day"


def test_terms_are_stored_changed_and_twice_changes_nothing(tmp_path: Path) -> None:
    authority = factories.AuthorityFactory()
    lines = ("england,,Autumn,2026-09-02,18/12/2026", f",{authority.gss},Autumn,2026-09-07,2026-12-18")
    told = run("import_terms", written(tmp_path, HEADER, *lines), "--dry-run")
    assert (numbers(told), Term.objects.count()) == ((2, 0, 0, 0, 0, 0), 0)
    assert run("import_terms", written(tmp_path, HEADER, *lines)) == told
    assert numbers(run("import_terms", written(tmp_path, HEADER, *lines))) == (0, 0, 2, 0, 0, 0)
    later = written(tmp_path, HEADER, "england,,autumn,2026-09-03,2026-12-18", "england,,Autumn,2027-09-02,2027-12-17")
    assert numbers(run("import_terms", later)) == (1, 1, 0, 0, 0, 0)
    days = Term.objects.filter(authority=None).values_list("first_day", flat=True)
    assert set(days) == {date(2026, 9, 3), date(2027, 9, 2)}


def test_rows_that_cannot_be_used_are_listed_and_the_rest_is_stored(tmp_path: Path) -> None:
    told = run(
        "import_terms",
        written(
            tmp_path,
            HEADER,
            "wales,,Autumn,2026-09-01,2026-12-18",
            "wales,,Spring,2027-03-01,2027-01-01",
            "wales,,,2027-01-01,2027-02-01",
            "wales,W06999999,Autumn,2026-09-01,2026-12-18",
            "wales,,Fall,2026-09-01,2026-12-01",
            "france,,Autumn,2026-09-01,2026-12-18",
            "wales,,Summer,,2027-07-20",
        ),
    )
    assert numbers(told) == (1, 0, 0, 0, 0, 6)
    text = " ".join(reason for _, _, reason in reasons(told))
    for words in (
        "days after it begins",
        "1 to 60 characters",
        "has the code W06999999",
        "begins on 2026-09-01",
        "nation is",
        "both be given",
    ):
        assert words in text


def test_an_authoritys_own_terms_stand_in_place_of_its_nations_and_an_unknown_year_says_nothing() -> None:
    school = factories.SchoolFactory()
    days = [date(2026, 9, 3), date(2026, 10, 28), date(2026, 12, 21), date(2030, 12, 25)]
    assert days_outside_term(school, days) == []
    Term.objects.create(nation="england", name="Autumn", first_day=date(2026, 9, 2), last_day=date(2026, 12, 18))
    assert days_outside_term(school, days) == [date(2026, 12, 21)]
    for first, last in ((date(2026, 9, 7), date(2026, 10, 23)), (date(2026, 11, 2), date(2026, 12, 22))):
        Term.objects.create(nation="england", authority=school.authority, name="Autumn", first_day=first, last_day=last)
    assert days_outside_term(school, days) == [date(2026, 9, 3), date(2026, 10, 28)]
    assert days_outside_term(factories.SchoolFactory(), days) == [date(2026, 12, 21)]
    assert days_outside_term(factories.SchoolFactory(nation="scotland"), days) == []
