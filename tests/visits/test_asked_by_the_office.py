"""The office's question how it went, which an address refused: nobody was asked, and it goes to the next address."""

from datetime import date, datetime, time, timedelta

import pytest
from django.core import mail

from schools.core.errors import RuleBroken
from schools.messages.actions import deliver_due
from schools.messages.suppression import mark
from schools.messages.tries import bring_back
from schools.models import Cover, OutboxMessage, Session, SuppressedAddress, User, Volunteer
from schools.visits.actions.bulk import chase_outcomes
from schools.visits.actions.undoable import held
from schools.visits.outcome_kinds import CHASE, chased
from tests.factories import CoverFactory, SessionFactory, able_volunteer, manager
from tests.news import drafts, tell, tell_and_send

pytestmark = pytest.mark.django_db

PAST = date(2026, 11, 19)
A_MOMENT, A_DAY = timedelta(minutes=2), timedelta(days=1)


@pytest.fixture
def asha() -> Volunteer:
    return able_volunteer(signs_in=True, name="Asha Rao")


@pytest.fixture
def session(asha: Volunteer) -> Session:
    made: Session = SessionFactory(day=PAST)
    CoverFactory(session=made, volunteer=asha)
    return made


@pytest.fixture
def morning(now: datetime) -> datetime:
    return now.replace(hour=9)


def another(session: Session, asha: Volunteer) -> Session:
    made: Session = SessionFactory(visit=session.visit, day=PAST, starts=time(13), ends=time(13, 30))
    CoverFactory(session=made, volunteer=asha)
    return made


def asks(now: datetime, *sessions: Session) -> str:
    """The office asks, and what waits goes out; the words of what it did."""
    batch = held(lambda: chase_outcomes([each.pk for each in sessions], by=manager(), now=now), now=now)
    deliver_due(clock=lambda: now + A_MOMENT)
    return batch.words


def marked(asha: Volunteer, now: datetime) -> None:
    assert mark(asha.mail_address, SuppressedAddress.Reason.BOUNCE, "550 5.1.1 nobody here", at=now)


def has_another_address(asha: Volunteer, address: str = "asha@new.example.org") -> None:
    User.objects.filter(volunteer=asha).update(email=address)


def refused(asha: Volunteer, now: datetime, *sessions: Session) -> None:
    """The office asks, and the address refuses it."""
    held(lambda: chase_outcomes([each.pk for each in sessions], by=manager(), now=now), now=now)
    marked(asha, now)
    deliver_due(clock=lambda: now + A_MOMENT)
    assert mail.outbox == []


def read() -> list[tuple[str, bool, bool]]:
    """To whom each mail went, and whether it asks about the session of the morning and that of the afternoon."""
    return [(message.to[0], "9:15" in str(message.body), "1:00" in str(message.body)) for message in mail.outbox]


def test_what_an_address_refused_goes_to_the_next_once(asha: Volunteer, session: Session, morning: datetime) -> None:
    refused(asha, morning, session)
    assert tell(morning + A_MOMENT, kinds=[CHASE]) == 0, "it is the same address still"
    has_another_address(asha)
    later = morning + A_DAY
    assert tell_and_send(later, kinds=[CHASE]) == 1
    assert read() == [("asha@new.example.org", True, False)]
    assert tell_and_send(later + A_MOMENT, kinds=[CHASE]) == 0
    assert OutboxMessage.objects.count() == 1


def test_it_waits_for_the_morning_there_too(asha: Volunteer, session: Session, morning: datetime) -> None:
    refused(asha, morning, session)
    has_another_address(asha)
    night = morning.replace(hour=22)
    assert tell_and_send(night, kinds=[CHASE]) == 0
    assert deliver_due(clock=lambda: morning + A_DAY)[0] == 1


def test_once_somebody_has_reported_it_goes_nowhere(asha: Volunteer, session: Session, morning: datetime) -> None:
    refused(asha, morning, session)
    Session.objects.update(stage="delivered", went_ahead="yes", recorded_at=morning)
    has_another_address(asha)
    assert tell(morning + A_DAY, kinds=[CHASE]) == 0


def test_whose_address_refused_it_counts_as_not_asked(asha: Volunteer, session: Session, morning: datetime) -> None:
    refused(asha, morning, session)
    assert chased(Cover.objects.select_related("session"), since=PAST) == set()
    with pytest.raises(RuleBroken, match="Nobody is left to be asked by mail: ring Asha Rao, who get no mail"):
        asks(morning + A_MOMENT, session)
    has_another_address(asha)
    assert asks(morning + 2 * A_MOMENT, session) == "Asked 1 person how it went"
    assert read() == [("asha@new.example.org", True, False)]
    with pytest.raises(RuleBroken, match="Nobody is left to be asked by mail: they were asked today"):
        asks(morning + 4 * A_MOMENT, session)


def test_who_is_asked_beside_them_is_asked_alone(asha: Volunteer, session: Session, morning: datetime) -> None:
    ben = able_volunteer(signs_in=True, name="Ben Cole")
    CoverFactory(session=session, volunteer=ben)
    marked(asha, morning)
    assert asks(morning, session) == "Asked 1 person how it went; ring Asha Rao, who get no mail"
    assert [to for to, *_ in read()] == [ben.mail_address]
    has_another_address(asha)
    assert tell_and_send(morning + A_DAY, kinds=[CHASE]) == 1


def test_of_several_questions_that_were_refused_each_session_is_asked_about_once(
    asha: Volunteer, session: Session, morning: datetime
) -> None:
    asks(morning, session, another(session, asha))
    asks(morning + A_DAY, session)
    assert len(mail.outbox) == 2
    mail.outbox.clear()
    row = mark(asha.mail_address, SuppressedAddress.Reason.BOUNCE, "550 5.1.1 nobody here", at=morning + A_DAY)
    for message in OutboxMessage.objects.all():
        bring_back(message, "550 5.1.1 nobody here", row=row, is_lifted=False, now=morning + A_DAY)
    has_another_address(asha)
    assert tell_and_send(morning + 2 * A_DAY, kinds=[CHASE]) == 2
    assert sorted(read()) == [("asha@new.example.org", False, True), ("asha@new.example.org", True, False)]
    assert tell(morning + 2 * A_DAY + A_MOMENT, kinds=[CHASE]) == 0


def test_who_was_asked_since_is_not_asked_by_what_was_refused_before(
    asha: Volunteer, session: Session, morning: datetime
) -> None:
    refused(asha, morning, session)
    has_another_address(asha)
    assert asks(morning + A_DAY, session) == "Asked 1 person how it went"
    assert tell_and_send(morning + A_DAY + A_MOMENT, kinds=[CHASE]) == 0
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("number", [1, 4])
def test_what_was_refused_is_asked_in_the_same_number_of_queries_whatever_there_is(
    number: int, morning: datetime, django_assert_num_queries: object
) -> None:
    for hour in range(number):
        volunteer = able_volunteer(signs_in=True)
        made = SessionFactory(day=PAST, starts=time(9 + hour), ends=time(9 + hour, 30))
        CoverFactory(session=made, volunteer=volunteer)
        refused(volunteer, morning, made)
    with django_assert_num_queries(6):  # type: ignore[operator]  # as pytest-django makes it
        assert len(drafts(CHASE, morning + A_DAY)) == number
