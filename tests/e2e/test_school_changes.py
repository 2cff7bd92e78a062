"""On a phone a school asks for another day and takes it back, then cancels; the coordinator reads it on home, and undoes it."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from schools import models
from tests.e2e.charity import Charity
from tests.e2e.conftest import BOTH, NOW, PHONE, Opener, Visitor
from tests.e2e.test_school_page import link_mailed

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scripts", BOTH)
def test_a_school_asks_for_another_day_and_cancels_on_a_phone_and_the_coordinator_undoes_it(
    charity: Charity, visitor: Opener, scripts: bool
) -> None:
    link = link_mailed(charity)
    day = NOW.date() + timedelta(days=14)
    models.Session.objects.filter(visit__school=charity.school, stage="scheduled").update(day=day)
    ruth = visitor("school-changes", size=PHONE, scripts=scripts)
    ruth.goes_to(link)
    ruth.page.get_by_role("link", name="Move or cancel our visit").click()
    expect(ruth.page.get_by_role("heading", name="Ask for another day")).to_be_visible()
    ruth.looks_at_each_width("change")
    ruth.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    asks_and_takes_back(ruth, day + timedelta(days=28))
    cancels(ruth)

    ravi = visitor("coordinator-changes", scripts=scripts)
    ravi.signs_in("coordinator@example.org")
    ravi.goes_to("/admin/")
    expect(ravi.page.get_by_role("link", name=re.compile("cancelled its visit by its own page"))).to_be_visible()
    visit = models.Visit.objects.get(school=charity.school)
    ravi.goes_to(f"/admin/visit/{visit.pk}/")
    expect(ravi.page.get_by_role("heading", name="The school cancelled this visit by its own page")).to_be_visible()
    ravi.looks_at_each_width("school-cancelled")
    ravi.page.get_by_role("link", name="undo it").click()
    ravi.page.get_by_role("button", name="Undo this").click()
    expect(ravi.page.get_by_text(re.compile("Undone"))).to_be_visible()
    visit.refresh_from_db()
    assert visit.stage == "confirmed"


def asks_and_takes_back(ruth: Visitor, other: date) -> None:
    """Ask for another day; the page says that it waits, until it is taken back."""
    move = ruth.page.locator("section", has=ruth.page.get_by_role("heading", name="Ask for another day"))
    move.get_by_label("A day that would do", exact=True).fill(other.isoformat())
    move.get_by_label("Something else is on that day").check()
    move.get_by_label("Your name").fill("Ruth Bowness")
    move.get_by_role("button", name="Ask for another day").click()
    expect(ruth.page.get_by_role("heading", name="You have asked for another day")).to_be_visible()
    ruth.looks("change-asked")
    back = ruth.page.get_by_role("button", name="We need no other day after all")
    ruth.page.locator("#take-back_given_by").fill("Ruth Bowness")
    back.click()
    expect(back).to_have_count(0)


def cancels(ruth: Visitor) -> None:
    """Cancel without a reason first, then with one."""
    cancel = ruth.page.locator("section", has=ruth.page.get_by_role("heading", name="Cancel it"))
    cancel.get_by_role("button", name="Cancel the visit").click()
    expect(ruth.page.get_by_text("Why: choose what comes nearest.").first).to_be_visible()
    ruth.looks("change-wrong")
    cancel.get_by_label("Staff are missing").check()
    cancel.get_by_label("Your name").fill("Ruth Bowness")
    cancel.get_by_role("button", name="Cancel the visit").click()
    expect(ruth.page.get_by_text("Ruth Bowness cancelled it here")).to_be_visible()
    ruth.looks("change-cancelled")
