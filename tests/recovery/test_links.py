"""The links in the mails about somebody who is locked out: a look changes nothing, a press does one thing, once."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from schools import models
from schools.recovery.actions import agree, settle_due
from schools.recovery.links import pointer_in
from schools.recovery.models import Outcome, Recovery
from tests.recovery import people
from tests.recovery.people import NOW, WAIT, asked, mails

pytestmark = pytest.mark.django_db


def link(to: str, purpose: str) -> str:
    """The path of the last such link in the mails to the address."""
    found = [match[0] for mail in mails(to) for match in re.finditer(rf"/way-back/{purpose}\.\S+", mail.body)]
    assert found, purpose
    return found[-1]


def text_of(answer: Any) -> str:
    """The page without line breaks."""
    return " ".join(answer.content.decode().split())


def state() -> list[Any]:
    """Every row that a link could change."""
    return [list(table.objects.order_by("pk").values()) for table in (models.Recovery, models.RecoveryStep, models.Trustee)]


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def test_scanners_open_every_link_and_change_nothing() -> None:
    bea = people.bea()
    people.trustee(bea)
    asked(people.coordinator(), bea, people.address(lost="both"))
    before = state()
    links = [link("ravi@example.org", "stop"), link("ravi.new@example.org", "new"), link("tess@example.com", "agree")]
    for path in links:
        for _ in range(2):
            assert Client().get(path).status_code == 200
            assert Client().head(path).status_code == 200
    assert state() == before


def test_a_press_on_the_link_stops_it_without_signing_in_and_a_second_finds_it_stopped(client: Client) -> None:
    people.mo()
    asked(people.coordinator(), people.bea())
    path = link("ravi@example.org", "stop")
    assert "Did you ask for this?" in text_of(client.get(path))
    assert "It was stopped" in text_of(client.post(path, follow=True))
    assert Recovery.objects.get().outcome == Outcome.STOPPED
    page = text_of(client.post(path))
    assert "That was not possible" in page
    assert "It has ended already" in page


@pytest.mark.parametrize("part", ["the purpose", "the request", "the seal"])
def test_a_link_that_somebody_changed_opens_nothing(client: Client, part: str) -> None:
    people.mo()
    asked(people.coordinator(), people.bea())
    path = link("ravi@example.org", "stop")
    other = {
        "the purpose": path.replace("stop.", "enter."),
        "the request": re.sub(r"stop\.\d+", "stop.99", path),
        "the seal": path[:-4] + "abc/",
    }[part]
    assert "This link is over" in text_of(client.post(other))
    assert Recovery.objects.get().outcome == ""


def test_a_trustee_reads_who_it_is_and_agrees_and_sees_afterwards_that_it_is_done(client: Client) -> None:
    bea = people.bea()
    people.trustee(bea)
    asked(people.coordinator(), bea)
    path = link("tess@example.com", "agree")
    assert "Ravi Low" not in "".join(mail.body for mail in mails("tess@example.com"))
    page = text_of(client.get(path))
    assert "Ravi Low is locked out" in page
    assert "They answered a call" in page
    assert client.post(path, {"do": "everything"}).status_code == 200
    assert Recovery.objects.get().takes_effect_at is None
    assert "needs no yes any more" in text_of(client.post(path, {"do": "agree"}, follow=True))
    assert Recovery.objects.get().takes_effect_at == NOW + WAIT
    client.post(path, {"do": "stop"})
    assert Recovery.objects.get().outcome == Outcome.STOPPED


def test_a_trustee_who_ended_neither_agrees_nor_stops(client: Client) -> None:
    bea = people.bea()
    tess = people.trustee(bea)
    asked(people.coordinator(), bea)
    path = link("tess@example.com", "agree")
    models.Trustee.objects.filter(pk=tess.pk).update(ended_at=NOW)
    for do in ("agree", "stop"):
        assert "This link is over" in text_of(client.post(path, {"do": do}))
    assert Recovery.objects.get().outcome == ""


def test_the_person_stops_it_on_their_own_page_while_they_are_signed_in(client: Client) -> None:
    people.mo()
    ravi = people.coordinator()
    client.force_login(ravi)
    assert "Nobody asked for anything" in text_of(client.get("/me/way-back/"))
    assert "locked out" not in text_of(client.get("/me/"))
    asked(ravi, people.bea())
    assert "/me/way-back/" in text_of(client.get("/me/"))
    assert "Bea Fell" in text_of(client.get("/me/way-back/"))
    assert "It was stopped" in text_of(client.post("/me/way-back/"))
    assert Recovery.objects.get().steps.get(kind="stopped").by == ravi


def test_whoever_comes_in_sets_up_a_second_factor_at_once_and_the_link_is_used_up(client: Client, settings: Settings) -> None:
    settings.SPEAKOUT_STAFF_SECOND_FACTOR = True
    mo = people.mo()
    recovery = agree(asked(people.coordinator(), people.bea()), by=mo, now=NOW)
    with time_machine.travel(NOW + WAIT, tick=False):
        # No clock runs: whoever opens a page of signing in finds it done.
        client.get(reverse("account_login"))
        path = link("ravi@example.org", "enter")
        assert "Welcome back" in text_of(client.get(path))
        page = client.post(path, follow=True)
        assert page.redirect_chain[-1][0] == reverse("mfa_activate_totp")
        assert page.status_code == 200
        assert "This link is over" in text_of(Client().post(path))
    assert list(recovery.steps.values_list("kind", flat=True)) == ["asked", "agreed", "done", "came-in"]


def test_the_link_to_come_in_is_over_after_a_week_and_once_a_password_was_set(client: Client) -> None:
    mo = people.mo()
    agree(asked(people.coordinator(), people.bea()), by=mo, now=NOW)
    settle_due(now=NOW + WAIT)
    path = link("ravi@example.org", "enter")
    with time_machine.travel(NOW + WAIT + timedelta(days=7), tick=False):
        assert "This link is over" in text_of(client.get(path))
        assert "This link is over" in text_of(client.post(path))
    ravi = models.User.objects.get(email="ravi@example.org")
    ravi.set_password("something long enough")
    ravi.save()
    assert pointer_in(path.split("/")[2]) is None


def test_who_keeps_the_second_factor_is_asked_for_it_behind_the_link(client: Client) -> None:
    mo = people.mo()
    recovery = asked(people.coordinator(), people.bea(), people.address())
    client.post(link("ravi.new@example.org", "new"))
    agree(recovery, by=mo, now=NOW)
    with time_machine.travel(NOW + WAIT, tick=False):
        settle_due(now=NOW + WAIT)
        page = client.post(link("ravi.new@example.org", "enter"))
    assert page["Location"] == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session


def test_a_code_that_went_to_the_lost_mailbox_lets_nobody_in_afterwards(client: Client) -> None:
    mo = people.mo()
    ravi, bea = people.coordinator(), people.bea()
    Authenticator.objects.filter(user=ravi).exclude(type=Authenticator.Type.TOTP).delete()
    recovery = asked(ravi, bea, people.address(lost="both"))
    client.post(link("ravi.new@example.org", "new"))
    agree(recovery, by=mo, now=NOW)
    with time_machine.travel(NOW + WAIT - timedelta(minutes=5), tick=False):
        client.post(reverse("account_login"), {"login": "ravi@example.org"})
        code = re.search(r"\b\d{4}-\d{4}\b", models.OutboxMessage.objects.latest("pk").body)
    assert code
    with time_machine.travel(NOW + WAIT, tick=False):
        client.post(reverse("account_confirm_login_code"), {"code": code[0]})
    assert Recovery.objects.get().outcome == Outcome.DONE
    assert "_auth_user_id" not in client.session
    assert models.User.objects.get(pk=ravi.pk).email == "ravi.new@example.org"


def test_a_broken_request_keeps_nobody_from_signing_in(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(**_: object) -> int:
        raise ValueError

    monkeypatch.setattr("schools.recovery.middleware.settle_due", breaks)
    assert client.get(reverse("account_login")).status_code == 200


def test_an_old_texts_links_are_not_kept_once_they_were_sent() -> None:
    from schools.messages.actions import deliver_due

    people.mo()
    asked(people.coordinator(), people.bea())
    deliver_due(clock=lambda: NOW)
    assert all(re.search(r"/way-back/\w+\.\d", mail.body) is None for mail in models.OutboxMessage.objects.all())
