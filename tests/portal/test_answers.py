"""Answering from a mail: a link shows by GET, acts by POST alone, and holds to the rules of the portal's own pages."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from schools.directory.models import Area
from schools.models import OutboxMessage
from schools.portal.views.answers import MOST_PRESSES
from schools.visits.models import Cover, Session
from schools.volunteers.actions import publish_agreement
from schools.volunteers.models import Volunteer
from tests.factories import CoverFactory, SessionFactory, able_volunteer, coordinator_of
from tests.news import tell
from tests.portal.links import button_of, everything, heading_of, path_to, press
from tests.portal.pages import BEFORE, client_of, morning_at, school_in, states, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("before")]


@pytest.mark.parametrize("purpose", ["yes", "no", "cannot"])
@pytest.mark.parametrize("state", ["offered", "accepted", "declined", "withdrawn"])
def test_opening_a_link_writes_nothing_at_all(asha: Volunteer, area: Area, purpose: str, state: str) -> None:
    sessions = morning_at(school_in(area), asha, state=state)
    before = everything()
    client = Client()
    with CaptureQueriesContext(connection) as queries:
        for method in (client.get, client.head):
            assert method(path_to(asha, sessions, purpose)).status_code == 200
    assert {query["sql"].lstrip("(").split()[0] for query in queries} == {"SELECT"}
    assert everything() == before
    assert client.cookies == {}


def test_the_page_says_school_day_times_and_the_question_and_nothing_beyond_the_mail(
    asha: Volunteer, offered: list[Session], area: Area
) -> None:
    ben = able_volunteer(area, name="Ben Okoro", phone="+447700900111", share_phone=True)
    coordinator = coordinator_of(area, name="Cora Lane", phone="+447700900222")
    for session in offered:
        CoverFactory(session=session, volunteer=ben)
        session.visit.coordinator = coordinator
        session.visit.save()
    page = Client().get(path_to(asha, offered))
    assert heading_of(page) == "Asha, could you take this?"
    for words in ("Oak Primary", "Thu 26 November 2026", "9:15–9:45 am", "KS2 assembly", "10:00–11:00 am"):
        assert words in text_of(page), words
    for words in ("Rahman", "Ben", "Okoro", "0900", "Cora", "DBS", "example.org", "postcode", "<script"):
        assert words not in text_of(page), words


def test_the_yes_the_no_and_the_cannot_do_what_the_portal_does(asha: Volunteer, offered: list[Session]) -> None:
    assert asha.user
    page = press(path_to(asha, offered, "no"))
    assert heading_of(page) == "Nobody expects you there"
    assert "A no is fine." in text_of(page)
    assert states(asha) == ["declined", "declined"]
    Cover.objects.update(state="offered")
    page = press(path_to(asha, offered))
    assert heading_of(page) == "You’re down for this"
    assert set(Cover.objects.values_list("state", "role")) == {("accepted", "lead")}
    page = press(path_to(asha, offered, "cannot"))
    assert heading_of(page) == "Nobody expects you there"
    assert set(Cover.objects.values_list("state", "gave_back", "ended_by")) == {("withdrawn", True, asha.user.pk)}


@pytest.mark.parametrize(("purpose", "then"), [("yes", ["accepted"]), ("no", ["declined"]), ("cannot", ["withdrawn"])])
def test_a_button_that_is_pressed_twice_or_on_two_devices_says_what_is_so(
    asha: Volunteer, area: Area, purpose: str, then: list[str]
) -> None:
    sessions = morning_at(school_in(area), asha, state="accepted" if purpose == "cannot" else "offered")
    path = path_to(asha, sessions, purpose)
    first = Client().post(path, follow=True)
    history = Cover.history.count()
    second = Client().post(path, follow=True)
    assert first.status_code == second.status_code == 200
    assert heading_of(first) == heading_of(second)
    assert states(asha) == then * 2
    assert Cover.history.count() == history


def test_what_was_pressed_is_taken_back_with_one_button_and_again(asha: Volunteer, offered: list[Session]) -> None:
    path = path_to(asha, offered)
    page = press(path)
    for then in ("withdrawn", "accepted", "withdrawn"):
        page = Client().post(button_of(page), follow=True)
        latest = [Cover.objects.filter(session=session).latest("pk") for session in offered]
        assert [(cover.state, cover.role) for cover in latest] == [(then, "lead")] * 2
    assert heading_of(Client().get(path)) == "Nobody expects you there"


def test_a_lead_who_comes_back_presents_where_somebody_else_leads(asha: Volunteer, down: list[Session], area: Area) -> None:
    page = press(path_to(asha, down, "cannot"))
    for session in down:
        CoverFactory(session=session, volunteer=able_volunteer(area), role="lead")
    page = Client().post(button_of(page), follow=True)
    assert heading_of(page) == "You’re down for this"
    assert list(Cover.objects.filter(volunteer=asha, state="accepted").values_list("role", flat=True)) == ["presenter"] * 2


def test_what_cant_be_taken_back_says_to_phone(asha: Volunteer, down: list[Session], area: Area) -> None:
    page = press(path_to(asha, down, "cannot"))
    assert button_of(page)
    for session in down:
        for _ in range(2):
            CoverFactory(session=session, volunteer=able_volunteer(area))
    refused = Client().post(button_of(page), follow=True)
    assert refused.status_code == 409
    again = Client().get(path_to(asha, down, "cannot"))
    for shown in (refused, again):
        assert "phone your coordinator: it can’t be taken back here" in text_of(shown)
        assert button_of(shown) == ""
    assert "accepted" not in states(asha)


def test_an_observer_who_said_no_is_not_made_a_presenter(asha: Volunteer, down: list[Session]) -> None:
    Cover.objects.update(role="observer")
    page = press(path_to(asha, down, "cannot"))
    assert states(asha) == ["withdrawn", "withdrawn"]
    assert button_of(page) == ""
    assert Client().post(path_to(asha, down)).status_code == 409


def test_a_place_of_another_area_is_not_taken_again_by_a_link(asha: Volunteer, offered: list[Session]) -> None:
    page = press(path_to(asha, offered, "no"))
    assert button_of(page)
    asha.areas.clear()
    assert Client().post(button_of(page)).status_code == 409
    assert states(asha) == ["declined", "declined"]


def test_the_agreement_is_accepted_before_a_yes_and_not_before_a_no(asha: Volunteer, offered: list[Session]) -> None:
    publish_agreement("We agree.", from_day=BEFORE.date())
    page = press(path_to(asha, offered))
    assert page.status_code == 409
    assert "Sign in and accept the volunteer agreement first." in text_of(page)
    assert states(asha) == ["offered", "offered"]
    press(path_to(asha, offered, "no"))
    assert states(asha) == ["declined", "declined"]


@pytest.mark.parametrize("why", ["lapsed", "away", "paused", "conflict", "sign-off", "elsewhere", "too far"])
def test_what_is_written_down_about_a_person_refuses_and_is_read_after_signing_in_alone(
    asha: Volunteer, offered: list[Session], area: Area, why: str
) -> None:
    session = offered[0]
    if why == "lapsed":
        asha.clearances.update(recheck_on=session.day)
    elif why == "away":
        asha.aways.create(first_day=session.day, last_day=session.day)
    elif why == "paused":
        Volunteer.objects.filter(pk=asha.pk).update(status="paused")
    elif why == "conflict":
        asha.conflicts.create(school=session.visit.school)
    elif why == "sign-off":
        asha.sign_offs.all().delete()
    elif why == "too far":
        Volunteer.objects.filter(pk=asha.pk).update(easting=500_000, northing=200_000, furthest_km=5)
        type(session.visit.school).objects.update(easting=300_000, northing=500_000)
    else:
        at = {"day": session.day, "starts": session.starts, "ends": session.ends}
        CoverFactory(session=SessionFactory(visit__school=school_in(area, name="Ash School"), **at), volunteer=asha)
    page = press(path_to(asha, offered))
    assert page.status_code == 409
    assert "Something that is written down about you stands against it. Sign in" in text_of(page)
    for words in ("DBS", "clear on", "You told us", "paused", "don’t go to", "signed off", "Ash School", "from your home"):
        assert words not in text_of(page), words
    assert [state for state in states(asha) if state == "offered"] == ["offered", "offered"]
    taken = client_of(asha).post(reverse("take", args=[session.visit_id, session.day]), {"sessions": [s.pk for s in offered]})
    assert taken.status_code == 200
    assert "Something that is written down" not in text_of(taken)


def test_what_is_about_the_session_is_refused_in_the_rules_own_words(asha: Volunteer, offered: list[Session], area: Area) -> None:
    for session in offered:
        for _ in range(2):
            CoverFactory(session=session, volunteer=able_volunteer(area))
    page = press(path_to(asha, offered))
    assert page.status_code == 409
    assert "has all the people it needs now. Choose another session." in text_of(page)
    assert "Something that is written down" not in text_of(page)
    assert states(asha) == ["offered", "offered"]


def test_whoever_is_signed_in_the_answer_is_its_persons_and_nobody_is_signed_in_by_it(
    asha: Volunteer, offered: list[Session], area: Area
) -> None:
    assert asha.user
    coordinator = coordinator_of(area)
    client = Client()
    client.force_login(coordinator)
    press(path_to(asha, offered), client)
    press(path_to(asha, offered, "cannot"), client)
    assert set(Cover.history.exclude(history_user=None).values_list("history_user", flat=True)) == {asha.user.pk}
    assert set(Cover.objects.values_list("ended_by", flat=True)) == {asha.user.pk}
    stranger = Client()
    press(path_to(asha, offered), stranger)
    assert stranger.get(reverse("home")).status_code == 302
    assert "sessionid" not in stranger.cookies


def test_the_address_is_kept_from_everybody_and_the_page_runs_no_script(asha: Volunteer, offered: list[Session]) -> None:
    path = path_to(asha, offered)
    client = Client(enforce_csrf_checks=True)
    answers = [client.get(path), client.post(path, headers={"origin": "null"}), client.get("/answer/x/"), client.post(path)]
    assert [answer.status_code for answer in answers] == [200, 302, 404, 302]
    for answer in answers:
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer.headers["Cache-Control"]
        assert "noindex" in answer.headers["X-Robots-Tag"]
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
    assert "<script" not in text_of(answers[0])


def test_who_cant_make_it_within_72_hours_is_told_to_the_coordinator_at_any_hour(
    asha: Volunteer, down: list[Session], area: Area
) -> None:
    coordinator = coordinator_of(area)
    at_night = BEFORE.replace(hour=2)
    with time_machine.travel(at_night):
        press(path_to(asha, down, "cannot"))
        tell(at_night, kinds=["given-back"])
    message = OutboxMessage.objects.get(kind="given-back")
    assert message.to == coordinator.email
    assert "Oak Primary" in message.body


def test_a_yes_that_is_taken_back_at_once_tells_nobody_twice(asha: Volunteer, down: list[Session], area: Area) -> None:
    coordinator_of(area)
    page = press(path_to(asha, down, "cannot"))
    Client().post(button_of(page))
    tell(BEFORE, kinds=["given-back"])
    assert not OutboxMessage.objects.exists()


def test_pressing_without_end_is_refused_and_looking_is_not(asha: Volunteer, offered: list[Session]) -> None:
    path = path_to(asha, offered)
    for _ in range(MOST_PRESSES):
        assert Client().post(path).status_code == 302
    page = Client().post(path_to(asha, offered, "no"))
    assert page.status_code == 429
    assert "Wait ten minutes, or phone your coordinator." in text_of(page)
    assert Client().get(path).status_code == 200
    with time_machine.travel(BEFORE + timedelta(minutes=11)):
        assert Client().post(path).status_code == 302


def test_any_other_method_and_a_path_without_its_end_do_no_harm(asha: Volunteer, offered: list[Session]) -> None:
    path = path_to(asha, offered)
    assert Client().put(path).status_code == 405
    assert Client().delete(path).status_code == 405
    assert Client().get(path.rstrip("/"), follow=True).status_code == 200
    assert states(asha) == ["offered", "offered"]
