"""A host is told of its guests also where the mail that named them did not arrive, and others spoke of the session meanwhile."""

from datetime import date, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from schools.messages.actions import deliver_due
from schools.models import Batch, Contact, OutboxMessage, School, Session, User
from schools.visits.actions import cancel_visit, confirm
from schools.visits.actions.undoing import undo
from tests.factories import HeadcountFactory, SchoolFactory, SessionFactory
from tests.news import tell, tell_and_send, unanswered
from tests.visits.hosts import DAY, FIRST, NIA, by, comes, guest, put, read_at, session

__all__ = ["by", "guest", "session"]
pytestmark = pytest.mark.django_db

HEAD = "head@oak.example.org"
AGREED: dict[str, Any] = {"agreed_on": date(2026, 11, 20), "agreed_with": "Nia Head"}


def is_taken(now: datetime) -> None:
    """Write what is due; the mail server takes it, and nobody gets it."""
    tell(now)
    with patch("schools.messages.actions.send", return_value=""):
        deliver_due(clock=lambda: now)


def comes_back_after_a_pack(host: School, now: datetime) -> list[str]:
    """A pack goes; then the host’s last news is reported to have come back. Return what is read at its new address."""
    news = OutboxMessage.objects.filter(kind="visits", to=NIA).latest("pk")
    tell_and_send(now, kinds=["school-pack"])
    (pack,) = read_at(NIA)
    assert "Before our visit" in pack
    assert "Fern" not in pack
    OutboxMessage.objects.filter(pk=news.pk).update(sent_at=None, handed_over_at=None, stopped_at=now)
    host.contacts.update(email=HEAD)
    tell_and_send(now)
    texts = read_at(HEAD)
    assert tell_and_send(now) == 0, "once"
    return texts


def test_a_pack_in_between_tells_nobody_of_guests(session: Session, guest: School, by: User, now: datetime) -> None:
    comes(session, guest, by, now)
    is_taken(now)
    (text,) = comes_back_after_a_pack(session.visit.school, now + timedelta(days=1))
    assert f"{FIRST}, with pupils of Fern Primary\n" in text


def test_nor_does_one_to_whoever_reads_at_another_address_than_one_without_an_answer(
    session: Session, guest: School, by: User, now: datetime
) -> None:
    comes(session, guest, by, now)
    tell(now)
    with patch("schools.messages.actions.send", unanswered):
        deliver_due(clock=lambda: now)
    session.visit.school.contacts.update(email=HEAD)
    later = now + timedelta(days=1)
    tell_and_send(later, kinds=["school-pack"])
    assert "Fern" not in read_at(HEAD)[0]
    tell_and_send(later)
    (text,) = read_at(HEAD)
    assert f"{FIRST}, with pupils of Fern Primary\n" in text
    assert tell_and_send(later) == 0


@pytest.mark.parametrize("is_imported", [False, True])
def test_guests_of_what_was_only_planned_are_told_of_once_it_is_agreed(
    is_imported: bool, guest: School, by: User, now: datetime
) -> None:
    host = SchoolFactory(name="Oak Primary")
    Contact.objects.create(school=host, name="Nia Head", email=NIA)
    planned = SessionFactory(visit__school=host, visit__coordinator=by, day=DAY)
    if is_imported:
        HeadcountFactory(session=planned, school=guest, year_group=3)
    else:
        comes(planned, guest, by, now)
    confirm(planned.visit, **AGREED, by=by, now=now)
    is_taken(now)
    assert any("with pupils of Fern Primary" in text for text in comes_back_after_a_pack(host, now + timedelta(days=1)))


def test_a_mail_that_calls_a_visit_off_names_no_guests(session: Session, guest: School, by: User, now: datetime) -> None:
    comes(session, guest, by, now)
    cancel_visit(session.visit, code="weather", note="", by=by, now=now)
    tell_and_send(now)
    assert "Fern" not in read_at(NIA)[0]
    undo(Batch.objects.latest("pk"), by=by, now=now)
    is_taken(now)
    texts = comes_back_after_a_pack(session.visit.school, now + timedelta(days=1))
    assert any("with pupils of Fern Primary" in text for text in texts)


def test_whose_guest_was_taken_off_what_was_called_off_hears_so_once_it_takes_place_after_all(
    session: Session, guest: School, by: User, now: datetime
) -> None:
    comes(session, guest, by, now)
    tell_and_send(now)
    put(session, guest, {}, by=by, now=now)
    cancel_visit(session.visit, code="weather", note="", by=by, now=now)
    tell_and_send(now)
    undo(Batch.objects.latest("pk"), by=by, now=now)
    read_at(NIA)
    tell_and_send(now)
    (text,) = read_at(NIA)
    assert f"{FIRST}, without pupils of other schools\n" in text
