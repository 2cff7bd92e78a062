"""One kind of message for tests of addresses: one fact for each person, at the address that they have at the moment."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from schools.messages.actions import deliver_due
from schools.messages.asking import write_due
from schools.messages.kinds import Draft, Kind, as_written
from schools.messages.models import OutboxMessage

FACT = "fact"


@dataclass
class People:
    """What each person has to know, and where they read mail; a person whose fact is 0 has nothing to know."""

    addresses: list[str] = field(default_factory=lambda: ["asha@example.org"])
    facts: list[int] = field(default_factory=lambda: [1])

    def drafts(self) -> Iterator[Draft]:
        for person, (address, fact) in enumerate(zip(self.addresses, self.facts, strict=True)):
            if fact:
                yield Draft(f"{FACT}:{person}:{fact}", address, as_written(f"{person} {fact}", "Good day"))

    def again(self, message: OutboxMessage) -> Draft | None:
        return next((draft for draft in self.drafts() if draft.key == message.key), None)

    def kinds(self) -> dict[str, Kind]:
        """The registry of kinds, with this alone."""

        def keep(*_: Any) -> None:
            """Nothing is kept about it."""

        return {FACT: Kind(FACT, "A fact", lambda *_: self.drafts(), lambda message, _: self.again(message), keep, keep)}


def write_and_send(now: datetime) -> int:
    """Write what is due, and send it; return how many messages were sent."""
    write_due(clock=lambda: now)
    return deliver_due(clock=lambda: now)[0]
