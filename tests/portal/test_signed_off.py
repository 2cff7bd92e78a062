"""Once a signed-off return rests on a visit day, its volunteers are not asked how it went, and offered no correction."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from schools.directory.models import Area
from schools.visits.models import ClosedPeriod, Cover, Session
from schools.volunteers.models import Volunteer
from tests.factories import AreaFactory
from tests.portal.pages import AFTER, BEFORE, client_of, day_url, text_of, typed

pytestmark = pytest.mark.django_db

DAYS_LATER = AFTER + timedelta(days=7)


def sign_off(area: Area) -> None:
    ClosedPeriod.objects.create(area=area, first_day=date(2026, 11, 1), last_day=date(2026, 11, 30))


def reported(asha: Volunteer, session: Session) -> Client:
    with time_machine.travel(AFTER):
        client = client_of(asha)
        client.post(day_url(session), typed(session))
    return client


def test_what_a_signed_off_return_rests_on_is_not_said_to_be_correctable(
    asha: Volunteer, down: list[Session], area: Area
) -> None:
    reported(asha, down[0])
    sign_off(AreaFactory())
    with time_machine.travel(DAYS_LATER):
        address = day_url(down[0], "day-reported")
        assert "You can correct it until Thu 10 December" in text_of(client_of(asha).get(address))
        sign_off(area)
        page = text_of(client_of(asha).get(address))
    assert "You can correct it until" not in page
    assert "Correct it</a>" not in page
    assert "tell your coordinator; it can still be corrected in the office" in page


def test_a_day_that_a_signed_off_return_rests_on_has_no_form_and_the_page_says_why(
    asha: Volunteer, down: list[Session], area: Area
) -> None:
    sign_off(area)
    with time_machine.travel(DAYS_LATER):
        page = text_of(client_of(asha).get(day_url(down[0])))
    assert "This can’t be told here any more" in page
    assert "for Sun 1 November 2026 to Mon 30 November 2026 is signed off." in page
    assert "<form" not in page.partition("<main")[2]


def test_what_was_told_before_the_return_was_signed_off_has_no_form_either(
    asha: Volunteer, down: list[Session], area: Area
) -> None:
    reported(asha, down[0])
    sign_off(area)
    with time_machine.travel(DAYS_LATER):
        page = text_of(client_of(asha).get(day_url(down[0])))
    assert "This can’t be corrected here" in page
    assert "is signed off." in page


def test_nobody_is_asked_on_mine_how_it_went_once_the_return_is_signed_off(
    asha: Volunteer, down: list[Session], area: Area, django_assert_num_queries: Any
) -> None:
    with time_machine.travel(DAYS_LATER):
        client = client_of(asha)
        with django_assert_num_queries(5):
            page = text_of(client.get(reverse("home")))
        assert day_url(down[0]) in page
        sign_off(area)
        with django_assert_num_queries(8):
            page = text_of(client.get(reverse("home")))
        assert day_url(down[0]) not in page
        assert "Tell us how it went" not in page
        page = text_of(client.get(day_url(down[0], "morning")))
        assert day_url(down[0]) not in page


def test_who_only_watches_keeps_no_form_about_how_it_went_on_the_phone(asha: Volunteer, down: list[Session]) -> None:
    with time_machine.travel(BEFORE):
        kept = client_of(asha).get(reverse("home")).context["keep"]
        assert {day_url(down[0], name) for name in ("morning", "told", "day-outcome")} <= {page["url"] for page in kept}
        Cover.objects.filter(volunteer=asha).update(role="trainee")
        kept = {page["url"] for page in client_of(asha).get(reverse("home")).context["keep"]}
    assert {day_url(down[0], name) for name in ("morning", "told")} <= kept
    assert day_url(down[0]) not in kept
    Session.objects.update(stage="delivered", went_ahead="yes", recorded_at=AFTER)
    with time_machine.travel(AFTER):
        kept = {page["url"] for page in client_of(asha).get(reverse("home")).context["keep"]}
    assert day_url(down[0], "told") in kept, "a child may still have said something to them"
    assert day_url(down[0]) not in kept
