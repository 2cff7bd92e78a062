"""A visit of two days in a row: what a school says on the day is about the day that its page showed."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from schools import models
from tests.factories import SessionFactory
from tests.school_portal.visits import DAY, a_visit, path_of

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
EVENING = datetime(2026, 11, 26, 17, 5, tzinfo=UTC)
"""From 17:00 the page is about the next day."""
NEXT = date(2026, 11, 27)


@pytest.fixture
def path() -> str:
    visit = a_visit()
    SessionFactory(visit=visit, day=NEXT)
    return path_of(visit)


def boxes(answer: Any) -> dict[str, str]:
    """What a browser sends of the page’s form of alarms."""
    page = answer.content.decode()
    [day] = re.findall(r'<input type="hidden" name="day" value="([\d-]+)">', page)
    assert f"What you send here is about {date.fromisoformat(day):%a %-d %B %Y}," in page
    return {"day": day, "given_by": "Jo Bloggs"}


def opened(path: str, at: datetime) -> dict[str, str]:
    with time_machine.travel(at, tick=False):
        return boxes(Client().get(path))


def press(path: str, do: str, sends: dict[str, str], at: datetime) -> Any:
    with time_machine.travel(at, tick=False):
        return Client().post(path, {**sends, "do": do})


def standing() -> list[tuple[str, date]]:
    return list(models.SchoolAlarm.objects.standing().order_by("day").values_list("what", "day"))


def test_a_page_that_was_left_open_calls_off_no_other_day(path: str) -> None:
    of_the_morning = opened(path, MORNING)
    answer = press(path, "call_off", of_the_morning, EVENING)
    assert answer.status_code == 409
    assert "Nobody is told anything: this page is about Fri 27 November 2026 by now." in answer.content.decode()
    assert standing() == []
    assert press(path, "call_off", boxes(answer), EVENING).status_code == 302
    assert standing() == [("call_off", NEXT)]


def test_a_page_that_was_left_open_takes_back_nothing_of_another_day(path: str) -> None:
    of_the_morning = opened(path, MORNING)
    assert press(path, "call_off", of_the_morning, MORNING).status_code == 302
    assert press(path, "call_off", opened(path, EVENING), EVENING).status_code == 302
    assert press(path, "on", of_the_morning, EVENING).status_code == 409
    assert standing() == [("call_off", DAY), ("call_off", NEXT)]
