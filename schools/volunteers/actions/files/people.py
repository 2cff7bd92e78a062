"""The rows of each person, put together; plain values, so that it can be held against a second computation.

A person is known by reference, else by e-mail address, and may have several rows. The order of rows makes no difference.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from schools.directory.actions.reading import RowProblem
from schools.volunteers.actions.files.rows import ClearanceCells, VolunteerRow

type Rows = list[tuple[int, VolunteerRow]]
type ClearanceKey = tuple[str, date | None]
"""Scheme and day of issue; None: only applied for."""

SINGLE = ("reference", "name", "email", "phone", "postcode", "status", "joined", "furthest_km")
"""Columns of which a person has one value."""


class RowKey(NamedTuple):
    """What a row is known by: all that is in memory of every row of the file at the same time."""

    line: int
    reference: str
    email: str

    @property
    def known_by(self) -> str:
        """The reference, else the e-mail address: what identifies the person in a report."""
        return self.reference or self.email


@dataclass(slots=True)
class FilePerson:
    """What the file says of one person; "" and None where it says nothing."""

    lines: tuple[int, ...]
    reference: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    postcode: str = ""
    status: str = ""
    joined: date | None = None
    furthest_km: int | None = None
    areas: set[str] = field(default_factory=set)
    clearances: dict[ClearanceKey, ClearanceCells] = field(default_factory=dict)
    signed_off: dict[str, date | None] = field(default_factory=dict)
    availability: set[tuple[int, str]] = field(default_factory=set)
    away: set[tuple[date, date]] = field(default_factory=set)
    languages: set[str] = field(default_factory=set)

    @property
    def key(self) -> str:
        """What the person is known by in the file: the reference, else the e-mail address; in small letters."""
        return self.reference.casefold() or self.email

    @property
    def known_by(self) -> str:
        """The same, as it is written in the file."""
        return self.reference or self.email


def rows_of_people(rows: Collection[RowKey]) -> tuple[list[list[RowKey]], list[RowProblem]]:
    """Return the rows of each person by what the file alone says, and the rows of addresses that two people claim.

    A row without a reference belongs to the person of the file who has its address.
    """
    references: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.reference and row.email:
            references[row.email].add(row.reference.casefold())
    shared = {email for email, owners in references.items() if len(owners) > 1}
    claimants = {reference for email in shared for reference in references[email]}
    groups: defaultdict[str, list[RowKey]] = defaultdict(list)
    problems = []
    for row in rows:
        if row.email in shared or row.reference.casefold() in claimants:
            reason = "It gives an e-mail address that another person in the file has too. An address belongs to one person."
            problems.append(RowProblem(row.line, row.known_by, reason))
        elif row.reference:
            groups[row.reference.casefold()].append(row)
        else:
            owner = next(iter(references[row.email]), "") if row.email in references else ""
            groups[owner or row.email].append(row)
    return list(groups.values()), problems


def merged(rows: Rows) -> FilePerson | list[RowProblem]:
    """Return what the rows say together, or what is wrong with each where they contradict each other."""
    if columns := _contradictions([row for _, row in rows]):
        return _refused(rows, columns)
    person = FilePerson(tuple(sorted(line for line, _ in rows)))
    for _, row in rows:
        for column in SINGLE:
            setattr(person, column, getattr(row, column) or getattr(person, column))
        person.areas.update(row.areas)
        person.availability.update(row.availability)
        person.away.update(row.away)
        person.languages.update(row.languages)
        for slug, day in row.signed_off:
            person.signed_off[slug] = day or person.signed_off.get(slug)
        if row.clearance:
            key = row.clearance.scheme, row.clearance.issued
            known = person.clearances.get(key, row.clearance)
            person.clearances[key] = row.clearance.over(known)
    # Two rows may write one reference in different letters; the order of rows must not choose between them.
    person.reference = min((row.reference for _, row in rows if row.reference), default="")
    return person


def _contradictions(rows: Iterable[VolunteerRow]) -> list[str]:
    """Return the columns in which the rows of one person say different things."""
    values: defaultdict[tuple[object, ...], set[object]] = defaultdict(set)
    for row in rows:
        for column in SINGLE:
            value = getattr(row, column)
            values[column,].add(value.casefold() if column == "reference" else value)
        for slug, day in row.signed_off:
            values["signed_off", slug].add(day)
        if row.clearance:
            known_by = row.clearance[:2]
            for name, value in zip(ClearanceCells._fields[2:], row.clearance[2:], strict=True):
                column = "clearance_reference" if name == "reference" else name
                values[column, *known_by].add(value)
    return list(dict.fromkeys(str(key[0]) for key, these in values.items() if len(these - {"", None}) > 1))


def _refused(rows: Rows, columns: list[str]) -> list[RowProblem]:
    lines = sorted(line for line, _ in rows)
    problems = []
    for line, row in rows:
        others = [str(other) for other in lines if other != line]
        where = f"{'line' if len(others) == 1 else 'lines'} {', '.join(others)}" if others else "itself"
        reason = f"It contradicts {where} in {', '.join(columns)}, so none of them was used. Leave one of them."
        problems.append(RowProblem(line, row.known_by, reason))
    return problems
