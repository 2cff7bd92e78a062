"""Whose last mail about a visit did not arrive, so that somebody phones them, as a query for lists and counts alike."""

from datetime import date
from typing import Any

from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat

from schools.messages.models import NO_LONGER_TRUE, OutboxMessage
from schools.visits.models import LIVE_STATES, Cover, CoverState, MessageAbout, Session, SessionStage
from schools.volunteers.models import VolunteerStatus

KINDS_OF_NEWS = ("mornings", "visits")
"""The kinds of messages that tell of changes."""


def came_back(*, on: date) -> QuerySet[Any]:
    """Return the last news to each volunteer and school that came back or got no answer, of what is still to come.

    A tick, or another mail, is a later row: so it ends by itself. Left out is what a manager has left unsent, and who knows
    anyway: who has left, or has answered by themselves since. Of sessions that were taken out of the visit nothing says any more
    when they were, so those count while the visit has others to come.
    """
    # Stopped mails are few, so they are looked up first.
    stopped = OutboxMessage.objects.undecided().filter(kind__in=KINDS_OF_NEWS).exclude(last_error=NO_LONGER_TRUE)
    later = MessageAbout.objects.filter(visit=OuterRef("visit"), is_reminder=False, pk__gt=OuterRef("pk"))
    rows = MessageAbout.objects.filter(
        ~Exists(later.filter(volunteer=OuterRef("volunteer"))),
        ~Exists(later.filter(school=OuterRef("school"))),
        message__in=stopped.order_by().values("pk"),
        is_reminder=False,
        speaks_of__isnull=False,
    )
    # Taken along as text: the ids in a list can be compared in both databases by that alone.
    rows = rows.exclude(volunteer__status=VolunteerStatus.LEFT).annotate(spoken=Cast("speaks_of", TextField()))
    return rows.exclude(spoken="[]").filter(Q(Exists(_of_volunteer(on)), school=None) | Q(_of_school(on), volunteer=None))


def _of_school(on: date) -> Q:
    """Return the condition that there is something to say to the school of the row."""
    of_visit = Session.objects.filter(visit=OuterRef("visit"))
    still = of_visit.filter(_is_to_come(on))
    there = of_visit.alias(words=_spoken()).filter(words__regex=_named("pk"))
    return Q(Exists(there.filter(_is_to_come(on)))) | (~Q(Exists(there)) & Q(Exists(still)))


def _of_volunteer(on: date) -> QuerySet[Cover]:
    """Return the covers of the row’s volunteer of which there is something to say: they think of coming, or were taken off."""
    covers = Cover.objects.filter(_is_to_come(on, "session__"), session__visit=OuterRef("visit"), volunteer=OuterRef("volunteer"))
    theirs = covers.alias(words=_spoken()).filter(words__regex=_named("session"))
    by_others = Q(ended_by=None) | ~Q(ended_by=F("volunteer__user"))
    taken_off = Q(by_others, state=CoverState.WITHDRAWN, answered_at__isnull=False)
    newer = Cover.objects.filter(session=OuterRef("session"), volunteer=OuterRef("volunteer"), pk__gt=OuterRef("pk"))
    return theirs.filter(Q(state__in=LIVE_STATES) | taken_off & ~Q(Exists(newer)))


def _is_to_come(on: date, path: str = "") -> Q:
    """Return the condition that a session is on the day or later and was not reported; `path` leads to it."""
    not_over = Q((f"{path}day__gte", on)) | Q((f"{path}until_day__gte", on))
    return not_over & Q((f"{path}recorded_at", None)) & ~Q((f"{path}stage", SessionStage.DELIVERED))


def _spoken() -> Any:
    return ExpressionWrapper(OuterRef("spoken"), TextField())


def _named(column: str) -> Concat:
    """Return the pattern that finds the id in a list of ids."""
    return Concat(Value(r"(\[| )"), Cast(column, TextField()), Value(r"(,|\])"), output_field=TextField())
