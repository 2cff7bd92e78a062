"""Weak signal: answers that come late or never, changes meanwhile, two tabs, a partner's report; nothing typed is lost."""

from datetime import timedelta

import pytest
from playwright.sync_api import APIResponse, Route, expect

from schools.delivery.models import OutcomeSubmission
from schools.visits.models import Cover, Session
from tests.e2e.phone import ASHA, MARGARET, RECEIVED, Phone, PhoneOpener, box_of, of, outcome_of, pupils, until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_change_while_the_earlier_version_is_on_its_way_is_what_counts(phone: PhoneOpener, sessions: list[Session]) -> None:
    session, mine = sessions[0], phone("margaret", restarts=True)
    mine.signs_in(MARGARET)
    mine.goes_to(outcome_of(session))
    mine.has(outcome_of(session))
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "POST":
            held.append(route)
        else:
            route.continue_()

    mine.page.route(f"**{outcome_of(session)}", hold)
    mine.reports(session, {"Year 5": "15"})
    expect(mine.page.get_by_text("Sending… You may leave this page")).to_be_visible()
    mine.looks("sending")
    until(lambda: held, mine)
    # The server has it; the answer takes long. Meanwhile she changes it, and the signal goes.
    answer = held.pop().fetch()
    mine.page.get_by_role("button", name="Change something").click()
    mine.box(session).fill("25")
    mine.cuts()
    mine.page.get_by_role("button", name="Store").click()
    # It is safe although the earlier version is still on its way.
    expect(mine.page.get_by_role("heading", name="It is safe on this phone")).to_be_visible()
    assert answer.json()["kept"]
    assert [dict(row["entries"])[box_of(session)] for row in mine.rows()] == ["25"]
    mine.restart()
    mine.goes_to("/")
    mine.sees_it_received()
    session.refresh_from_db()
    assert (pupils()[0], session.version, mine.rows()) == (25, 2, [])


def loses_first_answer(mine: Phone, path: str, answers: list[APIResponse]) -> None:
    """Let the first report to the path come in, and its answer be lost; it stands in `answers`."""

    def lose(route: Route) -> None:
        if route.request.method == "POST" and not answers:
            answers.append(route.fetch())
            route.abort()
        else:
            route.continue_()

    mine.page.route(f"**{path}", lose)


def test_a_server_that_answers_too_late_has_the_report_once(phone: PhoneOpener, sessions: list[Session]) -> None:
    session, mine = sessions[0], phone("margaret")
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    answers: list[APIResponse] = []

    loses_first_answer(mine, outcome_of(session), answers)
    mine.reports(session, {"Year 5": "28"})
    mine.is_safe()
    until(lambda: answers, mine)
    assert answers[0].json()["kept"]
    # Sent again by whoever is first, the worker or the next page.
    mine.goes_to("/")
    until(lambda: not mine.rows(), mine)
    session.refresh_from_db()
    assert (pupils()[0], session.version, OutcomeSubmission.objects.count()) == (28, 1, 1)


def test_a_report_that_was_thrown_away_and_had_come_in_is_corrected_by_the_next(
    phone: PhoneOpener, sessions: list[Session]
) -> None:
    session, mine = sessions[0], phone("margaret")
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(outcome_of(session))
    answers: list[APIResponse] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST":
            answers.append(route.fetch())
            mine.cuts()
            route.abort()
        else:
            route.continue_()

    mine.page.route(f"**{outcome_of(session)}", lose)
    mine.reports(session, {"Year 5": "28"})
    mine.is_safe()
    assert answers[0].json()["kept"]
    mine.page.unroute(f"**{outcome_of(session)}")
    mine.goes_to("/phone/")
    mine.page.on("dialog", lambda dialog: dialog.accept())
    mine.page.get_by_role("button", name="Take it off this phone").click()
    until(lambda: not mine.rows(), mine)
    # The kept form does not know that the server has it.
    mine.reports(session, {"Year 5": "25"})
    mine.is_safe()
    mine.finds_signal()
    mine.has_sent_all()
    assert (pupils()[0], OutcomeSubmission.objects.filter(session=session).count()) == (25, 2)


def test_what_was_typed_stands_beside_what_a_partner_reported(phone: PhoneOpener, sessions: list[Session]) -> None:
    session, mine, his = sessions[0], phone("margaret"), phone("asha")
    mine.signs_in(MARGARET)
    mine.goes_to(outcome_of(session))
    mine.tells(session, {"Year 5": "28"})
    mine.remembers()
    his.signs_in(ASHA)
    his.reports(session, {"Year 5": "29"})
    expect(his.page.get_by_text("Stored. Thank you.")).to_be_visible()
    mine.goes_to(outcome_of(session))
    expect(mine.box(session)).to_have_value("29")
    expect(mine.page.get_by_role("heading", name="Something else was typed here, too")).to_be_visible()
    mine.looks("beside")
    mine.page.get_by_role("button", name="Take these into the form").click()
    expect(mine.box(session)).to_have_value("28")
    mine.page.get_by_role("button", name="Store").click()
    expect(mine.page.get_by_text("Stored. Thank you.")).to_be_visible()
    assert (pupils()[0], mine.rows("drafts")) == (28, [])


def test_two_tabs_keep_what_was_typed_in_each(phone: PhoneOpener, sessions: list[Session]) -> None:
    session, mine = sessions[0], phone("margaret")
    mine.signs_in(MARGARET)
    mine.goes_to(outcome_of(session))
    mine.box(session).fill("28")
    mine.remembers()
    other = mine.context.new_page()
    other.goto(f"{mine.server.address}{outcome_of(session)}")
    theirs = other.locator(f"[name={box_of(session)}]")
    expect(theirs).to_have_value("28")
    mine.box(session).fill("31")
    mine.page.wait_for_timeout(400)
    theirs.fill("30")
    other.wait_for_timeout(400)
    assert sorted(dict(row["entries"])[box_of(session)] for row in mine.rows("drafts")) == ["30", "31"]


