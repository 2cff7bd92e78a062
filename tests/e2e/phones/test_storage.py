"""A phone whose storage is full, was cleared, or is not promised: it says so, sends what it can, and calls nothing safe."""

from typing import Any
from uuid import UUID

import pytest
from django.contrib.sessions.models import Session as SignIn
from django.utils import timezone
from playwright.sync_api import Route, expect

from schools.delivery.actions import key_of, record
from schools.delivery.models import OutcomeSubmission
from schools.delivery.queries import Outcome
from schools.visits.models import Session
from tests.e2e.phone import ASHA, MARGARET, TODAY, Phone, PhoneOpener, box_of, of, outcome_of, pupils, until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SAFE = "It is safe on this phone"


FULL = """
(() => {
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (...row) {
        const request = put.apply(this, row);
        request.addEventListener("success", () => request.transaction.abort());
        return request;
    };
    IDBTransaction.prototype.commit = () => {};  // it ends by itself, as far as it gets
})()
"""
"""A full disk takes a row and then fails to store what was done together with it."""


def browser(mine: Phone, verb: str, **details: Any) -> None:
    """Tell the browser something about the storage of this site."""
    mine.context.new_cdp_session(mine.page).send(verb, {"origin": mine.server.address, **details})


def fills_up(mine: Phone) -> None:
    """From now on neither a page nor a worker can store anything. The browser itself has a limit for its caches alone."""
    browser(mine, "Storage.overrideQuotaForOrigin", quotaSize=1)
    mine.page.add_init_script(FULL)
    mine.page.evaluate(FULL)
    for worker in mine.context.service_workers:
        worker.evaluate(FULL)


def is_cleared(mine: Phone) -> None:
    """The browser takes everything that the site stores, but its cookies and its worker."""
    browser(mine, "Storage.clearDataForOrigin", storageTypes="indexeddb,cache_storage")


SILENT = "void (CacheStorage.prototype.match = CacheStorage.prototype.open = () => new Promise(() => {}))"
REFUSES = "void (CacheStorage.prototype.match = CacheStorage.prototype.open = () => Promise.reject(new Error('broken')))"


def with_a_broken_worker(phone: PhoneOpener, session: Session, *broken: str) -> Phone:
    """A phone that has the day of the session, whose worker then meets such a storage, or such a line."""
    mine = phone("margaret")
    mine.signs_in(MARGARET)
    mine.has(outcome_of(session))
    [worker] = mine.context.service_workers
    for each in broken:
        worker.evaluate(each)
    return mine


@pytest.mark.parametrize("broken", [SILENT, REFUSES], ids=["silent", "refuses"])
def test_a_storage_that_does_not_answer_holds_up_no_page(phone: PhoneOpener, sessions: list[Session], broken: str) -> None:
    mine = with_a_broken_worker(phone, sessions[0], broken)
    mine.goes_to(outcome_of(sessions[0]))
    # Its scripts and styles have come, too: without them the form would be no more than its boxes.
    assert mine.page.evaluate("document.styleSheets.length > 0 && Boolean(self.Speakout.judge)")
    mine.reports(sessions[0], {"Year 5": "28"})
    expect(mine.page.get_by_text("Stored. Thank you.")).to_be_visible()
    assert pupils()[0] == 28


NEVER_ANSWERS = """void (IDBDatabase.prototype.transaction = () => {
    const never = new Proxy({}, { get: () => () => ({}) });
    return { objectStore: () => never, commit() {}, abort() {} };
})"""
"""What a page's database is like that neither fails nor answers, as after a phone was asleep."""


def test_where_the_database_never_answers_a_report_goes_at_once_and_who_wants_to_is_signed_out(
    phone: PhoneOpener, sessions: list[Session]
) -> None:
    mine = phone("margaret")
    mine.signs_in(MARGARET)
    mine.goes_to(outcome_of(sessions[0]))
    mine.page.evaluate(NEVER_ANSWERS)
    mine.tells(sessions[0], {"Year 5": "28"})
    expect(mine.page.locator("#not-stored")).to_be_visible(timeout=10_000)
    mine.page.get_by_role("button", name="Store").click()
    expect(mine.page.get_by_text("Stored. Thank you.")).to_be_visible(timeout=20_000)
    assert pupils()[0] == 28
    mine.goes_to("/accounts/logout/")
    mine.page.evaluate(NEVER_ANSWERS)
    mine.page.get_by_role("button", name="Sign out").click()
    mine.page.wait_for_url(lambda url: "logout" not in url, timeout=60_000)


