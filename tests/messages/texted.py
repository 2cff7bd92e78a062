"""One kind of message for tests of SMS: one fact for each person, who reads mail, and SMS where they said yes."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from schools.messages.kinds import Draft, Kind
from schools.messages.models import OutboxMessage
from schools.messages.sms import is_on, sms_of
from tests.messages.suppressed import FACT, People

ASHA = "+447400123456"


@dataclass
class Texted(People):
    """The same people, and the number to which each wants SMS; "" where somebody wants none."""

    numbers: list[str] = field(default_factory=lambda: [ASHA])

    def drafts(self) -> Iterator[Draft]:
        for draft in super().drafts():
            number = self.numbers[int(draft.key.split(":")[1])] if is_on() else ""
            yield replace(draft, sms=sms_of(number, f"News {draft.key}"))

    def kinds(self) -> dict[str, Kind]:
        """The registry of kinds, with this alone."""
        return {FACT: replace(super().kinds()[FACT], by_sms="each")}


def the_mail() -> OutboxMessage:
    return OutboxMessage.objects.mails().get()


def the_sms() -> OutboxMessage:
    return OutboxMessage.objects.get(channel="sms")


NOW = datetime.fromisoformat("2026-11-24T09:00:00+00:00")
