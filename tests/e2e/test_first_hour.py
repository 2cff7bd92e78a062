"""The first hour: an empty installation goes live without a shell, from the register to a visit that counts in reach."""

import re
from collections.abc import Generator, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, Route, expect
from pytest_django.fixtures import Settings

from schools import models
from schools.messages.actions import deliver_due
from schools.visits.models.batches import CLOCKS_APART, HELD_FOR
from schools.visits.session_files.columns import COLUMNS
from tests.directory.gias_files import row, written
from tests.e2e.charity import PASSWORD
from tests.e2e.conftest import DESK, PHONE, Opener, Visitor
from tests.e2e.hands import Hands, chooses_file, pastes, types

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

MOST, MOST_OF_TEXTS = 60, 15
OWN_WORDS = "what anybody may read"
TEXTS = {"privacy notice": "We keep little.", "accessibility statement": "We meet the rules."}
AFTERWARDS = datetime(2026, 12, 3, 13, 0, tzinfo=UTC)
"""After the visit, which is booked a week ahead."""
MAILBOX = "http://mailbox.example"


def address_of(name: str) -> str:
    """Return the person's e-mail address."""
    return f"{name.lower().replace(' ', '.')}@example.org"


NAMES = [
    f"{first} {last}"
    for last in ("Airey", "Bell", "Carr", "Dent", "Eden")
    for first in ("Ann", "Ben", "Cat", "Dan", "Eve", "Fay")
]
ANN, BEN = NAMES[:2]


def copied(header: Iterable[str], *rows: Mapping[str, str]) -> str:
    """Return the rows as a spreadsheet puts them on the clipboard."""
    columns = list(header)
    return "\n".join("\t".join(cells) for cells in (columns, *([row.get(name, "") for name in columns] for row in rows)))


def volunteers() -> str:
    """Thirty people, cleared and signed off."""
    same = {
        "Postcode": "CA1 1AA", "Areas": "Cumberland", "Status": "active", "Joined": "2025-09-01", "Scheme": "dbs",
        "Issued": "2025-09-10", "Decision": "clear", "Decided on": "2025-09-15", "Recheck on": "2028-09-10",
        "Signed off for": "ks1-assembly=2025-10-01; ks2-assembly=2025-10-01", "Availability": "thu-morning; fri-morning",
    }  # fmt: skip
    return copied(("Name", "E-mail", *same), *({"Name": name, "E-mail": address_of(name), **same} for name in NAMES))


def contacts() -> str:
    """Three people at two schools."""
    rows = (
        ("100001", "Ruth Bowness", "Head teacher", "ruth@fellside.example.org", "0161 496 0011"),
        ("100001", "Ian Relph", "Safeguarding lead", "ian@fellside.example.org", "0161 496 0012"),
        ("100002", "Grace Tallentire", "Head teacher", "head@beckside.example.org", "0161 496 0013"),
    )
    header = ("URN", "Name", "Role", "E-mail", "Phone")
    return copied(header, *(dict(zip(header, cells, strict=True)) for cells in rows))


def terms() -> str:
    """Two terms."""
    rows = (("Autumn 2026", "2026-09-01", "2026-12-18"), ("Spring 2027", "2027-01-04", "2027-03-26"))
    header = ("Name", "First day", "Last day", "Nation")
    return copied(header, *(dict(zip(header, (*cells, "england"), strict=True)) for cells in rows))


def past_sessions() -> str:
    """An assembly of two years ago."""
    session = {
        "visit": "OLD1", "nation": "england", "register_id": "100002", "session_type": "ks1-assembly", "day": "2024-11-14",
        "starts": "09:15", "stage": "delivered", "pupils_0": "20", "pupils_1": "21", "pupils_2": "22",
        "covers": f"{address_of(ANN)}:lead:attended",
    }  # fmt: skip
    return copied(COLUMNS, session)


@pytest.fixture(autouse=True)
def _a_second_factor_is_asked_for(settings: Settings) -> Generator[None]:
    """As in production."""
    settings.SPEAKOUT_STAFF_SECOND_FACTOR = True
    cache.clear()
    yield
    cache.clear()


def opens_mail(visitor: Visitor, address: str) -> None:
    """Show the newest mail to the address in the window, as a mail program does: each link in it can be pressed."""
    message = next(message for message in reversed(mail.outbox) if address in message.to)
    lines = re.sub(r"(https?://\S+)", r'<a href="\1">\1</a>', str(message.body)).replace("\n", "<br>")

    def answer(route: Route) -> None:
        route.fulfill(body=f"<html lang=en><title>{message.subject}</title>{lines}", content_type="text/html; charset=utf-8")

    visitor.page.route(f"{MAILBOX}/**", answer)
    visitor.page.goto(f"{MAILBOX}/{len(mail.outbox)}")


def presses_link_in_mail(visitor: Visitor, address: str, path: str) -> None:
    """Open the newest mail to the address, and press its link to the path."""
    opens_mail(visitor, address)
    visitor.page.get_by_role("link", name=re.compile(path)).click()


