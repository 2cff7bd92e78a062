"""Importing the terms of nations and authorities."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

from django.db import transaction

from schools.core.nations import Nation
from schools.core.periods import AcademicYear
from schools.directory.actions.locks import lock_register
from schools.directory.actions.own_files import (
    OwnFile,
    OwnTable,
    TableReport,
    nation_named,
    read_own,
    refuse_contradictions,
    write_table,
)
from schools.directory.actions.reading import RowProblem, no_progress
from schools.directory.actions.table_kinds import (
    BY_NAME,
    Fields,
    Importer,
    Matches,
    RowChange,
    TableKind,
    TablePlan,
    day_words,
)
from schools.directory.models import Authority, Term
from schools.directory.registers import Refused, cells

LONGEST_NAME = 60
LONGEST_TERM = 200
"""Days; a longer term is a mistyped year."""
TABLE = OwnTable(
    title="a table of terms",
    needs=("name", "first_day", "last_day"),
    columns={
        "nation": (),
        "authority_gss": ("GSS code", "authority code"),
        "name": ("term",),
        "first_day": ("first day of term", "starts", "start", "start date", "begins", "from"),
        "last_day": ("last day of term", "ends", "end", "end date", "to"),
    },
    number="name",
)

type Key = tuple[str, int | None, str, int]
"""Nation, authority (None: the whole nation), name and academic year: the key of a term."""


class TermRow(NamedTuple):
    """One row of the file."""

    nation: Nation
    gss: str
    name: str
    first_day: date
    last_day: date

    @property
    def key(self) -> tuple[str, str, str, int]:
        """The key of the term that the row declares."""
        return self.nation.value, self.gss, self.name.casefold(), AcademicYear.of(self.first_day).start


@dataclass
class TermFilePlan(TablePlan):
    """Everything that the import will write."""

    made: list[Term] = field(default_factory=list)
    changed: list[Term] = field(default_factory=list)


def preview_terms(path: Path, *, progress: Callable[[int], None] = no_progress) -> TableReport:
    """Return what `import_terms` would do with the file; nothing is changed. Raises the same errors."""
    return _plan(_read(path, progress=progress)).report


def import_terms(path: Path, *, progress: Callable[[int], None] = no_progress) -> TableReport:
    """Store the terms of the file, by nation or (with authority_gss) by authority.

    A term is identified by its place, name and academic year; other days change it. Rows that cannot be used are in the report;
    the rest is stored, and terms that are not in the file stay. Raises UnreadableTable or NotThisRegister, each with a message of
    one line; nothing is changed then.
    """
    content = _read(path, progress=progress)
    plan = _plan(content)
    return write_table(lambda: _apply(content)) if plan.made or plan.changed else plan.report


def _read(
    path: Path, _importer: Importer | None = None, *, matches: Matches = BY_NAME, progress: Callable[[int], None]
) -> OwnFile[TermRow]:
    content = read_own(path, TABLE, _row, progress=progress, matches=matches)
    refuse_contradictions(content, lambda row: row.key, name=lambda row: row.name)
    return content


def _row(named: Mapping[str, str]) -> TermRow:
    gss, name = named["authority_gss"].upper(), named["name"]
    if not name or len(name) > LONGEST_NAME:
        raise Refused(f"name must have 1 to {LONGEST_NAME} characters.")
    first_day, last_day = (cells.day(named[column], column=column) for column in ("first_day", "last_day"))
    if first_day is None or last_day is None:
        raise Refused("first_day and last_day must both be given, like 2026-09-02.")
    if not 0 <= (last_day - first_day).days <= LONGEST_TERM:
        raise Refused(f"It must end 0 to {LONGEST_TERM} days after it begins. Correct the days.")
    return TermRow(nation_named(named["nation"], gss=gss), gss, name, first_day, last_day)


def _plan(content: OwnFile[TermRow], _importer: Importer | None = None) -> TermFilePlan:
    plan = TermFilePlan(content.report())
    authorities = {
        gss: (pk, nation) for gss, pk, nation in Authority.objects.exclude(gss=None).values_list("gss", "pk", "nation")
    }
    known: dict[Key, Term] = {_key(term): term for term in Term.objects.order_by("pk")}
    begins = {(term.nation, term.authority_id, term.first_day): key for key, term in known.items()}
    for line, row in content.rows:
        authority, nation = authorities.get(row.gss, (None, row.nation.value)) if row.gss else (None, row.nation.value)
        if row.gss and (authority is None or nation != row.nation):
            reason = f"No authority of {row.nation.label} has the code {cells.shortened(row.gss)}. Import the authorities first."
            plan.report.refused.append(RowProblem(line, row.name, reason))
            continue
        key = row.nation.value, authority, row.name.casefold(), AcademicYear.of(row.first_day).start
        if begins.get((row.nation.value, authority, row.first_day), key) != key:
            reason = f"Another term there begins on {row.first_day.isoformat()}. Give one of them another day or name."
            plan.report.refused.append(RowProblem(line, row.name, reason))
            continue
        begins[row.nation.value, authority, row.first_day] = key
        _note(plan, known.get(key), authority, row, line=line)
    plan.report.refused.sort(key=lambda problem: problem.line)
    return plan


def _key(term: Term) -> Key:
    return term.nation, term.authority_id, term.name.casefold(), AcademicYear.of(term.first_day).start


def _note(plan: TermFilePlan, term: Term | None, authority: int | None, row: TermRow, *, line: int) -> None:
    facts = {
        "Name": (term.name if term else None, row.name),
        "First day": (day_words(term.first_day) if term else None, day_words(row.first_day)),
        "Last day": (day_words(term.last_day) if term else None, day_words(row.last_day)),
    }
    fields: Fields = {label: [was, now] for label, (was, now) in facts.items() if was != now}
    if fields:
        place = row.gss or row.nation.label
        plan.changes.append(RowChange(":".join(map(str, row.key)), f"{row.name}, {place}", (line,), term is None, fields))
    if term is None:
        days = {"first_day": row.first_day, "last_day": row.last_day}
        plan.made.append(Term(nation=row.nation, authority_id=authority, name=row.name, **days))
        plan.report.created += 1
    elif (term.name, term.first_day, term.last_day) == (row.name, row.first_day, row.last_day):
        plan.report.unchanged += 1
    else:
        term.name, term.first_day, term.last_day = row.name, row.first_day, row.last_day
        plan.changed.append(term)
        plan.report.updated += 1


@transaction.atomic
def _apply(content: OwnFile[TermRow]) -> TableReport:
    lock_register()
    plan = _plan(content)
    _write(plan)
    return plan.report


def _write(plan: TermFilePlan, _importer: Importer | None = None) -> None:
    for term in plan.changed:
        term.save()
    Term.objects.bulk_create(plan.made, batch_size=500)


TERMS: TableKind[TermRow, TermFilePlan] = TableKind(TABLE, _read, _plan, _write, lock_register)
"""The table of terms as a kind of file."""
