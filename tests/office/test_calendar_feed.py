"""The secret address from which a coordinator’s own calendar reads the visits of their areas, as of the moment of reading."""

from datetime import date, datetime, time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from schools import models
from schools.office.calendar.feed_views import MOST_READS
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(area: models.Area) -> models.Session:
    school = factories.SchoolFactory(area=area, name="Ashfield Primary")
    made: models.Session = factories.SessionFactory(visit__school=school)
    factories.CoverFactory(session=made, volunteer=factories.able_volunteer(area, name="Asha Patel"))
    return made


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


def test_it_costs_the_same_however_much_is_in_it(office: Client, session: models.Session, area: models.Area) -> None:
    address = new_address(office)
    with CaptureQueriesContext(connection) as of_one:
        events_at(address)
    for day in (1, 2):
        factories.SessionFactory(visit__school=factories.SchoolFactory(area=area), day=date(2026, 12, day))
    with CaptureQueriesContext(connection) as of_three:
        assert len(events_at(address)) == 3
    assert len(of_one) == len(of_three)
