"""What the name of a file tells about it."""

import re
from datetime import date


def day_in_name(name: str, *, today: date) -> date | None:
    """Return the date in a file's name, like 2025-04-22 or, as in GIAS's own downloads, 20250422; None without one."""
    for match in re.finditer(r"(?<!\d)(\d{4})(-?)(\d{2})\2(\d{2})(?!\d)", name):
        try:
            day = date(int(match[1]), int(match[3]), int(match[4]))
        except ValueError:
            continue
        if day.year >= 1990 and day <= today:
            return day
    return None
