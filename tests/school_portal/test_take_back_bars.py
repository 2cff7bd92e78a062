"""In the office: what somebody pressed about what a school said is taken back by the bar that is said after it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from schools import models
from tests.browsing import hidden, take_back
from tests.factories import coordinator_of
from tests.school_portal.changing import NOW, a_far_visit, ask, cancel, change_path, pressed
from tests.school_portal.taking import office_of, press, to_press
from tests.school_portal.visits import BEFORE, a_visit, path_of, sent

pytestmark = pytest.mark.django_db
BAR = 'aria-label="Undo: '
MORNING = datetime(2026, 11, 26, 8, 40, tzinfo=UTC)


def page_of(visit: models.Visit) -> str:
    return reverse("admin:visit-detail", args=[visit.pk])


def page_of_visit(office: Client, visit: models.Visit) -> str:
    return office.get(page_of(visit)).content.decode()


def section(page: str, heading: str) -> str:
    """The part of the page under the heading with this id."""
    return page.partition(f'aria-labelledby="{heading}"')[2].partition("</section>")[0]


def followed(office: Client, visit: models.Visit, typed: dict[str, Any]) -> Any:
    return office.post(page_of(visit), typed, follow=True)


def seen_to(table: Any) -> list[bool]:
    return [row.seen_at is not None for row in table.objects.order_by("pk")]


def colleague_of(visit: models.Visit) -> Client:
    """The office as another coordinator of the area has it."""
    client = Client()
    client.force_login(coordinator_of(models.Area.objects.get(), name="Dee Other"))
    return client


def assert_stays(office: Client, done: Any, table: Any) -> None:
    """Press the bar of what was done long before: a colleague was quicker, and nothing changes."""
    before = list(table.objects.order_by("pk").values())
    assert "Somebody was quicker, so nothing was changed." in take_back(office, done).content.decode()
    assert list(table.objects.order_by("pk").values()) == before


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


@pytest.mark.parametrize(("first", "second"), [("take", "leave"), ("leave", "take"), ("take", "take")])
def test_the_bar_takes_nothing_back_that_a_colleague_has_decided_since(first: str, second: str) -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit = a_visit()
        office, colleague = office_of(visit), colleague_of(visit)
        sent(path_of(visit), parking="By the gate")
        parking = models.SchoolAnswer.objects.get()
        done = followed(office, visit, {"do": first, "answer": to_press(parking)})
        assert press(colleague, visit, "undo-take", parking) == 302
        assert press(colleague, visit, second, parking) == 302
        assert_stays(office, done, models.SchoolAnswer)
        assert models.Visit.objects.get().parking == ("" if second == "leave" else "By the gate")
        assert press(colleague, visit, "undo-take", parking) == 302, "whoever reads how it stands takes that back"
        assert models.SchoolAnswer.objects.get(pk=parking.pk).state == "open"
        assert_stays(office, done, models.SchoolAnswer)


def test_nobody_takes_back_what_they_had_taken_and_taken_again_by_the_bar_of_the_first_time() -> None:
    with time_machine.travel(BEFORE, tick=False) as clock:
        visit = a_visit()
        office = office_of(visit)
        sent(path_of(visit), parking="By the gate")
        parking = models.SchoolAnswer.objects.get()
        done = followed(office, visit, {"do": "take", "answer": to_press(parking)})
        assert press(office, visit, "undo-take", parking) == 302
        clock.shift(timedelta(minutes=1))
        assert press(office, visit, "take", parking) == 302
        assert_stays(office, done, models.SchoolAnswer)


def test_the_bar_takes_nothing_back_where_a_colleague_has_taken_what_the_school_has_said_anew() -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit = a_visit()
        office, colleague = office_of(visit), colleague_of(visit)
        sent(path_of(visit), parking="By the gate")
        parking = models.SchoolAnswer.objects.get()
        done = followed(office, visit, {"do": "take", "answer": to_press(parking)})
        assert press(colleague, visit, "undo-take", parking) == 302
        sent(path_of(visit), parking="Behind the church", by="Sam")
        assert press(colleague, visit, "take", parking) == 302
        assert_stays(office, done, models.SchoolAnswer)
        assert models.Visit.objects.get().parking == "Behind the church"


def test_where_a_colleague_has_decided_anew_about_part_of_it_all_of_it_stays() -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit = a_visit()
        office, colleague = office_of(visit), colleague_of(visit)
        sent(path_of(visit), parking="By the gate", arrival="Ring twice")
        parking, arrival = models.SchoolAnswer.objects.order_by("pk")
        done = followed(office, visit, {"do": "take-all", "answer": to_press(parking, arrival)})
        assert [press(colleague, visit, do, arrival) for do in ("undo-take", "leave")] == [302, 302]
        assert_stays(office, done, models.SchoolAnswer)


def test_the_button_beside_an_answer_takes_back_only_what_its_page_showed() -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit = a_visit()
        office, colleague = office_of(visit), colleague_of(visit)
        sent(path_of(visit), parking="By the gate")
        parking = models.SchoolAnswer.objects.get()
        assert press(office, visit, "take", parking) == 302
        (shown,) = to_press(parking)
        assert f'name="answer" value="{shown}"' in page_of_visit(office, visit)
        assert [press(colleague, visit, do, parking) for do in ("undo-take", "leave")] == [302, 302]
        for stale in (shown, str(parking.pk)):
            answer = followed(office, visit, {"do": "undo-take", "answer": stale})
            assert "Somebody was quicker" in answer.content.decode()
            assert models.SchoolAnswer.objects.get().state == "left"


def test_the_bar_of_an_alarm_takes_nothing_back_that_a_colleague_sees_to_by_now() -> None:
    with time_machine.travel(MORNING, tick=False):
        visit = a_visit()
        office, colleague = office_of(visit), colleague_of(visit)
        Client().post(path_of(visit), {"do": "nobody", "given_by": "Jo Bloggs"})
        pk = models.SchoolAlarm.objects.get().pk
        done = followed(office, visit, {"do": "saw-to", "alarm": pk})
        (shown,) = hidden(section(page_of_visit(office, visit), f"alarm-{pk}"))["alarm"]
        followed(colleague, visit, {"do": "not-seen", "alarm": shown})
        assert seen_to(models.SchoolAlarm) == [False]
        assert_stays(office, done, models.SchoolAlarm)
        followed(colleague, visit, {"do": "saw-to", "alarm": pk})
        assert_stays(office, done, models.SchoolAlarm)
        followed(office, visit, {"do": "not-seen", "alarm": shown})
        assert seen_to(models.SchoolAlarm) == [True], "nor does the button of a page that showed the other"


def test_the_bar_takes_back_no_alarm_that_another_had_seen_to_before() -> None:
    with time_machine.travel(MORNING, tick=False):
        visit = a_visit()
        office, colleague = office_of(visit), colleague_of(visit)
        for do in ("nobody", "call_off"):
            Client().post(path_of(visit), {"do": do, "given_by": "Jo Bloggs"})
        first, second = models.SchoolAlarm.objects.order_by("pk").values_list("pk", flat=True)
        followed(colleague, visit, {"do": "saw-to", "alarm": first})
        take_back(office, followed(office, visit, {"do": "saw-to", "alarm": [first, second]}))
        assert seen_to(models.SchoolAlarm) == [True, False]


@pytest.mark.parametrize("what", ["cancel", "move"])
def test_the_bar_takes_nothing_back_where_a_colleague_has_seen_to_what_a_school_changed_by_now(what: str) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        visit = a_far_visit()
        office, colleague = office_of(visit), colleague_of(visit)
        if what == "cancel":
            cancel(change_path(visit))
        else:
            ask(change_path(visit), "2027-01-12-morning")
        done = followed(office, visit, pressed("change-seen"))
        pk = models.SchoolChange.objects.get().pk
        (shown,) = hidden(section(page_of_visit(office, visit), f"change-{pk}"))["change"]
        assert {"do": "change-not-seen", "change": shown} == pressed("change-not-seen")
        followed(colleague, visit, pressed("change-not-seen"))
        assert seen_to(models.SchoolChange) == [False]
        assert_stays(office, done, models.SchoolChange)
        clock.shift(timedelta(minutes=1))
        followed(colleague, visit, pressed("change-seen"))
        assert_stays(office, done, models.SchoolChange)
        followed(office, visit, {"do": "change-not-seen", "change": shown})
        assert seen_to(models.SchoolChange) == [True], "nor does the button of a page that showed the other"
