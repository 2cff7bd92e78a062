"""Asking to watch a morning: who may, what the coordinator answers in the office, and that an observer is no cover."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from schools import models
from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.visits.actions import (
    ask_to_observe,
    claim,
    decline,
    end_membership,
    let_observe,
    offer,
    refuse_observing,
    take_back_asking,
)
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.undoing import undo
from schools.visits.queries import VisitDay
from schools.visits.rules import later, slot_of
from tests.factories import DAY, AreaFactory, CoverFactory, able_volunteer, coordinator_of, manager
from tests.news import tell
from tests.portal.pages import BEFORE, client_for, client_of, morning_at, school_in, states, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _before() -> Any:
    with time_machine.travel(BEFORE):
        yield


@pytest.fixture
def area() -> models.Area:
    made: models.Area = AreaFactory(name="Cumberland")
    return made


@pytest.fixture
def tess(area: models.Area) -> models.Volunteer:
    """In training: clear, not signed off for anything."""
    made = able_volunteer(area, signs_in=True, name="Tess Trainee", status="in_training")
    made.sign_offs.all().delete()
    return made


@pytest.fixture
def chris(area: models.Area) -> User:
    return coordinator_of(area, name="Chris Coordinator")


@pytest.fixture
def day(area: models.Area) -> VisitDay:
    """A morning on which Ben leads and one place more is free."""
    session = morning_at(school_in(area, name="Larkfield"), able_volunteer(area, name="Ben Smith"))[0]
    return VisitDay(session.visit, session.day)


def asks(volunteer: models.Volunteer, day: VisitDay, **said: str) -> str:
    answer = client_of(volunteer).post(reverse("observe-morning", args=[day.visit.pk, day.day]), said, follow=True)
    assert answer.status_code == 200
    return text_of(answer)


def cover_of(volunteer: models.Volunteer) -> models.Cover:
    return models.Cover.objects.filter(volunteer=volunteer).order_by("session")[0]


def answers(coordinator: User, do: str, cover: models.Cover) -> str:
    return text_of(client_for(coordinator).post(reverse("admin:observing"), {"do": do, "cover": cover.pk}, follow=True))


def test_somebody_in_training_asks_home_shows_it_and_with_one_click_they_stand_on_the_morning(
    tess: models.Volunteer, chris: User, day: VisitDay
) -> None:
    page = text_of(client_of(tess).get(reverse("observe")))
    assert "Larkfield" in page
    assert "with Ben" in page
    assert reverse("observe") in text_of(client_of(tess).get(reverse("open-list")))
    assert "We have asked your coordinator." in asks(tess, day)
    assert states(tess) == ["asked", "asked"]
    page = text_of(client_of(tess).get(reverse("observe")))
    assert "You asked for" in page
    assert "Ask to watch" not in page

    office = client_for(chris)
    home = text_of(office.get("/admin/"))
    assert "sessions that somebody would like to watch wait for your answer" in home
    assert reverse("admin:observing") in home
    listed = text_of(office.get(reverse("admin:observing")))
    assert "Tess Trainee" in listed
    assert "Larkfield" in listed
    assert "Tess Trainee is on it as an observer now" in answers(chris, "yes", cover_of(tess))

    assert states(tess) == ["accepted", "accepted"]
    assert set(models.Cover.objects.filter(volunteer=tess).values_list("role", flat=True)) == {"observer"}
    morning = text_of(client_of(tess).get(reverse("morning", args=[day.visit.pk, day.day])))
    assert "You: observer" in morning
    assert "I can’t make it" in morning
    assert "Ask somebody to go instead" not in morning
    assert "This still needs people." in morning
    tell(BEFORE)
    mail = models.OutboxMessage.objects.get()
    assert (mail.to, mail.subject) == (tess.user.email, "You’re down for Larkfield, Thu 26 November 2026")  # type: ignore[union-attr]  # they sign in
    assert "Nobody waits for an answer" in text_of(office.get(reverse("admin:observing")))


def test_who_watches_asks_nobody_to_watch_instead(tess: models.Volunteer, chris: User, day: VisitDay, area: models.Area) -> None:
    colleague = able_volunteer(area, name="Ben Okoro")
    ask_to_observe(day, tess, by=tess.user, now=BEFORE)  # type: ignore[arg-type]  # they sign in
    let_observe(day, tess, by=chris, now=BEFORE)
    client, args = client_of(tess), [day.visit.pk, day.day]
    assert "Ask somebody to go instead" not in text_of(client.get(reverse("give-back", args=args)))
    for answer in (client.get(reverse("swap", args=args)), client.post(reverse("swap", args=args), {"to": colleague.pk})):
        assert answer.headers["Location"] == reverse("give-back", args=args)
    assert "nobody has to go instead of you" in text_of(client.get(reverse("give-back", args=args)))
    assert not models.Cover.objects.filter(volunteer=colleague).exists()


def test_an_observer_is_no_cover_and_takes_no_place(
    tess: models.Volunteer, chris: User, day: VisitDay, area: models.Area
) -> None:
    def places() -> list[tuple[int, bool]]:
        with_cover = models.Session.objects.with_cover().order_by("pk")
        return [(session.places_taken, session.is_covered) for session in with_cover]

    before = places()
    ask_to_observe(day, tess, by=tess.user, now=BEFORE)  # type: ignore[arg-type]  # they sign in
    assert places() == before
    let_observe(day, tess, by=chris, now=BEFORE)
    assert places() == before
    claim(day, able_volunteer(area), role="presenter", by=chris, now=BEFORE)
    assert all(covered for _, covered in places())


def test_who_was_asked_to_watch_and_says_no_by_phone_is_refused_nothing(
    tess: models.Volunteer, chris: User, day: VisitDay
) -> None:
    offer(day, tess, role="observer", by=chris, now=BEFORE)
    tell(BEFORE)
    assert models.OutboxMessage.objects.count() == 1
    decline(day, tess, by=chris, now=BEFORE)
    tell(BEFORE)
    assert models.OutboxMessage.objects.count() == 1, "they know it best"
    assert states(tess) == ["declined", "declined"]


def test_a_no_is_mailed_kindly_and_the_morning_can_be_asked_for_again(tess: models.Volunteer, chris: User, day: VisitDay) -> None:
    asks(tess, day)
    assert "Tess Trainee will not watch it" in answers(chris, "no", cover_of(tess))
    assert states(tess) == ["declined", "declined"]
    tell(BEFORE)
    mail = models.OutboxMessage.objects.get()
    assert mail.to == tess.user.email  # type: ignore[union-attr]  # they sign in
    assert "Thank you for asking to watch this." in mail.body
    asks(tess, day)
    assert sorted(states(tess)) == ["asked", "asked", "declined", "declined"]


def test_twice_is_once_and_taken_back_is_gone(tess: models.Volunteer, chris: User, day: VisitDay) -> None:
    asks(tess, day)
    asks(tess, day)
    assert states(tess) == ["asked", "asked"]
    assert "Taken back." in asks(tess, day, back="1")
    assert states(tess) == ["withdrawn", "withdrawn"]
    assert "answered this already" in asks(tess, day, back="1")
    # The coordinator had the page open.
    page = answers(chris, "yes", cover_of(tess))
    assert "There is nothing to take" in page
    assert states(tess) == ["withdrawn", "withdrawn"]


def test_two_coordinators_answer_once(tess: models.Volunteer, chris: User, day: VisitDay, area: models.Area) -> None:
    asks(tess, day)
    cover = cover_of(tess)
    answers(chris, "yes", cover)
    assert "nothing to answer" in answers(coordinator_of(area), "no", cover)
    assert states(tess) == ["accepted", "accepted"]


def moves(day: VisitDay, chris: User, *, days: int = 0, minutes: int = 0) -> None:
    """The coordinator moves the visit day, an hour after the volunteer has asked."""
    sessions, now = list(day.sessions()), BEFORE + timedelta(hours=1)
    slots = {row.pk: later(slot_of(row), day=row.day + timedelta(days=days), by=timedelta(minutes=minutes)) for row in sessions}
    to = {pk: slot for pk, slot in slots.items() if slot is not None}
    with time_machine.travel(now):
        move(day.visit, to, seen=plan_move(day.visit, to, by=chris, now=now).digest, by=chris, now=now)


def test_a_yes_to_a_page_that_shows_another_day_puts_nobody_there(tess: models.Volunteer, chris: User, day: VisitDay) -> None:
    asks(tess, day)
    office = client_for(chris)
    (shown,) = re.findall(r'name="shown" value="([^"]+)"', office.get(reverse("admin:observing")).content.decode())
    moves(day, chris, days=1)
    said = {"do": "yes", "cover": cover_of(tess).pk, "shown": shown}
    page = text_of(office.post(reverse("admin:observing"), said, follow=True))
    assert "was moved to Fri 27 November 2026" in page
    assert "Ask them whether they can come then" in page
    assert states(tess) == ["asked", "asked"]


def test_who_asked_to_watch_before_it_was_moved_is_asked_whether_they_come_then(
    tess: models.Volunteer, chris: User, day: VisitDay
) -> None:
    asks(tess, day)
    moves(day, chris, days=1)
    with time_machine.travel(BEFORE + timedelta(hours=2)):
        assert "is asked whether they can come then" in answers(chris, "yes", cover_of(tess))
        assert states(tess) == ["offered", "offered"]
        assert set(models.Cover.objects.filter(volunteer=tess).values_list("role", flat=True)) == {"observer"}
        assert undo(models.Batch.objects.latest("pk"), by=chris, now=BEFORE + timedelta(hours=2)).left_alone == []
        assert states(tess) == ["asked", "asked"]


def test_a_quarter_of_an_hour_is_the_morning_that_they_asked_to_watch(tess: models.Volunteer, chris: User, day: VisitDay) -> None:
    asks(tess, day)
    moves(day, chris, minutes=15)
    assert "is on it as an observer now" in answers(chris, "yes", cover_of(tess))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda tess: tess.clearances.all().delete(), "decision of yours that is clear"),
        (lambda tess: models.Volunteer.objects.filter(pk=tess.pk).update(status="paused"), "We have you down as paused"),
        (lambda tess: tess.aways.create(first_day=DAY, last_day=DAY), "You told us that you are away"),
    ],
)
def test_who_could_not_be_there_is_not_shown_it_and_reads_why(
    change: Any, words: str, tess: models.Volunteer, day: VisitDay
) -> None:
    change(tess)
    assert "Larkfield" not in text_of(client_of(tess).get(reverse("observe")))
    assert words in asks(tess, day)
    assert states(tess) == []


def test_an_offer_is_not_lost_by_asking_to_watch(tess: models.Volunteer, day: VisitDay, area: models.Area) -> None:
    ready = able_volunteer(area, signs_in=True)
    for session in day.sessions():
        CoverFactory(session=session, volunteer=ready, state="offered")
    assert "Larkfield" not in text_of(client_of(ready).get(reverse("observe")))
    assert "Say no to that first" in asks(ready, day)
    assert states(ready) == ["offered", "offered"]


def test_who_asked_to_watch_can_take_a_place_instead(day: VisitDay, area: models.Area) -> None:
    ready = able_volunteer(area, signs_in=True)
    asks(ready, day)
    claim(day, ready, role="presenter", by=ready.user, now=BEFORE)  # type: ignore[arg-type]  # they sign in
    assert states(ready) == ["accepted", "accepted"]
    assert set(models.Cover.objects.filter(volunteer=ready).values_list("role", flat=True)) == {"presenter"}


def test_a_day_that_passed_was_cancelled_or_is_elsewhere_is_not_asked_for(
    tess: models.Volunteer, chris: User, day: VisitDay
) -> None:
    elsewhere = morning_at(school_in(AreaFactory(), name="Faraway"), able_volunteer())[0]
    nobody = morning_at(school_in(tess.areas.get(), name="Nobody Yet"))[0]
    page = text_of(client_of(tess).get(reverse("observe")))
    assert "Faraway" not in page
    assert nobody.visit.school.name not in page
    assert client_of(tess).post(reverse("observe-morning", args=[elsewhere.visit_id, elsewhere.day])).status_code == 404
    asks(tess, day)
    models.Session.objects.filter(visit=day.visit).update(stage="cancelled", cancelled_code="school")
    assert "Nobody waits for an answer" in text_of(client_for(chris).get(reverse("admin:observing")))
    yesterday = BEFORE.date() - timedelta(days=1)
    models.Session.objects.filter(visit=day.visit).update(stage="scheduled", cancelled_code="", day=yesterday)
    assert "Nobody waits for an answer" in text_of(client_for(chris).get(reverse("admin:observing")))
    with pytest.raises(RuleBroken):
        ask_to_observe(VisitDay(day.visit, yesterday), able_volunteer(), by=chris, now=BEFORE)


def test_another_areas_coordinator_sees_and_answers_nothing(tess: models.Volunteer, day: VisitDay) -> None:
    asks(tess, day)
    stranger = client_for(coordinator_of(AreaFactory()))
    assert "Tess" not in text_of(stranger.get(reverse("admin:observing")))
    for cover in (str(cover_of(tess).pk), "", "x", "0", "9" * 30):
        assert stranger.post(reverse("admin:observing"), {"do": "yes", "cover": cover}).status_code == 404
    assert states(tess) == ["asked", "asked"]
    assert client_of(tess).get(reverse("admin:observing")).status_code in {302, 403}


def test_who_leaves_asks_no_more(tess: models.Volunteer, day: VisitDay) -> None:
    asks(tess, day)
    end_membership(tess, day=BEFORE.date(), by=manager(), now=BEFORE)
    assert states(tess) == ["withdrawn", "withdrawn"]


def test_answering_what_nobody_asked_is_refused(tess: models.Volunteer, chris: User, day: VisitDay) -> None:
    for answer in (let_observe, refuse_observing, take_back_asking):
        with pytest.raises(RuleBroken):
            answer(day, tess, by=chris, now=BEFORE)
    assert states(tess) == []


@pytest.mark.parametrize("how_many", [1, 3])
def test_the_offices_list_costs_the_same_of_one_and_of_three(
    how_many: int, chris: User, area: models.Area, django_assert_max_num_queries: Any
) -> None:
    for number in range(how_many):
        person = able_volunteer(area, signs_in=True)
        session = morning_at(school_in(area), able_volunteer(area), day=date(2026, 11, 26 + number))[0]
        ask_to_observe(VisitDay(session.visit, session.day), person, by=person.user, now=BEFORE)  # type: ignore[arg-type]  # they sign in
    client: Client = client_for(chris)
    with django_assert_max_num_queries(9):
        assert client.get(reverse("admin:observing")).status_code == 200


def test_a_morning_that_its_school_calls_off_is_shown_to_those_alone_who_asked_to_watch_it(
    tess: models.Volunteer, day: VisitDay
) -> None:
    said: dict[str, Any] = {"what": models.SchoolAlarm.What.CALL_OFF, "given_by": "Jo", "at": BEFORE}
    models.SchoolAlarm.objects.create(visit=day.visit, day=day.day, **said)
    client = client_of(tess)
    assert "Larkfield" not in text_of(client.get("/observe/"))
    ask_to_observe(day, tess, by=tess.user, now=BEFORE)  # type: ignore[arg-type]  # they sign in
    assert "Larkfield" in text_of(client.get("/observe/"))
