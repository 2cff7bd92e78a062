"""Who is told what about bookings, and who is not."""

from datetime import date, datetime, time

import pytest

from schools.core.errors import RuleBroken
from schools.models import AreaCoordinator, Cover, OutboxMessage, Session
from schools.visits.actions import assign, cancel_session, cancel_visit, claim, decline, offer, withdraw
from schools.visits.queries import VisitDay
from tests.factories import (
    AreaFactory,
    CoverFactory,
    SchoolFactory,
    SessionFactory,
    UserFactory,
    VisitFactory,
    able_volunteer,
    coordinator_of,
    manager,
)
from tests.news import tell, tell_and_send

pytestmark = pytest.mark.django_db


def day_of(session: Session) -> VisitDay:
    return VisitDay(session.visit, session.day)


def recipients(now: datetime) -> list[str]:
    tell(now)
    return sorted(OutboxMessage.objects.values_list("to", flat=True))


def test_a_cancelled_session_cannot_be_given_back_or_declined_so_nobody_looks_for_people_for_it(now: datetime) -> None:
    session = SessionFactory(visit__coordinator=manager())
    on_it, asked = able_volunteer(), able_volunteer()
    assign(session, on_it, role="presenter", by=UserFactory(), now=now)
    offer(day_of(session), asked, role="presenter", by=UserFactory(), now=now)
    cancel_session(session, code="weather", note="", by=manager(), now=now)
    with pytest.raises(RuleBroken, match="nothing to answer"):
        withdraw(day_of(session), on_it, by=UserFactory(), now=now)
    with pytest.raises(RuleBroken, match="nothing to answer"):
        decline(day_of(session), asked, by=UserFactory(), now=now)
    tell(now)
    assert not OutboxMessage.objects.filter(subject__startswith="Needs people").exists()
    assert set(Cover.objects.values_list("state", flat=True)) == {"accepted", "offered"}


def test_what_nobody_coordinates_is_given_back_to_the_areas_coordinators_of_today(now: datetime) -> None:
    area = AreaFactory()
    today_1, today_2, gone = (coordinator_of(area) for _ in range(3))
    AreaCoordinator.objects.filter(user=gone).update(to_day=date(2026, 11, 23))
    blocked = coordinator_of(area, is_active=False)
    coordinator_of(AreaFactory())
    for times, coordinator in enumerate((None, blocked), start=1):
        session = SessionFactory(visit__school=SchoolFactory(area=area), visit__coordinator=coordinator)
        volunteer = able_volunteer()
        assign(session, volunteer, role="presenter", by=manager(), now=now)
        withdraw(day_of(session), volunteer, by=UserFactory(), now=now)
        assert recipients(now) == sorted([today_1.email, today_2.email] * times)


def test_nobody_is_told_today_of_a_session_whose_day_has_passed(now: datetime) -> None:
    past = SessionFactory(day=date(2026, 11, 23))
    other = SessionFactory(day=date(2026, 11, 23))
    today = SessionFactory(day=date(2026, 11, 24), starts=time(14, 0), ends=time(14, 30))
    volunteer = able_volunteer(signs_in=True)
    assert volunteer.user is not None
    assign(past, volunteer, role="presenter", by=manager(), now=now)
    assert recipients(now) == []
    cancel_session(past, code="weather", note="", by=manager(), now=now)
    CoverFactory(session=other, volunteer=volunteer)
    cancel_visit(other.visit, code="weather", note="", by=manager(), now=now)
    assert recipients(now) == []
    assign(today, volunteer, role="presenter", by=manager(), now=now)
    tell_and_send(now)
    cancel_session(today, code="weather", note="", by=manager(), now=now)
    assert recipients(now) == [volunteer.user.email] * 2


def test_a_day_of_many_sessions_is_told_in_one_message_however_large_their_numbers_are(now: datetime) -> None:
    visit = VisitFactory(coordinator=manager())
    for number in range(20):
        SessionFactory(
            visit=visit, starts=time(8 + number // 4, number % 4 * 15), ends=time(8 + number // 4, number % 4 * 15 + 14)
        )
    volunteer = able_volunteer(signs_in=True)
    day = VisitDay(visit, date(2026, 11, 26))
    for number in range(20):
        Cover.objects.create(pk=10**12 + number + 1, session=visit.sessions.order_by("pk")[number], volunteer=volunteer)
    assert len(claim(day, volunteer, role="presenter", by=UserFactory(), now=now)) == 20
    assert volunteer.user is not None
    tell_and_send(now)
    withdraw(day, volunteer, by=volunteer.user, now=now)
    tell(now)
    told = OutboxMessage.objects.exclude(subject__startswith="For your calendar")
    for message in told:
        message.full_clean()
        assert message.body.count("KS2 assembly") == 20
    assert told.count() == 2


def test_two_sessions_of_one_day_assigned_at_the_same_moment_are_told_in_one_mail(now: datetime) -> None:
    first = SessionFactory()
    second = SessionFactory(visit=first.visit, starts=time(10, 0), ends=time(10, 30))
    volunteer = able_volunteer(signs_in=True)
    for session in (first, second):
        assign(session, volunteer, role="presenter", by=UserFactory(), now=now)
    tell(now)
    body = OutboxMessage.objects.get().body
    assert "- 9:15–9:45 am: KS2 assembly\n- 10:00–10:30 am: KS2 assembly\n" in body


def test_somebody_who_is_taken_off_by_a_coordinator_is_told_and_the_coordinator_who_did_it_is_not(now: datetime) -> None:
    coordinator, volunteer = manager(), able_volunteer(signs_in=True)
    session = SessionFactory(visit__coordinator=coordinator)
    assert volunteer.user is not None
    CoverFactory(session=session, volunteer=volunteer)
    withdraw(day_of(session), volunteer, by=coordinator, now=now)
    tell_and_send(now)
    message = OutboxMessage.objects.get()
    assert message.to == volunteer.user.email
    assert message.subject.startswith("You’re no longer down for")
    CoverFactory(session=session, volunteer=volunteer)
    withdraw(day_of(session), volunteer, by=volunteer.user, now=now)
    assert recipients(now) == sorted([volunteer.user.email, coordinator.email])


def test_taking_somebody_off_a_session_of_yesterday_asks_nobody_to_find_people(now: datetime) -> None:
    session, volunteer = SessionFactory(day=date(2026, 11, 23), visit__coordinator=manager()), able_volunteer(signs_in=True)
    CoverFactory(session=session, volunteer=volunteer)
    withdraw(day_of(session), volunteer, by=manager(), now=now)
    assert recipients(now) == []


@pytest.mark.parametrize(("stage", "marked"), [("planned", True), ("confirmed", False)])
def test_whoever_is_asked_for_a_day_reads_that_the_school_has_not_agreed_to_it(stage: str, marked: bool, now: datetime) -> None:
    agreed_on = date(2026, 11, 2) if stage == "confirmed" else None
    session = SessionFactory(visit__stage=stage, visit__agreed_on=agreed_on)
    offer(day_of(session), able_volunteer(signs_in=True), role="presenter", by=manager(), now=now)
    tell(now)
    body = OutboxMessage.objects.get(subject__startswith="Could you go").body
    assert ("The school hasn’t agreed to the day yet." in body) is marked
