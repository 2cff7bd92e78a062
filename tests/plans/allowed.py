"""Which statements may read many rows, and why; everything else is led to its rows by an index."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Allowed:
    """Statements of a page that have these words, and may read every row of a table."""

    page: str
    table: str
    words: str
    reason: str


ALLOWED = (
    Allowed(
        "admin:due", "schools_school", "LIMIT 501",
        "The list of a whole nation goes through its schools until it has as many as can be leafed through.",
    ),
    Allowed(
        "admin:due", "schools_school", "LIMIT 1",
        "Whether there are too many schools to read them all is known once so many were counted.",
    ),
)  # fmt: skip
