"""What to say to a school that is due, in sentences to read out on the phone; a manager may put each into other words."""

from dataclasses import dataclass
from datetime import date

from schools.charity.queries import current
from schools.core.words import long_day
from schools.messages.wording import wording


@dataclass(frozen=True)
class CallFacts:
    """What is said of one call."""

    caller: str
    last_visit: date | None
    """None: we have not been to the school yet."""
    never_reached: str
    """The year groups whose children never met us, in words; blank: none."""
    is_outcome_awaited: bool = False
    """Whether a visit has begun of which nobody has said yet what became of it."""


def script_of(facts: CallFacts) -> list[str]:
    """Return who is calling, when we were there, who never saw us, and the question.

    Of a school that never had us nobody ever saw us, which is said without naming year groups. Where an outcome is awaited,
    neither is said, because we may have been there a moment ago.
    """
    if facts.is_outcome_awaited:
        return [_greeting(facts), wording("call.question")]
    last = wording("call.last-visit", {"day": long_day(facts.last_visit)}) if facts.last_visit else wording("call.never-there")
    groups = facts.never_reached if facts.last_visit else ""
    return [
        _greeting(facts),
        last,
        *([wording("call.never-reached", {"groups": groups})] if groups else []),
        wording("call.question"),
    ]


def _greeting(facts: CallFacts) -> str:
    return wording("call.greeting", {"caller": facts.caller, "charity": current().brand})
