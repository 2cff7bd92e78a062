"""The mail server in the histories of bookings: it refuses, is away, gives no answer, or reports later that a mail came back."""

from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused
from types import SimpleNamespace
from typing import ClassVar

from anymail.signals import EventType, RejectReason
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from schools.messages import actions
from schools.messages.reports import take_report
from schools.messages.smtp import NoEntry, Unanswered
from schools.models import OutboxMessage

FAULTS = (
    "refused", "away", "no answer", "no answer, arrived", "killed before", "killed after", "two at once", "changed",
    "comes back", "comes back, full", "",
)  # fmt: skip
"""What goes wrong with a mail; "": nothing."""
LASTING = frozenset({"refused", "away", "no answer"})
"""The faults that meet every mail of a run; others meet the first."""
AFTERWARDS = ("server down", "met the server down", "it came back", "mailbox was full")
"""What else histories count."""


class Killed(BaseException):
    """The sender is killed."""


class MailInHistories(RuleBasedStateMachine):
    """What becomes of the mails of a history before somebody reads them."""

    seen: ClassVar[Counter[str]]
    now: datetime
    fault: str
    kinds: ClassVar[Collection[str]]
    """Those that somebody reads here."""
    cancel_quietly: Callable[[], None]
    reads: Callable[[OutboxMessage], None]

    def begin_mail(self) -> None:
        """Begin with a server that takes everything."""
        self.fault = ""
        self.down_until = self.now
        self.inbox: Counter[tuple[str, str]] = Counter()
        self.may_repeat: set[str] = set()
        self.reports: list[SimpleNamespace] = []
        """What the provider knows and has not reported yet."""

    @rule()
    def server_is_down_for_a_day(self) -> None:
        """From now on for a day the mail server is not there."""
        self.down_until = self.now + timedelta(days=1)
        self.seen["server down"] += 1

    @rule(place=st.integers(0, 20), again=st.booleans())
    def report_comes(self, place: int, again: bool) -> None:
        """The provider reports that a mail came back; reports come in any order, and perhaps once more later."""
        if self.reports:
            report = self.reports[place % len(self.reports)]
            if not again:
                self.reports.remove(report)
            self.take(report)

    def take(self, report: SimpleNamespace) -> None:
        """Take a report."""
        self.seen["it came back" if report.reject_reason == RejectReason.BOUNCED else "mailbox was full"] += 1
        take_report(report, now=self.now)

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

    def send(self, message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        """Stand in for the mail server."""
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
        self._fail(message, fault)
        if fault.startswith("comes back"):
            self.reports.append(self._report(message, is_full=fault.endswith("full")))
            return ""
        self._arrives(message)
        if fault in {"killed after", "no answer, arrived"}:
            self.may_repeat.add(message.message_id)
            raise Killed if fault == "killed after" else Unanswered
        return ""

    def _fail(self, message: OutboxMessage, fault: str) -> None:
        if fault == "refused":
            raise SMTPRecipientsRefused({message.to: (550, b"no such person")})
        if fault == "away":
            raise SMTPDataError(451, b"not now")
        if fault == "no answer":
            raise Unanswered

    def _report(self, message: OutboxMessage, *, is_full: bool) -> SimpleNamespace:
        """Return what the provider reports later: that the mailbox was full, or that there is none."""
        return SimpleNamespace(
            event_type=EventType.BOUNCED,
            reject_reason=RejectReason.OTHER if is_full else RejectReason.BOUNCED,
            recipient=message.to,
            metadata={"message": message.message_id},
            timestamp=self.now,
            esp_event={},
            mta_response="550 5.1.1",
            description=None,
        )

    def _arrives(self, message: OutboxMessage) -> None:
        """Let a mail of a kind arrive, once, except where a sender may not have heard so."""
        if message.kind not in self.kinds:
            return
        self.inbox[message.to, message.message_id] += 1
        assert self.inbox[message.to, message.message_id] == 1 or message.message_id in self.may_repeat
        self.seen[message.kind] += 1
        self.reads(message)
