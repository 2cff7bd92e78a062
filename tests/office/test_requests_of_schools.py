"""Visits that schools asked for by themselves, in the office: on home at once, on the visit's page, joined with a school."""

from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from schools import models
from schools.visits.actions.conversations import request_visit
from schools.visits.school_links import link_of_dates
from tests.factories import AreaFactory, SchoolFactory, SessionFactory, VisitFactory, coordinator_of, manager
from tests.news import tell_and_send
from tests.school_portal.asking import NOW, a_school, asked_and_confirmed, open_the_door, shut_the_door

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _morning() -> Iterator[None]:
    open_the_door()
    with time_machine.travel(NOW, tick=False):
        yield


def office(user: models.User | None = None) -> Client:
    client = Client()
    client.force_login(user or manager())
    return client


def text(answer: Any, status: int = 200) -> str:
    """What one reads on the page, without its tags."""
    assert answer.status_code == status
    return " ".join(unescape(strip_tags(answer.content.decode())).split())


def test_a_request_is_on_home_at_once_for_the_coordinator_of_the_area_and_for_nobody_elses() -> None:
    school = a_school()
    asked_and_confirmed(school)
    own = coordinator_of(models.Area.objects.get(holdings__authority=school.authority))
    assert "1 school asked for a visit and waits for a day" in text(office(own).get(reverse("admin:index")))
    assert "asked for a visit and waits" not in text(office(coordinator_of(AreaFactory())).get(reverse("admin:index")))


def test_a_school_that_asked_by_phone_is_answered_although_a_stranger_asks_meanwhile() -> None:
    school = a_school()
    models.Contact.objects.create(school=school, name="Anna First", email="anna@fern.example.org")
    request_visit(school, preferred_month=None, by=manager(), now=NOW)
    asked_and_confirmed(school, email="who@else.example.org")
    assert models.VisitRequest.objects.get().visit == models.Visit.objects.get()
    assert tell_and_send(NOW + timedelta(minutes=2), kinds=["school-request"]) == 1
    assert mail.outbox[-1].to == ["anna@fern.example.org"]


def test_who_asked_is_put_among_the_people_at_the_school_by_one_click_and_gets_the_answer() -> None:
    school = a_school()
    other = models.Contact.objects.create(school=school, name="Anna First", email="anna@fern.example.org")
    asked_and_confirmed(school)
    visit, request = models.Visit.objects.get(), models.VisitRequest.objects.get()
    path = reverse("admin:visit-detail", args=[visit.pk])
    page = text(office().get(path))
    assert "Pat Head (head teacher) asked for this visit" in page
    assert "Spring term 2027" in page
    assert not tell_and_send(NOW, kinds=["school-request"])
    client = office()
    assert client.post(path, {"do": "know-asker", "request": request.pk}).status_code == 302
    assert client.post(path, {"do": "know-asker", "request": request.pk}).status_code == 302
    visit.refresh_from_db()
    contact = models.Contact.objects.exclude(pk=other.pk).get()
    assert (visit.contact, contact.email, contact.role) == (contact, "pat@fern.example.org", "head teacher")
    assert not tell_and_send(NOW, kinds=["school-request"]), "it can be undone for a minute"
    assert tell_and_send(NOW + timedelta(minutes=2), kinds=["school-request"]) == 1
    assert mail.outbox[-1].to == ["pat@fern.example.org"], "nobody else at the school has asked"
    opened = Client().get(path_of_button(str(mail.outbox[-1].body)))
    assert "Our visit, which is not agreed yet" in text(opened), "the button of its mail opens what they asked for"


def path_of_button(body: str) -> str:
    """The path of the button’s link in the text of a mail."""
    return next(urlsplit(line).path for line in body.splitlines() if "/school/" in line)