def lose(route: Route) -> None:
    """Let the server have it, and its answer be lost."""
    route.fetch()
    route.abort()


def test_what_went_unkept_is_corrected_by_what_is_kept_after_it(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine = phone("margaret")
    mine.signs_in(MARGARET)
    mine.goes_to(outcome_of(sessions[0]))
    mine.page.evaluate("void (self.intact = IDBObjectStore.prototype.put)")
    mine.page.evaluate("void (IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); })")
    mine.tells(sessions[0], {"Year 5": "28"})
    mine.page.route(f"**{outcome_of(sessions[0])}", lose)
    mine.page.get_by_role("button", name="Store").click()
    expect(mine.page.get_by_role("heading", name="Write these numbers down")).to_be_visible(timeout=40_000)
    assert pupils()[0] == 28, "the answer alone was lost"
    mine.page.unroute_all()
    mine.page.evaluate("void (IDBObjectStore.prototype.put = self.intact)")
    mine.page.get_by_role("button", name="Try again").click()
    mine.sees_it_received()
    mine.reports(sessions[0], {"Year 5": "25"})
    mine.sees_it_received()
    assert pupils()[0] == 25


SLOW = """void (() => {
    const match = CacheStorage.prototype.match;
    CacheStorage.prototype.match = function (...asked) {
        return new Promise((soon) => setTimeout(soon, 3000)).then(() => match.apply(this, asked));
    };
})()"""
HANGS = "void (self.fetch = () => new Promise(() => {}))"
LATE = """void (() => {
    const real = self.fetch;
    self.fetch = (...asked) => new Promise((soon) => setTimeout(soon, 5000)).then(() => real(...asked));
})()"""
"""What a worker's caches and its line are like."""


def test_a_slow_storage_is_waited_for_where_the_line_hangs(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine = with_a_broken_worker(phone, sessions[0], SLOW, HANGS)
    mine.page.goto(f"{mine.address}{outcome_of(sessions[0])}", timeout=40_000)
    assert mine.page.evaluate("'kept' in document.body.dataset")
    assert mine.page.evaluate("document.styleSheets.length > 0 && Boolean(self.Speakout.judge)")


def test_a_late_page_is_shown_although_the_storage_never_answers(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine = with_a_broken_worker(phone, sessions[0], SILENT, LATE)
    # It comes after five seconds; whoever waits for the storage first has it after more than twenty.
    mine.page.goto(f"{mine.address}{outcome_of(sessions[0])}", wait_until="commit", timeout=15_000)
    expect(mine.page.locator("h1")).to_be_visible()


def chosen(row: dict[str, Any], *boxes: str) -> tuple[str | None, ...]:
    """What stands in the boxes of a draft."""
    entries = dict(row["entries"])
    return tuple(entries.get(box) for box in boxes)


def test_full_storage_is_said_at_once_and_what_is_told_goes_at_once(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine = phone("margaret")
    mine.signs_in(MARGARET)
    mine.goes_to(outcome_of(sessions[0]))
    fills_up(mine)
    mine.tells(sessions[0], {"Year 5": "28"})
    expect(mine.page.get_by_text("This phone cannot keep what you type")).to_be_visible()
    mine.looks("storage-full")
    mine.page.get_by_role("button", name="Store").click()
    expect(mine.page.get_by_text("Stored. Thank you.")).to_be_visible()
    assert (pupils()[0], mine.rows(), mine.rows("drafts")) == (28, [], [])


def test_without_storage_and_signal_nothing_is_called_safe(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine = phone("margaret")
    mine.signs_in(MARGARET)
    mine.goes_to(outcome_of(sessions[0]))
    fills_up(mine)
    mine.tells(sessions[0], {"Year 5": "28"})
    mine.cuts()
    mine.page.get_by_role("button", name="Store").click()
    expect(mine.page.get_by_role("alert")).to_contain_text("Write these numbers down")
    expect(mine.page.get_by_text(SAFE)).to_be_hidden()
    mine.finds_signal()
    mine.page.get_by_role("button", name="Try again").click()
    expect(mine.page.get_by_text("Stored. Thank you.")).to_be_visible()
    assert pupils()[0] == 28


@pytest.mark.exhaustive
def test_a_change_that_the_phone_cannot_keep_corrects_what_it_kept_before(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine = phone("margaret")
    mine.hears_nothing()
    mine.signs_in(MARGARET)
    mine.reports(sessions[0], {"Year 5": "28"})
    mine.is_safe()
    fills_up(mine)
    mine.page.get_by_role("button", name="Change something").click()
    mine.box(sessions[0]).fill("25")
    mine.hears()
    mine.page.get_by_role("button", name="Store").click()
    expect(mine.page.get_by_text("Stored. Thank you.")).to_be_visible()
    mine.goes_to("/phone/")
    until(lambda: not mine.rows(), mine)
    assert (pupils()[0], OutcomeSubmission.objects.filter(session=sessions[0]).count()) == (25, 2)


def test_what_was_kept_before_the_storage_was_full_is_sent(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine = phone("margaret")
    mine.hears_nothing()
    mine.signs_in(MARGARET)
    mine.reports(sessions[0], {"Year 5": "28"})
    mine.is_safe()
    fills_up(mine)
    mine.hears()
    mine.goes_to("/")
    mine.sees_it_received()
    assert (pupils()[0], mine.rows()) == (28, [])


def test_full_storage_shows_nobody_the_pages_of_somebody_else(phone: PhoneOpener, sessions: list[Session]) -> None:
    shared, morning = phone("shared"), f"/mornings/{sessions[0].visit_id}/{TODAY}/"
    shared.signs_in(MARGARET)
    shared.goes_to("/")
    shared.has(morning)
    fills_up(shared)
    SignIn.objects.all().delete()
    shared.signs_in(ASHA)
    shared.goes_to("/me/")
    names = f"pages-{of('Margaret').user_id}"
    until(lambda: names not in shared.page.evaluate("caches.keys()"), shared)
    shared.cuts()
    shared.goes_to(morning)
    expect(shared.page.get_by_role("heading", name="On this phone")).to_be_visible()
    assert sessions[0].visit.school.name not in shared.page.content()


def test_pages_that_do_not_fit_are_not_called_kept(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine, morning = phone("margaret"), f"/mornings/{sessions[0].visit_id}/{TODAY}/"
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(morning)
    mine.has(outcome_of(sessions[1]))
    mine.page.evaluate(
        "path => caches.keys().then(names => Promise.all(names.map(name => caches.open(name).then(one => one.delete(path)))))",
        morning,
    )
    fills_up(mine)
    mine.goes_to("/phone/")
    mine.page.get_by_role("button", name="Fetch the missing pages").click()
    expect(mine.page.get_by_text("Missing: 1 of 2 pages. The phone’s storage is full; free some")).to_be_visible()
    mine.looks("pages-do-not-fit")


@pytest.mark.exhaustive
def test_a_phone_that_was_cleared_begins_again(phone: PhoneOpener, sessions: list[Session]) -> None:
    session, waits, mine = sessions[0], f"s{sessions[1].pk}-went_ahead", phone("margaret")
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(outcome_of(session))
    mine.goes_to(outcome_of(session))
    is_cleared(mine)
    # The form is still open: what is typed into it now is kept, sent and received as ever.
    mine.tells(session, {"Year 5": "28"})
    until(lambda: [chosen(row, box_of(session), waits) for row in mine.rows("drafts")] == [("28", "later")], mine)
    is_cleared(mine)
    mine.goes_to("/phone/")
    expect(mine.page.get_by_text("no page is kept yet")).to_be_visible()
    mine.goes_to("/")
    mine.has(outcome_of(session))
    mine.cuts()
    mine.reports(session, {"Year 5": "27"})
    mine.is_safe()
    mine.finds_signal()
    mine.goes_to("/")
    mine.has_sent_all()
    assert (pupils()[0], mine.rows()) == (27, [])


@pytest.mark.parametrize("promises", [True, False])
def test_a_browser_is_asked_to_keep_it_and_its_no_is_said(phone: PhoneOpener, sessions: list[Session], promises: bool) -> None:
    mine = phone("margaret")
    mine.page.add_init_script(
        f"""
        navigator.storage.persist = async () => ((self.wasAsked = true), {str(promises).lower()});
        navigator.storage.persisted = async () => Boolean(self.wasAsked) && {str(promises).lower()};
        """
    )
    mine.hears_nothing()
    mine.signs_in(MARGARET)
    mine.goes_to(outcome_of(sessions[0]))
    assert mine.page.evaluate("self.wasAsked") is None
    mine.reports(sessions[0], {"Year 5": "28"})
    mine.is_safe()
    expect(mine.page.get_by_text("There is no answer now")).to_be_visible()
    warning = mine.page.get_by_text("Your browser does not promise to keep it for long")
    expect(warning).to_be_visible(visible=not promises)
    assert mine.page.evaluate("self.wasAsked") is True
    if not promises:
        mine.looks("not-promised")
        mine.goes_to("/phone/")
        expect(warning).to_be_visible()
        mine.looks("not-promised-phone")


def reports_and_loses_it(mine: Phone, session: Session) -> dict[str, Any]:
    """A report waits for signal, and the browser throws away what it keeps. Returns what waited."""
    mine.goes_to(outcome_of(session))
    mine.cuts()
    mine.tells(session, {"Year 5": "28"})
    mine.page.get_by_role("button", name="Store").click()
    mine.is_safe()
    [row] = mine.rows()
    until(lambda: row["id"] in named_by_cookie(mine), mine)
    is_cleared(mine)
    return row


def named_by_cookie(mine: Phone) -> str:
    """What the cookie says that waits; "" where there is none."""
    return next((cookie["value"] for cookie in mine.context.cookies() if cookie["name"] == "speakout-waits"), "")


LOST = "This phone had a report of Thursday 26 November that never arrived, and the browser threw it away."


def test_a_waiting_report_that_the_browser_threw_away_is_asked_for_again(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine = phone("margaret")
    mine.signs_in(MARGARET)
    row = reports_and_loses_it(mine, sessions[0])
    # The cookie names the report and holds nothing of what was typed.
    assert named_by_cookie(mine).split("|")[1:] == ["*".join([row["id"], str(of("Margaret").user_id), outcome_of(sessions[0])])]
    mine.finds_signal()
    mine.goes_to("/")
    expect(mine.page.get_by_role("alert")).to_contain_text(LOST)
    mine.looks("report-lost")
    # It is said until it is made good, also where the browser throws everything away once more.
    is_cleared(mine)
    mine.goes_to("/me/")
    expect(mine.page.get_by_role("alert")).to_contain_text(LOST)
    mine.page.get_by_role("link", name="Open the form").click()
    mine.tells(sessions[0], {"Year 5": "27"})
    mine.page.get_by_role("button", name="Store").click()
    expect(mine.page.get_by_text("Stored. Thank you.")).to_be_visible()
    until(lambda: not named_by_cookie(mine), mine)
    mine.goes_to("/")
    expect(mine.page.get_by_text(LOST)).to_be_hidden()
    assert pupils()[0] == 27


def test_a_report_that_came_in_before_it_was_thrown_away_is_not_called_lost(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine = phone("margaret")
    mine.signs_in(MARGARET)
    row = reports_and_loses_it(mine, sessions[0])
    # As the worker does where no page is open.
    told = Outcome("yes", headcounts={(sessions[0].visit.school_id, 5): 28})
    user = of("Margaret").user
    assert user is not None
    record(sessions[0], told, key=key_of(UUID(row["id"]), sessions[0]), by=user, now=timezone.now())
    mine.finds_signal()
    with mine.page.expect_response("**/phone/received/**"):
        mine.goes_to("/")
    until(lambda: not named_by_cookie(mine), mine)
    expect(mine.page.get_by_text(LOST)).to_be_hidden()


def test_what_one_person_lost_is_said_to_nobody_else_and_no_more_once_they_have_seen_to_it(
    phone: PhoneOpener, sessions: list[Session]
) -> None:
    shared = phone("shared")
    shared.signs_in(MARGARET)
    reports_and_loses_it(shared, sessions[0])
    SignIn.objects.all().delete()
    shared.finds_signal()
    shared.signs_in(ASHA)
    shared.goes_to("/me/")
    until(lambda: any(row["id"] == "lost" for row in shared.rows("meta")), shared)
    expect(shared.page.get_by_text(LOST)).to_be_hidden()
    SignIn.objects.all().delete()
    shared.signs_in(MARGARET)
    shared.goes_to("/")
    expect(shared.page.get_by_role("alert")).to_contain_text(LOST)
    shared.page.get_by_role("button", name="I have seen to it").click()
    until(lambda: not named_by_cookie(shared), shared)
    shared.goes_to("/me/")
    expect(shared.page.get_by_text(LOST)).to_be_hidden()
