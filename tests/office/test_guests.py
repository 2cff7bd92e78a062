"""Of somebody of another area a coordinator reads that something speaks against it, on every page, and never what it is."""

from datetime import date

import pytest
from django.test import Client

from schools import models
from tests import factories

pytestmark = pytest.mark.django_db

FRIDAY = date(2026, 11, 27)
UNSAID = "Something speaks against Gwen Far on that day. Phone them, or their own coordinator."
THEIRS = ("Secret School", "is away", "has a conflict", "usually come")


@pytest.fixture
def session(area: models.Area) -> models.Session:
    session: models.Session = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area, name="Ashfield Primary"))
    return session


@pytest.fixture
def guest(elsewhere: models.Area) -> models.Volunteer:
    return factories.able_volunteer(elsewhere, name="Gwen Far")


def elsewhere_on(guest: models.Volunteer, day: date) -> None:
    """The guest has another session of their own on the day, and is away, by what they once wrote."""
    there = factories.SchoolFactory(area=guest.areas.get(), name="Secret School")
    factories.CoverFactory(session=factories.SessionFactory(visit__school=there, day=day), volunteer=guest)
    models.Away.objects.create(volunteer=guest, first_day=day, last_day=day)


def told(page: str) -> list[str]:
    return [words for words in THEIRS if words in page]


def test_a_guests_yes_that_cannot_be_taken_does_not_say_why(
    office: Client, session: models.Session, guest: models.Volunteer
) -> None:
    factories.CoverFactory(session=session, volunteer=guest, state="offered")
    elsewhere_on(guest, session.day)
    yes = {"do": "accept", "answer-volunteer": guest.pk}
    for address in (f"/admin/visit/{session.visit_id}/{session.day}/", f"/admin/session/{session.pk}/"):
        page = office.post(address, yes).content.decode()
        assert "Gwen Far can’t be put on it as it stands" in page
        assert told(page) == []


@pytest.mark.parametrize("mover", ["coordinator", "manager"])
def test_a_guest_drops_out_of_a_move_and_no_page_says_why(
    mover: str, office: Client, session: models.Session, guest: models.Volunteer
) -> None:
    cover = factories.CoverFactory(session=session, volunteer=guest)
    elsewhere_on(guest, FRIDAY)
    moves = office
    if mover == "manager":
        moves = Client()
        moves.force_login(factories.manager())
    address, move = f"/admin/visit/{session.visit_id}/move/", {"sessions": [session.pk], "day": "2026-11-27"}
    look = moves.post(address, {**move, "do": "look"})
    said = told(look.content.decode())
    assert said == ([] if mover == "coordinator" else ["Secret School", "is away"])
    assert (UNSAID in look.content.decode()) == (mover == "coordinator")
    seen = {"seen": look.context["look"]["seen"], "mails": look.context["look"]["planned"].digest}
    moves.post(address, {**move, "do": "move", **seen})

    cover.refresh_from_db()
    assert (cover.state, cover.news_why) == ("withdrawn", UNSAID)
    for page in ("/admin/tell/", f"/admin/schools/cover/{cover.pk}/change/", f"/admin/schools/cover/{cover.pk}/history/"):
        assert told(office.get(page).content.decode()) == []


def test_a_guest_who_took_something_else_is_not_back_after_an_undo_and_nobody_reads_where_they_are(
    office: Client, session: models.Session, guest: models.Volunteer, coordinator: models.User
) -> None:
    cover = factories.CoverFactory(session=session, volunteer=guest)
    office.post(f"/admin/session/{session.pk}/", {"do": "cancel", "cancel-code": "weather", "cancel-note": ""})
    elsewhere_on(guest, session.day)
    batch = models.Batch.objects.get(by=coordinator)
    page = office.post(f"/admin/batch/{batch.pk}/", {"do": "undo"}, follow=True).content.decode()
    assert f"Gwen Far is no longer on {session}. {UNSAID}" in page
    cover.refresh_from_db()
    assert (told(page), cover.news_why) == ([], UNSAID)


def test_of_ones_own_people_every_reason_is_said(office: Client, session: models.Session, area: models.Area) -> None:
    asha = factories.able_volunteer(area, name="Asha Rao")
    factories.CoverFactory(session=session, volunteer=asha)
    elsewhere_on(asha, FRIDAY)
    look = office.post(f"/admin/visit/{session.visit_id}/move/", {"do": "look", "sessions": [session.pk], "day": "2026-11-27"})
    assert told(look.content.decode()) == ["Secret School", "is away"]
