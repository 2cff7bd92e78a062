"""What stood in a mail that did not arrive is put into the calendar by another, also where news in between left it out."""

from datetime import date, datetime, timedelta
from unittest.mock import patch

import pytest
from django.core import mail

from schools.messages.actions import deliver_due
from schools.messages.models import NO_LONGER_TRUE
from schools.models import Contact, MessageAbout, OutboxMessage, School, Session, User, Visit
from schools.visits.actions.notifications import mark_told
from schools.visits.guests_to_tell import everybody_to_tell
from tests.factories import SchoolFactory, SessionFactory
from tests.news import tell, tell_and_send, unanswered
from tests.visits.hosts import DAY, FAY, FIRST, NIA, by, comes, guest, put, read_at

pytestmark = pytest.mark.django_db

__all__ = ["by", "guest"]

HEAD = "head@oak.example.org"


@pytest.fixture
def session(by: User) -> Session:
    """An agreed visit of which no mail has gone: its host knows it."""
    host = SchoolFactory(name="Oak Primary")
    Contact.objects.create(school=host, name="Nia Head", email=NIA)
    made: Session = SessionFactory(visit__school=host, visit__coordinator=by, day=DAY)
    Visit.objects.update(stage="confirmed", agreed_on=date(2026, 11, 2))
    made.visit.refresh_from_db()
    return made


def entries_at(address: str) -> list[bool]:
    """Whether each entry that mails to the address brought is put there, the oldest first."""
    rows = MessageAbout.objects.filter(message__to=address, school__isnull=False).order_by("pk")
    return [bool(entry[-1]) for row in rows for entry in row.calendar or ()]


def test_an_entry_of_a_mail_that_came_back_after_others_is_put_in_by_one_of_its_own(
    session: Session, guest: School, by: User, now: datetime
) -> None:
    comes(session, guest, by, now)
    tell(now)
    with patch("schools.messages.actions.send", return_value=""):
        deliver_due(clock=lambda: now)
    put(session, guest, {}, by=by, now=now)
    tell_and_send(now)
    assert entries_at(NIA) == [True], "the second left it out, as it stood there"
    first = OutboxMessage.objects.filter(to=NIA).earliest("pk")
    OutboxMessage.objects.filter(pk=first.pk).update(sent_at=None, handed_over_at=None, stopped_at=now)
    session.visit.school.contacts.update(email=HEAD)
    mail.outbox.clear()
    later = now + timedelta(hours=1)
    tell_and_send(later)
    (text,) = read_at(HEAD)
    assert text.startswith("For your calendar: Oak Primary")
    assert FIRST.removeprefix("- ") in text, "who reads here knows nothing"
    assert entries_at(HEAD) == [True]
    assert tell_and_send(later) == 0


def test_where_the_mails_to_an_address_had_no_answer_the_next_says_what_it_puts_in(
    session: Session, guest: School, by: User, now: datetime
) -> None:
    comes(session, guest, by, now)
    tell_and_send(now)
    session.visit.school.contacts.update(email=HEAD)
    tell(now)
    with patch("schools.messages.actions.send", unanswered):
        deliver_due(clock=lambda: now)
    silent = OutboxMessage.objects.get(to=HEAD)
    assert silent.subject.startswith("For your calendar")
    OutboxMessage.objects.filter(pk=silent.pk).update(
        stopped_at=now,
        left_at=now,
        last_error=NO_LONGER_TRUE,
    )
    SessionFactory(visit=session.visit, day=DAY + timedelta(days=1))
    later = now + timedelta(hours=1)
    mail.outbox.clear()
    tell_and_send(later)
    (text,) = read_at(HEAD)
    assert FIRST.removeprefix("- ") in text


def test_what_was_told_on_the_phone_instead_brings_no_mail_to_the_address_that_refused_the_first(
    session: Session, guest: School, by: User, now: datetime
) -> None:
    comes(session, guest, by, now)
    tell(now)
    OutboxMessage.objects.filter(to=FAY).update(stopped_at=now, last_error="refused")
    ((to_ring,),) = [row.guests for row in everybody_to_tell(by, on=now.date())]
    assert FIRST in to_ring.text
    assert mark_told(guests={(session.visit_id, guest.pk): to_ring.box.partition(":")[2]}, by=by, now=now) == 1
    tell(now + timedelta(hours=1))
    assert OutboxMessage.objects.mails().filter(to=FAY).count() == 1
