"""Snow in a browser: whom it tells is shown, the bar counts down, an undo is heard of by nobody, and at last the mails go."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import expect

from schools import models
from schools.messages.actions import deliver_due
from tests.e2e.charity import Charity
from tests.e2e.conftest import NOW, TABLET, Opener, Visitor
from tests.e2e.jobs import Jobs
from tests.factories import CoverFactory, SchoolFactory, SessionFactory, able_volunteer

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

DAY = date(2026, 12, 3)
SCHOOLS, MAILED, PHONED = 7, 21, 2


@pytest.fixture
def charity(charity: Charity) -> Charity:
    """With agreed visits to seven schools on one day, two people on each; of two of these nobody has an address."""
    for number in range(SCHOOLS):
        school = SchoolFactory(name=f"Snowfield {number} Primary School", authority=charity.school.authority)
        models.Contact.objects.create(school=school, name="Ruth Bowness", email=f"office{number}@schools.example.org")
        agreed = {"visit__stage": "confirmed", "visit__agreed_on": NOW.date(), "visit__agreed_with": "Ruth Bowness"}
        session = SessionFactory(visit__school=school, day=DAY, **agreed)
        for each in range(2):
            person = able_volunteer(charity.area, signs_in=True, name=f"Person {number}{each}")
            CoverFactory(session=session, volunteer=person)
        if number < PHONED:
            CoverFactory(session=session, role="observer", volunteer=able_volunteer(charity.area, name=f"No Mail {number}"))
    return charity


def calls_the_day_off(coordinator: Visitor, *, looks: str = "") -> None:
    """From home: the day is chosen, its page shows what is on and whom it tells, and one button does it: three clicks."""
    page = coordinator.page
    page.get_by_label("Snow, or nobody can go?").click()
    page.get_by_label("Snow, or nobody can go?").fill(DAY.isoformat())
    page.get_by_role("button", name="Call off a day").click()
    expect(page.get_by_text(f"{MAILED} messages by e-mail.")).to_be_visible()
    expect(page.get_by_role("checkbox", name=re.compile("Snowfield"), checked=True)).to_have_count(SCHOOLS)
    if looks:
        page.get_by_text("A school’s visits: 7 by e-mail").wait_for()
        page.get_by_text("Snowfield 0 Primary School (Ruth Bowness)").click()
        expect(page.get_by_text("We would like to find another day with you.").first).to_be_visible()
        coordinator.looks_at_each_width(looks)
    page.get_by_role("button", name="Call off what is ticked").click()
    expect(page.get_by_text(f"{MAILED} messages wait until")).to_be_visible()
    expect(page.get_by_role("heading", name="What became of them")).to_be_visible()
    expect(page.get_by_text(f"{SCHOOLS} to book again.")).to_be_visible()


@pytest.mark.exhaustive
@pytest.mark.usefixtures("charity")
def test_snow_is_undone_in_time_and_done_again(visitor: Opener) -> None:
    coordinator = visitor("snow")
    coordinator.page.clock.install(time=NOW)
    coordinator.signs_in("coordinator@example.org")
    coordinator.goes_to("/admin/")
    coordinator.looks("home-with-the-way-to-a-day-off")
    page = coordinator.page
    jobs = Jobs(page)
    job = jobs.begins()
    calls_the_day_off(coordinator)
    assert job.cost == (3, 0, 2)
    expect(page.locator("[data-countdown]")).to_contain_text("seconds left")
    job = jobs.begins()
    page.get_by_role("button", name="Undo this").click()
    expect(page.get_by_text("Nobody had been told of it, and nobody is.")).to_be_visible()
    assert job.cost == (1, 0, 1)
    assert not models.OutboxMessage.objects.filter(kind__in=["mornings", "visits"]).exists()
    assert not models.Session.objects.filter(stage="cancelled").exists()
    expect(page.get_by_role("heading", level=1, name=re.compile("Call off"))).to_be_visible()

    coordinator.goes_to("/admin/")
    calls_the_day_off(coordinator, looks="snow-who-is-told")
    coordinator.looks_at_each_width("snow-waits")
    with time_machine.travel(NOW + timedelta(minutes=10), tick=True):
        page.clock.fast_forward(61_000)
        expect(page.get_by_text(f"{MAILED} of {MAILED} messages on the way now.")).to_be_visible()
        assert deliver_due(clock=timezone.now)[0] == MAILED
        page.clock.fast_forward(6_000)
        expect(page.get_by_text(f"{MAILED} of {MAILED} messages went.")).to_be_visible()
        expect(page.get_by_text(f"{PHONED} are to be phoned")).to_be_visible()
        coordinator.looks_at_each_width("snow-went")


@pytest.mark.exhaustive
@pytest.mark.usefixtures("charity")
def test_snow_without_scripts(visitor: Opener) -> None:
    coordinator = visitor("plain-snow", size=TABLET, scripts=False)
    coordinator.signs_in("coordinator@example.org")
    coordinator.goes_to("/admin/")
    calls_the_day_off(coordinator)
    with time_machine.travel(NOW + timedelta(minutes=10), tick=True):
        coordinator.page.reload()
        expect(coordinator.page.get_by_text(f"{MAILED} of {MAILED} messages on the way now.")).to_be_visible()
        coordinator.page.get_by_role("button", name="Undo this").click()
        expect(coordinator.page.get_by_text("Nobody had been told of it, and nobody is.")).to_be_visible()
    assert not models.OutboxMessage.objects.filter(kind__in=["mornings", "visits"]).exists()
