"""Offering dates for a visit that is booked, from its page or its school’s wish; what was chosen is on its page."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from schools import models
from schools.planning.actions import choose_date
from schools.planning.actions.answers import Chooser
from tests import factories
from tests.browsing import hidden
from tests.office.test_dates_page import text, ticked
from tests.planning.moving import DAY, a_booked_visit, a_wish, offered_to_move
from tests.planning.offering import LATER, NOW, TUESDAY, a_school, people

pytestmark = pytest.mark.django_db

PAT = Chooser("Pat Head")
QUERIES = 19


@pytest.fixture(autouse=True)
def _morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def visit(area: models.Area) -> models.Visit:
    return a_booked_visit(a_school(area), *people(area, 2))


def address(visit: models.Visit) -> str:
    return f"/admin/visit/{visit.pk}/dates/"


def page_of(office: Client, visit: models.Visit) -> str:
    return text(office.get(f"/admin/visit/{visit.pk}/"))


def test_from_a_wish_its_days_come_first_and_one_press_offers_them_with_an_undo(office: Client, visit: models.Visit) -> None:
    wish = a_wish(visit, "2027-01-13-afternoon", "2027-01-12-morning")
    link = f'href="{address(visit)}"'
    assert page_of(office, visit).count(link) == 2, "beside the wish, and at the top of the page"
    page = text(office.get(address(visit)))
    keys = ticked(page)
    assert set(wish.half_days) < set(keys), "the term of what was asked for, and that first"
    assert "What is planned" not in page
    sent = {**hidden(page), "do": "offer", "half_day": keys, "contact": visit.school.contacts.get().pk}
    shown = text(office.get(office.post(address(visit), sent).headers["Location"]))
    for words in ("Undo this", "Offered 5 dates to Fern Primary", "Moves a visit from", "The school is to answer first"):
        assert words in shown
    row = models.OfferedDates.objects.get()
    assert (row.visit, row.moves_from, row.half_days, row.people, row.template) == (visit, DAY, sorted(keys), 2, None)
    waits = page_of(office, visit)
    assert "is to answer first" in waits
    assert "Dates offered" in waits
    assert office.post(address(visit), {"do": "take-back", "offered": row.pk}).headers["Location"] == address(visit)
    row.refresh_from_db()
    assert row.state == "back"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"half_days": ["2027-01-13-afternoon"], "given_by": "Sam", "at": LATER}, "has asked for another day since you opened"),
        ({"over_at": LATER, "over_by": "Sam"}, "The school asks for no other day any more: it has taken that back since"),
        ({"seen_at": LATER, "is_mailed": True}, "A colleague has answered since you opened the page"),
    ],
    ids=["replaced", "taken back", "answered by a colleague"],
)
def test_dates_are_offered_once_somebody_has_read_what_the_school_asks_for_by_then(
    office: Client, visit: models.Visit, changed: dict[str, Any], reason: str
) -> None:
    wish = a_wish(visit, "2027-01-12-morning")
    page = text(office.get(address(visit)))
    assert "The school asks for another day than Thu 10 December 2026. Jo Bloggs did so" in page
    sent = {"do": "offer", "half_day": ticked(page), "contact": visit.school.contacts.get().pk}
    models.SchoolChange.objects.filter(pk=wish.pk).update(**changed)
    again = text(office.post(address(visit), {**hidden(page), **sent}))
    assert reason in again
    assert ticked(again) == ticked(page)
    assert ("Wed 13 January 2027, afternoon" in again) == ("half_days" in changed)
    assert ("The school is told by mail that the day stands." in again) == ("is_mailed" in changed)
    assert not models.OfferedDates.objects.exists()
    assert office.post(address(visit), {**hidden(again), **sent}).status_code == 302, "who has read it may"


def test_what_is_refused_is_said_the_ticks_stay_and_why_nothing_can_be_offered(office: Client, visit: models.Visit) -> None:
    key = TUESDAY.key
    page = text(office.post(address(visit), {"do": "offer", "half_day": [key], "contact": "", "term": "autumn-2026"}))
    assert "can be mailed" in page
    assert ticked(page) == [key]
    assert f"{DAY}-morning" not in page, "its own day is no other day"
    for nonsense in ("x", "99999999999999999999"):
        assert "can be mailed" in text(office.post(address(visit), {"do": "offer", "half_day": [key], "contact": nonsense}))
    models.Visit.objects.update(stage="cancelled", cancelled_code="school")
    assert "no day to come that could be moved" in text(office.get(address(visit)))
    assert not models.OfferedDates.objects.exists()


def test_dates_that_move_a_visit_hide_no_other_that_the_school_asked_for(office: Client, visit: models.Visit) -> None:
    factories.VisitFactory(school=visit.school, stage="requested", requested_on=date(2026, 11, 20))
    offered_to_move(visit)
    assert "requested" in [line.need.key for line in office.get("/admin/").context["pressing"]]


def test_dates_that_move_one_visit_hide_no_other_of_whose_dates_none_was_chosen(
    office: Client, visit: models.Visit, area: models.Area
) -> None:
    def on_home() -> list[int | None]:
        line = next(line for line in office.get("/admin/").context["lines"] if line.need.key == "dates-none")
        return [row.visit_id for row in office.get(line.address).context["cl"].queryset] if line.number else []

    other = a_booked_visit(visit.school, *people(area, 2))
    lapsed = {"state": "lapsed", "answered_at": NOW}
    for minutes, each in enumerate((visit, other)):
        row = offered_to_move(each, now=NOW + timedelta(minutes=minutes))
        assert on_home() == [visit.pk][:minutes]
        models.OfferedDates.objects.filter(pk=row.pk).update(**lapsed)
    assert set(on_home()) == {visit.pk, other.pk}
    offered_to_move(visit, now=NOW + timedelta(minutes=5))
    assert on_home() == [other.pk], "others for the same visit take their place"


def test_a_visit_of_another_area_is_not_there(office: Client, elsewhere: models.Area) -> None:
    visit = a_booked_visit(a_school(elsewhere))
    assert office.get(address(visit)).status_code == 404
    assert office.post(address(visit), {"do": "offer"}).status_code == 404


def test_what_moved_leads_to_its_undo_and_what_waits_to_the_move(office: Client, visit: models.Visit, area: models.Area) -> None:
    moved = choose_date(offered_to_move(visit), TUESDAY, PAT, now=LATER)
    page = page_of(office, visit)
    assert "Pat Head chose Tue 15 December 2026, morning" in page
    assert f'href="/admin/batch/{moved.batch_id}/"' in page
    other = a_booked_visit(a_school(area, name="Moss"), *people(area, 2))
    row = offered_to_move(other)
    models.SessionType.objects.filter(slug="ks2-assembly").update(presenters=4)
    people(area, 4)
    choose_date(row, TUESDAY, PAT, now=LATER)
    page = page_of(office, other)
    assert "Not moved by itself, because:" in page
    assert "asks for other people" in page
    link = re.findall(r'class="button next-step" href="(/admin/visit/[^"]+to=2026-12-15-morning)"', page)[0].replace("&amp;", "&")
    assert 'value="2026-12-15"' in text(office.get(link))


def test_the_page_asks_the_same_of_little_and_of_much(
    office: Client, area: models.Area, visit: models.Visit, django_assert_num_queries: Any
) -> None:
    office.get(address(visit))
    with django_assert_num_queries(QUERIES):
        office.get(address(visit))
    people(area, 2)
    for number in range(2):
        models.Contact.objects.create(school=visit.school, name=f"Sam {number}", email=f"sam{number}@example.org")
        facts = {"half_days": [TUESDAY.key], "people": 2, "offered_at": NOW, "held_until": NOW.date(), "state": "lapsed"}
        models.OfferedDates.objects.create(school=visit.school, visit=visit, moves_from=DAY, **facts)
    a_booked_visit(a_school(area, name="Moss"))
    with django_assert_num_queries(QUERIES):
        office.get(address(visit))


def test_a_visit_that_moved_by_a_colleagues_offer_is_moved_back_by_its_own_coordinator(
    office: Client, visit: models.Visit, area: models.Area, elsewhere: models.Area
) -> None:
    colleague = factories.coordinator_of(area, name="Dev Shah")
    moved = choose_date(offered_to_move(visit, by=colleague), TUESDAY, PAT, now=LATER)
    assert moved.batch is not None
    assert moved.batch.by == colleague
    address = f"/admin/batch/{moved.batch_id}/"
    stranger = Client()
    stranger.force_login(factories.coordinator_of(elsewhere))
    assert stranger.get(address).status_code == 404
    assert "Undo" in text(office.get(address))
    with time_machine.travel(LATER, tick=False):
        office.post(address, {"do": "undo"})
    assert {session.day for session in visit.sessions.all()} == {DAY}


def test_whose_school_went_to_another_area_takes_back_nothing(
    office: Client, visit: models.Visit, area: models.Area, elsewhere: models.Area
) -> None:
    offered_to_move(visit)
    factories.SessionFactory(visit=visit, delivered=True, day=date(2026, 11, 2), area=area)
    moved = factories.SchoolFactory(area=elsewhere).authority
    models.School.objects.filter(pk=visit.school_id).update(authority=moved)
    row = models.OfferedDates.objects.get()
    page = text(office.post(address(visit), {"do": "take-back", "offered": row.pk}))
    row.refresh_from_db()
    assert row.state == "open"
    assert visit.school.name in page
