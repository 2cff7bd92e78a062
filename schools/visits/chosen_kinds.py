"""The kind of messages by which coordinators hear at once that a school has chosen one of the dates (docs/messages.md)."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from schools.messages.hours import is_quiet
from schools.messages.kinds import Audience, Draft, Kind, draft_of
from schools.messages.models import OutboxMessage
from schools.visits.half_days import HalfDay
from schools.visits.keeping import forget_visits, keep_visits
from schools.visits.links import link_to_visits
from schools.visits.models import STANDING_STAGES, OfferedDates, OfferedDatesQuerySet, OfferedState, Session, VisitStage
from schools.visits.offer_emails import mail_of_choice
from schools.visits.queries import responsible_by_visit
from schools.visits.reminders import of_visits

DATE_CHOSEN = "date-chosen"
TOLD_WITHIN = timedelta(days=3)
"""How long after the choice it is worth a mail; a visit that nobody has booked is on home for as long as it takes."""


def chosen_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield what coordinators and their stand-ins are told of dates that schools have chosen."""
    yield from _drafts(of_visits(_chosen(now), about), now=now)


def chosen_again(message: OutboxMessage, now: datetime) -> Draft | None:
    """Return the draft of the message as of now; its key names the dates."""
    return draft_of(message, _drafts(_chosen(now).filter(pk=int(message.key.split(":")[1])), now=now))


def _chosen(now: datetime) -> OfferedDatesQuerySet:
    fresh = OfferedDates.objects.filter(state=OfferedState.CHOSEN, answered_at__gte=now - TOLD_WITHIN)
    # A choice by which no visit was moved is a wish for another day, of which they are told as of any other.
    fresh = fresh.filter(Q(moves_from=None) | Q(batch__isnull=False, batch__undone_at=None))
    return fresh.filter(visit__stage__in=STANDING_STAGES)


def _drafts(offered: QuerySet[Any], *, now: datetime) -> Iterator[Draft]:
    if is_quiet(now):
        return
    rows = _still_so(offered.select_related("school", "visit__school", "visit__coordinator").order_by("pk"))
    visits = {row.visit.pk: row.visit for row in rows if row.visit is not None}
    responsible = responsible_by_visit(visits.values(), on=timezone.localdate(now))
    for row in rows:
        users = {user.pk: user for each in responsible[row.visit_id or 0] for user in each.written_to() if user.email}
        for user in users.values():
            write = partial(mail_of_choice, row, coordinator=user)
            link = link_to_visits([row.visit_id or 0], coordinator=user)
            yield Draft(f"{DATE_CHOSEN}:{row.pk}:{user.pk}", user.email, write, [row.visit_id], link, who=str(user))


def _still_so(offered: Iterable[OfferedDates]) -> list[OfferedDates]:
    """Return those of which the mail still says what is so."""
    rows = list(offered)
    scheduled = Session.objects.scheduled().filter(visit__in={row.visit_id for row in rows if row.visit_id})
    days = set(scheduled.order_by().values_list("visit", "day"))
    return [row for row in rows if _is_so(row, days)]


def _is_so(row: OfferedDates, days: Collection[tuple[int, date]]) -> bool:
    """Return whether the visit stands as the choice left it; where it does not, somebody in the office has seen to it.

    One that was left to be booked still is. One that was booked, and so confirmed, or moved has a session on the chosen day;
    `days` are those of all visits.
    """
    stage = row.visit.stage if row.visit else ""
    if row.moves_from is None and stage != VisitStage.CONFIRMED:
        return stage == VisitStage.REQUESTED
    half_day = HalfDay.of(row.chosen)
    return half_day is not None and (row.visit_id, half_day.day) in days


KINDS = (
    Kind(
        DATE_CHOSEN,
        "A school has chosen a date",
        chosen_due,
        chosen_again,
        keep_visits,
        forget_visits,
        Audience.COORDINATORS,
        "once it has chosen",
    ),
)
