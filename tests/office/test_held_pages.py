"""The look of a bulk act shows who is told what; the bar after it says until when nobody hears of an undo, and what went."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from schools import models
from schools.messages.actions import deliver_due
from tests import factories
from tests.browsing import hidden
from tests.office.conftest import NOW

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 27)
SNOW = "/admin/bulk/cancel-day/?day=2026-11-27"
RELEASED = timedelta(seconds=65)


def agreed(area: models.Area, name: str, *, people: int = 2) -> models.Session:
    school = factories.SchoolFactory(area=area, name=name)
    models.Contact.objects.create(school=school, name="Ruth Head", email=f"{name.lower()}@schools.example.org")
    made: models.Session = factories.SessionFactory(
        visit__school=school,
        visit__stage="confirmed",
        visit__agreed_on=date(2026, 11, 20),
        visit__agreed_with="Ruth Head",
        day=DAY,
    )
    for number in range(people):
        volunteer = factories.able_volunteer(area, signs_in=True, name=f"{name} Person {number}")
        factories.CoverFactory(session=made, volunteer=volunteer)
    return made


@pytest.fixture
def session(area: models.Area) -> models.Session:
    made = agreed(area, "Ashfield")
    factories.CoverFactory(session=made, volunteer=factories.able_volunteer(area, name="Olwen No Mail"))
    return made


def everything() -> list[str]:
    return [str(pk) for pk in models.Session.objects.scheduled().values_list("pk", flat=True)]


def looked_at(office: Client) -> str:
    return office.post(SNOW, {"row": everything(), "code": "weather", "note": "", "do": "look"}).content.decode()


def snowed(office: Client, *, follow: bool = False) -> HttpResponse:
    """The button of the page, which needs no look before it."""
    answer: Any = office.post(SNOW, {"row": everything(), "code": "weather", "note": "", "do": "go"}, follow=follow)
    return answer  # type: ignore[no-any-return]  # the test client has a type of its own


def words(body: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", body))


def test_the_look_shows_each_reader_with_the_words_and_who_is_phoned(office: Client, session: models.Session) -> None:
    body = words(looked_at(office))
    for part in (
        "3 messages by e-mail. They wait for a minute",
        "A volunteer’s mornings: 2 by e-mail",
        "Ashfield Person 0 Cancelled: Ashfield, Fri 27 November 2026",
        "A school’s visits: 1 by e-mail",
        "Ashfield (Ruth Head) Our visit is cancelled: Ashfield",
        "To ashfield@schools.example.org",
        "Hello Ruth Head,",
        "To be phoned: 1",
        "Olwen No Mail has no e-mail address here",
    ):
        assert part in body
    assert not models.Batch.objects.exists()
    session.refresh_from_db()
    assert session.stage == "scheduled"


def test_the_bar_says_until_when_what_went_and_who_is_to_be_phoned(office: Client, session: models.Session) -> None:
    done = snowed(office, follow=True)
    address = f"{SNOW}&done={models.Batch.objects.get().pk}"
    bar = words(done.content.decode())
    assert "3 messages wait until 8:51:00 am. Undo it before, and nobody hears of it." in bar
    assert "1 is to be phoned: Tell these people" in bar
    with time_machine.travel(NOW + timedelta(seconds=61), tick=False):
        assert "3 of 3 messages on the way now." in words(office.get(address).content.decode())
    with time_machine.travel(NOW + RELEASED, tick=False):
        assert deliver_due(clock=timezone.now) == (3, 0)
        bar = words(office.get(address).content.decode())
        assert "3 of 3 messages went." in bar
        assert "1 is to be phoned: Tell these people" in bar
        undone = office.post(reverse("admin:batch", args=[models.Batch.objects.get().pk]), {"do": "undo"}, follow=True)
        assert "3 messages had gone or could not be stopped: they are told what holds now." in words(undone.content.decode())


def test_an_undo_in_time_says_that_nobody_heard_of_it(office: Client, session: models.Session) -> None:
    snowed(office)
    undone = office.post(reverse("admin:batch", args=[models.Batch.objects.get().pk]), {"do": "undo"}, follow=True)
    assert "Nobody had been told of it, and nobody is." in words(undone.content.decode())
    assert not models.OutboxMessage.objects.exists()


def test_a_bulk_yes_without_the_look_is_not_done(office: Client, session: models.Session) -> None:
    models.Visit.objects.update(stage="planned", agreed_on=None, agreed_with="")
    posted = {"row": [session.visit_id], "agreed_on": "2026-11-23", "agreed_with": "the office", "do": "go"}
    body = words(office.post(reverse("admin:bulk-confirm"), posted).content.decode())
    assert "Look at the messages once more" in body
    assert "1 message by e-mail" in body
    assert not models.Batch.objects.exists()


def test_a_second_click_does_nothing(office: Client, session: models.Session) -> None:
    posted = {"row": everything(), "code": "weather", "note": "", "do": "go"}
    office.post(SNOW, posted)
    body = words(office.post(SNOW, posted).content.decode())
    assert "It was called off already." in body
    assert models.Batch.objects.count() == 1
    assert models.OutboxMessage.objects.count() == 3


def test_a_move_shows_its_messages_and_waits(office: Client, session: models.Session) -> None:
    address = f"/admin/visit/{session.visit_id}/move/"
    typed = {"sessions": [session.pk], "day": "2026-12-01", "starts": ""}
    look = office.post(address, {**typed, "do": "look"}).content.decode()
    assert "Our visit has moved: Ashfield, Tue 1 December 2026" in words(look)
    moved = office.post(address, {**hidden(look), **typed, "do": "move"}, follow=True)
    # What the school should know beforehand is not among them: it goes once the school has this news.
    assert "3 messages wait until 8:51:00 am" in words(moved.content.decode())
    session.refresh_from_db()
    assert session.day == date(2026, 12, 1)


def test_a_move_whose_messages_have_changed_is_looked_at_again(
    office: Client, area: models.Area, session: models.Session
) -> None:
    address = f"/admin/visit/{session.visit_id}/move/"
    typed = {"sessions": [session.pk], "day": "2026-12-01", "starts": ""}
    look = office.post(address, {**typed, "do": "look"}).content.decode()
    models.Contact.objects.update(email="another@schools.example.org")
    again = words(office.post(address, {**hidden(look), **typed, "do": "move"}).content.decode())
    assert "Look at the messages once more" in again
    assert "another@schools.example.org" in again
    session.refresh_from_db()
    assert session.day == DAY


def test_a_visit_that_is_cancelled_on_its_page_waits_with_the_same_bar(office: Client, session: models.Session) -> None:
    address = f"/admin/visit/{session.visit_id}/"
    done = office.post(address, {"do": "cancel", "cancel-code": "illness", "cancel-note": ""}, follow=True)
    assert "3 messages wait until 8:51:00 am" in words(done.content.decode())
    address = f"/admin/session/{agreed(models.Area.objects.get(), 'Birch').pk}/"
    done = office.post(address, {"do": "cancel", "cancel-code": "illness", "cancel-note": ""}, follow=True)
    assert "3 messages wait until 8:51:00 am" in words(done.content.decode())


def test_a_colleague_sees_no_bar_of_others_and_cannot_undo_it(office: Client, area: models.Area, session: models.Session) -> None:
    snowed(office)
    batch = models.Batch.objects.get()
    colleague = Client()
    colleague.force_login(factories.coordinator_of(area))
    assert "undo-bar" not in colleague.get(f"{reverse('admin:tell')}?done={batch.pk}").content.decode()
    assert colleague.post(reverse("admin:batch", args=[batch.pk]), {"do": "undo"}).status_code == 404


def test_giving_visits_to_somebody_else_mails_nobody_and_shows_nothing(
    office: Client, area: models.Area, session: models.Session
) -> None:
    colleague = factories.coordinator_of(area, name="Cal Dunn")
    posted = {"row": [session.visit_id], "to": colleague.pk, "do": "look"}
    body = office.post(reverse("admin:bulk-reassign"), posted).content.decode()
    assert "Who is told what" not in body


def test_the_bar_asks_as_often_for_many_as_for_few(office: Client, area: models.Area) -> None:
    def number(names: list[str]) -> int:
        for name in names:
            agreed(area, name)
        done = snowed(office)
        address = f"{reverse('admin:bulk')}?done={models.Batch.objects.latest('pk').pk}"
        assert done.status_code == 302
        office.get(address)
        with CaptureQueriesContext(connection) as queries:
            office.get(address)
        return len(queries)

    assert number(["Ashfield"]) == number([f"School {each}" for each in range(6)])
