"""The letter of assurance as a PDF: another program reads that it is PDF/UA, and the names that it should have and no other."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from schools import models
from tests.school_portal.letters import agreed, looks, opened, person, read_pdf, words_of
from tests.school_portal.visits import BEFORE, a_visit, path_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _two_days_before() -> Iterator[None]:
    with time_machine.travel(BEFORE, tick=False):
        yield


@pytest.fixture
def path() -> str:
    visit = a_visit()
    models.Clearance.objects.update(reference="001234567890")
    agreed(person("Asha Rahman"))
    return path_of(visit)


def tags(node: Any) -> Iterator[str]:
    """The tags of the structure by which a screen reader goes through the pages."""
    node = node.get_object()
    if "/S" in node:
        yield str(node["/S"])
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        if hasattr(kid.get_object(), "get"):
            yield from tags(kid)


def test_it_says_that_it_is_pdf_ua_and_has_what_that_asks_for(path: str) -> None:
    answer = opened(path, "letter-pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="letter-of-assurance-2026-11-24.pdf"'
    assert answer.headers["Cache-Control"] == "no-store, private"
    reader, _ = read_pdf(answer.content)
    root: Any = reader.trailer["/Root"]
    about = root["/Metadata"].get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in about
    assert "Letter of assurance" in about
    assert (root["/MarkInfo"]["/Marked"], root["/Lang"], root["/ViewerPreferences"]["/DisplayDocTitle"]) == (True, "en-GB", True)
    structure = list(tags(root["/StructTreeRoot"]))
    assert structure.count("/H1") == 1
    assert {"/H2", "/L", "/LI", "/P"} <= set(structure)
    page: Any = reader.pages[0]
    fonts = page["/Resources"]["/Font"].values()
    assert all("OpenSans" in font.get_object()["/BaseFont"] for font in fonts)


def test_it_has_the_names_that_it_should_and_none_that_it_should_not(path: str) -> None:
    _, words = read_pdf(opened(path, "letter-pdf").content)
    page = words_of(opened(path))
    for line in ("Asha Rahman: checked under DBS, clear on that day", "one more person: phone us", "Thu 26 November 2026"):
        assert line in words, line
        assert line in page, line
    for line in ("Okri", "001234567890"):
        assert line not in words, line


def test_the_same_letter_is_the_same_bytes(path: str) -> None:
    assert opened(path, "letter-pdf").content == opened(path, "letter-pdf").content


def test_names_are_words_of_the_letter_and_never_part_of_its_template(path: str) -> None:
    name = '#panic("x") *Łukasz* $Ŵyn_ <b>O’Brien</b> Nguyễn'
    models.Volunteer.objects.filter(name="Asha Rahman").update(name=name)
    _, words = read_pdf(opened(path, "letter-pdf").content)
    assert name in " ".join(words.split())
    assert "&lt;b&gt;O’Brien&lt;/b&gt;" in words_of(opened(path))


def test_a_name_that_the_font_cannot_show_is_shown_on_the_page_instead(path: str) -> None:
    models.Volunteer.objects.filter(name="Asha Rahman").update(name="张伟")
    page = words_of(opened(path, "letter-pdf"))
    assert "A name is in letters that our PDF cannot show. Print this page instead." in page
    assert "张伟: checked under DBS, clear on that day" in page
    assert [page for _, page, *_ in looks()] == ["letter"]


def test_a_letter_of_very_many_people_goes_on_over_the_page(path: str) -> None:
    session = models.Session.objects.order_by("starts")[0]
    people = models.Volunteer.objects.bulk_create(
        models.Volunteer(name=f"Person {number:02}", reference=f"Q{number}", status="active") for number in range(60)
    )
    models.Cover.objects.bulk_create(
        models.Cover(session=session, volunteer=each, role="observer", state="accepted") for each in people
    )
    days = {"scheme": "dbs", "decision": "clear", "issued": "2025-01-01", "decided_on": "2025-01-02", "recheck_on": "2028-01-01"}
    models.Clearance.objects.bulk_create(models.Clearance(volunteer=each, **days) for each in people)
    agreed(*people)
    reader, words = read_pdf(opened(path, "letter-pdf").content)
    assert len(reader.pages) > 1
    assert all(each.name in words for each in people)
    assert Client().get(f"{path}pack/").status_code == 200


def test_without_a_coordinator_and_a_phone_nothing_stands_under_no_heading(path: str) -> None:
    models.Visit.objects.update(coordinator=None)
    models.AreaCoordinator.objects.all().delete()
    models.Area.objects.update(duty_phone="")
    _, words = read_pdf(opened(path, "letter-pdf").content)
    assert "Asha Rahman: checked under DBS" in words
    assert "Whom to phone" not in words
