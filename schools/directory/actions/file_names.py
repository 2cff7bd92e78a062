"""What a file's name tells of it."""

import re
from datetime import date


def day_in_name(name: str, *, today: date) -> date | None:
    """The date in a file's name, as 2025-04-22 or, as the English register's own downloads have it, 20250422."""
    for match in re.finditer(r"(?<!\d)(\d{4})(-?)(\d{2})\2(\d{2})(?!\d)", name):
        try:
            day = date(int(match[1]), int(match[3]), int(match[4]))
        except ValueError:
            continue
        if day.year >= 1990 and day <= today:
            return day
    return None
