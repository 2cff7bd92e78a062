"""What links of dates and of requests say once the office has changed the visit, or the school got another number."""

from collections.abc import Iterator
from datetime import date, time, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from schools import models
from schools.planning.actions.answers import Chooser
from schools.planning.actions.dates import choose_date
from schools.visits.actions import cancel_session
from tests.factories import AreaFactory, SchoolFactory, SessionFactory, VisitFactory, coordinator_of, manager
from tests.planning.offering import LATER, TUESDAY, offered, path_to, people
from tests.planning.offering import a_school as a_school_with_people
from tests.school_portal.asking import NOW, a_school, asked_and_confirmed, open_the_door, page, text

pytestmark = pytest.mark.django_db

OFF, OVER = "does not take place", "is over"


@pytest.fixture
def row() -> Iterator[models.OfferedDates]:
    with time_machine.travel(LATER, tick=False):
        area = AreaFactory()
        coordinator_of(area)
        people(area, 4)
        yield offered(a_school_with_people(area))


def chosen(row: models.OfferedDates) -> models.Visit:
    visit = choose_date(row, TUESDAY, Chooser("Pat Head"), now=LATER).visit
    assert visit
    return visit


def called_off(visit: models.Visit) -> None:
    """The office cancels each session by itself, which leaves the visit as it is."""
    for session in visit.sessions.all():
        cancel_session(session, code="volunteers", note="", by=manager(), now=NOW)
    visit.refresh_from_db()
    assert visit.stage == "confirmed"


def test_in_the_other_half_of_the_chosen_day_the_visit_is_not_where_the_school_chose(row: models.OfferedDates) -> None:
    visit = chosen(row)
    visit.sessions.update(starts=time(13, 15), ends=time(13, 45))
    shown = page(path_to(row))
    assert "your visit is booked" not in shown
    assert "Pat Head had chosen Tue 15 December 2026, morning" in shown


def test_dates_of_a_visit_whose_sessions_were_cancelled_one_by_one_say_that_it_does_not_take_place(
    row: models.OfferedDates,
) -> None:
    called_off(chosen(row))
    shown = page(path_to(row))
    assert f"This visit {OFF}" in shown
    assert OVER not in shown


def test_the_request_for_a_visit_whose_sessions_were_cancelled_one_by_one_says_that_it_does_not_take_place() -> None:
    open_the_door()
    with time_machine.travel(NOW, tick=False):
        school = a_school()
        models.Contact.objects.create(school=school, name="Pat Head", email="pat@fern.example.org")
        visit = VisitFactory(school=school, stage="confirmed", agreed_on=NOW.date())
        SessionFactory(visit=visit, day=date(2026, 12, 15))
        path = asked_and_confirmed(school)
        assert "A visit to your school is planned" in page(path)
        called_off(visit)
        shown = page(path)
        assert OFF in shown
        assert OVER not in shown
        assert reverse("ask") in shown


def test_the_request_of_which_a_visit_became_does_not_speak_of_one_that_was_there_before() -> None:
    open_the_door()
    with time_machine.travel(NOW, tick=False):
        school = a_school()
        models.Contact.objects.create(school=school, name="Pat Head", email="pat@fern.example.org")
        path = asked_and_confirmed(school)
        visit = models.Visit.objects.get()
        SessionFactory(visit=visit, day=date(2026, 12, 15))
        models.Visit.objects.update(stage="confirmed", agreed_on=NOW.date())
        shown = page(path)
        assert "A visit to your school is planned." in shown
        assert "already" not in shown
    with time_machine.travel(NOW + timedelta(days=30), tick=False):
        shown = page(path)
        assert "The visit is over." in shown
        assert "when you asked" not in shown


def test_the_link_of_dates_tells_nobody_that_they_left_once_the_school_has_another_number(row: models.OfferedDates) -> None:
    path, new = path_to(row), SchoolFactory(name="Fern Academy")
    models.School.objects.filter(pk__in=[row.school_id, new.pk]).update(chain=row.school_id)
    models.Contact.objects.filter(school=row.school_id).update(school=new)
    assert "It was ended" in text(Client().get(path), 404)
    models.Contact.objects.filter(school=new).update(school=SchoolFactory(name="Moss Primary"))
    assert "where they are not any more" in text(Client().get(path), 404)
