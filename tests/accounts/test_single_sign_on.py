"""The charity's own accounts let in who was invited, by an address that the provider vouches for, and nobody else."""

from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from schools.accounts.actions import add_user
from schools.accounts.models import Role, User
from tests.accounts.oidc_provider import Provider, oidc_provider

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
BEGIN = "/accounts/oidc/charity/login/"
NOT_INVITED = "Nobody was invited here under this address"


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    """The charity's accounts, which vouch for addresses of example.org."""
    with oidc_provider() as made:
        settings.SOCIALACCOUNT_PROVIDERS = made.app()
        settings.SPEAKOUT_OIDC_NAME = "Microsoft"
        settings.SPEAKOUT_OIDC_DOMAINS = ["example.org"]
        made.claims = {"sub": "4711", "email": "asha@example.org", "name": "Asha R."}
        yield made


@pytest.fixture
def asha() -> User:
    return add_user("asha@example.org", "Asha Rahman", role=Role.VOLUNTEER, password="a-walk-along-the-beck")


def sent_back(client: Client, **form: str) -> str:
    """Begins to sign in and goes to the provider, as a browser does; where the provider sends the browser back to."""
    begun = client.post(BEGIN, form)
    assert begun.status_code == 302
    parts = urlsplit(begun.headers["Location"])
    connection = HTTPConnection(parts.netloc, timeout=30)
    connection.request("GET", f"{parts.path}?{parts.query}")
    back = urlsplit(connection.getresponse().headers["Location"])
    connection.close()
    return f"{back.path}?{back.query}"


def signs_in(client: Client, **form: str) -> Any:
    return client.get(sent_back(client, **form))


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def nothing_is_kept() -> bool:
    return not SocialAccount.objects.exists() and not SocialToken.objects.exists()


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("times", [1, 2])
def test_who_was_invited_signs_in_and_nothing_of_the_provider_is_kept(client: Client, asha: User, times: int) -> None:
    for _ in range(times):
        answer = signs_in(client)
        assert (answer.status_code, answer.headers["Location"]) == (302, reverse("home"))
        assert client.session["_auth_user_id"] == str(asha.pk)
        client.logout()
    assert nothing_is_kept()
    asha.refresh_from_db()
    assert asha.check_password("a-walk-along-the-beck"), "the other ways in stay"
    assert (asha.name, User.objects.count()) == ("Asha Rahman", 1)


def test_the_provider_is_asked_for_the_address_with_a_proof_and_a_state(client: Client, asha: User, provider: Provider) -> None:
    signs_in(client)
    (asked,) = provider.asked
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"].endswith("/accounts/oidc/charity/login/callback/")
    assert is_in(client)


@pytest.mark.parametrize("email", ["ASHA@Example.org", "asha@example.org"])
def test_capitals_of_the_address_do_not_matter(client: Client, asha: User, provider: Provider, email: str) -> None:
    provider.claims["email"] = email
    signs_in(client)
    assert client.session["_auth_user_id"] == str(asha.pk)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.COORDINATOR])
@pytest.mark.usefixtures("provider")
def test_the_role_is_that_of_the_invitation(client: Client, role: Role) -> None:
    user = add_user("asha@example.org", "Asha Rahman", role=role)
    assert signs_in(client).headers["Location"] == reverse("admin:index")
    user = User.objects.get(pk=user.pk)
    assert user.roles == {role.value}


@pytest.mark.parametrize(
    ("domains", "claims"),
    [
        (["example.org"], {"email": "nobody@example.org"}),
        # A guest of the tenant, whose address somebody typed.
        (["example.net"], {}),
        (["example.net"], {"email_verified": True}),
        (["example.org"], {"email_verified": False}),
        (["example.org"], {"email_verified": "false"}),
        # Without domains the provider has to say that it has verified the address.
        ([], {}),
        ([], {"email_verified": False}),
        ([], {"email_verified": "true"}),
        (["example.org"], {"email": "asha@example.org.evil.example"}),
    ],
)
def test_who_was_not_invited_or_is_not_vouched_for_gets_no_account_and_is_told_what_to_do(
    client: Client, asha: User, provider: Provider, settings: Settings, domains: list[str], claims: dict[str, Any]
) -> None:
    settings.SPEAKOUT_OIDC_DOMAINS = domains
    provider.claims |= claims
    answer = signs_in(client)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert NOT_INVITED in page
    assert "Ask your coordinator or manager to invite you" in page
    assert not is_in(client)
    assert User.objects.count() == 1
    assert nothing_is_kept()


