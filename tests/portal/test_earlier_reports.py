"""Reports that a phone kept before there was a form for the whole day: they are received as they were made."""

from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from schools.delivery.models import OutcomeSubmission
from schools.visits.models import Cover, Headcount, Session
from schools.volunteers.models import Volunteer
from tests.factories import AreaFactory, able_volunteer
from tests.portal.pages import AFTER, client_of, morning_at, school_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def asha() -> Volunteer:
    return able_volunteer(AreaFactory(), signs_in=True, name="Asha Rahman")


@pytest.fixture
def ben(asha: Volunteer) -> Volunteer:
    return able_volunteer(asha.areas.get(), signs_in=True, name="Ben Okoro")


@pytest.fixture
def session(asha: Volunteer, ben: Volunteer) -> Session:
    return morning_at(school_in(asha.areas.get()), asha, ben)[0]


def as_kept(session: Session, pupils: str = "28", **other: Any) -> dict[str, Any]:
    """The boxes of the form of one session, as a phone kept them."""
    covers = Cover.objects.filter(session=session)
    boxes = {"version": "", "went_ahead": "yes", f"pupils_{session.visit.school_id}_5": pupils, "cancelled_code": ""}
    people = {"attended": [cover.pk for cover in covers], "shown": " ".join(str(cover.pk) for cover in covers)}
    return {"key": str(uuid4()), "count_basis": "counted", "pupils_are": "new", "adults": "2", **boxes, **people, **other}


def sends(client: Client, session: Session, data: dict[str, Any]) -> Any:
    return client.post(f"/sessions/{session.pk}/outcome/", data, headers={"accept": "application/json"})


@time_machine.travel(AFTER)
def test_what_a_phone_kept_for_one_session_is_stored_under_its_own_key(asha: Volunteer, ben: Volunteer, session: Session) -> None:
    data = as_kept(session, attended=[Cover.objects.get(session=session, volunteer=asha).pk], note="Too warm.")
    for _ in range(2):
        assert sends(client_of(asha), session, data).json()["kept"]
    session.refresh_from_db()
    assert (session.stage, session.adults, session.outcome_note, session.version) == ("delivered", 2, "Too warm.", 1)
    assert str(OutcomeSubmission.objects.get().key) == data["key"]
    assert Cover.objects.get(session=session, volunteer=ben).state == "absent"
    others = Session.objects.filter(visit=session.visit_id).exclude(pk=session.pk)
    assert [other.stage for other in others] == ["scheduled"]


@time_machine.travel(AFTER)
def test_its_later_version_corrects_it_and_what_differs_can_be_sent_again(
    asha: Volunteer, ben: Volunteer, session: Session
) -> None:
    first, client = as_kept(session), client_of(asha)
    sends(client, session, first)
    assert sends(client, session, as_kept(session, "29", replaces=first["key"])).json()["kept"]
    refusal = sends(client_of(ben), session, as_kept(session, "30")).json()
    assert refusal["differs"] == [{"what": "Year 5", "stored": "29", "said": "30"}]
    again: dict[str, list[str]] = {}
    for name, value in refusal["again"]:
        again.setdefault(name, []).append(value)
    assert sends(client_of(ben), session, again).json()["kept"]
    assert Headcount.objects.get(session=session).pupils == 30


@time_machine.travel(AFTER)
def test_nothing_is_asked_afterwards_that_its_form_did_not_ask(asha: Volunteer, session: Session) -> None:
    assert sends(client_of(asha), session, as_kept(session, "5", pupils_are="again")).json()["kept"]
    session.refresh_from_db()
    assert (Headcount.objects.get(session=session).pupils, session.sure_of, session.pupils_are) == (5, None, "again")


@time_machine.travel(AFTER)
def test_a_session_that_did_not_go_ahead_has_the_reason_that_stood_there(asha: Volunteer, session: Session) -> None:
    assert sends(client_of(asha), session, as_kept(session, "", went_ahead="no", adults="")).json()["kept"]
    session.refresh_from_db()
    assert (session.stage, session.cancelled_code) == ("cancelled", "not_held")


@time_machine.travel(AFTER)
def test_a_mistake_in_it_is_shown_on_the_days_form_with_everything_typed(asha: Volunteer, session: Session) -> None:
    page = text_of(client_of(asha).post(f"/sessions/{session.pk}/outcome/", as_kept(session, "lots")))
    assert "Year 5: give a whole number from 0 to 1,000" in page
    assert 'value="lots"' in page
    assert f'action="/mornings/{session.visit_id}/2026-11-26/outcome/"' in page


@time_machine.travel(AFTER)
def test_a_report_that_does_not_say_whom_its_form_showed_marks_as_there_whom_it_names(
    asha: Volunteer, ben: Volunteer, session: Session
) -> None:
    data = as_kept(session, attended=[Cover.objects.get(session=session, volunteer=asha).pk])
    del data["shown"]
    assert sends(client_of(asha), session, data).json()["kept"]
    assert Cover.objects.get(session=session, volunteer=ben).state == "absent"
