"""Each page asks a fixed number of questions, however much there is: a phone with a weak signal waits for every one."""

from datetime import date
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from schools.volunteers.models import Volunteer
from tests.factories import AreaFactory, able_volunteer
from tests.portal.pages import BEFORE, client_of, morning_at, school_in

pytestmark = pytest.mark.django_db

QUERIES = {
    "home": 7,
    "open-list": 8,
    "take": 8,
    "calendar": 5,
    "me": 8,
    "week": 4,
    "away": 3,
    "profile": 3,
    "change-address": 2,
    "give-back": 5,
    "told": 6,
    "usersessions_list": 3,
    "mfa_list_webauthn": 3,
}
"""The sign-in's session, the user and the volunteer are three of them; counts of other pages stand with their tests."""


def _full(volunteer: Volunteer, how_much: int) -> dict[str, list[Any]]:
    """Mornings, partners, days away and open mornings, so many of each; the addresses of one of them."""
    area = volunteer.areas.get()
    for number in range(how_much):
        mine, _ = morning_at(
            school_in(area), volunteer, *(able_volunteer(area) for _ in range(number)), day=date(2026, 11, 26 + number)
        )
        free, _ = morning_at(school_in(area), able_volunteer(area), day=date(2026, 12, 1 + number))
        volunteer.aways.create(first_day=date(2026, 12, 20 + number), last_day=date(2026, 12, 20 + number))
    for weekday in range(2 + how_much):
        volunteer.availabilities.create(weekday=weekday, part="morning")
    own = [mine.visit_id, mine.day]
    return {"take": [free.visit_id, free.day], "give-back": own, "told": own}


@pytest.mark.parametrize("name", QUERIES)
@time_machine.travel(BEFORE)
def test_a_page_costs_the_same_of_little_and_of_much(name: str, django_assert_num_queries: Any) -> None:
    area = AreaFactory(duty_phone="+441228606060")
    for how_much in (1, 3):
        volunteer = able_volunteer(area, signs_in=True)
        address = reverse(name, args=_full(volunteer, how_much).get(name, []))
        client = client_of(volunteer)
        with django_assert_num_queries(QUERIES[name]):
            assert client.get(address).status_code == 200
