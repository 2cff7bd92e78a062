"""A manager closes a return, publishes its year, links schools, sees the drift, downloads both and checks them, in a browser."""

import subprocess
import sys
import zipfile
from datetime import date, time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from schools import models
from schools.core.periods import Period
from schools.reach.actions import sign_off
from tests import factories
from tests.e2e.charity import may_sign_in
from tests.e2e.conftest import DESK, Opener
from tests.reach.examples import delivered
from tests.reach.test_drift import NOW

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def signed() -> models.Return:
    """An infant and a junior school, a year apart; a coordinator's return of both years waits for a manager."""
    area = factories.AreaFactory(name="Cumbria")
    infants, juniors = (factories.SchoolFactory(area=area, name=f"Thornby {kind} School") for kind in ("Infant", "Junior"))
    delivered(infants, "ks1-assembly", date(2025, 3, 3), time(9), {2: 33})
    delivered(juniors, "ks2-assembly", date(2026, 3, 2), time(9), {3: 31})
    manager = factories.manager(name="Mo Manager", email="manager@example.org")
    may_sign_in(manager)
    return sign_off(area, Period.parse("2024/25..2025/26"), by=manager, now=NOW)


def _checked(page: Page, link: str, folder: Path) -> str:
    """Download the zip behind the link, unpack it, and run its verify.py; what that says."""
    with page.expect_download() as download:
        page.get_by_role("link", name=link).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    with zipfile.ZipFile(path) as bundle:
        bundle.extractall(folder)
    inside = folder / path.stem
    run = subprocess.run([sys.executable, "-I", "verify.py"], cwd=inside, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stdout
    return run.stdout


# Longer than 40 lines: it is one way through five pages, told step by step.
@pytest.mark.exhaustive
def test_a_manager_closes_publishes_links_sees_the_drift_and_verifies(
    signed: models.Return, visitor: Opener, tmp_path: Path
) -> None:
    manager = visitor("publishing", size=DESK)
    manager.signs_in("manager@example.org")
    page = manager.page
    address = f"/admin/reach/returns/{signed.pk}/"
    manager.goes_to(address)
    page.get_by_text("Close this return").click()
    page.get_by_role("button", name="Close it").click()
    expect(page.get_by_role("columnheader", name="As known today")).to_be_visible()

    manager.goes_to("/admin/reach/publications/")
    manager.looks_at_each_width("publications-empty")
    page.get_by_label("Period").fill("2025/26")
    page.get_by_role("button", name="See what would be published").click()
    manager.looks_at_each_width("publishing")
    page.get_by_role("button", name="Publish 2025/26").click()
    expect(page.get_by_text("2025/26 is published.")).to_be_visible()
    manager.looks_at_each_width("published")
    assert "Everything is equal." in _checked(page, "Download 2025/26", tmp_path)

    infants, juniors = models.School.objects.order_by("name")
    manager.goes_to(f"/admin/school/{infants.pk}/?link=Thornby Junior")
    page.locator("details", has=page.get_by_role("button", name="Children go on to it")).evaluate("one => one.open = true")
    page.get_by_role("button", name="Children go on to it").click()
    expect(
        page.get_by_text("This changes children reached of 2024/25..2025/26 in 1 area, 1 of them closed: Cumbria.")
    ).to_be_visible()
    manager.looks_at_each_width("link-moves-figures")
    assert not models.SchoolLink.objects.exists()
    page.get_by_role("button", name="Link them all the same").click()
    expect(page.get_by_text(f"{infants} feeds {juniors} from now on")).to_be_visible()

    manager.goes_to(address)
    expect(page.get_by_role("row", name="Children reached").first).to_contain_text("33")
    expect(page.get_by_text(f"{infants} feeds {juniors}")).to_be_visible()
    manager.looks_at_each_width("return-with-drift")
    assert "Everything is equal." in _checked(page, "All of it, to be checked (zip)", tmp_path)
