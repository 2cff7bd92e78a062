"""The sessions behind a table, line by line as in a session file."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Case, Exists, IntegerField, OuterRef, QuerySet, Value, When

from schools.core.csv import Cell
from schools.reach.places import Scope
from schools.reach.queries import counting
from schools.visits.models import Cover, Headcount, Session
from schools.visits.session_files.exports import session_rows


@dataclass(frozen=True)
class SessionsBehind:
    """The delivered sessions that belong to a table, with their headcounts and covers that do.

    A session belongs to the place of its host, a headcount to the place of its own school. Of a session hosted elsewhere, only
    the lines of guest schools from here are included, so that the pupils of all lines add up to the attendances.
    """

    sessions: QuerySet[Session]
    headcounts: QuerySet[Headcount]
    covers: QuerySet[Cover]

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """Return the session's id and the cells of each line."""
        return session_rows(self.sessions, self.headcounts, self.covers)


def sessions_behind(scope: Scope) -> SessionsBehind:
    """Return what is behind the table's total; the scope must cut by place."""
    own = counting.delivered(scope)
    counts = counting.counted(scope)
    if scope.areas is None and not scope.filters:
        return SessionsBehind(own, counts, _covers(scope))
    is_own = Exists(own.order_by().filter(pk=OuterRef("pk")))
    has_counts = Exists(counts.order_by().filter(session=OuterRef("pk")))
    guests = Case(When(is_own, then=Value(0)), default=Value(1), output_field=IntegerField())
    added = {"is_guests": guests}
    sessions = Session.objects.delivered().in_period(scope.period).filter(is_own | has_counts).annotate(**added)
    return SessionsBehind(sessions, counts, _covers(scope).filter(session__in=sessions.order_by().values("pk")))


def _covers(scope: Scope) -> QuerySet[Cover]:
    days = (scope.period.first_day, scope.period.last_day)
    return Cover.objects.filter(session__stage=Session.Stage.DELIVERED, session__day__range=days)
