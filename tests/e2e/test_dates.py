"""A coordinator offers dates with one button, somebody at the school chooses one from the mail, and it is booked for that day."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from playwright.sync_api import expect

from schools import models
from schools.messages.actions import deliver_due
from tests.e2e.charity import Charity
from tests.e2e.conftest import BOTH, NOW, PHONE, Opener
from tests.factories import able_volunteer

ADDRESS = "nell@school.example.org"

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scripts", BOTH)
def test_dates_are_offered_with_one_button_and_one_is_chosen_in_two_screens(
    charity: Charity, visitor: Opener, scripts: bool
) -> None:
    models.Visit.objects.filter(school=charity.school).delete()
    area = models.Area.objects.get(holdings__authority=charity.school.authority)
    for _ in range(3):
        able_volunteer(area)
    models.Contact.objects.filter(school=charity.school).delete()
    models.Contact.objects.create(school=charity.school, name="Nell Bryant", email=ADDRESS)

    ravi = visitor("coordinator-dates", scripts=scripts)
    ravi.signs_in("coordinator@example.org")
    ravi.goes_to(f"/admin/school/{charity.school.pk}/")
    ravi.page.get_by_role("link", name="Offer dates").click()
    expect(ravi.page.get_by_role("heading", name="Dates to offer")).to_be_visible()
    ravi.looks_at_each_width("dates")
    ravi.page.get_by_role("button", name="Offer these dates").click()
    expect(ravi.page.get_by_text(re.compile("Offered 5 dates to"))).to_be_visible()
    ravi.looks_at_each_width("offered")

    deliver_due(clock=lambda: NOW + timedelta(minutes=30))
    (body,) = [str(sent.body) for sent in mail.outbox if sent.to == [ADDRESS]]
    path = re.search(r"https?://[^/\s]+(/school/dates/\S+)", body)
    assert path
    nell = visitor("chooses", size=PHONE, scripts=scripts)
    nell.goes_to(path[1])
    nell.looks_at_each_width("choose")
    nell.page.get_by_role("radio").first.check()
    nell.page.get_by_label("Your name").fill("Nell Bryant")
    nell.page.get_by_role("button", name="Choose this date").click()
    expect(nell.page.get_by_role("heading", name="Thank you: we have your date")).to_be_visible()
    nell.looks_at_each_width("chosen")

    visit = models.Visit.objects.get(school=charity.school, stage="requested")
    ravi.goes_to(f"/admin/visit/{visit.pk}/")
    expect(ravi.page.get_by_role("heading", name=re.compile("Nell Bryant chose"))).to_be_visible()
    ravi.looks_at_each_width("chosen")
    ravi.page.get_by_role("link", name="Book it for that day").click()
    expect(ravi.page.get_by_role("button", name=re.compile("Book"))).to_be_visible()
