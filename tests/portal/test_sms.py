"""Saying yes to SMS under Me, and taking it back."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from schools.accounts.models import Role
from schools.messages import kinds
from schools.messages.actions import deliver_due
from schools.messages.asking import write_due
from schools.messages.models import SuppressedAddress
from schools.models import User, Volunteer
from tests.factories import AreaFactory, UserFactory, able_volunteer, coordinator_of, user_with
from tests.messages.texted import ASHA, NOW, Texted
from tests.portal.pages import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def stub(settings: Settings) -> None:
    settings.SPEAKOUT_SMS = "stub"


@pytest.fixture
def asha() -> User:
    volunteer: Volunteer = able_volunteer(AreaFactory(), signs_in=True, name="Asha Rao", phone="+447700900123")
    assert volunteer.user
    return volunteer.user


def stored(user: User) -> tuple[str, bool]:
    user.refresh_from_db()
    return str(user.sms_number.as_e164) if user.sms_number else "", user.sms_since is not None


def test_a_volunteer_says_yes_at_a_number_and_takes_it_back(client: Client, asha: User) -> None:
    client.force_login(asha)
    assert "News by SMS" in text_of(client.get(reverse("me")))
    assert stored(asha) == ("", False), "a look is no yes"
    assert client.post(reverse("sms"), {"number": "07400 123456"}).status_code == 302
    assert stored(asha) == (ASHA, True)
    assert "07400 123456" in text_of(client.get(reverse("me")))
    assert client.post(reverse("sms"), {"number": ""}).status_code == 302
    assert stored(asha) == ("", False)


@pytest.mark.parametrize("number", ["1", "0113 496 0100", "my phone"])
def test_what_is_no_mobile_phone_is_refused_with_a_sentence(client: Client, asha: User, number: str) -> None:
    client.force_login(asha)
    assert "Give the whole number of a mobile phone" in text_of(client.post(reverse("sms"), {"number": number}))
    assert stored(asha) == ("", False)


@pytest.mark.parametrize(("who", "status"), [("coordinator", 200), ("analyst", 404), ("nobody", 404)])
def test_it_is_for_who_gets_any(client: Client, who: str, status: int) -> None:
    people: dict[str, User] = {
        "coordinator": coordinator_of(AreaFactory()),
        "analyst": user_with(Role.ANALYST),
        "nobody": UserFactory(),
    }
    client.force_login(people[who])
    assert client.get(reverse("sms")).status_code == status
    assert ("News by SMS" in text_of(client.get(reverse("me")))) is (status == 200)


def test_without_anybody_who_takes_sms_there_is_no_such_page(client: Client, asha: User, settings: Settings) -> None:
    settings.SPEAKOUT_SMS = "none"
    client.force_login(asha)
    assert client.get(reverse("sms")).status_code == 404
    assert "News by SMS" not in text_of(client.get(reverse("me")))


def test_a_number_to_which_nothing_goes_is_shown_and_a_new_yes_lifts_that(client: Client, asha: User) -> None:
    client.force_login(asha)
    client.post(reverse("sms"), {"number": ASHA})
    SuppressedAddress.objects.create(address=ASHA, reason="number", since=NOW)
    assert "they do not arrive at your number" in text_of(client.get(reverse("me")))
    client.post(reverse("sms"), {"number": ASHA})
    assert "they do not arrive" not in text_of(client.get(reverse("me")))


def test_what_is_held_on_them_has_the_yes_and_the_sms(client: Client, asha: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client.force_login(asha)
    client.post(reverse("sms"), {"number": ASHA})
    monkeypatch.setattr(kinds, "_kinds", Texted(addresses=[asha.email]).kinds())
    write_due(clock=lambda: NOW)
    deliver_due(clock=lambda: NOW)
    assert len(mail.outbox) == 1
    held = client.get(reverse("my-data-json")).json()
    assert held["sign-in"][0]["sms_since"]
    assert [row["channel"] for row in held["messages to you"]] == ["By mail", "By SMS"]
