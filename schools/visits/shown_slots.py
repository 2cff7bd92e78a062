"""When sessions were as a page showed them: what its form posts with its button, and reading that again."""

from collections.abc import Iterable
from datetime import date, time

from schools.core.row_ids import row_id
from schools.visits.models import Session
from schools.visits.rules import Slot, slot_of


def slots_to_post(sessions: Iterable[Session]) -> list[str]:
    """Return for each session its id and when it is, as a page posts them; `slots_posted` reads them."""
    each = ((session.pk, slot_of(session)) for session in sessions)
    return [f"{pk} {slot.day.isoformat()} {slot.starts.isoformat()} {slot.ends.isoformat()}" for pk, slot in each]


def slots_posted(texts: Iterable[str]) -> dict[int, Slot]:
    """Return when the sessions were, by id, as the page showed them; what makes no sense is left out."""
    slots = {}
    for text in texts:
        number, *when = text.split(" ")
        try:
            slot = Slot(date.fromisoformat(when[0]), time.fromisoformat(when[1]), time.fromisoformat(when[2]))
        except (IndexError, ValueError):
            continue
        if (pk := row_id(number)) is not None:
            slots[pk] = slot
    return slots


def slots_in_one(sessions: Iterable[Session]) -> str:
    """Return what `slots_to_post` does as one text, by which a page says also that it showed none; `slots_of_one` reads it."""
    return ",".join(slots_to_post(sessions))


def slots_of_one(text: str | None) -> dict[int, Slot] | None:
    """Return when the sessions were, by id, as the page showed them; None: it did not say."""
    return None if text is None else slots_posted(text.split(","))


def slots_as_shown(texts: Iterable[str], sessions: Iterable[Session]) -> dict[int, Slot]:
    """Return when the sessions were, by id, as the page showed them; those of which it posted no time as they are now."""
    return {session.pk: slot_of(session) for session in sessions} | slots_posted(texts)
