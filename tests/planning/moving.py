"""What the tests of dates share by which a booked visit is moved: a visit, and dates that its school has to choose from."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from schools import models
from schools.planning.actions import offer_dates_to_move
from schools.visits.half_days import HalfDay
from schools.visits.queries.school_changes import standing_change
from schools.visits.rules.school_changes import wish_with_answer
from tests.factories import CoverFactory, SessionFactory, VisitFactory, manager
from tests.planning.offering import NOW, THREE

DAY = date(2026, 12, 10)
"""The Thursday of the visit: its school can move it until Thursday 3 December."""
TOO_LATE = datetime(2026, 12, 4, 9, 0, tzinfo=UTC)
"""The day after that."""


def a_booked_visit(school: models.School, *going: models.Volunteer, **fields: Any) -> models.Visit:
    """Two assemblies in one morning, with these people on both."""
    contact = school.contacts.order_by("pk").first()
    facts: dict[str, Any] = {"stage": "confirmed", "agreed_on": date(2026, 11, 2), "agreed_with": "Pat Head", "contact": contact}
    visit: models.Visit = VisitFactory(school=school, **(facts | fields))
    for slug, starts, ends in (("ks1-assembly", time(9, 30), time(9, 50)), ("ks2-assembly", time(10, 15), time(10, 45))):
        kind = models.SessionType.objects.get(slug=slug)
        session = SessionFactory(visit=visit, type=kind, day=DAY, starts=starts, ends=ends)
        for person in going:
            CoverFactory(session=session, volunteer=person)
    return visit


def offered_to_move(
    visit: models.Visit, half_days: Sequence[HalfDay] = THREE, *, by: models.User | None = None, now: datetime = NOW
) -> models.OfferedDates:
    """Offer the half-days to the visit’s school, as somebody who has read what it wishes, and let the minute pass."""
    contact = visit.school.contacts.order_by("pk").first()
    shown = wish_with_answer(standing_change(visit, models.SchoolChange.What.MOVE))
    offer_dates_to_move(visit, half_days, contact=contact, wish=shown, by=by or manager(), now=now)
    return models.OfferedDates.objects.get(visit=visit, state="open")


def slots(visit: models.Visit) -> list[tuple[date, time]]:
    """When its sessions begin, in order."""
    return list(visit.sessions.order_by("day", "starts").values_list("day", "starts"))


def a_wish(visit: models.Visit, *keys: str, at: datetime = NOW) -> models.SchoolChange:
    """That the school has asked for one of these half-days by its page."""
    wish: models.SchoolChange = models.SchoolChange.objects.create(
        visit=visit, what="move", day=DAY, why="clash", half_days=list(keys), given_by="Jo Bloggs", at=at
    )
    return wish
