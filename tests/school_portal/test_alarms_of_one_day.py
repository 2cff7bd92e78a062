"""Sessions of a morning and of an afternoon: that nobody came to the one hinders nobody from saying so of the other."""

from collections.abc import Iterator
from datetime import UTC, datetime, time

import pytest
import time_machine
from django.core import mail

from schools import models
from schools.visits.queries import outstanding
from tests.news import tell_and_send
from tests.school_portal.taking import office_of, page_of
from tests.school_portal.test_on_the_day import KINDS, buttons, press
from tests.school_portal.visits import a_visit, path_of

pytestmark = pytest.mark.django_db


def clock(hour: int, minute: int) -> datetime:
    return datetime(2026, 11, 26, hour, minute, tzinfo=UTC)


MORNING, AFTERNOON = clock(9, 20), clock(13, 40)


@pytest.fixture(autouse=True)
def traveller() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def visit() -> models.Visit:
    """One session at 9:15, and one at 13:30."""
    made = a_visit()
    morning, afternoon = made.sessions.order_by("starts")
    models.Session.objects.filter(pk=morning.pk).update(starts=time(9, 15), ends=time(10))
    models.Session.objects.filter(pk=afternoon.pk).update(starts=time(13, 30), ends=time(14, 15))
    return made


def said_in_the_morning(visit: models.Visit) -> str:
    """That nobody came, of which everybody was told, and to which the office saw."""
    path = path_of(visit)
    press(path, "nobody")
    tell_and_send(MORNING, kinds=KINDS)
    models.SchoolAlarm.objects.update(seen_at=MORNING, seen_by=visit.coordinator)
    mail.outbox.clear()
    return path


def test_once_the_morning_is_reported_the_school_can_say_of_the_afternoon_that_nobody_came(
    visit: models.Visit, traveller: time_machine.Traveller
) -> None:
    path = said_in_the_morning(visit)
    visit.sessions.filter(starts=time(9, 15)).update(stage="delivered", went_ahead="yes", recorded_at=clock(10, 5))
    traveller.move_to(AFTERNOON)
    assert "nobody" in buttons(path)
    assert press(path, "nobody", by="Sam").status_code == 302
    old, new = models.SchoolAlarm.objects.order_by("pk")
    assert (old.over_at, old.over_by) == (AFTERNOON, "Sam")
    assert (new.at, new.given_by, new.over_at, new.seen_at) == (AFTERNOON, "Sam", None, None)
    tell_and_send(AFTERNOON, kinds=KINDS)
    assert visit.coordinator
    assert sum(message.to == [visit.coordinator.email] for message in mail.outbox) == 1, "nobody is told that the old one is over"
    assert outstanding.with_alarms(models.Visit.objects.all()).get() == visit, "it is a line on home again"
    assert "nobody" not in buttons(path)
    press(path, "nobody")
    assert models.SchoolAlarm.objects.count() == 2, "said again, it is the same alarm"
    text = " ".join(page_of(office_of(visit), visit).split())
    assert "took it back" not in text, "nobody had come in the morning"
    assert "Sam said the same again on Thu 26 November 2026 at 1:40 pm, of the rest of the day: that took its place." in text
    traveller.move_to(clock(13, 50))
    press(path, "here", by="Sam")
    text = " ".join(page_of(office_of(visit), visit).split())
    assert text.count("took it back") == 1, "that of the afternoon alone"


def test_while_somebody_may_be_missing_still_in_the_morning_it_is_the_same_alarm_in_the_afternoon(
    visit: models.Visit, traveller: time_machine.Traveller
) -> None:
    path = said_in_the_morning(visit)
    traveller.move_to(AFTERNOON)
    assert "nobody" not in buttons(path)
    press(path, "nobody")
    assert models.SchoolAlarm.objects.count() == 1
