"""A coordinator's Monday: home, asking people, ringing schools, booking, a move, snow and its undo, and a clean home."""

import re
from datetime import date, time, timedelta

import pytest
from playwright.sync_api import expect

from schools import models
from tests.e2e.charity import Charity
from tests.e2e.conftest import DESK, NOW, TABLET, Opener, Visitor
from tests.factories import SchoolFactory, SessionFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
TODAY = NOW.date()
NEXT_WEEK = TODAY + timedelta(days=7)
BECK, DALE = "Beckside Primary School", "Daleside Primary School"


@pytest.fixture
def charity(charity: Charity) -> Charity:
    """With a confirmed visit next Thursday that nobody covers yet, and two schools that nobody ever visited."""
    visit = models.Visit.objects.create(
        reference="VMNDAY2",
        school=charity.school,
        stage="confirmed",
        agreed_on=TODAY,
        agreed_with="Ruth Bowness",
        coordinator=models.User.objects.get(email="coordinator@example.org"),
    )
    SessionFactory(visit=visit, day=NEXT_WEEK, starts=time(9, 15), ends=time(9, 45))
    for number, name in enumerate((BECK, DALE)):
        school = SchoolFactory(name=name, register_id=f"22334{number}", authority=charity.school.authority, pupils=140)
        models.Contact.objects.create(school=school, name="The office", phone="+441614960003")
    return charity


def needs(coordinator: Visitor) -> list[str]:
    """What home says that somebody has to do."""
    coordinator.goes_to("/admin/")
    return [re.sub(r"\s+", " ", row.inner_text()).strip() for row in coordinator.page.locator(".need").all()]


def asks_everybody_for_the_uncovered_day(coordinator: Visitor) -> None:
    """Home → the uncovered day → who could → ask two people."""
    page = coordinator.page
    assert any(f"1 session of the next {21} days needs people" in line for line in needs(coordinator))
    coordinator.looks("home-monday")
    page.get_by_role("link", name=re.compile("needs people")).click()
    coordinator.looks("sessions-that-need-people")
    page.locator("#result_list tbody a").first.click()
    page.get_by_role("link", name="See who could").click()
    coordinator.looks("who-could")
    for name in ("Asha Patel", "Margaret Airey"):
        page.get_by_label(name, exact=True).check()
    page.get_by_role("button", name=re.compile("Ask them")).first.click()
    coordinator.looks("asking-looked-at")
    page.get_by_role("button", name="Ask these 2 people").click()
    coordinator.looks("asked")


def says_yes(volunteer: Visitor) -> None:
    """The volunteer answers on the phone."""
    page = volunteer.page
    page.get_by_role("link", name=re.compile("Answer")).first.click()
    page.get_by_role("button", name=re.compile("Yes, put me down")).click()
    volunteer.looks("said-yes")


def rings_a_school(coordinator: Visitor) -> None:
    """The due list → log a conversation."""
    page = coordinator.page
    coordinator.goes_to("/admin/")
    page.get_by_role("link", name="Who is due").click()
    coordinator.looks("due")
    expect(page.locator(".due-table tbody tr")).to_have_count(2)
    page.get_by_role("link", name=f"Call {BECK}").click()
    page.get_by_role("link", name="Log a conversation with more to it").click()
    coordinator.looks("log-a-call")
    form = page.locator("form").filter(has_text="Log a conversation")
    form.get_by_label("With whom").fill("the office")
    form.get_by_label("What was said").fill("They would like the KS2 assembly soon.")
    form.get_by_label("Dates offered").fill("17 December")
    form.get_by_role("button", name="Log this conversation").click()
    expect(page.get_by_text("is logged")).to_be_visible()


def books(coordinator: Visitor, school: str, day: date) -> None:
    """A KS2 assembly, from the school's row of the due list."""
    page = coordinator.page
    coordinator.goes_to("/admin/due/?show=never")
    page.get_by_role("link", name=f"Book a visit to {school}").click()
    row = page.get_by_role("group", name="Session 1", exact=True)
    row.get_by_label("Session type").select_option(label="KS2 assembly")
    row.get_by_label("Day", exact=True).fill(day.isoformat())
    row.get_by_label("Starts at").fill("10:00")
    page.get_by_role("button", name="Book this visit").click()
    expect(page.get_by_text("is booked. Next: find people for its sessions.")).to_be_visible()


