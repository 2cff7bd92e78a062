"""An SMS goes beside its mail, to who said yes, once, and only while its news are true; it costs no more than is allowed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from schools.core.errors import RuleBroken
from schools.messages import kinds, sms_ports
from schools.messages.actions import TEXT_HELD, deliver_due, erase_texts
from schools.messages.asking import write_due
from schools.messages.kinds import all_kinds
from schools.messages.models import NO_LONGER_TRUE, OutboxMessage, SuppressedAddress
from schools.messages.pace import sms_of_today
from schools.messages.refusals import Refused
from schools.messages.sms import ON_ITS_WAY, is_marked, say_no, say_yes, stop
from schools.messages.smtp import NoEntry, Unanswered
from schools.messages.states import State, state_of
from schools.models import User
from tests.factories import UserFactory
from tests.messages.suppressed import FACT
from tests.messages.texted import ASHA, NOW, Texted, the_mail, the_sms

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[Texted]:
    settings.SPEAKOUT_SMS = "stub"
    known = Texted()
    monkeypatch.setattr(kinds, "_kinds", known.kinds())
    sms_ports.taken.clear()
    yield known
    sms_ports.taken.clear()


def write(now: datetime = NOW) -> int:
    return write_due(clock=lambda: now)


def send(now: datetime = NOW) -> int:
    return deliver_due(clock=lambda: now)[0]


def test_beside_the_mail_goes_one_sms_and_never_a_second(people: Texted) -> None:
    assert write() == 1
    assert send() == 2
    assert sms_ports.taken == [(ASHA, "News fact:0:1")]
    mail, sms = the_mail(), the_sms()
    assert (sms.beside, sms.key, sms.kind, sms.subject) == (mail, "sms:fact:0:1", FACT, "News fact:0:1")
    assert write(NOW + timedelta(hours=1)) == send(NOW + timedelta(hours=1)) == 0
    assert len(sms_ports.taken) == 1


@pytest.mark.parametrize("why", ["none", "no yes", "not of this kind"])
def test_without_a_way_a_yes_or_a_kind_that_says_so_there_is_no_sms(
    people: Texted, settings: Settings, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    if why == "none":
        settings.SPEAKOUT_SMS = "none"
    elif why == "no yes":
        people.numbers[:] = [""]
    else:
        monkeypatch.setattr(kinds, "_kinds", {FACT: replace(people.kinds()[FACT], by_sms="")})
    assert write() == send() == 1
    assert not OutboxMessage.objects.filter(channel="sms").exists()


def test_no_private_kind_goes_by_sms() -> None:
    private = [kind for kind in all_kinds() if kind.is_private]
    assert private
    for kind in private:
        with pytest.raises(ValueError, match="do not go by SMS"):
            replace(kind, by_sms="each")


@pytest.mark.parametrize("change", ["the fact", "the yes", "the number"])
def test_it_is_asked_again_just_before_it_is_handed_over(people: Texted, change: str) -> None:
    write()
    if change == "the fact":
        people.facts[:] = [0]
    else:
        people.numbers[:] = [""] if change == "the yes" else ["+447400999999"]
    assert send() == (0 if change == "the fact" else 1 if change == "the yes" else 2)
    assert [number for number, _ in sms_ports.taken] == (["+447400999999"] if change == "the number" else [])
    assert OutboxMessage.objects.filter(channel="sms").exists() is (change == "the number")


def test_who_has_the_sms_of_a_mail_that_is_true_no_longer_counts_as_told(people: Texted) -> None:
    """The mail is not deleted then, so that its kind knows that a correction has to follow."""
    write()
    mail, sms = the_mail(), the_sms()
    OutboxMessage.objects.filter(pk=mail.pk).update(next_try=NOW + timedelta(hours=1))
    assert send() == 1
    people.facts[:] = [2]
    assert write(NOW + timedelta(hours=1)) == 1
    assert send(NOW + timedelta(hours=1)) == 2
    mail.refresh_from_db()
    assert (mail.last_error, mail.handed_over_at) == (NO_LONGER_TRUE, NOW)
    sms.refresh_from_db()
    assert state_of(sms, now=NOW) is State.SENT


def test_an_sms_that_waits_ends_with_its_mail(people: Texted) -> None:
    write()
    OutboxMessage.objects.filter(channel="sms").update(next_try=NOW + timedelta(hours=1))
    people.facts[:] = [0]
    assert send() == 0
    assert not OutboxMessage.objects.exists()


def test_an_sms_whose_sender_was_killed_once_it_was_handed_over_is_not_sent_twice(people: Texted) -> None:
    write()
    OutboxMessage.objects.filter(channel="sms").update(handed_over_at=NOW, next_try=NOW)
    assert send() == 1
    assert sms_ports.taken == []
    sms = the_sms()
    assert (state_of(sms, now=NOW), sms.left_at) == (State.UNSURE, NOW)


@pytest.mark.parametrize(("hours", "number"), [(1, 1), (12, 1), (13, 2)])
def test_the_same_words_are_not_said_twice_in_twelve_hours(people: Texted, hours: int, number: int) -> None:
    write()
    OutboxMessage.objects.mails().update(next_try=NOW + timedelta(days=1))
    assert send() == 1
    for key in ("fact:0:1", "sms:fact:0:1"):
        OutboxMessage.objects.filter(key=key).update(key=f"{key}:before")
    later = NOW + timedelta(hours=hours)
    assert write(later) == 1
    assert send(later) == number
    assert sms_ports.taken == [(ASHA, "News fact:0:1")] * number
    assert OutboxMessage.objects.filter(channel="sms").count() == number


@pytest.mark.parametrize("is_taken", [True, False])
def test_one_with_the_same_words_as_one_on_its_way_waits_until_that_was_taken_or_refused(people: Texted, is_taken: bool) -> None:
    write()
    first = the_sms()
    OutboxMessage.objects.filter(pk=first.pk).update(handed_over_at=NOW, next_try=NOW + TEXT_HELD)
    for key in ("fact:0:1", "sms:fact:0:1"):
        OutboxMessage.objects.filter(key=key).update(key=f"{key}:before", kind="")
    later = NOW + timedelta(seconds=1)
    write(later)
    send(later)
    second = OutboxMessage.objects.exclude(pk=first.pk).get(channel="sms")
    assert (second.next_try, second.attempts, sms_ports.taken) == (later + ON_ITS_WAY, 0, [])
    became = {"sent_at": later} if is_taken else {"handed_over_at": None, "stopped_at": later, "left_at": later}
    OutboxMessage.objects.filter(pk=first.pk).update(next_try=None, **became)
    send(later + ON_ITS_WAY)
    assert len(sms_ports.taken) == (not is_taken)
    assert OutboxMessage.objects.filter(pk=second.pk).exists() is not is_taken


def test_no_more_go_in_a_day_than_may_and_mail_is_not_held_up(people: Texted, settings: Settings) -> None:
    settings.SPEAKOUT_SMS_PER_DAY = 2
    people.addresses[:] = [f"{name}@example.org" for name in "abc"]
    people.facts[:], people.numbers[:] = [1] * 3, [f"+44740012345{number}" for number in range(3)]
    write()
    assert send() == 3 + 2
    assert sms_of_today(now=NOW) == 2
    assert send(NOW + timedelta(hours=14)) == 0, "23:00 of the same day"
    assert send(NOW + timedelta(hours=16)) == 1
    assert sms_of_today(now=NOW + timedelta(hours=16)) == 1


@pytest.mark.parametrize(("failure", "kept"), [(NoEntry("away"), 0), (Refused("400 no"), 0), (Unanswered("?"), 1)])
def test_an_sms_that_was_not_handed_over_uses_nothing_of_the_day_up(
    failure: Exception, kept: int, people: Texted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(sms: OutboxMessage, before_text: sms_ports.BeforeText) -> None:
        before_text()
        raise failure

    monkeypatch.setitem(sms_ports.ADAPTERS, "stub", fails)
    write()
    for tries in range(5):
        send(NOW + timedelta(minutes=tries))
    assert sms_of_today(now=NOW) == kept


def test_mail_that_may_not_go_holds_up_no_sms(people: Texted, settings: Settings) -> None:
    settings.SPEAKOUT_MAILS_PER_MINUTE = 1
    people.addresses[:], people.facts[:] = ["a@example.org", "b@example.org"], [1, 1]
    people.numbers[:] = [ASHA, "+447400123457"]
    write()
    assert send() == 1 + 2


def test_to_a_marked_number_nothing_goes_and_nobody_has_to_decide(people: Texted) -> None:
    stop_after_one(people)
    assert send(NOW + timedelta(minutes=2)) == 1
    sms = OutboxMessage.objects.filter(channel="sms").latest("pk")
    assert (sms.sent_at, sms.left_at) == (None, NOW + timedelta(minutes=2))
    assert sms.last_error.startswith("Not sent. Its reader wants no more SMS")
    assert not OutboxMessage.objects.to_look_at().exists()


def stop_after_one(people: Texted) -> None:
    write()
    send()
    stop("447400123456", at=NOW + timedelta(minutes=1))
    people.facts[:] = [2]
    write(NOW + timedelta(minutes=2))


def test_a_yes_is_kept_with_its_moment_and_taken_back(people: Texted) -> None:
    user: User = UserFactory()
    say_yes(user, "07400 123456", now=NOW)
    user.refresh_from_db()
    assert (user.sms_number.as_e164, user.sms_since) == (ASHA, NOW)
    say_yes(user, "+44 7400 123456", now=NOW + timedelta(days=1))
    user.refresh_from_db()
    assert user.sms_since == NOW, "it is the same yes"
    say_no(user)
    assert User.objects.filter(pk=user.pk, sms_number="", sms_since=None).exists()


@pytest.mark.parametrize("number", ["", "1", "0113 496 0100", "+44 7400", "call me"])
def test_what_is_no_mobile_phone_is_refused(number: str) -> None:
    with pytest.raises(RuleBroken, match="mobile phone"):
        say_yes(UserFactory(), number, now=NOW)


def test_stop_takes_the_yes_back_and_a_later_yes_stays(people: Texted) -> None:
    user: User = UserFactory()
    say_yes(user, "07400 123456", now=NOW)
    stop("+447400123456", at=NOW + timedelta(hours=1))
    user.refresh_from_db()
    assert (str(user.sms_number), user.sms_since) == ("", None)
    say_yes(user, "07400 123456", now=NOW + timedelta(hours=2))
    stop("+447400123456", at=NOW + timedelta(hours=1))
    user.refresh_from_db()
    assert user.sms_since == NOW + timedelta(hours=2), "the answer from before came once more"
    assert not is_marked(user)


def test_of_a_number_that_is_not_ours_nothing_is_kept() -> None:
    stop("+447400123456", at=NOW)
    stop("nonsense", at=NOW)
    assert not SuppressedAddress.objects.exists()


def test_with_the_words_of_a_mail_those_of_its_sms_are_erased(people: Texted) -> None:
    write()
    send()
    assert erase_texts(OutboxMessage.objects.filter(to="asha@example.org")) == 1
    sms = the_sms()
    assert (sms.to, "News" in sms.body, "News" in sms.subject) == ("", False, False)
