"""The secret address from which a coordinator’s own calendar reads the visits of their areas, as of the moment of reading."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from schools import models
from schools.office.calendar.views import feed as feed_views
from schools.office.calendar.views.feed import MOST_READS
from schools.visits.actions import assign_all, book, cancel_visit, claim, confirm, swap
from schools.visits.actions.booked import book_to_undo
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.undoing import undo
from schools.visits.queries import VisitDay
from schools.visits.rules import Slot
from schools.visits.rules.booking import NewSession
from tests import factories
from tests.office.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(area: models.Area) -> models.Session:
    school = factories.SchoolFactory(area=area, name="Ashfield Primary")
    made: models.Session = factories.SessionFactory(visit__school=school)
    factories.CoverFactory(session=made, volunteer=factories.able_volunteer(area, name="Asha Patel"))
    return made


type Times = tuple[datetime, datetime]


def new_address(client: Client) -> str:
    made: str = client.post(reverse("admin:calendar-address"), {"do": "make"}).context["made"]
    return made.removeprefix("http://testserver")


def events_at(address: str) -> list[Any]:
    from ical.calendar_stream import IcsCalendarStream  # half a second, which each process that collects these tests would spend

    answer = Client().get(address)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert {"no-store", "private"} <= set(answer["Cache-Control"].split(", "))
    return list(IcsCalendarStream.calendar_from_ics(answer.content.decode()).events)


def test_it_reads_the_visits_of_ones_areas_without_a_name_of_those_who_go(
    office: Client, session: models.Session, elsewhere: models.Area
) -> None:
    factories.SessionFactory(visit__school=factories.SchoolFactory(area=elsewhere))
    address = new_address(office)
    [event] = events_at(address)
    assert isinstance(event.dtstart, datetime)
    assert (event.summary, event.dtstart.time()) == ("KS2 assembly, Ashfield Primary", time(9, 15))
    assert (event.description or "").startswith("1 person goes: it needs people")
    assert str(event.url) == f"http://testserver{reverse('admin:visit-day', args=[session.visit_id, session.day])}"
    assert b"Asha" not in Client().get(address).content


def test_it_holds_what_its_owner_may_see_when_it_is_read(
    office: Client, session: models.Session, coordinator: models.User, elsewhere: models.Area
) -> None:
    address = new_address(office)
    assert len(events_at(address)) == 1
    models.AreaCoordinator.objects.filter(user=coordinator).update(to_day=date(2026, 11, 23))
    assert events_at(address) == []
    models.AreaCoordinator.objects.create(user=coordinator, area=elsewhere)
    factories.SessionFactory(visit__school=factories.SchoolFactory(area=elsewhere, name="Beech Infants"))
    assert [event.summary for event in events_at(address)] == ["KS2 assembly, Beech Infants"]


@pytest.mark.parametrize("change", ["blocked", "another role"])
def test_whoever_may_not_open_the_office_any_more_reads_nothing(
    change: str, office: Client, session: models.Session, coordinator: models.User
) -> None:
    address = new_address(office)
    if change == "blocked":
        models.User.objects.filter(pk=coordinator.pk).update(is_active=False)
    else:
        coordinator.groups.clear()
    assert Client().get(address).status_code == 404


def test_a_new_address_ends_the_one_before_and_it_can_be_ended(office: Client, session: models.Session) -> None:
    old = new_address(office)
    new = new_address(office)
    assert [Client().get(address).status_code for address in (old, new)] == [404, 200]
    page = office.get(reverse("admin:calendar-address")).content.decode()
    assert new not in page, "it is shown once"
    assert "An address was made on 24 November 2026." in page
    office.post(reverse("admin:calendar-address"), {"do": "end"})
    assert Client().get(new).status_code == 404
    assert "There is no address." in office.get(reverse("admin:calendar-address")).content.decode()


def test_only_its_hash_is_stored(office: Client, session: models.Session, coordinator: models.User) -> None:
    secret = new_address(office).rpartition("/")[2].removesuffix(".ics")
    assert len(secret) > 40
    assert secret not in str(models.OfficeFeed.objects.filter(user=coordinator).values().get())


def test_it_reads_and_nothing_else_and_not_without_end(office: Client, session: models.Session) -> None:
    address = new_address(office)
    assert Client().post(address).status_code == 405
    for _ in range(MOST_READS):
        assert Client().get(address).status_code == 200
    answer = Client().get(address)
    assert (answer.status_code, answer["Retry-After"]) == (429, "3600")
    assert Client().get(reverse("admin:calendar-feed", args=["a-guess"])).status_code == 404
    assert Client().get(reverse("admin:index")).status_code == 302


def test_where_not_all_fit_it_holds_what_is_to_come_and_of_the_past_the_latest(
    office: Client, area: models.Area, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window that began in the past is open still, so it is to come."""
    visit = factories.VisitFactory(school=factories.SchoolFactory(area=area))
    for day in (2, 3, 23, 24, 25):
        factories.SessionFactory(visit=visit, day=date(2026, 11, day))
    online = models.SessionType.objects.get(slug="online-ks2")
    factories.SessionFactory(visit=visit, type=online, day=date(2026, 11, 20), until_day=date(2026, 11, 27))
    address = new_address(office)

    def days(limit: int) -> list[int]:
        monkeypatch.setattr(feed_views, "MOST_IN_FILE", limit)
        return [event.dtstart.day for event in events_at(address)]

    assert [days(limit) for limit in (6, 4, 3, 2)] == [[2, 3, 20, 23, 24, 25], [20, 23, 24, 25], [20, 24, 25], [20, 24]]


