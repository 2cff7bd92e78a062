"""Visits of which schools are reminded, and what goes out of it: for the tests of reminders about several visits."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage

from schools.models import Area, Contact, Headcount, OutboxMessage, School, Session, Visit
from tests.factories import HeadcountFactory, SchoolFactory, SessionFactory, manager
from tests.messages.letters import assert_says_the_same
from tests.news import tell_and_send

DAY = date(2026, 12, 17)
"""A Thursday."""
NIA, ZOE = "nia@oak.example.org", "zoe@oak.example.org"
PACK = "school-pack"
MOMENTS = {PACK: (12, 1), "school-week": (12, 10), "school-day-before": (12, 16), "school-thanks": (12, 18)}
"""The day of each kind about that Thursday."""


class Killed(BaseException):
    """The sender is killed."""


def at(kind: str, *, later: timedelta = timedelta()) -> datetime:
    month, day = MOMENTS[kind]
    return datetime(2026, month, day, 9, tzinfo=UTC) + later


def school_of(name: str, address: str = NIA, reader: str = "Nia Head", *, area: Area | None = None) -> School:
    """A school for which somebody reads, in this area; None: all of these are in one."""
    school: School = SchoolFactory(name=name, area=area or Area.objects.order_by("pk").first())
    Contact.objects.create(school=school, name=reader, email=address)
    return school


def agreed_at(school: School, day: date = DAY, expected: int = 30, **fields: Any) -> Visit:
    agreed = {"visit__stage": "confirmed", "visit__agreed_on": date(2026, 11, 2), "visit__coordinator": manager()}
    session: Session = SessionFactory(visit__school=school, day=day, **{**agreed, **fields})
    HeadcountFactory(session=session, school=school, year_group=4, expected=expected)
    return session.visit


def took_place(*visits: Visit) -> None:
    """Report every visit; each has another number of pupils, from 21 on."""
    for pupils, visit in enumerate(visits, 21):
        visit.sessions.update(stage="delivered", went_ahead="yes", recorded_at=datetime(2026, 12, 17, 15, tzinfo=UTC))
        Headcount.objects.filter(session__visit=visit).update(pupils=pupils)


def sent(kind: str, now: datetime) -> list[EmailMessage]:
    """What goes out of a kind then; each says the same as HTML."""
    before = len(mail.outbox)
    tell_and_send(now, kinds=[kind])
    for message in mail.outbox[before:]:
        assert_says_the_same(message)
    return mail.outbox[before:]


def spoken_of(message: OutboxMessage) -> list[int]:
    """The ids of the visits of which a message keeps that it speaks."""
    return list(message.about.order_by("pk").values_list("visit", flat=True))


@pytest.fixture
def visits() -> tuple[Visit, Visit]:
    """Two agreed visits on one day, at schools for which the same person reads."""
    return agreed_at(school_of("Oak Primary"), expected=58), agreed_at(school_of("Fern Primary", NIA.upper()), expected=21)


def fails_with(error: BaseException) -> Callable[..., str]:
    """A mail server that gets the whole text, and then this happens."""

    def send(message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        before_text()
        raise error

    return send
