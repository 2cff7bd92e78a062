"""Reads the id of a row from what somebody sent."""

LONGEST = 18
"""Digits; no row has a longer id, and a database would refuse it."""


def row_id(text: str | None) -> int | None:
    """Return the id of a row; None where the text is no such number."""
    return int(text) if text and text.isdecimal() and len(text) <= LONGEST else None
