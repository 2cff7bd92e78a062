"""Reach in a browser: read, drilled down, taken along in every form; a return signed off, closed and restated; all its pages."""

import csv
import json
import re
from collections.abc import Iterable
from datetime import date, time
from io import StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Page, expect

from schools import models
from schools.demo.people import PASSWORD as DEMO_PASSWORD
from tests import factories
from tests.e2e.charity import Charity, may_sign_in
from tests.e2e.conftest import DESK, PHONE, TABLET, Opener, Visitor
from tests.reach.examples import delivered

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
DAY = date(2025, 10, 6)
PERIOD = "period=2025/26&by=area"


@pytest.fixture
def last_year(charity: Charity) -> models.Session:
    """Two assemblies in Cumbria in 2025/26, a workshop of the same children, and a small group far away."""
    manager = factories.manager(name="Mo Manager", email="manager@example.org")
    may_sign_in(manager)
    assembly = delivered(charity.school, "ks2-assembly", DAY, time(9, 0), {4: 26, 5: 28}, version=1)
    models.Session.objects.filter(pk=assembly.pk).update(went_ahead="yes", recorded_by=manager)
    delivered(charity.school, "workshop-5-6", date(2026, 2, 3), time(9, 0), {5: 30})
    far = charity.visit_elsewhere.school
    delivered(far, "send", date(2026, 2, 4), time(10, 0), {3: 3})
    delivered(factories.SchoolFactory(area=factories.AreaFactory(name="Devon")), "online-ks2", DAY, time(9, 0), {3: 40})
    return assembly


def _saved(page: Page, link: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("link", name=link, exact=True).click()
    path: Path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def _csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(path.read_text("utf-8-sig"), newline="")))


def _sheet(path: Path, sheet: str) -> list[dict[str, Any]]:
    header, *rows = openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def _shown(page: Page) -> dict[str, dict[str, str]]:
    """The page's table as it reads: of each row its figures by their headings."""
    headings = [one.inner_text().split("\n")[0].strip() for one in page.locator(".reach-table thead th").all()]
    found = {}
    for row in page.locator(".reach-table tbody tr, .reach-table tfoot tr").all():
        cells = row.locator("th, td").all()
        texts = [
            one.locator("a").first.inner_text().split("\n")[0] if one.locator("a").count() else one.inner_text() for one in cells
        ]
        found[texts[0].split("\n")[0].strip()] = dict(zip(headings[1:], (text.strip() for text in texts[1:]), strict=True))
    return found


def _numbers(rows: Iterable[dict[str, Any]], place: str = "area") -> dict[str, tuple[int, int, int]]:
    """Attendances, pupils and children of each row."""
    figures = ("attendances", "pupils_reached", "children_reached")
    return {str(row[place]): tuple(int(row[name]) for name in figures) for row in rows}  # type: ignore[misc]  # three


def test_the_page_its_drill_down_and_every_file_say_the_same(last_year: models.Session, visitor: Opener, tmp_path: Path) -> None:
    manager = visitor("reach-manager", size=DESK)
    manager.signs_in("manager@example.org")
    manager.goes_to(f"/admin/reach/?{PERIOD}")
    manager.looks("reach")
    page = manager.page
    expect(page.locator("#sentence")).to_contain_text("at least 99 pupils")
    shown = _shown(page)
    on_page = {
        name: (int(row["Attendances"]), int(row["Pupils reached"]), int(row["Children reached"])) for name, row in shown.items()
    }
    assert on_page["Cumbria"] == (84, 56, 56)
    on_page["TOTAL"] = on_page.pop("Total, counted afresh")

    said = _numbers(_csv(_saved(page, "Table as CSV", tmp_path)))
    assert said == on_page
    workbook = _saved(page, "Table as workbook", tmp_path)
    assert _numbers(_sheet(workbook, "Reach")) == on_page
    assert {row["column"] for row in _sheet(workbook, "Definitions")} >= {"attendances", "pupils_reached"}
    for sessions in (
        _csv(_saved(page, "Sessions behind it as CSV", tmp_path)),
        _sheet(_saved(page, "Sessions as workbook", tmp_path), "Sessions"),
    ):
        seats = sum(
            int(cell) for row in sessions for name, cell in row.items() if name.startswith("pupils_") and str(cell).isdigit()
        )
        assert seats == on_page["TOTAL"][0]
    _reads_as_json(manager, on_page)
    _drills_down(manager)


