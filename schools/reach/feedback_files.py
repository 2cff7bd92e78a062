"""The table of feedback in words and as CSV; page and file read the same declarations."""

from collections.abc import Iterator, Sequence
from typing import Any

from schools.core import csv
from schools.core.periods import Period
from schools.delivery.models import QUESTIONS
from schools.reach.exports import csv_cell, slug_of_areas
from schools.reach.feedback import FeedbackRow, FeedbackTable
from schools.reach.figures import FEEDBACK
from schools.reach.sentences import of_part

OF_SHARES = tuple(f"{question}_{part}" for question in QUESTIONS for part in ("percent", "low", "high"))
COLUMNS = ("period", "by", "place", *(figure.name for figure in FEEDBACK), *OF_SHARES)
"""The columns of the file, in this order. A column never moves; a new one takes the next place at the end."""

FEWER = "fewer than five"
"""What a cell says whose answers are not shown."""


def values(table: FeedbackTable, row: FeedbackRow) -> list[Any]:
    """Return the values of a row's columns; None is an empty cell."""
    shares = [value for question in QUESTIONS for value in (row.share(question), *(row.interval(question) or (None, None)))]
    place = "TOTAL" if row is table.total else row.place
    return [str(table.period), table.by.value, place, *(figure.value(row) for figure in FEEDBACK), *shares]


def file_name(table: FeedbackTable, *, areas: Sequence[str] | None) -> str:
    """Return a name that says what is in the file: the period, by what its rows are, and the areas where these are not all."""
    parts = ("feedback", str(table.period).replace("/", "-"), f"by-{table.by.value}", slug_of_areas(areas))
    return f"{'_'.join(filter(None, parts))}.csv"


def csv_lines(table: FeedbackTable) -> Iterator[str]:
    """Yield the lines of the file, the total last. The same figures give the same bytes."""
    rows = ([csv_cell(value) for value in values(table, row)] for row in [*table.rows, table.total])
    return csv.lines(COLUMNS, rows)


def share_in_words(row: FeedbackRow, question: str) -> str:
    """Return like “94.7 % (75.4 to 99.1), of 19”; FEWER where it is not shown."""
    interval = row.interval(question)
    if interval is None:
        return FEWER
    low, high = interval
    return f"{row.share(question)} % ({low} to {high}), of {getattr(row, f'{question}_answers'):,}"


def in_words(period: Period, total: FeedbackRow, *, areas: Sequence[str] | None) -> str:
    """Return the total of the period in a sentence, with how many were asked and answered in the same breath.

    It says of which part it is, by the names of the areas to which the total is restricted (None: all), as it is copied alone.
    """
    return " ".join(filter(None, (_thought(period, total), of_part(areas=areas))))


def _thought(period: Period, total: FeedbackRow) -> str:
    if not total.asked:
        return f"No school was asked yet what it thought of a visit in {period}."
    were = "school was" if total.asked == 1 else "schools were"
    words = f"For {period}, {total.asked:,} {were} asked what they thought of a visit; {total.answered:,} answered"
    if "again" in total.hidden:
        return f"{words}. Fewer than five said whether they would have us again, so that is not shown."
    return f"{words}. Would have us again: {share_in_words(total, 'again')}."
