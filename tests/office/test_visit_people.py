"""People are put on several days of a visit on its page: who could for all of it, what does not fit for whom, and the undo."""

import re
from datetime import date, time

import pytest
from django.test import Client
from django.urls import reverse

from schools import models
from tests import factories
from tests.browsing import hidden
from tests.office.test_held_pages import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(area: models.Area) -> models.Visit:
    session = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area, name="Ashfield"))
    factories.SessionFactory(visit=session.visit, day=date(2026, 11, 27), starts=time(13), ends=time(13, 30))
    made: models.Visit = session.visit
    return made


def address(visit: models.Visit) -> str:
    return reverse("admin:visit-detail", args=[visit.pk])


def boxes(body: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'name="person"\s+value="(\d+)"', body)]


def test_two_people_are_ticked_and_put_on_both_days_and_it_is_undone(
    office: Client, visit: models.Visit, area: models.Area
) -> None:
    people = [factories.able_volunteer(area, signs_in=True, name=name) for name in ("Asha Rao", "Ben Osei")]
    page = office.get(address(visit)).content.decode()
    assert boxes(page) == [person.pk for person in people]
    sessions = hidden(page)["session"]
    done = office.post(address(visit), {"do": "put-on", "person": boxes(page), "session": sessions}, follow=True)
    shown = words(done.content.decode())
    assert "✓ Put 2 people on 2 sessions at Ashfield." in shown
    assert "Asha Rao and Ben Osei are on it now." in shown
    assert "2 messages wait until 8:51:00 am" in shown
    assert models.Cover.objects.filter(state="accepted").count() == 4
    assert "Put people on" not in shown, "nothing needs anybody any more"
    office.post(reverse("admin:batch", args=[models.Batch.objects.get().pk]), {"do": "undo"})
    assert not models.Cover.objects.exists()


def test_who_cannot_take_all_of_it_is_named_with_the_session_and_can_take_the_rest(
    office: Client, visit: models.Visit, area: models.Area
) -> None:
    busy = factories.able_volunteer(area, name="Cal Dunn")
    other = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area, name="Birch"))
    factories.CoverFactory(session=other, volunteer=busy)
    page = office.get(address(visit)).content.decode()
    assert boxes(page) == []
    assert "Cal Dunn" in words(page)
    assert "Thu 26 November 2026, 9:15–9:45 am: Cal Dunn is at Birch" in words(page)
    friday = next(value for value in re.findall(r'name="session"\s+value="([^"]+)"', page) if "2026-11-27" in value)
    narrowed = office.get(address(visit), {"session": friday}).content.decode()
    assert boxes(narrowed) == [busy.pk]
    assert set(hidden(narrowed)["session"]) == {friday}


def test_of_what_is_at_the_same_time_one_is_offered_after_the_other(
    office: Client, visit: models.Visit, area: models.Area
) -> None:
    beside = factories.SessionFactory(visit=visit, starts=time(9, 30), ends=time(10))
    person = factories.able_volunteer(area)
    page = office.get(address(visit)).content.decode()
    assert "2 of 3 sessions that need people" in words(page)
    assert boxes(page) == [person.pk]
    assert not any(value.startswith(f"{beside.pk} ") for value in hidden(page)["session"])
    every = re.findall(r'type="checkbox"\s+name="session"\s+value="([^"]+)"', page)
    assert len(every) == 3
    clashing = office.get(address(visit), {"session": every}).content.decode()
    assert "are at the same time. Untick one of them." in words(clashing)
    assert boxes(clashing) == []


def test_a_refusal_keeps_what_was_ticked_and_typed(office: Client, visit: models.Visit, area: models.Area) -> None:
    people = [factories.able_volunteer(area, name=name) for name in ("Asha Rao", "Ben Osei", "Cal Dunn")]
    page = office.get(address(visit)).content.decode()
    posted = {"do": "put-on", "person": [one.pk for one in people], "session": hidden(page)["session"], "note": "All said yes."}
    refused = office.post(address(visit), posted).content.decode()
    assert "has all the people it needs now" in refused
    assert len(re.findall(r'id="person-\d+" checked', refused)) == 3
    assert "All said yes." in refused
    assert not models.Cover.objects.exists()
    assert "Tick somebody" in office.post(address(visit), {"do": "put-on", "session": posted["session"]}).content.decode()


def test_nobody_of_another_area_is_put_on_and_nobody_from_there_sees_the_visit(
    office: Client, visit: models.Visit, elsewhere: models.Area
) -> None:
    stranger = factories.able_volunteer(elsewhere, name="Far Away")
    page = office.get(address(visit)).content.decode()
    assert "Far Away" not in page
    posted = {"do": "put-on", "person": stranger.pk, "session": hidden(page)["session"]}
    assert "can’t be chosen here any more" in office.post(address(visit), posted).content.decode()
    theirs = Client()
    theirs.force_login(factories.coordinator_of(elsewhere))
    assert theirs.post(address(visit), posted).status_code == 404
    assert not models.Cover.objects.exists()


@pytest.mark.parametrize("text", ["", "²", "9" * 30, "1 2026-11-26", "1 x y z", "1 2026-11-26 09:15 25:00"])
def test_sessions_that_make_no_sense_count_as_nothing(office: Client, visit: models.Visit, area: models.Area, text: str) -> None:
    person = factories.able_volunteer(area)
    assert office.get(address(visit), {"session": text}).status_code == 200
    refused = office.post(address(visit), {"do": "put-on", "person": person.pk, "session": text})
    assert "Tick at least one session" in refused.content.decode()


def test_two_people_are_put_on_a_morning_at_once_on_its_own_page(office: Client, visit: models.Visit, area: models.Area) -> None:
    people = [factories.able_volunteer(area, signs_in=True) for _ in range(2)]
    day = reverse("admin:visit-day", args=[visit.pk, date(2026, 11, 26)])
    posted = {"do": "assign", "cover-volunteer": [one.pk for one in people], "role": "presenter"}
    done = words(office.post(day, posted, follow=True).content.decode())
    assert "on 1 session at Ashfield." in done
    assert "Undo this" in done
    assert models.Cover.objects.filter(state="accepted", session__day=date(2026, 11, 26)).count() == 2
