"""What an address or a form asks for besides the fields of a form: read so that nonsense asks for nothing, and breaks nothing."""

from datetime import date

LONGEST_ID = 18
"""Digits; a longer number is no row of ours, and no database would take it."""


def row_id(text: str | None) -> int | None:
    """The id of a row; None where the text is no such number."""
    return int(text) if text and text.isdecimal() and len(text) <= LONGEST_ID else None


def day(text: str | None) -> date | None:
    """A day in ISO form; None where there is no such day."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def words(text: str | None) -> str:
    """What somebody searches for, without the one character that PostgreSQL refuses."""
    return (text or "").replace("\x00", "").strip()
