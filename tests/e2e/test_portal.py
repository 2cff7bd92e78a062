"""The portal on a phone: from an invitation to the outcome, by keyboard, without scripts, with a passkey."""

import re
from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from schools import models
from schools.visits.actions import ask_to_observe
from schools.visits.queries import VisitDay
from schools.volunteers.actions import invite, publish_agreement
from tests.e2e.charity import PASSWORD, SCHOOL, Charity
from tests.e2e.conftest import NOW, PHONE, Opener, Visitor
from tests.e2e.passkeys import can_make_passkeys
from tests.factories import CoverFactory, HeadcountFactory, SchoolFactory, SessionFactory, VisitFactory
from tests.materials.stores import a_material, received, store_in

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
TODAY = NOW.date()
LATER = date(2026, 12, 3)


def morning(charity: Charity, *volunteers: models.Volunteer, day: date = TODAY) -> list[models.Session]:
    """An assembly that is under way and one to come, with the volunteers on both."""
    visit = VisitFactory(school=charity.school, stage="confirmed", agreed_on=date(2026, 11, 1), parking="In the lane")
    kinds = models.SessionType.objects
    sessions: list[models.Session] = [
        SessionFactory(visit=visit, day=day, type=kinds.get(slug="ks2-assembly"), starts=time(10, 15), ends=time(10, 45)),
        SessionFactory(visit=visit, day=day, type=kinds.get(slug="workshop-5-6"), starts=time(11), ends=time(11, 45)),
    ]
    for session in sessions:
        HeadcountFactory(session=session, year_group=5, expected=30)
        for volunteer in volunteers:
            CoverFactory(session=session, volunteer=volunteer)
    return sessions


def morning_told(session: models.Session, volunteer: models.Volunteer) -> models.Session:
    """A session of the day before that the volunteer was at and told of."""
    told = {"stage": "delivered", "went_ahead": "yes", "recorded_at": NOW, "recorded_by": volunteer.user, "version": 1}
    yesterday = TODAY - timedelta(days=1)
    visit = VisitFactory(school=session.visit.school)
    made: models.Session = SessionFactory(visit=visit, day=yesterday, count_basis="counted", pupils_are="new", **told)
    HeadcountFactory(session=made, year_group=5, expected=30, pupils=28)
    CoverFactory(session=made, volunteer=volunteer, state="attended")
    return made


def named(name: str) -> models.Volunteer:
    return models.Volunteer.objects.get(name=name)


def mailed(email: str) -> str:
    return models.OutboxMessage.objects.filter(to=email).latest("pk").body


@pytest.fixture
def _kept_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """The texts of sign-in mails stay, so that the test can read what a mailbox would hold."""
    monkeypatch.setattr("schools.messages.actions.deliver", lambda *_, **__: False)


def _comes_in(volunteer: Visitor) -> None:
    """By the invitation's link, past the agreement, to the first page."""
    page = volunteer.page
    link = re.search(r"http://[^/]+(/\S+)", mailed("colin@example.org"))
    assert link
    volunteer.goes_to(link[1])
    volunteer.looks("invitation")
    page.get_by_role("button", name="Come in").click()
    expect(page.get_by_text("I keep what I hear to myself.")).to_be_visible()
    volunteer.looks("agreement")
    page.get_by_role("button", name="I agree").click()
    expect(page.get_by_role("heading", name="Open to you")).to_be_visible()
    volunteer.goes_to("/")
    expect(page.get_by_role("heading", name="Hello Colin")).to_be_visible()
    volunteer.looks("mine-empty")


def _takes_a_morning(volunteer: Visitor) -> None:
    page = volunteer.page
    page.get_by_role("navigation", name="Places").get_by_role("link", name="Open").click()
    page.wait_for_url(re.compile(r"/open/$"))
    volunteer.looks("open")
    page.get_by_role("link", name=re.compile("Look at it")).first.click()
    expect(page.get_by_role("button", name="Yes, put me down")).to_be_visible()
    volunteer.looks("take")
    page.get_by_role("button", name="Yes, put me down").click()
    expect(page.get_by_text("You’re down for this. Thank you.")).to_be_visible()
    expect(page.get_by_role("heading", name="If a child tells you something")).to_be_visible()
    volunteer.looks("morning")


