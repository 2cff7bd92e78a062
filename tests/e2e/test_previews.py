"""Before figures move, pages say which: files of areas, authorities and rolls, an area's form, the move of an authority."""

import re
from datetime import date, time
from typing import Literal

import pytest
from playwright.sync_api import expect

from schools import models
from schools.core.periods import Period
from schools.reach.actions import close, sign_off
from tests import factories
from tests.e2e.charity import may_sign_in
from tests.e2e.conftest import DESK, Opener, Visitor
from tests.reach.examples import delivered
from tests.reach.test_drift import NOW

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

LONG = "Westmorland and Furness with the Western Dales and the Isle of Walney"
"""A name that has to be broken on a phone."""


@pytest.fixture
def lakes() -> models.Area:
    """An area of three authorities with reach in two years, one of them closed, and two other areas."""
    area: models.Area = factories.AreaFactory(name=f"Lakes, {LONG}")
    coast = factories.AreaFactory(name="Coast")
    factories.AreaAuthorityFactory(area=coast, authority=factories.AuthorityFactory(name="Barrow", gss="E06000069"))
    for number, name in enumerate(("Cumberland", LONG, "Eden")):
        authority = factories.AuthorityFactory(name=name, gss=f"E0600006{number}", opened=date(2023, 4, 1) if number else None)
        factories.AreaAuthorityFactory(area=area, authority=authority)
        for of in range(3):
            school = factories.SchoolFactory(
                authority=authority, register_id=f"10000{number}{of}", name=f"{name} {of} Primary School", pupils=210
            )
            for year in (2024, 2025):
                delivered(school, "ks2-assembly", date(year, 10, 6 + of), time(9), {5: 28 + of, 6: 31})
    manager = factories.manager(name="Mo Manager", email="manager@example.org")
    may_sign_in(manager)
    close(sign_off(area, Period.parse("2024/25"), by=manager, now=NOW), by=manager, now=NOW)
    return area


FILES = {
    "Areas": "area\tauthority_gss\tregion\tfrom\nCoast\tE06000061\tNorth West\t2024-09-01\nCoast\tE06000062\tNorth West\t\n",
    "Authorities": "name\tgss\topened\tclosed\tfollowed_by\n"
    f"Barrow\tE06000069\t\t2025-08-31\tE06000061\n{LONG}\tE06000061\t2025-09-01\t\t\n",
    "Pupils by year group": "URN\tyear\tacademic year\tpupils\n1000000\tYear 5\t2024/25\t30\n1000010\tYear 5\t2025/26\t25\n",
}


THEMES = ["light", pytest.param("dark", marks=pytest.mark.exhaustive)]


@pytest.fixture(params=THEMES)
def manager(request: pytest.FixtureRequest, lakes: models.Area, visitor: Opener) -> Visitor:
    theme: Literal["light", "dark"] = request.param
    window = visitor(f"previews-{theme}", size=DESK)
    window.page.emulate_media(color_scheme=theme)
    window.signs_in("manager@example.org")
    return window


def test_files_say_before_which_figures_move(lakes: models.Area, manager: Visitor) -> None:
    page = manager.page
    for kind, rows in FILES.items():
        manager.goes_to("/admin/imports/")
        page.get_by_label(kind, exact=True).check()
        page.get_by_label("Or paste it here").fill(rows)
        page.get_by_role("button", name="Show what it would change").click()
        expect(page.get_by_role("heading", name="Figures that move")).to_be_visible()
        expect(page.get_by_text(re.compile(r"of 2024/25 .*closed")).first).to_be_visible()
        manager.looks_at_each_width(kind.split()[0].lower())
    assert models.AreaAuthority.objects.filter(area=lakes, to_day=None).count() == 3


@pytest.mark.exhaustive
def test_the_move_of_an_authority_and_the_form_of_an_area_say_it_too(manager: Visitor) -> None:
    page = manager.page
    authority = models.Authority.objects.get(name="Eden")
    manager.goes_to(f"/admin/authority/{authority.pk}/move/")
    manager.looks_at_each_width("move-empty")
    coast = models.Area.objects.get(name="Coast")
    page.get_by_label("Move it to").select_option(str(coast.pk))
    page.get_by_label("From", exact=True).fill("2024-09-01")
    page.get_by_role("button", name="See what moves with it").click()
    expect(page.get_by_text(re.compile("of 2024/25 in .* closed"))).to_be_visible()
    manager.looks_at_each_width("move")

    manager.goes_to(f"/admin/area/{coast.pk}/")
    page.get_by_label("From", exact=True).fill("2024-09-01")
    page.get_by_label(re.compile("Eden")).check()
    page.get_by_role("button", name=re.compile("store", re.IGNORECASE)).last.click()
    expect(page.get_by_role("heading", name="Before it is stored")).to_be_visible()
    expect(page.get_by_text(re.compile("of 2024/25 in .* closed"))).to_be_visible()
    manager.looks_at_each_width("area-before")
