"""A page that comes back for whatever reason says that the visit has changed meanwhile: the next press counts it as read."""

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from schools import models
from schools.school_portal.views.visits import MOST_POSTS
from tests.school_portal.changing import NOW, a_far_visit, ask, boxes, change_path
from tests.school_portal.test_wishes_met import OTHER, WISHED, moved

pytestmark = pytest.mark.django_db

CHANGED = "This visit has changed since you opened the page."


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


@pytest.fixture
def visit() -> models.Visit:
    return a_far_visit()


@pytest.mark.parametrize("do", ["cancel", "move"])
def test_where_a_name_is_missing_too_the_page_says_that_the_visit_was_moved_meanwhile(visit: models.Visit, do: str) -> None:
    path = change_path(visit)
    typed = boxes(path, do)
    moved(visit, 7)
    answer = Client().post(path, typed)
    shown = answer.content.decode()
    assert answer.status_code == 409
    assert CHANGED in shown
    assert "Why: choose what comes nearest." in shown
    again = {**typed, "seen": dict(answer.context["forms"][do].shown)["seen"]}
    assert CHANGED not in Client().post(path, again).content.decode(), "that was read"


def test_where_a_name_is_missing_too_what_a_colleague_asked_for_is_read_before_it_is_taken_back(
    visit: models.Visit, clock: time_machine.Traveller
) -> None:
    path = change_path(visit)
    ask(path, WISHED)
    unnamed = {"do": "take-back", "seen": Client().get(path).context["page"].seen}
    assert CHANGED not in Client().post(path, unnamed).content.decode()
    clock.shift(60)
    ask(path, OTHER, by="Sam")
    assert CHANGED in Client().post(path, unnamed).content.decode()


def test_who_has_to_wait_reads_that_the_visit_was_moved_meanwhile(visit: models.Visit) -> None:
    path = change_path(visit)
    typed = boxes(path)
    for _ in range(MOST_POSTS):
        Client().post(path, typed)
    assert CHANGED not in Client().post(path, typed).content.decode()
    moved(visit, 7)
    answer = Client().post(path, typed)
    assert answer.status_code == 429
    assert CHANGED in answer.content.decode()
