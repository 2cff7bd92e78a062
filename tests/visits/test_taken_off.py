"""Who was taken off by the office did not say that they can't make it: its coordinators read so, by mail and by SMS."""

from datetime import UTC, date, datetime, time

import pytest
from django.core import mail
from pytest_django.fixtures import Settings

from schools.messages import sms_ports
from schools.messages.sms import say_yes
from schools.models import Area, Session, User, Volunteer
from schools.visits.actions import end_membership, take_off
from schools.visits.queries import VisitDay
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, able_volunteer, coordinator_of, manager
from tests.news import tell_and_send

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CORA = "+447400123457"


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    return made


@pytest.fixture
def cora(area: Area) -> User:
    return coordinator_of(area, name="Cora Nwosu")


@pytest.fixture
def ben(area: Area) -> Volunteer:
    return able_volunteer(area, signs_in=True, name="Ben Cole")


@pytest.fixture
def session(area: Area, cora: User, ben: Volunteer) -> Session:
    made: Session = SessionFactory(visit__school=SchoolFactory(area=area, name="Oak"), visit__coordinator=cora, day=DAY)
    CoverFactory(session=made, volunteer=ben)
    return made


def read_by(reader: User) -> tuple[str, str]:
    """What the reader was mailed last: subject and text."""
    message = next(message for message in reversed(mail.outbox) if message.to == [reader.email])
    return str(message.subject), str(message.body)


@pytest.mark.parametrize("others", [0, 1, 2])
def test_who_was_taken_off_is_not_said_to_be_unable_to_come(
    others: int, area: Area, cora: User, ben: Volunteer, session: Session
) -> None:
    second = SessionFactory(visit=session.visit, day=DAY, starts=time(13), ends=time(13, 30))
    CoverFactory(session=second, volunteer=ben)
    for each in (session, second):
        CoverFactory(session=each, volunteer=able_volunteer(area))
    take_off(VisitDay(session.visit, DAY), ben, by=manager(), now=NOW)
    for each in (session, second)[:others]:
        CoverFactory(session=each, volunteer=able_volunteer(area))
    assert tell_and_send(NOW, kinds=["given-back"]) == 1
    subject, body = read_by(cora)
    assert subject.startswith("Somebody was taken off: Oak" if others == 2 else "Needs people: Oak")
    assert body.startswith("Somebody in the office took Ben Cole off:\n")
    assert "can’t make it" not in subject + body


def test_nor_by_sms(cora: User, ben: Volunteer, session: Session, settings: Settings) -> None:
    settings.SPEAKOUT_SMS = "stub"
    sms_ports.taken.clear()
    say_yes(cora, CORA, now=NOW)
    take_off(VisitDay(session.visit, DAY), ben, by=manager(), now=NOW)
    assert tell_and_send(NOW, kinds=["given-back"]) == 2
    [(to, words)] = sms_ports.taken
    assert (to, words.splitlines()[0]) == (CORA, "Ben Cole was taken off: Oak, Wed 25 Nov, 9:15 am")


def test_who_leaves_and_signs_in_nowhere_is_still_said_to_be_unable_to_come(area: Area, cora: User, session: Session) -> None:
    dee = able_volunteer(area, name="Dee Hall")
    CoverFactory(session=session, volunteer=dee)
    end_membership(dee, day=NOW.date(), by=manager(), now=NOW)
    tell_and_send(NOW, kinds=["given-back"])
    assert read_by(cora)[1].startswith("Dee Hall can’t make it:\n")
