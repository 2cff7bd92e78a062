"""A page that is no longer true says from when it is, or comes anew."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from schools.visits.models import Session
from schools.volunteers.models import Volunteer
from tests.e2e.conftest import NOW
from tests.e2e.phone import MARGARET, TODAY, Phone, PhoneOpener, of, outcome_of

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

OLD = re.compile(r"This page is as of 10:3\d\. Something may have changed since\.")


def morning_of(session: Session) -> str:
    return f"/mornings/{session.visit_id}/{TODAY}/"


def is_taken_up_after(mine: Phone, minutes: int) -> None:
    """Put the phone away, and take it out again so many minutes after the page was opened."""
    mine.page.clock.set_system_time(NOW + timedelta(minutes=minutes))
    mine.is_put_away()


def test_a_kept_page_of_another_day_says_of_which(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine, morning = phone("margaret"), morning_of(sessions[0])
    mine.signs_in(MARGARET)
    mine.goes_to("/")
    mine.has(morning)
    mine.page.clock.set_system_time(NOW + timedelta(days=4))
    mine.cuts()
    mine.goes_to(morning)
    expect(mine.page.get_by_text(re.compile(r"has kept, as of Thursday,? 26 November 10:3\d"))).to_be_visible()


def test_a_page_that_is_taken_up_after_a_while_comes_anew(phone: PhoneOpener, sessions: list[Session]) -> None:
    mine = phone("margaret")
    mine.signs_in(MARGARET)
    mine.page.clock.set_system_time(NOW)
    mine.goes_to(morning_of(sessions[0]))
    Volunteer.objects.filter(pk=of("Asha").pk).update(name="Zadie Patel")
    is_taken_up_after(mine, 10)
    mine.page.wait_for_timeout(500)
    expect(mine.page.get_by_text("Asha", exact=True)).to_be_visible()
    is_taken_up_after(mine, 20)
    expect(mine.page.get_by_text("Zadie", exact=True)).to_be_visible()


def test_a_page_into_which_somebody_typed_stays_and_says_from_when_it_is(phone: PhoneOpener, sessions: list[Session]) -> None:
    session, mine = sessions[0], phone("margaret")
    mine.signs_in(MARGARET)
    mine.page.clock.set_system_time(NOW)
    mine.goes_to(outcome_of(session))
    mine.box(session).fill("28")
    is_taken_up_after(mine, 20)
    expect(mine.page.get_by_text(OLD)).to_be_visible()
    expect(mine.box(session)).to_have_value("28")
    mine.looks("old-page")


def test_a_page_that_is_taken_up_without_signal_stays_and_says_from_when_it_is(
    phone: PhoneOpener, sessions: list[Session]
) -> None:
    mine = phone("margaret")
    mine.signs_in(MARGARET)
    mine.page.clock.set_system_time(NOW)
    mine.goes_to("/open/")
    mine.cuts()
    is_taken_up_after(mine, 20)
    expect(mine.page.get_by_text(OLD)).to_be_visible()
    expect(mine.page.get_by_text("that page is not on this phone")).to_be_hidden()
