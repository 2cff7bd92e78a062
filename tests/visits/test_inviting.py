"""Inviting many people waits a minute: an undo takes back what nobody has begun to send, and whatever went lets in."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from schools.core.errors import RuleBroken
from schools.messages import sending
from schools.messages.actions import deliver_due
from schools.messages.pace import NotYet
from schools.messages.smtp import NoEntry, Unanswered
from schools.models import Area, Batch, Invitation, OutboxMessage, User, Volunteer
from schools.visits.actions.inviting import invite_to_undo
from schools.visits.actions.undoing import undo
from schools.visits.models.batches import CLOCKS_APART, HELD_FOR
from schools.visits.queries.held import heard_of_it, held_messages
from schools.volunteers.actions import accept_invitation, invite
from schools.volunteers.emails import key_of_invitation
from tests.factories import AreaFactory, VolunteerFactory, coordinator_of, manager

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
RELEASED = NOW + HELD_FOR + CLOCKS_APART
A_MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    return made


@pytest.fixture
def by(area: Area) -> User:
    return coordinator_of(area, name="Cora Nwosu")


@pytest.fixture
def people(area: Area) -> list[Volunteer]:
    """Three people with an address."""
    made: list[Volunteer] = [VolunteerFactory(name=name, email=f"{name.lower()}@example.org") for name in ("Ann", "Ben", "Cat")]
    for volunteer in made:
        volunteer.areas.set([area])
    return made


def secret_to(volunteer: Volunteer) -> str:
    found = re.search(r"/invitation/(\S+)/", OutboxMessage.objects.get(to=volunteer.email).body)
    assert found
    return found[1]


def send(at: datetime) -> list[str]:
    """What leaves then, by address."""
    mail.outbox.clear()
    deliver_due(clock=lambda: at)
    return sorted(message.to[0] for message in mail.outbox)


def test_invitations_wait_a_minute_and_go_then(people: list[Volunteer], by: User) -> None:
    batch = invite_to_undo(people, by=by, now=NOW)
    assert batch.words == "3 people invited to sign in"
    assert send(RELEASED - A_MOMENT) == []
    held = held_messages(batch, now=NOW)
    assert held
    assert (held.waiting, held.went, held.seconds) == (3, 0, 60)
    assert send(RELEASED) == [person.email for person in people]
    assert Invitation.objects.count() == 3


def test_an_undo_in_time_is_heard_of_by_nobody_and_its_links_let_nobody_in(people: list[Volunteer], by: User) -> None:
    batch = invite_to_undo(people, by=by, now=NOW)
    secret = secret_to(people[0])
    batch = undo(batch, by=by, now=NOW + HELD_FOR)
    assert batch.left_alone == []
    assert heard_of_it(batch) == " Nobody had been told of it, and nobody is."
    assert not OutboxMessage.objects.exists()
    assert not Invitation.objects.exists()
    assert send(RELEASED + timedelta(days=1)) == []
    with pytest.raises(RuleBroken, match="used already, or is too old"):
        accept_invitation(secret, now=RELEASED)
    # As if it had never been: they are invited when somebody means it.
    assert invite_to_undo(people, by=by, now=RELEASED).words == "3 people invited to sign in"


def test_whose_mail_has_gone_keeps_the_invitation_and_is_named(people: list[Volunteer], by: User) -> None:
    batch = invite_to_undo(people, by=by, now=NOW)
    secrets = [secret_to(person) for person in people]
    OutboxMessage.objects.filter(to="ann@example.org").update(sent_at=RELEASED, attempts=1, next_try=None)
    # The mail server has this one, and has not answered yet.
    going = {"attempts": 1, "next_try": RELEASED + timedelta(minutes=2), "handed_over_at": RELEASED}
    OutboxMessage.objects.filter(to="ben@example.org").update(**going)
    batch = undo(batch, by=by, now=RELEASED)
    why = "stays as it is. Its mail has gone, or may have, so its link lets them in."
    assert sorted(batch.left_alone) == [f"The invitation of Ann {why}", f"The invitation of Ben {why}"]
    assert sorted(invitation.volunteer.name for invitation in Invitation.objects.all()) == ["Ann", "Ben"]
    assert accept_invitation(secrets[0], now=RELEASED).name == "Ann"
    assert accept_invitation(secrets[1], now=RELEASED).name == "Ben"
    with pytest.raises(RuleBroken, match="used already, or is too old"):
        accept_invitation(secrets[2], now=RELEASED)


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception, *, has_text: bool) -> None:
    """Let every try fail so; `has_text`: once the mail server has the text."""

    def fail(message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        if has_text:
            before_text()
        raise error

    monkeypatch.setattr("schools.messages.actions.send", fail)


@pytest.mark.parametrize(
    ("error", "has_text"),
    [
        (NoEntry("nobody is there"), False),
        (NotYet(RELEASED + timedelta(minutes=1)), False),
        (SMTPDataError(451, b"4.7.1 greylisted, try again"), True),
        (SMTPDataError(554, b"5.7.1 we do not like it"), True),
        (SMTPRecipientsRefused({"ann@example.org": (550, b"5.1.1 no such mailbox")}), False),
    ],
    ids=["no entry", "as many as may go went", "not now", "refused for good", "no such mailbox"],
)
def test_a_mail_that_nobody_can_have_got_goes_with_its_invitation(
    people: list[Volunteer], by: User, monkeypatch: pytest.MonkeyPatch, error: Exception, *, has_text: bool
) -> None:
    batch = invite_to_undo(people[:1], by=by, now=NOW)
    failing(monkeypatch, error, has_text=has_text)
    assert send(RELEASED) == []
    batch = undo(batch, by=by, now=RELEASED + timedelta(seconds=1))
    assert batch.left_alone == []
    assert not OutboxMessage.objects.exists()
    assert not Invitation.objects.exists()


def test_a_mail_of_which_nobody_knows_whether_it_arrived_keeps_its_invitation(
    people: list[Volunteer], by: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = invite_to_undo(people[:1], by=by, now=NOW)
    secret = secret_to(people[0])
    failing(monkeypatch, Unanswered("no answer"), has_text=True)
    send(RELEASED)
    batch = undo(batch, by=by, now=RELEASED + timedelta(seconds=1))
    assert batch.left_alone == ["The invitation of Ann stays as it is. Its mail has gone, or may have, so its link lets them in."]
    assert OutboxMessage.objects.count() == 1
    assert accept_invitation(secret, now=RELEASED).name == "Ann"


def test_whoever_is_about_to_send_what_was_undone_sends_nothing(
    people: list[Volunteer], by: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = invite_to_undo(people[:1], by=by, now=NOW)

    def send_late(message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        undo(batch, by=by, now=RELEASED)
        before_text()
        pytest.fail("the mail server gets the text of a link that lets nobody in")

    monkeypatch.setattr("schools.messages.actions.send", send_late)
    send(RELEASED)
    assert not OutboxMessage.objects.exists()
    assert not Invitation.objects.exists()


def test_whoever_is_about_to_send_a_link_that_has_ended_meanwhile_sends_nothing(
    people: list[Volunteer], by: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = invite(people[0], by=by, now=NOW)
    really_send = sending.send

    def invite_anew(message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        if message.key == key_of_invitation(first.pk):
            invite(people[0], by=by, now=NOW + A_MOMENT)
        before_text()  # as a mail server would have it called
        return really_send(message, before_text=before_text)

    monkeypatch.setattr("schools.messages.actions.send", invite_anew)
    sent = send(NOW + timedelta(seconds=1)) + send(NOW + timedelta(seconds=2)) + send(NOW + timedelta(hours=1))
    assert sent == ["ann@example.org"]
    assert OutboxMessage.objects.get(sent_at__isnull=False).key != key_of_invitation(first.pk)


def test_whoever_is_invited_anew_in_the_minute_gets_the_new_mail_alone(people: list[Volunteer], by: User) -> None:
    batch = invite_to_undo(people[:2], by=by, now=NOW)
    invite(people[0], by=by, now=NOW + timedelta(seconds=20))
    assert send(NOW + timedelta(seconds=21)) == ["ann@example.org"]
    batch = undo(batch, by=by, now=NOW + timedelta(seconds=30))
    assert batch.left_alone == ["The invitation of Ann was changed since, so it stays as it is."]
    assert send(RELEASED) == []
    assert Invitation.objects.open(now=RELEASED).get().volunteer == people[0]


def test_who_gets_none_is_named_and_where_nobody_gets_one_nothing_is_kept(people: list[Volunteer], by: User) -> None:
    invite(people[0], by=by, now=NOW - timedelta(days=1))
    batch = invite_to_undo(people[:2], by=by, now=NOW)
    assert batch.words == "1 person invited to sign in"
    assert list(batch.left_out) == ["Ann: They were invited already. Wait for them, or send another link on their page."]
    again = invite_to_undo(people[:2], by=by, now=NOW)
    assert not Batch.objects.filter(pk=again.pk).exists()
    assert list(again.left_out) == ["Ann, Ben: They were invited already. Wait for them, or send another link on their page."]
    assert Batch.objects.count() == 1
    many = [VolunteerFactory(name=f"Dot {number}", email="") for number in range(8)]
    (without,) = invite_to_undo(many, by=by, now=NOW).left_out
    assert without.startswith("Dot 0, Dot 1, Dot 2, Dot 3, Dot 4 and 3 more: ")


def test_a_colleague_of_another_area_takes_nothing_back(people: list[Volunteer], by: User) -> None:
    batch = invite_to_undo(people[:1], by=by, now=NOW)
    people[0].areas.set([AreaFactory()])
    batch = undo(batch, by=by, now=NOW)
    assert batch.left_alone == [
        "The invitation of Ann stays as it is. It is in another area now. Ask its coordinator to change it."
    ]
    assert Invitation.objects.count() == 1
    assert send(RELEASED) == ["ann@example.org"], "hers stays, so its mail goes"


def test_those_of_an_undo_that_stay_are_mailed_and_the_others_are_not(people: list[Volunteer], by: User) -> None:
    batch = invite_to_undo(people, by=by, now=NOW)
    people[0].areas.set([AreaFactory()])
    Volunteer.objects.filter(pk=people[1].pk).update(status=Volunteer.Status.LEFT)
    people[1].areas.set([AreaFactory()])
    batch = undo(batch, by=by, now=NOW)
    assert len(batch.left_alone) == 2
    assert send(RELEASED) == ["ann@example.org"], "Ben has left: his link would let nobody in"
    assert not Invitation.objects.filter(volunteer=people[2]).exists()


def test_a_mail_whose_link_has_ended_is_not_on_its_way(people: list[Volunteer], by: User) -> None:
    batch = invite_to_undo(people[:2], by=by, now=NOW)
    invite(people[0], by=by, now=NOW + timedelta(seconds=20))
    held = held_messages(batch, now=NOW + timedelta(seconds=20))
    assert held
    assert (held.waiting, held.went, held.stopped, held.number) == (1, 0, 0, 1)
    send(RELEASED)
    held = held_messages(batch, now=RELEASED)
    assert held
    assert (held.waiting, held.went, held.number) == (0, 1, 1)


def test_the_page_of_a_batch_speaks_of_one_mail_as_of_one(client: Client, people: list[Volunteer], by: User) -> None:
    client.force_login(by)
    batch = invite_to_undo(people[:1], by=by, now=timezone.now())
    path = reverse("admin:batch", args=[batch.pk])
    assert "0 of 1 went; 1 waits until" in " ".join(client.get(path).content.decode().split())
    Batch.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert "0 of 1 went; 1 is on the way" in " ".join(client.get(path).content.decode().split())


def test_pressing_twice_keeps_the_bar_that_undoes_it(client: Client, people: list[Volunteer], by: User) -> None:
    client.force_login(by)
    path, ticked = reverse("admin:invite"), {"do": "invite", "person": [str(person.pk) for person in people]}
    client.post(f"{path}?row={people[0].pk}", ticked)
    batch = Batch.objects.get()
    again = client.post(f"{path}?row={people[0].pk}", ticked, follow=True)
    assert again.redirect_chain == [(f"{path}?row={people[0].pk}&done={batch.pk}", 302)]
    assert [str(message) for message in again.context["messages"]] == [
        "Not invited now: Ann, Ben, Cat: They were invited already. Wait for them, or send another link on their page."
    ]
    assert "3 messages wait until" in " ".join(again.content.decode().split())
    # Neither once its minute is over, nor that of somebody else.
    Batch.objects.update(held_until=timezone.now() + CLOCKS_APART)
    assert client.post(path, ticked).headers["Location"] == f"{path}?"
    Batch.objects.update(held_until=timezone.now() + HELD_FOR, by=manager())
    assert client.post(path, ticked).headers["Location"] == f"{path}?"


def test_nobody_is_ticked_whom_nobody_has_chosen(client: Client, people: list[Volunteer], by: User) -> None:
    client.force_login(by)
    path = reverse("admin:invite")

    def ticks(query: str) -> int:
        return client.get(f"{path}{query}").content.decode().count(" checked")

    assert (ticks(""), ticks("?all=yes"), ticks(f"?row={people[1].pk}")) == (0, 3, 1)


def test_the_page_counts_the_minute_down_and_its_undo_leads_back_to_it(client: Client, people: list[Volunteer]) -> None:
    client.force_login(manager())
    path = reverse("admin:invite")
    ticked = [str(person.pk) for person in people[:2]]
    answer = client.post(f"{path}?row={ticked[0]}&row={ticked[1]}&done=1", {"do": "invite", "person": ticked}, follow=True)
    page = " ".join(answer.content.decode().split())
    batch = Batch.objects.get()
    assert answer.redirect_chain == [(f"{path}?row={ticked[0]}&row={ticked[1]}&done={batch.pk}", 302)]
    assert "2 people invited to sign in." in page
    assert "2 messages wait until" in page
    assert "2: were invited already" in page
    undone = client.post(
        reverse("admin:batch", args=[batch.pk]), {"do": "undo", "back": answer.context["undo_leads_to"]}, follow=True
    )
    assert undone.redirect_chain == [(f"{path}?row={ticked[0]}&row={ticked[1]}", 302)]
    assert "Undone: 2 people invited to sign in. Nobody had been told of it, and nobody is." in undone.content.decode()
    assert "2 get a mail" in " ".join(undone.content.decode().split())


def test_a_form_without_a_tick_invites_nobody_and_says_so(client: Client) -> None:
    client.force_login(manager())
    answer = client.post(reverse("admin:invite"), {"do": "invite"}, follow=True)
    assert "Nobody was ticked, so nobody was invited." in answer.content.decode()
    assert not Batch.objects.exists()
