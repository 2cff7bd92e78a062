"""A day of a coordinator: a visit moved, somebody replaced, a morning's outcomes; clicks and loads are counted in the page."""

import re
from datetime import date, time

import pytest
from playwright.sync_api import Page, expect

from schools import models
from tests.e2e.charity import Charity
from tests.e2e.conftest import NOW, PHONE, Opener
from tests.e2e.jobs import Jobs
from tests.e2e.slow_line import holds_back
from tests.factories import CoverFactory, HeadcountFactory, SessionFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

TODAY, COMING = NOW.date(), date(2026, 12, 3)
TUESDAY = date(2027, 2, 2)


def asha() -> models.Volunteer:
    return models.Volunteer.objects.get(name="Asha Patel")


@pytest.fixture
def coming(charity: Charity) -> models.Session:
    """An assembly next week, with Asha and nobody else on it."""
    made: models.Session = SessionFactory(
        visit__school=charity.school, visit__stage="confirmed", visit__agreed_on=TODAY, visit__agreed_with="Ruth", day=COMING
    )
    CoverFactory(session=made, volunteer=asha())
    return made


@pytest.fixture
def morning(charity: Charity) -> list[models.Session]:
    """Three assemblies of this morning, 30 children of Year 5 expected in each."""
    visit = SessionFactory(visit__school=charity.school, day=TODAY, starts=time(8), ends=time(8, 30)).visit
    for hour in (9, 10):
        SessionFactory(visit=visit, day=TODAY, starts=time(hour), ends=time(hour, 20))
    made = list(visit.sessions.order_by("starts"))
    for session in made:
        HeadcountFactory(session=session, expected=30)
    return made


def day_of(session: models.Session) -> str:
    return f"/admin/visit/{session.visit_id}/{session.day}/"


def undoes(page: Page) -> None:
    page.get_by_role("button", name="Undo this").click()
    expect(page.get_by_text("Nobody had been told of it, and nobody is.")).to_be_visible()


def types_into_the_next_number(page: Page, number: str) -> None:
    """Go on by the Tab key to the next box for a number, and type."""
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('[data-most]')"):
            page.keyboard.type(number)
            return
    pytest.fail("No box for a number comes within twelve Tabs.")


def test_a_visit_is_moved_in_two_clicks_and_one_load_and_the_bar_undoes_it(visitor: Opener, coming: models.Session) -> None:
    coordinator = visitor("day-moves")
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to(f"/admin/visit/{coming.visit_id}/")
    job = Jobs(page).begins()
    page.get_by_role("link", name="Move it").click()
    expect(page.get_by_label("To which day")).to_be_focused()
    page.keyboard.type("02022027")
    look = page.locator("#move-look")
    expect(look).to_contain_text("Of the people on it, 1 is asked again. 2 messages by e-mail.")
    expect(page.get_by_label("To which day")).to_be_focused()
    assert job.cost == (1, 0, 0)
    coordinator.looks("move-in-place")
    page.get_by_label("To which day").press("Enter")
    expect(look).to_contain_text("Tue 2 February 2027")
    look.get_by_role("button", name="Move it").click()
    expect(page.get_by_text("2 messages wait until")).to_be_visible()
    assert job.cost == (2, 1, 1)
    counted = page.get_by_role("timer")
    expect(counted).to_have_text(re.compile(r": \d+ seconds? left"))
    before = counted.text_content() or ""
    expect(counted).not_to_have_text(before)
    coming.refresh_from_db()
    assert coming.day == TUESDAY
    undoes(page)
    coming.refresh_from_db()
    assert coming.day == COMING


def test_somebody_who_drops_out_is_replaced_in_two_clicks_and_one_load(visitor: Opener, coming: models.Session) -> None:
    coordinator = visitor("day-drops-out")
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to(day_of(coming))
    job = Jobs(page).begins()
    page.get_by_role("link", name="Asha can’t make it").click()
    panel = page.get_by_role("region", name="Asha Patel can’t make it")
    expect(panel).to_be_focused()
    assert job.cost == (1, 0, 0)
    coordinator.looks("drop-out-in-place")
    panel.get_by_role("button", name="Put Tom Reid on").click()
    expect(page.get_by_text("Asha Patel can’t make it. Tom Reid is on it now.")).to_be_visible()
    assert job.cost == (2, 0, 1)
    coordinator.looks("replaced")
    on_it = models.Cover.objects.filter(session=coming, state="accepted")
    assert [cover.volunteer.name for cover in on_it] == ["Tom Reid"]
    undoes(page)
    assert [cover.volunteer.name for cover in on_it.all()] == ["Asha Patel"]


