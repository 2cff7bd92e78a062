"""The first manager is made by one command, which mails a link and asks for no password."""

from datetime import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from pytest_django.fixtures import Settings

from schools.accounts.actions import change_role
from schools.accounts.models import Role
from schools.models import OutboxMessage, User
from tests.factories import coordinator_of, manager

pytestmark = pytest.mark.django_db


def make(email: str = "Asha@Example.org", name: str = "Asha Rahman") -> str:
    printed = StringIO()
    call_command("first_manager", email, name, stdout=printed)
    return printed.getvalue()


def test_they_are_mailed_the_page_where_they_sign_in(settings: Settings) -> None:
    settings.SPEAKOUT_ADDRESS = "https://speakout.example.org"
    assert make() == "Asha Rahman is the first manager. A mail to asha@example.org says how to sign in.\n"
    user = User.objects.get()
    assert (user.email, user.is_manager, user.is_staff, user.has_usable_password()) == ("asha@example.org", True, True, False)
    mail = OutboxMessage.objects.get()
    assert mail.to == "asha@example.org"
    assert f"https://speakout.example.org{reverse('account_request_login_code')}" in mail.body
    assert "you are its first manager" in mail.body


def test_where_the_mail_was_lost_the_same_command_writes_it_again() -> None:
    make()
    make()
    assert User.objects.count() == 1
    assert OutboxMessage.objects.count() == 2


def test_beside_another_manager_it_makes_nobody() -> None:
    manager()
    with pytest.raises(CommandError, match="There is a manager already") as refusal:
        make()
    assert refusal.value.returncode == 2
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("email", ["asha", "", "asha@@example.org"])
def test_an_address_that_cannot_be_one_is_refused(email: str) -> None:
    with pytest.raises(CommandError, match="valid email"):
        make(email)
    assert not User.objects.exists()


def test_beside_a_manager_nobody_who_is_none_becomes_one_by_it() -> None:
    manager()
    user = coordinator_of()
    with pytest.raises(CommandError, match="There is a manager already"):
        make(user.email)
    assert not User.objects.get(pk=user.pk).is_manager


@pytest.mark.parametrize("way", ["switched off", "another role"])
def test_where_nobody_is_a_manager_any_more_who_was_one_is_given_the_role_back_as_a_new_manager(now: datetime, way: str) -> None:
    user = manager(name="Bea Fell", email="bea@example.org")
    if way == "another role":
        change_role(user, Role.VOLUNTEER, now=now)
    else:
        User.objects.update(is_active=False)
    assert (
        make("Bea@example.org", "Somebody") == "Bea Fell is the first manager. A mail to bea@example.org says how to sign in.\n"
    )
    user = User.objects.get()
    assert (user.is_manager, user.is_staff, user.is_active) == (True, True, True)
    assert user.manager_since is not None
    assert OutboxMessage.objects.get().to == "bea@example.org"
