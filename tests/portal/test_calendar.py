"""My month, and the address at which a phone reads it."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from schools.directory.models import Area
from schools.visits.models import Cover
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
    # Told a second time by a reader that knows nothing of the library which wrote it.
    assert [entry["UID"] for entry in read_plainly(answer.content)] == [str(event["UID"]) for event in events]
    return events


def read_plainly(content: bytes) -> list[dict[str, str]]:
    """The entries of a calendar file as RFC 5545 writes them: folded lines of at most 75 bytes, escaped texts, nested parts."""
    assert content.endswith(b"\r\n")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    entries: list[dict[str, str]] = []
    inside: list[str] = []
    for line in content.decode().replace("\r\n ", "").split("\r\n")[:-1]:
        name, value = re.fullmatch(r'([A-Z-]+(?:;[A-Z-]+=(?:"[^"]*"|[^";:,]*))*):(.*)', line).groups()  # type: ignore[union-attr]  # every line has both
        if name == "BEGIN":
            inside.append(value)
            if value == "VEVENT":
                entries.append({})
        elif name == "END":
            assert inside.pop() == value
        elif inside[-2:] == ["VEVENT", "VALARM"]:
            entries[-1][f"VALARM {name.split(';')[0]}"] = value
        elif inside[-1] == "VEVENT":
            key = name.split(";")[0]
            assert key not in entries[-1]
            entries[-1][key] = re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)
    assert inside == []
    return entries


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


def test_a_day_with_two_visits_stands_once_in_the_grid_with_both_schools_and_one_place_to_go_to(
    asha: Volunteer, area: Area
) -> None:
    morning_at(school_in(area, name="Only Asked"), asha, state="offered")
    morning_at(school_in(area, name="Said Yes"), asha)
    page = text_of(client_of(asha).get(reverse("calendar")))
    assert page.count('id="day-26"') == 1
    [day] = re.findall(r'<a href="#day-26">.*?</a>', page)
    assert "●" in day
    assert {"Only Asked", "Said Yes"} <= set(re.split(", |<", day.partition('visually-hidden">, ')[2]))


@pytest.mark.parametrize("how_many", [1, 4])
def test_the_month_costs_five_queries_however_full_it_is(
    how_many: int, asha: Volunteer, area: Area, django_assert_num_queries: Any
) -> None:
    for number in range(how_many):
        morning_at(school_in(area), asha, able_volunteer(area), day=date(2026, 11, 23 + number))
    client = client_of(asha)
    with django_assert_num_queries(5):
        client.get(reverse("calendar"))


def test_a_morning_is_one_entry_from_being_there_to_the_end_with_an_alarm_and_the_link(asha: Volunteer, area: Area) -> None:
    school = school_in(area, name="Larkfield; Lower, School", address="Church Lane", postcode="CA13 9AB")
    words: dict[str, Any] = {"arrival_notes": "Ring the bell,\nthen wait\\.", "parking": "In the lane"}
    one, _ = morning_at(school, asha, stage="confirmed", agreed_on=date(2026, 11, 1), **words)
    morning_at(school_in(area, name="Somebody else’s"), able_volunteer(area))
    morning_at(school_in(area, name="Only asked"), asha, state="offered")
    address = new_address(client_of(asha))
    [event] = events_at(address)
    link = f"http://testserver{reverse('morning', args=[one.visit_id, one.day])}"
    assert str(event["SUMMARY"]) == "Your morning at Larkfield; Lower, School"
    assert event["DTSTART"].dt.replace(tzinfo=None) == datetime.combine(one.day, time(8, 45))
    assert event["DTEND"].dt.replace(tzinfo=None) == datetime.combine(one.day, time(11))
    assert event["DTSTART"].params["TZID"] == event["DTEND"].params["TZID"] == "Europe/London"
    assert (str(event["STATUS"]), str(event["URL"])) == ("CONFIRMED", link)
    [alarm] = event.walk("VALARM")
    assert (str(alarm["ACTION"]), alarm["TRIGGER"].dt) == ("DISPLAY", timedelta(hours=-2))
    [plain] = read_plainly(Client().get(address).content)
    assert (plain["DTSTART"], plain["DTEND"]) == ("20261126T084500", "20261126T110000")
    assert (plain["VALARM TRIGGER"], plain["URL"]) == ("-PT2H", link)
    assert plain["LOCATION"] == "Larkfield; Lower, School, Church Lane, CA13 9AB"
    assert plain["DESCRIPTION"].split("\n") == [
        "Be there at 8:45 am.", "9:15–9:45 am, KS2 assembly", "10:00–11:00 am, Year 5–6 workshop", "Ring the bell,",
        "then wait\\.", "In the lane", link,
    ]  # fmt: skip


def test_the_file_that_somebody_takes_signed_in_is_what_the_address_gives(asha: Volunteer, area: Area) -> None:
    morning_at(school_in(area), asha)
    client = client_of(asha)
    taken = client.get(reverse("calendar-file"))
    assert taken["Content-Disposition"] == 'attachment; filename="my-mornings.ics"'
    address = new_address(client)
    assert taken.content == Client().get(address).content
    page = text_of(client.post(reverse("calendar-address")))
    secret = re.search(r"/calendar/([\w-]+)\.ics", page)
    assert secret
    for link in (f'value="http://testserver/calendar/{secret[1]}.ics"', f'href="webcal://testserver/calendar/{secret[1]}.ics"'):
        assert link in page
    assert f'href="http://testserver/calendar/{secret[1]}.ics" download' in " ".join(page.split())
    assert reverse("calendar-file") in text_of(client.get(reverse("calendar")))


def test_a_changed_morning_keeps_its_name_and_its_number_grows_with_every_change(asha: Volunteer, area: Area) -> None:
    one, two = morning_at(school_in(area), asha)
    address = new_address(client_of(asha))
    [first] = events_at(address)

    def next_one(before: Any) -> Any:
        [after] = events_at(address)
        assert (after["UID"], after["SEQUENCE"] > before["SEQUENCE"]) == (first["UID"], True)
        return after

    one.starts, one.ends = time(9), time(9, 30)
    one.save()
    earlier = next_one(first)
    assert earlier["DTSTART"].dt.time() == time(8, 30)
    one.visit.parking = "In the lane"
    one.visit.save()
    parked = next_one(earlier)
    # They give the first session back: the morning begins with the second, and is still the same entry.
    given = Cover.objects.get(session=one, volunteer=asha)
    given.state = "withdrawn"
    given.save()
    shorter = next_one(parked)
    assert shorter["DTSTART"].dt.time() == time(9, 30)
    for session in (one, two):
        session.day = date(2026, 12, 3)
        session.save()
    assert next_one(shorter)["DTSTART"].dt.date() == date(2026, 12, 3)


def test_a_session_that_moves_to_another_day_makes_a_second_entry_and_neither_number_falls(asha: Volunteer, area: Area) -> None:
    _, two = morning_at(school_in(area), asha)
    address = new_address(client_of(asha))
    [before] = events_at(address)
    two.day = date(2026, 12, 3)
    two.save()
    stays, moved = events_at(address)
    assert (stays["UID"], stays["DTEND"].dt.time()) == (before["UID"], time(9, 45))
    assert moved["UID"] != stays["UID"]
    assert moved["DTSTART"].dt.replace(tzinfo=None) == datetime(2026, 12, 3, 9, 30)  # noqa: DTZ001  # of the clock on the wall
    assert stays["SEQUENCE"] > before["SEQUENCE"]
    two.day = date(2026, 11, 26)
    two.save()
    [again] = events_at(address)
    assert (again["UID"], again["SEQUENCE"] > stays["SEQUENCE"]) == (before["UID"], True)


def test_a_cancelled_morning_says_so_and_does_not_ring_and_half_a_morning_goes_on(asha: Volunteer, area: Area) -> None:
    one, two = morning_at(school_in(area, name="Larkfield"), asha)
    address = new_address(client_of(asha))
    [before] = events_at(address)
    one.stage, one.cancelled_code = "cancelled", "school"
    one.save()
    [half] = events_at(address)
    assert (str(half["STATUS"]), half["DTSTART"].dt.time()) == (str(before["STATUS"]), time(9, 30))
    two.stage, two.cancelled_code = "cancelled", "school"
    two.save()
    [gone] = events_at(address)
    assert (str(gone["STATUS"]), gone["UID"]) == ("CANCELLED", before["UID"])
    assert str(gone["SUMMARY"]) == "Cancelled: Your morning at Larkfield"
    assert gone["SEQUENCE"] > half["SEQUENCE"] > before["SEQUENCE"]
    assert gone.walk("VALARM") == []


@pytest.mark.parametrize("how_many", [1, 3])
def test_the_calendar_costs_the_same_however_much_is_in_it(
    how_many: int, asha: Volunteer, area: Area, django_assert_num_queries: Any
) -> None:
    for number in range(how_many):
        morning_at(school_in(area), asha, day=date(2026, 11, 23 + number))
    address = new_address(client_of(asha))
    # Whose it is, the charity, the sessions, the names of the days, and three for what changed.
    with django_assert_num_queries(7):
        Client().get(address)


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
