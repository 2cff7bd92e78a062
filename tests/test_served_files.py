"""What is collected for production is what is served: all that pages ask for, and not what packages bring for others."""

import re
from fnmatch import fnmatchcase
from pathlib import Path

from django.conf import settings

from schools.portal.views.device import FILES
from speakout.static_files import UNUSED
from tests.house import assert_none
from tests.served import collected, names, not_served

ROOT = Path(settings.BASE_DIR)


def test_every_file_that_a_template_or_a_phone_names_is_collected() -> None:
    """What the stock admin's forms ask for, tests/test_every_page.py sees on each page."""
    texts = (file.read_text() for file in (ROOT / "templates").rglob("*.html"))
    named = {name for text in texts for name in re.findall(r"""\{%\s*static\s+["']([^"']+)["']""", text)}
    assert len(named) > 30, "else this test reads no templates"
    missing = sorted((named | {*FILES}) - collected())
    assert_none(missing, to_do="Take the pattern that leaves these out from UNUSED (speakout/static_files.py).")


def test_a_page_that_asks_for_what_is_left_out_is_noticed() -> None:
    page = '<script src="/static/js/bootstrap.js"></script><link href="/static/portal/portal.css"><a href="/static/">'
    assert not_served(page) == ["js/bootstrap.js"]


def test_every_pattern_leaves_out_something_and_none_of_our_own_files() -> None:
    files = names()
    idle = [pattern for pattern in UNUSED if not any(fnmatchcase(name, pattern) for name in files)]
    assert_none(idle, to_do="Take these out of UNUSED (speakout/static_files.py): no package brings such files any more.")
    folder = ROOT / "schools" / "static"
    ours = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    assert len(ours) > 30
    assert ours <= collected()
    assert len(collected()) < len(files) * 2 / 3
