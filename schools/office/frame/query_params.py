"""Reads parameters that no form has fields for, so that nonsense counts as nothing and breaks nothing."""

from datetime import date

from django.utils.http import url_has_allowed_host_and_scheme


def day(text: str | None) -> date | None:
    """Return the day of a text in ISO form; None where there is no such day."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def words(text: str | None) -> str:
    """Return the words of a search, without the one character that PostgreSQL refuses."""
    return (text or "").replace("\x00", "").strip()


def office_address(text: str | None) -> str:
    """Return the address if it is of a page of the office, to which somebody can be led back; otherwise blank."""
    address = words(text)
    safe = url_has_allowed_host_and_scheme(address, allowed_hosts=None, require_https=False)
    return address if safe and address.startswith("/admin/") else ""
