"""How large the tables of a national charity are, and to how many rows their indexes lead."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from django.apps import apps
from django.db.models import CheckConstraint

NATIONAL = Path(__file__).with_name("national.csv")

type Statistics = list[tuple[str, str | None, str, str]]
"""A table, an index of it (None: the table’s rows alone), its rows, then those of each beginning of its key; its columns."""

GROWS_AS = {
    "schools_outboxmessage": "schools_cover",
    "schools_messageabout": "schools_cover",
    "schools_messageto": "schools_cover",
    "schools_outcomesubmission": "schools_session",
    "schools_clearancelook": "schools_session",
    "schools_feedback": "schools_visit",
    "schools_schoolanswer": "schools_visit",
    "schools_schoolchange": "schools_visit",
    "schools_schoolalarm": "schools_visit",
    "schools_visitrequest": "schools_visit",
    "schools_offereddates": "schools_visit",
    "schools_contactlog": "schools_visit",
    "schools_schoolaccess": "schools_contact",
    "schools_site": "schools_school",
    "schools_importchange": "schools_school",
    "schools_deprivation": "schools_school",
    "schools_postcode": "schools_roll",
    "schools_publishedatom": "schools_headcount",
    "schools_apiuse": "schools_session",
    "schools_earliervalue": "schools_session",
    "schools_historicalschool": "schools_school",
    "schools_historicalvisit": "schools_visit",
    "schools_historicalsession": "schools_session",
    "schools_historicalcover": "schools_cover",
    "schools_historicalheadcount": "schools_headcount",
    "schools_historicalclearance": "schools_clearance",
    "django_admin_log": "schools_cover",
}
"""Tables that the demo leaves empty or small and years fill, and a table whose rows they are taken to reach."""


@dataclass(frozen=True)
class Reading:
    """Many rows of a table that a statement reads: all of them, or those to which an index leads at once."""

    table: str
    rows: int
    index: str = ""
    """The index that leads to too many; blank where every row is read."""

    def __str__(self) -> str:
        way = f"about {self.rows:,} rows each time by {self.index}" if self.index else f"all {self.rows:,} rows"
        return f"{self.table}: {way}"


def national() -> Statistics:
    """Return the statistics of the made-up national charity; tables that it does not fill are as large as years make them."""
    with NATIONAL.open(encoding="utf-8", newline="") as file:
        counted: Statistics = [(table, index or None, numbers, columns) for table, index, numbers, columns in csv.reader(file)]
    sizes = Sizes(counted)
    grown: Statistics = [(table, None, str(sizes.rows_of(other)), "") for table, other in GROWS_AS.items()]
    # What a full index of them counts is too little. Partial ones, of what waits, hold as little after years.
    partial = set(_partial_indexes())
    lines = [line for line in counted if line[0] not in GROWS_AS or line[:2] in partial] + grown
    return lines + [(table, index, "1 1", "") for table, index in sorted(partial.difference(line[:2] for line in lines))]


def _partial_indexes() -> Iterator[tuple[str, str]]:
    """Yield table and name of each index that has some of its table's rows."""
    for model in apps.get_models():
        for index in (*model._meta.indexes, *model._meta.constraints):
            if getattr(index, "condition", None) is not None and not isinstance(index, CheckConstraint):
                yield model._meta.db_table, index.name


@dataclass(frozen=True)
class Sizes:
    """How many rows the tables of the national charity have, and to how many an index leads."""

    statistics: Statistics

    @cached_property
    def _rows(self) -> dict[str, int]:
        """The rows of each table and index; a partial index has fewer than its table."""
        rows: dict[str, int] = {}
        for table, index, numbers, _ in self.statistics:
            number = int(numbers.split()[0])
            rows[table] = max(rows.get(table, 0), number)
            if index:
                rows[index] = number
        return rows

    def rows_of(self, table: str, index: str = "") -> int:
        """Return how many rows the table has, or its index where that was counted; 0 where the national charity has none."""
        return self._rows.get(index, self._rows.get(table, 0))

    @cached_property
    def _indexes(self) -> dict[str, list[int]]:
        return {
            index: [int(number) for number in numbers.split() if number.isdigit()]
            for _, index, numbers, _ in self.statistics
            if index
        }

    def name_of(self, table: str, columns: str) -> str:
        """Return the name that SQLite gave to the index of these columns; blank: none was counted."""
        return self._names.get((table, columns), "")

    @cached_property
    def _names(self) -> dict[tuple[str, str], str]:
        partial = set(_partial_indexes())
        return {
            (table, columns): index
            for table, index, _, columns in self.statistics
            if index and columns and (table, index) not in partial
        }

    def rows_behind(self, index: str, keys: int, limits: int) -> int:
        """Return to how many rows a search by so many columns leads on average; 0 where the index was not counted.

        Of what lies between two limits SQLite takes a 64th to be there, and of what lies beyond one of them a quarter.
        """
        numbers = self._indexes.get(index)
        if numbers and index.startswith("sqlite_autoindex_") and keys >= len(numbers) - 1:
            return 1  # SQLite makes them for what is there once; that it counts the rows without a value as alike says nothing
        return numbers[min(keys, len(numbers) - 1)] // {0: 1, 1: 4}.get(limits, 64) if numbers else 0
