"""From “I would like to watch” on a phone, over the coordinator's home, to standing on the morning as an observer."""

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from schools import models
from tests.e2e.charity import Charity
from tests.e2e.conftest import PHONE, Opener
from tests.portal.pages import morning_at

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.mark.exhaustive
def test_somebody_asks_to_watch_and_the_coordinator_says_yes_with_one_click(charity: Charity, visitor: Opener) -> None:
    asha = models.Volunteer.objects.get(name="Asha Patel")
    morning_at(charity.school, asha, day=date(2026, 12, 3))
    tom = visitor("watcher", size=PHONE)
    tom.signs_in("tom@example.org")
    tom.goes_to("/open/")
    tom.page.get_by_role("link", name="Ask to go along and watch a morning").click()
    tom.looks("observe")
    tom.page.get_by_role("button", name=re.compile("Ask to watch")).click()
    expect(tom.page.get_by_text("We have asked your coordinator.")).to_be_visible()
    tom.looks("observe-asked")

    ravi = visitor("coordinator-asked")
    ravi.signs_in("coordinator@example.org")
    ravi.goes_to("/admin/")
    ravi.page.get_by_role("link", name=re.compile("would like to watch")).click()
    expect(ravi.page.get_by_role("heading", name="Who would like to watch")).to_be_visible()
    ravi.looks_at_each_width("observing")
    ravi.page.get_by_role("button", name=re.compile("^Yes")).click()
    expect(ravi.page.get_by_text("Tom Reid is on it as an observer now")).to_be_visible()
    ravi.looks("observing-none")

    tom.goes_to("/")
    tom.page.get_by_role("link", name=re.compile("See your morning")).click()
    expect(tom.page.get_by_text("You: observer").first).to_be_visible()
    tom.looks("observer")
