"""Without signal: pages are kept, reports wait on the phone and arrive once, and nobody finds another's."""

import re

import pytest
from django.contrib.sessions.models import Session as SignIn
from playwright.sync_api import expect

from schools.delivery.models import OutcomeSubmission
from schools.visits.models import Headcount, SafeguardingNotice, Session
from tests.e2e.phone import (
    ASHA,
    MARGARET,
    TODAY,
    AnyServer,
    Phone,
    PhoneOpener,
    of,
    on_both_servers,
    outcome_of,
    pupils,
)
from tests.factories import SchoolFactory
from tests.portal.pages import morning_at

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def tells(phone: Phone, session: Session, at: str) -> None:
    phone.goes_to(f"/mornings/{session.visit_id}/{TODAY}/told/")
    phone.page.get_by_label("The school’s safeguarding lead", exact=True).check()
    phone.page.get_by_label("On which day?").fill(TODAY.isoformat())
    phone.page.get_by_label("At what time?").fill(at)
    phone.page.get_by_role("button", name="Keep this time").click()
    phone.is_safe()


def reads_without_signal(mine: Phone, morning: str) -> None:
    """Mine and the morning are there, with nothing of the partner but a first name; what was never kept says so."""
    page = mine.page
    mine.goes_to("/")
    expect(page.get_by_text("No signal. This is what your phone has kept, as of")).to_be_visible()
    mine.looks("no-signal-mine")
    mine.goes_to(morning)
    expect(page.get_by_text("Asha", exact=True)).to_be_visible()
    assert "Patel" not in page.content()
    assert "asha@" not in page.content()
    mine.goes_to("/open/")
    expect(page.get_by_text("that page is not on this phone")).to_be_visible()
    mine.looks("no-signal-not-kept")


def types_without_signal(mine: Phone, session: Session) -> None:
    """− and + begin at an empty box; what is typed is kept as it is typed."""
    page = mine.page
    mine.goes_to(outcome_of(session))
    mine.tells(session, {})
    box, part = mine.box(session), mine.part(session)
    part.get_by_role("button", name="One fewer, Year 5", exact=True).click()
    expect(box).to_have_value("")
    more = part.get_by_role("button", name="One more, Year 5", exact=True)
    more.click()
    more.click()
    expect(box).to_have_value("2")
    box.fill("28")
    page.get_by_label("Anything else we should know?").fill("The screen was too small.")
    part.get_by_text("Others came, or counted otherwise").click()
    part.get_by_text("Children of another school were there").click()
    part.get_by_label("Which school?").select_option(label="Fellside Primary School")
    mine.box(session, "Year 5, other school").fill("7")
    part.get_by_text("Children of a second other school were there").click()
    part.get_by_label("Which second school?").select_option(label="Lowside Primary School")
    mine.box(session, "Year 5, second other school").fill("4")
    mine.looks("no-signal-outcome")
    mine.remembers()


# Longer than 40 lines: it is one morning, told step by step.
@on_both_servers
def test_a_morning_in_a_hall_without_signal(phone: PhoneOpener, server: AnyServer, sessions: list[Session]) -> None:
    session = sessions[0]
    guest, second = (
        SchoolFactory(name=name, authority=session.visit.school.authority, easting=341_000, northing=555_000)
        for name in ("Fellside Primary School", "Lowside Primary School")
    )
    mine, morning = phone("margaret", restarts=True), f"/mornings/{session.visit_id}/{TODAY}/"
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    for path in ("/", morning, f"{morning}told/", outcome_of(session)):
        mine.has(path)
    mine.cuts()
    server.stop()
    reads_without_signal(mine, morning)
    types_without_signal(mine, session)

    mine.restart()
    mine.cuts()
    mine.goes_to(outcome_of(session))
    expect(mine.box(session)).to_have_value("28")
    expect(mine.box(session, "Year 5, other school")).to_have_value("7")
    expect(mine.box(session, "Year 5, second other school")).to_have_value("4")
    expect(mine.box(session, "Year 5, second other school")).to_be_visible()
    mine.looks("no-signal-draft")
    mine.page.get_by_role("button", name="Store").click()
    mine.is_safe()
    mine.looks("no-signal-safe")
    tells(mine, session, "09:40")
    tells(mine, session, "09:55")
    mine.goes_to("/phone/")
    expect(mine.page.get_by_role("article")).to_have_count(3)
    mine.looks("no-signal-phone")

    mine.restart()
    server.start()
    mine.goes_to("/")
    # The worker may have been first; a server that has just started may miss the first time limit, and the second has 20 seconds.
    mine.has_sent_all()
    mine.looks("sent")
    assert mine.rows() == []
    session.refresh_from_db()
    assert (session.stage, session.version, session.outcome_note) == ("delivered", 1, "The screen was too small.")
    assert (pupils()[0], OutcomeSubmission.objects.count()) == (28, 1)
    assert [Headcount.objects.get(session=session, school=one).pupils for one in (guest, second)] == [7, 4]
    assert [f"{one.told_at:%H:%M}" for one in SafeguardingNotice.objects.order_by("told_at")] == ["09:40", "09:55"]


