"""The files of reach say the same as one another and as the naive computation, and none of their cells is run."""

import csv
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from schools import models
from schools.core.csv import DANGEROUS, plain_text
from schools.core.periods import Period
from schools.reach.exports import Stamp, csv_lines, file_name, session_csv, session_workbook, workbook
from schools.reach.figures import FIGURES
from schools.reach.filters import EVERYTHING, Filters
from schools.reach.queries import reach, scope_of
from schools.reach.rows import PLACE_CUTS, Cut, ReachTable
from tests import factories
from tests.profiles import examples
from tests.reach.examples import place_of, worked_example
from tests.reach.histories import histories
from tests.reach.naive import History, everywhere
from tests.reach.stored import Country
from tests.reach.test_queries import ask, without_cycle

YEAR = Period.parse("2025/26")
AS_OF = date(2026, 11, 24)
STAMP = Stamp("Mo Manager", datetime(2026, 11, 24, 8, 50, tzinfo=UTC))
DAY = date(2025, 10, 6)


def csv_rows(lines: Iterable[str]) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO("".join(lines).removeprefix("\ufeff"), newline="")))


def sheet_rows(content: Iterable[bytes], sheet: str) -> list[dict[str, Any]]:
    rows = openpyxl.load_workbook(BytesIO(b"".join(content)))[sheet].iter_rows(values_only=True)
    header = next(rows)
    return [dict(zip(map(str, header), row, strict=False)) for row in rows]


def as_csv(value: Any) -> str:
    """How the CSV writes what stands in a cell of the workbook."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    return f"{value:%H:%M}" if isinstance(value, time) else str(value)


def is_same(cell: str, value: Any) -> bool:
    text = as_csv(value)
    return plain_text(cell) == text or (isinstance(value, int | float) and bool(cell) and Decimal(cell) == Decimal(str(value)))


@pytest.mark.django_db
@settings(deadline=None, max_examples=examples(8))
@given(history=histories(), cut=st.sampled_from((*PLACE_CUTS, Cut.TYPE)), areas=st.sampled_from((None, {"Valley"})))
def test_csv_workbook_sessions_and_the_naive_computation_agree(history: History, cut: Cut, areas: set[str] | None) -> None:
    with transaction.atomic():
        Country(history)
        table = ask(history, cut, areas, EVERYTHING)
        chosen = None if areas is None else models.Area.objects.filter(name__in=areas)
        scope = scope_of(table.period, by=Cut.NATION, within=None, filters=EVERYTHING, as_of=history.as_of, areas=chosen)
        sessions, session_sheet = list(session_csv(scope)), list(session_workbook(table, scope, STAMP))
        transaction.set_rollback(True)
    of_csv, of_sheet = csv_rows(csv_lines(table)), sheet_rows(workbook(table, STAMP), "Reach")
    assert len(of_csv) == len(of_sheet) == len(table.rows) + 1
    for line, row in zip(of_csv, of_sheet, strict=True):
        assert {name for name, cell in line.items() if not is_same(cell, row.get(name))} == set()
    naive = history.row(everywhere if areas is None else lambda spot, _: spot.area in areas)
    for name, value in (naive | without_cycle()).items():
        if name not in without_cycle():
            assert is_same(of_csv[-1][name], float(value) if isinstance(value, Decimal) else value), name
    lines, rows = csv_rows(sessions), sheet_rows(session_sheet, "Sessions")
    seats = [int(cell) for line in lines for name, cell in line.items() if name.startswith("pupils_") and cell.isdigit()]
    assert sum(seats) == naive["attendances"]
    for line, row in zip(lines, rows, strict=True):
        assert {name for name, cell in line.items() if not is_same(cell, row.get(name))} == set()


def table(*, by: Cut = Cut.AREA, filters: Filters = EVERYTHING) -> ReachTable:
    return reach(YEAR, by=by, filters=filters, as_of=AS_OF)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "+44", "-1", "\t=1", "'=1"])
def test_no_cell_of_any_file_is_run(name: str) -> None:
    worked_example(area=name)
    models.Region.objects.update(name=name)
    models.Authority.objects.update(name=name)
    models.Visit.objects.filter(pk=models.Visit.objects.first().pk).update(reference=name)  # type: ignore[union-attr]  # there is one
    factories.CoverFactory(
        session=models.Session.objects.get(day=DAY), volunteer=factories.VolunteerFactory(name=name), state="attended"
    )
    figures = table(by=Cut.AUTHORITY)
    scope = scope_of(YEAR, by=Cut.NATION, within=None, filters=EVERYTHING, as_of=AS_OF, areas=None)
    stamp = Stamp(name, STAMP.now, [name], [name])
    for lines in (csv_lines(figures), session_csv(scope)):
        for row in csv.reader(StringIO("".join(lines), newline="")):
            assert not [cell for cell in row if cell.startswith(DANGEROUS)]
    for content in (workbook(figures, stamp), session_workbook(figures, scope, stamp)):
        book = openpyxl.load_workbook(BytesIO(b"".join(content)))
        assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n", "b", "d"}
    assert "/" not in file_name(figures, stamp, "csv")


@pytest.mark.django_db
def test_a_workbook_says_what_its_columns_count_and_what_it_is() -> None:
    worked_example(area="Cumbria")
    content = list(workbook(table(), Stamp("Mo Manager", STAMP.now, ["English"], ["Cumbria"])))
    definitions = {row["column"]: row for row in sheet_rows(content, "Definitions")}
    assert definitions.keys() == {one.name for one in FIGURES}
    assert definitions["attendances"]["how it adds up"] == "The sum of the pupils of all headcounts."
    about = {row["what"]: row["is"] for row in sheet_rows(content, "About this file")}
    assert about["Period"] == "2025/26"
    assert about["Filters"] == "English"
    assert about["Areas"] == "Cumbria"
    assert about["Stamp"] == "As of 24 November 2026, 08:50 by Mo Manager; definitions 2"


@pytest.mark.django_db
def test_a_files_name_says_period_cut_filters_day_author_and_definitions() -> None:
    figures = reach(YEAR, by=Cut.MONTH, within=Cut.AREA, as_of=AS_OF)
    stamp = Stamp("Mo Manager", STAMP.now, ["KS2 assembly", "Welsh"])
    assert file_name(figures, stamp, "xlsx") == (
        "reach_2025-26_by-month-within-area_ks2-assembly-welsh_as-of_2026-11-24_mo-manager_definitions-2.xlsx"
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("areas", "part"),
    [
        (["Cumberland"], "cumberland_"),
        (["Cumberland", "Devon"], "cumberland-and-devon_"),
        ([f"Area number {number}" for number in range(4)], "4-areas_"),
        (["A" * 100], f"{'a' * 40}_"),
        (["区"], "1-area_"),
        ([], "no-areas_"),
        (None, ""),
    ],
)
def test_a_files_name_says_of_which_part_of_the_charity_it_is(areas: list[str] | None, part: str) -> None:
    """A row of a nation with the numbers of one area would else pass for the nation's."""
    stamp = Stamp("Cora Nwosu", STAMP.now, ["Welsh"], areas)
    figures = reach(YEAR, by=Cut.NATION, as_of=AS_OF)
    named = file_name(figures, stamp, "csv")
    assert named == f"reach_2025-26_by-nation_{part}welsh_as-of_2026-11-24_cora-nwosu_definitions-2.csv"


