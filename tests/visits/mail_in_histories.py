"""The mail server in the histories of bookings: it refuses, is away, gives no answer, or reports later that a mail came back.

Here stand the clock of a history too, and how a verb is done and its kinds are woken.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused
from types import SimpleNamespace
from typing import ClassVar

import time_machine
from anymail.signals import EventType, RejectReason
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from schools.core.errors import RuleBroken
from schools.messages import actions
from schools.messages.reports import take_report
from schools.messages.smtp import NoEntry, Unanswered
from schools.models import AreaAuthority, OutboxMessage, User
from tests.news import tell

FAULTS = (
    "refused", "away", "no answer", "no answer, arrived", "killed before", "killed after", "two at once", "changed",
    "comes back", "comes back, full", "",
)  # fmt: skip
"""What goes wrong with a mail; "": nothing."""
LASTING = frozenset({"refused", "away", "no answer"})
"""The faults that meet every mail of a run; others meet the first."""
AFTERWARDS = ("server down", "met the server down", "it came back", "mailbox was full")
"""What else histories count."""
WOKEN = ("mornings", "visits", "school-pack", "given-back", "school-alarm", "morning-alarm", "school-change")
"""The kinds that a verb wakes."""

LAST = datetime(2026, 11, 30, 19, tzinfo=UTC)
"""The evening before the first visit; histories that go on pass it."""
EVENING = datetime(2026, 11, 30, 17, 10, tzinfo=UTC)
"""The evening before the first day, from which on a school may call it off."""

OF_SEVERAL = frozenset({"school-pack", "school-week", "school-day-before", "school-thanks", "school-thanks-again"})
"""The reminders to schools of which one mail is about all visits of its reader."""
ONE_EACH = frozenset({"mornings", "visits", "evening", "near-you", "morning-list"}) | OF_SEVERAL
ONE_ABOUT_EACH = frozenset({"school-alarm", "morning-alarm"})
"""Of these a run writes one mail at most to each person, or one with the same subject; of other kinds none of the same words
about the same visits."""


def areas_of(message: OutboxMessage) -> str:
    """The areas of the visits and of the schools of a reminder to a school: it is about one of each."""
    rows = message.about.select_related("visit__school", "school")
    area: dict[int | None, int] = dict(AreaAuthority.objects.values_list("authority", "area"))
    [areas] = {(area[row.visit.school.authority_id], area[row.school.authority_id]) for row in rows if row.school}
    return f"{areas}"


faults = st.sampled_from([None, *FAULTS])


class Killed(BaseException):
    """The sender is killed."""


@dataclass
class Report:
    """What a provider knows of a message and has not reported yet."""

    name: str
    """As histories count it."""
    to: str
    take: Callable[[datetime], None]


class MailInHistories(RuleBasedStateMachine):
    """What becomes of the mails of a history before somebody reads them."""

    by: ClassVar[User]
    seen: ClassVar[Counter[str]] = Counter()
    """How often each verb and fault happened, over all histories."""
    clock: ClassVar[time_machine.Traveller]
    fault: str
    numbers: int
    kinds: ClassVar[Collection[str]]
    """Those that somebody reads here."""
    cancel_quietly: Callable[[], None]
    reads: Callable[[OutboxMessage], None]
    may_leave: Callable[[OutboxMessage], None]
    sms_goes: Callable[[OutboxMessage, Callable[[], None]], None]

    @property
    def now(self) -> datetime:
        """The moment of the history; what is written is as old as that."""
        return self._now

    @now.setter
    def now(self, moment: datetime) -> None:
        self._now = moment
        self.clock.move_to(moment)

    def begin_mail(self) -> None:
        """Begin with a server that takes everything."""
        self.fault = ""
        self.down_until = self.now
        self.inbox: Counter[tuple[str, str]] = Counter()
        self.arrived: set[int] = set()
        """The ids of the messages that somebody has."""
        self.failed: set[str] = set()
        """The addresses at which mail ended without an answer, or was refused."""
        self.may_have_read: set[str] = set()
        """The addresses of readers who may have got a mail, as far as the program knows, and have not."""
        self.in_doubt: set[int] = set()
        """The ids of the messages that the server took and that nobody has; the provider reports that later."""
        self.may_repeat: set[str] = set()
        self.reports: list[Report] = []
        self.misled: list[Exception] = []
        """What a reader objected to; a sender takes it for a mail server's refusal, so it is raised once the sender is done."""

    # How something is done

    def does(self, name: str, verb: Callable[[], object]) -> bool:
        """Do it, if the rules allow it; the kinds are woken after it, as after a commit.

        Nobody does anything else at the very moment: by it one decision is known from another.
        """
        try:
            with transaction.atomic():
                verb()
        except RuleBroken:
            return False
        self.seen[name] += 1
        self.now += timedelta(microseconds=1)
        return True

    def wake(self, fault: str | None = None, *, kinds: Collection[str] = WOKEN) -> None:
        """Write what is due, to each person one mail at most about what was decided, and send it; None: it is left to wait."""
        last = OutboxMessage.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        tell(self.now, kinds=kinds)
        self.are_one_for_each(OutboxMessage.objects.mails().filter(pk__gt=last))
        if fault is not None:
            self.fault = fault
            self.send_all()
            self.fault = ""

    def are_one_for_each(self, written: Iterable[OutboxMessage]) -> None:
        """See that of the mails of one run nobody gets two about one decision, but of reminders to schools one for each area."""
        times: Counter[tuple[str, str, str]] = Counter()
        for message in written:
            visits = sorted(message.about.values_list("visit", flat=True))
            words = "" if message.kind in ONE_ABOUT_EACH else f"\n{message.body}{visits}"
            alike = "" if message.kind in ONE_EACH else f"{message.subject}{words}"
            # What failed in another hour is told apart, though its mail had the same subject.
            alike += message.key if message.kind == "undelivered" else ""
            times[message.kind, message.to, areas_of(message) if message.kind in OF_SEVERAL else alike] += 1
        assert all(number == 1 for number in times.values()), times

    # The faults

    @rule()
    def server_is_down_for_a_day(self) -> None:
        """From now on for a day the mail server is not there."""
        self.down_until = self.now + timedelta(days=1)
        self.seen["server down"] += 1

    @precondition(lambda self: self.reports)
    @rule(place=st.integers(0, 20), again=st.booleans())
    def report_comes(self, place: int, again: bool) -> None:
        """The provider reports what became of a message; reports come in any order, and perhaps once more later."""
        report = self.reports[place % len(self.reports)]
        if not again:
            self.reports.remove(report)
        self.take(report)

    def take(self, report: Report) -> None:
        """Take a report."""
        self.seen[report.name] += 1
        self.failed.add(report.to)
        report.take(self.now)

    def mend_mail(self) -> None:
        """Let the server be there from now on, and every report come."""
        self.fault, self.down_until = "", self.now
        for report in self.reports:
            self.take(report)
        self.reports.clear()

    def send_all(self) -> None:
        """Send what is due, as far as the sender lives."""
        with suppress(Killed):
            actions.deliver_due(clock=lambda: self.now)
        if self.misled:
            raise self.misled[0]

    def send(self, message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        """Stand in for the mail server, and for whoever takes our SMS."""
        if message.is_sms:
            self.sms_goes(message, before_text)
            return ""
        if self.now < self.down_until:
            self.seen["met the server down"] += 1
            raise NoEntry
        fault, self.fault = self.fault, self.fault if self.fault in LASTING else ""
        self.seen[fault or "sent"] += 1
        if fault == "killed before":
            raise Killed
        if fault == "changed":
            self.cancel_quietly()
        if fault == "two at once":
            self.send_all()
        before_text()
        self.may_leave(message)
        self._fail(message, fault)
        if fault.startswith("comes back"):
            self.may_have_read.add(message.to)
            self.in_doubt.add(message.pk)
            self.reports.append(self._report(message, is_full=fault.endswith("full")))
            return ""
        self._arrives(message)
        if fault in {"killed after", "no answer, arrived"}:
            self.may_repeat.add(message.message_id)
            self.failed.add(message.to)
            raise Killed if fault == "killed after" else Unanswered
        return ""

    def _fail(self, message: OutboxMessage, fault: str) -> None:
        if fault in {"refused", "no answer"}:
            self.failed.add(message.to)
        if fault == "refused":
            raise SMTPRecipientsRefused({message.to: (550, b"no such person")})
        if fault == "away":
            raise SMTPDataError(451, b"not now")
        if fault == "no answer":
            self.may_have_read.add(message.to)
            raise Unanswered

    def _report(self, message: OutboxMessage, *, is_full: bool) -> Report:
        """Return what the provider reports later: that the mailbox was full, or that there is none."""
        event = SimpleNamespace(
            event_type=EventType.BOUNCED,
            reject_reason=RejectReason.OTHER if is_full else RejectReason.BOUNCED,
            recipient=message.to,
            metadata={"message": message.message_id},
            timestamp=self.now,
            esp_event={},
            mta_response="550 5.1.1",
            description=None,
        )
        name = "mailbox was full" if is_full else "it came back"
        return Report(name, message.to, lambda now: take_report(event, now=now))

    def _arrives(self, message: OutboxMessage) -> None:
        """Let a mail of a kind arrive, once, except where a sender may not have heard so."""
        if message.kind not in self.kinds:
            return
        self.inbox[message.to, message.message_id] += 1
        assert self.inbox[message.to, message.message_id] == 1 or message.message_id in self.may_repeat
        self.seen[message.kind] += 1
        self.arrived.add(message.pk)
        self.reads(message)
