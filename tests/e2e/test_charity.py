"""The first manager confirms an address once, gives the charity its name, and everybody reads it."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail

from schools.models import User
from tests.e2e.charity import PASSWORD, Charity
from tests.e2e.conftest import PHONE, Opener

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.mark.exhaustive
@pytest.mark.usefixtures("charity")
def test_from_the_first_sign_in_to_a_charity_with_a_name(visitor: Opener) -> None:
    User.objects.create_superuser("mona@example.org", PASSWORD, name="Mona Pryce")
    mona = visitor("mona")
    mona.goes_to("/accounts/login/")
    mona.page.get_by_label("E-mail address").fill("mona@example.org")
    mona.page.get_by_label("Password").fill(PASSWORD)
    mona.page.get_by_role("button", name="Sign in", exact=True).click()
    mona.page.wait_for_url("**/accounts/confirm-email/")
    mona.looks("to-confirm")
    match = re.search(r"/accounts/confirm-email/\S+/", str(mail.outbox[-1].body))
    assert match
    mona.goes_to(match[0])
    mona.looks("confirm")
    mona.page.get_by_role("button", name="Confirm").click()
    mona.page.wait_for_url("**/admin/")
    mona.looks("home-without-a-name")
    mona.goes_to("/admin/charity/")
    mona.looks("blank")
    mona.goes_to("/admin/")
    mona.page.get_by_role("link", name="Name the charity").click()
    mona.page.get_by_label("Name", exact=True).fill("Kind Words")
    mona.page.get_by_label("Answers go to").fill("office@kind.example.org")
    mona.looks("form")
    mona.page.get_by_role("button", name="Save", exact=True).click()
    mona.page.wait_for_url("**/admin/charity/")
    mona.looks("filled-in")
    mona.goes_to("/admin/charity/texts/privacy/")
    mona.looks("draft")
    mona.page.get_by_label("The text").fill("We keep little. Ask {contact}.")
    mona.page.get_by_role("button", name="Keep it as a draft").click()
    mona.page.get_by_label("I have read the whole text").check()
    mona.looks("text")
    mona.page.get_by_role("button", name="Publish it").click()
    mona.page.get_by_text("It is published").wait_for()
    stranger = visitor("stranger", size=PHONE)
    stranger.goes_to("/accounts/login/")
    assert stranger.page.get_by_role("link", name="Kind Words").count() == 1
    stranger.page.get_by_role("link", name="Privacy").click()
    stranger.page.get_by_text("We keep little.").wait_for()
    stranger.looks("notice")


@pytest.mark.exhaustive
def test_the_charitys_pages_are_sound_at_every_width(charity: Charity, visitor: Opener) -> None:
    manager = User.objects.create_superuser("mona@example.org", PASSWORD, name="Mona Pryce")
    EmailAddress.objects.create(user=manager, email=manager.email, verified=True, primary=True)
    mona = visitor("mona")
    mona.signs_in("mona@example.org")
    for what, path in (
        ("page", "charity/"),
        ("text", "charity/texts/privacy/"),
        ("form", "schools/charity/1/change/"),
        ("history", "schools/charity/1/history/"),
    ):
        mona.goes_to(f"/admin/{path}")
        mona.looks_at_each_width(what)
