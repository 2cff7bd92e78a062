"""A manager puts a text of messages into other words, looks at the mail that says it, and stores it; on a phone and on a desk."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from schools import models
from tests.e2e.charity import Charity, may_sign_in
from tests.e2e.conftest import DESK, NOW, PHONE, Opener
from tests.factories import CoverFactory, SessionFactory, manager
from tests.profiles import more_in_the_long_gate

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def reference(charity: Charity) -> str:
    """The reference of a visit of next week at which a volunteer is expected."""
    by = models.User.objects.get(email="coordinator@example.org")
    visit = models.Visit.objects.create(reference="VTEXTS2", school=charity.school, stage="planned", coordinator=by)
    session = SessionFactory(visit=visit, day=NOW.date() + timedelta(days=7))
    CoverFactory(session=session, volunteer=models.Volunteer.objects.get(name="Asha Patel"))
    models.Charity.objects.update(name="Kind Words", address="1 High Street\nKendal", reply_to="office@kind.example.org")
    may_sign_in(manager(name="Mo Manager", email="texts@example.org"))
    return visit.reference


@pytest.mark.parametrize(("width", "height"), more_in_the_long_gate([PHONE, DESK]))
def test_a_text_is_looked_at_in_a_mail_and_stored(visitor: Opener, reference: str, width: int, height: int) -> None:
    mo = visitor(f"texts-{width}", size=(width, height))
    page = mo.page
    mo.signs_in("texts@example.org")
    mo.goes_to("/admin/messages/")
    page.get_by_role("link", name="Texts of messages").click()
    mo.looks("list")
    page.get_by_role("link", name="Asked to go instead of somebody: opening").click()
    mo.looks("built-in")
    box = page.get_by_label("What mails say")
    box.fill("Would you go, {nobody}?")
    page.get_by_label(re.compile("Show it for the visit")).fill(reference)
    page.get_by_role("button", name="Store it").click()
    expect(page.get_by_text("Nothing can be filled in for {nobody} in this text. It has {name}.").first).to_be_visible()
    expect(box).to_have_value("Would you go, {nobody}?")
    mo.looks("refused")
    expect(page.get_by_text("{name} is missing.").first).to_be_visible()
    box.fill("{name} cannot go. Would you?")
    page.get_by_role("button", name="See how it reads").click()
    shown = page.frame_locator(".mail-frame")
    expect(shown.get_by_text("Ben cannot go. Would you?")).to_be_visible()
    shown.get_by_text("Ben cannot go. Would you?").scroll_into_view_if_needed()
    button = shown.get_by_role("link", name="Say yes or no")
    expect(button).to_have_css("background-color", "rgba(0, 0, 0, 0)")
    expect(button).to_have_css("color", "rgb(255, 255, 255)")
    expect(shown.locator(".words")).to_have_css("line-height", "25.5px")
    page.get_by_text("As plain text").click()
    mo.looks("looked")
    page.get_by_role("button", name="Store it").click()
    expect(page.get_by_text("It is stored. Mails say it from now on")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Mo Manager: “{name} cannot go. Would you?")).to_be_visible()
    mo.looks("stored")
    page.get_by_role("button", name="Back to the built-in text").click()
    expect(page.get_by_text("Mails say the built-in text.")).to_be_visible()
    mo.looks("back")
    assert not models.EditedText.objects.exists()
