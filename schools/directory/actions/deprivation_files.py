"""Importing how deprived small areas are: England's indices, Scotland's roll file, or any file with columns matched by hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from django.utils import timezone

from schools.core.nations import Nation
from schools.directory.actions.locks import lock_register
from schools.directory.actions.own_files import NATION_OF_GSS, OwnFile, OwnTable, read_own, refuse_contradictions
from schools.directory.actions.postcode_files import SMALL_AREA
from schools.directory.actions.reading import NotThisRegister
from schools.directory.actions.school_places import small_areas_of_schools
from schools.directory.actions.table_kinds import BY_NAME, Importer, Matches, RowChange, TableKind, TablePlan
from schools.directory.models import Deprivation
from schools.directory.models.deprivation import FIFTHS
from schools.directory.registers import Refused, cells

ROWS_A_STATEMENT = 1_000
IDACI = "Income Deprivation Affecting Children Index (IDACI) Decile (where 1 is most deprived 10% of LSOAs)"
TABLE = OwnTable(
    title="a file of deprivation",
    needs=("small_area",),
    columns={
        "small_area": ("LSOA code (2021)", "LSOA code (2011)", "LSOA code", "LSOA21CD", "LSOA11CD", "DataZone", "DZ", "SOA2001"),
        # England's indices of 2025 and 2019 name their small areas after the census that drew them.
        "name_2021": ("LSOA name (2021)",),
        "name_2011": ("LSOA name (2011)",),
        "decile": (IDACI,),
        "percentile": ("DZSIMDPercentile",),
        "fifth": ("quintile",),
        "year": (),
    },
    number="small_area",
)
PARTS = {"decile": 10, "percentile": 100, "fifth": 5}
"""The columns that say how deprived, and into how many parts each divides a nation; 1 is the most deprived part."""
YEARS = {"name_2021": 2025, "name_2011": 2019, "percentile": 2020}
"""The year of the index by a column that only its file has: England's of 2025 and 2019, Scotland's in its files of schools."""
MOST_UNKNOWN = 0.03
"""The share of our schools' small areas that may be missing in a file; a census draws more anew (England in 2021: 6 %)."""
ENOUGH_TO_TELL = 20
"""So many schools' small areas have to be missing before a file is refused for it."""


class AreaRow(NamedTuple):
    """One row of the file."""

    small_area: str
    nation: Nation
    fifth: int
    year: int


@dataclass
class DeprivationPlan(TablePlan):
    """Everything that the import will write."""

    stored: list[Deprivation] = field(default_factory=list)


def deprivation_kind(nation: Nation | None = None, year: int | None = None) -> TableKind[AreaRow, DeprivationPlan]:
    """Return the kind of file, of this nation alone and of an index of this year, where they are given."""
    read = partial(_read, nation=nation, year=year)
    return TableKind(TABLE, read, _plan, _write, lock_register)


def _read(
    path: Path,
    importer: Importer,
    *,
    matches: Matches = BY_NAME,
    progress: Callable[[int], None],
    nation: Nation | None = None,
    year: int | None = None,
) -> OwnFile[AreaRow]:
    """Read the file. Raises NotThisRegister for other small areas than those of our schools, besides what read_own raises."""
    this_year = timezone.localdate(importer.now).year
    content = read_own(
        path,
        TABLE,
        lambda named: _row(named, nation=nation, year=year, this_year=this_year),
        progress=progress,
        matches=matches,
    )
    refuse_contradictions(content, lambda row: row.small_area, name=lambda row: row.small_area)
    _require_the_right_census(path, {row.small_area: row.nation for _, row in content.rows})
    return content


def _row(named: Mapping[str, str], *, nation: Nation | None, year: int | None, this_year: int) -> AreaRow:
    code = named["small_area"].upper()
    if not SMALL_AREA.fullmatch(code):
        raise Refused(f"The small area is “{cells.shortened(code)}”; it must be a code like E01000001 or S01011295.")
    own = NATION_OF_GSS.get(code[0], Nation.NORTHERN_IRELAND)
    if nation is not None and own != nation:
        raise Refused(f"{code} is a small area of {own.label}, not of {nation.label}. Import each nation's file by itself.")
    in_file = cells.whole_number(named["year"], column="year", among=range(1990, this_year + 1))
    by_column = next((of for column, of in YEARS.items() if named[column]), this_year)
    return AreaRow(code, own, _fifth(named), in_file or year or by_column)


def _fifth(named: Mapping[str, str]) -> int:
    column = next((column for column in PARTS if named[column]), None)
    if column is None:
        raise Refused(f"Nothing says how deprived it is. It needs one of the columns {', '.join(PARTS)}.")
    part = cells.whole_number(named[column], column=column, among=range(1, PARTS[column] + 1))
    if part is None:
        raise Refused(f"{column} must be a number from 1 to {PARTS[column]}, of which 1 is the most deprived.")
    return -(-part * len(FIFTHS) // PARTS[column])


def _require_the_right_census(path: Path, nations: Mapping[str, Nation]) -> None:
    """Refuse a file in which many of our schools' small areas are missing: each census draws some of them anew."""
    schools = [areas for nation, areas in small_areas_of_schools() if nation in set(nations.values())]
    missing = [areas[0] for areas in schools if not any(area in nations for area in areas)]
    if len(missing) >= ENOUGH_TO_TELL and len(missing) > MOST_UNKNOWN * len(schools):
        msg = (
            f"{path.name} lacks the small areas of {len(missing):,} of {len(schools):,} schools, such as {missing[0]}: it "
            "belongs to another census. Nothing was changed. Take the file of the census by which the register or the list of "
            "postcodes names small areas (England: 2025 for those of 2021, 2019 for those of 2011)."
        )
        raise NotThisRegister(msg)


def _plan(content: OwnFile[AreaRow], _importer: Importer | None = None) -> DeprivationPlan:
    plan = DeprivationPlan(content.report())
    stored = {pk: (fifth, year) for pk, fifth, year in Deprivation.objects.values_list("pk", "fifth", "year")}
    older = 0
    for line, row in content.rows:
        was = stored.get(row.small_area)
        if was and was[1] > row.year:
            older += 1
        elif was == (row.fifth, row.year):
            plan.report.unchanged += 1
        else:
            facts = {"Fifth": (was[0] if was else None, row.fifth), "Index of": (was[1] if was else None, row.year)}
            fields: dict[str, list[object]] = {name: [old, new] for name, (old, new) in facts.items() if old != new}
            plan.changes.append(RowChange(row.small_area, row.small_area, (line,), was is None, fields))
            plan.stored.append(Deprivation(small_area=row.small_area, nation=row.nation, fifth=row.fifth, year=row.year))
            plan.report.created += was is None
            plan.report.updated += was is not None
    if older:
        plan.report.ignored += older
        plan.report.ignored_because["a newer index is known"] = older
    return plan


def _write(plan: DeprivationPlan, _importer: Importer | None = None) -> None:
    Deprivation.objects.bulk_create(
        plan.stored,
        batch_size=ROWS_A_STATEMENT,
        update_conflicts=True,
        unique_fields=["small_area"],
        update_fields=["nation", "fifth", "year"],
    )


DEPRIVATION = deprivation_kind()
"""The file of deprivation as a kind of file, of any nation."""
