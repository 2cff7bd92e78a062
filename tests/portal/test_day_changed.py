"""A report that waited on a phone while something of its day has changed: nothing that was typed is lost, and words are true."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from schools.materials.models import KitLine, Material, MaterialUse
from schools.visits.models import Cover, Session
from schools.volunteers.models import Volunteer
from tests.factories import AreaFactory, SchoolFactory, able_volunteer
from tests.portal.pages import AFTER, client_of, day_url, morning_at, school_in, text_of, whole_day
from tests.portal.test_day import again_of, counted, sends

pytestmark = pytest.mark.django_db


@pytest.fixture
def asha() -> Volunteer:
    return able_volunteer(AreaFactory(duty_phone="+441228606060"), signs_in=True, name="Asha Rahman")


@pytest.fixture
def ben(asha: Volunteer) -> Volunteer:
    return able_volunteer(asha.areas.get(), signs_in=True, name="Ben Okoro")


@pytest.fixture
def sessions(asha: Volunteer, ben: Volunteer) -> list[Session]:
    """An assembly at 9:15 and a workshop at 10:00, both Asha's and Ben's."""
    return morning_at(school_in(asha.areas.get()), asha, ben)


@time_machine.travel(AFTER)
def test_numbers_for_which_there_is_no_box_any_more_are_refused_and_not_dropped(asha: Volunteer, sessions: list[Session]) -> None:
    first, second = sessions
    guest = SchoolFactory(area=asha.areas.get())
    client, data = client_of(asha), whole_day(sessions, "28", "31")
    lost = {f"s{first.pk}-pupils_{guest.pk}_3": "12", f"s{second.pk}-total": "55"}
    page = text_of(client.post(day_url(first), data | lost))
    for number in ("12", "55"):
        assert f"it has no box for {number} any more" in page
    assert counted(first, second) == [None, None]
    assert client.post(day_url(first), data | dict.fromkeys(lost, "")).status_code == 302
    assert counted(first, second) == [28, 31]


@time_machine.travel(AFTER)
def test_the_rest_is_sent_without_a_partner_who_was_on_what_is_left_out_alone(
    asha: Volunteer, ben: Volunteer, sessions: list[Session]
) -> None:
    first, second = sessions
    Cover.objects.filter(session=first, volunteer=ben).delete()
    data = whole_day(sessions, "28", "31")
    assert ben.pk in data["there"]
    Session.objects.filter(pk=second.pk).update(stage="cancelled", cancelled_code="school")
    client = client_of(asha)
    assert sends(client, first, again_of(sends(client, first, data).json()["rest"])).json()["kept"]
    assert counted(first, second) == [28, None]


@time_machine.travel(AFTER)
def test_what_somebody_had_counted_there_is_said_without_the_other_boxes(asha: Volunteer, sessions: list[Session]) -> None:
    first, second = sessions
    boxes = {"guest": str(SchoolFactory(area=asha.areas.get()).pk), "guest_5": "12", "mixed": "30", "mixed_of": "4"}
    data = whole_day(sessions, "28", "31") | {f"s{second.pk}-{name}": value for name, value in boxes.items()}
    Cover.objects.filter(session=second, volunteer=asha).update(state="withdrawn")
    page = text_of(client_of(asha).post(day_url(first), data))
    assert "Tell your coordinator what you counted there: 31, 12, 30." in page


@time_machine.travel(AFTER)
def test_what_was_used_of_a_material_that_is_planned_no_more_is_stored_all_the_same(
    asha: Volunteer, sessions: list[Session]
) -> None:
    first, bands = sessions[0], Material.objects.create(name="Bands")
    line = KitLine.objects.create(session_type=first.type, material=bands, quantity=1, per="pupil")
    once = {f"arrived_{bands.pk}": "61", f"used_{bands.pk}": "50", "used_999999999": "3"}
    data = whole_day(sessions, "28", "31", **once)
    line.delete()
    client = client_of(asha)
    page = text_of(client.post(day_url(first), data | {f"used_{bands.pk}": "5O"}))
    assert "Bands, used: give a whole number" in page
    assert 'value="5O"' in page
    assert client.post(day_url(first), data).status_code == 302
    assert list(MaterialUse.objects.values_list("material", "arrived", "used")) == [(bands.pk, 61, 50)]


@time_machine.travel(AFTER)
def test_until_when_it_can_be_corrected_is_so_to_the_minute(asha: Volunteer, sessions: list[Session]) -> None:
    client = client_of(asha)
    client.post(day_url(sessions[0]), whole_day(sessions, "28", "31"))
    address = day_url(sessions[0], "day-reported")
    for minutes, is_said in ((-1, True), (1, False)):
        with time_machine.travel(AFTER + timedelta(days=14, minutes=minutes), tick=False):
            assert ("You can correct it until" in text_of(client.get(address))) == is_said


@time_machine.travel(AFTER)
@pytest.mark.parametrize("how_many", [1, 2])
def test_where_all_of_a_form_was_moved_nobody_is_told_to_leave_it_for_later_and_its_address_leads_to_the_day(
    how_many: int, asha: Volunteer, sessions: list[Session]
) -> None:
    first, theirs = sessions[0], sessions[:how_many]
    Cover.objects.filter(session__in=sessions[how_many:], volunteer=asha).delete()
    address, data, moved = day_url(first), whole_day(theirs, *["28"] * how_many), first.day - timedelta(days=1)
    Session.objects.filter(visit=first.visit).update(day=moved)
    client = client_of(asha)
    refusal = sends(client, first, data).json()
    words = "This session was moved to Wed 25 November 2026. Open that day from “Mine” and tell us there how it went;"
    assert [words in reason and "Not yet" not in reason for reason in refusal["reasons"]] == [True] * how_many
    assert not refusal["rest"]
    assert words in text_of(client.post(address, data))
    assert client.get(address)["Location"] == reverse("day-outcome", args=[first.visit_id, moved])
    # A phone that keeps pages learns that this one is gone.
    assert client.get(address, headers={"Speakout-Keep": "1"}).status_code == 404


@time_machine.travel(AFTER)
def test_the_address_of_a_day_whose_sessions_went_to_two_days_leads_to_neither(asha: Volunteer, sessions: list[Session]) -> None:
    address = day_url(sessions[0])
    for days, session in enumerate(sessions, start=1):
        Session.objects.filter(pk=session.pk).update(day=session.day - timedelta(days=days))
    assert client_of(asha).get(address).status_code == 404


@pytest.mark.parametrize("is_newer_first", [False, True])
@time_machine.travel(AFTER)
def test_of_a_report_that_another_follows_the_sessions_are_stored_that_the_other_leaves_open(
    asha: Volunteer, sessions: list[Session], is_newer_first: bool
) -> None:
    first, second = sessions
    older = whole_day(sessions, "28", "29")
    newer = whole_day(sessions, "", "31") | {f"s{first.pk}-went_ahead": "later", "follows": older["key"]}
    client = client_of(asha)
    for data in (newer, older) if is_newer_first else (older, newer):
        assert sends(client, first, data).json()["kept"]
    assert counted(first, second) == [28, 31]
    for data in (older, newer):
        assert sends(client, first, data).json()["kept"]
    assert counted(first, second) == [28, 31]
