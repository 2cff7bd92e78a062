"""One act has one name: in the menus, on the tabs of a page, among what is found, and as the heading of the page."""

import re

import pytest
from django.test import Client

from schools.office.finding.places import LIST_PLACES, PLACES
from tests import factories
from tests.house import assert_none

pytestmark = pytest.mark.django_db

NAMES = {place.address: place.name for place in (*PLACES, *LIST_PLACES)}
"""The pages that open without naming a row, by their addresses."""

OTHERWISE = {
    "Call off a day": "Its heading names the day.",
    "Guides": "In the menu, Guide opens one of them, at the section of the page that is open.",
}
"""Names of pages that are called otherwise somewhere, and why."""

MENU = re.compile(r'<(nav|div) class="(?:office-nav|user-menu|stock-tabs)".*?</\1>', re.DOTALL)
LINK = re.compile(r'<a\s[^>]*?href="([^"?#]*)[^"]*"[^>]*>(.*?)</a>', re.DOTALL)
HEADING = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)


def plain(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", text).split())


def test_an_act_has_one_name_in_menu_heading_and_where_it_is_found(client: Client) -> None:
    client.force_login(factories.manager())
    two_names: dict[str, None] = {}
    for place in PLACES:  # a list's heading is its name in LISTS, by which it is found
        address = place.address
        body = client.get(address).content.decode()
        [heading] = HEADING.findall(body)
        menus = [LINK.findall(menu[0]) for menu in MENU.finditer(body)]
        assert menus, address
        named = [(address, heading), *(link for menu in menus for link in menu if link[0] in NAMES)]
        two_names |= {f"{NAMES[at]} ({at}): {plain(words)}": None for at, words in named if plain(words) != NAMES[at]}
    assert_none(
        [line for line in two_names if line.partition(" (")[0] not in OTHERWISE],
        to_do="Call the page the same in its menu, in its heading and in PLACES (schools/office/finding/places.py).",
    )
