"""Nothing on a page moves by itself: not while a form comes back as it was left, not while a report goes its way."""

import pytest
from playwright.sync_api import expect

from schools.visits.models import Session
from tests.e2e.phone import MARGARET, TODAY, Phone, PhoneOpener, Server, outcome_of
from tests.e2e.phones import faulty_proxy
from tests.e2e.phones.faulty_proxy import FaultyProxy

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

WATCH = """
self.moved = [];
new PerformanceObserver((list) => {
    for (const one of list.getEntries()) {
        const nodes = one.sources.map(({ node }) => node && (node.outerHTML || node.data));
        if (!one.hadRecentInput) self.moved.push([one.value, nodes]);
    }
}).observe({ type: "layout-shift", buffered: true });
"""
"""Notes each shift of the layout that no click and no key brought about, with what moved; typing is followed by half a second."""
BARELY = 0.01
PLACES = """() => [...document.querySelectorAll("main h1, main h2, main a:not(#device a)")]
    .map((node) => `${node.textContent.trim()} ${Math.round(node.getBoundingClientRect().top)}`)"""
"""Where somebody sees each heading and link of the page; the notice lies over it, and goes with what it says."""


def watches(mine: Phone) -> None:
    """Watch every page from now on."""
    mine.page.add_init_script(WATCH)
    mine.page.evaluate(WATCH)


def stays(mine: Phone, what: str) -> None:
    """Nothing has moved on this page so far."""
    mine.page.wait_for_timeout(300)
    moved = mine.page.evaluate("self.moved")
    assert sum(value for value, _ in moved) < BARELY, (
        f"{what}: {[(value, [str(node)[:90] for node in of]) for value, of in moved]}"
    )


def test_a_report_goes_its_way_and_nothing_moves(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine, session, morning = phone("margaret"), sessions[0], f"/mornings/{sessions[0].visit_id}/{TODAY}/"
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    for path in (morning, outcome_of(session)):
        mine.has(path)
    watches(mine)
    mine.cuts()
    mine.goes_to(morning)
    expect(mine.page.get_by_text("as of")).to_be_visible()
    stays(mine, "a kept page")
    mine.reports(session, {"Year 5": "28"})
    mine.is_safe()
    mine.page.wait_for_timeout(600)
    stays(mine, "from sending to safe")
    mine.finds_signal()
    mine.sees_it_received()
    expect(mine.page.locator("#report-kept [data-when=received]")).to_be_visible()
    stays(mine, "from safe to received")


def test_a_fresh_page_takes_the_place_of_a_kept_one_and_nothing_moves(
    phone: PhoneOpener, server: Server, sessions: list[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faulty_proxy, "LATE", 5)  # it comes before, once the kept page was looked at
    line = FaultyProxy(lambda: server.port)
    mine, morning = phone("margaret"), f"/mornings/{sessions[0].visit_id}/{TODAY}/"
    mine.address = line.lines[0].address
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(morning)
    watches(mine)
    for _ in range(5):  # pages that are fetched to be kept may take some
        line.plan("opening", "late")
    mine.goes_to(morning)
    kept = mine.page.get_by_text("as of")
    expect(kept).to_be_visible()
    mine.page.evaluate("scrollTo(0, 200)")
    before = mine.page.evaluate(PLACES)
    stays(mine, "a kept page")
    line.heal()
    expect(kept).to_be_hidden()
    stays(mine, "a fresh page")
    assert mine.page.evaluate("document.body.dataset.kept") is None
    assert mine.page.evaluate(PLACES) == before
    line.close()


def test_a_fresh_page_takes_the_place_of_a_kept_one_where_every_answer_is_late(
    phone: PhoneOpener, server: Server, sessions: list[Session]
) -> None:
    line = FaultyProxy(lambda: server.port)
    mine, morning = phone("margaret"), f"/mornings/{sessions[0].visit_id}/{TODAY}/"
    mine.address = line.lines[0].address
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(morning)
    for _ in range(100):
        line.plan("opening", "late")
    mine.goes_to(morning)
    expect(mine.page.locator("body[data-kept]")).to_have_count(1)
    expect(mine.page.locator("body:not([data-kept])")).to_have_count(1)
    assert line.met["opening: late"]
    line.close()


@pytest.mark.exhaustive
def test_the_page_about_the_phone_stays_while_what_waits_there_is_sent(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine = phone("margaret")
    mine.hears_nothing()
    mine.signs_in(MARGARET)
    mine.reports(sessions[0], {"Year 5": "28"})
    mine.is_safe()
    watches(mine)
    for path in ("/", "/phone/"):
        mine.goes_to(path)
        expect(mine.page.get_by_text("Not sent yet: 1.")).to_be_visible()
        stays(mine, f"{path} with a report that waits")
    mine.hears()
    mine.page.evaluate("dispatchEvent(new Event('online'))")
    mine.sees_it_received()
    article = mine.page.get_by_role("article")
    expect(article).to_contain_text("Received. It is stored; thank you.")
    expect(article.get_by_role("button")).to_have_count(0)
    stays(mine, "from waiting to received")


def test_a_form_comes_back_as_it_was_left_and_nothing_moves(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine, session = phone("margaret"), sessions[0]
    mine.signs_in(MARGARET)
    mine.goes_to(outcome_of(session))
    watches(mine)
    mine.part(session).get_by_label("No", exact=True).check()
    mine.remembers()
    mine.goes_to(outcome_of(session))
    expect(mine.page.get_by_text("What you typed before is still here.")).to_be_visible()
    stays(mine, "a draft")
    mine.part(session).get_by_label("If it did not go ahead, why?").select_option(label="Illness")
    mine.leaves_the_rest()
    mine.page.get_by_role("button", name="Store").click()
    expect(mine.page.get_by_text("Stored. Thank you.")).to_be_visible()
    mine.goes_to(outcome_of(session))
    expect(mine.part(session).get_by_label("No", exact=True)).to_be_checked()
    stays(mine, "a session that did not go ahead")
    mine.tells(session, {"Year 5": "28"})
    mine.page.wait_for_timeout(600)
    stays(mine, "a session that went ahead after all")