@pytest.mark.django_db
def test_sessions_behind_filtered_figures_are_only_what_was_counted() -> None:
    school = worked_example(area="Cumbria")
    guest = factories.SchoolFactory(area=factories.AreaFactory(name="Devon"))
    factories.HeadcountFactory(
        session=models.Session.objects.get(day=DAY), school=guest, year_group=5, pupils=20, **place_of(guest)
    )
    mine = models.Area.objects.filter(name="Devon")
    scope = scope_of(YEAR, by=Cut.NATION, within=None, filters=EVERYTHING, as_of=AS_OF, areas=mine)
    assert [(row["register_id"], row["pupils_5"]) for row in csv_rows(session_csv(scope))] == [(guest.register_id, "20")]
    workshops = Filters(types=frozenset({"workshop-5-6"}), year_groups=frozenset({6}))
    scope = scope_of(YEAR, by=Cut.NATION, within=None, filters=workshops, as_of=AS_OF, areas=None)
    assert [(row["register_id"], row["pupils_6"]) for row in csv_rows(session_csv(scope))] == [(school.register_id, "28")]


@pytest.mark.django_db
def test_the_command_cuts_by_kinds_filters_and_writes_workbooks(tmp_path: Path) -> None:
    worked_example(area="Cumbria")
    out = StringIO()
    call_command(
        "export_reach", "--period", "2025/26", "--by", "session_type", "--within", "area", "--year-group", "5", stdout=out
    )
    rows = csv_rows([out.getvalue()])
    assert [(row["area"], row["session_type"], row["attendances"]) for row in rows] == [
        ("Cumbria", "ks2-assembly", "58"),
        ("Cumbria", "workshop-5-6", "59"),
        ("", "TOTAL", "117"),
    ]
    path = tmp_path / "reach.xlsx"
    call_command("export_reach", "--period", "2025/26", "--by", "area", "-o", str(path))
    assert openpyxl.load_workbook(path)["Reach"].max_row == 3
    with pytest.raises(CommandError, match="“knitting” is not known to --type"):
        call_command("export_reach", "--period", "2025/26", "--by", "area", "--type", "knitting")
    with pytest.raises(CommandError, match="“planet” is not a kind of place"):
        call_command("export_reach", "--period", "2025/26", "--by", "month", "--within", "planet")
