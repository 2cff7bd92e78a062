"""In the office: what somebody pressed about what a school said is taken back by the bar that is said after it."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from schools import models
from tests.browsing import take_back
from tests.school_portal.changing import NOW, a_far_visit, ask, cancel, change_path, pressed
from tests.school_portal.taking import office_of, to_press
from tests.school_portal.visits import BEFORE, a_visit, path_of, sent

pytestmark = pytest.mark.django_db
BAR = 'aria-label="Undo: '
MORNING = datetime(2026, 11, 26, 8, 40, tzinfo=UTC)


def page_of(visit: models.Visit) -> str:
    return reverse("admin:visit-detail", args=[visit.pk])


def followed(office: Client, visit: models.Visit, typed: dict[str, Any]) -> Any:
    return office.post(page_of(visit), typed, follow=True)


def seen_to(table: Any) -> list[bool]:
    return [row.seen_at is not None for row in table.objects.order_by("pk")]


def test_that_somebody_saw_to_another_day_that_a_school_asks_for() -> None:
    with time_machine.travel(NOW, tick=False):
        visit = a_far_visit()
        office = office_of(visit)
        ask(change_path(visit), "2027-01-12-morning")
        typed = pressed("change-seen")
        done = followed(office, visit, typed)
        assert seen_to(models.SchoolChange) == [True]
        again = followed(office, visit, typed)
        assert (BAR in again.content.decode(), "Somebody was quicker" in again.content.decode()) == (False, True)
        take_back(office, done)
        assert seen_to(models.SchoolChange) == [False]


def test_a_mail_that_the_day_stands_has_no_bar_since_it_goes_at_once() -> None:
    with time_machine.travel(NOW, tick=False):
        visit = a_far_visit()
        ask(change_path(visit), "2027-01-12-morning")
        assert BAR not in followed(office_of(visit), visit, pressed("change-stands")).content.decode()


def test_the_bar_takes_nothing_back_that_the_school_has_said_anew() -> None:
    with time_machine.travel(NOW, tick=False):
        visit = a_far_visit()
        office = office_of(visit)
        ask(change_path(visit), "2027-01-12-morning")
        done = followed(office, visit, pressed("change-seen"))
        ask(change_path(visit), "2027-01-13-afternoon", by="Sam")
        answer = " ".join(take_back(office, done).content.decode().split())
        assert "the school has said it anew, or taken it back, since you opened the page." in answer


def test_that_somebody_saw_to_a_cancellation() -> None:
    with time_machine.travel(NOW, tick=False):
        visit = a_far_visit()
        office = office_of(visit)
        cancel(change_path(visit))
        done = followed(office, visit, pressed("change-seen"))
        assert seen_to(models.SchoolChange) == [True]
        take_back(office, done)
        assert seen_to(models.SchoolChange) == [False]


def test_that_somebody_saw_to_an_alarm_of_the_day() -> None:
    with time_machine.travel(MORNING, tick=False):
        visit = a_visit()
        office = office_of(visit)
        Client().post(path_of(visit), {"do": "nobody", "given_by": "Jo Bloggs"})
        done = followed(office, visit, {"do": "saw-to", "alarm": models.SchoolAlarm.objects.get().pk})
        assert seen_to(models.SchoolAlarm) == [True]
        again = followed(office, visit, {"do": "saw-to", "alarm": models.SchoolAlarm.objects.get().pk})
        assert BAR not in again.content.decode(), "a colleague was quicker, and it is theirs to take back"
        take_back(office, done)
        assert seen_to(models.SchoolAlarm) == [False]


def test_what_a_colleague_has_taken_meanwhile_stays_taken() -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit = a_visit()
        office = office_of(visit)
        sent(path_of(visit), parking="By the gate", arrival="Ring twice")
        parking, arrival = models.SchoolAnswer.objects.order_by("pk")
        shown = to_press(parking, arrival)
        followed(office, visit, {"do": "take", "answer": to_press(parking)})
        take_back(office, followed(office, visit, {"do": "take-all", "answer": shown}))
        assert dict(models.SchoolAnswer.objects.values_list("pk", "state")) == {parking.pk: "taken", arrival.pk: "open"}


@pytest.mark.parametrize("do", ["take", "take-all", "leave"])
def test_that_what_a_school_said_was_taken_or_left(do: str) -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit = a_visit()
        office = office_of(visit)
        sent(path_of(visit), parking="By the gate", arrival="Ring twice")
        before = models.Visit.objects.values("parking", "arrival_notes").get()
        answers = models.SchoolAnswer.objects.order_by("pk")
        shown = to_press(*(answers if do == "take-all" else answers[:1]))
        done = followed(office, visit, {"do": do, "answer": shown})
        assert models.SchoolAnswer.objects.filter(state="open").count() == 2 - len(shown)
        assert (models.Visit.objects.values("parking", "arrival_notes").get() == before) is (do == "leave")
        take_back(office, done)
        assert models.SchoolAnswer.objects.filter(state="open").count() == 2
        assert models.Visit.objects.values("parking", "arrival_notes").get() == before
