"""Guest schools are added to a booked visit and taken off it; rules say no in sentences, and the kind of visits tells them."""

from collections.abc import Mapping
from datetime import date, datetime, time

import pytest
from django.core import mail

from schools.core.errors import RuleBroken
from schools.models import ClosedPeriod, Contact, Headcount, School, Session, User
from schools.visits.actions import cancel_session, cancel_visit, confirm
from schools.visits.actions.guest_schools import coming_of, mark_of, set_guest
from tests.factories import AreaFactory, HeadcountFactory, SchoolFactory, SessionFactory, coordinator_of
from tests.news import tell_and_send
from tests.visits.hosts import DAY, by, guest

pytestmark = pytest.mark.django_db

__all__ = ["by", "guest"]


@pytest.fixture
def session() -> Session:
    """A planned visit of two sessions to a host with an address."""
    host = SchoolFactory(name="Oak Primary")
    Contact.objects.create(school=host, name="Nia Head", email="nia@oak.example.org")
    made: Session = SessionFactory(visit__school=host, day=DAY)
    SessionFactory(visit=made.visit, day=DAY, starts=time(11), ends=time(11, 30))
    return made


def put(
    session: Session, guest: School, coming: Mapping[int, Mapping[int, int | None]], *, by: User, now: datetime, seen: str = ""
) -> None:
    """Set the guest as somebody does it who has just looked."""
    stored = coming_of(guest, session.visit.sessions.prefetch_related("headcounts"))
    set_guest(session.visit, guest, coming, seen=seen or mark_of(stored), by=by, now=now)


def stored(guest: School) -> list[tuple[int, int, int | None]]:
    return list(Headcount.objects.filter(school=guest).order_by("pk").values_list("session", "year_group", "expected"))


def reasons(
    session: Session, guest: School, by: User, now: datetime, groups: Mapping[int, int | None] | None = None
) -> list[str]:
    with pytest.raises(RuleBroken) as refusal:
        put(session, guest, {session.pk: groups or {3: 12}}, by=by, now=now)
    return refusal.value.reasons


def test_a_guest_is_added_changed_and_taken_off(session: Session, guest: School, by: User, now: datetime) -> None:
    second = session.visit.sessions.exclude(pk=session.pk).get()
    HeadcountFactory(session=session, school=session.visit.school, year_group=3)
    put(session, guest, {session.pk: {3: 12, 4: None}}, by=by, now=now)
    assert stored(guest) == [(session.pk, 3, 12), (session.pk, 4, None)]
    put(session, guest, {session.pk: {3: 14}, second.pk: {5: 9}}, by=by, now=now)
    assert stored(guest) == [(session.pk, 3, 14), (second.pk, 5, 9)]
    put(session, guest, {}, by=by, now=now)
    assert stored(guest) == []
    assert Headcount.objects.count() == 1, "the host’s own stay"


def test_nobody_overwrites_what_they_have_not_seen_and_the_same_twice_is_no_change(
    session: Session, guest: School, by: User, now: datetime
) -> None:
    before = mark_of({})
    put(session, guest, {session.pk: {3: 12}}, by=by, now=now, seen=before)
    put(session, guest, {session.pk: {3: 12}}, by=by, now=now, seen=before)
    with pytest.raises(RuleBroken, match="Somebody changed which pupils of Fern Primary come"):
        put(session, guest, {session.pk: {3: 13}}, by=by, now=now, seen=before)
    assert stored(guest) == [(session.pk, 3, 12)]


def test_a_guest_that_cannot_come_is_refused_with_a_sentence(session: Session, guest: School, by: User, now: datetime) -> None:
    host = session.visit.school
    assert reasons(session, host, by, now)[0].endswith("a guest is another school, each once. Leave it out.")
    assert "does not teach all of these year groups" in reasons(session, SchoolFactory(high_age=7), by, now, {6: 3})[0]
    closed = SchoolFactory(name="Ash", status="closed")
    assert reasons(session, closed, by, now) == ["Ash is closed and cannot be a guest. Look for its successor."]
    for other in SchoolFactory.create_batch(3):
        HeadcountFactory(session=session, school=other, year_group=3)
    assert reasons(session, guest, by, now) == ["This visit has 3 guest schools already. Take one of them off first."]


