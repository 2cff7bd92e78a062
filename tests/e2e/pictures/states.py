"""What each picture shows: whose page, at which address, and what is done on it first."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.models import Count
from playwright.sync_api import Page

from schools import models
from tests.directory.gias_files import row, written
from tests.e2e.conftest import NOW

MANAGER, COORDINATOR, VOLUNTEER = "manager@example.org", "coordinator@example.org", "volunteer@example.org"
OFFICE_WIDTH, WIDE, PHONE_WIDTH = 1100, 1280, 390
TODAY = NOW.date()
NO_SIGNAL = """
self.fetch = () => Promise.reject(new TypeError("no signal"));
Object.defineProperty(ServiceWorkerRegistration.prototype, "sync", { value: undefined });
"""
"""Nothing that a page asks for by itself gets an answer, and nothing is sent behind it."""

type Choice = Callable[[], str]
type Step = Callable[[Page], None]


@dataclass(frozen=True)
class Picture:
    """One picture: whose page, at which address, how much of it, and what is done on it first."""

    name: str
    email: str
    address: Choice
    height: int
    first: Step = lambda _: None
    width: int = OFFICE_WIDTH


def at(path: str) -> Choice:
    """The page at a path that is known beforehand."""
    return lambda: path


def coming_visit(*, covered: bool) -> Any:
    """Return the coordinator's first confirmed visit with three sessions that has its people, or that still needs some."""

    coordinator = models.User.objects.get(email=COORDINATOR)
    sessions = models.Session.objects.for_user(coordinator, on=TODAY).filter(
        stage="scheduled", day__gt=TODAY, visit__stage="confirmed"
    )
    sessions = sessions.filter(type__slug="workshop-5-6").order_by("day", "pk")
    return (sessions.exclude(pk__in=sessions.uncovered()) if covered else sessions.uncovered())[0].visit


def visit_page() -> str:
    return f"/admin/visit/{coming_visit(covered=True).pk}/"


def day_page() -> str:
    visit = coming_visit(covered=False)
    return f"/admin/visit/{visit.pk}/{visit.sessions.earliest('day').day}/"


def school_page() -> str:
    """A school of the coordinator's with several visits and conversations."""

    schools = models.School.objects.filter(nation="england", status="open", contact_logs__isnull=False)
    return f"/admin/school/{schools.annotate(n=Count('visits')).order_by('-n', 'pk')[0].pk}/"


def booking_page() -> str:

    return f"/admin/book/{models.School.objects.get(name='Greenby Primary School').pk}/"


def mine(**which: Any) -> Any:
    """Return the first session that the volunteer of the demo accepted."""

    me = models.Volunteer.objects.get(user__email=VOLUNTEER)
    return me.covers.filter(state="accepted", session__stage="scheduled", **which).earliest("session__day").session


def morning_page() -> str:

    session = mine(session__day__gt=TODAY)
    return f"/mornings/{session.visit_id}/{session.day}/"


def outcome_page() -> str:

    session = mine(session__day__lt=TODAY)
    return f"/mornings/{session.visit_id}/{session.day}/outcome/"


def fills_from_template(page: Page) -> None:
    page.get_by_label("KS1 and KS2 assemblies one morning, workshops a week later").check()
    page.get_by_label("Another day").fill("2027-01-14")
    page.get_by_role("button", name="Fill the form in").click()


def opens_what_is_behind(page: Page) -> None:
    """Follow the attendances of the first row."""
    page.get_by_role("table").get_by_role("link", name="Attendances").first.click()
    page.get_by_role("columnheader", name="How counted").wait_for()


def hands_a_register_in(page: Page) -> None:
    """England's register with a school that is new, one that has more pupils than we knew, one that cannot be read."""

    with tempfile.TemporaryDirectory() as folder:
        rows = (
            row(urn="100001", name="Fellside Primary School"),
            row(urn="100002", name="Birkrigg Primary School", pupils="187"),
            row(urn="100003", name="Larkrigg Infant School", low="99"),
        )
        file = written(Path(folder), *rows, name="edubasealldata20261101.csv")
        page.get_by_label("The register’s file").set_input_files(file)
        page.get_by_role("button", name="Show what it would change").click()
        page.get_by_role("heading", name="What it would change").wait_for()


def counts_children(page: Page) -> None:
    """Tell of the day's first session; of the others, that they are not over yet."""
    first, *others = page.locator("[data-session]").all()
    first.get_by_label("Yes", exact=True).check()
    first.get_by_role("textbox", name="Reception", exact=True).fill("28")
    first.get_by_role("textbox", name="Year 1", exact=True).fill("27")
    for session in others:
        session.get_by_label("Not yet", exact=True).check()


def stands_without_signal(page: Page) -> None:
    """Keep the next fortnight on the phone, lose the signal, report a session, look at what waits."""
    phone, outcome = page.url, outcome_page()
    page.goto(phone.replace("/phone/", "/"))
    page.wait_for_function("path => caches.match(path).then(Boolean)", arg=outcome)
    page.add_init_script(NO_SIGNAL)
    page.goto(phone.replace("/phone/", outcome))
    counts_children(page)
    page.get_by_role("button", name="Store").click()
    page.get_by_role("heading", name="It is safe on this phone").wait_for()
    page.goto(phone)
    page.get_by_role("heading", name="Waiting to be sent").wait_for()


PICTURES = (
    Picture("office-home", COORDINATOR, at("/admin/"), 820),
    Picture("office-due", COORDINATOR, at("/admin/due/"), 1000),
    Picture("office-school", COORDINATOR, school_page, 900),
    Picture("office-booking", COORDINATOR, booking_page, 1050, fills_from_template),
    Picture("office-visit", COORDINATOR, visit_page, 800),
    Picture("office-day", COORDINATOR, day_page, 1300),
    Picture("office-calendar", COORDINATOR, at("/admin/calendar/?view=week&day=2026-12-01"), 1050),
    Picture("office-week-board", COORDINATOR, at("/admin/week/?day=2026-12-01"), 520, width=WIDE),
    Picture("office-bulk", COORDINATOR, at("/admin/bulk/cancel-day/?day=2026-11-27"), 760),
    Picture("office-stock", COORDINATOR, at("/admin/stock/"), 900),
    Picture("office-reach", COORDINATOR, at("/admin/reach/?period=2025/26&by=authority"), 945, width=WIDE),
    Picture("office-behind", COORDINATOR, at("/admin/reach/?period=2025/26&by=authority"), 640, opens_what_is_behind),
    Picture("office-returns", MANAGER, at("/admin/reach/returns/"), 880),
    Picture("office-registers", MANAGER, at("/admin/registers/"), 860, hands_a_register_in),
    Picture("portal-mine", VOLUNTEER, at("/"), 900, width=PHONE_WIDTH),
    Picture("portal-open", VOLUNTEER, at("/open/"), 760, width=PHONE_WIDTH),
    Picture("portal-morning", VOLUNTEER, morning_page, 1100, width=PHONE_WIDTH),
    Picture("portal-outcome", VOLUNTEER, outcome_page, 900, counts_children, width=PHONE_WIDTH),
    Picture("portal-phone", VOLUNTEER, at("/phone/"), 720, stands_without_signal, width=PHONE_WIDTH),
)
