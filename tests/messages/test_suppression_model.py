"""Histories of addresses: bounces and complaints that come late, twice and out of order, corrections, lifting, two senders.

The other side is a world of mailboxes, some of which take nothing, and of people who read. At any time nothing reaches an address
that is marked but mail of signing in; at the end, once every mailbox works and every mark is lifted, everybody knows their fact.
"""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from smtplib import SMTPRecipientsRefused
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from anymail.signals import EventType, RejectReason
from django.db import transaction
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from schools.core.errors import RuleBroken
from schools.messages import actions, kinds
from schools.messages.actions import deliver_due, try_address_again
from schools.messages.models import OutboxMessage, SuppressedAddress
from schools.messages.reports import take_report
from schools.models import User
from tests.factories import manager
from tests.messages.suppressed import People, write_and_send
from tests.profiles import examples

BEGIN = datetime(2026, 11, 24, 9, tzinfo=UTC)
persons = st.integers(0, 1)


class Addresses(RuleBasedStateMachine):
    """One history of two people."""

    by: ClassVar[User]
    people: ClassVar[People]
    seen: ClassVar[Counter[str]] = Counter()

    @initialize()
    def begin(self) -> None:
        """Begin with two people who know nothing yet; one mailbox takes nothing any more."""
        self.now = BEGIN
        self.people.addresses[:] = ["asha0@example.org", "ben0@example.org"]
        self.people.facts[:] = [1, 1]
        self.dead = {"asha0@example.org"}
        self.refuses_at_once = False
        self.together = False
        self.reports: list[SimpleNamespace] = []
        self.read: set[tuple[str, int]] = set()
        """What reached somebody: the number of the person and the fact."""
        self.delivered: Counter[str] = Counter()
        self.numbers = 0
        self.outer = transaction.atomic()
        self.outer.__enter__()

    def teardown(self) -> None:
        """See that everybody knows their fact once nothing stands in the way, then forget the history."""
        if hasattr(self, "outer"):
            try:
                self.everything_arrives()
            finally:
                transaction.set_rollback(True)
                self.outer.__exit__(None, None, None)

    @rule(person=persons)
    def fact_changes(self, person: int) -> None:
        """Something else is true."""
        self.people.facts[person] += 1

    @rule(person=persons)
    def address_is_corrected(self, person: int) -> None:
        """Somebody reads mail elsewhere from now on."""
        self.numbers += 1
        self.people.addresses[person] = f"{'ab'[person]}{self.numbers}@example.org"

    @rule(person=persons, dies=st.booleans(), at_once=st.booleans())
    def mailbox_changes(self, person: int, dies: bool, at_once: bool) -> None:
        """A mailbox takes nothing any more, as its server says at once or later; or it works again."""
        (self.dead.add if dies else self.dead.discard)(self.people.addresses[person])
        self.refuses_at_once = at_once

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        """The clock goes on."""
        self.now += timedelta(hours=hours)

    @rule(two=st.booleans())
    def mail_goes_out(self, two: bool) -> None:
        """The clock writes and sends; a second sender may come in the middle of the first’s work."""
        self.together = two
        write_and_send(self.now)
        self.together = False

    @rule(person=persons)
    def signs_in(self, person: int) -> None:
        """Somebody asks for a code, which goes wherever they are."""
        self.numbers += 1
        put = {"subject": "code", "body": "1", "to": self.people.addresses[person]}
        code = OutboxMessage.objects.create(key=f"sign-in:{self.numbers}", **put)
        works = put["to"] not in self.dead
        deliver_due(clock=lambda: self.now)
        code.refresh_from_db()
        assert not works or code.sent_at == self.now

    @rule(place=st.integers(0, 30), again=st.booleans())
    def report_comes(self, place: int, again: bool) -> None:
        """One of the reports that are under way comes in, in any order; it may come once more later."""
        if self.reports:
            report = self.reports[place % len(self.reports)]
            if not again:
                self.reports.remove(report)
            self.takes(report)

    def takes(self, report: SimpleNamespace) -> None:
        """Take the report; a second time it changes nothing."""
        self.seen[str(report.event_type)] += 1
        take_report(report, now=self.now)
        before = self.rows()
        take_report(report, now=self.now)
        assert self.rows() == before

    def rows(self) -> list[Any]:
        return [*OutboxMessage.objects.order_by("pk").values(), *SuppressedAddress.objects.order_by("pk").values()]

    @rule(place=st.integers(0, 3), reason=st.sampled_from(["It was full.", "She says it works.", ""]))
    def is_lifted(self, place: int, reason: str) -> None:
        """A coordinator lets a marked address be tried again, if they say why."""
        marked = list(SuppressedAddress.objects.active())
        if not marked:
            return
        row = marked[place % len(marked)]
        try:
            try_address_again(row.pk, why=reason, by=self.by, now=self.now)
        except RuleBroken:
            assert not reason
        else:
            self.seen["lifted"] += 1

    # The world

    def send(self, message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        """Stand in for the mail server or the provider."""
        if self.together:
            self.together = False
            self.seen["two senders"] += 1
            deliver_due(clock=lambda: self.now)
        if message.to in self.dead and self.refuses_at_once:
            self.seen["refused"] += 1
            raise SMTPRecipientsRefused({message.to: (550, b"5.1.1 no such person")})
        before_text()
        is_code = message.key.startswith("sign-in:")
        assert is_code or not SuppressedAddress.objects.active().of(message.to).exists()
        self.delivered[message.message_id] += 1
        assert self.delivered[message.message_id] == 1, "nothing goes out twice under one Message-ID"
        if message.to in self.dead:
            self.reports.append(self.report(message, EventType.BOUNCED, RejectReason.BOUNCED))
        elif not is_code:
            person, fact = message.subject.split()
            assert int(fact) == self.people.facts[int(person)], "only what is true is sent"
            assert (person, int(fact)) not in self.read, "nobody reads the same twice"
            self.read.add((person, int(fact)))
            if fact == "2":
                self.reports.append(self.report(message, EventType.COMPLAINED, RejectReason.SPAM))
        return ""

    def report(self, message: OutboxMessage, event_type: str, reason: str) -> SimpleNamespace:
        return SimpleNamespace(
            event_type=event_type, reject_reason=reason, recipient=message.to, metadata={"message": message.message_id},
            timestamp=self.now, esp_event={}, mta_response="550 5.1.1", description=None,
        )  # fmt: skip

    def everything_arrives(self) -> None:
        """Mend the mailboxes, let every report come, lift every mark: everybody knows what is so."""
        self.dead.clear()
        for report in self.reports:
            self.takes(report)
        self.reports.clear()
        self.now += timedelta(days=2)
        for row in SuppressedAddress.objects.active():
            try_address_again(row.pk, why="It works again.", by=self.by, now=self.now)
        for _ in range(3):
            write_and_send(self.now)
            self.now += timedelta(days=1)
        for person, fact in enumerate(self.people.facts):
            assert (str(person), fact) in self.read, (person, fact)


@pytest.mark.django_db
def test_everybody_is_told_once_whatever_happens_to_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    Addresses.by, Addresses.people = manager(), People(["", ""], [0, 0])
    Addresses.seen.clear()
    monkeypatch.setattr(kinds, "_kinds", Addresses.people.kinds())
    current: list[Addresses] = []
    begin = Addresses.begin

    class Watched(Addresses):
        @initialize()
        def begin(self) -> None:
            current.append(self)
            begin(self)

    def send(message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        return current[-1].send(message, before_text=before_text)

    monkeypatch.setattr(actions, "send", send)
    of_histories = settings(max_examples=examples(30), stateful_step_count=30, phases=[Phase.explicit, Phase.generate])
    run_state_machine_as_test(Watched, settings=of_histories)
    if examples(30) == 30:
        assert {"refused", "bounced", "complained", "lifted", "two senders"} <= Addresses.seen.keys(), Addresses.seen
