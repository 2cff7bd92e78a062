"""A table opens whatever its encoding and packing; a file that is none is refused in one line."""

import gzip
import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from schools.core.tables import LONGEST_CELL, LONGEST_LINE, UnreadableTable, column_positions, open_table

ROWS = [(1, ["URN", "Name"]), (2, ["1", "Ysgol Tŷ"]), (3, ["2", "St Mary’s"])]
TEXT = "URN,Name\r\n1,Ysgol Tŷ\r\n2,St Mary’s\r\n"


def read(path: Path) -> list[tuple[int, list[str]]]:
    with open_table(path) as rows:
        return list(rows)


def refusal(path: Path) -> str:
    with pytest.raises(UnreadableTable) as caught:
        read(path)
    message = str(caught.value)
    assert "\n" not in message
    return message


def written(folder: Path, content: bytes, name: str = "schools.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def zipped(folder: Path, **files: str) -> Path:
    path = folder / "schools.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__csv", ".csv"), content)
    return path


def workbook(folder: Path, rows: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    path = folder / "schools.xlsx"
    book.save(path)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_utf8_file_is_read_with_and_without_bom(tmp_path: Path, encoding: str) -> None:
    assert read(written(tmp_path, TEXT.encode(encoding))) == ROWS


def test_a_file_that_is_not_utf8_is_read_as_cp1252(tmp_path: Path) -> None:
    path = written(tmp_path, "URN,Name\r\n2,St Mary’s, Île\r\n".encode("cp1252"))
    assert read(path) == [(1, ["URN", "Name"]), (2, ["2", "St Mary’s", " Île"])]


def test_a_bom_before_cp1252_does_not_rename_the_first_column(tmp_path: Path) -> None:
    assert read(written(tmp_path, b'\xef\xbb\xbf"URN",Name\r\n1,\x93A\x94\r\n')) == [(1, ["URN", "Name"]), (2, ["1", "“A”"])]


def test_a_character_that_spans_two_chunks_is_still_utf8(tmp_path: Path) -> None:
    start = f"URN,Name\n1,{'a' * 1000}\n"
    filler = "1,b\n" * ((1 << 20) // 4)
    content = (start + filler).encode()[: (1 << 20) - 1]
    rows = read(written(tmp_path, content[: content.rindex(b"\n") + 1] + "2,ŷŷŷ\n".encode() * 3))
    assert rows[-1][1] == ["2", "ŷŷŷ"]


@pytest.mark.parametrize(
    ("content", "row"),
    [
        ("Name;Address;Pupils\r\nFellside;1, High Street, Kendal;12,5\r\n", ["Fellside", "1, High Street, Kendal", "12,5"]),
        ("Name;E-mail\r\nAnn;ann@example.org\r\n", ["Ann", "ann@example.org"]),
        ("Name\tSigned off\tAddress\nAnn\tks1;ks2;ks3;ks4\t1, High Street\n", ["Ann", "ks1;ks2;ks3;ks4", "1, High Street"]),
        ("Name,Signed off\nAnn,ks1;ks2;ks3;ks4\n", ["Ann", "ks1;ks2;ks3;ks4"]),
        ('Name,"Areas; several; with; semicolons"\nAnn,Eden;Kent\n', ["Ann", "Eden;Kent"]),
        ("Our volunteers; 2026\n\nName,E-mail,Areas\nAnn,ann@example.org,a;b;c\n", ["Ann", "ann@example.org", "a;b;c"]),
        ("sep=;\nName;E-mail;Areas\nAnn;ann@example.org;Eden, Kent\n", ["Ann", "ann@example.org", "Eden, Kent"]),
        ("Name\nAnn Ash\n", ["Ann Ash"]),
    ],
)  # fmt: skip
def test_cells_are_apart_by_what_the_first_line_of_several_cells_has(tmp_path: Path, content: str, row: list[str]) -> None:
    for encoding in ("utf-8", "utf-8-sig", "cp1252"):
        assert read(written(tmp_path, content.encode(encoding)))[-1][1] == row
    assert read(written(tmp_path, gzip.compress(content.encode()), "people.csv.gz"))[-1][1] == row


def test_a_gzipped_and_a_zipped_file_are_unpacked(tmp_path: Path) -> None:
    assert read(written(tmp_path, gzip.compress(TEXT.encode(), mtime=0), "schools.csv.gz")) == ROWS
    assert read(zipped(tmp_path, readme="hello", schools__csv=TEXT)) == ROWS


def test_blank_lines_are_left_out_and_line_numbers_kept(tmp_path: Path) -> None:
    assert read(written(tmp_path, b'a,b\n\n1,"x\ny"\n,\n2,z\n')) == [(1, ["a", "b"]), (4, ["1", "x\ny"]), (6, ["2", "z"])]


def test_a_last_line_without_a_line_break_is_read(tmp_path: Path) -> None:
    assert read(written(tmp_path, b"a,b\n1,2")) == [(1, ["a", "b"]), (2, ["1", "2"])]


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    assert read(written(tmp_path, b"")) == []


def test_a_file_that_ends_inside_a_row_is_broken_off(tmp_path: Path) -> None:
    assert "ends inside line 3: the file is broken off" in refusal(written(tmp_path, b"a,b,c\n1,2,3\n4,5"))


def test_a_short_row_in_a_whole_file_is_left_to_the_reader(tmp_path: Path) -> None:
    assert read(written(tmp_path, b"a,b,c\n1,2,3\n4,5\n"))[-1] == (3, ["4", "5"])


def test_a_file_that_ends_inside_a_quoted_cell_is_broken_off(tmp_path: Path) -> None:
    assert "line 2: the file ends inside a quoted cell" in refusal(written(tmp_path, b'a,b\n1,"2'))


def test_half_a_gzip_file_is_broken_off(tmp_path: Path) -> None:
    whole = gzip.compress(TEXT.encode() * 5000, mtime=0)
    assert "broken off" in refusal(written(tmp_path, whole[: len(whole) // 2], "schools.csv.gz"))


def test_half_a_zip_file_is_broken_off(tmp_path: Path) -> None:
    whole = zipped(tmp_path, schools__csv=TEXT).read_bytes()
    assert "broken off" in refusal(written(tmp_path, whole[: len(whole) // 2], "half.zip"))


def test_a_zip_file_must_hold_exactly_one_csv_file(tmp_path: Path) -> None:
    assert "holds 2 CSV files" in refusal(zipped(tmp_path, one__csv=TEXT, two__csv=TEXT))
    assert "holds 0 CSV files" in refusal(zipped(tmp_path, readme="hello"))


def test_the_shadow_files_of_macos_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "schools.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("schools.csv", TEXT)
        archive.writestr("__MACOSX/._schools.csv", "Mac OS X")
    assert read(path) == ROWS


def test_a_zip_file_with_a_password_is_refused(tmp_path: Path) -> None:
    content = bytearray(zipped(tmp_path, schools__csv=TEXT).read_bytes())
    # Bit 0 of the flags, in the local and in the central header, says that the member is encrypted.
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert "cannot be unpacked" in refusal(written(tmp_path, bytes(content), "secret.zip"))


def test_a_cell_of_forty_megabytes_is_refused(tmp_path: Path) -> None:
    huge = b"x" * 40_000_000
    assert f"more than {LONGEST_LINE:,} characters" in refusal(written(tmp_path, b"a,b\n1," + huge + b"\n"))


def test_a_quote_that_is_never_closed_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    assert f"more than {LONGEST_CELL:,} characters" in refusal(written(tmp_path, b'a,b\n1,"' + b"2,3\n" * 100_000))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (TEXT.encode("utf-16"), "UTF-16"),
        (TEXT.encode("utf-16-le"), "NUL"),
        (b"a,b\n1,\0\n", "NUL"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF"),
        (b"PK\x03\x04" + b"\0" * 40, "a zip file or a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook"),
        (gzip.compress(b"a,b\n", mtime=0), "a gzip file"),
        (b"a,b\n1,\x81\n", "neither UTF-8 nor cp1252"),
        (b'a,b\n1,"2"3\n', "this is not CSV"),
    ],
)
def test_what_only_bears_the_name_of_a_csv_file_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    assert words in refusal(written(tmp_path, content))


@pytest.mark.parametrize("name", ["schools.csv", "schools.csv.gz", "schools.zip", "schools.xlsx"])
def test_a_missing_file_and_a_directory_are_refused(tmp_path: Path, name: str) -> None:
    assert "No such file" in refusal(tmp_path / name)
    (tmp_path / name).mkdir()
    assert "Is a directory" in refusal(tmp_path / name)


@pytest.mark.parametrize("name", ["schools.csv.gz", "schools.zip", "schools.xlsx"])
def test_a_csv_file_under_another_name_is_refused(tmp_path: Path, name: str) -> None:
    assert "not the kind of file that its name says" in refusal(written(tmp_path, TEXT.encode(), name))


def test_a_workbook_is_read_as_text_with_its_header_below_a_title(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        [
            ["Schools, January 2019"],
            [None, None],
            ["URN", "Name", "Opened", "Percent"],
            [112100, "Allonby", date(2019, 1, 31), 12.5],
            [None, None, None, None],
            [112101.0, "  ", datetime(2019, 1, 31, 9, 30)],  # noqa: DTZ001  # a workbook's times have no zone
        ],
    )
    assert read(path) == [
        (3, ["URN", "Name", "Opened", "Percent"]),
        (4, ["112100", "Allonby", "2019-01-31", "12.5"]),
        (6, ["112101", "", "2019-01-31T09:30:00", ""]),
    ]


def test_a_workbook_with_a_wrong_size_is_read_whole(tmp_path: Path) -> None:
    whole = workbook(tmp_path, [["a", "b", "c"], [1, 2, 3]])
    path = tmp_path / "wrong.xlsx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b'ref="A1:C2"', b'ref="A1"') if "sheet1" in name else content)
    assert read(path) == [(1, ["a", "b", "c"]), (2, ["1", "2", "3"])]


def test_an_empty_workbook_has_no_rows(tmp_path: Path) -> None:
    assert read(workbook(tmp_path, [])) == []


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    whole = workbook(tmp_path, [["a", "b", "c"], [1, 2, 3]])
    for member, damage in (("sheet1", b"<worksheet><nonsense"), ("workbook.xml", b"<"), ("[Content_Types]", b"")):
        path = tmp_path / "damaged.xlsx"
        with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
            for name in old.namelist():
                new.writestr(name, damage if member in name else old.read(name))
        assert "damaged.xlsx" in refusal(path)


def test_a_zip_file_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("schools.csv", TEXT)
    assert "not a spreadsheet" in refusal(written(tmp_path, packed.getvalue(), "schools.xlsx"))


def test_an_error_of_the_callers_own_passes_unchanged(tmp_path: Path) -> None:
    def print_rows() -> None:
        with open_table(written(tmp_path, TEXT.encode())) as rows:
            next(rows)
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        print_rows()


def test_columns_are_found_by_name_whatever_their_case_and_spaces() -> None:
    assert column_positions(["x", " urn ", "LA\u00a0 (code)"], ["URN", "LA (code)", "Name"]) == {"URN": 1, "LA (code)": 2}


def test_a_wanted_column_that_is_there_twice_is_refused_and_another_does_not_matter() -> None:
    header = ["URN", "Inspectorate", "Inspectorate"]
    assert column_positions(header, ["URN"]) == {"URN": 0}
    with pytest.raises(UnreadableTable, match="“URN” stands in the header 2 times"):
        column_positions([*header, "urn"], ["URN"])
