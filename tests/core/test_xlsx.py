"""Workbooks: typed cells, a frozen header, nothing that is run, whatever people typed."""

from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from schools.core import xlsx
from schools.core.xlsx import Cell, Sheet, workbook

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=40)


def read(*sheets: Sheet) -> Any:
    return openpyxl.load_workbook(BytesIO(b"".join(workbook(sheets))))


def cell(value: Cell) -> Any:
    return read(Sheet("One", ["a"], [[value]])).active["A2"]


def test_a_cell_is_what_it_is() -> None:
    book = read(
        Sheet("Reach", ["a", "b"], [[1234, Decimal("12.5")], [None, ""], ["Ynys Môn", date(2025, 10, 6)], [True, time(9, 15)]])
    )
    rows = list(book.active.iter_rows(min_row=2, values_only=True))
    assert rows == [(1234, 12.5), (None, None), ("Ynys Môn", datetime(2025, 10, 6)), (True, time(9, 15))]  # noqa: DTZ001  # a spreadsheet's day
    assert book.active.freeze_panes == "A2"
    assert book.active["A1"].font.b
    assert book.active["B4"].number_format == r"yyyy\-mm\-dd"


@pytest.mark.parametrize("text", ["=1+1", "+44 20", "-1", "@x", '=HYPERLINK("x")', "\t=1", "'=1"])
def test_what_begins_like_a_formula_is_text(text: str) -> None:
    made = cell(text)
    assert (made.data_type, made.value) == ("s", text)


@given(TEXT)
def test_every_text_comes_back_and_is_never_a_formula(text: str) -> None:
    made = cell(text)
    assert made.data_type == "s"
    assert unescape(made.value) == text


def test_what_no_file_may_hold_is_written_as_its_number() -> None:
    assert cell("a\x01b").value == "a_x0001_b"


def test_a_sheet_that_is_full_goes_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 3)
    book = read(Sheet("Sessions", ["n"], ([number] for number in range(7))), Sheet("Empty", ["n"], []))
    assert book.sheetnames == ["Sessions", "Sessions (2)", "Sessions (3)", "Empty"]
    assert [[row[0] for row in sheet.iter_rows(values_only=True)] for sheet in book] == [
        ["n", 0, 1, 2], ["n", 3, 4, 5], ["n", 6], ["n"],
    ]  # fmt: skip


def test_it_is_sent_while_it_is_read_and_the_same_cells_give_the_same_bytes() -> None:
    taken = 0

    def rows() -> Iterator[list[Cell]]:
        nonlocal taken
        for number in range(20_000):
            taken += 1
            yield [number, f"row {number}"]

    sent = workbook([Sheet("Big", ["n", "what"], rows())])
    next(sent)
    assert taken < 1_000
    whole = [b"".join(workbook([Sheet("Same", ["a"], [["b", 1]])])) for _ in range(2)]
    assert whole[0] == whole[1]
