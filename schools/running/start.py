"""What a web process does before its first request, so that no visitor waits for it."""

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import get_template
from django.urls import reverse

from schools.core.bank_holidays import read_calendars

OF_THE_STOCK_ADMIN = ("admin/base.html", "admin/change_form.html", "admin/change_list.html", "admin/edit_inline/tabular.html")
"""Templates that ours extend, or that are shown as they are."""


def make_ready() -> None:
    """Build every address and read every template, and keep what is in memory by now in its place.

    The processes that answer requests are forked from this one and share its memory for as long as neither writes to it. So it
    opens no connection to the database, which two of them would use at once; and what is there is left out of Python's search for
    garbage, which writes to all that it looks at. What pages of every day import late is imported here, or each process would
    have it for itself.
    """
    from schools.running.checks import newest_migrations  # tables are known only now

    reverse("admin:index")
    for name in template_names():
        get_template(name)
    read_calendars()
    newest_migrations()
    gc.collect()
    gc.freeze()


def template_names() -> Iterator[str]:
    """Yield the names of our templates, and of those of the stock admin under most pages."""
    folders: Any = settings.TEMPLATES[0]["DIRS"]
    for folder in map(Path, folders):
        yield from (str(file.relative_to(folder)) for file in sorted(folder.rglob("*.html")))
    yield from OF_THE_STOCK_ADMIN