def moves_thursday(coordinator: Visitor) -> None:
    """The school rings: not Thursday but Friday. Look first, then move."""
    page = coordinator.page
    visit = models.Visit.objects.get(reference="VMNDAY2")
    coordinator.goes_to(f"/admin/visit/{visit.pk}/")
    coordinator.looks("visit-monday")
    page.get_by_role("link", name="Move it").click()
    page.get_by_label("To which day").fill((NEXT_WEEK + timedelta(days=1)).isoformat())
    page.get_by_role("button", name="Look at what that does").click()
    coordinator.looks("move-looked-at")
    expect(page.get_by_text("Asha Patel").first).to_be_visible()
    page.get_by_role("button", name="Move it").click()


def tells_everybody(coordinator: Visitor) -> None:
    """Ring them, tick them off."""
    page = coordinator.page
    coordinator.goes_to("/admin/tell/")
    coordinator.looks("tell-these-people")
    for box in page.locator("form.tell").get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="These people know now").click()


def cancels_for_snow_and_undoes_it(coordinator: Visitor, day: date) -> None:
    """Call off what one school has on the day, then take that back."""
    page = coordinator.page
    coordinator.goes_to(f"/admin/bulk/cancel-day/?day={day.isoformat()}")
    coordinator.looks("snow")
    for box in page.locator('input[name="row"]').all()[1:]:
        box.uncheck()
    page.get_by_label("Why").select_option(label="Weather")
    page.get_by_role("button", name="Look again whom it tells").click()
    coordinator.looks("snow-looked-at")
    page.get_by_role("button", name="Call off what is ticked").click()
    assert models.Session.objects.filter(stage="cancelled", cancelled_code="weather").count() == 1
    page.get_by_role("button", name="Undo this").click()
    assert not models.Session.objects.filter(stage="cancelled").exists()


def puts_people_on(coordinator: Visitor, school: str) -> None:
    """Two volunteers who said yes on the phone."""
    page = coordinator.page
    session = models.Session.objects.get(visit__school__name=school)
    coordinator.goes_to(f"/admin/visit/{session.visit_id}/{session.day}/")
    for name in ("Asha Patel", "Tom Reid"):
        page.get_by_label(name, exact=True).check()
        page.get_by_role("button", name=re.compile("Put them on this")).click()
    coordinator.looks("put-on")
    assert models.Session.objects.with_cover().get(pk=session.pk).is_covered


def monday(coordinator: Visitor, first: Visitor, second: Visitor) -> None:
    """The whole of it; every page is looked over."""
    coordinator.signs_in("coordinator@example.org")
    asks_everybody_for_the_uncovered_day(coordinator)
    for volunteer, address in ((first, "asha@example.org"), (second, "margaret@example.org")):
        volunteer.signs_in(address)
        says_yes(volunteer)
    rings_a_school(coordinator)
    books(coordinator, BECK, NEXT_WEEK + timedelta(days=14))
    books(coordinator, DALE, NEXT_WEEK + timedelta(days=15))
    moves_thursday(coordinator)
    assert any("know it yet" in line for line in needs(coordinator))
    tells_everybody(coordinator)
    for volunteer in (first, second):
        volunteer.goes_to("/")
        says_yes(volunteer)
    cancels_for_snow_and_undoes_it(coordinator, NEXT_WEEK + timedelta(days=14))
    for school in (BECK, DALE):
        puts_people_on(coordinator, school)
    if any("know it yet" in line for line in needs(coordinator)):
        tells_everybody(coordinator)
    for path, what in (("calendar/", "calendar"), ("calendar/?view=week&day=" + NEXT_WEEK.isoformat(), "calendar-week")):
        coordinator.goes_to(f"/admin/{path}")
        coordinator.looks(what)
    assert needs(coordinator) == []
    expect(coordinator.page.get_by_text("Nothing needs you now")).to_be_visible()
    coordinator.looks("home-clean")


@pytest.mark.exhaustive
@pytest.mark.usefixtures("charity")
def test_a_coordinators_monday(visitor: Opener) -> None:
    monday(visitor("monday", size=DESK), visitor("asha"), visitor("margaret"))


@pytest.mark.exhaustive
@pytest.mark.usefixtures("charity")
def test_a_monday_on_a_tablet_without_scripts(visitor: Opener) -> None:
    windows = [visitor(name, size=TABLET, scripts=False) for name in ("plain-monday", "plain-asha", "plain-margaret")]
    monday(*windows)


@pytest.mark.exhaustive
@pytest.mark.usefixtures("charity")
def test_the_monday_pages_fit_a_tablet(visitor: Opener) -> None:
    coordinator = visitor("tablet", size=TABLET)
    coordinator.signs_in("coordinator@example.org")
    school = models.School.objects.get(name=BECK)
    for path, what in (("", "home"), ("due/", "due"), (f"school/{school.pk}/talk/", "talk"), ("calendar/", "calendar")):
        coordinator.goes_to(f"/admin/{path}")
        coordinator.looks(what)
