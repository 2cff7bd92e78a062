"""Each state of the page asks at most eight questions, however much there is."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from schools import models
from schools.visits.actions.new_contacts import confirm_contact, name_contact
from schools.visits.actions.school_answers import Giver
from schools.visits.new_contacts import NewContact, token_of_new_contact
from tests.factories import CoverFactory, HeadcountFactory, SessionFactory, able_volunteer, manager
from tests.pack_files import PDF
from tests.school_portal.changing import FAR, LATE, change_path
from tests.school_portal.every_page import NOW, every_page
from tests.school_portal.letters import agreed
from tests.school_portal.visits import AFTER, BEFORE, DAY, a_guest, a_visit, access_at, path_of, took_place

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

TODAY = datetime(2026, 11, 26, 8, 40, tzinfo=UTC)
QUERIES = {"host": 8, "guest": 8, "at several schools": 8, "today": 8, "held": 8, "cancelled": 8, "asked to move": 8}


@pytest.mark.parametrize("state", QUERIES)
def test_the_page_costs_the_same_of_little_and_of_much(state: str, django_assert_num_queries: Any) -> None:
    for how_much in (1, 4):
        path = page_in(state, how_much)
        now = {"held": AFTER, "today": TODAY}.get(state, BEFORE)
        with time_machine.travel(now, tick=False), django_assert_num_queries(QUERIES[state]):
            assert Client().get(path).status_code == 200
    assert QUERIES[state] <= 8


def test_no_page_for_schools_in_any_state_asks_more_than_eight_questions() -> None:
    with time_machine.travel(NOW, tick=False):
        pages, client, asked = every_page(), Client(), dict[str, int]()
        for name, path in pages.items():
            with CaptureQueriesContext(connection) as queries:
                client.get(path)
            asked[name] = len(queries)
    assert {name: number for name, number in asked.items() if number > 8} == {}


@pytest.mark.parametrize(("do", "queries"), [("", 7), ("letter", 7)])
def test_what_the_school_gets_beforehand_costs_the_same_of_little_and_of_much(
    do: str, queries: int, django_assert_num_queries: Any
) -> None:
    for how_much in (1, 4):
        visit = a_visit()
        agreed(*models.Volunteer.objects.filter(covers__session__visit=visit).distinct(), version=how_much)
        for number in range(how_much):
            session = SessionFactory(visit=visit, day=DAY.replace(day=27 + number))
            CoverFactory(session=session, volunteer=able_volunteer())
            for kind in ("plan", "parents"):
                models.PackItem.objects.create(session_type=session.type, kind=kind, title=f"{number}", words="x")
        path = f"{path_of(visit)}pack/"
        with time_machine.travel(BEFORE, tick=False), django_assert_num_queries(queries):
            assert (Client().post(path, {"do": do}) if do else Client().get(path)).status_code == 200


@pytest.mark.parametrize(
    ("part", "queries"),
    [("contact/", 5), ("roll/", 7), ("certificate/", 4), ("pack/{item}/", 4), ("to confirm", 4), ("confirmed", 4)],
)
def test_each_page_beside_it_costs_the_same_of_little_and_of_much(
    part: str, queries: int, django_assert_num_queries: Any
) -> None:
    for how_much in (1, 4):
        visit = a_full_visit(how_much)
        if part == "certificate/":
            took_place(visit)
        path = f"{path_of(visit)}{part}"
        if part == "pack/{item}/":
            path = f"{path_of(visit)}pack/{a_file_of(visit).pk}/"
        elif "confirm" in part:
            path = path_of_new_contact(visit, is_confirmed=part == "confirmed")
        with time_machine.travel(BEFORE, tick=False), django_assert_num_queries(queries):
            assert Client().get(path).status_code == 200
    assert queries <= 8


def a_file_of(visit: models.Visit) -> models.PackItem:
    file = {"file_name": "plan.pdf", "file_kind": "pdf", "size": len(PDF), "content": PDF}
    kind = visit.sessions.order_by("starts")[0].type
    return models.PackItem.objects.create(session_type=kind, title="Plan of it", **file)


def path_of_new_contact(visit: models.Visit, *, is_confirmed: bool) -> str:
    """The page behind the link of somebody whom a colleague has named, who has confirmed it or not."""
    giver = Giver("Pat Head", visit.school_id, access_at(visit.school))
    answer = name_contact(visit.pk, NewContact("Sam Hill", "bursar", f"sam{visit.pk}@fern.example.org"), giver, now=BEFORE)
    if is_confirmed:
        confirm_contact(answer, now=BEFORE)
    return reverse("school-contact-confirm", args=[token_of_new_contact(answer)])


@pytest.mark.parametrize(
    ("state", "queries"), [("early", 7), ("late", 7), ("late, away", 7), ("late, of nobody", 7), ("cancelled", 7), ("guest", 5)]
)
def test_the_page_of_changes_costs_the_same_of_little_and_of_much(
    state: str, queries: int, django_assert_num_queries: Any
) -> None:
    for how_much in (1, 4):
        visit = a_visit(day=FAR)
        for number in range(how_much):
            session = SessionFactory(visit=visit, day=FAR.replace(day=20 + number))
            HeadcountFactory(session=session, year_group=4, expected=20)
            CoverFactory(session=session, volunteer=able_volunteer())
            asked = {"visit": visit, "what": "cancel", "day": FAR, "why": "staff", "given_by": "Jo", "at": BEFORE}
            models.SchoolChange.objects.create(**asked)
            models.SchoolChange.objects.create(**asked | {"what": "move", "over_at": BEFORE if number else None})
        path = change_path(visit, a_guest(visit) if state == "guest" else None)
        if state == "late, away":
            away = {"coordinator": visit.coordinator, "from_day": LATE.date(), "to_day": LATE.date()}
            models.StandIn.objects.create(stand_in=manager(), **away)
        if state == "late, of nobody":
            models.Visit.objects.filter(pk=visit.pk).update(coordinator=None)
        if state == "cancelled":
            models.Visit.objects.filter(pk=visit.pk).update(stage="cancelled", cancelled_code="school")
        now = LATE if state.startswith("late") else BEFORE
        with time_machine.travel(now, tick=False), django_assert_num_queries(queries):
            assert Client().get(path).status_code == 200
    assert queries <= 8


def a_full_visit(how_much: int) -> models.Visit:
    """A visit with so many sessions, each with pupils and somebody who goes, and as many answers of the school."""
    visit = a_visit()
    for number in range(how_much):
        session = SessionFactory(visit=visit, day=DAY.replace(day=27 + number))
        HeadcountFactory(session=session, year_group=4, expected=20)
        CoverFactory(session=session, volunteer=able_volunteer())
        for item in ("parking", "note"):
            answer = {"visit": visit, "school": visit.school, "item": item, "words": "x", "given_by": "Jo", "at": BEFORE}
            models.SchoolAnswer.objects.create(**answer, state="open" if number == 0 else "taken")
    return visit


def asked_to_move(visit: models.Visit, how_much: int) -> None:
    """The school has asked for another day, and took that back so many times less one before."""
    wish = {"visit": visit, "what": "move", "day": DAY, "why": "staff", "given_by": "Jo", "at": BEFORE}
    for number in range(how_much):
        models.SchoolChange.objects.create(**wish, over_at=BEFORE if number else None, half_days=["2027-01-12-morning"])


def page_in(state: str, how_much: int) -> str:
    visit = a_full_visit(how_much)
    if state == "today":
        for what in ("nobody", "call_off")[:how_much]:
            models.SchoolAlarm.objects.create(visit=visit, day=DAY, what=what, given_by="Jo", at=TODAY)
    school = a_guest(visit) if state == "guest" else visit.school
    if state == "asked to move":
        asked_to_move(visit, how_much)
    if state == "held":
        took_place(visit)
    if state == "cancelled":
        visit.sessions.update(stage="cancelled", cancelled_code="weather")
        models.Visit.objects.filter(pk=visit.pk).update(stage="cancelled", cancelled_code="weather")
    if state == "at several schools":
        contact = models.Contact.objects.get(school=school)
        contact.also_at.add(school, *(a_visit().school for _ in range(how_much)))
        models.Contact.objects.filter(pk=contact.pk).update(school=a_visit().school)
    return path_of(visit, school)
