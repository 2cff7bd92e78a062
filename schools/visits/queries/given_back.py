"""By what the mails to coordinators that somebody can't make it are known, as each decision is told to each of them once."""

from datetime import datetime

GIVEN_BACK = "given-back"
"""The kind of these mails."""


def key_of_decision(volunteer: int, at: datetime | None) -> str:
    """Return how the keys begin of the mails on what a volunteer (by id) gave back at that moment, or was taken off."""
    return f"{GIVEN_BACK}:{volunteer}:{at.isoformat() if at else ''}:"
