"""Two reports of one day that both wait on the phone: what the second leaves open is not taken out of the first."""

import re

import pytest
from playwright.sync_api import expect

from schools.visits.models import Headcount, Session
from tests.e2e.phone import MARGARET, Phone, PhoneOpener, outcome_of

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def mine(phone: PhoneOpener, sessions: list[Session]) -> Phone:
    """Margaret’s phone with the form about her two sessions, without signal."""
    made = phone("margaret")
    made.signs_in(MARGARET)
    made.goes_to("/")
    made.has(outcome_of(sessions[0]))
    made.cuts()
    return made


def reports(mine: Phone, sessions: list[Session], *numbers: str, again: bool = False) -> None:
    """Tell of each session how many came, or leave it for later where that is "", and press the button."""
    mine.goes_to(outcome_of(sessions[0]))
    if again:
        mine.page.get_by_role("button", name="Start again").click()
    for session, number in zip(sessions, numbers, strict=True):
        mine.part(session).get_by_text("Yes" if number else "Not yet", exact=True).click()
        if number:
            mine.box(session).fill(number)
    mine.page.get_by_role("button", name="Store").click()
    mine.is_safe()


def counted(sessions: list[Session]) -> list[list[int | None]]:
    return [list(Headcount.objects.filter(session=session).values_list("pupils", flat=True)) for session in sessions]


def arrives(mine: Phone) -> None:
    mine.finds_signal()
    mine.has_sent_all()


def test_two_reports_of_different_sessions_both_arrive(mine: Phone, sessions: list[Session]) -> None:
    reports(mine, sessions, "28", "")
    reports(mine, sessions, "", "31", again=True)
    mine.goes_to("/phone/")
    expect(mine.page.locator("#waiting article")).to_have_count(2)
    arrives(mine)
    assert counted(sessions) == [[28], [31]]


@pytest.mark.parametrize("is_newer_first", [False, True])
def test_of_two_reports_that_share_a_session_the_newer_words_stand_and_the_rest_of_the_older_arrives(
    mine: Phone, sessions: list[Session], is_newer_first: bool
) -> None:
    reports(mine, sessions, "28", "29")
    reports(mine, sessions, "", "31", again=True)
    if is_newer_first:
        newest = max(mine.rows(), key=lambda row: row["at"])["id"]
        mine.finds_signal()
        mine.page.evaluate("first => Speakout.sendAll({ first })", newest)
    arrives(mine)
    assert counted(sessions) == [[28], [31]]


def test_a_report_that_is_changed_to_leave_a_session_open_takes_that_back(mine: Phone, sessions: list[Session]) -> None:
    reports(mine, sessions, "28", "29")
    mine.page.get_by_role("button", name="Change something").click()
    mine.part(sessions[0]).get_by_text("Not yet", exact=True).click()
    mine.box(sessions[0]).fill("")
    mine.page.get_by_role("button", name="Store").click()
    mine.is_safe()
    arrives(mine)
    assert counted(sessions) == [[None], [29]]


def test_a_later_report_of_both_sessions_stands_for_two_that_wait(mine: Phone, sessions: list[Session]) -> None:
    reports(mine, sessions, "28", "")
    reports(mine, sessions, "", "31", again=True)
    reports(mine, sessions, "27", "30", again=True)
    assert len(mine.rows()) == 1
    arrives(mine)
    assert counted(sessions) == [[27], [30]]


def test_the_form_says_of_what_stands_beside_it_whether_it_waits_or_was_never_sent(mine: Phone, sessions: list[Session]) -> None:
    reports(mine, sessions, "28", "")
    mine.page.evaluate("form => Speakout.all('drafts').then(rows => Speakout.put('drafts', { ...rows[0], version: 'x' }))")
    mine.goes_to(outcome_of(sessions[0]))
    panel = mine.page.get_by_role("status").filter(has_text="Something else was typed here, too")
    expect(panel.get_by_text(re.compile("waits on this phone and goes by itself"))).to_be_visible()
    expect(panel.get_by_text("never sent")).to_be_hidden()
    mine.looks("waits-beside")
