"""The week board in a browser: what one does with a morning from it; clicks and loads are counted in the page."""

from datetime import date

import pytest
from playwright.sync_api import Locator, Page, expect

from schools import models
from tests.e2e.charity import SCHOOL, Charity
from tests.e2e.conftest import NOW, PHONE, Opener
from tests.e2e.jobs import Jobs
from tests.factories import CoverFactory, SessionFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

TODAY, COMING = NOW.date(), date(2026, 12, 3)
WEEK = "/admin/week/?day=2026-11-30"


@pytest.fixture
def coming(charity: Charity) -> models.Session:
    """An assembly next week, with Asha and nobody else on it; a term that ends before Christmas."""
    models.Term.objects.create(nation="england", name="Autumn term", first_day=date(2026, 9, 2), last_day=date(2026, 12, 18))
    made: models.Session = SessionFactory(
        visit__school=charity.school, visit__stage="confirmed", visit__agreed_on=TODAY, visit__agreed_with="Ruth", day=COMING
    )
    CoverFactory(session=made, volunteer=models.Volunteer.objects.get(name="Asha Patel"))
    return made


def card(page: Page) -> Locator:
    return page.locator(".week-board").get_by_role("link", name=SCHOOL)


def on_it() -> list[str]:
    return list(
        models.Cover.objects.filter(state="accepted").order_by("volunteer__name").values_list("volunteer__name", flat=True)
    )


def undoes(page: Page) -> None:
    page.get_by_role("button", name="Undo this").click()
    expect(page.get_by_text("Nobody had been told of it, and nobody is.")).to_be_visible()
    assert page.url.endswith(WEEK)


def test_somebody_is_put_on_in_three_clicks_and_one_load_and_the_undo_leads_back(visitor: Opener, coming: models.Session) -> None:
    coordinator = visitor("week-puts-on")
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to(WEEK)
    coordinator.looks_at_each_width("week-board")
    job = Jobs(page).begins()
    card(page).click()
    panel = page.get_by_role("region", name=f"{SCHOOL}, Thu 3 December")
    expect(panel).to_be_focused()
    expect(panel.get_by_text("Colin Newcomer has no clear DBS decision").first).to_be_attached()
    assert job.cost == (1, 0, 0)
    panel.get_by_label("Tom Reid", exact=True).click()
    panel.get_by_role("button", name="Put them on this morning").click()
    expect(page.get_by_text("Tom Reid is on it now.")).to_be_visible()
    assert job.cost == (3, 0, 1)
    expect(page.locator(".week-board")).to_contain_text("Covered, 2 of 2")
    assert on_it() == ["Asha Patel", "Tom Reid"]
    undoes(page)
    assert on_it() == ["Asha Patel"]


def test_who_drops_out_is_replaced_in_three_clicks_and_one_load(visitor: Opener, coming: models.Session) -> None:
    coordinator = visitor("week-drops-out")
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to(WEEK)
    job = Jobs(page).begins()
    card(page).click()
    page.get_by_role("link", name="Asha can’t make it").click()
    expect(page.get_by_role("region", name="Asha Patel can’t make it")).to_be_focused()
    assert job.cost == (2, 0, 0)
    coordinator.looks_at_each_width("week-board-drop-out")
    page.get_by_role("button", name="Put Tom Reid on").click()
    expect(page.get_by_text("Asha Patel can’t make it. Tom Reid is on it now.")).to_be_visible()
    assert job.cost == (3, 0, 1)
    assert on_it() == ["Tom Reid"]
    undoes(page)
    assert on_it() == ["Asha Patel"]


def test_a_visit_is_moved_in_three_clicks_and_one_load(visitor: Opener, coming: models.Session) -> None:
    coordinator = visitor("week-moves")
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to(WEEK)
    job = Jobs(page).begins()
    card(page).click()
    page.get_by_role("link", name="Move it").click()
    expect(page.get_by_label("To which day")).to_be_focused()
    page.keyboard.type("02022027")
    look = page.locator("#move-look")
    expect(look).to_contain_text("Of the people on it, 1 is asked again.")
    look.get_by_role("button", name="Move it").click()
    expect(page.get_by_text("2 messages wait until")).to_be_visible()
    assert job.cost == (3, 0, 1)
    expect(card(page)).to_have_count(0)
    undoes(page)
    expect(card(page)).to_be_visible()


def test_by_the_keyboard_alone_a_panel_is_left_to_the_morning_from_which_it_opened(
    visitor: Opener, coming: models.Session
) -> None:
    coordinator = visitor("week-keys", size=PHONE)
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to(WEEK)
    card(page).press("Enter")
    panel = page.get_by_role("region", name=f"{SCHOOL}, Thu 3 December")
    expect(panel).to_be_focused()
    coordinator.looks("week-board-panel-on-a-phone")
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(card(page)).to_be_focused()
    card(page).press("Enter")
    page.get_by_role("link", name="Take Asha off").press("Enter")
    question = page.get_by_role("region", name="Take Asha Patel off?")
    expect(question).to_be_focused()
    coordinator.looks("week-board-take-off-on-a-phone")
    question.get_by_role("link", name="Asha stays on it").press("Enter")
    expect(card(page)).to_be_focused()
    assert on_it() == ["Asha Patel"]
    page.keyboard.press("PageDown")
    page.wait_for_url("**/admin/week/?day=2026-12-07")


@pytest.mark.exhaustive
def test_without_scripts_each_step_is_a_page_and_leads_back(visitor: Opener, coming: models.Session) -> None:
    coordinator = visitor("week-plain", scripts=False)
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to(WEEK)
    card(page).click()
    page.get_by_role("link", name="Take Asha off").click()
    page.get_by_role("button", name="Take Asha off").click()
    expect(page.get_by_text("Asha Patel is no longer on it.")).to_be_visible()
    assert page.url.startswith(page.url.partition("/admin/")[0] + WEEK)
    card(page).click()
    page.get_by_label("Tom Reid", exact=True).check()
    page.get_by_role("button", name="Put them on this morning").click()
    expect(page.get_by_text("Tom Reid is on it now.")).to_be_visible()
    assert on_it() == ["Tom Reid"]
