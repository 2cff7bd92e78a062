"""How much of the office is in sight: whole lists on a desk, on a phone the heading near the top, few links."""

import pytest
from playwright.sync_api import expect

from schools import models
from tests.e2e.charity import Charity, may_sign_in
from tests.e2e.conftest import DESK, PHONE, Opener
from tests.factories import AreaAuthorityFactory, SchoolFactory, SessionFactory, VisitFactory, manager

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

WITHOUT_BANNER = "() => document.querySelector('.office-banner')?.remove()"
"""No installation shows that staff sign in without a second factor; it is for trying."""
IN_SIGHT = """() => [...document.querySelectorAll('tbody tr')]
    .filter((row) => row.checkVisibility() && row.getBoundingClientRect().bottom <= innerHeight).length"""
ROWS_OF_HEADER = """() => new Set([...document.querySelectorAll(
    '#site-name, #find-open, .office-nav > a, .office-nav > details > summary, #user-tools > summary')]
    .map((one) => one.getBoundingClientRect()).map((box) => Math.round((box.top + box.bottom) / 2 / 12))).size"""
TOP_OF_HEADING = "() => document.querySelector('h1').getBoundingClientRect().top"
PAGES_ON_A_PHONE = ("", "due/?show=all", "schools/visit/", "schools/school/", "calendar/", "bulk/", "imports/", "stock/")


def test_a_desk_shows_a_whole_list_and_a_phone_begins_with_the_heading(visitor: Opener, charity: Charity) -> None:
    authority = AreaAuthorityFactory(area=charity.area).authority
    for number in range(24):
        school = SchoolFactory(authority=authority, name=f"Primary School of Village {number:02}", phone=f"01539 7200{number:02}")
        VisitFactory(school=school, coordinator=models.User.objects.get(email="coordinator@example.org"))
    may_sign_in(manager(email="mona@example.org", name="Mona Adeyemi-Richards"))
    desk = visitor("manager", size=DESK)
    desk.signs_in("mona@example.org")
    desk.goes_to("/admin/due/?show=all")
    desk.page.evaluate(WITHOUT_BANNER)
    assert desk.page.evaluate(ROWS_OF_HEADER) == 1
    schools_in_sight = desk.page.evaluate(IN_SIGHT)
    desk.looks("due-list")
    desk.goes_to("/admin/schools/visit/")
    desk.page.evaluate(WITHOUT_BANNER)
    rows_in_sight = desk.page.evaluate(IN_SIGHT)
    desk.looks("list")
    assert (schools_in_sight >= 12, rows_in_sight >= 20) == (True, True), (schools_in_sight, rows_in_sight)
    desk.page.set_viewport_size({"width": 390, "height": 844})
    tops = {}
    for path in PAGES_ON_A_PHONE:
        desk.goes_to(f"/admin/{path}")
        desk.page.evaluate(WITHOUT_BANNER)
        tops[path] = desk.page.evaluate(TOP_OF_HEADING)
    assert {path: top for path, top in tops.items() if top >= 150} == {}


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_what_few_need_opens_without_scripts_and_lies_within_the_window(
    size: tuple[int, int], visitor: Opener, charity: Charity
) -> None:
    visit = VisitFactory(school=charity.school, coordinator=models.User.objects.get(email="coordinator@example.org"))
    SessionFactory(visit=visit)
    coordinator = visitor("more", size=size, scripts=False)
    coordinator.signs_in("coordinator@example.org")
    coordinator.goes_to(f"/admin/visit/{visit.pk}/")
    beside = coordinator.page.locator(".object-tools > li > a")
    assert beside.count() <= 4, beside.all_inner_texts()
    coordinator.page.locator(".more-links summary").click()
    menu = coordinator.page.locator(".more-links .user-menu")
    assert menu.locator("a").all_inner_texts()[-1] == "History"
    box = menu.bounding_box()
    assert box
    assert 0 <= box["x"] <= box["x"] + box["width"] <= size[0]
    menu.get_by_role("link", name="Parcels").click()
    expect(coordinator.page.get_by_role("heading", name="Parcels to")).to_be_visible()