def test_dates_that_were_offered_on_the_phone_lead_to_the_visit_or_to_dates_that_can_be_chosen() -> None:
    school = a_school()
    contact = models.Contact.objects.create(school=school, name="Pat Head", email="pat@fern.example.org")
    visit = VisitFactory(school=school, stage="requested", requested_on=NOW.date(), contact=contact)
    spoken = {"school": school, "visit": visit, "day": NOW.date(), "how": "phone", "who": "Pat", "by": manager()}
    models.ContactLog.objects.create(**spoken, dates_offered="2 or 9 December")
    tell_and_send(NOW, kinds=["school-dates"])
    assert "Our visit, which is not agreed yet" in text(Client().get(path_of_button(str(mail.outbox[-1].body))))
    message = models.OutboxMessage.objects.get(kind="school-dates")
    half_days = [f"2026-12-{day:02}-morning" for day in (8, 9, 10)]
    until = {"held_until": date(2026, 12, 4), "offered_at": NOW, "offered_by": manager(), "people": 2}
    models.OfferedDates.objects.create(school=school, contact=contact, half_days=half_days, **until)
    link = link_of_dates(message, NOW.date())
    assert link
    assert "/school/dates/" in link.address


def test_who_is_known_already_stays_as_they_are_and_what_they_typed_is_shown() -> None:
    school = a_school()
    contact = models.Contact.objects.create(school=school, name="P. Head", role="head", email="pat@fern.example.org")
    asked_and_confirmed(school)
    visit, request = models.Visit.objects.get(), models.VisitRequest.objects.get()
    assert (visit.contact, request.contact) == (contact, contact)
    page = text(office().get(reverse("admin:visit-detail", args=[visit.pk])))
    assert "They typed: Pat Head, head teacher" in page
    contact.refresh_from_db()
    assert (contact.name, contact.role, str(contact.phone)) == ("P. Head", "head", "")


def test_a_visit_that_is_there_says_that_somebody_asked_until_it_is_seen_to() -> None:
    school = a_school()
    named = models.Contact.objects.create(school=school, name="Kim Office", email="kim@fern.example.org")
    visit = VisitFactory(school=school, stage="planned", contact=named)
    SessionFactory(visit=visit, day=NOW.date().replace(month=12))
    asked_and_confirmed(school)
    request, client = models.VisitRequest.objects.get(), office()
    line = "1 school said something about its visit"
    assert line in text(client.get(reverse("admin:index")))
    path = reverse("admin:visit-detail", args=[visit.pk])
    assert "asked for a visit again" in text(client.get(path))
    assert client.post(path, {"do": "request-seen", "request": request.pk}).status_code == 302
    assert line not in text(client.get(reverse("admin:index")))
    request.refresh_from_db()
    assert (request.state, request.decided_at) == ("done", NOW)
    assert client.post(path, {"do": "know-asker", "request": request.pk}).status_code == 302
    visit.refresh_from_db()
    assert visit.contact == named


def test_the_page_says_until_when_a_school_is_not_due() -> None:
    school = a_school()
    SessionFactory(visit__school=school, day=NOW.date().replace(month=3), delivered=True)
    asked_and_confirmed(school)
    visit = models.Visit.objects.get(stage="requested")
    assert "is due again in 2027/28, not before" in text(office().get(reverse("admin:visit-detail", args=[visit.pk])))


def test_a_request_of_no_school_waits_on_home_and_is_joined_by_one_click() -> None:
    area = AreaFactory(name="Lakes")
    school = SchoolFactory(area=area, name="Hill Academy", postcode="LA9 4AA")
    asked_and_confirmed(None, school_name="The Hill", postcode="LA9 4AA")
    request, client = models.VisitRequest.objects.get(), office()
    assert "1 school asked for a visit that is not known here" in text(client.get(reverse("admin:index")))
    path = reverse("admin:request-detail", args=[request.pk])
    page = text(client.get(path))
    assert "The Hill, LA9 4AA" in page
    assert "Hill Academy" in page  # found by its postcode at once
    assert client.post(path, {"do": "join", "school": school.pk}).status_code == 302
    visit = models.Visit.objects.get()
    request.refresh_from_db()
    assert (visit.school, visit.stage, request.visit, request.school) == (school, "requested", visit, school)
    assert "not known here" not in text(client.get(reverse("admin:index")))
    assert "belongs to a visit already" in text(client.post(path, {"do": "join", "school": school.pk}))


