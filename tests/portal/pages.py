"""What the tests of the portal share: a clock, a signed-in volunteer, a morning."""

from datetime import UTC, date, datetime, time
from typing import Any

from django.test import Client

from schools.accounts.models import User
from schools.directory.models import Area, School
from schools.programme.models import SessionType
from schools.visits.models import Cover, Session, Visit
from schools.volunteers.models import Volunteer
from tests.factories import DAY, CoverFactory, HeadcountFactory, SchoolFactory, SessionFactory, VisitFactory

BEFORE = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
"""Tuesday, two days before the morning."""
AFTER = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
"""Noon on the day."""


def client_of(volunteer: Volunteer) -> Client:
    """A browser in which the volunteer has signed in."""
    return client_for(volunteer.user)


def client_for(user: User | None) -> Client:
    assert user is not None
    client = Client()
    client.force_login(user)
    return client


def school_in(area: Area, **fields: object) -> School:
    made: School = SchoolFactory(area=area, **fields)
    return made


def morning_at(
    school: School, *volunteers: Volunteer, day: date = DAY, state: str = "accepted", **visit: object
) -> list[Session]:
    """An assembly at 9:15 and a workshop at 10:00; the first volunteer leads, the others present."""
    made: Visit = VisitFactory(school=school, **visit)
    workshop = SessionType.objects.get(slug="workshop-5-6")
    sessions: list[Session] = [
        SessionFactory(visit=made, day=day),
        SessionFactory(visit=made, day=day, type=workshop, starts=time(10), ends=time(11)),
    ]
    for session in sessions:
        HeadcountFactory(session=session, year_group=5, expected=30)
        for place, volunteer in enumerate(volunteers):
            CoverFactory(session=session, volunteer=volunteer, role="presenter" if place else "lead", state=state)
    return sessions


def states(volunteer: Volunteer) -> list[str]:
    """The states of the volunteer's covers, by session."""
    return list(Cover.objects.filter(volunteer=volunteer).order_by("session").values_list("state", flat=True))


def text_of(response: Any) -> str:
    """The page as text."""
    content: str = response.content.decode()
    return content
