"""Which static files production serves: those that are collected, and what pages ask for."""

import re
from functools import cache

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders

from speakout.static_files import ServedFilesConfig


@cache
def collected() -> frozenset[str]:
    """Return the name of each file that production collects."""
    return names(ServedFilesConfig.ignore_patterns)


def names(ignored: tuple[str, ...] = ()) -> frozenset[str]:
    """Return the name of each static file that matches none of the patterns."""
    files = (file for finder in get_finders() for file in finder.list(list(ignored)))
    return frozenset(f"{prefix}/{path}" if (prefix := getattr(storage, "prefix", "")) else path for path, storage in files)


def not_served(text: str) -> list[str]:
    """Return the static files that a page asks for and production does not collect."""
    wanted = set(re.findall(rf'(?:src|href)="{re.escape(settings.STATIC_URL)}([^"?#]+)"', text))
    return sorted(wanted - collected())