def test_a_request_that_was_joined_with_the_wrong_school_is_undone_on_the_visits_page_and_leads_back_to_it() -> None:
    school = SchoolFactory(area=AreaFactory(name="Lakes"), name="Hill Academy", postcode="LA9 4AA")
    asked_and_confirmed(None, school_name="The Hill", postcode="LA9 4AA")
    path, client = reverse("admin:request-detail", args=[models.VisitRequest.objects.get().pk]), office()
    answer = client.post(path, {"do": "join", "school": school.pk})
    batch = models.Batch.objects.get()
    assert answer.headers["Location"] == reverse("admin:visit-detail", args=batch.visits) + f"?done={batch.pk}"
    assert f'name="back" value="{path}"' in client.get(answer.headers["Location"]).content.decode()
    undone = client.post(reverse("admin:batch", args=[batch.pk]), {"do": "undo", "back": path}, follow=True)
    assert undone.redirect_chain[-1][0] == path
    assert "Hill Academy" in text(undone)
    assert not models.Visit.objects.exists()


def test_a_coordinator_sees_the_requests_of_their_posters_and_joins_them_with_their_own_schools_alone() -> None:
    area, other = AreaFactory(name="Lakes"), AreaFactory(name="Anglia")
    mine, theirs = SchoolFactory(area=area), SchoolFactory(area=other)
    person: dict[str, Any] = {
        "name": "Pat",
        "role": "head",
        "email": "p@example.org",
        "asked_at": NOW,
        "confirmed_at": NOW,
        "state": "waits",
    }
    request = models.VisitRequest.objects.create(school_name="Hill", postcode="LA9 4AA", area=area, **person)
    path = reverse("admin:request-detail", args=[request.pk])
    assert office(coordinator_of(other)).get(path).status_code == 404
    client = office(coordinator_of(area))
    assert "Choose one of the schools of your areas" in text(client.post(path, {"do": "join", "school": theirs.pk}))
    assert "Choose one of the schools of your areas" in text(client.post(path, {"do": "join", "school": "x"}))
    assert client.post(path, {"do": "join", "school": mine.pk}).status_code == 302
    assert models.Visit.objects.get().school == mine


def test_what_nobody_confirmed_can_be_neither_joined_nor_seen_to() -> None:
    person: dict[str, Any] = {"name": "Pat", "role": "head", "email": "p@example.org", "asked_at": NOW}
    request = models.VisitRequest.objects.create(school_name="Hill", postcode="LA9 4AA", **person)
    path, client, school = reverse("admin:request-detail", args=[request.pk]), office(), SchoolFactory()
    for do in ("join", "request-seen", "know-asker"):
        assert "Nobody has confirmed this by mail yet" in text(client.post(path, {"do": do, "school": school.pk}))
    assert not models.Visit.objects.exists()


def test_the_poster_opens_the_page_of_its_area_and_waits_until_the_door_is_open() -> None:
    area = AreaFactory(name="Lakes")
    path, address = reverse("admin:area-poster", args=[area.pk]), f"/ask/{area.pk}/"
    answer = office().get(path)
    assert address in text(answer)
    assert "<svg" in answer.content.decode()
    shut_the_door()
    page = text(office().get(path))
    assert address not in page
    assert "Schools cannot ask for a visit by themselves yet" in page
    assert office(coordinator_of(AreaFactory())).get(path).status_code == 404


def test_who_only_sees_a_visit_for_what_was_theirs_sees_to_no_request_of_it() -> None:
    school, area = a_school(), AreaFactory()
    asked_and_confirmed(school)
    visit, cora = models.Visit.objects.get(), coordinator_of(area)
    SessionFactory(visit=visit, delivered=True, day=date(2026, 3, 2), area=area)
    path = reverse("admin:visit-detail", args=[visit.pk])
    page = text(office(cora).post(path, {"do": "request-seen", "request": models.VisitRequest.objects.get().pk}))
    assert "is in another area now" in page
    assert not models.Batch.objects.exists()
