"""Each page as each role, opened once: who is let in, boxes for notes, cookies, static files, whose clearance it shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from schools.charity.models import Charity
from schools.charity.notes import NOTES, about_notes
from schools.portal.stored import COOKIES, all_stored
from schools.portal.views.device import OPEN_PAGES
from schools.volunteers.models import ClearanceLook
from tests.audience import ROLES, audience_of
from tests.boxes import Boxes
from tests.house import assert_none
from tests.looks import LOOKED_AT, WITH_CLEARANCES, make_clearances_plain, shows_clearance
from tests.served import not_served
from tests.test_audience import World, address_of, is_let_in, world  # noqa: F401  # a fixture
from tests.test_house import named_urls

NO_FOOT = {"admin:tally-sheet": "a sheet of paper"}
"""Pages that lead nowhere."""
OWN = {"me", "my-data-json", "my-data-csv"}
"""Pages on which people read what is kept of themselves: not a look at somebody's clearance."""


@dataclass(frozen=True)
class Page:
    """A page that somebody opened."""

    name: str
    answer: Any
    text: str
    """What its reader gets; blank where it is no page of HTML, or they were not let in."""
    is_looked_at: bool
    """Whether a look at somebody's clearance was written down meanwhile."""


def every_page(client: Client, world: World) -> Iterator[Page]:  # noqa: F811  # the fixture's value
    """Open each page once."""
    for name, pattern in named_urls():
        cache.clear()
        before = ClearanceLook.objects.count()
        answer = client.get(address_of(name, pattern, world) + WITH_CLEARANCES.get(name, ""))
        content = answer.getvalue()  # a file that is streamed is made while it is read
        text = content.decode(errors="replace") if answer.status_code == 200 else ""
        yield Page(name, answer, text, ClearanceLook.objects.count() > before)


def boxes_without_the_sentence(page: Page) -> Iterator[str]:
    """The boxes for notes on the page that do not say what never belongs there."""
    has_boxes = "<textarea" in page.text or any(f'{note}"' in page.text for note in NOTES)
    if has_boxes and page.answer.headers["Content-Type"].startswith("text/html"):
        boxes = Boxes()
        boxes.feed(page.text)
        yield from (f"{page.name}: {box}" for box in boxes.without(about_notes()))


def cookies_of_no_list(page: Page, client: Client) -> Iterator[str]:
    """The cookies that the reader has by now and the page about cookies does not name, or names with another time."""
    told = {stored.name: stored.kept for stored in all_stored() if stored.where == COOKIES}
    for cookie in client.cookies.values():
        age = timedelta(seconds=int(cookie["max-age"])) if cookie["max-age"] else told.get(cookie.key)
        if cookie.key not in told or age != told[cookie.key]:
            yield f"{page.name}: {cookie.key}, kept for {age}"


def pages_without_link(page: Page) -> Iterator[str]:
    """What anybody may read and this page does not lead to."""
    if "</body>" in page.text and page.name not in NO_FOOT:
        yield from (f"{page.name} to {path}" for path in map(reverse, OPEN_PAGES) if f'href="{path}"' not in page.text)


@pytest.mark.slow
@pytest.mark.parametrize("role", [*"MCVS", *(pytest.param(role, marks=pytest.mark.exhaustive) for role in "OA")])
def test_each_page_is_for_its_audience_alone_and_keeps_what_holds_of_every_page(
    role: str,
    world: World,  # noqa: F811  # the fixture
) -> None:
    Charity.objects.update(safeguarding_phone="+441632960123", concern_name="Mary Bell", concern_phone="+441632960456")
    make_clearances_plain(world)
    client = Client()
    if user := world.people[role]:
        client.force_login(user)
    else:
        client.post(reverse("account_login"), {"login": "nobody@example.org", "password": "wrong"})
    audience, boxes, cookies, bare, looks, unserved = (list[str]() for _ in range(6))
    looked_at = set()
    for page in every_page(client, world):
        if is_let_in(page.answer) != (role in (audience_of(page.name) or "")):
            audience.append(f"{page.name}: {ROLES[role]} got {page.answer.status_code}")
        boxes += boxes_without_the_sentence(page)
        cookies += cookies_of_no_list(page, client)
        bare += pages_without_link(page)
        unserved += [f"{page.name}: {name}" for name in not_served(page.text)]
        if page.is_looked_at:
            looked_at.add(page.name)
        if page.name not in OWN and shows_clearance(page.text) != page.is_looked_at:
            looks.append(f"{page.name}: {'no look' if shows_clearance(page.text) else 'a look'} was written down")
    for things, to_do in (
        (audience, "Mend the view's permission, or state the new audience in AUDIENCE or TABLES (tests/audience.py)."),
        (boxes, "Make it a NoteField (schools/charity/notes.py), or name it in NO_NOTES (tests/boxes.py)."),
        (cookies, "Say in schools/portal/stored.py what the cookie is for and how long it is kept."),
        (bare, "Include portal/_about.html in the page, or extend a base that does."),
        (unserved, "Take the pattern that leaves them out from UNUSED (speakout/static_files.py)."),
        (looks, "Log the look with look_at where the page shows a clearance, and nowhere else (rule 13)."),
    ):
        assert_none(dict.fromkeys(things), to_do=f"{to_do} It was opened by a {ROLES[role]}.")
    assert looked_at - OWN <= LOOKED_AT
    assert role != "M" or looked_at >= LOOKED_AT
    if user is not None:
        assert {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, "speakout-device"} <= set(client.cookies)
