"""A header is found below titles, on whatever sheet it stands; columns that have no name are none."""

from pathlib import Path

import openpyxl
import pytest

from schools.core.tables import HEADER_WITHIN, UnreadableTable, open_table


def has_urn_and_name(cells: list[str]) -> bool:
    return {"URN", "Name"} <= set(cells)


def read(path: Path) -> list[tuple[int, list[str]]]:
    with open_table(path, is_header=has_urn_and_name) as rows:
        return list(rows)


def book_of(folder: Path, **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    path = folder / "schools.xlsx"
    book.save(path)
    return path


def test_titles_above_the_header_of_a_csv_file_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "schools.csv"
    path.write_text("Schools of England,,\nAs of January 2019,,\n\nURN,Name,Town\n1,Allonby,Maryport\n")
    assert read(path) == [(4, ["URN", "Name", "Town"]), (5, ["1", "Allonby", "Maryport"])]


def test_a_file_without_the_header_is_given_whole_for_the_caller_to_refuse(tmp_path: Path) -> None:
    path = tmp_path / "schools.csv"
    rows = [f"{number},x" for number in range(HEADER_WITHIN)]
    path.write_text("\n".join([*rows, "URN,Name", "1,Allonby", ""]))
    assert [cells for _, cells in read(path)] == [*(row.split(",") for row in rows), ["URN", "Name"], ["1", "Allonby"]]


def test_a_file_whose_last_row_is_cut_short_is_broken_off_below_a_title_too(tmp_path: Path) -> None:
    path = tmp_path / "schools.csv"
    path.write_text("Schools\nURN,Name\n1,Allonby\n2")
    with pytest.raises(UnreadableTable, match="ends inside line 4"):
        read(path)


def test_the_sheet_with_the_header_is_found_behind_an_index_and_notes(tmp_path: Path) -> None:
    path = book_of(
        tmp_path,
        Index=[["Contents", "Sheet", "Notes"], [1, "Schools", "See notes"]],
        Schools=[["Address list of schools"], [], ["Notes below", "a", "b", "c"], [], ["URN", "Name"], [1, "Allonby"]],
        Notes=[["Note", "Text", "More"]],
    )
    assert read(path) == [(5, ["URN", "Name"]), (6, ["1", "Allonby"])]


def test_several_sheets_with_the_header_are_read_one_after_the_other_by_their_own_columns_with_lines_that_go_on(
    tmp_path: Path,
) -> None:
    path = book_of(
        tmp_path,
        Maintained=[["URN", "Name", "Sector"], [1, "Allonby", "Primary"], [2, "Bolton"]],
        Independent=[["Independent schools"], ["Name", "Fees", "URN"], ["Copeland", "Yes", 3], ["Dalton", None, 4]],
    )
    assert read(path) == [
        (1, ["URN", "Name", "Sector", "Fees"]),
        (2, ["1", "Allonby", "Primary", ""]),
        (3, ["2", "Bolton", "", ""]),
        (6, ["3", "Copeland", "", "Yes"]),
        (7, ["4", "Dalton", "", ""]),
    ]


def test_a_workbook_without_the_header_gives_its_first_sheet(tmp_path: Path) -> None:
    path = book_of(tmp_path, One=[["a", "b", "c"], [1, 2, 3]], Two=[["d", "e", "f"]])
    assert read(path) == [(1, ["a", "b", "c"]), (2, ["1", "2", "3"])]
