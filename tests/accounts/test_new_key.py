"""A new secret key signs nobody out while the old one is among the fallbacks, and everybody once it is gone."""

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from schools.accounts.actions import add_user
from schools.accounts.devices import COOKIE, SALT
from schools.accounts.models import Role

pytestmark = pytest.mark.django_db


def test_a_new_key_signs_nobody_out_as_long_as_the_old_one_is_kept(client: Client, settings: Settings) -> None:
    old = settings.SECRET_KEY
    asha = add_user("asha@example.org", "Asha Rahman", role=Role.VOLUNTEER)
    client.force_login(asha)
    client.get(reverse("me"))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "the-key-of-today", [old]
    assert client.get(reverse("me")).status_code == 200
    assert signing.loads(client.cookies[COOKIE].value, salt=SALT)[1] == [asha.pk]
    fresh = Client()
    fresh.force_login(asha)
    settings.SECRET_KEY_FALLBACKS = []
    assert fresh.get(reverse("me")).status_code == 200, "what was signed since is signed with the new key"
    with pytest.raises(signing.BadSignature):
        signing.loads(client.cookies[COOKIE].value, salt=SALT)
    stale = Client()
    settings.SECRET_KEY = old
    stale.force_login(asha)
    settings.SECRET_KEY = "the-key-of-today"
    assert stale.get(reverse("me")).status_code == 302
