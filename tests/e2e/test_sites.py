"""A school in several places and a trust of several schools, in a browser: in each width, and without scripts."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from schools import models
from tests.e2e.charity import Charity
from tests.e2e.conftest import NOW, Opener
from tests.factories import SchoolFactory, SessionFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_site_is_added_booked_and_changed_while_nobody_knows_of_it(visitor: Opener, charity: Charity) -> None:
    coordinator = visitor("sites")
    coordinator.signs_in("coordinator@example.org")
    page, school = coordinator.page, charity.school
    coordinator.goes_to(f"/admin/school/{school.pk}/")
    page.get_by_role("link", name="Add a site").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Lower Site")
    page.get_by_role("textbox", name="Postcode").fill("ca1 9zy")
    coordinator.looks_at_each_width("add-site")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="Change Lower Site")).to_be_visible()
    coordinator.looks_at_each_width("school-with-site")
    visit = models.Visit.objects.create(
        reference="VSITE22", school=school, stage="planned", coordinator=models.User.objects.get(email="coordinator@example.org")
    )
    session = SessionFactory(visit=visit, day=NOW.date() + timedelta(days=9))
    coordinator.goes_to(f"/admin/session/{session.pk}/edit/")
    page.get_by_role("combobox", name="Site").select_option(label="Lower Site, CA1 9ZY")
    coordinator.looks_at_each_width("site-of-day")
    page.get_by_role("button", name="Store the site").click()
    expect(page.get_by_text("Lower Site, CA1 9ZY").first).to_be_visible()
    assert models.Session.objects.get().site == models.Site.objects.get()
    coordinator.goes_to(f"/admin/book/{school.pk}/")
    expect(page.get_by_role("combobox", name="Site").first).to_be_visible()
    coordinator.looks_at_each_width("book-at-site")


@pytest.mark.parametrize("scripts", [True, False])
def test_one_call_is_logged_for_the_schools_of_a_trust_and_undone(visitor: Opener, charity: Charity, *, scripts: bool) -> None:
    models.School.objects.filter(pk=charity.school.pk).update(trust_code="2044", trust="Beacon Trust")
    for name in ("Ash", "Beck"):
        SchoolFactory(authority=charity.school.authority, name=f"{name} Primary School", trust_code="2044", trust="Beacon Trust")
    coordinator = visitor("trust", scripts=scripts)
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to(f"/admin/school/{charity.school.pk}/")
    page.get_by_role("link", name="Beacon Trust").click()
    coordinator.looks_at_each_width("trust")
    page.get_by_label("With whom").press("Enter")
    schools = page.get_by_role("checkbox", name="Primary School")
    expect(schools.first).to_be_checked()
    for box in schools.all():
        box.uncheck()
    page.get_by_role("button", name="No answer").click()
    expect(page.get_by_text("Tick at least one school.").first).to_be_visible()
    assert not models.ContactLog.objects.exists()
    coordinator.looks("trust-refused")
    for name in ("Ash", "Beck"):
        schools.and_(page.get_by_role("checkbox", name=f"{name} ")).check()
    page.get_by_role("button", name="No answer").click()
    expect(page.get_by_text("Logged for 2 schools of Beacon Trust")).to_be_visible()
    coordinator.looks_at_each_width("trust-called")
    assert models.ContactLog.objects.count() == 2
    page.get_by_role("button", name="Undo this").click()
    expect(page.get_by_text("Undone: nothing is logged.")).to_be_visible()
    assert not models.ContactLog.objects.exists()
