"""My mornings as another program reads them: `ical`, the reader of Home Assistant, shares nothing with what writes them here."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from ical.calendar import Calendar
from ical.calendar_stream import IcsCalendarStream
from ical.event import Event

from schools.directory.models import Area
from schools.visits.actions import cancel_session
from schools.visits.models import Session
from schools.volunteers.models import Volunteer
from tests import factories
from tests.portal.pages import BEFORE, client_of, morning_at, school_in

pytestmark = pytest.mark.django_db

type Reader = Callable[[], Calendar]


@pytest.fixture(autouse=True)
def _before() -> Any:
    with time_machine.travel(BEFORE):
        yield


@pytest.fixture
def asha() -> Volunteer:
    area: Area = factories.AreaFactory()
    return factories.able_volunteer(area, signs_in=True)


@pytest.fixture
def read(asha: Volunteer) -> Reader:
    """Reads the address of Asha's calendar as a phone does: without signing in, whole, anew each time."""
    address: str = client_of(asha).post(reverse("calendar-address")).context["address"]

    def reader() -> Calendar:
        content = Client().get(address.removeprefix("http://testserver")).content
        return IcsCalendarStream.calendar_from_ics(content.decode())

    return reader


def in_utc(event: Event) -> tuple[datetime, datetime]:
    """From when to when, by the clock of the world: the reader has worked the time zone out by itself."""
    assert isinstance(event.dtstart, datetime)
    assert isinstance(event.dtend, datetime)
    return event.dtstart.astimezone(UTC), event.dtend.astimezone(UTC)


def test_a_morning_is_one_entry_with_its_alarm_and_its_link(asha: Volunteer, read: Reader) -> None:
    school = school_in(asha.areas.get(), name="Larkfield; Lower, School", address="Church Lane", postcode="CA13 9AB")
    one, _ = morning_at(school, asha, stage="confirmed", agreed_on=date(2026, 11, 1), arrival_notes="Ring the bell,\nthen wait.")
    [event] = read().events
    link = f"http://testserver{reverse('morning', args=[one.visit_id, one.day])}"
    assert in_utc(event) == (datetime(2026, 11, 26, 8, 45, tzinfo=UTC), datetime(2026, 11, 26, 11, tzinfo=UTC))
    assert (event.summary, str(event.url), event.status) == ("Your morning at Larkfield; Lower, School", link, "CONFIRMED")
    assert event.location == "Larkfield; Lower, School, Church Lane, CA13 9AB"
    assert event.description is not None
    lines = event.description.split("\n")
    assert (lines[0], lines[-1]) == ("Be there at 8:45 am.", link)
    assert {"Ring the bell,", "then wait."} < set(lines)
    [alarm] = event.alarm
    assert (alarm.action, alarm.trigger, alarm.description) == ("DISPLAY", timedelta(hours=-2), event.summary)


@pytest.mark.parametrize(
    ("day", "hours_before_utc"),
    [
        (date(2026, 10, 23), 1), (date(2026, 10, 26), 0),  # the last Friday of summer time, and the first Monday after it
        (date(2027, 3, 26), 0), (date(2027, 3, 29), 1),
        # So far on that only a rule, and no list of years, says it.
        (date(2041, 10, 25), 1), (date(2041, 10, 28), 0), (date(2041, 3, 29), 0), (date(2041, 4, 1), 1),
    ],
)  # fmt: skip
def test_a_morning_is_at_the_schools_own_clock_on_either_side_of_both_clock_changes(
    day: date, hours_before_utc: int, asha: Volunteer, read: Reader
) -> None:
    with time_machine.travel(datetime.combine(day - timedelta(days=7), time(12), UTC)):
        morning_at(school_in(asha.areas.get()), asha, day=day)
        calendar = read()
    [event] = calendar.events
    starts, ends = in_utc(event)
    assert isinstance(event.dtstart, datetime)
    assert event.dtstart.replace(tzinfo=None) == datetime.combine(day, time(8, 45))
    assert starts == datetime.combine(day, time(8, 45), UTC) - timedelta(hours=hours_before_utc)
    assert ends == datetime.combine(day, time(11), UTC) - timedelta(hours=hours_before_utc)
    [zone] = calendar.timezones
    assert zone.tz_id == "Europe/London"


def number_of(event: Event) -> int:
    assert event.sequence is not None
    return event.sequence


def moved(session: Session, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(session, name, value)
    session.save()


def test_a_moved_morning_takes_the_place_of_the_entry_before(asha: Volunteer, read: Reader) -> None:
    sessions = morning_at(school_in(asha.areas.get()), asha)
    [before] = read().events
    for session in sessions:
        moved(session, day=date(2027, 6, 10))
    [after] = read().events
    assert (after.uid, number_of(after) > number_of(before)) == (before.uid, True)
    assert in_utc(after) == (datetime(2027, 6, 10, 7, 45, tzinfo=UTC), datetime(2027, 6, 10, 10, tzinfo=UTC))
    assert [alarm.trigger for alarm in after.alarm] == [timedelta(hours=-2)]


def test_a_cancelled_morning_stays_as_an_entry_that_says_so_and_does_not_ring(asha: Volunteer, read: Reader) -> None:
    one, two = morning_at(school_in(asha.areas.get(), name="Larkfield"), asha)
    [before] = read().events
    by = factories.manager()
    cancel_session(one, code="school", note="", by=by, now=BEFORE)
    [half] = read().events
    assert (half.uid, half.status, in_utc(half)[0]) == (before.uid, before.status, datetime(2026, 11, 26, 9, 30, tzinfo=UTC))
    cancel_session(two, code="school", note="", by=by, now=BEFORE)
    [gone] = read().events
    assert (gone.uid, gone.status, gone.alarm) == (before.uid, "CANCELLED", [])
    assert gone.summary == "Cancelled: Your morning at Larkfield"
    assert number_of(gone) > number_of(half) > number_of(before)
