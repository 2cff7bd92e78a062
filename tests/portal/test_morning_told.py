"""A morning's page on its day and afterwards: what was reported of it, what the school said of it, and who is asked to tell."""

import pytest
import time_machine

from schools.directory.models import Area
from schools.visits.models import Cover, SchoolAlarm, Session
from schools.volunteers.models import Volunteer
from tests.factories import CoverFactory, able_volunteer
from tests.portal.pages import AFTER, BEFORE, client_of, day_url, said_of, text_of, typed

pytestmark = pytest.mark.django_db


def page_of(session: Session, volunteer: Volunteer) -> str:
    return text_of(client_of(volunteer).get(day_url(session, "morning")))


def did_not_go_ahead(session: Session) -> dict[str, str]:
    none: dict[str, str] = said_of(session, went_ahead="no", cancelled_code="school")
    return none | {f"s{session.pk}-pupils_{session.visit.school_id}_5": ""}


@time_machine.travel(AFTER)
def test_what_was_reported_as_not_gone_ahead_is_not_said_to_have_been_cancelled(asha: Volunteer, down: list[Session]) -> None:
    first, second = down
    Session.objects.filter(pk=second.pk).update(stage="cancelled", cancelled_code="school")
    client_of(asha).post(day_url(first), typed(first) | did_not_go_ahead(first))
    page = page_of(first, asha)
    assert "This did not go ahead." in page
    assert "This was cancelled." not in page
    assert f'href="{day_url(first, "day-reported")}"' in page
    assert f'href="{day_url(first, "day-reported")}#session-{first.pk}"' in page
    assert "did not go ahead</span>" in page  # the first session
    assert "cancelled</span>" in page  # the second
    Session.objects.filter(pk=first.pk).update(went_ahead="", recorded_at=None)
    assert "This was cancelled. Nobody expects you" in page_of(first, asha)


@time_machine.travel(AFTER)
@pytest.mark.parametrize("went_ahead", ["yes", "no"])
def test_who_was_asked_and_never_said_yes_is_not_led_to_a_report_that_is_not_theirs_to_read(
    asha: Volunteer, down: list[Session], area: Area, went_ahead: str
) -> None:
    """Their page of the morning still opens; what was reported is for who was on it."""
    sam = able_volunteer(area, name="Sam Rowe", signs_in=True)
    Session.objects.filter(pk=down[1].pk).update(stage="cancelled", cancelled_code="school")
    posted = typed(down[0]) | (did_not_go_ahead(down[0]) if went_ahead == "no" else {})
    CoverFactory(session=down[0], volunteer=sam, role="presenter", state="offered")
    client_of(asha).post(day_url(down[0]), posted)
    assert client_of(sam).get(day_url(down[0], "day-reported")).status_code == 404
    assert "See what was told" not in page_of(down[0], sam)
    assert "See what was told" in page_of(down[0], asha)


@pytest.mark.parametrize(("what", "words"), [("nobody", "nobody has come"), ("call_off", "it must call this off")])
@time_machine.travel(AFTER)
def test_what_the_school_said_on_the_day_is_gone_from_the_page_once_all_is_reported(
    asha: Volunteer, down: list[Session], what: str, words: str
) -> None:
    first, second = down
    SchoolAlarm.objects.create(visit=first.visit, day=first.day, what=what, given_by="Jo", at=AFTER)
    client_of(asha).post(day_url(first), typed(first))
    assert f"The school says that {words}" in page_of(first, asha)  # the second session is to come for all that we know
    client_of(asha).post(day_url(first), typed(second))
    assert "The school says" not in page_of(first, asha)


@time_machine.travel(AFTER)
def test_the_page_of_a_morning_asks_no_observer_how_it_went(asha: Volunteer, down: list[Session]) -> None:
    first, second = down
    Cover.objects.update(role="observer")
    form = f'href="{day_url(first)}"'
    assert form not in page_of(first, asha)
    assert client_of(asha).get(day_url(first)).status_code == 200
    Cover.objects.filter(session=second).update(role="presenter")
    assert form in page_of(first, asha)


@time_machine.travel(BEFORE)
def test_the_page_that_a_phone_keeps_says_what_to_do_on_the_day_where_people_are_lacking(
    asha: Volunteer, down: list[Session]
) -> None:
    notice = page_of(down[0], asha).partition("This still needs people.")[2].partition("</p>")[0]
    assert "before the day there is nothing you need to do." in notice
    assert "If it still says so on the day, phone us before you start." in notice
