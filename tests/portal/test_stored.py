"""The page about cookies says exactly what these pages store, and each page leads to it and to what else anybody may read."""

import re
from datetime import timedelta
from pathlib import Path

import django.contrib.admin
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from schools.portal.stored import COOKIES, WAITS_KEPT, Stored, all_stored
from schools.portal.views.device import OPEN_PAGES
from tests.house import assert_none, assert_stated
from tests.test_audience import World, address_of, world  # noqa: F401  # a fixture
from tests.test_house import named_urls

STORES = re.compile(r"localStorage|sessionStorage|indexedDB|caches\.open|document\.cookie")
OURS = Path(settings.BASE_DIR) / "schools" / "static"
ADMINS = Path(django.contrib.admin.__file__).parent / "static"
NOT_LOADED = {"admin/js/nav_sidebar.js": "the office has no such bar"}
"""Scripts of the admin that no page of ours loads."""
NO_FOOT = {"admin:tally-sheet": "a sheet of paper"}
"""Pages that lead nowhere."""


def by_name() -> dict[str, Stored]:
    return {stored.name: stored for stored in all_stored()}


@pytest.mark.slow
@pytest.mark.parametrize("role", "MVS")
def test_each_page_sets_cookies_of_the_list_alone_and_leads_to_what_anybody_may_read(
    role: str,
    world: World,  # noqa: F811  # the fixture
) -> None:
    client, user = Client(), world.people[role]
    told = {stored.name: stored.kept for stored in all_stored() if stored.where == COOKIES}
    wrong, bare = set[str](), set[str]()
    if user is None:
        client.post(reverse("account_login"), {"login": "nobody@example.org", "password": "wrong"})
    else:
        client.force_login(user)
    for name, pattern in named_urls():
        if name in {"account_logout", "admin:logout"}:
            continue
        cache.clear()
        address = address_of(name, pattern, world)
        page = client.get(address).getvalue().decode(errors="replace")
        if "</body>" in page and name not in NO_FOOT:
            bare |= {f"{name} to {path}" for path in map(reverse, OPEN_PAGES) if f'href="{path}"' not in page}
        for cookie in client.cookies.values():
            age = timedelta(seconds=int(cookie["max-age"])) if cookie["max-age"] else told.get(cookie.key)
            if cookie.key not in told or age != told[cookie.key]:
                wrong.add(f"{cookie.key}, set by {address} for {age}")
    assert_none(wrong, to_do="Say in schools/portal/stored.py what the cookie is for and how long it is kept.")
    assert_none(bare, to_do="Include portal/_about.html in the page, or extend a base that does.")
    if user is not None:
        assert {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, "speakout-device"} <= set(client.cookies)


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
