"""Histories of SMS beside mails: yes, no and STOP, other numbers, a provider that fails, receipts that come late, killed senders.

The other side is a world of phones and a provider that takes SMS, refuses them, is away or says nothing. At any time no SMS goes
without a yes of that moment, none twice, no more than the day has, and none that takes two parts; mails go as if there were none.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from pytest_django.fixtures import Settings

from schools.messages import kinds, sms_ports
from schools.messages.actions import TEXT_HELD, deliver_due
from schools.messages.asking import write_due
from schools.messages.kinds import Draft, Kind
from schools.messages.models import OutboxMessage, SuppressedAddress
from schools.messages.pace import sms_of_today
from schools.messages.refusals import AddressRefused, Refused, TooMany
from schools.messages.sms import number_of, say_no, say_yes, sms_of
from schools.messages.sms_reports import take_report
from schools.messages.sms_words import fits, in_one_sms
from schools.messages.smtp import NoEntry, Unanswered
from schools.models import User
from tests.factories import UserFactory
from tests.messages.notify_server import answered, receipt
from tests.messages.suppressed import FACT, People
from tests.profiles import examples

BEGIN = datetime(2026, 11, 24, 9, tzinfo=UTC)
PER_DAY = 4
LONG = ("Cancelled: Ysgol Gynradd Llŷn ac Eifionydd, Thu 26 Nov, 9:15 am", "Moved: St Mary’s – Infants, Fri 27 Nov, 10:15 am")
"""Facts besides the news: more than one part has places for, with letters that cost more."""
BEFORE_TEXT = {"away": NoEntry("away"), "busy": TooMany("429 too many")}
"""How the provider fails before it has the text."""
WITH_TEXT = {"refuses": Refused("400 no"), "refuses the number": AddressRefused("400 phone_number"), "is silent": Unanswered("?")}
"""How it fails once it has it."""
PROVIDERS = (*BEFORE_TEXT, "takes", *WITH_TEXT)
MOMENTS = ("killed before", "killed after", "no before", "stop before", "number before", "second before", "second after")
"""What else comes between, before or after the text was handed over."""
persons = st.integers(0, 1)
minutes = st.sampled_from([2, 0, 15, 300])


class Killed(BaseException):
    """The sender is killed."""


@dataclass
class Readers(People):
    """The same people, who sign in and say yes or no themselves."""

    users: list[User] = field(default_factory=list)

    def drafts(self) -> Iterator[Draft]:
        for draft in super().drafts():
            person = int(draft.key.split(":")[1])
            number = number_of(User.objects.get(pk=self.users[person].pk))
            yield replace(draft, sms=sms_of(number, in_one_sms([draft.key, *LONG * (person + 1)])))

    def kinds(self) -> dict[str, Kind]:
        """The registry of kinds, with this alone."""
        return {FACT: replace(super().kinds()[FACT], by_sms="each")}


class Phones:
    """The world: two people with phones and mailboxes, and a provider of SMS."""

    people: ClassVar[Readers]
    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGIN
        self.numbers = 0
        self.phones = ["", ""]
        self.consent = {0: "", 1: ""}
        """What each said last: the number, or "" for no."""
        self.provider, self.moment = "takes", ""
        self.handed = Counter[str]()
        """How often the phone may have got the SMS of each key."""
        self.of_days = Counter[date]()
        """How many SMS the provider took, or may have taken."""
        self.killed = Counter[date]()
        """How often a sender was killed just before it handed one over."""
        self.reports: list[dict[str, Any]] = []

    def user(self, person: int) -> User:
        return User.objects.get(pk=self.people.users[person].pk)

    def wanted(self) -> list[Any]:
        return list(User.objects.order_by("pk").values_list("pk", "sms_number", "sms_since"))

    def rows(self) -> list[Any]:
        models = OutboxMessage, SuppressedAddress
        return [*self.wanted(), *(row for model in models for row in model.objects.order_by("pk").values())]

    def says_yes(self, person: int, is_new: bool) -> None:
        """Somebody wants SMS, at the phone that they have or at another one."""
        self.numbers += is_new
        if is_new:
            self.phones[person] = f"+44740012{person}{self.numbers:03}"
        say_yes(self.user(person), self.phones[person], now=self.now)
        self.consent[person] = self.phones[person]

    def says_no(self, person: int) -> None:
        """Somebody wants no SMS any more, what waits included."""
        say_no(self.user(person))
        self.consent[person] = ""

    def answers_stop(self, person: int, late: bool) -> None:
        """Somebody answers an SMS, which is reported at once or later."""
        number = self.phones[person].lstrip("+")
        report = answered(" stop, please", source_number=number, date_received=self.now.isoformat())
        if late:
            self.reports.append(report)
        else:
            self.takes(report)

    def takes(self, report: dict[str, Any]) -> None:
        """Take the report: a receipt brings no number back, and a second time nothing changes."""
        marked = set(SuppressedAddress.objects.active().values_list("address", flat=True))
        wanted = self.wanted()
        take_report(report, now=self.now)
        assert marked <= set(SuppressedAddress.objects.active().values_list("address", flat=True))
        if "source_number" in report:
            self.stopped(f"+{report['source_number']}", datetime.fromisoformat(report["date_received"]))
        else:
            self.seen[report["status"]] += 1
            assert self.wanted() == wanted, "a receipt says neither yes nor no"
        before = self.rows()
        take_report(report, now=self.now)
        assert self.rows() == before

    def stopped(self, number: str, at: datetime) -> None:
        """Note that nothing may go to the number, unless its owner has said yes since."""
        for person, theirs in self.consent.items():
            since = self.user(person).sms_since
            if theirs == number:
                is_later = since is not None and since > at
                self.seen["late stop" if is_later else "stop"] += 1
                self.consent[person] = number if is_later else ""

    def send_due(self) -> None:
        deliver_due(clock=lambda: self.now)

    def take(self, sms: OutboxMessage, before_text: Callable[[], None]) -> None:
        """Stand in for the provider."""
        self.comes_between("before", sms)
        if self.provider in BEFORE_TEXT:
            self.seen[self.provider] += 1
            raise BEFORE_TEXT[self.provider]
        before_text()
        self.has_the_text(sms)
        self.comes_between("after", sms)
        if self.provider == "is silent" and len(self.reports) % 2:
            self.reports.append(receipt(sms.message_id, "delivered", completed_at=self.now.isoformat()))
        if self.provider in WITH_TEXT:
            self.seen[self.provider] += 1
            self.of_days[timezone.localdate(self.now)] -= self.provider != "is silent"
            raise WITH_TEXT[self.provider]
        status = ("delivered", "permanent-failure", "temporary-failure")[(sms.pk + len(self.reports)) % 3]
        self.reports += [receipt(sms.message_id, each, completed_at=self.now.isoformat()) for each in ("sending", status)]

    def has_the_text(self, sms: OutboxMessage) -> None:
        """Look at an SMS that leaves: the rules of this test."""
        _, person, fact = sms.body.splitlines()[0].split(":")
        self.handed[sms.key] += 1
        self.of_days[timezone.localdate(self.now)] += 1
        assert sms.to, "somebody has said yes"
        assert sms.to == self.consent[int(person)], "with a yes of this moment"
        assert not SuppressedAddress.objects.active().of(sms.to).exists()
        assert int(fact) == self.people.facts[int(person)], "only what is true is sent"
        assert self.handed[sms.key] == 1, "no SMS goes twice"
        assert self.of_days[timezone.localdate(self.now)] <= PER_DAY
        assert fits(sms.body)
        if self.of_days[timezone.localdate(self.now)] == PER_DAY:
            self.seen["a full day"] += 1

    def comes_between(self, when: str, sms: OutboxMessage) -> None:
        """Let happen what was chosen, once, before or after the text was handed over."""
        moment, _, at = self.moment.partition(" ")
        if at != when:
            return
        self.seen[self.moment] += 1
        self.moment = ""
        person = int(sms.key.split(":")[2])
        if moment == "killed":
            self.killed[timezone.localdate(self.now)] += at == "before"
            raise Killed
        if moment == "second":
            self.send_due()
        elif moment == "no":
            self.says_no(person)
        elif moment == "stop":
            self.answers_stop(person, late=False)
        elif moment == "number":
            self.says_yes(person, is_new=True)


class Histories(Phones, RuleBasedStateMachine):
    """One history of two people."""

    @initialize(moment=st.sampled_from(MOMENTS), provider=st.sampled_from(PROVIDERS))
    def begin(self, moment: str, provider: str) -> None:
        """Begin with two people who have said yes to SMS, and with news that meet one of the faults."""
        self.people.facts[:] = [1, 1]
        mail.outbox.clear()
        self.outer = transaction.atomic()
        self.outer.__enter__()
        for person in self.consent:
            self.says_yes(person, is_new=True)
        self.something_comes_between(2, 0, moment)
        self.time_passes(24)
        self.news_go(2, 0, provider)

    @rule(person=persons, is_new=st.booleans())
    def somebody_says_yes(self, person: int, is_new: bool) -> None:
        """Somebody wants SMS, at the phone that they have or at another one."""
        self.says_yes(person, is_new=is_new)

    def teardown(self) -> None:
        """See that everybody reads their fact once nothing stands in the way, some of them by SMS too; forget the history."""
        if hasattr(self, "outer"):
            try:
                self.everything_arrives()
            finally:
                transaction.set_rollback(True)
                self.outer.__exit__(None, None, None)

    @rule(person=persons, how=st.sampled_from(["no", "stop", "late stop", "yes after stop"]))
    def wants_no_more(self, person: int, how: str) -> None:
        """Somebody takes their yes back, on the page or by an answer, and perhaps says yes once more before that is reported."""
        if how == "no":
            self.says_no(person)
        else:
            self.answers_stop(person, late=how != "stop")
        if how == "yes after stop":
            self.says_no(person)
            self.now += timedelta(minutes=1)
            self.says_yes(person, is_new=False)

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        """The clock goes on."""
        self.now += timedelta(hours=hours)

    @rule(minutes=minutes, person=persons, provider=st.sampled_from(PROVIDERS))
    def news_go(self, minutes: int, person: int, provider: str) -> None:
        """Both have news, one of them wants SMS, and the provider may fail."""
        self.now += timedelta(minutes=minutes)
        self.people.facts[:] = [fact + 1 for fact in self.people.facts]
        if not self.consent[person]:
            self.says_yes(person, is_new=True)
        self.messages_go(provider)

    @rule(minutes=minutes, person=persons, moment=st.sampled_from(MOMENTS))
    def something_comes_between(self, minutes: int, person: int, moment: str) -> None:
        """Somebody who wants SMS has news, and while they are sent something happens."""
        self.now += timedelta(minutes=minutes)
        self.people.facts[person] += 1
        if not self.consent[person]:
            self.says_yes(person, is_new=True)
        self.messages_go("takes", moment)

    @rule(minutes=minutes)
    def rest_goes(self, minutes: int) -> None:
        """The clock runs again, with whatever waits."""
        self.now += timedelta(minutes=minutes)
        self.messages_go("takes")

    def messages_go(self, provider: str, moment: str = "") -> None:
        """The clock writes and sends."""
        self.provider, self.moment = provider, moment
        write_due(clock=lambda: self.now)
        with suppress(Killed):
            self.send_due()
            held = OutboxMessage.objects.mails().due(now=self.now)
            assert not held.exists(), "no mail waits because of an SMS"
        self.moment = ""
        on = timezone.localdate(self.now)
        assert 0 <= sms_of_today(now=self.now) - self.of_days[on] <= self.killed[on], "what did not go uses no place up"

    @rule(place=st.integers(0, 30), again=st.booleans())
    def report_comes(self, place: int, again: bool) -> None:
        """One of the reports that are under way comes in, in any order; it may come once more later."""
        if self.reports:
            report = self.reports[place % len(self.reports)]
            if not again:
                self.reports.remove(report)
            self.takes(report)

    def everything_arrives(self) -> None:
        """Let the provider work and every report come: everybody reads what is so, and who says yes gets it by SMS as well."""
        self.provider = "takes"
        for report in self.reports:
            self.takes(report)
        for _ in range(2):
            self.now += timedelta(days=1) + TEXT_HELD
            self.messages_go("takes")
        self.says_yes(0, is_new=True)
        self.says_no(1)
        self.people.facts[:] = [fact + 1 for fact in self.people.facts]
        before = sum(self.handed.values())
        self.now += timedelta(days=1)
        self.messages_go("takes")
        assert sum(self.handed.values()) == before + 1
        assert self.handed[f"sms:{FACT}:0:{self.people.facts[0]}"] == 1
        read = Counter(message.subject for message in mail.outbox)
        assert set(read.values()) == {1}, "no mail goes twice"
        assert {f"{person} {fact}" for person, fact in enumerate(self.people.facts)} <= read.keys()


@pytest.mark.django_db
def test_whatever_happens_sms_go_to_who_said_yes_once_and_mails_as_ever(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.SPEAKOUT_SMS, settings.SPEAKOUT_SMS_PER_DAY = "stub", PER_DAY
    addresses = ["asha@example.org", "ben@example.org"]
    Histories.people = Readers(addresses, [1, 1], users=[UserFactory() for _ in addresses])
    Histories.seen.clear()
    monkeypatch.setattr(kinds, "_kinds", Histories.people.kinds())
    current: list[Histories] = []
    begin = Histories.begin

    class Watched(Histories):
        @initialize(moment=st.sampled_from(MOMENTS), provider=st.sampled_from(PROVIDERS))
        def begin(self, moment: str, provider: str) -> None:
            current.append(self)
            begin(self, moment, provider)

    def take(sms: OutboxMessage, before_text: Callable[[], None]) -> None:
        current[-1].take(sms, before_text)

    monkeypatch.setitem(sms_ports.ADAPTERS, "stub", take)
    run_state_machine_as_test(Watched, settings=of_histories(30))
    if examples(30) == 30:
        expected = {*BEFORE_TEXT, *WITH_TEXT, *MOMENTS, "stop", "delivered", "permanent-failure"}
        assert expected <= Histories.seen.keys(), expected - Histories.seen.keys()


def of_histories(number: int) -> settings:
    """Return how many histories are made and how long they are."""
    return settings(max_examples=examples(number), stateful_step_count=30, phases=[Phase.explicit, Phase.generate])
