"""The form about a morning is reached by clicks from the first page alone, also where that page was kept before the morning."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from schools.visits.models import Session
from tests.e2e.charity import Charity
from tests.e2e.conftest import NOW
from tests.e2e.phone import MARGARET, TODAY, Phone, PhoneOpener, of
from tests.portal.pages import day_url, morning_at

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

DAY = timedelta(days=1)


@pytest.fixture
def tomorrow(charity: Charity) -> Session:
    """The first session of tomorrow morning; Margaret leads."""
    return morning_at(charity.school, of("Margaret"), day=TODAY + DAY)[0]


@pytest.fixture
def hall(phone: PhoneOpener, tomorrow: Session) -> Phone:
    """Margaret's phone, which saw Mine the day before, in the hall after the session, without signal."""
    mine = phone("margaret")
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(day_url(tomorrow, "morning"))
    mine.has(day_url(tomorrow))
    mine.cuts()
    mine.page.clock.set_system_time(NOW + DAY)
    mine.goes_to("/")
    return mine


def test_the_page_of_a_morning_that_was_kept_before_it_leads_to_the_form_without_signal(hall: Phone, tomorrow: Session) -> None:
    hall.page.get_by_role("link", name="See your morning").click()
    hall.page.get_by_role("link", name="Tell us afterwards how it went").click()
    hall.tells(tomorrow, {"Year 5": "28"})
    hall.page.get_by_role("button", name="Store").click()
    hall.is_safe()


def test_every_kept_page_leads_to_what_is_on_the_phone(hall: Phone, tomorrow: Session) -> None:
    hall.page.get_by_role("link", name="See what is on this phone").click()
    hall.looks("no-signal-way-to-form")
    hall.page.get_by_role("link", name="tell us how it went").click()
    expect(hall.box(tomorrow)).to_be_visible()


def test_what_was_typed_and_never_sent_is_reached_from_every_page(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine = phone("margaret")
    mine.signs_in(MARGARET)
    mine.goes_to(day_url(sessions[0]))
    mine.box(sessions[0]).fill("28")
    mine.remembers()
    mine.goes_to("/me/")
    expect(mine.page.get_by_text("Typed and not sent yet: 1.")).to_be_visible()
    mine.looks("typed-bar")
    mine.page.locator("#device").get_by_role("link", name="See what is on this phone").click()
    expect(mine.page.get_by_role("region", name="Typed and not sent yet")).to_be_visible()
    mine.goes_to("/me/")
    mine.page.get_by_role("link", name="On this phone", exact=True).click()
    mine.page.get_by_role("region", name="Typed and not sent yet").get_by_role("link").click()
    expect(mine.box(sessions[0])).to_have_value("28")
    expect(mine.page.locator("#device")).to_be_hidden()
