"""Two people on a two-day visit in a browser: three clicks and one load, undone by the bar; with and without scripts."""

from datetime import date, time

import pytest
from playwright.sync_api import expect

from schools import models
from tests.e2e.charity import Charity
from tests.e2e.conftest import Opener
from tests.e2e.jobs import Jobs
from tests.factories import SessionFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def visit(charity: Charity) -> models.Visit:
    """Two sessions on a Thursday, two on the Friday after it; nobody is on any of them, and Tom is away on the Friday."""
    made = models.Visit.objects.create(reference="VTWODAY", school=charity.school, stage="planned")
    for day in (date(2026, 12, 10), date(2026, 12, 11)):
        for hour in (9, 11):
            SessionFactory(visit=made, day=day, starts=time(hour, 15), ends=time(hour, 45))
    tom = models.Volunteer.objects.get(name="Tom Reid")
    models.Away.objects.create(volunteer=tom, first_day=date(2026, 12, 11), last_day=date(2026, 12, 11))
    return made


def test_two_people_are_put_on_two_days_in_three_clicks_and_one_load(visitor: Opener, visit: models.Visit) -> None:
    coordinator = visitor("two-days")
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to(f"/admin/visit/{visit.pk}/")
    coordinator.looks_at_each_width("two-day-visit")
    expect(page.get_by_text("Tom Reid is away on Fri 11 December 2026").first).to_be_visible()
    job = Jobs(page).begins()
    page.get_by_label("Asha Patel", exact=True).click()
    page.get_by_label("Margaret Airey", exact=True).click()
    page.get_by_role("button", name="Put them on these 4 sessions").click()
    expect(page.get_by_text("Put 2 people on 4 sessions at Larkfield Primary School.")).to_be_visible()
    assert job.cost == (3, 0, 1)
    expect(page.get_by_text("2 messages wait until")).to_be_visible()
    assert models.Cover.objects.filter(state="accepted").count() == 8
    coordinator.looks("two-people-put-on")
    page.get_by_role("button", name="Undo this").click()
    expect(page.get_by_text("Nobody had been told of it, and nobody is.")).to_be_visible()
    assert not models.Cover.objects.exists()


@pytest.mark.exhaustive
def test_without_scripts_it_is_the_same(visitor: Opener, visit: models.Visit) -> None:
    coordinator = visitor("two-days-plain", scripts=False)
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to(f"/admin/visit/{visit.pk}/")
    for name in ("Asha Patel", "Margaret Airey"):
        page.get_by_label(name, exact=True).check()
    page.get_by_role("button", name="Put them on these 4 sessions").click()
    expect(page.get_by_text("on 4 sessions at Larkfield Primary School.")).to_be_visible()
