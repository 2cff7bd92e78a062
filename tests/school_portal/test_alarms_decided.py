"""The office has cancelled or reported the day that a school’s alarm is about: it waits for nobody, and says whom to phone."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any

import pytest
import time_machine

from schools import models
from schools.office.bookings.alarms import alarms_of
from schools.visits.actions import cancel_session, cancel_visit
from tests.factories import CoverFactory, SessionFactory, able_volunteer, manager
from tests.school_portal.taking import office_of, page_of
from tests.school_portal.test_on_the_day import MORNING, press
from tests.school_portal.visits import DAY, a_visit, path_of, took_place

pytestmark = pytest.mark.django_db
PHONE = "Phone these people"
SEE_TO_IT = "I am seeing to it"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MORNING - timedelta(hours=2), tick=False) as clock:
        yield clock


@pytest.fixture
def visit() -> models.Visit:
    return a_visit()


def part(visit: models.Visit) -> str:
    """The part of the visit’s page about its alarm."""
    words = page_of(office_of(visit), visit).partition('aria-labelledby="alarm-')[2].partition("</section>")[0]
    return " ".join(words.split())


def cancel(visit: models.Visit, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(minutes=5))
    cancel_visit(visit, code="school", note="", by=manager(), now=MORNING + timedelta(minutes=5))


def test_once_the_day_is_cancelled_it_waits_for_nobody_and_those_on_the_road_are_still_to_phone(
    visit: models.Visit, clock: time_machine.Traveller
) -> None:
    clock.move_to(MORNING)
    press(path_of(visit), "call_off")
    assert SEE_TO_IT in part(visit)
    cancel(visit, clock)
    shown = part(visit)
    assert "Since then that day was cancelled, moved or reported." in shown
    assert all(words in shown for words in (PHONE, "Asha Rahman", "Ben Okri"))
    assert all(words not in shown for words in (SEE_TO_IT, "next-step", "Nobody is down", "no message has reached them"))
    assert 'class="warning" aria-labelledby="alarm-' not in " ".join(page_of(office_of(visit), visit).split())
    clock.shift(timedelta(days=1))
    assert PHONE not in part(visit), "nobody is on the road to a day that is over"


def test_who_was_down_for_what_was_cancelled_before_the_alarm_is_not_to_phone(
    visit: models.Visit, clock: time_machine.Traveller
) -> None:
    early = SessionFactory(visit=visit, day=DAY, starts=time(8, 30), ends=time(8, 50))
    CoverFactory(session=early, volunteer=able_volunteer(name="Gone Before"))
    cancel_session(early, code="school", note="", by=manager(), now=MORNING - timedelta(hours=1))
    clock.move_to(MORNING)
    press(path_of(visit), "call_off")
    assert "Gone Before" not in part(visit)
    cancel(visit, clock)
    shown = part(visit)
    assert "Ben Okri" in shown
    assert "Gone Before" not in shown


def test_of_a_day_that_was_reported_nobody_is_to_phone_and_nothing_is_left_to_press(
    visit: models.Visit, clock: time_machine.Traveller
) -> None:
    clock.move_to(MORNING)
    press(path_of(visit), "nobody")
    took_place(visit)
    shown = part(visit)
    assert "The school says: nobody has come" in shown
    assert all(words not in shown for words in (PHONE, SEE_TO_IT, "Nobody is down"))


def test_a_call_off_of_a_day_that_is_cancelled_offers_no_word_that_it_takes_place_and_chooses_no_reason_for_the_next_day(
    visit: models.Visit, clock: time_machine.Traveller
) -> None:
    SessionFactory(visit=visit, day=date(2026, 12, 3))
    clock.move_to(MORNING)
    press(path_of(visit), "call_off")
    chosen = '<option value="school" selected>'
    assert "It takes place after all" in part(visit)
    assert chosen in page_of(office_of(visit), visit)
    for session in visit.sessions.filter(day=DAY):
        cancel_session(session, code="school", note="", by=manager(), now=MORNING)
    assert "It takes place after all" not in part(visit)
    assert chosen not in page_of(office_of(visit), visit)


def test_the_alarms_take_one_query_more_where_something_was_cancelled_whatever_their_number(
    visit: models.Visit, clock: time_machine.Traveller, django_assert_num_queries: Any
) -> None:
    clock.move_to(MORNING)
    press(path_of(visit), "call_off")
    with django_assert_num_queries(3):
        assert len(alarms_of(visit)) == 1
    press(path_of(visit), "nobody")
    cancel(visit, clock)
    with django_assert_num_queries(4):
        assert len(alarms_of(visit)) == 2
