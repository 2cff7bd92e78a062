"""Whose last mail about a visit did not arrive, so that somebody phones them, as a query for lists and counts alike."""

from typing import Any

from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat

from schools.core.batched_queries import Day
from schools.messages.models import NO_LONGER_TRUE, OutboxMessage
from schools.visits.keeping import PERHAPS
from schools.visits.models import LIVE_STATES, Cover, CoverState, KnownBy, MessageAbout, Session, SessionStage
from schools.volunteers.models import VolunteerStatus

KINDS_OF_NEWS = ("mornings", "visits")
"""The kinds of messages that tell of changes."""
KINDS_OF_REMINDERS = ("school-pack", "school-week", "school-day-before", "two-days", "evening")
"""Those that remind of what is to come: whoever did not get one is phoned instead."""


def came_back(*, on: Day) -> QuerySet[Any]:
    """Return the last news or reminder to each volunteer and school that came back or got no answer, of what is still to come.

    A tick, or another mail, is a later row: so it ends by itself. Left out is what a manager has left unsent, and who knows
    anyway: who has left, or has answered by themselves since. Of sessions that were taken out of the visit nothing says any more
    when they were, so news of those counts while the visit has others to come.
    """
    # Stopped mails are few, so they are looked up first.
    stopped = OutboxMessage.objects.undecided().filter(kind__in=(*KINDS_OF_NEWS, *KINDS_OF_REMINDERS))
    rows = MessageAbout.objects.filter(
        Q(_is_last(is_news_alone=True), is_reminder=False) | Q(_is_last(is_news_alone=False), is_reminder=True),
        message__in=stopped.exclude(last_error=NO_LONGER_TRUE).order_by().values("pk"),
        speaks_of__isnull=False,
    ).exclude(facts__startswith=PERHAPS)
    # Taken along as text: the ids in a list can be compared in both databases by that alone.
    rows = rows.exclude(volunteer__status=VolunteerStatus.LEFT).annotate(spoken=Cast("speaks_of", TextField()))
    return rows.exclude(spoken="[]").filter(Q(Exists(_of_volunteer(on)), school=None) | Q(_of_school(on), volunteer=None))


def _is_last(*, is_news_alone: bool) -> Q:
    """Return the condition that nothing was told to the row’s reader about the visit after it.

    A reminder tells nothing new, so news that came back before it stays; but whoever was mailed anything after a reminder, or was
    told, has been reached.
    """
    later = MessageAbout.objects.filter(visit=OuterRef("visit"), pk__gt=OuterRef("pk"))
    if is_news_alone:
        later = later.filter(is_reminder=False)
    else:
        # What somebody knew before a first change of the visit was told to nobody, nor is what is written where two become one.
        later = later.exclude(known_by=KnownBy.BEFORE).exclude(message=None, is_reminder=True)
    return ~Q(Exists(later.filter(volunteer=OuterRef("volunteer")))) & ~Q(Exists(later.filter(school=OuterRef("school"))))


def _of_school(on: Day) -> Q:
    """Return the condition that there is something to say to the school of the row."""
    of_visit = Session.objects.filter(visit=OuterRef("visit"))
    still = of_visit.filter(_is_to_come(on))
    there = of_visit.alias(words=_spoken()).filter(words__regex=_named("pk"))
    return Q(Exists(there.filter(_is_to_come(on)))) | (Q(is_reminder=False) & ~Q(Exists(there)) & Q(Exists(still)))


def _of_volunteer(on: Day) -> QuerySet[Cover]:
    """Return the covers of the row’s volunteer of which there is something to say: they think of coming, or were taken off."""
    covers = Cover.objects.filter(_is_to_come(on, "session__"), session__visit=OuterRef("visit"), volunteer=OuterRef("volunteer"))
    theirs = covers.alias(words=_spoken()).filter(words__regex=_named("session"))
    by_others = Q(ended_by=None) | ~Q(ended_by=F("volunteer__user"))
    taken_off = Q(by_others, state=CoverState.WITHDRAWN, answered_at__isnull=False)
    newer = Cover.objects.filter(session=OuterRef("session"), volunteer=OuterRef("volunteer"), pk__gt=OuterRef("pk"))
    return theirs.filter(Q(state__in=LIVE_STATES) | taken_off & ~Q(Exists(newer)))


def _is_to_come(on: Day, path: str = "") -> Q:
    """Return the condition that a session is on the day or later and was not reported; `path` leads to it."""
    not_over = Q((f"{path}day__gte", on)) | Q((f"{path}until_day__gte", on))
    return not_over & Q((f"{path}recorded_at", None)) & ~Q((f"{path}stage", SessionStage.DELIVERED))


def _spoken() -> Any:
    return ExpressionWrapper(OuterRef("spoken"), TextField())


def _named(column: str) -> Concat:
    """Return the pattern that finds the id in a list of ids."""
    return Concat(Value(r"(\[| )"), Cast(column, TextField()), Value(r"(,|\])"), output_field=TextField())