def test_what_is_cancelled_or_took_place_gets_no_guest(session: Session, guest: School, by: User, now: datetime) -> None:
    delivered = SessionFactory(visit=session.visit, day=DAY, starts=time(13), ends=time(13, 30), delivered=True)
    assert reasons(delivered, guest, by, now) == [
        "This session took place. Correct its outcome, its room or its language instead."
    ]
    cancel_session(session, code="weather", note="", by=by, now=now)
    session.refresh_from_db()
    assert "This session was cancelled" in reasons(session, guest, by, now)[0]
    lost = SessionFactory(day=DAY)
    cancel_visit(lost.visit, code="weather", note="", by=by, now=now)
    assert "This visit was cancelled, so no guest comes." in reasons(lost, guest, by, now)[0]


def test_what_took_place_keeps_its_guest_when_it_is_taken_off_the_rest(
    session: Session, guest: School, by: User, now: datetime
) -> None:
    delivered = SessionFactory(visit=session.visit, day=DAY, starts=time(13), ends=time(13, 30), delivered=True)
    HeadcountFactory(session=delivered, school=guest, year_group=3)
    put(session, guest, {session.pk: {3: 12}}, by=by, now=now)
    put(session, guest, {}, by=by, now=now)
    assert [pk for pk, _, _ in stored(guest)] == [delivered.pk]


@pytest.mark.parametrize("which", ["host", "guest"])
def test_days_that_are_signed_off_for_host_or_guest_are_locked_for_a_coordinator(
    session: Session, guest: School, by: User, now: datetime, which: str
) -> None:
    host_area, guest_area = AreaFactory(name="Cumberland"), AreaFactory(name="Northamptonshire")
    host, guest = SchoolFactory(area=host_area), SchoolFactory(area=guest_area)
    session = SessionFactory(visit__school=host, day=DAY)
    area = host_area if which == "host" else guest_area
    ClosedPeriod.objects.create(area=area, first_day=date(2026, 12, 1), last_day=date(2026, 12, 31))
    (reason,) = reasons(session, guest, coordinator_of(host_area), now)
    assert reason.startswith(f"The return of {area} for")
    put(session, guest, {session.pk: {3: 12}}, by=by, now=now)
    assert stored(guest), "a manager may"


def test_a_visit_in_another_area_is_not_the_coordinators_to_change(session: Session, guest: School, now: datetime) -> None:
    (reason,) = reasons(session, guest, coordinator_of(AreaFactory()), now)
    assert reason == "Oak Primary is in another area now. Ask its coordinator to change what is to come there."


def test_a_guest_of_an_agreed_visit_is_told_that_it_comes_and_that_it_comes_no_longer(
    session: Session, guest: School, by: User, now: datetime
) -> None:
    confirm(session.visit, agreed_on=date(2026, 11, 20), agreed_with="Nia Head", by=by, now=now)
    assert tell_and_send(now) == 1
    put(session, guest, {session.pk: {3: 12}}, by=by, now=now)
    assert tell_and_send(now) == 2
    assert "9:15–9:45 am" in read_by_guest()
    assert "11:00" not in read_by_guest()
    put(session, guest, {session.pk: {3: 14}}, by=by, now=now)
    assert tell_and_send(now) == 0, "a number is no news"
    put(session, guest, {}, by=by, now=now)
    assert tell_and_send(now) == 2
    assert "9:15–9:45 am" in read_by_guest()
    assert tell_and_send(now) == 0


def read_by_guest() -> str:
    """The last mail to the guest."""
    return str(next(message for message in reversed(mail.outbox) if message.to == ["fay@fern.example.org"]).body)


def test_a_guest_of_a_visit_that_is_only_planned_is_told_nothing(
    session: Session, guest: School, by: User, now: datetime
) -> None:
    put(session, guest, {session.pk: {3: 12}}, by=by, now=now)
    put(session, guest, {}, by=by, now=now)
    assert tell_and_send(now) == 0
