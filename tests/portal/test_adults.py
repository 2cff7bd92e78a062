"""A number of adults that is far from that of the last time is asked about once, as a number of children is."""

from datetime import date
from uuid import uuid4

import pytest
import time_machine

from schools.programme.models import SessionType
from schools.visits.models import Session
from schools.volunteers.models import Volunteer
from tests.factories import AreaFactory, SessionFactory, able_volunteer
from tests.portal.pages import AFTER, client_of, day_url, morning_at, school_in, text_of, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def asha() -> Volunteer:
    return able_volunteer(AreaFactory(), name="Asha", signs_in=True)


@pytest.fixture
def first(asha: Volunteer) -> Session:
    return morning_at(school_in(asha.areas.get()), asha)[0]


@time_machine.travel(AFTER)
def test_a_number_of_adults_far_from_the_last_one_is_asked_about_once(asha: Volunteer, first: Session) -> None:
    client = client_of(asha)
    SessionFactory(visit__school=first.visit.school, type=first.type, day=date(2025, 3, 4), delivered=True, adults=4)
    SessionFactory(visit__school=first.visit.school, type=first.type, day=date(2026, 3, 4), delivered=True)  # nobody counted
    SessionFactory(type=first.type, day=date(2026, 3, 5), delivered=True, adults=200)  # at another school
    page = text_of(client.post(day_url(first), typed(first, adults="300")))
    assert "300? We expected about 4." in page
    assert 'name="sure"' in page
    assert Session.objects.get(pk=first.pk).adults is None
    assert client.post(day_url(first), typed(first, adults="300") | {"sure": "adults=300"}).status_code == 302
    assert Session.objects.get(pk=first.pk).adults == 300
    assert client.post(day_url(first), typed(first, version="1", adults="300")).status_code == 302  # stored: asked no more


@time_machine.travel(AFTER)
def test_adults_are_not_asked_about_where_nobody_counted_any_before(asha: Volunteer, first: Session) -> None:
    assert client_of(asha).post(day_url(first), typed(first, adults="300")).status_code == 302


@time_machine.travel(AFTER)
def test_an_evening_for_parents_is_asked_about_by_the_one_before(asha: Volunteer, first: Session) -> None:
    client = client_of(asha)
    parents = SessionType.objects.get(slug="parents")
    first.headcounts.all().delete()
    Session.objects.filter(pk=first.pk).update(type=parents)
    SessionFactory(visit__school=first.visit.school, type=parents, day=date(2025, 3, 4), delivered=True, adults=20)
    said = {f"s{first.pk}-{name}": value for name, value in {"version": "", "went_ahead": "yes", "adults": "200"}.items()}
    assert "200? We expected about 20." in text_of(client.post(day_url(first), {"key": str(uuid4()), **said}))
    said[f"s{first.pk}-sure"] = "adults=200"
    assert client.post(day_url(first), {"key": str(uuid4()), **said}).status_code == 302
