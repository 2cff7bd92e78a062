"""How much of the portal goes over the wire, and that nothing of a page moves while it comes."""

from datetime import date, time
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from schools import models
from tests.e2e.charity import PASSWORD, Charity
from tests.e2e.conftest import PHONE
from tests.e2e.test_portal import every_page, morning, named
from tests.e2e.wire import as_in_production
from tests.factories import CoverFactory, HeadcountFactory, SchoolFactory, SessionFactory

pytestmark = [pytest.mark.e2e, pytest.mark.exhaustive, pytest.mark.django_db(transaction=True)]

MOST_AT_FIRST, MOST_LATER = 50_000, 9_500
"""Bytes over the wire: the first page with everything that it needs, and every page after it."""


def _third_session(session: models.Session, *volunteers: models.Volunteer) -> None:
    """Another workshop on the day, for a third class."""
    workshop = models.SessionType.objects.get(slug="workshop-5-6")
    third = SessionFactory(visit=session.visit, day=session.day, type=workshop, starts=time(12), ends=time(12, 45))
    HeadcountFactory(session=third, year_group=6, expected=28)
    for volunteer in volunteers:
        CoverFactory(session=third, volunteer=volunteer)


def test_little_goes_over_the_wire_and_nothing_moves(charity: Charity, browser: Browser, tmp_path: Path) -> None:
    margaret = named("Margaret Airey")
    session = morning(charity, margaret, named("Asha Patel"))[0]
    _third_session(session, margaret, named("Asha Patel"))
    for number in range(8):
        morning(charity, day=date(2026, 12, 1 + number))
    for number in range(50):
        place = {"easting": 340_000 + 100 * number, "northing": 555_000, "postcode": f"CA{number} 9ZZ"}
        SchoolFactory(authority=charity.school.authority, name=f"School {number} of Many Words", **place)
    with as_in_production(tmp_path / "static") as address:
        # Without a service worker, which would answer from the phone: what is measured is what the server sends.
        context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, locale="en-GB", service_workers="block")
        page = context.new_page()
        wire = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        sent: list[int] = []
        wire.on("Network.loadingFinished", lambda event: sent.append(event["encodedDataLength"]))
        page.add_init_script(
            "window.moved = 0;"
            "new PerformanceObserver((list) => list.getEntries().forEach((one) => { window.moved += one.value; }))"
            ".observe({ type: 'layout-shift', buffered: true });"
        )
        page.goto(f"{address}/accounts/login/", wait_until="networkidle")
        first = sum(sent)
        assert 0 < first <= MOST_AT_FIRST, first
        page.get_by_label("E-mail address").fill("margaret@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(f"{address}/")
        for path, what in every_page(margaret, session):
            page.goto(f"{address}{path}", wait_until="networkidle")
            sent.clear()
            page.goto(f"{address}{path}", wait_until="networkidle")
            later = sum(sent)
            assert page.url == f"{address}{path}"
            assert 0 < later <= MOST_LATER, f"{what}: {later}"
            assert page.evaluate("window.moved") == 0, what
        context.close()
