"""What a phone keeps tells the truth: whose it is, what is gone, and what was typed and never sent."""

from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from schools.charity.models import Charity
from schools.portal.views.device import OPEN_PAGES
from schools.visits.models import Cover, Session
from schools.volunteers.models import Volunteer
from tests.e2e.phone import ASHA, MARGARET, TODAY, PhoneOpener, Server, box_of, of, outcome_of, pupils, until
from tests.e2e.phones.faulty_proxy import FaultyProxy
from tests.factories import CoverFactory, SessionFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

IS_NOW_WITHOUT_SIGNAL = """async person => {
    const real = self.fetch;
    self.fetch = () => Promise.reject(new TypeError("no signal"));
    try { return await Speakout.isNow(person); } finally { self.fetch = real; }
}"""
"""Notes whose pages these are where nobody answers who is signed in."""
IS_ALL_KEPT = "person => Speakout.get('meta', `kept-${person}`).then(known => Boolean(known && known.at))"
COUNTS = """() => {
    self.kept = 0;
    navigator.serviceWorker.addEventListener("message", ({ data }) => (self.kept += data.kept ? 1 : 0));
}"""
"""Counts the lists of pages that the worker is done with."""
KEEPS = "keep => navigator.serviceWorker.controller.postMessage({ keep })"


def test_a_page_that_came_late_makes_the_phone_nobody_elses(phone: PhoneOpener, sessions: list[Session]) -> None:
    shared, before, now = phone("shared"), of("Margaret").user_id, of("Asha").user_id
    shared.signs_in(ASHA)
    shared.goes_to("/")
    until(lambda: shared.page.evaluate(IS_ALL_KEPT, str(now)), shared)
    assert shared.page.evaluate("person => Speakout.isNow(person)", str(before)) is False
    assert shared.page.evaluate("Speakout.person()") == str(now)
    assert f"pages-{now}" in shared.page.evaluate("caches.keys()")


def test_where_nobody_can_tell_whether_a_page_came_late_the_phone_shows_nobodys_pages(
    phone: PhoneOpener, sessions: list[Session]
) -> None:
    shared, before, now = phone("shared"), of("Margaret").user_id, of("Asha").user_id
    shared.signs_in(ASHA)
    shared.goes_to("/")
    until(lambda: shared.page.evaluate(IS_ALL_KEPT, str(now)), shared)
    assert shared.page.evaluate(IS_NOW_WITHOUT_SIGNAL, str(before)) is None
    assert shared.page.evaluate("Speakout.person()") == ""
    assert f"pages-{now}" in shared.page.evaluate("caches.keys()")
    shared.goes_to("/")
    until(lambda: shared.page.evaluate("Speakout.person()") == str(now), shared)
    shared.has(outcome_of(sessions[1]))


def test_pages_that_come_while_it_is_not_known_whose_the_phone_is_stay(
    phone: PhoneOpener, server: Server, sessions: list[Session]
) -> None:
    line = FaultyProxy(lambda: server.port)
    mine, person, outcome = phone("margaret"), str(of("Margaret").user_id), outcome_of(sessions[1])
    mine.address = line.lines[0].address
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    until(lambda: mine.page.evaluate(IS_ALL_KEPT, person), mine)
    mine.goes_to("/phone/")
    line.plan("opening", "hangs")
    mine.page.evaluate(COUNTS)
    mine.page.evaluate(KEEPS, [outcome])
    until(lambda: line.met["opening: hangs"], mine)
    mine.page.evaluate("Speakout.put('meta', { id: 'person', value: '' })")
    until(lambda: mine.page.evaluate("self.kept") == 1, mine)
    assert mine.page.evaluate("path => caches.match(path).then(Boolean)", outcome)
    assert mine.page.evaluate("Speakout.person()") == person
    line.close()


