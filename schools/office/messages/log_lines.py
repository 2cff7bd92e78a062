"""What the log of messages shows of each message: on its own page, and on the pages of visits, schools and volunteers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.utils import timezone
from django.utils.safestring import SafeString

from schools.core.ids import IsAmong
from schools.core.prepared import GivenRows, Prepared
from schools.messages.kinds import kind_of
from schools.messages.masking import masked, number_to_show, subject_to_show, text_to_show
from schools.messages.models import OutboxMessage, OutboxMessageQuerySet
from schools.messages.states import State, state_of
from schools.office.frame.chips import chip
from schools.visits.queries.message_log import Parties, parties_of

MOST_ON_A_PAGE_OF_SOMETHING = 5
"""So many messages stand on the page of a visit, a school or a volunteer; the log has all."""
LATEST = Prepared(
    lambda: (
        OutboxMessage.objects.filter(IsAmong(F("pk"), GivenRows("messages")))
        .select_related("sms")
        .defer("body", "attached")
        .order_by("-created_at", "-pk")[: MOST_ON_A_PAGE_OF_SOMETHING + 1]
    )
)
BY_MAIL, BY_BOTH = "By mail", "By mail and SMS"
CHIPS = {
    State.SENT: "done",
    State.WAITS: "quiet",
    State.CAME_BACK: "problem",
    State.UNSURE: "problem",
    State.TAKEN_BACK: "cancelled",
    State.TOO_LATE: "cancelled",
}


@dataclass(frozen=True)
class LogLine:
    """One message as the log shows it."""

    message: OutboxMessage
    kind: str
    subject: str
    parties: Parties
    state: SafeString
    when: datetime
    channel: str = BY_MAIL

    @property
    def reader(self) -> str:
        """Whom it is for: names where they are known, else the address."""
        return self.parties.names or self.message.to or "somebody who was erased"


def lines_of(messages: Sequence[OutboxMessage]) -> list[LogLine]:
    """Return the lines of these messages; two queries for any number."""
    now, parties = timezone.now(), parties_of(messages)
    return [_line(message, parties.get(message.pk, Parties()), now=now) for message in messages]


def _line(message: OutboxMessage, parties: Parties, *, now: datetime) -> LogLine:
    kind, state = kind_of(message), state_of(message, now=now)
    return LogLine(
        message=message,
        kind=kind.words if kind else "Direct",
        subject=subject_to_show(message),
        parties=parties,
        state=chip(CHIPS[state], state.words),
        when=message.sent_at or message.stopped_at or message.created_at,
        channel=BY_BOTH if _sms_of(message) else BY_MAIL,
    )


@dataclass(frozen=True)
class ShownSms:
    """The SMS beside a mail, as the page of that mail shows it: the end of the number alone."""

    number: str
    state: SafeString
    when: datetime
    text: str
    error: str
    has_arrived: bool


def shown_sms(message: OutboxMessage, *, now: datetime) -> ShownSms | None:
    """Return what is shown of the SMS beside the mail; None where there is none."""
    sms = _sms_of(message)
    if sms is None:
        return None
    state, when = state_of(sms, now=now), sms.arrived_at or sms.sent_at or sms.stopped_at or sms.created_at
    return ShownSms(
        number=number_to_show(sms),
        state=chip(CHIPS[state], state.words),
        when=when,
        text=text_to_show(sms),
        error=masked(sms.last_error.replace(sms.to, number_to_show(sms))) if sms.to else "",
        has_arrived=sms.arrived_at is not None,
    )


def _sms_of(message: OutboxMessage) -> OutboxMessage | None:
    """Return the SMS beside the mail, which is read together with it."""
    sms: OutboxMessage | None = getattr(message, "sms", None)
    return sms


@dataclass(frozen=True)
class LogPart:
    """The latest messages of a visit, a school or a volunteer, for their page."""

    lines: list[LogLine]
    goes_on: bool
    query: str
    """The part of the log’s address that shows them all."""


def part_of_log(messages: OutboxMessageQuerySet, query: str) -> LogPart:
    """Return the latest of these messages, about what the page is about; three queries, one where there are none.

    Whoever may open the page may see them all, so nobody asks once more: that would read all that belongs to a coordinator.
    """
    rows = LATEST.run(messages=messages)
    shown = rows[:MOST_ON_A_PAGE_OF_SOMETHING]
    return LogPart(lines_of(shown) if shown else [], len(rows) > len(shown), query)
