"""A host that knows of an agreed visit of two sessions, a school that may be its guest, and what each reads."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, datetime, time, timedelta

import pytest
from django.core import mail

from schools.models import Contact, School, Session, User, Visit
from schools.visits.actions import confirm
from schools.visits.actions.editing import change_visit
from schools.visits.actions.guest_schools import coming_of, mark_of, set_guest
from schools.visits.actions.moving import move, plan_move
from schools.visits.rules import Slot, VisitDetails
from tests.factories import SchoolFactory, SessionFactory, manager
from tests.news import tell_and_send

DAY = date(2026, 12, 3)
NIA, FAY = "nia@oak.example.org", "fay@fern.example.org"
FIRST = "- Thu 3 December 2026, 9:15–9:45 am: KS2 assembly"


@pytest.fixture
def by() -> User:
    return manager()


@pytest.fixture
def guest() -> School:
    school: School = SchoolFactory(name="Fern Primary")
    Contact.objects.create(school=school, name="Fay Office", email=FAY)
    return school


@pytest.fixture
def session(by: User, now: datetime) -> Session:
    """An agreed visit of two sessions, of which the host knows."""
    host = SchoolFactory(name="Oak Primary")
    Contact.objects.create(school=host, name="Nia Head", email=NIA, phone="+441539720002")
    made: Session = SessionFactory(visit__school=host, visit__coordinator=by, day=DAY)
    SessionFactory(visit=made.visit, day=DAY, starts=time(11), ends=time(11, 30))
    confirm(made.visit, agreed_on=date(2026, 11, 20), agreed_with="Nia Head", by=by, now=now)
    assert tell_and_send(now) == 1
    assert "pupils of" not in mail.outbox[0].body, "nobody comes besides"
    mail.outbox.clear()
    return made


def put(session: Session, guest: School, coming: Mapping[int, Mapping[int, int | None]], *, by: User, now: datetime) -> None:
    stored = coming_of(guest, session.visit.sessions.prefetch_related("headcounts"))
    set_guest(session.visit, guest, coming, seen=mark_of(stored), by=by, now=now)


def comes(session: Session, guest: School, by: User, now: datetime) -> None:
    put(session, guest, {session.pk: {3: 12}}, by=by, now=now)


def names(visit: Visit, contact: Contact, by: User, now: datetime) -> None:
    stored = VisitDetails(**{field.name: getattr(visit, field.name) for field in fields(VisitDetails)})
    change_visit(visit, replace(stored, contact=contact), by=by, now=now)


def is_moved(session: Session, by: User, now: datetime) -> None:
    to = {each.pk: Slot(each.day + timedelta(days=7), each.starts, each.ends) for each in session.visit.sessions.all()}
    move(session.visit, to, seen=plan_move(session.visit, to, by=by, now=now).digest, by=by, now=now)


def read_at(address: str) -> list[str]:
    """What was mailed there so far; it is forgotten then."""
    texts = [f"{message.subject}\n{message.body}" for message in mail.outbox if message.to == [address]]
    mail.outbox[:] = [message for message in mail.outbox if message.to != [address]]
    return texts
