"""A date that a school has chosen, and that passed before anybody had booked it: nothing waits for it any more."""

from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from schools import models
from schools.planning.actions import choose_date, lapse_dates
from schools.planning.actions.answers import Chooser
from schools.visits.half_days import HalfDay
from tests.factories import AreaFactory, coordinator_of
from tests.planning.offering import LATER, NOW, WEDNESDAY, a_school, offered, path_to, people

pytestmark = pytest.mark.django_db

LAST, AFTER = (LATER.replace(month=12, day=day) for day in (16, 17))
"""The day that the school chose, and the day after it."""
LINE = "1 school chose a date for which too few people are left"


@pytest.fixture
def area() -> models.Area:
    made: models.Area = AreaFactory()
    return made


@pytest.fixture
def row(area: models.Area) -> models.OfferedDates:
    """Dates of which the school chose the Wednesday, to which nobody could go by then."""
    crew = people(area, 2)
    made = offered(a_school(area), by=coordinator_of(area, name="Cora Nwosu"))
    models.OfferedDates.objects.update(template=None)
    made.refresh_from_db()
    chosen = choose_date(made, WEDNESDAY, Chooser("Pat Head"), now=LATER)
    models.Volunteer.objects.filter(pk__in=[each.pk for each in crew]).update(status="paused")
    lapse_dates(now=LATER)
    return chosen


def at(moment: Any, client: Client, address: str) -> str:
    """What one reads on the page at that moment, without its tags."""
    with time_machine.travel(moment, tick=False):
        return " ".join(unescape(strip_tags(client.get(address).content.decode())).split())


def test_the_school_reads_that_nobody_came_and_not_that_it_is_still_being_planned(row: models.OfferedDates) -> None:
    school = Client()
    assert "Thank you: we have your date" in at(LAST, school, path_to(row))
    page = at(AFTER, school, path_to(row))
    assert "We did not come on the day that you chose" in page
    assert "now plans it and confirms it by mail" not in page


def test_the_office_is_not_asked_for_people_of_a_day_that_has_passed_and_offers_other_dates(row: models.OfferedDates) -> None:
    office = Client()
    with time_machine.travel(LATER, tick=False):
        office.force_login(models.User.objects.get(name="Cora Nwosu"))
    assert LINE in at(LAST, office, reverse("admin:index"))
    home = at(AFTER, office, reverse("admin:index"))
    assert LINE not in home
    assert "1 school asked for a visit and waits for a day" in home
    page = at(AFTER, office, reverse("admin:offer-dates", args=[row.school_id]))
    assert "has chosen a date already" not in page
    people(models.Area.objects.get(), 2)
    fresh = [HalfDay(date(2027, 1, day), is_afternoon=False) for day in (19, 20, 21)]
    newer = offered(row.school, fresh, now=AFTER)
    assert newer.visit_id in {None, row.visit_id}
    assert "We have offered you other dates since" in at(AFTER + timedelta(minutes=5), Client(), path_to(row))


def test_a_choice_that_has_passed_keeps_nobody_from_other_schools(row: models.OfferedDates) -> None:
    holding = models.OfferedDates.objects.holding
    assert (row in holding(on=NOW.date()), row in holding(on=LAST.date()), row in holding(on=AFTER.date())) == (True, True, False)