def _comes_back_by_code(volunteer: Visitor, email: str) -> None:
    """Signed out, in again with a code, having left the page for the mail app."""
    page = volunteer.page
    volunteer.goes_to("/accounts/logout/")
    volunteer.looks("sign-out")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="E-mail me a code").click()
    expect(page.get_by_role("heading", name="Enter the code")).to_be_visible()
    volunteer.looks("code")
    page.goto("about:blank")
    volunteer.goes_to("/accounts/login/")
    code = re.search(r"\d{4}-\d{4}", mailed(email))
    assert code
    page.get_by_label("Code").fill(code[0])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name=re.compile("Hello"))).to_be_visible()


def _tells(volunteer: Visitor, session: models.Session) -> None:
    page = volunteer.page
    page.get_by_role("link", name=re.compile("KS2 assembly")).first.click()
    part = page.locator(f"#session-{session.pk}")
    part.get_by_label("Yes", exact=True).check()
    part.get_by_role("textbox", name="Year 5", exact=True).fill("28")
    part.get_by_text("Others came, or counted otherwise").click()
    part.get_by_text("Children of another school were there").click()
    part.get_by_label("Which school?").select_option(label="Fellside Primary School")
    part.get_by_role("textbox", name="Year 6, other school", exact=True).fill("12")
    volunteer.leaves_the_rest()
    volunteer.looks("outcome-with-a-guest")
    page.get_by_role("main").get_by_role("button", name=re.compile("store", re.IGNORECASE)).last.click()
    expect(page.get_by_text("Stored. Thank you.")).to_be_visible()
    session.refresh_from_db()
    assert session.stage == "delivered"
    counted = session.headcounts.order_by("year_group").values_list("school__name", "year_group", "pupils")
    assert list(counted) == [(SCHOOL, 5, 28), ("Fellside Primary School", 6, 12)]


def _whole_way(charity: Charity, visitor: Opener, *, scripts: bool) -> None:
    colin = named("Colin Newcomer")
    models.Clearance.objects.create(
        volunteer=colin, scheme="dbs", decision="clear", issued=date(2026, 1, 1), decided_on=date(2026, 1, 2),
        recheck_on=date(2029, 1, 1),
    )  # fmt: skip
    session, _ = morning(charity)
    near = {"authority": charity.school.authority, "postcode": "CA1 8AA", "easting": 341_000, "northing": 555_000}
    SchoolFactory(name="Fellside Primary School", **near)
    publish_agreement("I keep what I hear to myself.", from_day=date(2026, 9, 1))
    invite(colin, by=models.User.objects.get(email="coordinator@example.org"), now=NOW, email="colin@example.org")
    volunteer = visitor("new-volunteer" if scripts else "new-volunteer-without-scripts", size=PHONE, scripts=scripts)
    _comes_in(volunteer)
    _takes_a_morning(volunteer)
    _comes_back_by_code(volunteer, "colin@example.org")
    _tells(volunteer, session)
    for path, what in (("/calendar/", "calendar"), ("/me/", "me"), ("/me/week/", "week"), ("/me/details/", "details")):
        volunteer.goes_to(path)
        volunteer.looks(what)


@pytest.mark.usefixtures("_kept_mail")
def test_from_an_invitation_to_the_outcome(charity: Charity, visitor: Opener) -> None:
    _whole_way(charity, visitor, scripts=True)


@pytest.mark.usefixtures("_kept_mail")
def test_the_same_way_without_javascript(charity: Charity, visitor: Opener) -> None:
    _whole_way(charity, visitor, scripts=False)


def _tabs_to(page: Page, name: str) -> None:
    """Press Tab until what is called so has the focus, as somebody without a mouse does."""
    for _ in range(60):
        page.keyboard.press("Tab")
        here = page.evaluate("document.activeElement.innerText || document.activeElement.name || document.activeElement.id")
        if name in (here or ""):
            return
    msg = f"nothing called {name} is reached by Tab"
    raise AssertionError(msg)


