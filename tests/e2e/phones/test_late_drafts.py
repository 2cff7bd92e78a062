"""What was typed is there again whatever comes late: the storage, the form's script, or the last number before leaving."""

import pytest
from playwright.sync_api import Route, expect

from schools.visits.models import Session
from tests.e2e.phone import MARGARET, Phone, PhoneOpener, box_of, of, outcome_of, until
from tests.factories import CoverFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SLOW_STORAGE = """
const open = IDBFactory.prototype.open;
const answers = new Promise((resolve) => (self.storageAnswers = resolve));
IDBFactory.prototype.open = function (...asked) {
    const request = open.apply(this, asked);
    Object.defineProperty(request, "onsuccess", { set: (hear) => request.addEventListener("success", () => answers.then(hear)) });
    return request;
};
"""
"""The page's storage does not open until `storageAnswers`."""
TYPES_AT_ONCE = """
new MutationObserver((changes, watch) => {
    const box = document.getElementById("session-ID")?.querySelector(".number");
    if (!box) return;
    watch.disconnect();
    document.body.dataset.kept = String(Date.now());
    box.value = "30";
    box.dispatchEvent(new Event("input", { bubbles: true }));
}).observe(document, { childList: true, subtree: true });
"""
"""Types into a page that the phone kept, as soon as the box is there and before any script of the page's end has run."""
TYPES_AND_ANSWERS = """box => {
    box.value = "30";
    box.dispatchEvent(new Event("input", { bubbles: true }));
    storageAnswers();
}"""
IS_FRESH = """() => navigator.serviceWorker.dispatchEvent(
    new MessageEvent("message", { data: { fresh: location.pathname } }))"""
BESIDE = "Something else was typed here, too"


def types_earlier(mine: Phone, session: Session, pupils: str) -> None:
    """A number of Year 5 that is not sent, in a form that is left."""
    mine.goes_to(outcome_of(session))
    mine.box(session).fill(pupils)
    mine.remembers()


def typed(mine: Phone, session: Session) -> set[str]:
    """The numbers in the drafts on the phone."""
    return {dict(row["entries"])[box_of(session)] for row in mine.rows("drafts")}


@pytest.mark.exhaustive
def test_a_draft_that_comes_back_late_stands_beside_what_was_typed_meanwhile(phone: PhoneOpener, sessions: list[Session]) -> None:
    session, mine = sessions[0], phone("margaret")
    mine.signs_in(MARGARET)
    types_earlier(mine, session, "28")
    mine.page.add_init_script(SLOW_STORAGE)
    mine.goes_to(outcome_of(session))
    mine.box(session).fill("30")
    mine.page.evaluate("storageAnswers()")
    beside = mine.page.get_by_role("status").filter(has_text=BESIDE)
    expect(beside).to_contain_text("28")
    expect(mine.box(session)).to_have_value("30")
    until(lambda: typed(mine, session) == {"28", "30"}, mine)
    beside.get_by_role("button", name="Take these into the form").click()
    expect(mine.box(session)).to_have_value("28")


def test_a_draft_never_takes_the_place_of_what_is_typed_while_it_is_read(phone: PhoneOpener, sessions: list[Session]) -> None:
    session, mine = sessions[0], phone("margaret")
    mine.signs_in(MARGARET)
    types_earlier(mine, session, "28")
    mine.page.add_init_script(SLOW_STORAGE)
    mine.page.goto(f"{mine.server.address}{outcome_of(session)}", wait_until="domcontentloaded")
    mine.page.locator(f"[name={box_of(session)}]").evaluate(TYPES_AND_ANSWERS)
    expect(mine.page.get_by_role("status").filter(has_text=BESIDE)).to_contain_text("28")
    expect(mine.box(session)).to_have_value("30")


def test_no_fresh_page_takes_the_place_of_one_in_which_somebody_typed_before_its_scripts_came(
    phone: PhoneOpener, sessions: list[Session]
) -> None:
    session, mine = sessions[0], phone("margaret")
    mine.signs_in(MARGARET)
    mine.page.add_init_script(TYPES_AT_ONCE.replace("ID", str(session.pk)))
    mine.goes_to(outcome_of(session))
    mine.page.evaluate("self.isTheSame = true")
    mine.page.evaluate(IS_FRESH)
    mine.page.wait_for_timeout(300)
    assert mine.page.evaluate("self.isTheSame")
    expect(mine.page.locator(".number").first).to_have_value("30")


def test_a_draft_unticks_nobody_who_was_put_on_the_session_since(phone: PhoneOpener, sessions: list[Session]) -> None:
    session, mine = sessions[0], phone("margaret")
    mine.signs_in(MARGARET)
    mine.goes_to(outcome_of(session))
    there = mine.page.get_by_role("group", name="Who was there?")
    there.get_by_label("Asha").uncheck()
    mine.box(session).fill("28")
    mine.remembers()
    CoverFactory(session=session, volunteer=of("Tom"), role="presenter", state="accepted")
    mine.goes_to(outcome_of(session))
    expect(mine.box(session)).to_have_value("28")
    expect(there.get_by_label("Asha")).not_to_be_checked()
    expect(there.get_by_label("Tom")).to_be_checked()


@pytest.mark.exhaustive
def test_what_is_typed_before_the_forms_script_has_come_stays(phone: PhoneOpener, sessions: list[Session]) -> None:
    session, mine, held = sessions[0], phone("margaret"), list[Route]()
    mine.signs_in(MARGARET)
    types_earlier(mine, session, "28")

    def hold(route: Route) -> None:
        held.append(route)

    mine.context.route("**/portal/report*.js", hold)
    # Where the server is slow, the page that the phone kept comes first, and is loaded anew once in a minute.
    mine.page.add_init_script("sessionStorage.setItem('speakout-reloaded', String(Date.now()))")
    mine.page.goto(f"{mine.server.address}{outcome_of(session)}", wait_until="commit")
    mine.box(session).fill("30")
    until(lambda: held, mine)
    held[0].continue_()
    expect(mine.page.get_by_role("status").filter(has_text=BESIDE)).to_contain_text("28")
    expect(mine.box(session)).to_have_value("30")
    until(lambda: typed(mine, session) == {"28", "30"}, mine)


@pytest.mark.exhaustive
def test_what_is_typed_in_the_moment_of_leaving_is_stored(phone: PhoneOpener, sessions: list[Session]) -> None:
    session, mine = sessions[0], phone("margaret")
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(outcome_of(session))
    types_earlier(mine, session, "28")
    mine.cuts()
    mine.box(session).fill("30")
    mine.page.goto(f"{mine.server.address}/phone/")
    until(lambda: typed(mine, session) == {"30"}, mine)
