"""Volunteers pasted from a spreadsheet in a browser: looked at, matched, applied, invited; with scripts and without."""

import pytest
from playwright.sync_api import expect

from schools import models
from schools.accounts.models import Role
from tests.e2e.charity import PASSWORD, Charity, may_sign_in
from tests.e2e.conftest import BOTH, DESK, PHONE, Opener
from tests.factories import VolunteerFactory, user_with

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

ROWS = (
    "Ref\tWer\tE-Mail\tAreas\tScheme\tIssued\tDecision\tDecided on\tRecheck on\n"
    "T1\tThea Thorn\tthea@example.org\t{area}\tdbs\t2025-01-02\tclear\t2025-01-03\t2028-01-02\n"
    "T2\tTom Thistle\t\t{area}\t\t\t\t\t\n"
    "T3\tTess Teasel\ttess at home\t{area}\t\t\t\t\t\n"
    "K1\tKit Newname\tkit@example.org\t\t\t\t\t\t\n"
)


@pytest.mark.parametrize("scripts", BOTH)
@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.exhaustive)])
def test_volunteers_are_pasted_looked_at_applied_and_invited(
    scripts: bool, theme: str, charity: Charity, visitor: Opener
) -> None:
    may_sign_in(user_with(Role.MANAGER, email="mo@example.org", name="Mo Manager"))
    VolunteerFactory(reference="K1", name="Kit Oldname")
    manager = visitor(f"imports-{theme}", size=DESK, scripts=scripts)
    page = manager.page
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    manager.signs_in("mo@example.org", PASSWORD)
    manager.goes_to("/admin/")
    manager.opens_folded("Import a table")
    page.get_by_label("Volunteers", exact=True).check()
    manager.looks("form")
    page.get_by_label("Or paste it here").fill(ROWS.format(area=charity.area.name))
    page.get_by_role("button", name="Show what it would change").click()
    expect(page.get_by_text("it has no column “name”")).to_be_visible()
    manager.looks("columns")
    page.get_by_label("Wer").select_option("name")
    page.get_by_role("button", name="Read it with these columns").click()
    expect(page.get_by_text("2 rows new, 1 changed")).to_be_visible()
    manager.looks("preview")
    page.get_by_role("link", name="Changed").click()
    expect(page.get_by_text("Name: Kit Oldname → Kit Newname")).to_be_visible()
    manager.looks("changed")
    page.get_by_role("link", name="Refused").click()
    expect(page.get_by_role("rowheader", name="T3")).to_be_visible()
    assert not models.Volunteer.objects.filter(reference="T1").exists()
    page.get_by_role("button", name="Apply exactly this").click()
    expect(page.get_by_text("The import is applied.")).to_be_visible()
    manager.looks("report")
    page.get_by_role("link", name="See who can be invited").click()
    expect(page.get_by_role("heading", name="2 get a mail")).to_be_visible()
    manager.looks("invite")
    page.get_by_label("Invite Kit Newname").uncheck()
    page.get_by_role("button", name="Send the invitations to those who are ticked").click()
    expect(page.get_by_text("1 person invited to sign in.")).to_be_visible()
    assert list(models.Invitation.objects.values_list("email", flat=True)) == ["thea@example.org"]
    manager.goes_to("/admin/imports/")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    manager.looks("imports-on-a-phone")
