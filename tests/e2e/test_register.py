"""A register in a browser: handed in, looked at, applied, its report read; with scripts and without; and a school's page."""

from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from schools import models
from schools.accounts.models import Role
from tests.directory.gias_files import row, written
from tests.e2e.charity import PASSWORD, Charity, may_sign_in
from tests.e2e.conftest import BOTH, DESK, PHONE, Opener
from tests.factories import user_with

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scripts", BOTH)
def test_a_register_is_looked_at_and_applied(scripts: bool, charity: Charity, visitor: Opener, tmp_path: Path) -> None:
    may_sign_in(user_with(Role.MANAGER, email="mo@example.org", name="Mo Manager"))
    path = written(
        tmp_path,
        row(urn="100001", name="Fellside Primary School"),
        row(urn="100002", low="99"),
        name="edubasealldata20261101.csv",
    )
    manager = visitor("manager", size=DESK, scripts=scripts)
    page = manager.page
    manager.signs_in("mo@example.org", PASSWORD)
    manager.goes_to("/admin/")
    manager.opens_folded("Registers")
    manager.looks("registers")
    page.get_by_label("The register’s file").set_input_files(path)
    page.get_by_role("button", name="Show what it would change").click()
    expect(page.get_by_role("heading", name="What it would change")).to_be_visible()
    manager.looks("register-preview")
    page.get_by_role("link", name="Refused").click()
    expect(page.get_by_role("rowheader", name="100002")).to_be_visible()
    assert not models.School.objects.filter(register_id="100001").exists()
    page.get_by_role("button", name="Apply exactly this").click()
    expect(page.get_by_text("The import is applied.")).to_be_visible()
    manager.looks("register-report")
    page.get_by_role("link", name="Created").click()
    page.get_by_role("link", name="Fellside Primary School").click()
    expect(page.get_by_role("heading", level=1, name="Fellside Primary School")).to_be_visible()
    manager.looks("school")
    expect(page.get_by_text("New in the register.")).to_be_visible()
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    manager.looks("school-on-a-phone")


def test_an_import_that_is_under_way_moves_on_by_itself(charity: Charity, visitor: Opener) -> None:
    may_sign_in(user_with(Role.MANAGER, email="mo@example.org", name="Mo Manager"))
    manager = visitor("manager")
    manager.signs_in("mo@example.org", PASSWORD)
    run = models.ImportRun.objects.create(
        register="gias", file_name="a.csv", day=timezone.localdate(), asked_at=timezone.now(), seen_at=timezone.now(),
        rows_read=1_000, rows_expected=26_000,
    )  # fmt: skip
    manager.goes_to(f"/admin/registers/{run.pk}/")
    expect(manager.page.get_by_text("1,000 of 26,000 rows read.")).to_be_visible()
    manager.looks("register-under-way")
    models.ImportRun.objects.update(rows_read=2_000, seen_at=timezone.now())
    expect(manager.page.get_by_text("2,000 of 26,000 rows read.")).to_be_visible()
    # The office starts anew, or the computer slept: a look that failed is not the last.
    with manager.page.expect_event("requestfailed"):
        manager.page.context.set_offline(True)
    manager.page.context.set_offline(False)
    models.ImportRun.objects.update(rows_read=3_000, seen_at=timezone.now())
    expect(manager.page.get_by_text("3,000 of 26,000 rows read.")).to_be_visible(timeout=15_000)
    models.ImportRun.objects.update(state="failed", problem="a.csv is empty. Nothing was changed; download it again.")
    expect(manager.page.get_by_text("a.csv is empty.")).to_be_visible()
