"""How often one can ask: bounded by network, address and school, for all together, and a look costs nothing of it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from schools import models
from schools.school_portal import asking
from schools.school_portal.views import asking as asking_views
from schools.school_portal.views import visits as views
from tests.school_portal.asking import NOW, a_school, asks, open_the_door, typed

pytestmark = pytest.mark.django_db

OF_NETWORK, OF_EVERYBODY, OF_SCHOOL, MOST_WRONG = 3, 6, 4, 3
OF_ADDRESS = 5
"""Less than in life, so that it is quick."""


@pytest.fixture(autouse=True)
def _behind_a_proxy(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    cache.clear()
    for name in ("OF_NETWORK", "OF_EVERYBODY", "OF_SCHOOL"):
        monkeypatch.setattr(asking, name, globals()[name])
    for module in (asking_views, views):
        monkeypatch.setattr(module, "MOST_WRONG", MOST_WRONG)
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    open_the_door()
    with time_machine.travel(NOW, tick=False):
        yield
    cache.clear()


@pytest.fixture
def _a_wide_door(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many asks as a network, and all together, may send in life; few to an address."""
    for name, most in (("OF_NETWORK", 20), ("OF_EVERYBODY", 60), ("OF_ADDRESS", OF_ADDRESS)):
        monkeypatch.setattr(asking, name, most)


def ask_from(network: str, school: models.School, email: str = "pat@fern.example.org", **more: str) -> int:
    path = reverse("ask-school", args=[school.pk])
    client = Client(headers={"x-forwarded-for": network})
    status: int = client.post(path, typed(email=email, **more)).status_code
    return status


def test_one_network_is_stopped_and_another_behind_the_same_proxy_is_not() -> None:
    school = a_school()
    assert [ask_from("192.0.2.1", school) for _ in range(OF_NETWORK + 1)] == [302] * OF_NETWORK + [429]
    assert ask_from("198.51.100.7, 192.0.2.1", school) == 429  # what the sender typed before it counts for nothing
    assert ask_from("192.0.2.1, 198.51.100.7", school) == 302
    answer = Client(headers={"x-forwarded-for": "192.0.2.1"}).post(reverse("ask-school", args=[school.pk]), typed())
    assert "Nothing is lost" in answer.content.decode()
    assert "The hall is being painted" in answer.content.decode()


def test_who_is_stopped_is_sent_to_nothing_that_stands_on_no_public_page() -> None:
    models.Charity.objects.update(reply_to="office@kind.example.org")
    school = a_school()
    for _ in range(OF_NETWORK):
        ask_from("192.0.2.1", school)
    answer = Client(headers={"x-forwarded-for": "192.0.2.1"}).post(reverse("ask-school", args=[school.pk]), typed())
    assert "press once more, or write to us." in answer.content.decode()
    assert 'href="mailto:office@kind.example.org"' in answer.content.decode()


def test_all_networks_together_are_stopped() -> None:
    school = a_school()
    statuses = [ask_from(f"192.0.2.{number}", school, f"{number}@example.org") for number in range(OF_EVERYBODY + 1)]
    assert statuses == [302] * OF_EVERYBODY + [429]
    assert models.VisitRequest.objects.count() == OF_SCHOOL


def test_looking_and_what_is_typed_wrongly_cost_nothing() -> None:
    school = a_school()
    path = reverse("ask-school", args=[school.pk])
    client = Client(headers={"x-forwarded-for": "192.0.2.1"})
    for _ in range(OF_NETWORK + 1):
        assert client.get(path).status_code == 200
        assert client.post(path, typed(email="pat@")).status_code == 200
    assert ask_from("192.0.2.1", school) == 302


@pytest.mark.usefixtures("_a_wide_door")
def test_somebody_at_a_trust_asks_for_its_schools_in_one_afternoon_and_is_written_to_so_often_a_day() -> None:
    schools = [a_school(name=f"School {number}") for number in range(OF_ADDRESS + 1)]
    assert {ask_from("192.0.2.1", school, "Trust@example.org") for school in schools} == {302}
    assert list(models.VisitRequest.objects.order_by("pk").values_list("school", flat=True)) == [each.pk for each in schools[:-1]]
    assert ask_from("192.0.2.1", schools[-1], "other@example.org") == 302
    assert models.VisitRequest.objects.filter(school=schools[-1]).count() == 1


@pytest.mark.usefixtures("_a_wide_door")
def test_strangers_who_ask_for_a_school_do_not_keep_out_whom_we_know_there_and_nothing_tells_who_that_is() -> None:
    school = a_school()
    models.Contact.objects.create(school=school, name="Pat Head", email="pat@fern.example.org")
    strangers = [ask_from("192.0.2.1", school, f"{number}@example.org") for number in range(OF_SCHOOL + 1)]
    assert models.VisitRequest.objects.count() == OF_SCHOOL
    known = [ask_from("192.0.2.1", school, "PAT@fern.example.org", note=f"Try {number}") for number in range(4)]
    assert set(strangers + known) == {302}
    assert models.VisitRequest.objects.filter(email__iexact="pat@fern.example.org").count() == 3


@pytest.mark.usefixtures("_a_wide_door")
@pytest.mark.parametrize("is_listed", [True, False])
def test_pressing_again_within_the_minute_uses_up_no_mail_of_the_day(*, is_listed: bool) -> None:
    school = a_school() if is_listed else None
    unlisted: dict[str, Any] = {} if is_listed else {"school_name": "Fern Primary", "postcode": "CA3 8AA"}
    most = asking.OF_ADDRESS_AND_SCHOOL
    for hour in range(most + 1):
        with time_machine.travel(NOW + timedelta(hours=hour), tick=False):
            answers = {asks(school, **unlisted).url for _ in range(most)}
        assert answers == {reverse("ask-sent")}, "nobody is told"
        assert models.VisitRequest.objects.count() == models.OutboxMessage.objects.count() == min(hour + 1, most)


@pytest.mark.parametrize("page", ["/ask/confirm/1.{}/", "/school/1.1.{}/"])
def test_who_tries_links_is_stopped_by_their_own_network(page: str) -> None:
    path = page.format("x" * 43)
    guesser, colleague = (Client(headers={"x-forwarded-for": network}) for network in ("192.0.2.1", "192.0.2.2"))
    statuses = [guesser.post(path).status_code for _ in range(MOST_WRONG + 1)]
    assert statuses == [404] * MOST_WRONG + [429]
    assert guesser.get(path).status_code == 404
    assert colleague.post(path).status_code == 404


def test_looking_for_a_school_by_words_is_bounded_too_and_what_was_typed_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "LOOKED_FOR", 3)
    a_school(name="Fern Primary")
    client = Client(headers={"x-forwarded-for": "192.0.2.1"})
    answers = [client.post(reverse("ask"), {"words": "Fern"}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    shown = answers[-1].content.decode()
    assert "Nothing is lost" in shown
    assert 'value="Fern"' in shown
    assert "No school that we could visit" not in shown
    assert client.get(reverse("ask")).status_code == 200
    assert Client(headers={"x-forwarded-for": "198.51.100.7"}).post(reverse("ask"), {"words": "Fern"}).status_code == 200