def test_without_domains_an_address_that_the_provider_has_verified_is_enough(
    client: Client, asha: User, provider: Provider, settings: Settings
) -> None:
    settings.SPEAKOUT_OIDC_DOMAINS = []
    provider.claims["email_verified"] = True
    signs_in(client)
    assert client.session["_auth_user_id"] == str(asha.pk)


@pytest.mark.usefixtures("asha")
@pytest.mark.parametrize("email", [None, "", "asha@evil.example@example.org"])
def test_an_account_without_an_address_is_told_so(client: Client, provider: Provider, email: str | None) -> None:
    provider.claims["email"] = email
    assert "does not say which e-mail address you have" in signs_in(client).content.decode()
    assert not is_in(client)


@pytest.mark.usefixtures("provider")
def test_who_was_switched_off_stays_out(client: Client, asha: User) -> None:
    User.objects.filter(pk=asha.pk).update(is_active=False)
    signs_in(client)
    assert not is_in(client)


@pytest.mark.usefixtures("provider")
def test_staff_are_asked_for_their_second_factor_here_too(client: Client, settings: Settings) -> None:
    settings.SPEAKOUT_STAFF_SECOND_FACTOR = True
    user = add_user("asha@example.org", "Asha Rahman", role=Role.COORDINATOR)
    signs_in(client)
    assert client.get(reverse("admin:index")).headers["Location"] == reverse("mfa_activate_totp"), "who has none sets one up"
    client.logout()
    TOTP.activate(user, generate_totp_secret())
    assert signs_in(client).headers["Location"] == reverse("mfa_authenticate")
    assert not is_in(client)


@pytest.mark.usefixtures("provider", "asha")
def test_an_answer_counts_in_the_browser_that_asked_and_once(client: Client) -> None:
    back = sent_back(client)
    thief = Client()
    assert "That did not work" in thief.get(back).content.decode()
    assert not is_in(thief)
    client.get(back)
    assert is_in(client)
    client.logout()
    client.get(back)
    assert not is_in(client)


@pytest.mark.usefixtures("asha")
def test_a_token_for_another_program_is_refused(client: Client, provider: Provider) -> None:
    provider.audience = "another-program"
    assert "That did not work" in signs_in(client).content.decode()
    assert not is_in(client)


@pytest.mark.usefixtures("asha")
def test_who_stops_on_the_way_is_told_that_nothing_changed(client: Client, provider: Provider) -> None:
    provider.refuses = True
    answer = client.get(sent_back(client), follow=True)
    assert "Nothing has changed" in answer.content.decode()


def test_a_provider_that_does_not_answer_is_said_so(client: Client, settings: Settings) -> None:
    with oidc_provider() as gone:
        settings.SOCIALACCOUNT_PROVIDERS = gone.app()
    answer = client.post(BEGIN)
    assert (answer.status_code, "gave no answer that we can use" in answer.content.decode()) == (503, True)


@pytest.mark.usefixtures("provider", "asha")
@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example/"])
def test_nobody_is_led_away_afterwards(client: Client, wanted: str) -> None:
    assert signs_in(client, next=wanted).headers["Location"] == reverse("home")
    client.logout()
    assert signs_in(client, next="/me/").headers["Location"] == "/me/"


@pytest.mark.usefixtures("provider")
def test_no_account_of_the_provider_is_joined_to_somebody_who_is_signed_in(client: Client, asha: User) -> None:
    ben = add_user("ben@example.org", "Ben", role=Role.VOLUNTEER)
    client.force_login(ben)
    begun = client.post(f"{BEGIN}?process=connect")
    assert begun.status_code == 302
    assert client.get("/accounts/3rdparty/").status_code == 404
    client.get(sent_back(client, process="connect"))
    assert nothing_is_kept()
    assert client.session["_auth_user_id"] == str(ben.pk), "who was signed in is still"


def test_the_button_is_on_the_sign_in_page_where_it_is_set_up_alone(client: Client, settings: Settings) -> None:
    address = f"{reverse('account_login')}?next=/me/"
    without = client.get(address).content.decode()
    assert "Sign in with" not in without
    for answer in (client.post(BEGIN), client.get(BEGIN), client.get(f"{BEGIN}callback/")):
        assert answer.status_code == 404
    settings.SPEAKOUT_OIDC_NAME = "Microsoft"
    page = client.get(address).content.decode()
    assert "Sign in with Microsoft" in page
    assert f'action="{BEGIN}"' in page
    assert page.count('name="next" value="/me/"') == without.count('name="next" value="/me/"') + 1