def test_by_keyboard_alone(charity: Charity, visitor: Opener) -> None:
    session = morning(charity, day=LATER)[0]
    volunteer = visitor("keyboard", size=PHONE)
    page = volunteer.page
    volunteer.goes_to("/accounts/login/")
    _tabs_to(page, "login")
    page.keyboard.type("margaret@example.org")
    _tabs_to(page, "password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hello Margaret")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    _tabs_to(page, "Open")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Open to you")).to_be_visible()
    _tabs_to(page, "Look at it")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Take this morning?")).to_be_visible()
    _tabs_to(page, "Yes, put me down")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You’re down for this. Thank you.")).to_be_visible()
    assert session.covers.get().volunteer == named("Margaret Airey")


def test_how_it_went_is_told_by_keyboard_alone(charity: Charity, visitor: Opener) -> None:
    session, workshop = morning(charity, named("Margaret Airey"))
    volunteer = visitor("keyboard-outcome", size=PHONE)
    # What the script sends is refused; then the page itself says what is wrong.
    volunteer.may_fail = {409}
    page = volunteer.page
    volunteer.signs_in("margaret@example.org")
    _tabs_to(page, "KS2 assembly")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Tell us how it went")).to_be_visible()
    _tabs_to(page, f"s{session.pk}-went_ahead")
    page.keyboard.press("Space")
    _tabs_to(page, f"s{session.pk}-pupils_{session.visit.school_id}_5")
    page.keyboard.type("x")
    _tabs_to(page, "Store how it went")
    page.keyboard.press("Enter")
    summary = page.get_by_role("alert").filter(has_text="Nothing is stored yet.")
    expect(summary).to_be_focused()
    volunteer.looks("outcome-wrong")
    _tabs_to(page, "give a whole number")
    page.keyboard.press("Enter")
    expect(page.locator(f"[name=s{session.pk}-pupils_{session.visit.school_id}_5]")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("28")
    _tabs_to(page, f"s{workshop.pk}-went_ahead")
    page.keyboard.press("ArrowUp")  # from the first answer round to the last: not yet
    _tabs_to(page, "Store how it went")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Stored. Thank you.")).to_be_visible()
    assert session.headcounts.get().pupils == 28


def every_page(volunteer: models.Volunteer, session: models.Session) -> Iterator[tuple[str, str]]:
    """Every page, by what it is called on its picture; the session is under way."""
    day = f"/mornings/{session.visit_id}/{session.day}/"
    told = morning_told(session, volunteer)
    taking = models.Session.objects.filter(covers=None).first()
    if taking:
        yield f"/open/{taking.visit_id}/{taking.day}/", "take"
    yield from ((f"{day}outcome/", "outcome"), ("/phone/", "phone"))
    stored = f"/mornings/{told.visit_id}/{told.day}/"
    yield from ((f"{stored}reported/", "told-session"), (f"{stored}outcome/", "correction"))
    yield from (
        ("/", "mine"),
        ("/open/", "open"),
        ("/observe/", "observe"),
        ("/calendar/", "calendar"),
        ("/me/", "me"),
        (day, "morning"),
    )
    yield from ((f"{day}give-back/", "give-back"), (f"{day}swap/", "swap"), (f"{day}told/", "told"))
    yield from (("/me/week/", "week"), ("/me/away/", "away"), ("/me/details/", "details"), ("/me/address/", "address"))
    yield from (("/accounts/sessions/", "devices"), ("/accounts/2fa/webauthn/", "passkeys"), ("/accounts/logout/", "sign-out"))
    yield from (("/privacy/", "privacy"), ("/accessibility/", "accessibility"), ("/cookies/", "cookies"))


def _somebody_to_watch(charity: Charity, volunteer: models.Volunteer) -> None:
    """Two mornings of somebody else; the volunteer asked to watch one of them."""
    _, waits = (morning(charity, named("Asha Patel"), day=LATER + timedelta(days=days))[0] for days in (1, 4))
    assert volunteer.user
    ask_to_observe(VisitDay(waits.visit, waits.day), volunteer, by=volunteer.user, now=NOW)


def _something_to_bring(charity: Charity, session: models.Session) -> None:
    """Leaflets from a cupboard, and a puppet that nobody has chosen yet."""
    for name, kind in (("Leaflet", "consumable"), ("Puppet", "equipment")):
        material = a_material(name, kind=kind)
        models.KitLine.objects.create(session_type=session.type, material=material, quantity=1, per="session")
    cupboard = store_in(charity.area, name="Kendal cupboard", address="1 High Street", access_notes="Key at the desk.")
    received(cupboard, models.Material.objects.get(name="Leaflet"), 50)


@pytest.mark.parametrize(
    ("way", "context"),
    [
        pytest.param("dark", {"color_scheme": "dark", "viewport": {"width": 360, "height": 740}}, marks=pytest.mark.exhaustive),
        ("narrow-and-large", {"viewport": {"width": 320, "height": 640}}),
        pytest.param(
            "forced-colours",
            {"forced_colors": "active", "reduced_motion": "reduce", "viewport": {"width": 360, "height": 740}},
            marks=pytest.mark.exhaustive,
        ),
    ],
)
def test_every_page_is_sound_however_somebody_reads(charity: Charity, visitor: Opener, way: str, context: dict[str, Any]) -> None:
    margaret = named("Margaret Airey")
    session = morning(charity, margaret, named("Asha Patel"))[0]
    morning(charity, day=LATER)
    _somebody_to_watch(charity, margaret)
    _something_to_bring(charity, session)
    volunteer = visitor(way, size=(context["viewport"]["width"], context["viewport"]["height"]))
    volunteer.signs_in("margaret@example.org")
    emulated = {name: value for name, value in context.items() if name != "viewport"}
    volunteer.page.emulate_media(**emulated)
    for path, what in every_page(margaret, session):
        volunteer.goes_to(path)
        if way == "narrow-and-large":
            volunteer.page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
        volunteer.looks(what)
        small = volunteer.page.evaluate(SMALL_TARGETS)
        assert small == [], f"{what}: {small}"
        # By keyboard: only then does a browser show where somebody is.
        volunteer.page.keyboard.press("Tab")
        ringless = volunteer.page.evaluate(WITHOUT_RING)
        assert ringless == [], f"{what}: {ringless}"
    running = volunteer.page.evaluate("document.getAnimations().length")
    assert running == 0


WITHOUT_RING = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
    .filter((one) => one.checkVisibility() && !one.disabled)
    .filter((one) => {
        one.focus();
        const { outlineStyle, outlineWidth } = getComputedStyle(one);
        return document.activeElement !== one || outlineStyle === 'none' || parseFloat(outlineWidth) < 2;
    })
    .map((one) => one.outerHTML.slice(0, 120))"""

SMALL_TARGETS = """() => [...document.querySelectorAll('main .btn, nav a, main button, main summary, main a.line')]
    .filter((one) => one.offsetParent && !one.closest('[aria-hidden=true]'))  // that nobody is to press
    .filter((one) => one.getBoundingClientRect().height < 43.5 || one.getBoundingClientRect().width < 43.5)
    .map((one) => one.outerHTML.slice(0, 120))"""


def test_a_passkey_lets_in_where_there_is_one(charity: Charity, visitor: Opener, settings: Any) -> None:
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    volunteer = visitor("passkey", size=PHONE)
    # Browsers take passkeys on a name alone, not on an address in numbers.
    volunteer.address = volunteer.address.replace("127.0.0.1", "localhost")
    page = volunteer.page
    can_make_passkeys(page)
    volunteer.signs_in("margaret@example.org")
    volunteer.goes_to("/accounts/2fa/webauthn/add/")
    if "/reauthenticate" in page.url:
        volunteer.looks("password-again")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button").first.click()
    page.get_by_label("What do you call this device?").fill("My old phone")
    volunteer.looks("add-passkey")
    page.get_by_role("button", name="Add a passkey on this device").click()
    page.wait_for_url(lambda url: "/add/" not in url)
    volunteer.goes_to("/accounts/2fa/webauthn/")
    expect(page.get_by_text("My old phone")).to_be_visible()
    volunteer.looks("passkeys-one")
    volunteer.goes_to("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Hello Margaret")).to_be_visible()
