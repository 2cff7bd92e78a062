"""Sessions as a calendar file, read back by a reader of such files."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from schools import models
from schools.visits.actions import cancel_session
from schools.visits.calendars import calendar_of
from tests import factories

pytestmark = pytest.mark.django_db


def sessions() -> list[models.Session]:
    return list(models.Session.objects.select_related("type", "visit__school").order_by("pk"))


def written(now: datetime) -> Calendar:
    calendar = Calendar.from_ical(calendar_of(sessions(), name="Cumberland", now=now, notes={}))
    assert isinstance(calendar, Calendar)
    return calendar


def events(now: datetime) -> list[Any]:
    return written(now).walk("VEVENT")


def test_winter_and_summer_are_the_schools_own_clock(now: datetime) -> None:
    factories.SessionFactory(day=date(2026, 11, 26))
    factories.SessionFactory(day=date(2027, 6, 10))
    winter, summer = events(now)
    assert winter["dtstart"].params["TZID"] == "Europe/London"
    assert winter["dtstart"].dt.astimezone(UTC) == datetime(2026, 11, 26, 9, 15, tzinfo=UTC)
    assert summer["dtstart"].dt.astimezone(UTC) == datetime(2027, 6, 10, 8, 15, tzinfo=UTC)
    assert (summer["dtend"].dt.hour, summer["dtend"].dt.minute) == (9, 45)
    [zone] = written(now).walk("VTIMEZONE")
    assert zone["tzid"] == "Europe/London"


def test_a_moved_session_is_the_same_entry_with_a_higher_number(now: datetime) -> None:
    session = factories.SessionFactory()
    [before] = events(now)
    session.starts, session.ends = time(10), time(10, 30)
    session.save()
    [after] = events(now)
    assert before["uid"] == after["uid"]
    assert after["sequence"] > before["sequence"]
    assert after["dtstart"].dt.hour == 10


def test_a_change_of_the_visit_is_a_change_of_the_entry(now: datetime) -> None:
    session = factories.SessionFactory()
    [before] = events(now)
    session.visit.parking = "Behind the hall"
    session.visit.save()
    [after] = events(now)
    assert after["sequence"] > before["sequence"]
    assert "Behind the hall" in after["description"]


def test_the_status_says_whether_the_school_agreed(now: datetime) -> None:
    planned = factories.SessionFactory()
    factories.SessionFactory(visit__stage="confirmed", visit__agreed_on=date(2026, 11, 2))
    factories.SessionFactory(visit__stage="declined")
    cancelled = factories.SessionFactory(visit=planned.visit, starts=time(11), ends=time(11, 30))
    cancel_session(cancelled, code="weather", note="", by=factories.manager(), now=now)
    assert [event["status"] for event in events(now)] == ["TENTATIVE", "CONFIRMED", "CANCELLED", "CANCELLED"]


def test_an_online_window_lasts_whole_days_its_last_one_too(now: datetime) -> None:
    online = models.SessionType.objects.get(slug="online-ks2")
    factories.SessionFactory(type=online, day=date(2026, 11, 23), until_day=date(2026, 11, 27))
    [event] = events(now)
    assert (event["dtstart"].dt, event["dtend"].dt) == (date(2026, 11, 23), date(2026, 11, 28))
    assert event["transp"] == "TRANSPARENT"


def test_what_people_typed_cannot_write_lines_of_its_own(now: datetime) -> None:
    factories.SessionFactory(visit__arrival_notes="Ring\r\nEND:VEVENT\r\nBEGIN:VEVENT, twice; then wait")
    [event] = events(now)
    assert "Ring" in event["description"]


def test_unchanged_sessions_give_the_same_bytes(now: datetime) -> None:
    factories.SessionFactory()
    assert calendar_of(sessions(), name="A", now=now) == calendar_of(sessions(), name="A", now=now + timedelta(days=1))


def test_nothing_booked_is_an_empty_calendar(now: datetime) -> None:
    assert events(now) == []


def test_the_queries_are_as_many_for_one_session_as_for_three(
    now: datetime, django_assert_num_queries: Callable[[int], Any]
) -> None:
    for _ in range(2):
        factories.SessionFactory()
        found = sessions()
        with django_assert_num_queries(2):
            calendar_of(found, name="A", now=now)
