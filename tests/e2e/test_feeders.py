"""Likely feeders answered with single keys in a browser, and the answer taken back."""

import pytest
from playwright.sync_api import expect

from schools import models
from tests import factories
from tests.e2e.charity import may_sign_in
from tests.e2e.conftest import Opener

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.mark.usefixtures("transactional_db")
def test_each_pair_is_answered_with_one_key_and_the_last_answer_is_taken_back(visitor: Opener) -> None:
    manager = factories.manager(name="Mo Manager", email="manager@example.org")
    may_sign_in(manager)
    authority = factories.AreaAuthorityFactory(area=factories.AreaFactory(name="Cumbria")).authority
    for name in ("Ash", "Elm", "Oak"):
        factories.SchoolFactory(authority=authority, name=f"{name} Infant School", low_age=4, high_age=7)
        factories.SchoolFactory(authority=authority, name=f"{name} Junior School", low_age=7, high_age=11)
    office = visitor("feeders")
    office.signs_in("manager@example.org")
    office.goes_to("/admin/reach/feeders/")
    page = office.page
    office.looks_at_each_width("feeders")

    # A key outside the lines does nothing.
    page.locator("body").press("y")
    assert not models.SchoolLink.objects.exists()
    page.get_by_role("button", name="Yes, Ash Infant School feeds Ash Junior School").focus()
    page.keyboard.press("y")
    expect(page.get_by_text("Ash Infant School feeds Ash Junior School.")).to_be_visible()
    assert models.SchoolLink.objects.get().successor.name == "Ash Junior School"
    # The focus is in the first line again, so that the next key answers it.
    expect(page.get_by_role("button", name="Yes, Elm Infant School feeds Elm Junior School")).to_be_focused()
    page.wait_for_load_state()
    page.keyboard.press("n")
    expect(page.get_by_text("Elm Infant School does not feed Elm Junior School.")).to_be_visible()
    expect(page.get_by_role("button", name="Yes, Oak Infant School feeds Oak Junior School")).to_be_focused()
    page.wait_for_load_state()
    page.keyboard.press("u")
    expect(page.get_by_text("are proposed again")).to_be_visible()
    assert not models.Confirmed.objects.exists()
    expect(page.get_by_role("button", name="Yes, Elm Infant School feeds Elm Junior School")).to_be_visible()
