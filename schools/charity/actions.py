"""Keeping the one row about the charity."""

from schools.charity.models import THE_ROW, Charity


def keep_charity(*, using: str = "default") -> None:
    """Make the row where it is missing, with nothing but defaults; an existing one stays as people filled it in."""
    Charity.objects.using(using).get_or_create(pk=THE_ROW)
