"""A reminder about several visits says what is so when it goes, and nothing of it is lost on the way."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.test import Client

from schools.messages import actions, kinds
from schools.messages.kinds import Draft, all_kinds
from schools.messages.smtp import Unanswered
from schools.messages.tries import bring_back
from schools.models import MessageAbout, OutboxMessage, Visit
from schools.visits.actions import cancel_visit
from schools.visits.queries.message_log import about_visits
from tests.factories import manager
from tests.messages.letters import assert_says_the_same
from tests.news import tell, tell_and_send
from tests.visits.reminded import NIA, PACK, ZOE, Killed, at, fails_with, sent, spoken_of, visits

pytestmark = pytest.mark.django_db

__all__ = ["visits"]


@pytest.mark.parametrize("is_alone", [False, True])
def test_what_changes_while_the_server_is_reached_goes_in_its_new_words_or_not_at_all(
    is_alone: bool, visits: tuple[Visit, Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, (oak, fern) = "school-day-before", visits
    if is_alone:
        Visit.objects.filter(pk=fern.pk).update(stage="planned")
    gone: list[str] = []

    def slow(message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        body = message.body
        Visit.objects.filter(pk=oak.pk).update(stage="planned")
        before_text()
        gone.append(body)
        return ""

    with monkeypatch.context() as patched:
        patched.setattr(actions, "send", slow)
        tell_and_send(at(kind), kinds=[kind])
    assert gone == []
    if is_alone:
        assert not OutboxMessage.objects.exists()
        return
    message = OutboxMessage.objects.get()
    assert (message.sent_at, message.handed_over_at, message.attempts) == (None, None, 0)
    (letter,) = sent(kind, at(kind))
    assert [visit.reference in str(letter.body) for visit in visits] == [False, True]
    assert spoken_of(message) == [fern.pk]
    Visit.objects.filter(pk=oak.pk).update(stage="confirmed")
    (letter,) = sent(kind, at(kind))
    assert [visit.reference in str(letter.body) for visit in visits] == [True, False]


@pytest.mark.parametrize("kind", [PACK, "school-week"])
def test_a_reminder_that_came_back_and_is_tried_again_at_night_goes_in_the_morning(
    kind: str, visits: tuple[Visit, Visit]
) -> None:
    assert len(sent(kind, at(kind))) == 1
    message = OutboxMessage.objects.get()
    bring_back(message, "552 mailbox full", row=None, is_lifted=False, now=at(kind))
    night = at(kind).replace(hour=22)
    actions.send_again(message.pk, now=night)
    assert sent(kind, night) == []
    (letter,) = sent(kind, night + timedelta(hours=11))
    assert all(visit.reference in str(letter.body) for visit in visits)
    assert sent(kind, night + timedelta(hours=12)) == []


def is_killed(kind: str, monkeypatch: pytest.MonkeyPatch, *, later: timedelta = timedelta()) -> None:
    """The server has the whole mail, and the sender is killed."""
    with monkeypatch.context() as patched:
        patched.setattr(actions, "send", fails_with(Killed()))
        with pytest.raises(Killed):
            tell_and_send(at(kind, later=later), kinds=[kind])


def test_after_a_kill_the_button_and_the_senders_are_those_of_what_the_mail_says_now(
    visits: tuple[Visit, Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, (oak, fern) = "school-day-before", visits
    is_killed(kind, monkeypatch)
    cancel_visit(oak, code="weather", note="", by=manager(), now=at(kind))
    (letter,) = sent(kind, at(kind, later=timedelta(minutes=20)))
    shown = assert_says_the_same(letter)
    (page,) = {address for address in shown.addresses if "/school/" in address}
    assert fern.school.name in Client().get(page[page.index("/school/") :]).content.decode()
    assert "Open the page of the visit" in shown.shown
    assert fern.coordinator is not None
    assert letter.reply_to == [fern.coordinator.email]
    assert about_visits([oak.pk]).filter(kind=kind).exists(), "their reader may have read of it"


@pytest.mark.parametrize("kind", [PACK, "school-week", "school-day-before"])
def test_after_a_kill_what_another_reads_now_goes_to_them(
    kind: str, visits: tuple[Visit, Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    oak, _ = visits
    is_killed(kind, monkeypatch)
    oak.school.contacts.update(email=ZOE, name="Zoe")
    gone = [each for minutes in (20, 40, 60) for each in sent(kind, at(kind, later=timedelta(minutes=minutes)))]
    texts = {each.to[0].lower(): [visit.reference in str(each.body) for visit in visits] for each in gone}
    assert (len(gone), texts) == (2, {NIA: [False, True], ZOE: [True, False]})


def test_after_a_kill_a_mail_that_goes_to_another_address_keeps_nothing_that_a_third_one_reads(
    visits: tuple[Visit, Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, (oak, fern) = "school-week", visits
    is_killed(kind, monkeypatch)
    oak.school.contacts.update(email=ZOE)
    fern.school.contacts.update(email="fay@fern.example.org")
    gone = [each for minutes in (20, 40) for each in sent(kind, at(kind, later=timedelta(minutes=minutes)))]
    assert sorted(each.to[0].lower() for each in gone) == ["fay@fern.example.org", ZOE]
    rows = MessageAbout.objects.filter(is_reminder=True).values_list("message__to", "visit")
    assert sorted(rows) == [("fay@fern.example.org", fern.pk), (ZOE, oak.pk)]


def test_the_same_part_may_be_left_out_by_two_mails_after_another(
    visits: tuple[Visit, Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, (oak, _) = "school-week", visits
    for hours in (0, 2):
        is_killed(kind, monkeypatch, later=timedelta(hours=hours))
        Visit.objects.filter(pk=oak.pk).update(stage="planned")
        sent(kind, at(kind, later=timedelta(hours=hours + 1)))
        Visit.objects.filter(pk=oak.pk).update(stage="confirmed")
    (letter,) = sent(kind, at(kind, later=timedelta(hours=4)))
    assert [visit.reference in str(letter.body) for visit in visits] == [True, False]
    assert sent(kind, at(kind, later=timedelta(hours=5))) == []


def held_up(kind: str, now: datetime, monkeypatch: pytest.MonkeyPatch, *, changes: Callable[[], object]) -> bool:
    """Ask the kind for a sender that is held up before it hears the answer: somebody else tries the message after a change."""
    known = next(each for each in all_kinds() if each.name == kind)
    waits = [True]

    def again(message: OutboxMessage, moment: datetime) -> Draft | None:
        draft = known.again(message, moment)
        if waits:
            waits.clear()
            changes()
            actions.deliver(message.pk, clock=lambda: now + actions.HELD + timedelta(minutes=1))
            return draft if OutboxMessage.objects.get().sent_at else None
        return draft

    monkeypatch.setitem(kinds._kinds, kind, replace(known, again=again))
    return actions.deliver(OutboxMessage.objects.get().pk, clock=lambda: now)


def test_a_sender_that_was_held_up_keeps_nothing_of_a_message_that_somebody_else_has_sent(
    visits: tuple[Visit, Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, (oak, fern) = "school-day-before", visits
    tell(at(kind), kinds=[kind])
    assert not held_up(kind, at(kind), monkeypatch, changes=lambda: Visit.objects.filter(pk=oak.pk).update(stage="planned"))
    message = OutboxMessage.objects.get()
    assert message.sent_at
    assert spoken_of(message) == [fern.pk]


def test_a_sender_that_was_held_up_deletes_no_message_that_somebody_else_has_handed_over(
    visits: tuple[Visit, Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = "school-day-before"
    tell(at(kind), kinds=[kind])
    monkeypatch.setattr(actions, "send", fails_with(Unanswered("No answer.")))
    assert not held_up(kind, at(kind), monkeypatch, changes=lambda: None)
    message = OutboxMessage.objects.get()
    assert message.handed_over_at
    assert len(spoken_of(message)) == 2
