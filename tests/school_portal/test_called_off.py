"""A call-off goes at once, and the office ends it where the school says on the phone that the day takes place after all."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse

from schools import models
from schools.visits.actions import take_off
from schools.visits.actions.undoable import held
from schools.visits.queries import VisitDay
from tests.factories import CoverFactory, able_volunteer
from tests.news import drafts, tell, tell_and_send
from tests.school_portal.taking import office_of, page_of
from tests.school_portal.test_on_the_day import MORNING, press
from tests.school_portal.visits import DAY, a_visit, path_of

pytestmark = pytest.mark.django_db
AFTER_ALL = {"do": "after-all"}


@pytest.fixture(autouse=True)
def _morning() -> Iterator[None]:
    with time_machine.travel(MORNING, tick=False):
        yield


@pytest.fixture
def visit() -> models.Visit:
    made = a_visit()
    CoverFactory(session=made.sessions.order_by("starts")[0], volunteer=able_volunteer(name="Cleo Way", signs_in=True))
    return made


def test_the_office_ends_a_call_off_and_who_had_heard_of_it_hears_that(visit: models.Visit) -> None:
    press(path_of(visit), "call_off")
    assert tell_and_send(MORNING, kinds=["morning-alarm"]) == 1
    office, alarm = office_of(visit), models.SchoolAlarm.objects.get()
    assert "It takes place after all" in page_of(office, visit)
    address = reverse("admin:visit-detail", args=[visit.pk])
    assert office.post(address, {**AFTER_ALL, "alarm": alarm.pk}).status_code == 302
    assert office.post(address, {**AFTER_ALL, "alarm": alarm.pk}).status_code == 302, "pressed twice"
    alarm.refresh_from_db()
    assert (alarm.over_at, alarm.over_by, alarm.seen_by) == (MORNING, "The office", visit.coordinator)
    assert "The office took it back" in page_of(office, visit)
    mail.outbox.clear()
    assert tell_and_send(MORNING + timedelta(minutes=1), kinds=["morning-alarm"]) == 1
    assert len(mail.outbox) == 1
    assert len(drafts("evening", MORNING - timedelta(hours=15))) == 1, "they are reminded again"


def test_what_was_said_and_seen_to_the_evening_before_is_shown_the_next_morning_with_its_day(visit: models.Visit) -> None:
    path, evening = path_of(visit), MORNING - timedelta(hours=14)
    with time_machine.travel(evening, tick=False):
        press(path, "call_off")
        assert "Jo Bloggs said so at 6:40 pm." in Client().get(path).content.decode()
    models.SchoolAlarm.objects.update(seen_at=evening + timedelta(hours=1), seen_by=visit.coordinator)
    shown = Client().get(path).content.decode()
    assert "Called off: Jo Bloggs said so at 6:40 pm, Wed 25 November 2026." in shown
    assert "Cora Nwosu saw to it at 7:40 pm, Wed 25 November 2026." in shown


def test_only_a_call_off_ends_so_and_no_strangers_one(visit: models.Visit) -> None:
    press(path_of(visit), "nobody")
    alarm, address = models.SchoolAlarm.objects.get(), reverse("admin:visit-detail", args=[visit.pk])
    office_of(visit).post(address, {**AFTER_ALL, "alarm": alarm.pk})
    assert Client().post(address, {**AFTER_ALL, "alarm": alarm.pk}).status_code == 302
    alarm.refresh_from_db()
    assert alarm.over_at is None


def test_what_the_office_did_a_moment_ago_keeps_no_call_off_back(visit: models.Visit) -> None:
    other = CoverFactory(session=visit.sessions.order_by("starts")[1], volunteer=able_volunteer(name="Ben Out")).volunteer
    by = visit.coordinator
    assert by
    batch = held(lambda: take_off(VisitDay(visit, DAY), other, by=by, now=MORNING), now=MORNING)
    assert batch.visits == [visit.pk]
    press(path_of(visit), "call_off")
    tell(MORNING, kinds=["morning-alarm"])
    waiting = models.OutboxMessage.objects.filter(kind="morning-alarm")
    assert {message.next_try for message in waiting} == {None}
