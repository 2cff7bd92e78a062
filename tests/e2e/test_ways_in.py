"""In a browser: the charity's own accounts lead in through the content security policy; after signing out, Back shows nothing."""

import pytest
from pytest_django.fixtures import Settings

from schools.accounts.models import Role, User
from tests.accounts.oidc_provider import oidc_provider
from tests.e2e.conftest import PHONE, Opener

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.mark.usefixtures("charity")
def test_the_charitys_own_accounts_lead_in_and_a_stranger_reads_what_to_do(visitor: Opener, settings: Settings) -> None:
    with oidc_provider() as provider:
        settings.SOCIALACCOUNT_PROVIDERS = provider.app()
        settings.SPEAKOUT_OIDC_NAME, settings.SPEAKOUT_OIDC_DOMAINS = "Microsoft", ["example.org"]
        settings.SECURE_CSP = settings.SECURE_CSP | {"form-action": [*settings.SECURE_CSP["form-action"], provider.address]}
        provider.claims = {"sub": "1", "email": "coordinator@example.org"}
        ravi = visitor("ravi")
        ravi.goes_to("/accounts/login/?next=/admin/calendar/")
        ravi.looks_at_each_width("sign-in")
        ravi.page.get_by_role("button", name="Sign in with Microsoft").click()
        ravi.page.wait_for_url("**/admin/calendar/")
        provider.claims = {"sub": "2", "email": "nobody@example.org"}
        stranger = visitor("stranger", size=PHONE)
        stranger.may_fail = {403}
        stranger.goes_to("/accounts/oidc/charity/login/")
        stranger.looks_at_each_width("sign-in-with")
        stranger.page.get_by_role("button", name="Sign in with Microsoft").click()
        stranger.page.get_by_text("Nobody was invited here under this address").wait_for()
        stranger.looks_at_each_width("not-invited")


@pytest.mark.usefixtures("charity")
def test_after_signing_out_back_shows_nobody(visitor: Opener) -> None:
    user = User.objects.filter(groups__name=Role.VOLUNTEER).earliest("pk")
    someone = visitor("someone", size=PHONE)
    someone.signs_in(user.email)
    someone.goes_to("/me/")
    assert user.email in someone.page.content()
    someone.goes_to("/accounts/logout/")
    someone.page.get_by_role("button", name="Sign out").click()
    someone.page.wait_for_url("**/accounts/login/")
    for _ in range(2):
        someone.page.go_back()
        assert user.email not in someone.page.content()
