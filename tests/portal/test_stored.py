"""The page about cookies says exactly what scripts store, and for how long; tests/test_every_page.py looks at cookies."""

import re
from datetime import timedelta
from pathlib import Path

import django.contrib.admin
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from schools.portal.stored import WAITS_KEPT, Stored, all_stored
from tests.house import assert_stated

STORES = re.compile(r"localStorage|sessionStorage|indexedDB|caches\.open|document\.cookie")
OURS = Path(settings.BASE_DIR) / "schools" / "static"
ADMINS = Path(django.contrib.admin.__file__).parent / "static"
NOT_LOADED = {"admin/js/nav_sidebar.js": "the office has no such bar"}
"""Scripts of the admin that no page of ours loads."""


def by_name() -> dict[str, Stored]:
    return {stored.name: stored for stored in all_stored()}


def test_each_script_that_stores_something_is_on_the_page_with_the_name() -> None:
    scripts = {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for folder in (OURS, ADMINS)
        for path in sorted(folder.rglob("*.js"))
        if "vendor" not in path.parts
    }
    store = {name for name, text in scripts.items() if STORES.search(text)} - NOT_LOADED.keys()
    assert_stated(
        store,
        {script for stored in all_stored() for script in stored.scripts},
        add="Say in schools/portal/stored.py what the script stores.",
        remove="The script stores nothing: take it out of schools/portal/stored.py.",
    )
    for stored in all_stored():
        for script in stored.scripts:
            named = stored.name.replace("*", "").rstrip("-")
            assert named in scripts[script], f"{script} stores nothing that is called {stored.name}"
            assert finders.find(script)


def test_the_cookie_of_a_script_is_kept_as_long_as_the_page_says() -> None:
    days = re.search(r"const KEPT = (\d+) \* 24 \* 60 \* 60;", (OURS / "portal" / "lost.js").read_text(encoding="utf-8"))
    assert days
    assert timedelta(days=int(days[1])) == WAITS_KEPT


def test_a_stranger_reads_names_purposes_and_times(client: Client, db: None) -> None:
    page = " ".join(client.get(reverse("cookies")).content.decode().split())
    for stored in all_stored():
        assert f"<code>{stored.name}</code>" in page
        assert f"Kept {stored.how_long}." in page
    assert "Kept 400 days." in page
    assert "nothing to agree to" in page


def test_the_times_follow_the_settings(settings: object, client: Client, db: None) -> None:
    assert isinstance(by_name()["sessionid"].kept, timedelta)
    settings.SESSION_COOKIE_AGE = 30 * 24 * 60 * 60  # type: ignore[attr-defined]  # pytest-django's
    settings.SESSION_COOKIE_NAME = "kind-words"  # type: ignore[attr-defined]  # likewise
    assert by_name()["kind-words"].how_long == "30 days"
