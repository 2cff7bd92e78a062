"""Find anything in a browser: by keys alone, on a phone, without scripts; what hands do is counted in the page."""

import re
from datetime import date

import pytest
from playwright.sync_api import Route, expect

from schools import models
from tests.e2e.charity import SCHOOL, Charity
from tests.e2e.conftest import DESK, PHONE, Opener, Visitor
from tests.e2e.jobs import Jobs
from tests.factories import SchoolFactory, SessionFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def coordinator(visitor: Opener, charity: Charity) -> Visitor:
    SessionFactory(visit__school=charity.school, day=date(2026, 12, 3))
    models.School.objects.filter(pk=charity.school.pk).update(phone="01228 496000")
    coordinator = visitor("finding")
    coordinator.signs_in("coordinator@example.org")
    return coordinator


@pytest.mark.parametrize("key", ["/", "Control+k"])
def test_a_school_while_its_head_is_on_the_phone_is_a_key_the_name_and_enter(coordinator: Visitor, key: str) -> None:
    page = coordinator.page
    coordinator.goes_to("/admin/calendar/")
    job = Jobs(page).begins()
    page.keyboard.press(key)
    page.keyboard.type("larkf")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name=SCHOOL)).to_be_visible()
    assert job.cost == (0, 2, 1)


def test_the_box_shows_phone_and_next_visit_and_is_left_where_one_was(coordinator: Visitor) -> None:
    page = coordinator.page
    coordinator.goes_to("/admin/due/")
    link = page.get_by_role("link", name="Stock", exact=True)
    link.focus()
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="A school, somebody’s name, a visit or a page")
    expect(box).to_be_focused()
    coordinator.looks("find-empty")
    page.keyboard.type("lar")
    school = page.locator("#find-options").get_by_role("option", name=SCHOOL).first
    expect(school).to_contain_text("01228 496000")
    expect(school).to_contain_text("next visit Thu 3 December 2026")
    expect(school).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", school.get_attribute("id") or "")
    coordinator.looks("find-school")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#find-options [aria-selected=true]")).to_contain_text("Thu 3 December 2026")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#find-options").get_by_role("option").last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(link).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("zzzzq")
    expect(page.get_by_role("status").filter(has_text="Nothing of yours is like “zzzzq”")).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Nothing of yours is like")).to_be_visible()


def test_enter_opens_what_was_typed_and_not_the_late_answer_to_less(coordinator: Visitor, charity: Charity) -> None:
    SchoolFactory(authority=charity.school.authority, name="Larmouth Primary School")
    page, late = coordinator.page, list[Route]()

    def holds(route: Route) -> None:
        late.append(route)

    page.route(re.compile("[?]q=lar$"), holds)
    coordinator.goes_to("/admin/due/")
    page.keyboard.press("Control+k")
    with page.expect_request(re.compile("[?]q=lar$")):
        page.keyboard.type("lar")
    page.evaluate("window.setTimeout = () => 0")  # as if all that follows took no time
    page.keyboard.type("m")
    page.keyboard.press("Enter")
    late[0].continue_()
    expect(page.get_by_role("heading", level=1, name="Larmouth Primary School")).to_be_visible()


def test_a_slash_that_is_typed_stays_a_slash_and_can_be_given_up(coordinator: Visitor) -> None:
    page = coordinator.page
    coordinator.goes_to("/admin/due/")
    search = page.locator("#id_q")
    search.focus()
    page.keyboard.press("/")
    expect(page.locator("#find-box")).to_be_hidden()
    page.locator("#user-tools summary").click()
    page.get_by_label("The key / opens Find").uncheck()
    page.reload()
    page.keyboard.press("/")
    expect(page.locator("#find-box")).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(page.locator("#find-box")).to_be_focused()


@pytest.mark.parametrize(("width", "height"), [PHONE, DESK])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_a_phone_and_the_dark(visitor: Opener, charity: Charity, width: int, height: int, theme: str) -> None:
    somebody = visitor(f"find-{theme}-{width}", size=(width, height))
    somebody.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  # one of the two
    somebody.signs_in("coordinator@example.org")
    somebody.goes_to("/admin/")
    somebody.page.get_by_role("link", name="Find", exact=True).click()
    somebody.page.keyboard.type("a")
    expect(somebody.page.locator("#find-options").get_by_role("option").first).to_be_visible()
    somebody.looks("find-box")
    somebody.page.get_by_role("button", name="Close").click()
    expect(somebody.page.get_by_role("link", name="Find", exact=True)).to_be_focused()


def test_without_scripts_it_is_a_page(visitor: Opener, charity: Charity) -> None:
    somebody = visitor("find-plain", scripts=False)
    somebody.signs_in("coordinator@example.org")
    somebody.goes_to("/admin/")
    somebody.page.get_by_role("link", name="Find", exact=True).click()
    somebody.looks("find-page")
    somebody.page.get_by_label("A school, somebody’s name, a visit or a page").last.fill("larkf")
    somebody.page.get_by_role("button", name="Find", exact=True).click()
    somebody.looks("find-page-found")
    somebody.page.get_by_role("link", name=SCHOOL).first.click()
    expect(somebody.page.get_by_role("heading", level=1, name=SCHOOL)).to_be_visible()
