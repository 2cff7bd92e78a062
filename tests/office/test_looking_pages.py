"""Asking several people and ending a membership show first who reads what; the bar after them offers the undo."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from schools import models
from tests import factories
from tests.browsing import hidden

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(area: models.Area) -> models.Session:
    school = factories.SchoolFactory(area=area, name="Ashfield Primary")
    made: models.Session = factories.SessionFactory(visit__school=school)
    return made


def words(body: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", body))


def day_page(session: models.Session) -> str:
    return reverse("admin:visit-day", args=[session.visit_id, session.day])


def undone(office: Client) -> str:
    batch = models.Batch.objects.get()
    return words(office.post(reverse("admin:batch", args=[batch.pk]), {"do": "undo"}, follow=True).content.decode())


def test_several_are_asked_after_a_look_and_not_at_all_if_that_is_undone(
    office: Client, session: models.Session, area: models.Area
) -> None:
    asha = factories.able_volunteer(area, signs_in=True, name="Asha Rao")
    olwen = factories.able_volunteer(area, name="Olwen No Mail")
    posted = {"do": "offer", "cover-volunteer": [asha.pk, olwen.pk], "cover-note": "", "session": session.pk, "role": "presenter"}
    body = office.post(day_page(session), posted).content.decode()
    for part in (
        "Ask 2 people?",
        "Asha Rao and Olwen No Mail are asked for",
        "1 message by e-mail. They wait for a minute",
        "To be phoned: 1",
        "Olwen No Mail has no e-mail address here",
    ):
        assert part in words(body)
    assert not models.Cover.objects.exists()
    bar = words(office.post(day_page(session), {**hidden(body), "do": "offer"}, follow=True).content.decode())
    assert "Asked 2 people whether they come to Ashfield Primary, Thu 26 November 2026." in bar
    assert "1 message waits until 8:51:00 am. Undo it before, and nobody hears of it." in bar
    assert models.Cover.objects.filter(state="offered").count() == 2
    assert "Nobody had been told of it, and nobody is." in undone(office)
    assert not models.Cover.objects.exists()


def test_who_would_be_asked_besides_is_looked_at_again(office: Client, session: models.Session, area: models.Area) -> None:
    people = [factories.able_volunteer(area, signs_in=True, name=name) for name in ("Asha Rao", "Ben Cole", "Cora Dix")]
    posted = {"do": "offer", "cover-volunteer": [person.pk for person in people[:2]]}
    seen = hidden(office.post(day_page(session), posted).content.decode())
    again = {**seen, "cover-volunteer": [person.pk for person in people], "do": "offer"}
    assert "Look at the messages once more" in words(office.post(day_page(session), again).content.decode())
    assert not models.Cover.objects.exists()


def test_a_membership_ends_after_a_look_and_goes_on_if_that_is_undone(
    office: Client, session: models.Session, area: models.Area, coordinator: models.User
) -> None:
    asha = factories.able_volunteer(area, signs_in=True, name="Asha Rao")
    factories.CoverFactory(session=session, volunteer=asha)
    colleague = factories.coordinator_of(area)
    page = reverse("admin:volunteer-detail", args=[asha.pk])
    body = office.post(page, {"do": "end", "end-day": "2026-11-24"}).content.decode()
    for part in ("Has Asha Rao left?", "Ashfield Primary: is given back", f"To {colleague.email}", "Asha has left"):
        assert part in words(body)
    assert models.Volunteer.objects.get(pk=asha.pk).status == "active"
    bar = words(office.post(page, {**hidden(body), "do": "end"}, follow=True).content.decode())
    assert f"{asha.reference} has left." in bar
    assert "1 message waits until 8:51:00 am." in bar
    assert "Nobody had been told of it, and nobody is." in undone(office)
    assert models.Volunteer.objects.get(pk=asha.pk).status == "active"
    assert models.Cover.objects.get().state == "accepted"


def test_a_refusal_stands_on_the_page_and_nothing_is_shown_of_messages(
    office: Client, session: models.Session, area: models.Area
) -> None:
    asha = factories.able_volunteer(area, signs_in=True, name="Asha Rao")
    page = reverse("admin:volunteer-detail", args=[asha.pk])
    body = words(office.post(page, {"do": "end", "end-day": "2027-01-01"}).content.decode())
    assert "is still to come" in body
    assert "Who is told what" not in body