def _reads_as_json(manager: Visitor, on_page: dict[str, tuple[int, int, int]]) -> None:
    """A token is made on its page, shown once, and reads the same figures; revoked, it reads none."""
    page = manager.page
    manager.goes_to("/admin/reach/readers/")
    page.get_by_label("Which program reads?").fill("Website")
    page.get_by_label("The figures of all areas").check()
    page.get_by_role("button", name=re.compile("token", re.IGNORECASE)).click()
    manager.looks("readers-with-secret")
    secret = page.locator("#secret").inner_text().strip()

    def asks() -> Any:
        return Client().get(f"/api/reach/?{PERIOD}", headers={"Authorization": f"Bearer {secret}"})

    answer = json.loads(asks().content)
    assert _numbers([*answer["rows"], answer["total"]]) == on_page
    page.locator("summary").filter(has_text="Revoke").first.click()
    page.get_by_role("button", name=re.compile("^Revoke it")).first.click()
    assert asks().status_code == 401


def _drills_down(manager: Visitor) -> None:
    """From Cumbria's pupils to the lines that make them, and on to a session."""
    page = manager.page
    manager.goes_to(f"/admin/reach/?{PERIOD}")
    page.get_by_role("link", name=re.compile("56.*Pupils reached, Cumbria, what is behind it", re.DOTALL)).click()
    expect(page.locator("#figure")).to_have_text("56")
    expect(page.locator("#adds-up")).to_have_text("56")
    expect(page.get_by_text("How it adds up:")).to_be_visible()
    manager.looks("behind-pupils")
    manager.goes_to(f"/admin/reach/behind/?{PERIOD}&cell=total&figure=attendances")
    expect(page.locator("#adds-up")).to_have_text("127")
    numbers = [int(one.inner_text()) for one in page.locator(".behind-table tbody td.number").all()]
    assert sum(numbers) == 127
    manager.looks("behind-attendances")


