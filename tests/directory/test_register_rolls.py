"""Of which school year the pupils in a register file are."""

from datetime import date

import pytest

from schools.core.periods import AcademicYear
from schools.directory.actions import academic_year_of_file

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("name", "year"),
    [
        ("primary-2025-26.csv", 2025),
        ("primary_2025_2026.xlsx", 2025),
        ("primary 202526.csv", 2025),
        ("School level summary statistics 2024.xlsx", 2024),
        ("2024-statistics-2024.csv", 2024),
        ("statistics-2026.csv", 2026),
        ("statistics-2027.csv", None),
        ("primary-2027-28.csv", None),
        ("2023-or-2024.csv", None),
        ("statistics-1234567.csv", None),
        ("statistics.csv", None),
    ],
)
def test_the_name_of_a_file_tells_the_school_year_or_a_year_alone_in_which_it_began(name: str, year: int | None) -> None:
    assert academic_year_of_file(name, day=None, today=TODAY) == (AcademicYear(year) if year else None)


def test_a_day_goes_before_the_files_name() -> None:
    assert academic_year_of_file("primary-2025-26.csv", day=date(2025, 7, 31), today=TODAY) == AcademicYear(2024)
