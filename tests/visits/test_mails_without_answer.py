"""Who may have read a mail and is told nothing of it by the next is told once nobody waits for its answer any more."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from unittest.mock import Mock, patch

import pytest
from django.core import mail
from django.db import OperationalError

from schools.messages import actions
from schools.messages.actions import deliver_due
from schools.messages.models import NO_LONGER_TRUE
from schools.messages.refusals import Refused
from schools.messages.smtp import NoEntry
from schools.messages.suppression import mark
from schools.messages.tries import bring_back
from schools.models import Batch, Contact, OutboxMessage, Session, SuppressedAddress, User, Visit, Volunteer
from schools.visits import calendar_mails
from schools.visits.actions import cancel_session, swap, withdraw
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.undoing import undo
from schools.visits.queries.days import VisitDay
from schools.visits.rules import Slot
from tests.factories import AreaFactory, CoverFactory, SessionFactory, able_volunteer
from tests.news import tell, tell_and_send, unanswered
from tests.visits.hosts import FIRST, NIA, by, names, read_at, session

pytestmark = pytest.mark.django_db

__all__ = ["by", "session"]

OWEN = "owen@oak.example.org"


def gets_no_answer(now: datetime) -> OutboxMessage:
    """Write what is due, and have the mail server take it without a word."""
    tell(now)
    with patch("schools.messages.actions.send", unanswered):
        deliver_due(clock=lambda: now)
    return OutboxMessage.objects.mails().latest("pk")


def killed(message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
    """Stand in for a sender that is ended once the mail server has the text."""
    before_text()
    raise SystemExit


def is_ended(message: OutboxMessage, now: datetime) -> None:
    OutboxMessage.objects.filter(pk=message.pk).update(stopped_at=now, left_at=now, last_error=NO_LONGER_TRUE)


@pytest.fixture
def cancel(by: User, now: datetime) -> Callable[[Session], object]:
    return lambda session: cancel_session(session, code="weather", note="", by=by, now=now)


def test_who_reads_again_hears_what_was_called_off_meanwhile_where_the_mail_that_said_so_had_no_answer(
    session: Session, by: User, now: datetime, cancel: Callable[[Session], object]
) -> None:
    nia = Contact.objects.get(email=NIA)
    owen = Contact.objects.create(school=session.visit.school, name="Owen Deputy", email=OWEN)
    names(session.visit, owen, by, now)
    cancel(session)
    tell_and_send(now)
    assert [FIRST in text for text in read_at(OWEN)] == [True]
    visit = Visit.objects.select_related("school").get(pk=session.visit_id)
    names(visit, nia, by, now)
    silent = gets_no_answer(now)
    assert (silent.to, FIRST in silent.body) == (NIA, True)
    cancel(Session.objects.scheduled().get(visit=visit))
    tell_and_send(now)
    assert [FIRST in text for text in read_at(NIA)] == [False], "she may have read of the first"
    is_ended(silent, now)
    tell_and_send(now + timedelta(hours=1))
    (text,) = read_at(NIA)
    assert "will not take place" in text
    assert FIRST in text
    assert tell_and_send(now + timedelta(hours=2)) == 0


def test_who_was_told_all_that_is_agreed_by_a_mail_without_an_answer_hears_all_that_is_called_off(
    session: Session, now: datetime, cancel: Callable[[Session], object]
) -> None:
    visit, addresses = session.visit, iter((OWEN, "nia.head@oak.example.org"))

    def reads_elsewhere() -> None:
        visit.school.contacts.update(email=next(addresses))

    reads_elsewhere()
    added = SessionFactory(visit=visit, day=session.day, starts=time(7, 35), ends=time(8, 5))
    tell_and_send(now)
    to_owen = OutboxMessage.objects.mails().latest("pk")
    reads_elsewhere()
    silent = gets_no_answer(now)
    assert (to_owen.to, "7:35–8:05 am" in to_owen.body, "7:35–8:05 am" in silent.body) == (OWEN, True, True)
    # The one mail that surely told the school of it comes back, so that other one alone may have.
    bring_back(to_owen, "550", row=None, is_lifted=False, now=now)
    for each in (session, added):
        cancel(each)
    is_ended(silent, now)
    tell_and_send(now + timedelta(hours=1))
    texts = [text for text in read_at(silent.to) if "will not take place" in text]
    assert ["7:35–8:05 am" in text for text in texts] == [True]


def test_who_was_asked_without_an_answer_is_asked_again_where_a_later_mail_was_about_something_else(
    session: Session, now: datetime, cancel: Callable[[Session], object]
) -> None:
    area = AreaFactory()
    asha, ben = (able_volunteer(area, signs_in=True, name=f"{name} Rao") for name in ("Asha", "Ben"))
    for each in session.visit.sessions.all():
        CoverFactory(session=each, volunteer=asha)
    day = VisitDay(session.visit, session.day)
    swap(day, asha, ben, by=user_of(asha), now=now)
    silent = gets_no_answer(now)
    assert (silent.to, "instead of Asha" in silent.subject) == (user_of(ben).email, True)
    withdraw(day, asha, by=user_of(asha), now=now)
    cancel(session)
    tell_and_send(now)
    (text,) = read_at(user_of(ben).email)
    assert text.startswith("Cancelled")
    assert "11:00" not in text
    is_ended(silent, now)
    mail.outbox.clear()
    tell_and_send(now + timedelta(hours=1))
    (text,) = read_at(user_of(ben).email)
    assert text.startswith("Could you go")
    assert "11:00" in text


@pytest.fixture
def first(session: Session, by: User, now: datetime, cancel: Callable[[Session], object]) -> OutboxMessage:
    """Asha's mail that 9:15 is cancelled; another, that the rest of it is too, has had no answer. Then the first comes back."""
    asha = able_volunteer(AreaFactory(), signs_in=True, name="Asha Rao")
    for each in session.visit.sessions.all():
        CoverFactory(session=each, volunteer=asha)
    cancel(session)
    tell_and_send(now)
    first = OutboxMessage.objects.get(kind="mornings")
    left = Session.objects.scheduled().select_related("visit__school").get(visit=session.visit_id)
    to = {left.pk: Slot(left.day + timedelta(days=7), left.starts, left.ends)}
    move(left.visit, to, seen=plan_move(left.visit, to, by=by, now=now).digest, by=by, now=now)
    tell_and_send(now)
    cancel(Session.objects.get(pk=left.pk))
    tell(now, kinds=["mornings"])
    with patch("schools.messages.actions.send", killed), pytest.raises(SystemExit):
        deliver_due(clock=lambda: now)
    assert "9:15" not in OutboxMessage.objects.filter(kind="mornings").latest("pk").body, "the first mail has said so"
    # Then the first comes back: it was news nowhere, and the second try is to say both.
    OutboxMessage.objects.filter(pk=first.pk).update(
        sent_at=None, handed_over_at=None, stopped_at=now, last_error="It came back: 550"
    )
    return first


