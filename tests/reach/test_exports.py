"""The CSV of reach and the command that writes it."""

from collections.abc import Iterator
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from schools import models
from schools.core.csv import write
from schools.core.periods import Period
from schools.reach.exports import csv_lines
from schools.reach.queries import reach
from schools.reach.rows import Cut
from tests.reach.examples import worked_example

HEADER = (
    "period,first_day,last_day,nation,region,area,authority_gss,authority,schools_in_area,schools_visited,"
    "school_coverage_percent,schools_online_only,schools_visited_in_cycle,cycle_coverage_percent,sessions_delivered,"
    "outcomes_missing,counts_missing,attendances,attendances_estimated,pupils_reached,pupils_in_person,pupils_online,"
    "children_reached,adults,volunteers_active,volunteer_hours,pupils_on_roll,pupils_on_roll_estimated,coverage_percent,"
    "pupils_reached_low,pupils_reached_high,high_is_open,children_reached_low,schools_visited_not_counted,"
    "schools_whole_programme,definitions"
)
pytestmark = pytest.mark.django_db


def lines(*, by: Cut = Cut.AREA, period: str = "2025/26") -> list[str]:
    return list(csv_lines(reach(Period.parse(period), by=by, as_of=date(2026, 11, 24))))


def exported(*options: str) -> str:
    out = StringIO()
    call_command("export_reach", *options, stdout=out)
    return out.getvalue()


def test_the_worked_example_by_area() -> None:
    worked_example(area="Cumbria")
    numbers = ",,1,1,100.0,0,1,100.0,4,0,0,175,0,89,89,0,89,0,0,0.0,,yes,,88,175,no,88,0,0,2"
    assert lines() == [
        f"\ufeff{HEADER}\r\n",
        f"2025/26,2025-08-01,2026-07-31,england,North West,Cumbria,{numbers}\r\n",
        f"2025/26,2025-08-01,2026-07-31,,,TOTAL,{numbers}\r\n",
    ]


def test_by_the_first_definitions_the_file_has_their_columns_alone() -> None:
    worked_example(area="Cumbria")
    header, row, _ = exported("--period", "2025/26", "--by", "area", "--definitions", "1").splitlines()
    assert header == f"\ufeff{HEADER.split(',pupils_reached_low', maxsplit=1)[0]}"
    assert row.endswith(",175,0,89,89,0,89,0,0,0.0,,yes,")


def test_the_worked_example_over_two_years() -> None:
    worked_example(area="Cumbria")
    total = lines(period="2025/26..2026/27")[-1].split(",")
    assert total[17:23] == ["236", "0", "150", "150", "0", "91"]


@pytest.mark.parametrize(
    ("by", "place"),
    [
        (Cut.NATION, "england,,,,"),
        (Cut.REGION, "england,North West,,,"),
        (Cut.AREA, "england,North West,Cumbria,,"),
        (Cut.AUTHORITY, "england,North West,Cumbria,E10000006,Cumbria County"),
    ],
)
def test_columns_that_the_cut_does_not_know_stay_empty(by: Cut, place: str) -> None:
    worked_example(area="Cumbria")
    assert lines(by=by)[1].startswith(f"2025/26,2025-08-01,2026-07-31,{place},1,1,")


@pytest.mark.parametrize(
    ("by", "place"), [(Cut.NATION, "TOTAL,,,,"), (Cut.REGION, ",TOTAL,,,"), (Cut.AREA, ",,TOTAL,,"), (Cut.AUTHORITY, ",,,,TOTAL")]
)
def test_the_total_stands_last_in_the_cuts_own_column(by: Cut, place: str) -> None:
    assert lines(by=by)[-1].startswith(f"2025/26,2025-08-01,2026-07-31,{place},0,0,")


@pytest.mark.parametrize(("name", "cell"), [("=1+1", "'=1+1"), ("@x", "'@x"), ("+44", "'+44"), ("-1", "'-1")])
def test_no_spreadsheet_runs_a_name(name: str, cell: str) -> None:
    worked_example(area=name)
    assert f",{cell}," in lines()[1]


def test_the_same_bytes_twice() -> None:
    worked_example(area="Cumbria")
    assert exported("--period", "2025/26", "--by", "authority") == exported("--period", "2025/26", "--by", "authority")


def test_the_file_is_what_the_terminal_shows(tmp_path: Path) -> None:
    worked_example(area="Ynys Môn")
    path = tmp_path / "reach.csv"
    call_command("export_reach", "--period", "2025/26", "--by", "area", "-o", str(path))
    assert path.read_bytes().decode("utf-8") == exported("--period", "2025/26", "--by", "area")
    assert path.read_bytes().startswith(b"\xef\xbb\xbfperiod,")
    assert [entry.name for entry in tmp_path.iterdir()] == ["reach.csv"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--period", "2025", "--by", "area"), "“2025” is not a period."),
        (("--period", "2025-02-30..2025-03-01", "--by", "area"), "“2025-02-30..2025-03-01” is not a period."),
        (
            ("--period", "2025/26", "--by", "school"),
            "“school” is not a cut. Write --by area, authority, region, nation or fifth.",
        ),
        (("--period", "2025/26", "--by", "area", "-o", "/nowhere/at/all.csv"), "/nowhere/at/all.csv cannot be written:"),
    ],
)
def test_a_wrong_word_is_one_clear_sentence(options: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(CommandError) as refusal:
        exported(*options)
    assert str(refusal.value).startswith(sentence)
    assert refusal.value.returncode == 2


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    def breaking() -> Iterator[str]:
        yield "half a line"
        raise RuntimeError

    path = tmp_path / "reach.csv"
    path.write_text("the old file")
    with pytest.raises(RuntimeError):
        write(breaking(), path)
    assert path.read_text() == "the old file"
    assert [entry.name for entry in tmp_path.iterdir()] == ["reach.csv"]


def test_an_empty_charity_has_a_total_of_nothing() -> None:
    assert models.School.objects.count() == 0
    assert len(lines()) == 2
