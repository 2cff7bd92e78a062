"""Whoever read the mail of somebody who is let in with another address has no passkey that still lets them in."""

import pytest
from allauth.mfa.models import Authenticator

from schools import models
from schools.accounts.actions import add_user
from schools.accounts.models import Role
from schools.recovery.actions import agree, confirm_new_address, settle_due
from schools.recovery.rules import Wish
from tests.factories import VolunteerFactory
from tests.recovery import people
from tests.recovery.people import NOW, WAIT, asked, mails

pytestmark = pytest.mark.django_db

NEW = "asha.new@example.org"


def let_in(role: Role, kinds: str, why: str) -> models.User:
    """Somebody in the role, with these factors, who was let in with another address."""
    asha, bea, mo = add_user("asha@example.org", "Asha Rahman", role=role), people.bea(), people.mo()
    VolunteerFactory(user=asha, phone="+447400123457")
    for kind in kinds.split():
        Authenticator.objects.create(user=asha, type=kind, data={})
    recovery = asked(asha, bea, Wish("address", why, "call", "in_person", NEW))
    confirm_new_address(recovery, now=NOW)
    agree(recovery, by=mo, now=NOW)
    settle_due(now=NOW + WAIT)
    return asha


@pytest.mark.parametrize(
    ("kinds", "why", "left", "words"),
    [
        ("webauthn", "address-ended", "", "No passkey"),
        ("webauthn recovery_codes", "mistyped", "", "No passkey"),
        ("webauthn totp recovery_codes", "address-ended", "recovery_codes totp", "No passkey"),
        ("webauthn totp recovery_codes", "address-taken", "", "No passkey, authenticator app or recovery code"),
    ],
)
def test_no_passkey_from_before_lets_in_whoever_read_a_volunteers_old_mail(kinds: str, why: str, left: str, words: str) -> None:
    asha = let_in(Role.VOLUNTEER, kinds, why)
    assert sorted(Authenticator.objects.filter(user=asha).values_list("type", flat=True)) == left.split()
    assert f"{words} from before counts any more" in mails(NEW)[1].body


def test_somebody_of_the_office_keeps_the_passkey_which_is_their_second_factor() -> None:
    ravi = let_in(Role.COORDINATOR, "webauthn recovery_codes", "address-taken")
    assert Authenticator.objects.filter(user=ravi).count() == 2
    assert all("passkey" not in mail.body for mail in mails(NEW))
