"""A whole morning told on a phone: in a few taps, counted in the hall, without signal, beside a partner's report, once."""

from datetime import time

import pytest
from playwright.sync_api import Page, Route, expect

from schools.core.names import looks_like_a_name
from schools.delivery.models import OutcomeSubmission
from schools.visits.models import Headcount, Session
from tests.e2e.phone import ASHA, MARGARET, Phone, PhoneOpener, box_of, of, outcome_of, until
from tests.factories import CoverFactory, HeadcountFactory, SessionFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

NOTES = (
    "", "All was well.", "We left when Tom cried.", "Tom said no.", "Year 5 came late, with Mrs Smith.", "The screen was small.",
    "Screen broke. Sam Jones fixed it.", "In Welsh on Thursday.", "PE was on.", "A boy (Ali) left.", "Émilie asked why.",
    "She told Miss O’Neill.", "wi-fi was off; Wi-Fi came back", "They were great\nBella was too", "I’m sure I’ve seen it.",
    "Childline and Ofsted", "“Hello” she said", "JK was kind", "Éa", "Children said yes. Adam Brown came.",
)  # fmt: skip


@pytest.fixture
def morning(sessions: list[Session]) -> list[Session]:
    """Three sessions of two people: an assembly at 9:15, workshops at 10:00 and 10:15; it is half past ten."""
    third = SessionFactory(
        visit=sessions[0].visit, type=sessions[1].type, day=sessions[0].day, starts=time(10, 15), ends=time(11)
    )
    HeadcountFactory(session=third, year_group=6, expected=28)
    for role, name in (("lead", "Margaret"), ("presenter", "Asha")):
        CoverFactory(session=third, volunteer=of(name), role=role, state="accepted")
    return [*sessions, third]


def counted(morning: list[Session]) -> list[list[int | None]]:
    return [list(Headcount.objects.filter(session=session).values_list("pupils", flat=True)) for session in morning]


def counts_taps(page: Page) -> None:
    """Count every click from now on, but for those on boxes for numbers and their buttons."""
    page.evaluate(
        """() => {
            self.taps = 0;
            const isNumber = (one) => one.closest("input.number, [data-step], [data-add], [data-take]");
            document.addEventListener("click", ({ target, isTrusted }) => {
                if (isTrusted && !isNumber(target)) self.taps += 1;
            }, true);
        }"""
    )


def tells_all(mine: Phone, morning: list[Session], *numbers: str) -> None:
    for session, number in zip(morning, numbers, strict=True):
        mine.part(session).get_by_text("Yes", exact=True).click()
        mine.part(session).locator("[data-children] > .counts .number").first.fill(number)


def meets_another_report(mine: Phone, his: Phone, session: Session) -> None:
    """A partner stores 25 for the session before this phone, which waits with another number, has signal again."""
    his.signs_in(ASHA)
    his.reports(session, {"Year 5": "25"})
    expect(his.page.get_by_text("Stored. Thank you.")).to_be_visible()
    mine.may_fail = {409}
    mine.finds_signal()
    expect(mine.page.get_by_text("It needs a look from you.")).to_be_visible()
    mine.goes_to("/phone/")


def test_three_sessions_are_told_in_at_most_twelve_taps_besides_the_numbers(phone: PhoneOpener, morning: list[Session]) -> None:
    mine = phone("margaret")
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.page.get_by_role("link", name="Larkfield Primary School").first.click()
    if mine.page.get_by_role("heading", name="Tell us how it went").count() == 0:
        mine.page.get_by_role("link", name="Tell us how it went").first.click()
    expect(mine.page.get_by_role("heading", name="Tell us how it went")).to_be_visible()
    counts_taps(mine.page)
    tells_all(mine, morning, "28", "31", "27")
    taps = mine.page.evaluate("self.taps") + 3  # from Mine to the form, and the button
    assert taps <= 12
    heights = mine.page.evaluate(
        "[...document.querySelectorAll('[data-session]')].map(one => one.getBoundingClientRect().height)"
    )
    assert max(heights) <= 740  # each session is one screenful
    mine.looks("morning-filled")
    mine.page.get_by_role("button", name="Store").click()
    expect(mine.page.get_by_text("Stored. Thank you.")).to_be_visible()
    mine.looks("morning-stored")
    assert counted(morning) == [[28], [31], [27]]
    assert {session.stage for session in Session.objects.all()} == {"delivered"}


