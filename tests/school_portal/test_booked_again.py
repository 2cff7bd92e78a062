"""A visit was cancelled and booked again: no page of the old one says that nothing comes, or asks them to ask once more."""

from datetime import date
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from schools import models
from schools.planning.actions.answers import Chooser
from schools.planning.actions.dates import choose_date
from tests.factories import AreaFactory, SessionFactory, VisitFactory, coordinator_of
from tests.planning.offering import LATER, TUESDAY, offered, path_to, people
from tests.planning.offering import a_school as a_school_with_people
from tests.school_portal.asking import NOW, a_school, asked_and_confirmed, open_the_door, page
from tests.school_portal.visits import BEFORE, a_guest, a_visit, path_of

pytestmark = pytest.mark.django_db

DAYS = (date(2027, 1, 12), date(2027, 1, 14))
PLANNED = "Another visit is planned instead: Tue 12 January 2027 and Thu 14 January 2027."
NOT_AGREED = "We are planning another one instead. Its day is not agreed yet."
ASK_AGAIN = ("Ask for another", "Ask for a visit", "If you would like", "Nothing is planned")


def booked_again(visit: models.Visit, **fields: Any) -> models.Visit:
    """The office cancels it, and plans another on two days of January."""
    models.Visit.objects.filter(pk=visit.pk).update(stage="cancelled", cancelled_code="volunteers")
    wanted = {"school": visit.school, "contact": visit.contact, "replaces": visit, "stage": "confirmed", "agreed_on": NOW.date()}
    again: models.Visit = VisitFactory(**(wanted | fields))
    for day in DAYS:
        SessionFactory(visit=again, day=day)
    return again


def says_what_is_planned(path: str, again: models.Visit) -> None:
    shown = page(path)
    assert PLANNED in shown
    assert [words for words in ASK_AGAIN if words in shown] == []
    link = shown.partition('href="/school/')[2].partition('"')[0]
    assert "Our visit" in page(f"/school/{link}")
    models.Visit.objects.filter(pk=again.pk).update(stage="planned", agreed_on=None)
    shown = page(path)
    assert NOT_AGREED in shown
    assert [words for words in ASK_AGAIN if words in shown] == []
    models.Visit.objects.filter(pk=again.pk).update(stage="cancelled", cancelled_code="school")
    shown = page(path)
    assert "instead" not in shown
    assert [words for words in ASK_AGAIN if words in shown], "nothing is planned any more"


def test_the_page_of_a_visit_that_was_booked_again_leads_to_the_new_one() -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit = a_visit()
        says_what_is_planned(path_of(visit), booked_again(visit))


def test_the_page_of_a_visit_that_was_booked_again_twice_leads_to_the_last_one() -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit = a_visit()
        between = booked_again(visit)
        says_what_is_planned(path_of(visit), booked_again(between))


def test_where_the_one_between_was_cancelled_session_by_session_the_last_one_counts_as_well() -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit = a_visit()
        between = booked_again(visit)
        last = booked_again(between)
        models.Visit.objects.filter(pk=between.pk).update(stage="confirmed", cancelled_code="")
        between.sessions.update(stage="cancelled", cancelled_code="school")
        says_what_is_planned(path_of(visit), last)


def test_visits_that_are_booked_again_in_a_circle_are_followed_to_no_end() -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit = a_visit()
        between = booked_again(visit)
        models.Visit.objects.filter(pk=between.pk).update(stage="cancelled", cancelled_code="school")
        models.Visit.objects.filter(pk=visit.pk).update(replaces=between)
        assert "instead" not in page(path_of(visit))


def test_the_page_to_move_or_cancel_it_says_what_is_planned_instead_and_a_guest_does_not_read_it() -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit = a_visit()
        guest = a_guest(visit)
        booked_again(visit)
        shown = page(f"{path_of(visit)}change/")
        assert PLANNED in shown
        assert "This visit was cancelled already: nobody comes." in shown
        assert PLANNED not in page(f"{path_of(visit, guest)}change/")


def test_the_link_of_dates_whose_visit_was_booked_again_leads_to_the_new_one() -> None:
    with time_machine.travel(LATER, tick=False):
        area = AreaFactory()
        coordinator_of(area)
        people(area, 4)
        row = offered(a_school_with_people(area))
        path = path_to(row)
        visit = choose_date(row, TUESDAY, Chooser("Pat Head"), now=LATER).visit
        assert visit
        page(path)
        says_what_is_planned(path, booked_again(visit))


def test_the_request_whose_visit_was_booked_again_says_what_is_planned() -> None:
    open_the_door()
    with time_machine.travel(NOW, tick=False):
        school = a_school()
        models.Contact.objects.create(school=school, name="Pat Head", email="pat@fern.example.org")
        path = asked_and_confirmed(school)
        again = booked_again(models.Visit.objects.get())
        shown = page(path)
        assert PLANNED in shown
        assert reverse("ask") not in shown
        models.Visit.objects.filter(pk=again.pk).update(stage="declined")
        assert reverse("ask") in page(path)
