"""What the tests of the portal share: a clock, a signed-in volunteer, a morning."""

from datetime import UTC, date, datetime, time
from typing import Any
from uuid import uuid4

from django.test import Client
from django.urls import reverse

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


OF_THE_DAY = ("key", "replaces", "shown", "there", "missed", "adults", "differed", "note", "names_nobody", "arrived_", "used_")
"""How the names of the boxes begin that a day's form has once."""


def day_url(session: Session, name: str = "day-outcome") -> str:
    """The address of the form about the session's day, or of another of its pages."""
    return reverse(name, args=[session.visit_id, session.day])


def said_of(session: Session, **other: Any) -> dict[str, Any]:
    """The boxes of one session in a form about its day: 28 children of Year 5 were counted, if `other` says nothing else."""
    boxes = {"version": "", "went_ahead": "yes", f"pupils_{session.visit.school_id}_5": "28", "count_basis": "counted", **other}
    return {f"s{session.pk}-{name}": value for name, value in boxes.items()}


def typed(session: Session, **other: Any) -> dict[str, Any]:
    """What somebody types who tells of this session of the day and saw everybody."""
    of_day = {name: value for name, value in other.items() if name.startswith(OF_THE_DAY)}
    people = list(Cover.objects.filter(session=session).values_list("volunteer", flat=True))
    of_session = said_of(session, **{name: value for name, value in other.items() if name not in of_day})
    return {"key": str(uuid4()), "there": people, **of_session, **of_day}


def whole_day(sessions: list[Session], *pupils: str, **once: Any) -> dict[str, Any]:
    """What somebody types who counted so many children of Year 5 in each session and saw everybody."""
    boxes: dict[str, Any] = {}
    for session, number in zip(sessions, pupils, strict=True):
        boxes |= said_of(session, **{f"pupils_{session.visit.school_id}_5": number})
    people = list(Cover.objects.filter(session__in=sessions).values_list("volunteer", flat=True))
    return {"key": str(uuid4()), "there": people, **boxes, **once}


def opened(client: Client, session: Session) -> dict[str, Any]:
    """The values of the boxes as the form about the day opens them: those of the session and those of the whole day."""
    form = client.get(day_url(session)).context["form"]
    part = next(part for part in form.parts if part.session == session)
    return {name: box[name].value() for box in (form.whole_day, part) for name in box.fields}


def states(volunteer: Volunteer) -> list[str]:
    """The states of the volunteer's covers, by session."""
    return list(Cover.objects.filter(volunteer=volunteer).order_by("session").values_list("state", flat=True))


def text_of(response: Any) -> str:
    """The page as text."""
    content: str = response.content.decode()
    return content
