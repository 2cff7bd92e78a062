"""What somebody is needed for of the checks of volunteers: clearances and sign-offs that end."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model, QuerySet

from schools.office.frame.need_registry import Expiry, Need
from schools.volunteers.models import Clearance, SignOff
from schools.volunteers.queries import clearances_ending, sign_offs_ending

SPANS = ((None, 0), (1, 7), (8, 30), (31, 90))
"""Days from today in which a clearance or a sign-off ends; the first span is what has ended already."""


def _ending(model: type[Model], word: str, ending: Callable[..., QuerySet[Any]]) -> tuple[Need, ...]:
    """Return four needs: what has ended, and what ends within 7, 30 and 90 days; each row is in one of them."""

    def need(first: int | None, last: int) -> Need:
        within = f"within {last} days" if first == 1 else f"in {first} to {last} days"
        expiry = Expiry(ending, first, last)
        return Need(
            key=f"{word.replace(' ', '-')}-{last or 'ended'}",
            model=model,
            rows=expiry.rows,
            since="recheck_on",
            singular=f"{word} of an active volunteer has ended" if first is None else f"{word} ends {within}",
            plural=f"{word}s of active volunteers have ended" if first is None else f"{word}s end {within}",
            in_filter="Ended" if first is None else f"Ends {within}",
            expiry=expiry,
        )

    return tuple(need(*span) for span in SPANS)


NEEDS_OF_CHECKS: tuple[Need, ...] = (
    *_ending(Clearance, "clearance", clearances_ending),
    *_ending(SignOff, "sign-off", sign_offs_ending),
)
"""In the order of home."""