def is_refused_then_read_anew(first: OutboxMessage, later: datetime) -> list[str]:
    """Have the address refused, give Asha another one, and return what she reads there."""
    mark(first.to, SuppressedAddress.Reason.BOUNCE, "550", at=later)
    silent = OutboxMessage.objects.filter(kind="mornings").latest("pk")
    assert tell_and_send(later, kinds=["mornings"]) == 0
    assert OutboxMessage.objects.get(pk=silent.pk).stopped_at == later
    User.objects.filter(email=first.to).update(email="asha@new.example.org")
    mail.outbox.clear()
    tell_and_send(later, kinds=["mornings"])
    return read_at("asha@new.example.org")


def test_what_only_a_refused_try_would_have_said_is_told_at_the_new_address(first: OutboxMessage, now: datetime) -> None:
    texts = is_refused_then_read_anew(first, now + timedelta(hours=1))
    assert any("9:15" in text for text in texts), texts


def test_what_only_a_try_said_whose_sender_was_killed_before_the_server_had_it_is_told_at_the_new_address(
    first: OutboxMessage, now: datetime
) -> None:
    def killed_before(message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        assert "9:15" in message.body
        raise SystemExit

    later = now + timedelta(hours=1)
    with patch("schools.messages.actions.send", killed_before), pytest.raises(SystemExit):
        deliver_due(clock=lambda: later)
    texts = is_refused_then_read_anew(first, later + timedelta(hours=1))
    assert any("9:15" in text for text in texts), texts


def test_what_only_a_try_would_have_said_that_became_untrue_before_the_server_had_it_is_told_by_the_next_mail(
    first: OutboxMessage, by: User, now: datetime
) -> None:
    later = now + timedelta(hours=1)

    def too_late(message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        assert "9:15" in message.body
        undo(Batch.objects.filter(kind=Batch.Kind.CANCEL).latest("pk"), by=by, now=later)
        before_text()
        raise AssertionError

    silent = OutboxMessage.objects.filter(kind="mornings").latest("pk")
    brought = list(silent.about.values("speaks_of", "calendar"))
    mail.outbox.clear()
    with patch("schools.messages.actions.send", too_late):
        deliver_due(clock=lambda: later)
    assert OutboxMessage.objects.get(pk=silent.pk).last_error == NO_LONGER_TRUE
    assert list(silent.about.values("speaks_of", "calendar")) == brought
    tell_and_send(later, kinds=["mornings"])
    (text,) = read_at(first.to)
    assert "9:15" in text
    assert "10 December" in text


def database_away(_: OutboxMessage, *, before_text: Callable[[], None]) -> str:
    """Stand in for a database that goes away while what the try says is being kept."""
    with patch.object(calendar_mails, "_columns", side_effect=OperationalError):
        before_text()
    raise AssertionError


@pytest.mark.parametrize("third", [Mock(side_effect=NoEntry("away")), database_away], ids=["no server", "no database"])
def test_what_two_tries_may_have_brought_stays_kept_where_the_third_does_not_get_as_far(
    first: OutboxMessage, now: datetime, third: Callable[..., str]
) -> None:
    silent = OutboxMessage.objects.filter(kind="mornings").latest("pk")
    before = list(silent.about.values("speaks_of", "calendar"))
    with patch("schools.messages.actions.send", killed), pytest.raises(SystemExit):
        deliver_due(clock=lambda: now + timedelta(hours=1))
    brought = list(silent.about.values("speaks_of", "calendar"))
    assert brought != before
    with patch("schools.messages.actions.send", third):
        deliver_due(clock=lambda: now + timedelta(hours=2))
    assert list(silent.about.values("speaks_of", "calendar")) == brought


def is_refused_and_goes_once_more(before_text: Callable[[], None]) -> None:
    """Have the first copy refused, and the sender killed when it has noted so and is to hand over another one."""
    before_text()
    with patch.object(actions, "_is_true", side_effect=SystemExit):
        before_text()


def test_what_only_a_refused_copy_said_is_told_though_its_sender_was_killed_before_another(
    first: OutboxMessage, now: datetime
) -> None:
    def send(_: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        is_refused_and_goes_once_more(before_text)
        raise AssertionError

    later = now + timedelta(hours=1)
    with patch("schools.messages.actions.send", send), pytest.raises(SystemExit):
        deliver_due(clock=lambda: later)
    texts = is_refused_then_read_anew(first, later + timedelta(hours=1))
    assert any("9:15" in text for text in texts), texts


def test_what_only_a_refused_copy_said_is_told_though_the_database_was_away_before_another(
    first: OutboxMessage, now: datetime
) -> None:
    def send(_: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        before_text()
        with patch.object(actions, "brought_nothing", side_effect=OperationalError):
            before_text()
        raise AssertionError

    later = now + timedelta(hours=1)
    with patch("schools.messages.actions.send", send):
        deliver_due(clock=lambda: later)
    texts = is_refused_then_read_anew(first, later + timedelta(hours=1))
    assert any("9:15" in text for text in texts), texts


@pytest.mark.parametrize("is_refused", [False, True])
def test_what_only_a_copy_said_that_came_back_is_told_at_the_new_address(
    first: OutboxMessage, now: datetime, is_refused: bool
) -> None:
    later = now + timedelta(hours=1)

    def send(message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        before_text()
        if is_refused:
            comes_back(message)
            raise Refused("no")
        return ""

    def comes_back(message: OutboxMessage) -> None:
        row = mark(first.to, SuppressedAddress.Reason.BOUNCE, "550", at=later)
        bring_back(message, "550", row=row, is_lifted=False, now=later)

    with patch("schools.messages.actions.send", send):
        deliver_due(clock=lambda: later)
    if not is_refused:
        comes_back(OutboxMessage.objects.filter(kind="mornings").latest("pk"))
    User.objects.filter(email=first.to).update(email="asha@new.example.org")
    mail.outbox.clear()
    tell_and_send(later, kinds=["mornings"])
    texts = read_at("asha@new.example.org")
    assert any("9:15" in text for text in texts), texts


def user_of(volunteer: Volunteer) -> User:
    assert volunteer.user is not None
    return volunteer.user
