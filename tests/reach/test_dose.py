"""Dose, and what is behind it: against a second computation."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from io import StringIO
from pathlib import Path

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from schools import models
from schools.core.periods import AcademicYear
from schools.reach.dose import DoseRow
from schools.reach.dose_files import csv_lines, in_words
from schools.reach.figures import DOSE
from schools.reach.queries.dose import DoseBehind, dose, dose_behind
from tests import factories
from tests.profiles import examples
from tests.reach.examples import delivered
from tests.reach.histories import histories
from tests.reach.naive import History, Spot
from tests.reach.naive_dose import dose_of, first_recorded
from tests.reach.stored import Country

ON = date(2026, 11, 24)


def figures(row: DoseRow) -> dict[str, object]:
    return {figure.name: figure.value(row) for figure in DOSE}


def asked(history: History, year: int) -> History:
    """The history with the year as the period of the report, the day after its end."""
    return replace(history, last_day=date(year + 1, 7, 31), as_of=date(year + 1, 8, 1))


@pytest.mark.django_db
@settings(deadline=None, max_examples=examples(15))
@given(history=histories(), year=st.sampled_from((2025, 2026)), areas=st.sampled_from((None, None, {"Valley"})))
def test_the_table_and_what_is_behind_it_say_what_the_naive_computation_says(
    history: History, year: int, areas: set[str] | None
) -> None:
    history = asked(history, year)
    with transaction.atomic():
        Country(history)
        chosen = None if areas is None else models.Area.objects.filter(name__in=areas)
        question = {"as_of": history.as_of, "areas": chosen}
        table = dose(AcademicYear(year), **question)  # type: ignore[arg-type]  # a day and areas
        behind = {cell: dose_behind(AcademicYear(year), cell=cell, **question) for cell in table.by_cell}  # type: ignore[arg-type]  # as above
        transaction.set_rollback(True)

    def inside(area: str | None) -> Callable[[Spot, str], bool]:
        return lambda spot, _: (areas is None or spot.area in areas) and (area is None or (spot.area or "") == area)

    assert table.first_recorded == (None if (first := first_recorded(history)) is None else AcademicYear(first))
    by_area = {row.area: figures(row) for row in table.rows}
    naive = {area: dose_of(history, inside(area), year) for area in ("Valley", "Coast", "")}
    assert by_area == {area: row for area, row in naive.items() if row["schools_leaving"]}
    assert figures(table.total) == dose_of(history, inside(None), year)
    for row in [*table.rows, table.total]:
        assert row.pupils_leaving == (row.pupils_no_year + row.pupils_one_year + row.pupils_two_years + row.pupils_years_unknown)
        assert_adds_up(row, behind[row.cell])


def assert_adds_up(row: DoseRow, behind: DoseBehind) -> None:
    for figure in DOSE:
        lines = sum(figure.drill_down.adds(line) for line in behind.lines(figure.drill_down))
        assert bool(lines) == figure.value(row) if figure.name == "leaving_estimated" else lines == figure.value(row)


@pytest.mark.django_db
def test_a_series_is_no_year_in_which_the_children_were_reached() -> None:
    school = factories.SchoolFactory(area=factories.AreaFactory(name="Cumbria"))
    models.Roll.objects.create(school=school, academic_year=2025, year_group=6, pupils=28, source="list")
    delivered(school, "ks1-assembly", date(2020, 3, 3), time(9), {0: 30})  # seven years are recorded
    delivered(school, "ks2-assembly", date(2026, 2, 3), time(9), {6: 30})
    one_year = dose(AcademicYear(2025), as_of=ON).total
    assert (one_year.pupils_one_year, one_year.pupils_two_years) == (0, 28)
    models.SessionType.objects.filter(slug="ks2-assembly").update(series=True)
    assert dose(AcademicYear(2025), as_of=ON).total.pupils_one_year == 28


@pytest.mark.django_db
@pytest.mark.parametrize("schools", [1, 12])
def test_the_table_asks_the_same_number_of_questions_however_many_schools_there_are(
    schools: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(schools):
        school = factories.SchoolFactory(area=factories.AreaFactory(name=f"Area {number}"))
        delivered(school, "ks2-assembly", date(2026, 2, 3), time(9), {6: 30})
    with django_assert_num_queries(11):
        dose(AcademicYear(2025), as_of=ON)


@pytest.mark.django_db
def test_one_school_whose_roll_is_not_known_is_one() -> None:
    area = factories.AreaFactory(name="Cumbria")
    known = factories.SchoolFactory(area=area)
    models.Roll.objects.create(school=known, academic_year=2025, year_group=6, pupils=28, source="list")
    for schools, words in ((1, "1 school is left out, because its"), (2, "2 schools are left out, because their")):
        factories.SchoolFactory(area=area, pupils=None)
        table = dose(AcademicYear(2025), as_of=ON)
        assert table.total.schools_roll_unknown == schools
        assert in_words(table, areas=None).endswith(f" {words} roll is not known.")


def test_columns_of_its_files_stand_where_they_always_stood() -> None:
    assert [figure.file_position for figure in DOSE] == list(range(1, len(DOSE) + 1))
    assert [figure.name for figure in DOSE] == [
        "pupils_leaving", "pupils_no_year", "pupils_one_year", "pupils_two_years", "pupils_years_unknown", "schools_leaving",
        "schools_roll_unknown", "leaving_estimated",
    ]  # fmt: skip


@pytest.mark.django_db
def test_the_command_writes_what_the_table_says(tmp_path: Path) -> None:
    school = factories.SchoolFactory(area=factories.AreaFactory(name="Cumbria"))
    models.Roll.objects.create(school=school, academic_year=2025, year_group=6, pupils=28, source="list")
    delivered(school, "ks2-assembly", date(2026, 2, 3), time(9), {6: 30})
    out = StringIO()
    call_command("export_dose", "--year", "2025/26", stdout=out)
    assert out.getvalue() == "".join(csv_lines(dose(AcademicYear(2025), as_of=ON)))
    assert "Cumbria,28,0,0,0,28,1,0,no,2025/26,2" in out.getvalue()
    call_command("export_dose", "--year", "2025/26", "-o", str(tmp_path / "dose.xlsx"))
    sheets = openpyxl.load_workbook(tmp_path / "dose.xlsx")
    assert [cell.value for cell in sheets["Dose"]["E"]] == ["pupils_leaving", 28, 28]
    assert [row[0] for row in sheets["About this file"].values] == ["what", "Children leaving in", "Areas", "In words", "Stamp"]


@pytest.mark.parametrize("year", ["2025", "FY2025", "2025/26..2026/27"])
def test_the_command_takes_one_school_year(year: str) -> None:
    with pytest.raises(CommandError, match="is not an academic year; write it like 2025/26") as refusal:
        call_command("export_dose", "--year", year)
    assert refusal.value.returncode == 2


@pytest.mark.django_db
def test_the_command_writes_a_whole_file_or_none(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"cannot be written: .* Nothing was written; name another file with -o"):
        call_command("export_dose", "--year", "2025/26", "-o", str(tmp_path / "missing" / "dose.csv"))
    assert not list(tmp_path.iterdir())