def test_what_another_tab_sends_is_told_where_it_was_typed(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine = phone("margaret")
    mine.hears_nothing()
    mine.signs_in(MARGARET)
    mine.reports(sessions[0], {"Year 5": "28"})
    mine.is_safe()
    other = mine.context.new_page()
    other.goto(f"{mine.server.address}/")
    expect(other.get_by_text(RECEIVED)).to_be_visible()
    mine.sees_it_received()
    assert (pupils()[0], mine.rows()) == (28, [])


def test_what_makes_no_number_is_never_safe_on_the_phone(phone: PhoneOpener, sessions: list[Session]) -> None:
    session, mine = sessions[0], phone("margaret")
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(outcome_of(session))
    mine.cuts()
    mine.goes_to(outcome_of(session))
    mine.box(session).fill("2O")
    mine.page.get_by_role("button", name="Store").click()
    alert = mine.page.get_by_role("alert").filter(has_text="Nothing is stored yet")
    expect(alert.get_by_role("listitem")).to_have_text(
        [
            "9:15–9:45 am: Say whether it went ahead: yes, partly or no.",
            "9:15–9:45 am: Year 5: give a whole number from 0 to 1,000, or leave the box empty.",
            "10:00–11:00 am: Say whether it went ahead: yes, partly or no.",
        ]
    )
    expect(alert).to_be_focused()
    mine.looks("not-a-number")
    assert mine.rows() == []
    mine.tells(session, {"Year 5": "20"})
    mine.page.get_by_role("button", name="Store").click()
    mine.is_safe()
    expect(alert).to_have_count(0)


def test_what_is_put_right_after_a_refusal_corrects_a_version_of_before_that_had_come_in(
    phone: PhoneOpener, sessions: list[Session]
) -> None:
    first, second = sessions
    mine, answers = phone("margaret"), list[APIResponse]()
    mine.may_fail = {409}
    mine.page.add_init_script('Object.defineProperty(ServiceWorkerRegistration.prototype, "sync", { value: undefined })')
    mine.signs_in(MARGARET)

    loses_first_answer(mine, outcome_of(first), answers)
    mine.reports(first, {"Year 5": "28"})
    mine.is_safe()
    assert answers[0].json()["kept"]
    Session.objects.filter(pk=second.pk).update(day=second.day + timedelta(days=1))
    mine.page.get_by_role("button", name="Change something").click()
    mine.box(first).fill("25")
    mine.part(second).get_by_label("Yes", exact=True).check()
    mine.page.get_by_role("button", name="Store").click()
    expect(mine.page.get_by_text("This session was moved to").first).to_be_visible()
    mine.part(second).get_by_label("Not yet", exact=True).check()
    mine.page.get_by_role("button", name="Store").click()
    mine.page.wait_for_url("**/reported/")
    assert (pupils()[0], mine.rows(), mine.rows("drafts")) == (25, [], [])


def test_a_refusal_that_comes_late_leads_to_the_page_that_says_why(phone: PhoneOpener, sessions: list[Session]) -> None:
    session, mine, his = sessions[0], phone("margaret"), phone("asha")
    mine.page.clock.install()
    mine.may_fail = {409}
    mine.signs_in(MARGARET)
    mine.goes_to(outcome_of(session))
    his.signs_in(ASHA)
    his.reports(session, {"Year 5": "29"})
    expect(his.page.get_by_text("Stored. Thank you.")).to_be_visible()
    # The token takes five seconds, and so does the answer: each is in time, together they take longer than the page waits.
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    mine.page.route("**/phone/token/", hold)
    mine.page.route(f"**{outcome_of(session)}", hold)
    mine.tells(session, {"Year 5": "28"})
    mine.page.get_by_role("button", name="Store").click()
    for _ in ("token", "answer"):
        until(lambda: held, mine)
        mine.page.clock.fast_forward(5000)
        expect(mine.page.get_by_text("Sending… You may leave this page")).to_be_visible()
        held.pop().continue_()
    mine.page.wait_for_url("**/phone/")
    expect(mine.page.get_by_text("Asha reported this session already")).to_be_visible()
    assert (pupils()[0], [row["state"] for row in mine.rows()]) == (29, ["refused"])


def test_what_is_no_longer_theirs_to_report_is_said_beside_what_they_typed(phone: PhoneOpener, sessions: list[Session]) -> None:
    session, mine = sessions[0], phone("margaret")
    mine.may_fail = {404}
    mine.signs_in(MARGARET)
    mine.goes_to(outcome_of(session))
    mine.tells(session, {"Year 5": "28"})
    # The day was moved, and she is asked anew.
    Cover.objects.filter(volunteer=of("Margaret")).update(state="offered")
    mine.page.get_by_role("button", name="Store").click()
    mine.page.wait_for_url("**/phone/")
    expect(mine.page.get_by_text("This is no longer yours to report. Tell your coordinator what you counted.")).to_be_visible()
    mine.page.get_by_text("What you said", exact=True).click()
    typed = mine.page.locator("#waiting").get_by_role("listitem").filter(has_text="9:15–9:45 am: Year 5")
    expect(typed).to_contain_text("28")
    # Signal again, and the page is drawn anew: nothing closes under her eyes, and the keyboard stays where it was.
    before = mine.page.locator("#waiting article").element_handle()
    mine.page.evaluate("dispatchEvent(new Event('online'))")
    until(lambda: not before.evaluate("it => it.isConnected"), mine)
    expect(typed).to_be_visible()
    expect(mine.page.get_by_text("What you said", exact=True)).to_be_focused()
