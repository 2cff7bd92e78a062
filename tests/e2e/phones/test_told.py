"""“I have told somebody”, noted with a phone: the time that the server knows, and a refused note that is put right."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from schools.visits.models import SafeguardingNotice, Session
from tests.e2e.conftest import NOW
from tests.e2e.phone import MARGARET, TODAY, Phone, PhoneOpener

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
