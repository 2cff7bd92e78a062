"""The other visits of whoever reads a page: somebody may act for several schools, and gets one mail about all of them."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F, Q

from schools.directory.accesses import token_of
from schools.directory.models import School, SchoolAccess
from schools.visits.models import Headcount, Session, SessionStage, VisitStage

MOST_OTHERS = 20
LOOKED_BACK = timedelta(days=60)
"""So long after it a visit is listed: its numbers and questions are asked for until then."""


@dataclass(frozen=True, order=True)
class OtherVisit:
    """A visit that the reader can open as well."""

    day: date
    """Its first day that counts here."""
    school: str
    """For which of their schools, host or guest."""
    token: str
    """What opens its page."""


def other_visits(access: SchoolAccess, *, but: tuple[int, int], on: date) -> list[OtherVisit]:
    """Return the agreed visits of the person's schools that are to come or were not long ago; one query.

    `but`: the ids of visit and school of the page that is open.
    """
    if access.contact is None:
        return []
    theirs = School.objects.filter(Q(pk=access.contact.school_id) | Q(shared_contacts=access.contact)).order_by().values("pk")
    there = {"visit__stage": VisitStage.CONFIRMED, "day__gte": on - LOOKED_BACK}
    hosts: Any = Session.objects.filter(visit__school__in=theirs, **there).exclude(stage=SessionStage.CANCELLED)
    guests: Any = Headcount.objects.filter(school__in=theirs, **{f"session__{name}": value for name, value in there.items()})
    guests = guests.exclude(session__stage=SessionStage.CANCELLED).exclude(school=F("session__visit__school"))
    of_guests = guests.order_by().values_list("session__visit", "school", "school__name", "session__day")
    rows = hosts.order_by().values_list("visit", "visit__school", "visit__school__name", "day").union(of_guests).order_by()
    first: dict[tuple[int, int], tuple[date, str]] = {}
    for visit, school, name, day in sorted(rows, key=lambda row: (row[3], row[0], row[1])):
        first.setdefault((visit, school), (day, name))
    visits = [OtherVisit(day, name, token_of(access, *pair)) for pair, (day, name) in first.items() if pair != but]
    return sorted(visits)[-MOST_OTHERS:]
