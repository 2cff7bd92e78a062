"""A converter for paths that hold a day. Importing this module makes `<day:…>` known to every urls.py."""

from datetime import date

from django.urls import register_converter


class DayConverter:
    """A day in a path, such as 2026-11-26; a day that does not exist leads to a 404."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        """Return the day. Raises ValueError, which Django turns into a 404."""
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        """Return the day in its ISO form."""
        return value.isoformat()


register_converter(DayConverter, "day")
