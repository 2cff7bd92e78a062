"""Academic years and the periods of reports."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools.core.periods import AcademicYear, Period


@pytest.mark.parametrize(
    ("day", "year"),
    [(date(2025, 7, 31), "2024/25"), (date(2025, 8, 1), "2025/26"), (date(2026, 1, 1), "2025/26"), (date(1999, 9, 1), "1999/00")],
)
def test_an_academic_year_begins_on_the_first_of_august(day: date, year: str) -> None:
    assert str(AcademicYear.of(day)) == year


@given(st.dates(date(1901, 1, 1), date(9990, 1, 1)))
def test_every_day_lies_in_its_academic_year_and_the_next_year_follows_at_once(day: date) -> None:
    year = AcademicYear.of(day)
    assert year.first_day <= day <= year.last_day
    assert day in year.period
    assert AcademicYear.of(year.last_day + timedelta(days=1)) == AcademicYear(year.start + 1)
    assert AcademicYear.parse(str(year)) == year


@pytest.mark.parametrize("text", ["2025/27", "2025/2026", "2025-26", "25/26", "", "abcd/ef", "0001/02", "٢٠٢٥/26"])
def test_what_is_no_academic_year_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 2025/26"):
        AcademicYear.parse(text)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2025/26", date(2025, 8, 1), date(2026, 7, 31)),
        (" 2025/26 ", date(2025, 8, 1), date(2026, 7, 31)),
        ("2024/25..2025/26", date(2024, 8, 1), date(2026, 7, 31)),
        ("2024/25 .. 2025/26", date(2024, 8, 1), date(2026, 7, 31)),
        ("FY2025", date(2025, 4, 1), date(2026, 3, 31)),
        ("2025-10-01..2025-12-19", date(2025, 10, 1), date(2025, 12, 19)),
        ("2025-10-01..2025-10-01", date(2025, 10, 1), date(2025, 10, 1)),
    ],
)
def test_a_period_is_written_in_one_of_four_ways(text: str, first: date, last: date) -> None:
    assert Period.parse(text) == Period(first, last, text.replace(" ", ""))


@pytest.mark.parametrize(
    "text",
    ["", "..", "2025", "2025/26..", "..2025/26", "2025/26..x", "2025-02-30..2025-03-01", "2025-10-01", "fy2025", "FY0000",
     "FY9999", "0001-01-01..2026-07-31", "1899-12-31..2026-07-31", "FY1899", "2025-08-01..9999-12-31", "2999/00",
     "9999-01-01..9999-12-31", "2025-10-01..2025-12-19..2026-01-01", "20251001..20251219", "2025-W01-1..2025-W02-1"],
)  # fmt: skip
def test_what_is_no_period_is_refused_with_the_four_ways(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a period\. Write 2025/26, 2025/26\.\.2026/27, FY2025 or 2025-10-01\.\."):
        Period.parse(text)


@pytest.mark.parametrize("text", ["2026/27..2025/26", "2025-12-19..2025-10-01"])
def test_a_period_that_ends_before_it_begins_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ends before it begins"):
        Period.parse(text)


def test_a_period_ends_in_its_last_academic_year() -> None:
    assert Period.parse("FY2025").last_academic_year == AcademicYear(2025)
    assert Period.parse("2024/25..2025/26").last_academic_year == AcademicYear(2025)
    assert date(2026, 8, 1) not in Period.parse("2025/26")


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("2025-10-06..2025-12-19", "2025-10-01..2025-12-31"),
        ("2024-02-29..2024-02-29", "2024-02-01..2024-02-29"),
        ("2025-12-31..2026-01-01", "2025-12-01..2026-01-31"),
        ("2999-12-02..2999-12-30", "2999-12-01..2999-12-31"),
    ],
)
def test_a_period_lies_in_so_many_whole_months(text: str, whole: str) -> None:
    assert Period.parse(text).whole_months == Period.parse(whole)


@pytest.mark.parametrize("text", ["2025/26", "2024/25..2025/26", "FY2025", "2025-10-01..2025-10-31", "2024-02-01..2024-02-29"])
def test_a_period_of_whole_months_keeps_its_name(text: str) -> None:
    assert Period.parse(text).whole_months == Period.parse(text)
