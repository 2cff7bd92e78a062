"""Coming in by an invitation, the agreement before the first page, changing the address; strangers learn nothing."""

import re
from typing import Any

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from schools.accounts.models import Role
from schools.directory.models import Area
from schools.messages.models import OutboxMessage
from schools.volunteers.actions import invite, publish_agreement
from schools.volunteers.models import Accepted, Invitation, Volunteer
from tests.factories import AreaFactory, VolunteerFactory, able_volunteer, manager, user_with
from tests.portal.pages import BEFORE, client_of, morning_at, school_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _before() -> Any:
    with time_machine.travel(BEFORE):
        yield


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    return made


def link_mailed() -> str:
    found = re.search(r"http://[^/]+(/\S+)", OutboxMessage.objects.latest("pk").body)
    assert found
    return found[1]


def test_looking_at_an_invitation_uses_nothing_up_and_the_button_lets_in(client: Client) -> None:
    asha = VolunteerFactory(name="Asha Rahman")
    invite(asha, by=manager(), now=BEFORE, email="asha@example.org")
    for _ in range(2):
        assert "Welcome, Asha" in text_of(client.get(link_mailed()))
    assert Invitation.objects.get().used_at is None
    assert client.post(link_mailed())["Location"] == reverse("home")
    assert "Hello Asha" in text_of(client.get("/"))
    for answer in (Client().get(link_mailed()), Client().post(link_mailed())):
        assert "This link lets nobody in any more" in text_of(answer)


@pytest.mark.parametrize("state", ["", "offered", "accepted"])
def test_an_invitation_leads_to_what_is_open_where_nothing_is_theirs_yet(client: Client, area: Area, state: str) -> None:
    asha = able_volunteer(area)
    if state:
        morning_at(school_in(area), asha, state=state)
    morning_at(school_in(area), able_volunteer(area))
    invite(asha, by=manager(), now=BEFORE, email="asha@example.org")
    assert client.post(link_mailed())["Location"] == reverse("home" if state else "open-list")


def test_an_invitation_does_not_lead_staff_past_their_second_factor(client: Client, settings: Settings) -> None:
    settings.SPEAKOUT_STAFF_SECOND_FACTOR = True
    lea = user_with(Role.COORDINATOR)
    TOTP.activate(lea, generate_totp_secret())
    invite(VolunteerFactory(user=lea), by=manager(), now=BEFORE)
    assert client.post(link_mailed())["Location"] == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session


def test_a_link_that_never_was_and_one_that_was_used_read_the_same(client: Client) -> None:
    assert "This link lets nobody in any more" in text_of(client.get(reverse("invitation", args=["guess"])))
    assert "This link is over" in text_of(client.get(reverse("address-change", args=["guess"])))


def test_the_agreement_is_asked_before_the_first_page_but_never_before_a_morning(area: Area) -> None:
    asha = able_volunteer(area, signs_in=True)
    session = morning_at(school_in(area), asha)[0]
    publish_agreement("I keep what I hear to myself.\n\nI come on time.", from_day=BEFORE.date())
    client = client_of(asha)
    for name in ("home", "open-list", "calendar"):
        answer = client.get(reverse(name))
        assert answer["Location"].startswith(reverse("agreement")), name
    assert client.get(reverse("morning", args=[session.visit_id, session.day])).status_code == 200
    page = client.get(reverse("open-list"), follow=True)
    assert "I come on time." in text_of(page)
    answer = client.post(reverse("agreement"), {"version": "1", "next": reverse("open-list")})
    assert answer["Location"] == reverse("open-list")
    assert Accepted.objects.get().volunteer == asha
    assert client.get(reverse("home")).status_code == 200
    publish_agreement("I keep what I hear to myself. I also bring the cards back.", from_day=BEFORE.date())
    assert client.get(reverse("home")).status_code == 302


def test_an_agreement_that_lets_schools_read_names_says_so_above_the_button(area: Area) -> None:
    asha = able_volunteer(area, signs_in=True)
    publish_agreement("I come on time.", from_day=BEFORE.date())
    sentence = "a school where you go reads your full name in a letter"
    assert sentence not in text_of(client_of(asha).get(reverse("agreement")))
    publish_agreement("I come on time.", from_day=BEFORE.date(), names_to_schools=True)
    page = text_of(client_of(asha).get(reverse("agreement")))
    assert page.index(sentence) < page.index("I agree")


@pytest.mark.parametrize(
    ("wanted", "leads_to"), [("https://elsewhere.example/", "/"), ("//elsewhere.example", "/"), ("/open/", "/open/")]
)
def test_after_agreeing_one_goes_on_to_pages_of_ours_alone(area: Area, wanted: str, leads_to: str) -> None:
    asha = able_volunteer(area, signs_in=True)
    publish_agreement("I keep what I hear to myself.", from_day=BEFORE.date())
    assert client_of(asha).post(reverse("agreement"), {"version": "1", "next": wanted})["Location"] == leads_to


def test_somebody_who_read_another_version_is_not_taken_at_their_word(area: Area) -> None:
    asha = able_volunteer(area, signs_in=True)
    publish_agreement("One.", from_day=BEFORE.date())
    publish_agreement("Two.", from_day=BEFORE.date())
    assert client_of(asha).post(reverse("agreement"), {"version": "1"}).status_code == 404
    assert not Accepted.objects.exists()


def test_an_address_is_changed_from_both_ends_by_links(area: Area, client: Client) -> None:
    asha: Volunteer = able_volunteer(area, signs_in=True)
    assert asha.user
    old = asha.user.email
    page = client_of(asha).post(reverse("change-address"), {"new_email": "new@example.org"})
    assert "Open both and say yes within three days" in text_of(page)
    links = {
        message.to: found[1]
        for message in OutboxMessage.objects.all()
        if (found := re.search(r"http://[^/]+(/\S+)", message.body))
    }
    assert links.keys() == {old, "new@example.org"}
    assert "Say yes if that is you" in text_of(client.get(links["new@example.org"]))
    assert "has to say yes too" in text_of(client.post(links["new@example.org"]))
    assert "Both addresses have said yes" in text_of(client.post(links[old]))
    asha.user.refresh_from_db()
    assert asha.user.email == "new@example.org"
