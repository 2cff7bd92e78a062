"""Signing in: by e-mail and password alone, nobody signs up, and nobody learns who has an account."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from schools.accounts.actions import add_user
from schools.accounts.models import Role, User
from schools.messages.models import OutboxMessage

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-password"


@pytest.fixture
def asha() -> User:
    return add_user("asha@example.org", "Asha Rahman", role=Role.VOLUNTEER, password=PASSWORD)


def mailed_to() -> list[str]:
    return list(OutboxMessage.objects.order_by("pk").values_list("to", flat=True))


def same_for_everyone(page: bytes, *addresses: str) -> str:
    """The page without what differs from request to request: tokens, nonces, the address just typed."""
    text = re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]*"', "", page.decode())
    for address in addresses:
        text = text.replace(address, "")
    return text


@pytest.mark.parametrize("typed", ["asha@example.org", "Asha@Example.ORG"])
def test_a_person_signs_in_with_address_and_password(client: Client, asha: User, typed: str) -> None:
    answer = client.post(reverse("account_login"), {"login": typed, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, reverse("home"))
    assert client.session["_auth_user_id"] == str(asha.pk)
    assert mailed_to() == []


@pytest.mark.parametrize("role", [Role.MANAGER, Role.COORDINATOR, Role.ANALYST])
def test_staff_begin_in_the_office_unless_they_asked_for_a_page(client: Client, role: Role) -> None:
    add_user("lea@example.org", "Lea", role=role, password=PASSWORD)
    form = {"login": "lea@example.org", "password": PASSWORD}
    assert client.post(reverse("account_login"), form)["Location"] == reverse("admin:index")
    client.logout()
    assert client.post(f"{reverse('account_login')}?next=/me/", form)["Location"] == "/me/"


@pytest.mark.usefixtures("asha")
def test_a_wrong_password_and_an_unknown_address_read_the_same(client: Client) -> None:
    pages = [
        client.post(reverse("account_login"), {"login": address, "password": "not-the-password"})
        for address in ("asha@example.org", "nobody@example.org")
    ]
    assert [page.status_code for page in pages] == [200, 200]
    known, unknown = (same_for_everyone(page.content, "asha@example.org", "nobody@example.org") for page in pages)
    assert known == unknown
    assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("asha")
def test_asking_for_a_new_password_reads_the_same_for_known_and_unknown_addresses(client: Client) -> None:
    pages = [
        client.post(reverse("account_reset_password"), {"email": address}, follow=True)
        for address in ("asha@example.org", "nobody@example.org")
    ]
    known, unknown = (same_for_everyone(page.content, "asha@example.org", "nobody@example.org") for page in pages)
    assert pages[0].redirect_chain == pages[1].redirect_chain == [(reverse("account_reset_password_done"), 302)]
    assert known == unknown
    assert mailed_to() == ["asha@example.org", "nobody@example.org"]


@pytest.mark.usefixtures("asha")
def test_somebody_who_guesses_passwords_is_stopped_and_a_right_one_is_no_use_then(client: Client) -> None:
    for _ in range(5):
        client.post(reverse("account_login"), {"login": "asha@example.org", "password": "a-guess"})
    answer = client.post(reverse("account_login"), {"login": "asha@example.org", "password": PASSWORD})
    assert "Too many failed login attempts" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_somebody_who_may_not_sign_in_any_more_stays_out(client: Client, asha: User) -> None:
    asha.is_active = False
    asha.save()
    client.post(reverse("account_login"), {"login": asha.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_nobody_signs_up_by_themselves(client: Client) -> None:
    form = {"email": "new@example.org", "password1": PASSWORD}
    for answer in (client.get(reverse("account_signup")), client.post(reverse("account_signup"), form)):
        assert "account/signup_closed.html" in [template.name for template in answer.templates]
        assert "Nobody signs up by themselves here. Ask your coordinator or manager to invite you" in " ".join(
            answer.content.decode().split()
        )
    assert not User.objects.exists()


def test_an_address_that_nobody_vouched_for_must_be_confirmed_first(client: Client) -> None:
    User.objects.create_user("new@example.org", PASSWORD, name="New")
    answer = client.post(reverse("account_login"), {"login": "new@example.org", "password": PASSWORD})
    assert answer["Location"] == reverse("account_email_verification_sent")
    assert "_auth_user_id" not in client.session
    assert mailed_to() == ["new@example.org"]