def test_two_phones_one_session(phone: PhoneOpener, sessions: list[Session]) -> None:
    session = sessions[0]
    hers, his = phone("margaret"), phone("asha")
    for one, email in ((hers, MARGARET), (his, ASHA)):
        one.signs_in(email)
        one.goes_to("/")
        one.has(outcome_of(session))
        one.cuts()
        one.reports(session, {"Year 5": "28" if one is hers else "29"})
        one.is_safe()
    hers.finds_signal()
    hers.sees_it_received()
    his.may_fail = {409}
    his.finds_signal()
    expect(his.page.get_by_text("It needs a look from you.")).to_be_visible()
    his.goes_to("/phone/")
    expect(his.page.get_by_text("Margaret reported this session already")).to_be_visible()
    his.looks("differs")
    assert (pupils()[0], Session.objects.get(pk=session.pk).version) == (28, 1)
    his.page.get_by_role("button", name="Correct it to what I said").click()
    his.sees_it_received()
    session.refresh_from_db()
    assert (pupils()[0], session.version, session.recorded_by) == (29, 2, of("Margaret").user)


def test_a_phone_that_two_people_share(phone: PhoneOpener, sessions: list[Session]) -> None:
    alone = morning_at(SchoolFactory(name="Hidden Valley School"), of("Margaret"), day=TODAY)[0]
    shared = phone("shared")
    shared.signs_in(MARGARET)
    shared.goes_to("/")
    shared.has(outcome_of(alone))
    shared.cuts()
    shared.reports(alone, {"Year 5": "21"})
    shared.is_safe()
    # Her sign-in ends; somebody else takes the phone.
    SignIn.objects.all().delete()
    shared.finds_signal()
    shared.goes_to("/")
    expect(shared.page.get_by_text("Sign in, and it goes by itself.")).to_be_visible()
    shared.looks("sign-in-to-send")
    shared.signs_in(ASHA)
    shared.goes_to("/")
    shared.has(outcome_of(sessions[0]))
    names = shared.page.evaluate("caches.keys()")
    assert [name for name in names if name.startswith("pages-")] == [f"pages-{of('Asha').user_id}"]
    shared.cuts()
    for path in ("/phone/", outcome_of(alone), f"/mornings/{alone.visit_id}/{TODAY}/", "/"):
        shared.goes_to(path)
        expect(shared.page.get_by_role("heading", level=1)).to_be_visible()
        assert "Hidden Valley" not in shared.page.content()
    shared.finds_signal()
    shared.goes_to("/accounts/logout/")
    shared.page.get_by_role("button", name="Sign out").click()
    shared.page.wait_for_url("**/accounts/login/**")
    assert [row["title"][:13] for row in shared.rows()] == ["Hidden Valley"]
    shared.signs_in(MARGARET)
    expect(shared.page.get_by_text(re.compile("Received: .*Hidden Valley School"))).to_be_visible()
    assert Headcount.objects.get(session=alone).pupils == 21
    assert OutcomeSubmission.objects.get().by == of("Margaret").user


