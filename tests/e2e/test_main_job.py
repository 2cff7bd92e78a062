"""The whole job in a browser: book, put people on, refuse with the reason, report on a phone, read the reach."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from schools import models
from tests.e2e.charity import SCHOOL, Charity
from tests.e2e.conftest import DESK, NOW, PHONE, Opener, Visitor

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
TODAY = NOW.date().isoformat()
SESSIONS = (("KS1 assembly", "09:15", "Main hall"), ("KS2 assembly", "09:45", "Main hall"))


def _book(coordinator: Visitor) -> None:
    """From the office's home: find the school, fill in two sessions, book."""
    page = coordinator.page
    coordinator.goes_to("/admin/")
    coordinator.looks("home")
    page.get_by_role("link", name="Book a visit").first.click()
    coordinator.looks("find-school")
    page.get_by_label("Find the school").fill("larkf")
    page.get_by_role("button", name="Search").last.click()
    expect(page.get_by_text(f"{SCHOOL} is the only school that matches “larkf”.")).to_be_visible()
    coordinator.looks("booking")
    for number, (kind, starts, room) in enumerate(SESSIONS, start=1):
        row = page.get_by_role("group", name=f"Session {number}", exact=True)
        row.get_by_label("Session type").select_option(label=kind)
        row.get_by_label("Day", exact=True).fill(TODAY)
        row.get_by_label("Starts at").fill(starts)
        row.get_by_label("Room").fill(room)
    page.get_by_label("Whom to ask for").select_option(label="Ruth Bowness (Head teacher)")
    page.get_by_label("Safeguarding contact").select_option(label="Ian Relph (Safeguarding lead)")
    page.get_by_label("Arrival notes").fill("Ring at the main door.")
    coordinator.looks("booking-filled-in")
    page.get_by_role("button", name="Book this visit").click()
    expect(page.get_by_text("is booked. Next: find people for its sessions.")).to_be_visible()
    coordinator.looks("visit")


def _open_session(coordinator: Visitor, kind: str) -> None:
    visit = models.Visit.objects.get(school__name=SCHOOL)
    coordinator.goes_to(f"/admin/visit/{visit.pk}/")
    coordinator.page.get_by_role("link", name=re.compile(kind)).first.click()
    expect(coordinator.page.get_by_role("heading", level=1, name=re.compile(kind))).to_be_visible()


def _put_on(page: Page, kind: str, name: str, role: str) -> None:
    """By way of the form that says which sessions and as what."""
    more = page.locator("details").filter(has_text="Some sessions only")
    if more.get_attribute("open") is None:
        more.locator("summary").click()
    for box in more.get_by_role("checkbox").all():
        box.uncheck()
    more.get_by_label(re.compile(kind)).check()
    more.get_by_label("As what").select_option(label=role)
    with page.expect_navigation():
        more.get_by_role("button", name="Show who could").click()
    who_cannot = page.locator("details").filter(has_text="who can’t, and why")
    if who_cannot.count() and who_cannot.get_attribute("open") is None:
        who_cannot.locator("summary").click()
    page.get_by_label(name, exact=True).check()
    page.get_by_role("button", name=re.compile("Put them on this")).click()


def _assign(coordinator: Visitor, kind: str) -> None:
    """Two volunteers on the session; the third, without clearance, is refused and the page says why."""
    page = coordinator.page
    _open_session(coordinator, kind)
    coordinator.looks(f"session-uncovered-{kind[:3]}")
    page.get_by_role("link", name="See who could").click()
    coordinator.looks(f"day-uncovered-{kind[:3]}")
    _put_on(page, kind, "Colin Newcomer", "Presenter")
    errors = page.get_by_role("alert")
    expect(errors).to_contain_text("Colin Newcomer has no clear DBS decision on Thu 26 November 2026")
    coordinator.looks(f"day-refused-{kind[:3]}")
    _put_on(page, kind, "Margaret Airey", "Lead")
    expect(page.get_by_text("Margaret Airey is on it now.")).to_be_visible()
    _put_on(page, kind, "Asha Patel", "Presenter")
    expect(page.get_by_text("Asha Patel is on it now.")).to_be_visible()
    coordinator.looks(f"day-covered-{kind[:3]}")


def _report(volunteer: Visitor, kind: str, counts: dict[str, str], materials: dict[str, tuple[str, str]]) -> None:
    """From “mine” to the stored outcome of one session."""
    page = volunteer.page
    session = models.Session.objects.get(type__name=kind, visit__school__name=SCHOOL)
    volunteer.goes_to(f"/sessions/{session.pk}/outcome/")
    part = page.locator(f"#session-{session.pk}")
    part.get_by_label("Yes", exact=True).check()
    for year_group, pupils in counts.items():
        box = part.get_by_role("textbox", name=year_group, exact=True)
        expect(box).to_have_value("")
        box.fill(pupils)
    volunteer.leaves_the_rest()
    for material, (arrived, used) in materials.items():
        boxes = page.get_by_role("group", name=material, exact=True)
        boxes.get_by_label("Arrived", exact=True).fill(arrived)
        boxes.get_by_label("Used", exact=True).fill(used)
    volunteer.looks(f"outcome-{kind[:3]}")
    page.get_by_role("button", name=re.compile("tell us|store|send|save", re.IGNORECASE)).last.click()
    expect(page.get_by_text("Stored. Thank you.")).to_be_visible()
    volunteer.looks(f"outcome-stored-{kind[:3]}")