def code_of(page: Page) -> str:
    """The code that an app on the phone shows for the secret on the page."""
    secret = page.locator("#authenticator_secret").input_value()
    return str(format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time()))))


def signs_in_first(mona: Visitor) -> None:
    """The manager whom `createsuperuser` made: password, confirming mail, second factor."""
    page = mona.page
    mona.goes_to("/accounts/login/")
    types(page.get_by_label("E-mail address"), "mona@example.org")
    types(page.get_by_label("Password"), PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/confirm-email/")
    presses_link_in_mail(mona, "mona@example.org", "confirm-email")
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/2fa/totp/activate/")
    mona.looks("second-factor")
    types(page.get_by_label("The code that the app shows"), code_of(page))
    page.keyboard.press("Enter")
    page.wait_for_url("**/2fa/recovery-codes/")
    page.get_by_role("link", name="Go on to the office").click()
    expect(page.get_by_role("heading", name="Setting up, in this order")).to_be_visible()
    header = page.get_by_role("banner").bounding_box()
    assert header
    assert header["height"] < 56  # one row: twelve pages and the person
    mona.looks("home-empty")


def names_the_charity(mona: Visitor) -> None:
    """From home, where it is the first step, to the page of the charity, which leads on."""
    page = mona.page
    page.get_by_role("link", name="Name the charity").click()
    types(page.get_by_role("textbox", name="Name", exact=True), "Kind Words")
    types(page.get_by_label("Safeguarding phone"), "01539 722000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Who you are", exact=True)).to_be_visible()
    mona.looks("charity-named")


def hands_the_register_in(mona: Visitor, file: Path) -> None:
    """From home over the preview to the report."""
    page = mona.page
    page.get_by_role("link", name="Hand a register in").click()
    chooses_file(page.get_by_label("The register’s file"), str(file))
    page.get_by_role("button", name="Show what it would change").click()
    page.get_by_role("button", name="Apply exactly this").click()
    expect(page.get_by_text("The import is applied.")).to_be_visible()
    mona.looks("register-applied")


