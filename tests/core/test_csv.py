"""CSV that a spreadsheet opens safely and that reads back unchanged."""

import csv
import io
import os
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools.core.csv import BOM, DANGEROUS, Cell, lines, plain_text, safe_text, write
from schools.core.errors import RuleBroken

# The signs that matter are rare in random text, so they are offered by name.
TEXTS = st.text(st.sampled_from("'=+-@\t\r\n \",;ax") | st.characters(codec="utf-8", exclude_characters="\0"))


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("", ""),
        ("Kendal", "Kendal"),
        ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
        ("+44 1539", "'+44 1539"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("'=x", "''=x"),
        ("'tis", "'tis"),
        ("a=b", "a=b"),
    ],
)
def test_a_cell_that_would_be_run_gains_one_apostrophe(text: str, safe: str) -> None:
    assert safe_text(text) == safe


@given(TEXTS)
def test_what_was_made_safe_reads_back_unchanged(text: str) -> None:
    assert plain_text(safe_text(text)) == text


@given(TEXTS)
def test_no_safe_text_begins_like_a_formula(text: str) -> None:
    assert not safe_text(text).startswith(DANGEROUS)


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), max_size=5))
def test_a_file_reads_back_row_by_row(rows: list[list[str]]) -> None:
    text = "".join(lines(["a", "b"], rows))
    assert text.startswith(f"{BOM}a,b\r\n")
    read = list(csv.reader(io.StringIO(text.removeprefix(BOM), newline=""), strict=True))
    assert read[1:] == [[safe_text(cell) for cell in row] for row in rows]


@pytest.mark.parametrize("text", [f"{first}{then}x" for first in ("", "'", *DANGEROUS) for then in ("", "'", *DANGEROUS)])
def test_a_line_holds_each_text_as_it_is_made_safe(text: str) -> None:
    _, line = lines(["cell"], [[text]])
    assert next(csv.reader(io.StringIO(line, newline=""))) == [safe_text(text)]


def test_numbers_days_and_times_are_written_plainly_and_nothing_as_nothing() -> None:
    row: list[Cell] = [-3, 1.5, date(2026, 11, 26), time(9, 15), None, "-3", 0]
    assert list(lines(["a"], [row]))[1] == "-3,1.5,2026-11-26,09:15,,'-3,0\r\n"


def test_a_refusal_carries_every_reason_and_is_a_validation_error() -> None:
    refusal = RuleBroken(reason for reason in ("Do this.", "Do that."))
    assert refusal.reasons == ["Do this.", "Do that."]
    assert refusal.messages == ["Do this.", "Do that."]


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write(["a,b\r\n"], pipe)
        assert os.read(reader, 100) == b"a,b\r\n"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_a_link_stays_a_link_and_its_target_is_written(tmp_path: Path) -> None:
    link, target = tmp_path / "latest.csv", tmp_path / "reach.csv"
    link.symlink_to(target)
    write(["a,b\r\n"], link)
    assert link.is_symlink()
    assert target.read_bytes() == b"a,b\r\n"
