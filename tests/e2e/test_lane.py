"""A manager asks for figures while somebody else's are counted: the page says so, and what was asked for comes by itself."""

from datetime import datetime
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from playwright.sync_api import expect
from pytest_django.fixtures import Settings

from schools.running.lane import in_lane
from tests import factories
from tests.e2e.charity import Charity, may_sign_in
from tests.e2e.conftest import NOW, Opener

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def others(now: datetime) -> Any:
    """Somebody else, who keeps the only place until this is read to its end."""
    return in_lane("person:0", lambda: StreamingHttpResponse(["…"]), now=now)


def test_figures_and_files_come_by_themselves_when_it_is_ones_turn(charity: Charity, visitor: Opener, settings: Settings) -> None:
    settings.SPEAKOUT_HEAVY_AT_ONCE = 1
    may_sign_in(factories.manager(name="Mo Manager", email="manager@example.org"))
    manager = visitor("manager")
    manager.may_fail.add(429)
    manager.signs_in("manager@example.org")
    before = others(NOW)
    manager.goes_to("/admin/reach/")
    expect(manager.page.get_by_text("You are next.")).to_be_visible()
    manager.looks_at_each_width("waiting")
    before.getvalue()
    expect(manager.page.get_by_role("button", name="Show reach")).to_be_visible()

    before = others(NOW)
    manager.goes_to("/admin/reach/csv/")
    expect(manager.page.get_by_text("You are next.")).to_be_visible()
    with manager.page.expect_download() as download:
        before.getvalue()
    assert download.value.suggested_filename.endswith(".csv")
