"""Importing areas: which area holds which authority on which days (docs/imports.md, Areas).

A row declares a holding by its authority and first day. It replaces a stored one with the same first day. Each holding ends where
the next one begins, so the order of the rows makes no difference.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

from django.db import transaction

from schools.core.nations import Nation
from schools.directory.actions.holdings import unneeded_areas
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
from schools.directory.actions.reorganisations import follow_predecessors, keep_reorganisations
from schools.directory.actions.table_kinds import BY_NAME, Fields, Importer, Matches, RowChange, TableKind, TablePlan, day_words
from schools.directory.holdings import FirstDay, Holding, without_overlaps
from schools.directory.models import Area, AreaAuthority, Authority, Region
from schools.directory.registers import Refused, cells
from schools.directory.reorganisations import NAMES

TABLE = OwnTable(
    title="a table of areas",
    needs=("area", "authority_gss"),
    columns={
        "region": ("region name",),
        "area": ("area name",),
        "nation": (),
        "authority_gss": ("GSS code", "gss", "authority GSS code", "LA GSS code"),
        "from_day": ("from", "first day"),
        "to_day": ("to", "last day"),
    },
    number="authority_gss",
)

type AreaName = tuple[str, str, str]
"""Nation, region and area in small letters: the key of an area."""
type AnArea = int | AreaName
"""The id of a stored area, or the name of one that is still to be created."""


class AreaRow(NamedTuple):
    """One row of the file."""

    gss: str
    nation: Nation
    region: str
    area: str
    from_day: date | None
    to_day: date | None

    @property
    def key(self) -> tuple[str, FirstDay]:
        """The authority and the first day of the holding that the row declares."""
        return self.gss, self.from_day


@dataclass
class AreaPlan(TablePlan):
    """Everything that the import will write."""

    new_areas: dict[AreaName, AreaRow] = field(default_factory=dict)
    new_regions: dict[tuple[str, str], AreaRow] = field(default_factory=dict)
    claimed: set[int] = field(default_factory=set)
    """Areas that imports created automatically and that the file names: they belong to the charity from now on."""
    new_authorities: dict[int, Authority] = field(default_factory=dict)
    """Authorities that no register brought yet, of which the known reorganisations tell, by numbers below 0 in place of ids."""
    created: list[tuple[int, FirstDay, Holding[AnArea]]] = field(default_factory=list)
    """New holdings, with the id of their authority and their first day."""
    changed: list[tuple[AreaAuthority, Holding[AnArea]]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    """Areas that imports created automatically and that hold nothing any more."""

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.new_areas or self.claimed or self.created or self.changed or self.gone)


def preview_areas(path: Path, *, progress: Callable[[int], None] = no_progress) -> TableReport:
    """Return what `import_areas` would do with the file; nothing is changed. Raises the same errors."""
    return _plan(_read(path, progress=progress)).report


def import_areas(path: Path, *, progress: Callable[[int], None] = no_progress) -> TableReport:
    """Store which area holds which authority on which days; missing regions and areas are created.

    Rows that cannot be used are in the report; the rest is stored. Delivered visits stay with the area that they were delivered
    in. Raises UnreadableTable or NotThisRegister, each with a message of one line; nothing is changed then.
    """
    content = _read(path, progress=progress)
    plan = _plan(content)
    return plan.report if plan.is_nothing else write_table(lambda: _apply(content))


def _read(
    path: Path, _importer: Importer | None = None, *, matches: Matches = BY_NAME, progress: Callable[[int], None]
) -> OwnFile[AreaRow]:
    content = read_own(path, TABLE, _row, progress=progress, matches=matches)
    refuse_contradictions(content, lambda row: row.key, name=lambda row: row.gss)
    return content


def _row(named: Mapping[str, str]) -> AreaRow:
    gss = named["authority_gss"].upper()
    if not gss:
        raise Refused("authority_gss is blank. Give the authority's GSS code, like E06000063.")
    from_day, to_day = (cells.day(named[column], column=column) for column in ("from_day", "to_day"))
    if from_day and to_day and to_day < from_day:
        raise Refused(f"to_day {to_day} is before from_day {from_day}. Put them in order.")
    for column in ("region", "area"):
        if len(named[column]) > 100 or (column == "area" and not named[column]):
            raise Refused(f"{column} has {len(named[column])} characters; it must have 1 to 100.")
    return AreaRow(gss, nation_named(named["nation"], gss=gss), named["region"], named["area"], from_day, to_day)


class _Known:
    """The stored areas by their names; a row without a region means the only area of its name."""

    def __init__(self) -> None:
        self.regions = {(nation, name.casefold()) for nation, name in Region.objects.values_list("nation", "name")}
        self.automatic: set[int] = set()
        self.areas: dict[AreaName, int] = {}
        self.name_by_id: dict[int, str] = {}
        self._of_name: defaultdict[tuple[str, str], list[AreaName]] = defaultdict(list)
        rows = Area.objects.order_by("-pk").values_list("pk", "region__nation", "region__name", "name", "automatic")
        for pk, nation, region, name, automatic in rows:
            key = nation, region.casefold(), name.casefold()
            self.areas[key] = pk
            self.name_by_id[pk] = name
            self._of_name[nation, name.casefold()].append(key)
            if automatic:
                self.automatic.add(pk)

    def name_of(self, row: AreaRow) -> AreaName:
        """Return the key of the area that the row means. Raises Refused."""
        if row.region:
            return row.nation.value, row.region.casefold(), row.area.casefold()
        of_name = self._of_name[row.nation.value, row.area.casefold()]
        if len(of_name) != 1:
            number = "no area" if not of_name else f"{len(of_name)} areas"
            raise Refused(f"There is {number} called “{row.area}” in {row.nation.label}, and region is blank. Give the region.")
        return of_name[0]


def _plan(content: OwnFile[AreaRow], _importer: Importer | None = None) -> AreaPlan:
    plan = AreaPlan(content.report())
    known = _Known()
    authorities = {authority.gss: authority for authority in Authority.objects.exclude(gss=None)}
    stored: defaultdict[int, dict[FirstDay, AreaAuthority]] = defaultdict(dict)
    for holding in AreaAuthority.objects.all():
        stored[holding.authority_id][holding.from_day] = holding
    declared: defaultdict[Authority, dict[FirstDay, tuple[int, Holding[AnArea]]]] = defaultdict(dict)
    for line, row in content.rows:
        try:
            name = known.name_of(row)  # first: whatever refuses a row comes before the plan is made longer by it
            authority = _authority(plan, row, authorities)
        except Refused as refused:
            plan.report.refused.append(RowProblem(line, row.gss, refused.reason))
            continue
        declared[authority][row.from_day] = line, Holding(_area(plan, row, name, known), row.to_day)
    for authority, rows in declared.items():
        _compare(plan, authority, stored[authority.pk], rows)
        _note_changes(plan, authority, stored[authority.pk], rows, known)
    _empty_areas(plan, known, stored)
    plan.report.refused.sort(key=lambda problem: problem.line)
    plan.report.left_out.sort(key=lambda problem: problem.line)
    plan.report.beside = {
        "areas_created": len(plan.new_areas),
        "regions_created": len(plan.new_regions),
        "areas_gone": len(plan.gone),
    }
    return plan


def _authority(plan: AreaPlan, row: AreaRow, authorities: dict[str | None, Authority]) -> Authority:
    authority = authorities.get(row.gss)
    if not authority and row.gss in NAMES and row.nation == Nation.ENGLAND:
        code, name = NAMES[row.gss]
        number = -1 - len(plan.new_authorities)
        authority = Authority(pk=number, nation=row.nation, gss=row.gss, code=code, name=name)
        authorities[row.gss] = plan.new_authorities[number] = authority
    if not authority:
        msg = f"No authority has the GSS code {cells.shortened(row.gss)}. Import the register or the authorities first."
        raise Refused(msg)
    if authority.nation != row.nation:
        raise Refused(
            f"{authority} is in {authority.get_nation_display()} and the row says {row.nation.label}. Correct one of them."
        )
    return authority


def _area(plan: AreaPlan, row: AreaRow, name: AreaName, known: _Known) -> AnArea:
    if pk := known.areas.get(name):
        if pk in known.automatic:
            plan.claimed.add(pk)
        return pk
    plan.new_areas.setdefault(name, row)
    if name[:2] not in known.regions:
        plan.new_regions.setdefault(name[:2], row)
    return name


def _compare(
    plan: AreaPlan,
    authority: Authority,
    stored: Mapping[FirstDay, AreaAuthority],
    rows: Mapping[FirstDay, tuple[int, Holding[AnArea]]],
) -> None:
    declared: dict[FirstDay, Holding[AnArea]] = {day: Holding(row.area_id, row.to_day) for day, row in stored.items()}
    for day, (_, holding) in rows.items():
        was = declared.get(day)
        # A blank never erases: the known last day stays, unless another area holds the authority from now on.
        ends = was.to_day if was and was.area == holding.area and not holding.to_day else holding.to_day
        declared[day] = Holding(holding.area, ends)
    for day, holding in without_overlaps(declared).items():
        line, declares = rows.get(day, (0, None))
        if line and declares and declares.to_day and holding.to_day != declares.to_day:
            reason = (
                f"Another holding begins before {declares.to_day}, so this one ends on {holding.to_day}, the day before that."
            )
            plan.report.left_out.append(RowProblem(line, authority.gss or "", reason))
        old = stored.get(day)
        if old is None:
            plan.created.append((authority.pk, day, holding))
            plan.report.created += 1
        elif (old.area_id, old.to_day) != holding:
            plan.changed.append((old, holding))
            plan.report.updated += bool(line)
            plan.report.closed += not line
        else:
            plan.report.unchanged += bool(line)


def _note_changes(
    plan: AreaPlan,
    authority: Authority,
    stored: Mapping[FirstDay, AreaAuthority],
    rows: Mapping[FirstDay, tuple[int, Holding[AnArea]]],
    known: _Known,
) -> None:
    """Note what changes for the authority; its rows hang together, because each holding ends where the next begins."""

    def words(area: AnArea, to_day: date | None) -> str:
        name = known.name_by_id[area] if isinstance(area, int) else plan.new_areas[area].area
        return f"{name} {f'until {day_words(to_day)}' if to_day else 'from then on'}"

    created = {day: holding for pk, day, holding in plan.created if pk == authority.pk}
    changed = {old.from_day: (old, holding) for old, holding in plan.changed if old.authority_id == authority.pk}
    fields: Fields = {}
    for day, holding in created.items():
        fields[f"From {day_words(day) or 'always'}"] = [None, words(*holding)]
    for day, (old, holding) in changed.items():
        fields[f"From {day_words(day) or 'always'}"] = [words(old.area_id, old.to_day), words(*holding)]
    claimed = sorted(
        known.name_by_id[row.area] for _, row in rows.values() if isinstance(row.area, int) and row.area in plan.claimed
    )
    if claimed:
        fields["The charity’s own from now on"] = [None, ", ".join(dict.fromkeys(claimed))]
    if fields:
        lines = tuple(sorted(line for line, _ in rows.values()))
        name = f"{authority.name} {authority.gss}"
        plan.changes.append(RowChange(str(authority.gss), name, lines, bool(created) and not stored, fields))


def _empty_areas(plan: AreaPlan, known: _Known, stored: Mapping[int, Mapping[FirstDay, AreaAuthority]]) -> None:
    moved = {old.pk: holding.area for old, holding in plan.changed}
    holding = {moved.get(row.pk, row.area_id) for by_day in stored.values() for row in by_day.values()}
    left = known.automatic - plan.claimed - {area for area in holding if isinstance(area, int)}
    plan.gone = sorted(unneeded_areas(left))


@transaction.atomic
def _apply(content: OwnFile[AreaRow]) -> TableReport:
    lock_register()
    plan = _plan(content)
    _write(plan)
    return plan.report


def _bring_authorities(plan: AreaPlan) -> None:
    """Store the authorities that no register brought yet, and point the new holdings to them."""
    if not plan.new_authorities:
        return
    new = plan.new_authorities
    rows = [Authority(nation=row.nation, gss=row.gss, code=row.code, name=row.name) for row in new.values()]
    ids = {number: row.pk for number, row in zip(new, Authority.objects.bulk_create(rows), strict=True)}
    keep_reorganisations()
    plan.created = [(ids.get(key, key), day, holding) for key, day, holding in plan.created]


def _write(plan: AreaPlan, _importer: Importer | None = None) -> None:
    regions = {(region.nation, region.name.casefold()): region for region in Region.objects.all()}
    for key, row in plan.new_regions.items():
        regions[key] = Region.objects.create(nation=row.nation, name=row.region)
    made = {key: Area.objects.create(region=regions[key[:2]], name=row.area).pk for key, row in plan.new_areas.items()}

    def area_id(area: AnArea) -> int:
        return area if isinstance(area, int) else made[area]

    _bring_authorities(plan)
    Area.objects.filter(pk__in=plan.claimed).update(automatic=False)
    for old, holding in plan.changed:
        old.area_id, old.to_day = area_id(holding.area), holding.to_day
    # First write the ends: an authority has at most one holding without an end, and the database checks that row by row.
    AreaAuthority.objects.bulk_update([old for old, _ in plan.changed], ["area", "to_day"])
    AreaAuthority.objects.bulk_create(
        [
            AreaAuthority(authority_id=authority_id, area_id=area_id(holding.area), from_day=day, to_day=holding.to_day)
            for authority_id, day, holding in plan.created
        ]
    )
    Area.objects.filter(pk__in=plan.gone).delete()
    follow_predecessors()


AREAS: TableKind[AreaRow, AreaPlan] = TableKind(TABLE, _read, _plan, _write, lock_register)
"""The table of areas as a kind of file."""
