"""“I have told somebody”, noted with a phone: the time that the server knows, and a refused note that is put right."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Route, expect

from schools.visits.models import SafeguardingNotice, Session
from tests.e2e.conftest import NOW
from tests.e2e.phone import MARGARET, TODAY, Phone, PhoneOpener, until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def chooses_whom(mine: Phone, session: Session) -> None:
    mine.goes_to(f"/mornings/{session.visit_id}/{TODAY}/told/")
    mine.page.get_by_label("The school’s safeguarding lead", exact=True).check()


def keeps_it(mine: Phone) -> None:
    mine.page.get_by_role("button", name="Keep this time").click()


def test_a_phone_whose_clock_is_fast_gives_the_servers_time(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine = phone("margaret")
    mine.may_fail = {409}
    mine.page.clock.set_system_time(NOW + timedelta(hours=3))
    mine.signs_in(MARGARET)
    chooses_whom(mine, sessions[0])
    keeps_it(mine)
    expect(mine.page.get_by_text("We have written down when you told")).to_be_visible()
    assert SafeguardingNotice.objects.get().told_at - NOW < timedelta(minutes=5)


def test_a_refused_note_that_is_put_right_leaves_the_phone(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine = phone("margaret")
    mine.may_fail = {409}
    mine.signs_in(MARGARET)
    chooses_whom(mine, sessions[0])
    mine.page.get_by_label("At what time?").fill("23:50")
    keeps_it(mine)
    expect(mine.page.get_by_role("alert").first).to_be_visible()
    mine.page.get_by_label("At what time?").fill("10:20")
    keeps_it(mine)
    expect(mine.page.get_by_text("We have written down when you told")).to_be_visible()
    assert (mine.rows(), mine.rows("drafts")) == ([], [])
    assert SafeguardingNotice.objects.count() == 1


def test_a_note_that_was_refused_later_and_is_put_right_leaves_the_phone(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine, form = phone("margaret"), f"/mornings/{sessions[0].visit_id}/{TODAY}/told/"
    mine.may_fail = {409}
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(form)
    mine.cuts()
    chooses_whom(mine, sessions[0])
    mine.page.get_by_label("At what time?").fill("23:50")
    mine.remembers()
    keeps_it(mine)
    mine.is_safe()
    mine.finds_signal()
    mine.goes_to("/phone/")
    until(lambda: [row["state"] for row in mine.rows()] == ["refused"], mine)
    mine.goes_to(form)
    expect(mine.page.get_by_label("At what time?")).to_have_value("23:50")
    mine.page.get_by_label("On which day?").fill(str(TODAY))  # the kept page took it from the phone
    mine.page.get_by_label("At what time?").fill("10:20")
    mine.remembers()
    keeps_it(mine)
    expect(mine.page.get_by_text("We have written down when you told")).to_be_visible()
    assert (mine.rows(), mine.rows("drafts")) == ([], [])
    assert SafeguardingNotice.objects.count() == 1


@pytest.mark.parametrize("arrived", [True, False])
def test_a_note_whose_answer_was_lost_and_whose_time_is_then_put_right_is_stored_once(
    phone: PhoneOpener, sessions: list[Session], arrived: bool
) -> None:
    mine, form = phone("margaret"), f"**/mornings/{sessions[0].visit_id}/{TODAY}/told/"

    def loses_the_answer(route: Route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        if arrived:
            route.fetch()
        return route.abort()

    mine.signs_in(MARGARET)
    chooses_whom(mine, sessions[0])
    mine.page.get_by_label("At what time?").fill("10:05")
    mine.page.route(form, loses_the_answer)
    keeps_it(mine)
    mine.is_safe()
    mine.page.get_by_role("button", name="Change something").click()
    mine.page.get_by_label("At what time?").fill("10:10")
    keeps_it(mine)
    mine.is_safe()
    assert [notice.told_at.minute for notice in SafeguardingNotice.objects.all()] == ([10] if arrived else [])
    mine.page.get_by_role("button", name="Change something").click()
    mine.page.get_by_label("At what time?").fill("10:20")
    mine.page.unroute(form)
    keeps_it(mine)
    expect(mine.page.get_by_text("We have written down when you told").first).to_be_visible()
    assert [notice.told_at.minute for notice in SafeguardingNotice.objects.all()] == [20]


def test_a_form_that_is_begun_again_or_taken_out_again_has_the_time_of_now(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine, form = phone("margaret"), f"/mornings/{sessions[0].visit_id}/{TODAY}/told/"
    time = mine.page.get_by_label("At what time?")
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(form)
    mine.cuts()
    mine.page.clock.set_fixed_time(NOW + timedelta(hours=1))
    chooses_whom(mine, sessions[0])
    mine.remembers()
    mine.page.clock.set_fixed_time(NOW + timedelta(hours=2))
    mine.is_put_away()
    expect(time).to_have_value("11:30")  # what was begun then keeps its time
    mine.goes_to(form)
    start_again = mine.page.get_by_role("button", name="Start again")
    expect(start_again).to_be_visible()
    mine.is_put_away()
    expect(time).to_have_value("11:30")
    start_again.click()
    expect(time).to_have_value("12:30")
    expect(mine.page.get_by_label("On which day?")).to_have_value(str(TODAY))
    mine.page.clock.set_fixed_time(NOW + timedelta(hours=3))
    mine.is_put_away()
    expect(time).to_have_value("13:30")


def test_a_fresh_form_keeps_the_servers_time_until_it_has_stood_there_long(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine = phone("margaret")
    mine.page.clock.set_fixed_time(NOW + timedelta(hours=3))
    mine.signs_in(MARGARET)
    mine.goes_to(f"/mornings/{sessions[0].visit_id}/{TODAY}/told/")
    time = mine.page.get_by_label("At what time?")
    expect(time).to_have_value(re.compile("^10:"))
    mine.cuts()  # with signal the page comes anew
    for minutes, shown in ((14, "^10:"), (16, "^13:46$")):
        mine.page.clock.set_fixed_time(NOW + timedelta(hours=3, minutes=minutes))
        mine.is_put_away()
        expect(time).to_have_value(re.compile(shown))
