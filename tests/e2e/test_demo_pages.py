"""The pages that the demo’s people come to first, full of the demo’s facts: axe finds nothing serious, nothing is too wide."""

import re

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from schools import models
from schools.demo.people import PASSWORD
from tests.e2e.conftest import DESK, NOW, PHONE, Opener, Visitor

pytestmark = [pytest.mark.e2e, pytest.mark.exhaustive, pytest.mark.django_db(transaction=True)]
ON = NOW.date()
LISTS = (
    "school",
    "visit",
    "session",
    "cover",
    "volunteer",
    "clearance",
    "area",
    "material",
    "sessiontype",
    "headcount",
    "contact",
)


@pytest.fixture
def _demo(transactional_db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("demo")


def _signed_in(visitor: Opener, email: str, size: tuple[int, int]) -> Visitor:
    person = visitor(f"demo-{email.partition('@')[0]}", size=size)
    person.signs_in(email, PASSWORD)
    return person


def _visits_of_interest() -> dict[str, models.Visit]:
    """A covered one, an uncovered one, a cancelled one and a delivered one in Cumbria."""
    cumbria = models.Visit.objects.filter(school__authority__gss__in=("E06000063", "E06000064"))
    coming = cumbria.filter(stage="confirmed", sessions__day__gt=ON, sessions__until_day=None)
    return {
        "covered": coming.filter(sessions__covers__state="accepted")[0],
        "uncovered": coming.exclude(sessions__covers__isnull=False)[0],
        "cancelled": cumbria.filter(stage="cancelled")[0],
        "delivered": cumbria.filter(sessions__stage="delivered", sessions__type__slug="workshop-5-6")[0],
    }


@pytest.mark.usefixtures("_demo")
def test_the_coordinator_s_pages(visitor: Opener) -> None:
    coordinator = _signed_in(visitor, "coordinator@example.org", DESK)
    coordinator.goes_to("/admin/")
    expect(coordinator.page.get_by_role("heading", name=re.compile("Needs you now"))).to_be_visible()
    coordinator.looks("home")
    for kind, visit in _visits_of_interest().items():
        coordinator.goes_to(f"/admin/visit/{visit.pk}/")
        coordinator.looks(f"visit-{kind}")
        session = visit.sessions.order_by("-day", "-starts")[0]
        coordinator.goes_to(f"/admin/session/{session.pk}/")
        coordinator.looks(f"session-{kind}")
    coordinator.goes_to("/admin/reach/?period=2025/26&by=authority")
    expect(coordinator.page.get_by_role("row", name=re.compile("Cumberland"))).to_be_visible()
    coordinator.looks("reach")
    scottish = models.School.objects.filter(nation="scotland", status="open")[0]
    coordinator.goes_to(f"/admin/book/{scottish.pk}/")
    coordinator.page.get_by_label("Session type").first.select_option(label="P4–P7 assembly")
    expect(coordinator.page.get_by_label("P7", exact=True).first).to_be_visible()
    coordinator.looks("booking-in-scotland")


@pytest.mark.usefixtures("_demo")
def test_the_manager_s_tables(visitor: Opener) -> None:
    manager = _signed_in(visitor, "manager@example.org", DESK)
    for name in LISTS:
        manager.goes_to(f"/admin/schools/{name}/")
        expect(manager.page.get_by_role("heading", level=1)).to_be_visible()
        manager.looks(f"list-{name}")
    for model in (models.School, models.Volunteer, models.Visit, models.SessionType):
        row = model.objects.order_by("-pk")[0]
        manager.goes_to(f"/admin/schools/{model._meta.model_name}/{row.pk}/change/")
        manager.looks(f"change-{model._meta.model_name}")


@pytest.mark.usefixtures("_demo")
def test_the_volunteer_s_pages(visitor: Opener) -> None:
    volunteer = _signed_in(visitor, "volunteer@example.org", PHONE)
    page = volunteer.page
    volunteer.goes_to("/")
    expect(page.get_by_role("heading", name="Hello Margaret")).to_be_visible()
    volunteer.looks("mine")
    me = models.Volunteer.objects.get(user__email="volunteer@example.org")
    covers = me.covers.select_related("session")
    coming = covers.filter(state="accepted", session__day__gt=ON).earliest("session__day").session
    offer = covers.filter(state="offered", session__day__gt=ON).earliest("session__day").session
    to_report = covers.filter(state="accepted", session__day__lt=ON, session__stage="scheduled").earliest("session__day").session
    for path, what in (
        (f"/mornings/{coming.visit_id}/{coming.day}/", "morning"),
        (f"/mornings/{coming.visit_id}/{coming.day}/give-back/", "give-back"),
        (f"/mornings/{coming.visit_id}/{coming.day}/told/", "told"),
        (f"/open/{offer.visit_id}/{offer.day}/", "offer"),
        (f"/sessions/{to_report.pk}/outcome/", "outcome"),
        ("/open/", "open"),
        ("/me/", "me"),
    ):
        volunteer.goes_to(path)
        volunteer.looks(what)


@pytest.mark.usefixtures("_demo")
def test_the_volunteer_takes_an_open_morning_and_gives_it_back(visitor: Opener) -> None:
    volunteer = _signed_in(visitor, "volunteer@example.org", PHONE)
    page = volunteer.page
    volunteer.goes_to("/open/")
    page.get_by_role("main").get_by_role("link").first.click()
    volunteer.looks("take")
    page.get_by_role("button", name=re.compile("yes|take|I’ll|put me", re.IGNORECASE)).first.click()
    expect(page.get_by_text("You’re down for this. Thank you.")).to_be_visible()
    volunteer.looks("taken")
    page.get_by_role("link", name="I can’t make it").click()
    page.get_by_role("main").get_by_role("button").last.click()
    expect(page.get_by_text(re.compile("no longer down for"))).to_be_visible()