def test_signing_out_sends_what_waits_or_asks_to_discard_it(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine = phone("margaret")
    mine.hears_nothing()
    mine.signs_in(MARGARET)
    mine.reports(sessions[0], {"Year 5": "28"})
    mine.is_safe()
    mine.goes_to("/accounts/logout/")
    mine.page.get_by_role("button", name="Sign out", exact=True).click()
    expect(mine.page.get_by_role("alert")).to_contain_text("You are not signed out yet")
    mine.looks("unsent")
    mine.page.get_by_role("button", name="Send it, then sign out").click()
    expect(mine.page.get_by_text("It could not be sent now.")).to_be_visible()
    mine.page.get_by_role("button", name="Discard it and sign out").click()
    expect(mine.page.get_by_text("There is no answer from the server, so you are still signed in.")).to_be_visible()
    assert len(mine.rows()) == 1
    mine.hears()
    mine.page.get_by_role("button", name="Discard it and sign out").click()
    mine.page.wait_for_url("**/accounts/login/**")
    assert (mine.rows(), mine.rows("drafts"), OutcomeSubmission.objects.count()) == ([], [], 0)
    assert not [name for name in mine.page.evaluate("caches.keys()") if name.startswith("pages-")]

    mine.page.evaluate("self.name = ''")
    mine.signs_in(MARGARET)
    mine.reports(sessions[0], {"Year 5": "27"})
    mine.is_safe()
    mine.hears()
    mine.goes_to("/accounts/logout/")
    mine.page.get_by_role("button", name="Sign out", exact=True).click()
    mine.page.wait_for_url("**/accounts/login/**")
    assert (pupils()[0], mine.rows()) == (27, [])


def test_a_sign_in_that_ended_while_somebody_typed(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine = phone("margaret")
    mine.signs_in(MARGARET)
    mine.goes_to(outcome_of(sessions[0]))
    SignIn.objects.all().delete()
    mine.tells(sessions[0], {"Year 5": "25"}, went_ahead="Partly")
    mine.page.get_by_role("button", name="Store").click()
    expect(mine.page.get_by_text("You are no longer signed in. Sign in, and we send it.")).to_be_visible()
    mine.looks("signed-out")
    mine.page.get_by_role("main").get_by_role("link", name="Sign in").click()
    mine.page.get_by_label("e-mail").fill(MARGARET)
    mine.page.get_by_label("password").first.fill("a-walk-by-the-river")
    mine.page.get_by_role("button", name="Sign in").first.click()
    mine.sees_it_received()
    assert (pupils()[0], OutcomeSubmission.objects.count()) == (25, 1)


def test_a_phone_that_can_keep_nothing_says_to_write_the_numbers_down(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine = phone("margaret")
    mine.signs_in(MARGARET)
    mine.page.add_init_script("Object.defineProperty(self, 'indexedDB', { value: undefined })")
    mine.goes_to(outcome_of(sessions[0]))
    mine.cuts()
    mine.tells(sessions[0], {"Year 5": "28"})
    mine.page.get_by_role("button", name="Store").click()
    alert = mine.page.get_by_role("alert")
    expect(alert).to_contain_text("Write these numbers down")
    expect(alert.get_by_role("listitem").filter(has_text="9:15–9:45 am: Year 5")).to_contain_text("28")
    mine.looks("write-down")
    mine.finds_signal()
    mine.page.get_by_role("button", name="Try again").click()
    expect(mine.page.get_by_text("Stored. Thank you.")).to_be_visible()
    assert pupils()[0] == 28


def test_the_phone_lists_what_it_holds_and_fetches_what_is_missing(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine, morning = phone("margaret"), f"/mornings/{sessions[0].visit_id}/{TODAY}/"
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(morning)
    mine.has(outcome_of(sessions[1]))
    mine.goes_to("/phone/")
    expect(mine.page.get_by_text("pages of your next 14 days are on this phone.")).to_be_visible()
    mine.cuts()
    mine.forgets(morning)
    mine.goes_to("/phone/")
    expect(mine.page.get_by_text("Missing: 1 of 2 pages. Fetch them where there is signal.")).to_be_visible()
    expect(mine.page.locator(f"a[href='{morning}']")).to_have_count(0)
    mine.looks("missing")
    mine.finds_signal()
    mine.page.get_by_role("button", name="Fetch the missing pages").click()
    expect(mine.page.get_by_text("pages of your next 14 days are on this phone.")).to_be_visible()
    expect(mine.page.locator(f"a[href='{morning}']")).to_have_count(1)