def test_children_are_counted_in_the_hall_without_signal_and_the_count_is_kept(
    phone: PhoneOpener, morning: list[Session]
) -> None:
    mine, first = phone("margaret", restarts=True), morning[0]
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(outcome_of(first))
    mine.cuts()
    mine.goes_to(outcome_of(first))
    mine.part(first).get_by_role("button", name="Count in the hall").click()
    add = mine.page.locator("#tally [data-add]").first
    expect(add).to_be_focused()
    for _ in range(3):
        add.click()
    mine.page.keyboard.press("Enter")
    mine.page.get_by_role("button", name="One fewer, Year 5").last.click()
    expect(add).to_contain_text("3")
    mine.looks("tally")
    mine.page.keyboard.press("Escape")
    expect(mine.part(first).get_by_role("button", name="Count in the hall")).to_be_focused()
    expect(mine.box(first)).to_have_value("3")
    mine.remembers()
    mine.page.wait_for_timeout(400)
    mine.restart()
    mine.cuts()
    mine.goes_to(outcome_of(first))
    expect(mine.box(first)).to_have_value("3")


def test_counting_in_the_hall_tells_none_came_from_nobody_counted(phone: PhoneOpener, morning: list[Session]) -> None:
    mine, first = phone("margaret"), morning[0]
    mine.signs_in(MARGARET)
    mine.goes_to(outcome_of(first))
    mine.part(first).get_by_role("button", name="Count in the hall").click()
    box = mine.page.locator(f"[name={box_of(first)}]")
    add, take = (mine.page.locator(f"#tally [data-{name}]").first for name in ("add", "take"))
    for button, count, shown, heard in (
        (take, "", "–", "not counted"), (add, "1", "1", "1"), (take, "0", "0", "0"), (take, "", "–", "not counted"),
        (add, "1", "1", "1"), (add, "2", "2", "2"),
    ):  # fmt: skip
        button.click()
        expect(box).to_have_value(count)
        expect(add.locator("strong")).to_contain_text(shown)
        expect(add).to_have_accessible_name(f"Year 5 {heard}")


def test_a_whole_morning_told_offline_and_edited_while_it_is_sent_is_stored_once(
    phone: PhoneOpener, morning: list[Session]
) -> None:
    mine, first = phone("margaret"), morning[0]
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(outcome_of(first))
    mine.cuts()
    mine.goes_to(outcome_of(first))
    tells_all(mine, morning, "28", "31", "27")
    mine.page.get_by_role("button", name="Store").click()
    mine.is_safe()
    expect(mine.page.locator("#report-kept").get_by_text("10:00–11:00 am: Year 5", exact=True)).to_be_visible()
    mine.looks("morning-safe")
    held: list[Route] = []
    mine.page.route(
        f"**{outcome_of(first)}", lambda route: held.append(route) if route.request.method == "POST" else route.continue_()
    )
    mine.finds_signal()
    until(lambda: held, mine)
    mine.page.get_by_role("button", name="Change something").click()
    mine.box(morning[1]).fill("30")
    mine.page.get_by_role("button", name="Store").click()
    held.pop(0).continue_()
    mine.page.unroute(f"**{outcome_of(first)}")
    for route in held:
        route.continue_()
    mine.sees_it_received()
    mine.has_sent_all()
    assert counted(morning) == [[28], [30], [27]]
    assert max(session.version for session in Session.objects.all()) <= 2
    assert OutcomeSubmission.objects.count() <= 6  # two versions of three sessions


def test_where_all_differs_the_phone_offers_to_keep_what_is_stored(phone: PhoneOpener, morning: list[Session]) -> None:
    mine, his, first = phone("margaret"), phone("asha"), morning[0]
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(outcome_of(first))
    mine.cuts()
    mine.reports(first, {"Year 5": "28"})
    mine.is_safe()
    meets_another_report(mine, his, first)
    expect(mine.page.get_by_role("button", name="Correct it to what I said")).to_be_visible()
    mine.page.once("dialog", lambda dialog: dialog.accept())
    mine.page.get_by_role("button", name="Keep what is stored", exact=True).click()
    until(lambda: mine.rows() == [], mine)
    assert counted(morning)[0] == [25]