class Reader:
    """A calendar that reads the address and nothing else: what stands there now is what its owner sees."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.versions: dict[str, tuple[int, datetime]] = {}

    def sees(self) -> dict[str, tuple[Times, str, str]]:
        """Read it, and return when each entry is, its status and who goes, by its name; no number may fall."""
        from tests.visits.calendar_client import times_of  # it reads the same library at once

        events = events_at(self.address)
        assert len({event.uid for event in events}) == len(events)
        for event in events:
            version = event.sequence, event.dtstamp
            assert version >= self.versions.get(event.uid, version), "a number fell"
            self.versions[event.uid] = version
        return {event.uid: (times_of(event), event.status.value, event.description.partition(":")[0]) for event in events}


def seen_at(day: date, hour: int, status: str, people: str) -> tuple[Times, str, str]:
    begins = datetime.combine(day, time(hour, 15), tzinfo=UTC)
    return (begins, begins + timedelta(minutes=30)), status, people


def moved(visit: models.Visit, to: Slot, *, by: models.User) -> None:
    slots = {session.pk: to for session in visit.sessions.all()}
    move(visit, slots, seen=plan_move(visit, slots, by=by, now=NOW).digest, by=by, now=NOW)


def test_through_a_booking_a_move_a_swap_a_cancellation_its_undo_and_a_new_booking_it_shows_what_is_so(
    office: Client, area: models.Area, coordinator: models.User
) -> None:
    school, by = factories.SchoolFactory(area=area), coordinator
    asha, ben = (factories.able_volunteer(area, signs_in=True) for _ in range(2))
    reader, first, second, third = Reader(new_address(office)), date(2026, 12, 3), date(2026, 12, 8), date(2026, 12, 10)
    new = NewSession(models.SessionType.objects.get(slug="ks2-assembly"), first, time(9, 15))
    visit = book(school, [new], by=by, now=NOW)
    [(uid, shown)] = reader.sees().items()
    assert shown == seen_at(first, 9, "TENTATIVE", "Nobody goes yet")

    confirm(visit, agreed_on=NOW.date(), agreed_with="", by=by, now=NOW)
    assign_all(VisitDay(visit, first), asha, role="presenter", by=by, now=NOW)
    assert reader.sees() == {uid: seen_at(first, 9, "CONFIRMED", "1 person goes")}
    before = reader.versions[uid]
    moved(visit, Slot(second, time(10, 15), time(10, 45)), by=by)
    there = reader.sees()[uid]
    assert there[:2] == seen_at(second, 10, "CONFIRMED", "")[:2]
    assert reader.versions[uid] > before, "calendars that keep what has the same number would keep the old day"

    day = VisitDay(visit, second)
    claim(day, asha, role="presenter", by=by, now=NOW)
    swap(day, asha, ben, by=by, now=NOW)
    claim(day, ben, role="presenter", by=by, now=NOW)
    assert reader.sees() == {uid: seen_at(second, 10, "CONFIRMED", "1 person goes")}

    batch = cancel_visit(visit, code="weather", note="", by=by, now=NOW)
    assert reader.sees()[uid][:2] == seen_at(second, 10, "CANCELLED", "")[:2]
    undo(batch, by=by, now=NOW)
    assert reader.sees() == {uid: seen_at(second, 10, "CONFIRMED", "1 person goes")}
    cancel_visit(models.Visit.objects.get(pk=visit.pk), code="weather", note="", by=by, now=NOW)
    rebooked = book_to_undo(school, [replace(new, day=third)], by=by, now=NOW, replaces=visit)
    both = reader.sees()
    assert both.pop(uid)[:2] == seen_at(second, 10, "CANCELLED", "")[:2]
    assert list(both.values()) == [seen_at(third, 9, "TENTATIVE", "Nobody goes yet")]
    undo(rebooked, by=by, now=NOW)
    assert reader.sees().keys() == {uid}, "what was booked by mistake stands there no more"


def test_it_costs_the_same_however_much_is_in_it(office: Client, session: models.Session, area: models.Area) -> None:
    address = new_address(office)
    with CaptureQueriesContext(connection) as of_one:
        events_at(address)
    for day in (1, 2):
        factories.SessionFactory(visit__school=factories.SchoolFactory(area=area), day=date(2026, 12, day))
    with CaptureQueriesContext(connection) as of_three:
        assert len(events_at(address)) == 3
    assert len(of_one) == len(of_three)
