"""What became of a published period after it was published, and what was published of a day."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, When

from schools.reach.models import Publication, Restatement
from schools.visits.models import Session, SessionStage

LOOKED_AT = timedelta(days=730)
"""How long after a publication its period is looked at: to go through ten years of sessions takes seconds."""


class PublishedSince(NamedTuple):
    """A publication, and how many outcomes of its period were reported, corrected or restated since; None: not looked at."""

    publication: Publication
    changed: int | None


def with_changes(publications: QuerySet[Publication], *, now: datetime) -> list[PublishedSince]:
    """Return them with what became of their periods, whose published numbers stay; two queries."""
    rows = list(publications)
    changes = _changes([row for row in rows if row.published_at > now - LOOKED_AT])
    return [PublishedSince(row, changes.get(row.pk)) for row in rows]


def _changes(publications: Iterable[Publication]) -> dict[int, int]:
    """Return how many outcomes of each period changed after it was published, by the id of the publication.

    An outcome is corrected where its session has a version or a stage that it did not have before: another room, or that the
    school was told of it, is no correction.
    """
    rows = list(publications)
    if not rows:
        return {}
    days = min(row.first_day for row in rows), max(row.last_day for row in rows)
    since = min(row.published_at for row in rows)
    moments: list[tuple[date, datetime]] = [
        (day, max(moment for moment in known if moment is not None)) for day, *known in _moments(days, since)
    ]
    return {
        row.pk: sum(row.first_day <= day <= row.last_day and moment > row.published_at for day, moment in moments) for row in rows
    }


def _moments(days: tuple[date, date], since: datetime) -> QuerySet[Any, Any]:
    """Return the day, and when it was reported, became what it is, and was restated last, of what changed since then."""
    states = Session.history.filter(id=OuterRef("pk"), version=OuterRef("version"), stage=OuterRef("stage"))
    became = Subquery(states.order_by("history_id").values("history_date")[:1])
    restated = Subquery(Restatement.objects.filter(session=OuterRef("pk")).order_by("-at").values("at")[:1])
    sessions = Session.objects.filter(day__range=days).annotate(
        became=Case(When(~Q(stage=SessionStage.SCHEDULED), then=became)), restated=restated
    )
    changed = sessions.filter(Q(recorded_at__gt=since) | Q(became__gt=since) | Q(restated__gt=since))
    return changed.order_by().values_list("day", "recorded_at", "became", "restated")


def published_with(day: date) -> QuerySet[Publication]:
    """Return the publications of periods in which the day lies."""
    return Publication.objects.filter(first_day__lte=day, last_day__gte=day).defer("counts")
