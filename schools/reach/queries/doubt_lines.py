"""One thing that looks wrong, and the headcounts behind it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from schools.reach.models import Confirmed, DoubtKind


@dataclass(frozen=True)
class CountBehind:
    """A headcount behind a doubt."""

    session: int
    school: int
    year_group: int
    pupils: int | None
    name: str
    """The year group, as the school's nation calls it."""


@dataclass(frozen=True)
class Doubt:
    """One thing that looks wrong."""

    kind: DoubtKind
    subject: str
    """The rows that it is about; kind and subject together identify the doubt."""
    area: int | None
    """None where the school lies in no area."""
    day: date
    school: str
    words: str
    digest: str
    session: int | None = None
    """The session whose page shows it; None where it is not about one session."""
    school_id: int | None = None
    counts: tuple[CountBehind, ...] = ()
    """The headcounts that it is about."""
    entered: tuple[str, ...] = ()
    """Which of them were confirmed by whoever entered them, when and by whom; set by `doubts` alone."""
    confirmed: Confirmed | None = None
    """The confirmation that it is right, if the rows behind it did not change since."""


def digest_of(rows: Iterable[Any]) -> str:
    """Return SHA-256 of what the rows behind a doubt say: whoever confirmed it is asked again when they change."""
    return hashlib.sha256(repr(list(rows)).encode()).hexdigest()
