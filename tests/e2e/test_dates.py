"""A coordinator offers dates with one button, somebody at the school chooses one from the mail, and by that it is booked."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from playwright.sync_api import expect

from schools import models
from schools.directory.accesses import access_of, token_of
from schools.directory.models import AccessPurpose
from schools.messages.actions import deliver_due
from schools.planning.actions import offer_dates
from schools.planning.half_days import best_of
from schools.planning.queries.candidates import term_of
from schools.planning.queries.half_days import around, rated_half_days
from tests import factories
from tests.e2e.charity import Charity
from tests.e2e.conftest import BOTH, NOW, PHONE, Opener
from tests.factories import able_volunteer

ADDRESS = "nell@school.example.org"

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scripts", BOTH)
def test_dates_are_offered_with_one_button_and_one_is_chosen_and_booked_in_two_screens(
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
    ravi.page.get_by_role("button", name="Offer these dates").last.click()
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
    nell.page.get_by_label("Your name").first.fill("Nell Bryant")
    nell.page.get_by_role("button", name="Choose this date").click()
    expect(nell.page.get_by_role("heading", name="Thank you: your visit is booked")).to_be_visible()
    nell.looks_at_each_width("booked")
    nell.page.get_by_role("link", name="Prepare the visit").click()
    expect(nell.page.get_by_role("heading", name="Our visit")).to_be_visible()

    visit = models.Visit.objects.get(school=charity.school)
    assert (visit.stage, visit.agreed_with) == ("confirmed", "Nell Bryant")
    ravi.goes_to(f"/admin/visit/{visit.pk}/")
    expect(ravi.page.get_by_text(re.compile("Nell Bryant")).first).to_be_visible()


@pytest.mark.parametrize("scripts", BOTH)
def test_where_people_went_meanwhile_the_choice_waits_for_the_office_which_reads_why(
    charity: Charity, visitor: Opener, scripts: bool
) -> None:
    models.Visit.objects.filter(school=charity.school).delete()
    area = models.Area.objects.get(holdings__authority=charity.school.authority)
    for _ in range(3):
        able_volunteer(area)
    models.Contact.objects.filter(school=charity.school).delete()
    contact = models.Contact.objects.create(school=charity.school, name="Nell Bryant", email=ADDRESS)
    on = NOW.date()
    shown = around(charity.school, term_of(on + timedelta(days=14)), on=on)
    rated = rated_half_days(charity.school, shown, shown.planned[0].types, shown.planned[0].people, on=on)
    days = [each.half_day for each in best_of(rated, 3)]
    offer_dates(charity.school, days, planned=shown.planned[0], contact=contact, by=factories.manager(), now=NOW)
    for person in models.Volunteer.objects.all():
        models.Away.objects.create(volunteer=person, first_day=on, last_day=on + timedelta(days=400))
    access = access_of(contact, AccessPurpose.DATES, on=on)

    nell = visitor("chooses-late", size=PHONE, scripts=scripts)
    nell.goes_to(f"/school/dates/{token_of(access, models.OfferedDates.objects.get().pk)}/")
    nell.page.get_by_role("radio").first.check()
    nell.page.get_by_label("Your name").first.fill("Nell Bryant")
    nell.page.get_by_role("button", name="Choose this date").click()
    expect(nell.page.get_by_role("heading", name="Thank you: we have your date")).to_be_visible()
    nell.looks_at_each_width("chosen")

    ravi = visitor("coordinator-late", scripts=scripts)
    ravi.signs_in("coordinator@example.org")
    ravi.goes_to(f"/admin/visit/{models.Visit.objects.get(school=charity.school, stage='requested').pk}/")
    expect(ravi.page.get_by_role("heading", name=re.compile("Nell Bryant chose"))).to_be_visible()
    ravi.looks_at_each_width("chosen")
    ravi.page.get_by_role("link", name="Book it for that day").click()
    expect(ravi.page.get_by_role("button", name=re.compile("Book"))).to_be_visible()
