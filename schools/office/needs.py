"""What needs somebody now: each question once, for the home page's number and for the list that it leads to.

To add a question, add one `Need` to NEEDS. Its list filters itself: every table of the office offers the needs of its rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, Expression, Min, Model, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone

from schools.accounts.models import User
from schools.core.words import long_day
from schools.materials.queries import SHORT_WITHIN, booked_twice, lacking_soon
from schools.office.rows import visible_rows
from schools.visits.models import Session, SessionQuerySet, VisitStage
from schools.volunteers.models import Clearance, Volunteer

PARAMETER = "needs"
"""What a list's address calls the need by which its rows are filtered."""

SOON = timedelta(days=21)
ENDING_WITHIN = timedelta(days=90)


def uncovered_soon(sessions: SessionQuerySet, on: date) -> SessionQuerySet:
    """Sessions from today to three weeks ahead, planned or confirmed, that still need people."""
    standing = (VisitStage.PLANNED, VisitStage.CONFIRMED)
    return sessions.filter(day__range=(on, on + SOON), visit__stage__in=standing).uncovered()


def clearances_ending(clearances: QuerySet[Clearance], on: date) -> QuerySet[Clearance]:
    """Clear decisions of active volunteers that end within 90 days, with no later one of the scheme in their place."""
    last_day = on + ENDING_WITHIN
    later = Clearance.objects.filter(
        volunteer=OuterRef("volunteer"),
        scheme=OuterRef("scheme"),
        decision=Clearance.Decision.CLEAR,
        withdrawn_on=None,
        recheck_on__gt=last_day,
    )
    return clearances.filter(
        ~Exists(later),
        decision=Clearance.Decision.CLEAR,
        withdrawn_on=None,
        recheck_on__range=(on, last_day),
        volunteer__status=Volunteer.Status.ACTIVE,
    )


@dataclass(frozen=True, kw_only=True)
class Need:
    """One kind of thing that needs somebody: the rows of one table, in words for one and for many."""

    key: str
    """Names it in an address: `?needs=key`. Unique."""
    model: type[Model]
    """The table of its rows; the user needs the right to view it, and only their own rows are counted and listed."""
    rows: Callable[[Any, date], QuerySet[Any]]
    """From a QuerySet of the table and today, those that need somebody: a word of the QuerySet, never a join of to-many rows."""
    since: str | Expression
    """A day or moment of each row; the earliest is the line's age (a day to come: when it becomes pressing)."""
    one: str
    """What follows the number 1: “session has no outcome yet”."""
    many: str
    """What follows any other number: “sessions have no outcome yet”."""
    in_filter: str
    """What the list's filter calls it: “Outcome missing”."""
    page: str = ""
    """The URL name of a page of the office's own that lists exactly these rows; blank: the table's list."""

    def of_user(self, user: User, *, on: date) -> QuerySet[Any]:
        """The rows in need among those that the user may see on the day."""
        return self.rows(visible_rows(self.model._default_manager.all(), user, on=on), on)

    @property
    def address(self) -> str:
        """Where exactly these rows are listed."""
        if self.page:
            return reverse(self.page)
        return f"{reverse(f'admin:schools_{self.model._meta.model_name}_changelist')}?{urlencode({PARAMETER: self.key})}"


NEEDS: tuple[Need, ...] = (
    Need(
        key="people",
        model=Session,
        rows=uncovered_soon,
        since="day",
        one=f"session of the next {SOON.days} days needs people",
        many=f"sessions of the next {SOON.days} days need people",
        in_filter=f"People, in the next {SOON.days} days",
    ),
    Need(
        key="given-back",
        model=Session,
        rows=lambda sessions, on: sessions.given_back(on=on),
        since="day",
        one="session that somebody gave back has nobody in their place",
        many="sessions that somebody gave back have nobody in their place",
        in_filter="Given back",
    ),
    Need(
        key="outcome",
        model=Session,
        rows=lambda sessions, on: sessions.outcome_missing(on=on),
        since="day",
        one="session has no outcome yet",
        many="sessions have no outcome yet",
        in_filter="Outcome missing",
    ),
    Need(
        key="materials",
        model=Session,
        rows=lacking_soon,
        since="day",
        one=f"session of the next {SHORT_WITHIN.days} days lacks materials",
        many=f"sessions of the next {SHORT_WITHIN.days} days lack materials",
        in_filter="Materials lacking",
        page="admin:shortages",
    ),
    Need(
        key="equipment-twice",
        model=Session,
        rows=booked_twice,
        since="day",
        one="session has equipment that another visit has that day",
        many="sessions have equipment that another visit has that day",
        in_filter="Equipment at two visits",
    ),
    Need(
        key="count",
        model=Session,
        rows=lambda sessions, on: sessions.partly_counted(),
        since="day",
        one="delivered session has a year group that nobody counted",
        many="delivered sessions have a year group that nobody counted",
        in_filter="A year group not counted",
    ),
    Need(
        key="no-count",
        model=Session,
        rows=lambda sessions, on: sessions.without_headcounts(),
        since="day",
        one="delivered session has no count at all",
        many="delivered sessions have no count at all",
        in_filter="Nobody counted",
    ),
    Need(
        key="clearance-ends",
        model=Clearance,
        rows=clearances_ending,
        since="recheck_on",
        one=f"clearance ends within {ENDING_WITHIN.days} days",
        many=f"clearances end within {ENDING_WITHIN.days} days",
        in_filter=f"Ends within {ENDING_WITHIN.days} days",
    ),
)
"""In the order of the home page: what is most pressing first."""


def of_table(model: type[Model]) -> list[Need]:
    """The needs that the table's own list can show."""
    return [need for need in NEEDS if need.model is model and not need.page]


@dataclass(frozen=True)
class Line:
    """One line of the home page: how many, of what, how old, and where they are listed."""

    need: Need
    number: int
    words: str
    age: str
    """Like “oldest: 12 days”; blank where there is nothing."""
    address: str


def lines_for(user: User, *, on: date) -> list[Line]:
    """The lines of the home page in the order of NEEDS, those without rows too; one query a line."""
    return [_line(need, user, on=on) for need in NEEDS if user.has_perm(f"schools.view_{need.model._meta.model_name}")]


def _line(need: Need, user: User, *, on: date) -> Line:
    found = need.of_user(user, on=on).order_by().aggregate(number=Count("pk"), since=Min(need.since))
    number, since = found["number"], found["since"]
    day = timezone.localdate(since) if isinstance(since, datetime) else since
    return Line(need, number, need.one if number == 1 else need.many, age_in_words(day, on=on), need.address)


def age_in_words(since: date | None, *, on: date) -> str:
    """How long ago the earliest was: “oldest: 12 days”, “since yesterday”, “today”; of a day to come “first: Thu 26 …”."""
    if since is None:
        return ""
    if since > on:
        return f"first: {long_day(since)}"
    days = (on - since).days
    if days < 2:
        return "since yesterday" if days else "today"
    if days < 60:
        return f"oldest: {days} days"
    return f"oldest: {days // 30} months" if days < 730 else f"oldest: {days // 365} years"