@pytest.mark.parametrize("name", OPEN_PAGES)
def test_what_anybody_may_read_signs_nobody_out_where_there_is_no_signal(
    phone: PhoneOpener, sessions: list[Session], name: str
) -> None:
    mine, morning = phone("margaret"), f"/mornings/{sessions[0].visit_id}/{TODAY}/"
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(morning)
    mine.has(outcome_of(sessions[1]))
    mine.cuts()
    mine.goes_to(reverse(name))
    expect(mine.page.get_by_role("heading", level=1)).to_be_visible()
    mine.page.wait_for_timeout(500)
    mine.goes_to(morning)
    expect(mine.page.get_by_text("This is what your phone has kept, as of")).to_be_visible()
    expect(mine.page.get_by_text("Asha", exact=True)).to_be_visible()


def test_where_nobody_answers_a_page_of_nobody_takes_no_kept_page_away(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine, person = phone("margaret"), of("Margaret").user_id
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(outcome_of(sessions[1]))
    assert mine.page.evaluate(IS_NOW_WITHOUT_SIGNAL, "") is None
    assert f"pages-{person}" in mine.page.evaluate("caches.keys()")


def test_a_morning_that_is_gone_leaves_the_phone(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine, morning = phone("margaret"), f"/mornings/{sessions[0].visit_id}/{TODAY}/"
    mine.may_fail = {404}
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(morning)
    mine.has(outcome_of(sessions[1]))
    Cover.objects.all().delete()
    mine.goes_to(morning)
    until(lambda: not mine.page.evaluate("path => caches.match(path).then(Boolean)", morning), mine)
    mine.cuts()
    mine.goes_to(morning)
    expect(mine.page.get_by_text("that page is not on this phone")).to_be_visible()


def test_another_releases_worker_takes_over_when_the_phone_is_put_away_and_not_before(
    phone: PhoneOpener, sessions: list[Session]
) -> None:
    mine = phone("margaret")
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(outcome_of(sessions[1]))
    before = mine.page.evaluate("caches.keys().then(names => names.find(name => name.startsWith('shell-')))")
    Charity.objects.update(name="Kind Words")
    mine.goes_to("/")
    until(lambda: mine.page.evaluate("navigator.serviceWorker.ready.then(known => known.waiting !== null)"), mine)
    # The worker of before keeps pages, and the files with which the next one is to begin.
    mine.goes_to("/phone/")
    mine.page.evaluate("paths => navigator.serviceWorker.controller.postMessage({ keep: paths })", [outcome_of(sessions[1])])
    mine.goes_to("/phone/")
    assert mine.page.evaluate("navigator.serviceWorker.ready.then(known => known.waiting !== null)")
    mine.is_put_away()
    until(lambda: mine.page.evaluate("navigator.serviceWorker.ready.then(known => known.waiting === null)"), mine)
    mine.goes_to("/phone/")
    mine.cuts()
    mine.goes_to("/phone/")
    expect(mine.page.get_by_text("Kind Words").first).to_be_visible()
    shells = mine.page.evaluate("caches.keys().then(names => names.filter(name => name.startsWith('shell-')))")
    assert set(shells) - {before}


def test_what_was_only_typed_is_listed_and_signing_out_asks_about_it(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine = phone("margaret")
    mine.signs_in(MARGARET)
    mine.goes_to(outcome_of(sessions[0]))
    mine.box(sessions[0]).fill("28")
    mine.remembers()
    mine.goes_to("/phone/")
    typed = mine.page.get_by_role("region", name="Typed and not sent yet")
    expect(typed.get_by_role("link")).to_contain_text(sessions[0].visit.school.name)
    mine.looks("typed-only")
    mine.goes_to("/accounts/logout/")
    mine.page.get_by_role("button", name="Sign out", exact=True).click()
    alert = mine.page.get_by_role("alert")
    expect(alert.get_by_role("link")).to_contain_text(sessions[0].visit.school.name)
    expect(alert.get_by_role("button", name="Send it, then sign out")).to_be_hidden()
    mine.looks("typed-only-sign-out")
    alert.get_by_role("link").click()
    expect(mine.box(sessions[0])).to_have_value("28")
    mine.goes_to("/accounts/logout/")
    mine.page.get_by_role("button", name="Sign out", exact=True).click()
    mine.page.get_by_role("button", name="Discard it and sign out").click()
    mine.page.wait_for_url("**/accounts/login/**")
    assert (mine.rows("drafts"), pupils()[0]) == ([], None)


def test_what_was_typed_is_read_and_taken_off_the_phone_where_its_form_is_gone(
    phone: PhoneOpener, sessions: list[Session]
) -> None:
    mine = phone("margaret")
    mine.may_fail = {404}
    mine.signs_in(MARGARET)
    mine.goes_to(outcome_of(sessions[0]))
    mine.box(sessions[0]).fill("28")
    mine.remembers()
    Cover.objects.all().delete()
    mine.goes_to(outcome_of(sessions[0]))
    expect(mine.box(sessions[0])).to_have_count(0)
    mine.goes_to("/phone/")
    typed = mine.page.get_by_role("region", name="Typed and not sent yet")
    expect(typed.get_by_text("9:15–9:45 am: Year 5")).to_be_hidden()
    typed.get_by_text("What you typed").click()
    expect(typed.get_by_role("listitem").filter(has_text="9:15–9:45 am: Year 5").last).to_contain_text("28")
    mine.looks("typed-and-gone")
    mine.page.evaluate("dispatchEvent(new Event('online'))")
    mine.page.wait_for_timeout(300)
    expect(typed.get_by_text("9:15–9:45 am: Year 5")).to_be_visible()
    typed.get_by_role("button", name="Take it off this phone").click()
    expect(typed).to_be_hidden()
    assert mine.rows("drafts") == []


def test_an_answer_about_the_whole_day_is_nothing_that_was_typed_and_never_sent(
    phone: PhoneOpener, sessions: list[Session]
) -> None:
    first, mine = sessions[0], phone("margaret")
    before = TODAY - timedelta(days=60)
    SessionFactory(visit__school=first.visit.school, type=first.type, day=before, delivered=True, adults=4)
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(outcome_of(first))
    mine.cuts()
    mine.goes_to(outcome_of(first))
    mine.tells(first, {"Year 5": "28"})
    adults = mine.page.get_by_role("textbox", name="Adults with the children", exact=True)
    adults.fill("40")
    mine.page.get_by_role("button", name="Store").click()
    mine.page.get_by_label("Yes, 40 is right").check()
    mine.page.get_by_role("button", name="Store").click()
    mine.is_safe()
    mine.goes_to(outcome_of(first))
    expect(mine.page.locator("form[data-is-ready]")).to_be_visible()
    expect(adults).to_have_value("40")
    expect(mine.page.get_by_role("heading", name="Something else was typed here, too")).to_have_count(0)
    assert len(mine.rows("drafts")) == 1
    mine.finds_signal()
    mine.has_sent_all()
    until(lambda: not mine.rows("drafts"), mine)
    first.refresh_from_db()
    assert (first.adults, pupils()) == (40, [28, None])


GROWS_OLD = """async person => {
    const row = await Speakout.get("meta", `kept-${person}`);
    if (row.at) await Speakout.put("meta", { ...row, at: Date.now() - 7200000 });
    return row.at > 0;
}"""
"""Lets two hours pass since pages were kept; false where they are not all here yet."""


def test_a_list_of_which_nothing_came_is_fetched_again_at_once(
    phone: PhoneOpener, server: Server, sessions: list[Session]
) -> None:
    line = FaultyProxy(lambda: server.port)
    mine, morning, person = phone("margaret"), f"/mornings/{sessions[0].visit_id}/{TODAY}/", str(of("Margaret").user_id)
    mine.address = line.lines[0].address
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    for page in ("", "told/", "outcome/"):
        mine.has(f"{morning}{page}")
    until(lambda: mine.page.evaluate(GROWS_OLD, person), mine)
    for fault in ("slow", "502", "502", "502"):  # Mine comes, and none of the three pages
        line.plan("opening", fault)
    mine.page.add_init_script(f"({COUNTS})()")
    mine.goes_to("/")
    # Whoever asks before the worker is done waits for what it is fetching.
    until(lambda: line.met["opening: 502"] == 3 and mine.page.evaluate("self.kept"), mine)
    Volunteer.objects.filter(pk=of("Asha").pk).update(name="Zadie Patel")
    mine.goes_to("/")
    until(lambda: "Zadie" in mine.page.evaluate("path => caches.match(path).then(page => page.text())", morning), mine)
    line.close()


def test_a_list_that_is_shown_without_signal_takes_no_newer_page_away(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine, person = phone("margaret"), str(of("Margaret").user_id)
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    until(lambda: mine.page.evaluate(IS_ALL_KEPT, person), mine)
    newer = SessionFactory(visit__school=sessions[0].visit.school, day=sessions[0].day + timedelta(days=1))
    CoverFactory(session=newer, volunteer=of("Margaret"))
    morning = f"/mornings/{newer.visit_id}/{newer.day}/"
    mine.goes_to(morning)
    mine.has(morning)
    until(lambda: mine.page.evaluate(GROWS_OLD, person), mine)
    mine.cuts()
    mine.goes_to("/")
    expect(mine.page.get_by_text("This is what your phone has kept, as of")).to_be_visible()
    mine.page.wait_for_timeout(2_000)
    assert mine.page.evaluate("path => caches.match(path).then(Boolean)", morning)


def test_what_came_in_stands_in_the_form_that_is_kept_from_then_on(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine, outcome = phone("margaret"), outcome_of(sessions[0])
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    until(lambda: mine.page.evaluate(IS_ALL_KEPT, str(of("Margaret").user_id)), mine)
    mine.reports(sessions[0], {"Year 5": "28"})
    expect(mine.page.get_by_text("Stored. Thank you.")).to_be_visible()
    mine.goes_to("/")
    kept = "path => caches.match(path).then(page => page.text())"
    until(lambda: 'value="28"' in mine.page.evaluate(kept, outcome), mine)


def test_a_list_of_before_that_comes_late_takes_no_page_of_the_newer_one_away(
    phone: PhoneOpener, server: Server, sessions: list[Session]
) -> None:
    line = FaultyProxy(lambda: server.port)
    mine, morning, outcome = phone("margaret"), f"/mornings/{sessions[0].visit_id}/{TODAY}/", outcome_of(sessions[1])
    mine.address = line.lines[0].address
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(morning)
    mine.has(outcome)
    mine.goes_to("/phone/")
    line.plan("opening", "hangs")
    mine.page.evaluate(COUNTS)
    mine.page.evaluate(KEEPS, [morning])
    until(lambda: line.met["opening: hangs"], mine)
    mine.page.evaluate(KEEPS, [outcome])
    until(lambda: mine.page.evaluate("self.kept") == 2, mine)
    assert mine.page.evaluate("path => caches.match(path).then(Boolean)", outcome)
    line.close()


@pytest.mark.exhaustive
def test_what_stands_beside_a_form_is_not_written_over_by_it(phone: PhoneOpener, sessions: list[Session]) -> None:
    session, mine, his = sessions[0], phone("margaret"), phone("asha")
    mine.signs_in(MARGARET)
    mine.goes_to(outcome_of(session))
    mine.box(session).fill("28")
    mine.remembers()
    his.signs_in(ASHA)
    his.reports(session, {"Year 5": "29"})
    expect(his.page.get_by_text("Stored. Thank you.")).to_be_visible()
    mine.goes_to(outcome_of(session))
    expect(mine.page.get_by_role("heading", name="Something else was typed here, too")).to_be_visible()
    mine.box(session).fill("30")
    until(lambda: len(mine.rows("drafts")) == 2, mine)
    assert {dict(row["entries"])[box_of(session)] for row in mine.rows("drafts")} == {"28", "30"}
