"""The other visits of whoever reads a page: somebody may act for several schools, and gets one mail about all of them."""

from dataclasses import dataclass
from datetime import date, timedelta

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
    theirs = School.objects.filter(Q(pk=access.contact.school_id) | Q(shared_contacts=access.contact)) if access.contact else None
    if theirs is None:
        return []
    there = Q(visit__stage=VisitStage.CONFIRMED) & Q(day__gte=on - LOOKED_BACK)
    own = theirs.order_by().values("pk")
    sessions = Session.objects.exclude(stage=SessionStage.CANCELLED).filter(there)
    hosts = sessions.filter(visit__school__in=own).order_by().values_list("visit", "visit__school", "visit__school__name", "day")
    counts = Headcount.objects.filter(school__in=own, session__in=sessions.order_by().values("pk"))
    guests = counts.exclude(school=F("session__visit__school")).order_by()
    rows = hosts.union(guests.values_list("session__visit", "school", "school__name", "session__day"))
    first: dict[tuple[int, int], tuple[date, str]] = {}
    for visit, school, name, day in sorted(rows, key=lambda row: (row[3], row[0], row[1])):
        first.setdefault((visit, school), (day, name))
    visits = [OtherVisit(day, name, token_of(access, *pair)) for pair, (day, name) in first.items() if pair != but]
    return sorted(visits)[-MOST_OTHERS:]