@pytest.mark.exhaustive
def test_a_partners_report_of_one_session_leaves_the_choice_and_the_rest_is_stored(
    phone: PhoneOpener, morning: list[Session]
) -> None:
    mine, his, first = phone("margaret"), phone("asha"), morning[0]
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(outcome_of(first))
    mine.cuts()
    mine.goes_to(outcome_of(first))
    tells_all(mine, morning, "28", "31", "27")
    mine.page.get_by_role("button", name="Store").click()
    mine.is_safe()
    meets_another_report(mine, his, first)
    expect(mine.page.get_by_role("row", name="9:15–9:45 am: Year 5")).to_be_visible()
    mine.looks("morning-differs")
    mine.page.get_by_role("button", name="Keep what is stored, and store the rest").click()
    mine.sees_it_received()
    assert counted(morning) == [[25], [31], [27]]


def test_a_surprising_number_and_a_name_are_asked_about_without_signal_and_once(
    phone: PhoneOpener, morning: list[Session]
) -> None:
    mine, first = phone("margaret"), morning[0]
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(outcome_of(first))
    mine.cuts()
    mine.goes_to(outcome_of(first))
    mine.tells(first, {"Year 5": "900"})
    mine.page.get_by_label("Anything else we should know?").fill("We left when Tom cried.")
    mine.page.get_by_role("button", name="Store").click()
    alert = mine.page.get_by_role("alert").filter(has_text="Nothing is stored yet")
    expect(alert).to_contain_text("900? We expected about 30.")
    expect(alert).to_contain_text("“Tom” looks like a name.")
    mine.looks("morning-questions")
    assert mine.rows() == []
    mine.page.get_by_label("Yes, 900 is right").check()
    mine.page.get_by_label("I have looked: no child is named").check()
    mine.page.get_by_role("button", name="Store").click()
    mine.is_safe()
    mine.finds_signal()
    mine.sees_it_received()
    first.refresh_from_db()
    assert (counted(morning)[0], first.sure_of) == ([900], [[first.visit.school_id, 5, 900]])


def test_the_phone_finds_the_same_names_as_the_server(phone: PhoneOpener, morning: list[Session]) -> None:
    mine = phone("margaret")
    mine.signs_in(MARGARET)
    mine.goes_to(outcome_of(morning[0]))
    heard = mine.page.evaluate("(notes) => notes.map(note => Speakout.judge.nameIn(note))", NOTES)
    assert dict(zip(NOTES, heard, strict=True)) == {note: looks_like_a_name(note) for note in NOTES}


def test_a_draft_of_the_form_of_one_session_stands_beside_the_days_and_is_not_lost(
    phone: PhoneOpener, morning: list[Session]
) -> None:
    mine, session = phone("margaret"), morning[1]
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    box, person = f"pupils_{session.visit.school_id}_5", of("Margaret").user_id
    entries = [["went_ahead", "partly"], [box, "29"], ["adults", "4"], ["note", "Too warm."]]
    assert mine.rows("drafts") == []
    mine.page.evaluate(
        """([id, person, entries]) => Speakout.put("drafts", {
            id: `${id}|tab`, report: id, person, version: "", entries, lines: [["Year 5", "29"]], stamp: "s", at: 1,
        })""",
        [f"{person}|/sessions/{session.pk}/outcome/", str(person), entries],
    )
    mine.goes_to(outcome_of(session))
    expect(mine.page.get_by_role("heading", name="Something else was typed here, too")).to_be_visible()
    mine.box(morning[0]).fill("28")
    mine.page.get_by_role("button", name="Take these into the form").click()
    expect(mine.box(session)).to_have_value("29")
    expect(mine.part(session).get_by_label("Partly", exact=True)).to_be_checked()
    expect(mine.page.get_by_label("Anything else we should know?")).to_have_value("Too warm.")
    expect(mine.page.get_by_label("Margaret (lead)")).to_be_checked()
    # The form holds more than that draft now: what was sent of the draft, once it is received, takes nothing of it away.
    expect(mine.page.get_by_role("heading", name="Something else was typed here, too")).to_be_hidden()
    sent = {"id": "1", "draft": "d", "stamp": "s", "kind": "outcome", "entries": [], "replaces": []}
    mine.page.evaluate("row => Speakout.settle(row, { how: 'kept' })", sent)
    typed = [dict(row["entries"]) for row in mine.rows("drafts")]
    assert [(row[box_of(morning[0])], row[box_of(session)]) for row in typed] == [("28", "29")]
