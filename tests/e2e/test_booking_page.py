"""Booking in a browser: a template and a guest on one page, counted; what changes in place; the second look; links within
the page; without scripts."""

import pytest
from playwright.sync_api import expect

from schools import models
from tests.e2e.charity import Charity
from tests.e2e.conftest import Opener
from tests.e2e.jobs import Jobs
from tests.factories import SchoolFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

TEMPLATE = "KS1 and KS2 assemblies one morning, workshops a week later"
GUEST = "Little Beck Primary School"
BOOKED = "is booked. Next: find people for its sessions."


@pytest.fixture
def guest(charity: Charity) -> models.School:
    """A small school in the same authority, with 6 children in each year group."""
    school: models.School = SchoolFactory(name=GUEST, register_id="223345", authority=charity.school.authority)
    models.Roll.objects.bulk_create(
        models.Roll(school=school, academic_year=2025, year_group=group, pupils=6, source="register") for group in range(7)
    )
    return school


@pytest.mark.exhaustive
def test_a_template_with_a_guest_is_booked_in_six_clicks_and_one_load(
    visitor: Opener, charity: Charity, guest: models.School
) -> None:
    coordinator = visitor("book")
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to(f"/admin/school/{charity.school.pk}/")
    job = Jobs(page).begins()
    page.get_by_role("link", name="Book a visit", exact=True).last.click()
    page.get_by_text(TEMPLATE).click()
    page.get_by_role("button", name="Begin on Thu 10 December 2026").click()
    expect(page.get_by_role("group", name="Session 4", exact=True).get_by_label("Day", exact=True)).to_have_value("2026-12-17")
    expect(page.get_by_text("Thu 10 December 2026: 3 people could go, the nearest")).to_be_visible()
    assert job.cost == (3, 0, 1)
    coordinator.looks("book-from-template")
    assert page.evaluate("document.getElementById('rows').offsetHeight") < 900
    page.get_by_label("Find the guest school").click()
    page.keyboard.type("little beck")
    page.get_by_role("button", name=f"Add {GUEST}").click()
    expect(page.get_by_role("group", name="Session 1", exact=True).get_by_role("group", name=GUEST)).to_be_visible()
    assert job.cost == (5, 0, 1)
    coordinator.looks("book-with-a-guest")
    page.get_by_role("button", name="Book this visit").click()
    expect(page.get_by_text(BOOKED)).to_be_visible(timeout=15_000)
    assert job.cost == (6, 0, 1)
    visit = models.Visit.objects.get(school=charity.school)
    assert f"/admin/visit/{visit.pk}/?done=" in page.url
    assert (str(visit.contact).split()[0], str(visit.safeguarding_contact).split()[0]) == ("Ruth", "Ian")
    assert visit.sessions.count() == 4
    counted = models.Headcount.objects.filter(session__visit=visit, school=guest).values_list("session__type__slug", "expected")
    assert sorted(counted) == [("ks1-assembly", 6)] * 3 + [("ks2-assembly", 6)] * 4 + [("workshop-5-6", 6)] * 2
    coordinator.looks("booked-in-place")


def test_a_type_shows_its_year_groups_in_place_and_a_slip_of_the_finger_gets_a_second_look(
    visitor: Opener, charity: Charity
) -> None:
    coordinator = visitor("book-rows")
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to(f"/admin/book/{charity.school.pk}/")
    row = page.get_by_role("group", name="Session 1", exact=True)
    row.get_by_label("Day", exact=True).fill("2026-12-10")
    row.get_by_label("Starts at").fill("10:00")
    row.get_by_label("Session type").select_option(label="KS1 assembly")
    expect(row.get_by_label("Year 2", exact=True)).to_have_value("30")
    row.get_by_label("Year 2", exact=True).fill("300")
    row.get_by_label("Room").fill("Hall")
    expect(page.get_by_role("complementary", name="What deserves a look")).to_contain_text("300 in Year 2")
    page.get_by_role("button", name="Book this visit").click()
    look = page.get_by_role("alert").filter(has_text="Before you book")
    expect(look).to_be_focused()
    expect(look).to_contain_text("300 in Year 2 of Larkfield Primary School, where 30 are on roll. Is that right?")
    coordinator.looks("book-second-look")
    row.get_by_label("Year 2", exact=True).fill("31")
    page.get_by_role("button", name="Book this visit all the same").click()
    expect(page.get_by_text(BOOKED)).to_be_visible(timeout=15_000)
    session = models.Session.objects.get(visit__school=charity.school)
    assert session.room == "Hall"
    assert list(session.headcounts.order_by("year_group").values_list("expected", flat=True)) == [30, 30, 31]


def test_a_link_within_the_page_loads_nothing_and_what_was_typed_stays(visitor: Opener, charity: Charity) -> None:
    coordinator = visitor("book-link")
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to(f"/admin/book/{charity.school.pk}/")
    job = Jobs(page).begins()
    row = page.get_by_role("group", name="Session 1", exact=True)
    row.get_by_label("Starts at").fill("10:00")
    row.get_by_label("Session type").select_option(label="KS1 assembly")
    expect(row.get_by_label("Year 2", exact=True)).to_have_value("30")
    row.get_by_label("Room").fill("Hall")
    page.get_by_role("button", name="Book this visit").click()
    wrong = page.get_by_role("alert").filter(has_text="That could not be done yet")
    expect(wrong).to_be_focused()
    wrong.get_by_role("link", name="Day:").click()
    expect(row.get_by_label("Day", exact=True)).to_be_focused()
    row.get_by_label("Room").fill("Old hall")  # known to the page alone
    wrong.get_by_role("link", name="Day:").click()
    page.get_by_role("link", name="Skip to main content").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**#content-start")
    page.wait_for_timeout(500)  # a load would have begun
    expect(row.get_by_label("Room")).to_have_value("Old hall")
    assert job.counts["load"] == 0


def test_without_scripts_a_template_is_booked_in_two_more_loads(visitor: Opener, charity: Charity) -> None:
    coordinator = visitor("book-plain", scripts=False)
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to(f"/admin/book/{charity.school.pk}/")
    page.get_by_text(TEMPLATE).click()
    page.get_by_role("button", name="Begin on Thu 10 December 2026").click()
    expect(page.get_by_role("group", name="Session 4", exact=True).get_by_label("Day", exact=True)).to_have_value("2026-12-17")
    page.get_by_role("button", name="Book this visit").click()
    expect(page.get_by_text(BOOKED)).to_be_visible(timeout=15_000)
    assert models.Session.objects.filter(visit__school=charity.school).count() == 4