def _report_all(volunteer: Visitor) -> None:
    volunteer.goes_to("/")
    expect(volunteer.page.get_by_text(SCHOOL).first).to_be_visible()
    volunteer.looks("mine")
    visit = models.Visit.objects.get(school__name=SCHOOL)
    volunteer.goes_to(f"/mornings/{visit.pk}/{TODAY}/")
    expect(volunteer.page.get_by_text("Asha").first).to_be_visible()
    expect(volunteer.page.get_by_text("Ruth Bowness").first).to_be_visible()
    volunteer.looks("morning")
    _report(
        volunteer,
        "KS1 assembly",
        {"Reception": "28", "Year 1": "30", "Year 2": "29"},
        {"Sticker": ("100", "87")},
    )
    _report(volunteer, "KS2 assembly", {"Year 3": "27", "Year 4": "26", "Year 5": "30"}, {})
    for path, what in (("/open/", "open"), ("/me/", "me")):
        volunteer.goes_to(path)
        volunteer.looks(what)


def _reach_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _copies_the_sentence(reader: Visitor) -> None:
    """The button works under the page's policy; without scripts it is not there."""
    button = reader.page.get_by_role("button", name="Copy this sentence")
    if not reader.scripts:
        expect(button).to_be_hidden()
        return
    reader.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button.click()
    expect(reader.page.get_by_text("Copied.")).to_be_visible()
    assert "at least 170 pupils" in reader.page.evaluate("navigator.clipboard.readText()")


def _sees_reach(reader: Visitor, folder: Path) -> None:
    """87 and 83 children: Year 6 was not counted, so one count is missing; page and file agree."""
    page = reader.page
    reader.goes_to("/admin/reach/")
    page.get_by_label("Period").fill("2026/27")
    page.get_by_role("button", name="Show reach").click()
    row = page.get_by_role("row", name=re.compile("Cumbria"))
    expect(row).to_contain_text("170")
    expect(page.locator("#sentence", has_text="at least 170 pupils")).to_be_visible()
    _copies_the_sentence(reader)
    reader.looks("reach")
    with page.expect_download() as download:
        page.get_by_role("link", name="Table as CSV").click()
    download.value.save_as(folder / "reach.csv")
    rows = _reach_csv(folder / "reach.csv")
    cumbria = next(row for row in rows if row["area"] == "Cumbria")
    assert (cumbria["attendances"], cumbria["pupils_reached"], cumbria["counts_missing"]) == ("170", "170", "1")
    assert (cumbria["schools_visited"], cumbria["sessions_delivered"], cumbria["outcomes_missing"]) == ("1", "2", "0")
    assert rows[-1]["area"] == "TOTAL"
    assert rows[-1]["pupils_reached"] == "170"


def _whole_job(visitor: Opener, folder: Path, *, scripts: bool) -> None:
    coordinator = visitor("coordinator" if scripts else "coordinator-without-scripts", size=DESK, scripts=scripts)
    coordinator.signs_in("coordinator@example.org")
    _book(coordinator)
    for kind, _, _ in SESSIONS:
        _assign(coordinator, kind)
    volunteer = visitor("volunteer" if scripts else "volunteer-without-scripts", size=PHONE, scripts=scripts)
    volunteer.signs_in("margaret@example.org")
    _report_all(volunteer)
    _sees_reach(coordinator, folder)


@pytest.mark.exhaustive
def test_from_booking_to_reach(charity: Charity, visitor: Opener, tmp_path: Path) -> None:
    _whole_job(visitor, tmp_path, scripts=True)
    ks1 = models.Session.objects.get(type__slug="ks1-assembly", visit__school=charity.school)
    assert (ks1.stage, ks1.area, ks1.recorded_by and ks1.recorded_by.email) == ("delivered", charity.area, "margaret@example.org")
    assert list(ks1.headcounts.values_list("expected", "pupils")) == [(30, 28), (30, 30), (30, 29)]
    assert list(ks1.material_uses.filter(material__name="Sticker").values_list("arrived", "used")) == [(100, 87)]
    assert set(ks1.covers.values_list("volunteer__name", "state")) == {("Margaret Airey", "attended"), ("Asha Patel", "attended")}


@pytest.mark.exhaustive
def test_the_same_without_javascript(charity: Charity, visitor: Opener, tmp_path: Path) -> None:
    _whole_job(visitor, tmp_path, scripts=False)
    assert models.Session.objects.delivered().filter(area=charity.area).count() == 2


def test_an_analyst_sees_reach_and_nothing_else(charity: Charity, visitor: Opener) -> None:
    analyst = visitor("analyst")
    analyst.may_fail = {403, 404}
    analyst.signs_in("analyst@example.org")
    analyst.goes_to("/admin/")
    expect(analyst.page.get_by_role("heading", level=1, name="Reach")).to_be_visible()
    analyst.looks("home")
    for path in (
        "/admin/book/",
        "/admin/schools/volunteer/",
        "/admin/schools/visit/",
        f"/admin/visit/{charity.visit_elsewhere.pk}/",
    ):
        answer = analyst.goes_to(path)
        assert answer is not None
        assert answer.status in {403, 404}, path


def test_a_coordinator_of_another_area_gets_404(charity: Charity, visitor: Opener) -> None:
    coordinator = visitor("coordinator-elsewhere")
    coordinator.may_fail = {404}
    coordinator.signs_in("coordinator@example.org")
    visit = charity.visit_elsewhere
    for path in (
        f"/admin/visit/{visit.pk}/",
        f"/admin/book/{visit.school_id}/",
        f"/admin/schools/school/{visit.school_id}/change/",
    ):
        answer = coordinator.goes_to(path)
        assert answer is not None
        assert answer.status == 404, path
    coordinator.looks("not-found", axe=False)
