"""What a path may hold beside numbers: a day. Importing this makes `<day:…>` known to every urls.py."""

from datetime import date

from django.urls import register_converter


class DayConverter:
    """A day in a path, such as 2026-11-26; a day that does not exist is no such page."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        """The day; ValueError makes it a 404."""
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        """Its ISO form."""
        return value.isoformat()


register_converter(DayConverter, "day")
