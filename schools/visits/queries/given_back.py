"""By what the mails to coordinators that somebody can't make it, or was taken off, are known; and which of the two it was.

Each decision is told to each of them once.
"""

from collections.abc import Iterable
from datetime import datetime

from schools.visits.models import Cover

GIVEN_BACK = "given-back"
"""The kind of these mails."""


def key_of_decision(volunteer: int, at: datetime | None) -> str:
    """Return how the keys begin of the mails on what a volunteer (by id) gave back at that moment, or was taken off."""
    return f"{GIVEN_BACK}:{volunteer}:{at.isoformat() if at else ''}:"


def were_taken_off(covers: Iterable[Cover]) -> bool:
    """Return whether the office took somebody off what was ended at one moment, who did not say that they can't make it."""
    return not any(cover.gave_back for cover in covers)
