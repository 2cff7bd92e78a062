"""My month, and the address at which a phone reads it."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from schools.directory.models import Area
from schools.visits.models import Cover, Session
from schools.volunteers.models import Volunteer
from tests.factories import AreaFactory, able_volunteer
from tests.portal.pages import BEFORE, client_of, morning_at, school_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _before() -> Any:
    with time_machine.travel(BEFORE):
        yield


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    return made


@pytest.fixture
def asha(area: Area) -> Volunteer:
    return able_volunteer(area, signs_in=True)


def new_address(client: Client) -> str:
    address: str = client.post(reverse("calendar-address")).context["address"]
    return address.removeprefix("http://testserver")


def events_at(address: str) -> list[Any]:
    answer = Client().get(address)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    calendar: Any = Calendar.from_ical(answer.content)
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Europe/London"]
    events: list[Any] = calendar.walk("VEVENT")
    return events


def test_a_month_shows_its_mornings_and_days_away_and_leads_to_the_next(asha: Volunteer, area: Area) -> None:
    morning_at(school_in(area, name="This Month"), asha)
    morning_at(school_in(area, name="Next Month"), asha, day=date(2026, 12, 3))
    asha.aways.create(first_day=date(2026, 11, 18), last_day=date(2026, 11, 18))
    client = client_of(asha)
    page = text_of(client.get(reverse("calendar")))
    assert "November 2026" in page
    assert "This Month" in page
    assert "Next Month" not in page
    assert 'href="#day-26"' in page
    assert "?month=2026-12" in page
    assert page.count(", away") == 1
    assert "Next Month" in text_of(client.get(f"{reverse('calendar')}?month=2026-12"))
    for nonsense in ("2026-13", "x", "9999-01"):
        assert "November 2026" in text_of(client.get(f"{reverse('calendar')}?month={nonsense}"))


@pytest.mark.parametrize("how_many", [1, 4])
def test_the_month_costs_five_queries_however_full_it_is(
    how_many: int, asha: Volunteer, area: Area, django_assert_num_queries: Any
) -> None:
    for number in range(how_many):
        morning_at(school_in(area), asha, able_volunteer(area), day=date(2026, 11, 23 + number))
    client = client_of(asha)
    with django_assert_num_queries(5):
        client.get(reverse("calendar"))


def test_a_phone_reads_my_sessions_without_signing_in(asha: Volunteer, area: Area) -> None:
    one, _ = morning_at(school_in(area, name="Larkfield"), asha, stage="confirmed", agreed_on=date(2026, 11, 1))
    morning_at(school_in(area, name="Somebody else’s"), able_volunteer(area))
    morning_at(school_in(area, name="Only asked"), asha, state="offered")
    events = events_at(new_address(client_of(asha)))
    assert [str(event["SUMMARY"]) for event in events] == ["KS2 assembly, Larkfield", "Year 5–6 workshop, Larkfield"]
    first = events[0]
    assert first["DTSTART"].dt.replace(tzinfo=None) == datetime.combine(one.day, time(9, 15))
    assert first["DTSTART"].params["TZID"] == "Europe/London"
    assert str(first["STATUS"]) == "CONFIRMED"
    assert len({str(event["UID"]) for event in events}) == 2


def test_a_changed_session_keeps_its_name_and_grows_its_number_and_a_cancelled_one_says_so(asha: Volunteer, area: Area) -> None:
    one, _ = morning_at(school_in(area), asha)
    address = new_address(client_of(asha))
    before = events_at(address)[0]
    one.starts, one.ends = time(9), time(9, 30)
    one.save()
    after = events_at(address)[0]
    assert (after["UID"], after["SEQUENCE"] > before["SEQUENCE"]) == (before["UID"], True)
    Session.objects.filter(pk=one.pk).update(stage="cancelled", cancelled_code="school")
    assert str(events_at(address)[0]["STATUS"]) == "CANCELLED"


def test_what_i_gave_back_is_not_in_it_any_more(asha: Volunteer, area: Area) -> None:
    morning_at(school_in(area), asha)
    address = new_address(client_of(asha))
    Cover.objects.update(state="withdrawn")
    assert events_at(address) == []


def test_a_new_address_ends_the_one_before_and_a_guess_is_not_found(asha: Volunteer) -> None:
    client = client_of(asha)
    old = new_address(client)
    new = new_address(client)
    assert [Client().get(address).status_code for address in (old, new)] == [404, 200]
    assert Client().get(reverse("calendar-feed", args=["a-guess"])).status_code == 404
    # It is shown once: the page of the month knows it no more.
    assert new not in text_of(client.get(reverse("calendar")))


def test_the_address_reads_and_nothing_else(asha: Volunteer) -> None:
    address = new_address(client_of(asha))
    assert Client().post(address).status_code == 405
    assert Client().get(reverse("home"), follow=False).status_code == 302
    assert timedelta(0) < BEFORE - asha.feed_token.made_at + timedelta(hours=1)
