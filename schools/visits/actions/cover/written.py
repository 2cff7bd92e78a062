"""What asking people, or putting them on, writes of their covers, as a batch keeps it for an undo."""

from collections.abc import Iterable, Mapping, Sequence

from schools.visits.actions.batches import Changes, JsonValue, field_values
from schools.visits.models import LIVE_STATES, Cover, CoverQuerySet, CoverState, Session

WRITTEN = (
    "role", "state", "override_note", "news", "news_why", "told_at", "offered_at", "answered_at", "instead_of",
)  # fmt: skip
"""The fields of a cover that are written."""


def covers_written(sessions: Sequence[Session]) -> CoverQuerySet:
    """Return the covers on the sessions that such an act writes, as far as they are there: live ones, and what people asked."""
    return Cover.objects.filter(session__in=sessions, state__in=(CoverState.ASKED, *LIVE_STATES)).order_by("pk")


def as_stored(covers: Iterable[Cover]) -> dict[int, dict[str, JsonValue]]:
    """Return what is stored of the covers before they are written, by the cover's id."""
    return {cover.pk: field_values(cover, WRITTEN) for cover in covers}


def record(changes: Changes, covers: Iterable[Cover], before: Mapping[int, dict[str, JsonValue]]) -> None:
    """Record what became of the covers; those that `before` (as_stored) does not hold were created."""
    for cover in covers:
        if cover.pk in before:
            changes.record_changed(cover, before[cover.pk])
        else:
            changes.record_created(cover, WRITTEN)
