"""The pages on which somebody who is locked out is let in again, and those of the trustees."""

from typing import Any

import pytest
import time_machine
from django.test import Client

from schools import models
from schools.accounts.models import Role
from schools.recovery.models import Outcome, Recovery
from tests import factories
from tests.recovery import people
from tests.recovery.people import NOW, PHONE, asked

pytestmark = pytest.mark.django_db

TYPED = {"do": "ask", "lost": PHONE.lost, "why": PHONE.why, "first": PHONE.first, "second": PHONE.second}


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def office_of(user: models.User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_a_manager_asks_and_another_finds_it_on_home_and_agrees() -> None:
    ravi, bea, mo = people.coordinator(), people.bea(), people.mo()
    first, second = office_of(bea), office_of(mo)
    address = f"/admin/locked-out/person/{ravi.pk}/"
    assert address in page_of(first.get("/admin/locked-out/?q=low"))
    assert "ravi@example.org" in page_of(first.get(address))
    page = page_of(first.post(address, TYPED, follow=True))
    assert "You asked for it" in page
    assert "Agree: it is them" not in page
    request = f"/admin/locked-out/request/{Recovery.objects.get().pk}/"
    assert "person is locked out and about to be let in" in page_of(second.get("/admin/"))
    assert "Agree: it is them" in page_of(second.get(request))
    page = page_of(second.post(request, {"do": "agree"}, follow=True))
    assert "until Thu 26 November 2026 at 9:00 am" in page
    assert "Mo Tarn" in page
    page = page_of(first.post(request, {"do": "stop"}, follow=True))
    assert Recovery.objects.get().outcome == Outcome.STOPPED
    assert "Was stopped" in page
    assert "It has ended already" in page_of(first.post(request, {"do": "stop"}, follow=True))


@pytest.mark.parametrize("way", ["another role", "may sign in again"])
def test_whom_a_manager_makes_a_manager_agrees_to_nothing_yet(way: str) -> None:
    ravi, bea = people.coordinator(), people.bea()
    people.trustee(bea)
    recovery = asked(ravi, bea)
    role = Role.COORDINATOR if way == "another role" else Role.MANAGER
    two = people.with_factor(factories.user_with(role, name="Bea Two", is_active=way == "another role"))
    first, page = office_of(bea), f"/admin/schools/user/{two.pk}/change/"
    seen = first.get(page).context["adminform"].form.seen
    typed = {"name": "Bea Two", "phone": "", "role": Role.MANAGER.value, "is_active": "on", "seen": seen}
    assert first.post(page, typed).status_code == 302
    two.refresh_from_db()
    shown = page_of(office_of(two).get(f"/admin/locked-out/request/{recovery.pk}/"))
    assert "has been one for two weeks" in shown
    assert "Agree: it is them" not in shown


def test_who_is_signed_in_in_the_office_sees_on_home_that_somebody_lets_them_in() -> None:
    people.mo()
    ravi = people.coordinator()
    client = office_of(ravi)
    assert "/me/way-back/" not in page_of(client.get("/admin/"))
    asked(ravi, people.bea())
    page = page_of(client.get("/admin/"))
    assert "says that you are locked out" in page
    assert "/me/way-back/" in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lost": ""}, "Choose what they lost."),
        ({"second": "call"}, "Choose two different steps"),
        ({"new_email": "nowhere"}, "Write it like name@example.org."),
        ({"lost": "both", "new_email": "Mo@Example.org"}, "Somebody else signs in as mo@example.org"),
    ],
)
def test_what_was_typed_wrong_is_said_and_nothing_else_is_lost(change: dict[str, str], words: str) -> None:
    ravi, bea = people.coordinator(), people.bea()
    people.mo()
    page = page_of(office_of(bea).post(f"/admin/locked-out/person/{ravi.pk}/", TYPED | change))
    assert words in page
    assert f'value="{PHONE.why}" selected' in page
    assert not Recovery.objects.exists()


def test_the_page_says_that_mail_comes_back_and_who_asked_already() -> None:
    ravi, bea = people.coordinator(), people.bea()
    people.mo()
    models.SuppressedAddress.objects.create(address=ravi.email, reason="bounce", since=NOW)
    client, address = office_of(bea), f"/admin/locked-out/person/{ravi.pk}/"
    assert "Mail to it comes back." in page_of(client.get(address))
    recovery = asked(ravi, bea, people.address())
    assert f"/admin/locked-out/request/{recovery.pk}/" in page_of(client.get(address))
    assert "cannot stop it by mail" in page_of(client.get(f"/admin/locked-out/request/{recovery.pk}/"))


def test_a_trustee_is_named_and_ended_on_their_page() -> None:
    client = office_of(people.bea())
    assert "There is no trustee yet" in page_of(client.get("/admin/trustees/"))
    assert "Give their name." in page_of(client.post("/admin/trustees/", {"do": "name", "email": "tess@example.com"}))
    typed = {"do": "name", "name": "Tess Hill", "email": "tess@example.com"}
    assert "has not said yes yet" in page_of(client.post("/admin/trustees/", typed, follow=True))
    assert "There is a trustee with tess@example.com already." in page_of(client.post("/admin/trustees/", typed))
    tess = models.Trustee.objects.get()
    client.post("/admin/trustees/", {"do": "end", "trustee": tess.pk})
    tess.refresh_from_db()
    assert tess.ended_at == NOW
    assert client.post("/admin/trustees/", {"do": "end", "trustee": "x"}).status_code == 404


@pytest.mark.parametrize("how_many", [1, 6])
def test_the_pages_ask_the_same_number_of_questions_at_two_sizes(how_many: int, django_assert_num_queries: Any) -> None:
    bea, mo = people.bea(), people.mo()
    client = office_of(bea)
    for _ in range(how_many):
        asked(people.with_factor(factories.UserFactory(name="Lou Person")), bea)
        models.Trustee.objects.create(
            name="Tess", email=f"t{models.Trustee.objects.count()}@example.com", named_by=mo, named_at=NOW
        )
    for address in ("/admin/locked-out/?q=lou", "/admin/trustees/"):
        client.get(address)
    with django_assert_num_queries(7):
        client.get("/admin/locked-out/?q=lou")
    with django_assert_num_queries(4):
        client.get("/admin/trustees/")