def test_the_panel_is_left_by_escape_and_the_link_has_the_focus_again(visitor: Opener, coming: models.Session) -> None:
    coordinator = visitor("day-escapes", size=PHONE)
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to(day_of(coming))
    link = page.get_by_role("link", name="Asha can’t make it")
    link.press("Enter")
    panel = page.get_by_role("region", name="Asha Patel can’t make it")
    expect(panel).to_be_focused()
    coordinator.looks("drop-out-on-a-phone")
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(link).to_be_focused()
    link.press("Enter")
    panel.get_by_role("link", name="Asha comes after all").press("Enter")
    expect(link).to_be_focused()
    assert page.url.endswith(day_of(coming))


def test_of_two_panels_opened_on_a_slow_line_the_last_stays(visitor: Opener, coming: models.Session) -> None:
    coordinator = visitor("day-slow-line")
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to(day_of(coming))
    held = holds_back(page, "GET", "/cannot/")
    page.get_by_role("link", name="Asha can’t make it").click()
    page.get_by_role("link", name="Take Asha off").click()
    panel = page.get_by_role("region", name="Take Asha Patel off?")
    expect(panel).to_be_focused()
    held.pop().continue_()
    page.wait_for_timeout(500)
    expect(panel).to_be_focused()
    expect(page.get_by_role("region", name="Asha Patel can’t make it")).to_have_count(0)
    coordinator.troubles.clear()  # htmx says in the console that it waits for the first no more


def test_the_outcomes_of_a_morning_are_three_clicks_and_one_load(visitor: Opener, morning: list[models.Session]) -> None:
    coordinator = visitor("day-outcomes")
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to(day_of(morning[0]))
    job = Jobs(page).begins()
    page.get_by_role("link", name="Record how it went").click()
    page.get_by_label("All 3 went ahead").click()
    for number in ("28", "29", "31"):
        types_into_the_next_number(page, number)
    coordinator.looks("outcomes-typed")
    page.get_by_role("button", name="Store how it went").click()
    expect(page.get_by_text("Stored.")).to_be_visible()
    assert (job.counts["click"], job.counts["load"]) == (3, 1)
    assert page.url.endswith(day_of(morning[0]))
    assert list(models.Headcount.objects.order_by("session__starts").values_list("pupils", flat=True)) == [28, 29, 31]
    page.go_back()
    expect(page.get_by_role("button", name="Store how it went")).to_be_visible()


def test_a_number_far_from_the_expected_one_is_asked_about_as_it_is_typed(visitor: Opener, morning: list[models.Session]) -> None:
    coordinator = visitor("day-asks")
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to(f"{day_of(morning[0])}outcome/")
    page.get_by_label("All 3 went ahead").check()
    types_into_the_next_number(page, "300")
    types_into_the_next_number(page, "2O")
    types_into_the_next_number(page, "31")
    question = page.get_by_role("alert").filter(has_text="300? We expected about 30.")
    expect(question).to_be_visible()
    coordinator.looks("outcome-asked-at-entry")
    page.get_by_label("Yes, 300 is right").check()
    expect(question).to_have_count(0)
    page.get_by_role("button", name="Store how it went").click()
    expect(page.get_by_role("alert").first).to_be_focused()
    expect(page.get_by_role("alert").first).to_contain_text("give a whole number from 0 to")
    coordinator.looks("outcome-refused")
    wrong = page.locator("[data-most][value='2O']")
    wrong.fill("20")
    page.get_by_role("button", name="Store how it went").click()
    expect(page.get_by_text("Stored.")).to_be_visible()
    assert list(models.Headcount.objects.order_by("session__starts").values_list("pupils", flat=True)) == [300, 20, 31]


def test_without_scripts_each_step_is_a_page(visitor: Opener, coming: models.Session, morning: list[models.Session]) -> None:
    coordinator = visitor("day-plain", scripts=False)
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to(f"/admin/visit/{coming.visit_id}/")
    page.get_by_role("link", name="Move it").click()
    page.get_by_label("To which day").fill(TUESDAY.isoformat())
    page.get_by_role("button", name="Look at what that does").click()
    coordinator.looks("move-page")
    page.get_by_role("button", name="Move it").click()
    expect(page.get_by_role("button", name="Undo this")).to_be_visible()
    coming.refresh_from_db()
    assert coming.day == TUESDAY
    models.Cover.objects.filter(session=coming).update(state="accepted")
    coordinator.goes_to(day_of(coming))
    page.get_by_role("link", name="Asha can’t make it").click()
    coordinator.looks("drop-out-page")
    page.get_by_role("button", name="Ask Tom Reid").click()
    expect(page.get_by_text("Tom Reid is asked: the first to say yes has the place.")).to_be_visible()
    coordinator.goes_to(day_of(morning[0]))
    page.get_by_role("link", name="Record how it went").click()
    page.get_by_label("All 3 went ahead").check()
    page.get_by_role("button", name="Store how it went").click()
    expect(page.get_by_text("Stored.")).to_be_visible()
    assert not models.Session.objects.filter(visit=morning[0].visit, stage="scheduled").exists()