def adds_a_coordinator_and_an_area(mona: Visitor) -> None:
    """The form of the area opens by itself, with the coordinator and the only authority ticked."""
    page = mona.page
    page.get_by_role("link", name="Add a coordinator").click()
    types(page.get_by_role("textbox", name="Name", exact=True), "Cora Nwosu")
    types(page.get_by_label("E-mail address"), "cora@example.org")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("A mail to cora@example.org says how to sign in.")).to_be_visible()
    types(page.get_by_label("Name", exact=True), "Cumberland")
    expect(page.get_by_label("Cora Nwosu")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Cumberland")).to_be_visible()
    mona.looks("area-stored")


def publishes_what_anybody_may_read(mona: Visitor) -> None:
    """What the charity wrote for its privacy notice, and for its accessibility statement."""
    page = mona.page
    page.get_by_role("link", name="Read the drafts", exact=True).click()
    for name, words in TEXTS.items():
        page.get_by_role("link", name=f"Write and publish the {name}", exact=True).click()
        page.get_by_label("The text").fill("")
        pastes(page.get_by_label("The text"), words)
        page.get_by_role("button", name="Keep it as a draft").click()
        page.get_by_label("I have read the whole text").check()
        page.get_by_role("button", name="Publish it").click()
        expect(page.get_by_text("It is published")).to_be_visible()
        page.get_by_role("link", name="The charity", exact=True).click()


def pastes_table(mona: Visitor, link: str, rows: str, sentence: str) -> None:
    """From a link to a step, over the preview, to the report."""
    page = mona.page
    page.get_by_role("link", name=link, exact=True).click()
    pastes(page.get_by_label("Or paste it here"), rows)
    page.get_by_role("button", name="Show what it would change").click()
    expect(page.get_by_text(sentence)).to_be_visible()
    page.get_by_role("button", name="Apply exactly this").click()
    expect(page.get_by_text("The import is applied.")).to_be_visible()


def invites(mona: Visitor) -> None:
    """From the report of the volunteers: whom the page shows gets a mail."""
    page = mona.page
    page.get_by_role("link", name="See who can be invited").click()
    expect(page.get_by_role("heading", name="30 get a mail")).to_be_visible()
    page.get_by_role("button", name="Send the invitations to those who are ticked").click()
    expect(page.get_by_text("30 people invited to sign in.")).to_be_visible()
    mona.looks("invited")


def books(mona: Visitor) -> None:
    """A school that is found in spite of a wrong letter, and one session."""
    page = mona.page
    page.get_by_role("main").get_by_role("link", name="Book a visit").click()
    types(page.get_by_label("Find the school"), "felside")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Fellside Primary School is the only school that matches “felside”.")).to_be_visible()
    session = page.get_by_role("group", name="Session 1", exact=True)
    session.get_by_label("Session type").select_option(label="KS1 assembly")
    types(session.get_by_label("Day", exact=True), "2026-12-03")
    types(session.get_by_label("Starts at"), "09:15")
    page.get_by_role("button", name="Book this visit").click()
    expect(page.get_by_text("is booked.")).to_be_visible()
    mona.looks("visit-booked")


def puts_one_on(mona: Visitor) -> None:
    """Somebody who said yes on the phone."""
    page = mona.page
    page.get_by_role("link", name="Find people").click()
    page.get_by_label(BEN, exact=True).check()
    page.get_by_role("button", name="Put them on this morning").click()
    expect(page.get_by_text(f"{BEN} is on it now.")).to_be_visible()


def comes_in_and_takes_it(volunteer: Visitor) -> None:
    """The link in the mail, and the morning that is open."""
    page = volunteer.page
    # By now the minute in which the manager could have undone it is over.
    deliver_due(clock=lambda: timezone.now() + HELD_FOR + CLOCKS_APART)
    presses_link_in_mail(volunteer, address_of(ANN), "invitation")
    expect(page.get_by_role("heading", level=1, name="Welcome, Ann")).to_be_visible()
    page.get_by_role("button", name="Come in").click()
    page.get_by_role("link", name=re.compile("Look at it")).click()
    page.get_by_role("button", name="Yes, put me down").click()
    expect(page.get_by_role("heading", name="Fellside Primary School")).to_be_visible()
    volunteer.looks("down-for-it")


def tells(volunteer: Visitor) -> None:
    """A week later, on the same phone."""
    page = volunteer.page
    volunteer.goes_to("/")
    page.get_by_role("region", name="Tell us how it went").get_by_role("link").click()
    page.get_by_label("Yes", exact=True).check()
    for year_group, pupils in {"Reception": "28", "Year 1": "30", "Year 2": "29"}.items():
        types(page.get_by_role("textbox", name=year_group, exact=True).first, pupils)
    page.get_by_role("button", name="Store").click()
    expect(page.get_by_text("Stored. Thank you.")).to_be_visible()


def sees_reach(mona: Visitor) -> None:
    """The children counted stand in the table and in the sentence."""
    page = mona.page
    page.get_by_role("link", name="Reach", exact=True).click()
    expect(page.get_by_role("row", name=re.compile("Cumberland"))).to_contain_text("87")
    expect(page.locator("#sentence")).to_contain_text("at least 87 pupils")


# Longer than 40 lines: the whole hour, step by step.
@pytest.mark.exhaustive
@pytest.mark.usefixtures("transactional_db")
def test_an_empty_installation_goes_live_with_at_most_sixty_clicks_keys_and_pastes(
    visitor: Opener, tmp_path: Path, settings: Settings
) -> None:
    models.User.objects.create_superuser("mona@example.org", PASSWORD, name="Mona Pryce")
    place = {"la_name": "Cumberland", "la_code": "942", "gss": "E06000063", "postcode": "CA1 1AA"}
    schools = (
        row(urn="100001", name="Fellside Primary School", **place),
        row(urn="100002", name="Beckside Primary School", **place),
    )
    file = written(tmp_path, *schools, name="edubasealldata20261101.csv")
    hands, mona, volunteer = Hands(), visitor("mona", size=DESK), visitor("volunteer", size=PHONE)
    settings.SPEAKOUT_ADDRESS = mona.address
    for window in (mona, volunteer):
        hands.watch(window)
    hands.step = "signing in, with a second factor"
    signs_in_first(mona)
    hands.step = "register"
    names_the_charity(mona)
    hands_the_register_in(mona, file)
    hands.step = "coordinator and area"
    adds_a_coordinator_and_an_area(mona)
    hands.step = OWN_WORDS
    publishes_what_anybody_may_read(mona)
    hands.step = "volunteers"
    pastes_table(mona, "Import volunteers", volunteers(), "30 rows new")
    hands.step = "invitations"
    invites(mona)
    hands.step = "contacts"
    pastes_table(mona, "Import contacts", contacts(), "3 rows new")
    hands.step = "terms"
    pastes_table(mona, "school terms", terms(), "2 rows new")
    hands.step = "past sessions"
    pastes_table(mona, "Import past sessions", past_sessions(), "1 row new")
    hands.step = "booking"
    books(mona)
    hands.step = "cover, by the manager"
    puts_one_on(mona)
    hands.step = "invitation and cover, by the volunteer"
    comes_in_and_takes_it(volunteer)
    session = models.Session.objects.with_cover().get(visit__school__name="Fellside Primary School")
    assert session.is_covered
    with time_machine.travel(AFTERWARDS, tick=True):
        hands.step = "outcome"
        tells(volunteer)
        hands.step = "reach"
        sees_reach(mona)
    # What a charity writes for everybody to read takes thought, and is counted apart.
    texts = sum(hands.counts[OWN_WORDS].values())
    assert (texts <= MOST_OF_TEXTS, hands.total - texts <= MOST) == (True, True), hands.in_words
