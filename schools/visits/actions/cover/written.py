"""What asking people, or putting them on, writes of their covers, as a batch keeps it for an undo."""

from collections.abc import Iterable, Mapping, Sequence

from schools.visits.actions.batches import Changes, JsonValue, field_values
from schools.visits.models import LIVE_STATES, Cover, CoverQuerySet, CoverState, MessageAbout, Session, Visit
from schools.visits.shown_slots import slots_in_one

WRITTEN = (
    "role", "state", "override_note", "news", "news_why", "told_at", "offered_at", "answered_at", "instead_of",
)  # fmt: skip
"""The fields of a cover that are written."""
GIVEN_UP = (CoverState.ACCEPTED, CoverState.WITHDRAWN)
"""The states of a cover before and after an act by which somebody is not on the session any more."""
SLOT = "slot"
"""The key in a batch under which a cover that was given up keeps its session as it was: to another time they said no yes."""


def covers_written(sessions: Sequence[Session]) -> CoverQuerySet:
    """Return the covers on the sessions that such an act writes, as far as they are there: live ones, and what people asked."""
    return Cover.objects.filter(session__in=sessions, state__in=(CoverState.ASKED, *LIVE_STATES)).order_by("pk")


def as_stored(covers: Iterable[Cover]) -> dict[int, dict[str, JsonValue]]:
    """Return what is stored of the covers before they are written, by the cover's id."""
    return {cover.pk: field_values(cover, WRITTEN) for cover in covers}


def record_cover(changes: Changes, cover: Cover, before: dict[str, JsonValue]) -> None:
    """Record what became of the cover, whose fields were `before`; of a place that was given up, when the session was, too."""
    slot = {SLOT: slots_in_one([cover.session])} if (before["state"], cover.state) == GIVEN_UP else {}
    changes.record_changed(cover, before, **slot)


def record(changes: Changes, covers: Iterable[Cover], before: Mapping[int, dict[str, JsonValue]]) -> None:
    """Record what became of the covers; those that `before` (as_stored) does not hold were created."""
    for cover in covers:
        if cover.pk in before:
            record_cover(changes, cover, before[cover.pk])
        else:
            changes.record_created(cover, WRITTEN)


def still_to_phone(visit: Visit) -> dict[int, dict[str, JsonValue]]:
    """Return what is stored of the messages about which volunteers are to be phoned as well, by the message's id."""
    rows = MessageAbout.objects.filter(visit=visit, volunteer__isnull=False, phone_until__isnull=False)
    return {row.pk: field_values(row, ["phone_until"]) for row in rows}


def record_phoned(changes: Changes, before: Mapping[int, dict[str, JsonValue]]) -> None:
    """Record of which of these messages (still_to_phone) somebody need not be phoned any more, so that an undo brings it back."""
    for row in MessageAbout.objects.filter(pk__in=before).order_by("pk"):
        changes.record_changed(row, before[row.pk])
