"""What needs somebody now: each question once, for the home page's number and for the list that it leads to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from schools.accounts.models import User
from schools.visits.models import Session, SessionQuerySet, VisitStage
from schools.volunteers.models import Clearance, Volunteer

SOON = timedelta(days=21)
ENDING_WITHIN = timedelta(days=90)


def uncovered_soon(sessions: SessionQuerySet, on: date) -> SessionQuerySet:
    """Sessions from today to three weeks ahead, planned or confirmed, that still need people."""
    standing = (VisitStage.PLANNED, VisitStage.CONFIRMED)
    return sessions.filter(day__range=(on, on + SOON), visit__stage__in=standing).uncovered()


def outcome_missing(sessions: SessionQuerySet, on: date) -> SessionQuerySet:
    """Sessions whose day has passed without an outcome."""
    return sessions.outcome_missing(on=on)


def count_missing(sessions: SessionQuerySet, on: date) -> SessionQuerySet:
    """Delivered sessions in which a year group was not counted."""
    return sessions.count_missing()


def clearances_ending(clearances: QuerySet[Clearance], *, on: date) -> QuerySet[Clearance]:
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


@dataclass(frozen=True)
class Need:
    """One kind of thing that sessions need."""

    key: str
    in_filter: str
    one: str
    many: str
    rows: Callable[[SessionQuerySet, date], SessionQuerySet]


OF_SESSIONS = (
    Need(
        "people",
        f"People, in the next {SOON.days} days",
        f"session of the next {SOON.days} days needs people",
        f"sessions of the next {SOON.days} days need people",
        uncovered_soon,
    ),
    Need("outcome", "Outcome missing", "session has no outcome yet", "sessions have no outcome yet", outcome_missing),
    Need(
        "count",
        "Count missing",
        "delivered session has a year group that nobody counted",
        "delivered sessions have a year group that nobody counted",
        count_missing,
    ),
)


@dataclass(frozen=True)
class Line:
    """One line of the home page: how many, of what, and where they are listed."""

    number: int
    words: str
    url_name: str
    query: str


def lines_for(user: User, *, on: date) -> list[Line]:
    """The lines of the home page; a constant number of queries, one a line."""
    sessions = Session.objects.for_user(user, on=on)
    lines = []
    for need in OF_SESSIONS:
        number = need.rows(sessions, on).count()
        lines.append(
            Line(number, need.one if number == 1 else need.many, "admin:schools_session_changelist", f"needs={need.key}")
        )
    number = clearances_ending(Clearance.objects.for_user(user, on=on), on=on).count()
    end = f"ends within {ENDING_WITHIN.days} days" if number == 1 else f"end within {ENDING_WITHIN.days} days"
    words = f"{'clearance' if number == 1 else 'clearances'} {end}"
    lines.append(Line(number, words, "admin:schools_clearance_changelist", "ends=soon"))
    return lines
