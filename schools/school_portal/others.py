"""The other visits of whoever reads a page: somebody may act for several schools, and gets one mail about all of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F, QuerySet

from schools.core.batched_queries import NamedQuery, Row, named_query
from schools.directory.accesses import token_of
from schools.directory.models import School, SchoolAccess
from schools.visits.models import Headcount, Session, SessionStage, VisitStage

MOST_OTHERS = 20
LOOKED_BACK = timedelta(days=60)
"""So long after its last day a visit is listed: its numbers and questions are asked for until then."""


@dataclass(frozen=True, order=True)
class OtherVisit:
    """A visit that the reader can open as well."""

    day: date
    """Its first day that counts here."""
    last: date
    """Its last day that counts here, of an online session the last on which the school may show it."""
    school: str
    """For which of their schools, host or guest."""
    token: str
    """What opens its page."""


def queries_of_others(access: SchoolAccess, *, on: date) -> list[NamedQuery]:
    """Return the queries about the agreed visits of the person's schools that are to come or were not long ago, for a batch."""
    if access.contact is None:
        return []
    # Two short lists, each read from an index. With one OR, databases go through every school.
    first = School.objects.filter(pk=access.contact.school_id).order_by().values("pk")
    theirs = first.union(School.objects.filter(shared_contacts=access.contact).order_by().values("pk"), all=True)
    return [query for last in ("day", "until_day") for query in _ending_since(last, on - LOOKED_BACK, theirs)]


def _ending_since(last: str, since: date, theirs: QuerySet[School, Any]) -> list[NamedQuery]:
    """Return the queries about the sessions of these schools, as host and as guest, whose column `last` is not before that day.

    The day and the last day of a window are asked for apart, each with its index.
    """
    there: dict[str, Any] = {"visit__stage": VisitStage.CONFIRMED, f"{last}__gte": since}
    hosts = Session.objects.filter(visit__school__in=theirs, **there).exclude(stage=SessionStage.CANCELLED)
    guests = Headcount.objects.filter(school__in=theirs, **{f"session__{name}": value for name, value in there.items()})
    guests = guests.exclude(session__stage=SessionStage.CANCELLED).exclude(school=F("session__visit__school"))
    names = {"visit": "visit_id", "school": "visit__school_id", "name": "visit__school__name", "day": "day", "last": "until_day"}
    of_guests = {"school": "school_id", "name": "school__name"}
    of_guests |= {name: f"session__{column}" for name, column in names.items() if name not in of_guests}
    return [named_query("other", hosts, **names), named_query("other", guests, **of_guests)]


def others_of(rows: Iterable[Row], access: SchoolAccess, *, but: tuple[int, int], on: date) -> list[OtherVisit]:
    """Return the visits of these rows, by their first day; where there are many, those to come next, then the last ones.

    A window that is open comes first of these. `but`: the ids of visit and school of the page that is open.
    """
    days: dict[tuple[int, int], set[date]] = {}
    names: dict[tuple[int, int], str] = {}
    for row in rows:
        pair = row["visit"], row["school"]
        days.setdefault(pair, set()).update(date.fromisoformat(day) for day in (row["day"], row["last"]) if day)
        names[pair] = row["name"]
    visits = [OtherVisit(min(of), max(of), names[pair], token_of(access, *pair)) for pair, of in days.items() if pair != but]
    # Whoever looks back finds an older one in the mail about it; what comes next has to be here.
    nearest = sorted(sorted(visits), key=lambda each: (each.last < on, max(each.day - on, on - each.last)))[:MOST_OTHERS]
    return sorted(nearest)