# Longer than 40 lines: it is one return's life, told step by step.
@pytest.mark.exhaustive
def test_a_return_is_signed_off_closed_amended_and_restated(
    charity: Charity, last_year: models.Session, visitor: Opener, tmp_path: Path
) -> None:
    coordinator = visitor("return-coordinator", size=DESK)
    coordinator.signs_in("coordinator@example.org")
    coordinator.goes_to("/admin/reach/returns/")
    coordinator.looks("returns-empty")
    coordinator.page.get_by_label("Period").fill("2025/26")
    coordinator.page.get_by_role("button", name="Sign off this period").click()
    expect(coordinator.page.locator(".sentence", has_text="at least 56 pupils")).to_be_visible()
    expect(coordinator.page.get_by_text("Close this return")).to_have_count(0)
    coordinator.looks("return-signed-off")

    manager = visitor("return-manager", size=DESK)
    manager.signs_in("manager@example.org")
    page = manager.page
    manager.goes_to("/admin/reach/returns/")
    manager.looks("returns")
    page.get_by_role("link", name=re.compile("Cumbria")).click()
    page.get_by_text("Close this return").click()
    page.get_by_role("button", name="Close it").click()
    manager.looks("return-closed")
    files = ("Figures as CSV", "The 2 sessions behind them")
    closed = [_saved(page, link, tmp_path).read_bytes() for link in files]
    address = page.url

    # In a closed period the coordinator is told whom to ask; the manager says why.
    coordinator.goes_to(f"/admin/session/{last_year.pk}/outcome/")
    expect(coordinator.page.get_by_text(re.compile("signed off")).first).to_be_visible()
    manager.goes_to(f"/admin/session/{last_year.pk}/outcome/")
    page.get_by_role("textbox", name="Year 5", exact=True).first.fill("32")
    page.get_by_label("Why does it change now?").fill("A class was forgotten.")
    manager.looks("restating")
    page.get_by_role("button", name="Store how it went").click()
    expect(page.get_by_text("Stored.")).to_be_visible()
    page.goto(address)
    expect(page.get_by_text("A class was forgotten.")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Pupils reached")).first).to_contain_text("58")
    manager.looks("return-restated")
    assert [_saved(page, link, tmp_path).read_bytes() for link in files] == closed
    figures = _csv(_saved(page, "Figures as CSV", tmp_path))
    assert (figures[-1]["attendances"], figures[-1]["pupils_reached"]) == ("84", "56")
    manager.goes_to(f"/admin/reach/?{PERIOD}")
    assert _shown(page)["Cumbria"]["Pupils reached"] == "58"


@pytest.mark.usefixtures("transactional_db")
@pytest.mark.exhaustive
def test_pages_around_the_figures_fit_and_are_accessible(visitor: Opener) -> None:
    call_command("demo")
    manager = visitor("reach")
    manager.signs_in("manager@example.org", DEMO_PASSWORD)
    for what, path in {
        "figures": "?period=2025/26&by=area",
        "figures-all": "?period=2025/26&by=authority&columns=all",
        "figures-by-month": "?period=2025/26&by=month",
        "figures-wrong": "?period=2025&by=planet",
        "pictures": "pictures/?year=2025/26",
        "cold-spots": "cold-spots/?year=2025/26",
        "fifths": "?period=2025/26&by=fifth",
        "dose": "dose/?year=2025/26",
        "dose-behind": "dose/behind/?year=2025/26&cell=total&figure=pupils_leaving",
        "feedback": "feedback/?year=2025/26",
        "feedback-behind": "feedback/behind/?year=2025/26&cell=total&figure=asked",
        "doubts": "doubts/",
        "feeders": "feeders/",
        "readers": "readers/",
        "returns": "returns/",
        "publications": "publications/",
        "publishing": "publications/?period=2025/26",
        "publishing-wrong": "publications/?period=2025-09-08..2025-12-19",
        "behind": "behind/?period=2025/26&by=area&cell=total&figure=coverage_percent",
    }.items():
        manager.goes_to(f"/admin/reach/{path}")
        expect(manager.page.get_by_role("heading", level=1)).to_be_visible()
        manager.looks_at_each_width(what)
    manager.goes_to(f"/admin/reach/returns/{models.Return.objects.first().pk}/")  # type: ignore[union-attr]  # the demo has one
    manager.looks_at_each_width("return")


IN_PICTURES = """() => [...document.querySelectorAll(".drawing, .years-drawing")]
    .filter((drawing) => drawing.checkVisibility())
    .map((drawing) => {
        const svg = drawing.querySelector("svg");
        const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
        const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim());
        return {
            over: Math.max(drawing.scrollWidth - drawing.clientWidth, ...texts.map((text) =>
                text.getBoundingClientRect().right - drawing.getBoundingClientRect().right)),
            least: Math.min(...texts.map((text) => parseFloat(getComputedStyle(text).fontSize) * scale)),
        };
    })"""
"""Of each picture that is shown: by how much it is wider than its box, and the size of its smallest letters in px."""


@pytest.mark.parametrize("size", [PHONE, TABLET, DESK])
def test_pictures_fit_every_window_with_letters_that_can_be_read(
    size: tuple[int, int], last_year: models.Session, visitor: Opener
) -> None:
    school = last_year.visit.school
    for year in range(2017, 2025):
        delivered(school, "ks2-assembly", date(year, 11, 3), time(9, 0), {4: 1_000, 5: 900})
    models.Area.objects.filter(name="Cumbria").update(name="Cumbria with the Furness Peninsula and the Isles")
    manager = visitor(f"pictures-{size[0]}", size=size)
    manager.signs_in("manager@example.org")
    area = models.Area.objects.get(name__startswith="Cumbria")
    pages = {
        f"/admin/reach/?{PERIOD}": 1,
        "/admin/reach/pictures/?year=2025/26": 3,
        f"/admin/school/{school.pk}/": 1,
        f"/admin/area/{area.pk}/": 1,
    }
    for path, least in pages.items():
        manager.goes_to(path)
        pictures = manager.page.evaluate(IN_PICTURES)
        assert len(pictures) >= least, path
        assert [(path, each) for each in pictures if each["over"] > 1 or each["least"] < 11] == []
        manager.looks(f"pictures-{path.split('/')[2]}")
