"""Importing local authorities: their names, codes, first and last days, and which of them followed which."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from schools.core.nations import Nation
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
from schools.directory.actions.reorganisations import keep_reorganisations, pending_reorganisations
from schools.directory.actions.settling import after_reorganisations
from schools.directory.actions.table_kinds import BY_NAME, Fields, Importer, Matches, RowChange, TableKind, TablePlan, day_words
from schools.directory.models import Authority, Reorganisation
from schools.directory.registers import Refused, cells

GSS = re.compile(r"[A-Z][0-9]{8}")
TABLE = OwnTable(
    title="a table of authorities",
    needs=("name",),
    columns={
        "nation": (),
        "gss": ("GSS code", "authority_gss", "authority GSS code", "LA GSS code"),
        "code": ("LA code", "local authority code"),
        "name": ("authority", "authority name", "local authority", "LA name"),
        "opened": ("opened on", "first day", "from_day"),
        "closed": ("closed on", "last day", "to_day"),
        "followed_by": ("successor", "successor_gss"),
    },
    number="gss",
)


class AuthorityRow(NamedTuple):
    """One row of the file; a blank changes nothing."""

    nation: Nation
    gss: str
    code: str
    name: str
    opened: date | None
    closed: date | None
    followed_by: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str]:
        """The GSS code, or the name in its nation where there is no code: what identifies the authority."""
        return self.gss or self.nation.value, "" if self.gss else self.name.casefold()


@dataclass
class AuthorityPlan(TablePlan):
    """Everything that the import will write."""

    created: list[Authority] = field(default_factory=list)
    changed: list[Authority] = field(default_factory=list)
    followed: list[tuple[str, str, date]] = field(default_factory=list)
    """The GSS codes of an authority and of its successor, and the first day of the successor."""
    other_days: list[tuple[str, str, date]] = field(default_factory=list)
    """The same of those that are stored with another first day."""
    has_pending_reorganisations: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.created or self.changed or self.followed or self.other_days or self.has_pending_reorganisations)


def preview_authorities(path: Path, *, progress: Callable[[int], None] = no_progress) -> TableReport:
    """Return what `import_authorities` would do with the file; nothing is changed. Raises the same errors."""
    return _plan(_read(path, progress=progress)).report


def import_authorities(path: Path, *, progress: Callable[[int], None] = no_progress) -> TableReport:
    """Store the authorities of the file; others stay as they are, and a blank never erases.

    Rows that cannot be used are in the report; the rest is stored. Raises UnreadableTable or NotThisRegister, each with a message
    of one line; nothing is changed then.
    """
    content = _read(path, progress=progress)
    plan = _plan(content)
    return plan.report if plan.is_nothing else write_table(lambda: _apply(content))


def _read(
    path: Path, _importer: Importer | None = None, *, matches: Matches = BY_NAME, progress: Callable[[int], None]
) -> OwnFile[AuthorityRow]:
    content = read_own(path, TABLE, _row, progress=progress, matches=matches)
    refuse_contradictions(content, lambda row: row.key, name=lambda row: row.gss or row.name)
    return content


def _row(named: Mapping[str, str]) -> AuthorityRow:
    gss, name, code = named["gss"].upper(), named["name"], named["code"].removesuffix(".0")
    if gss and not GSS.fullmatch(gss):
        raise Refused(f"gss is “{cells.shortened(gss)}”; a GSS code is a letter and eight figures, like E06000063.")
    nation = nation_named(named["nation"], gss=gss)
    if gss and nation != nation_named("" if gss[0] in "ESWN" else nation.value, gss=gss):
        raise Refused(f"The code {gss} is not one of {nation.label}. Correct the nation or the code.")
    if not 1 <= len(name) <= 100 or len(code) > 10:
        raise Refused(f"name is “{cells.shortened(name)}” and code “{cells.shortened(code)}”: one is missing or too long.")
    opened, closed = (cells.day(named[column], column=column) for column in ("opened", "closed"))
    if opened and closed and closed < opened:
        raise Refused(f"It closed on {closed}, before it opened on {opened}. Put the days in order.", register_id=gss or name)
    followed_by = tuple(dict.fromkeys(re.findall(r"[A-Z0-9]+", named["followed_by"].upper())))
    if followed_by and not (gss and closed):
        raise Refused("followed_by needs the authority's own GSS code, and in closed its last day. Give both.")
    return AuthorityRow(nation, gss, code, name, opened, closed, followed_by)


def _plan(content: OwnFile[AuthorityRow], _importer: Importer | None = None) -> AuthorityPlan:
    plan = AuthorityPlan(content.report(), has_pending_reorganisations=bool(pending_reorganisations()))
    stored = list(Authority.objects.order_by("-pk"))
    by_gss = {authority.gss: authority for authority in stored if authority.gss}
    known_of = _known_of(stored)
    fields_of: dict[int, tuple[bool, Fields]] = {}
    for line, row in content.rows:
        try:
            known = known_of(row)
        except Refused as refused:
            plan.report.refused.append(RowProblem(line, row.name, str(refused)))
            continue
        fields_of[line] = known is None, _fields(known, row)
        if known is None:
            plan.created.append(
                Authority(
                    nation=row.nation, gss=row.gss or None, code=row.code, name=row.name, opened=row.opened, closed=row.closed
                )
            )
            plan.report.created += 1
        elif reason := _change(plan, known, row):
            plan.report.refused.append(RowProblem(line, row.gss or row.name, reason))
            del fields_of[line]
    _follow(plan, content, by_gss.keys() | {authority.gss for authority in plan.created}, fields_of)
    for line, row in content.rows:
        created, fields = fields_of.get(line, (False, {}))
        if fields:
            plan.changes.append(RowChange(":".join(row.key), f"{row.name} {row.gss}".strip(), (line,), created, fields))
    plan.report.refused.sort(key=lambda problem: problem.line)
    plan.report.beside = {"reorganisations_created": len(plan.followed), "reorganisations_corrected": len(plan.other_days)}
    return plan


def _known_of(stored: Sequence[Authority]) -> Callable[[AuthorityRow], Authority | None]:
    """Return what tells which of the stored authorities a row is of; None is a new one.

    It is that of the row's GSS code. Without one, or where nobody has it, it is found by its name among those without a code, as
    register imports do; a row without a code also among the others. It raises Refused where several of them have the name.
    """
    by_gss = {authority.gss: authority for authority in stored if authority.gss}
    without_code: dict[tuple[str, str], Authority] = {}
    with_code: defaultdict[tuple[str, str], list[Authority]] = defaultdict(list)
    for authority in stored:
        name = authority.nation, authority.name.casefold()
        if authority.gss:
            with_code[name].append(authority)
        else:
            without_code[name] = authority

    def known_of(row: AuthorityRow) -> Authority | None:
        name = row.nation.value, row.name.casefold()
        if known := by_gss.get(row.gss) or without_code.pop(name, None):
            return known
        named = [] if row.gss else with_code.get(name, [])
        if len(named) > 1:
            raise Refused(f"{len(named)} authorities of {row.nation.label} are called {row.name}. Give the GSS code.")
        return named[0] if named else None

    return known_of


def _follow(
    plan: AuthorityPlan, content: OwnFile[AuthorityRow], codes: Collection[str | None], fields_of: dict[int, tuple[bool, Fields]]
) -> None:
    """Note which authorities followed which; `fields_of` has the lines that are used, and gets what they say of it."""
    rows = Reorganisation.objects.values_list("old__gss", "new__gss", "day")
    stored = {(old, new): day for old, new, day in rows}
    for line, row in content.rows:
        for new in row.followed_by if line in fields_of else ():
            if new not in codes or new == row.gss:
                reason = (
                    f"{cells.shortened(new)}, which is said to follow it, is no other authority that we know; it was left out."
                )
                plan.report.left_out.append(RowProblem(line, row.gss, reason))
            elif row.closed and (before := stored.get((row.gss, new))) != (first_day := row.closed + timedelta(days=1)):
                (plan.other_days if before else plan.followed).append((row.gss, new, first_day))
                was = f"from {day_words(before)}" if before else None
                fields_of[line][1][f"Followed by {new}"] = [was, f"from {day_words(first_day)}"]


def _fields(known: Authority | None, row: AuthorityRow) -> Fields:
    """Return what the row says otherwise than is stored, as the page shows it."""
    facts = {
        "Name": (known.name if known else None, row.name),
        "GSS code": (known.gss if known else None, row.gss),
        "LA code": (known.code if known else None, row.code),
        "Opened": (day_words(known.opened) if known else None, day_words(row.opened)),
        "Closed": (day_words(known.closed) if known else None, day_words(row.closed)),
    }
    return {label: [was or None, now] for label, (was, now) in facts.items() if now and now != was}


def _change(plan: AuthorityPlan, known: Authority, row: AuthorityRow) -> str:
    """Note in the plan what the row changes about an authority; return the reason where it cannot be changed."""
    before = (known.gss, known.code, known.name, known.opened, known.closed)
    after = (
        row.gss or known.gss,
        row.code or known.code,
        row.name,
        row.opened or known.opened,
        row.closed or known.closed,
    )
    if after[3] and after[4] and after[4] < after[3]:
        return f"It would have closed on {after[4]}, before it opened on {after[3]}. Give both days, in order."
    if after == before:
        plan.report.unchanged += 1
        return ""
    plan.report.updated += 1
    plan.report.closed += known.closed is None and row.closed is not None
    known.gss, known.code, known.name, known.opened, known.closed = after
    plan.changed.append(known)
    return ""


@transaction.atomic
def _apply(content: OwnFile[AuthorityRow]) -> TableReport:
    lock_register()
    plan = _plan(content)
    _write(plan)
    return plan.report


def _write(plan: AuthorityPlan, importer: Importer | None = None) -> None:
    Authority.objects.bulk_create(plan.created)
    Authority.objects.bulk_update(plan.changed, ["gss", "code", "name", "opened", "closed"])
    keep_reorganisations()
    ids = dict(Authority.objects.exclude(gss=None).values_list("gss", "pk"))
    kept = set(Reorganisation.objects.values_list("old_id", "new_id"))
    Reorganisation.objects.bulk_create(
        [
            Reorganisation(old_id=ids[old], new_id=ids[new], day=day)
            for old, new, day in plan.followed
            if (ids[old], ids[new]) not in kept
        ]
    )
    for old, new, day in plan.other_days:
        Reorganisation.objects.filter(old=ids[old], new=ids[new]).update(day=day)
    followed = (*plan.followed, *plan.other_days)
    concerned = {authority.pk for authority in plan.changed} | {ids[gss] for *pair, _ in followed for gss in pair}
    now = importer.now if importer else timezone.now()
    after_reorganisations(concerned, now=now, reason="import_authorities")


AUTHORITIES: TableKind[AuthorityRow, AuthorityPlan] = TableKind(TABLE, _read, _plan, _write, lock_register)
"""The table of authorities as a kind of file."""
