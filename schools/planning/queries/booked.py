"""What keeps a school from being asked (rule 25): sessions to come or without an outcome, requests, dates to choose from."""

from datetime import date, timedelta
from typing import Any

from django.db.models import DateField, Q, QuerySet

from schools.core.batched_queries import Day, Given
from schools.core.ids import Ids
from schools.core.periods import AcademicYear
from schools.core.prepared import Prepared
from schools.directory.models import School
from schools.planning.queries.choosing import schools_choosing
from schools.visits.models import STANDING_STAGES, Headcount, Session, SessionStage, Visit, VisitStage

AWAITED_AT_LEAST = timedelta(days=91)
"""So long an outcome is awaited also where a new academic year has begun: in September many of the summer are still missing."""


def awaited_since(on: date) -> date:
    """Return the day from which sessions without an outcome are still waited for; older ones keep no school from being asked."""
    return min(AcademicYear.of(on).first_day, on - AWAITED_AT_LEAST)


def is_standing(path: str = "", *, since: Day) -> Q:
    """Return the condition that a session is to come or its outcome is awaited, apart from the stage of its visit.

    `path` leads to the session, such as `session__`; blank: it is the row. `since`: as of awaited_since.
    """
    is_recent = Q((f"{path}day__gte", since)) | Q((f"{path}until_day__gte", since))
    return Q((f"{path}stage", SessionStage.SCHEDULED)) & is_recent


def booked_or_asked(on: date) -> Q:
    """Return the condition that the chain has something booked or awaited, as host or guest, requested or offered; one query.

    What is to come, awaited, asked for and offered is little beside all that ever was, so their schools are read at once. Asked
    of each school (Exists), planners that know the tables' sizes went through all that is to come for every school in a chain.
    """
    schools = Ids(school for (school,) in _BOOKED_OR_ASKED.run(since=awaited_since(on), on=on))
    chains = School.objects.filter(pk__in=schools).exclude(chain=None).order_by().values("chain")
    return Q(pk__in=schools) | Q(chain__in=chains)


def _schools() -> QuerySet[Any, tuple[int]]:
    """Return the ids of these schools, from the day `since`."""
    requested = Visit.objects.filter(stage=VisitStage.REQUESTED).order_by().values_list("school")
    # The day and the last day of a window apart, each by its index.
    by_day, *others = [rows for last in ("day", "until_day") for rows in _standing_by(last, Given("since", DateField()))]
    schools: QuerySet[Any, tuple[int]] = by_day.union(*others, requested, schools_choosing(Given("on", DateField())))
    return schools.order_by()


_BOOKED_OR_ASKED = Prepared(_schools)


def _standing_by(column: str, since: Day) -> tuple[QuerySet[Session, tuple[int]], QuerySet[Headcount, tuple[int]]]:
    """Return the schools that host scheduled sessions whose column is not before that day, and those with pupils in them."""
    facts = {"stage": SessionStage.SCHEDULED, f"{column}__gte": since, "visit__stage__in": STANDING_STAGES}
    hosts = Session.objects.filter(**facts).order_by().values_list("visit__school")
    seats = Headcount.objects.filter(**{f"session__{name}": value for name, value in facts.items()}).order_by()
    return hosts, seats.values_list("school")
