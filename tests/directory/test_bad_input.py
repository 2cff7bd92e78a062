"""What is wrong with files as people send them: each a line of the report or a refusal in one line, and never half a register."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schools.models import Area, AreaAuthority, Authority, Postcode, Roll, School, SchoolLink
from tests import factories
from tests.core import hostile
from tests.directory.gias_files import HEADER, row, text, written
from tests.directory.nation_files import LAYOUTS
from tests.directory.nation_files import row as nation_row
from tests.directory.nation_files import written as nation_written
from tests.directory.own_files import reasons, run
from tests.directory.own_files import written as table
from tests.profiles import examples

pytestmark = pytest.mark.django_db

COMMANDS = ("import_schools", "import_areas", "import_authorities", "import_rolls", "import_postcodes", "import_terms")


def stored() -> list[int]:
    """How many rows there are of what imports write."""
    tables: list[Any] = [Area, AreaAuthority, Authority, Postcode, Roll, School, SchoolLink]
    return [model.objects.count() for model in tables]


def refusal(command: str, path: Path, *options: str) -> str:
    """The one line with which the command refuses the file as a whole, having changed nothing."""
    before = stored()
    with pytest.raises(CommandError) as caught:
        call_command(command, str(path), *options, stdout=StringIO())
    assert caught.value.returncode == 2
    assert stored() == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def school(urn: str = "100001") -> School:
    return School.objects.get(register_id=urn)


def test_circular_links_are_refused_and_the_rest_is_stored(tmp_path: Path) -> None:
    links = tmp_path / "links.csv"
    rows = [("1", "2"), ("2", "3"), ("3", "1"), ("3", "4")]
    lines = [f"{one},{other},School,Successor,01-09-2020" for one, other in rows]
    links.write_text("\n".join(["URN,LinkURN,LinkName,LinkType,LinkEstablishedDate", *lines, ""]))
    told = run("import_schools", written(tmp_path, *(row(urn=str(urn)) for urn in range(1, 5))), "--links", str(links))
    assert told["created"] == 4
    assert [line for line, _, _ in reasons(told["links"])] == [2, 3, 4]
    assert [(link.predecessor.register_id, link.successor.register_id) for link in SchoolLink.objects.all()] == [("3", "4")]


def test_a_school_that_follows_itself_is_refused(tmp_path: Path) -> None:
    links = tmp_path / "links.csv"
    links.write_text("URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\n1,1,Itself,Successor,01-09-2020\n")
    told = run("import_schools", written(tmp_path, row(urn="1")), "--links", str(links))
    assert [line for line, _, _ in reasons(told["links"])] == [2]


def test_a_number_twice_with_different_rows_keeps_the_first_and_tells(tmp_path: Path) -> None:
    told = run("import_schools", written(tmp_path, row(), row(name="Another School"), row()))
    assert reasons(told) == [(3, "100001", "Line 2 has it already, with another name, and was used. Look up which is right.")]
    assert (told["created"], told["ignored_because"]) == (1, {"the same row again": 1})
    assert school().name == "Fellside Primary School"


def test_one_code_with_two_names_keeps_the_first_and_tells(tmp_path: Path) -> None:
    told = run("import_schools", written(tmp_path, row(), row(urn="100002", la_name="Cumbria County")))
    assert reasons(told, of="left_out") == [
        (3, "E10000006", "It is called “Cumbria County” here and “Cumbria” before; the first name was used.")
    ]
    assert [authority.name for authority in Authority.objects.all()] == ["Cumbria"]


def test_an_authority_that_closed_before_it_opened_is_refused(tmp_path: Path) -> None:
    path = table(tmp_path, "gss,name,opened,closed", "E06000063,Cumberland,2023-04-01,2019-03-31", "W06000001,Anglesey,,")
    told = run("import_authorities", path)
    assert reasons(told) == [(2, "E06000063", "It closed on 2019-03-31, before it opened on 2023-04-01. Put the days in order.")]
    assert [authority.name for authority in Authority.objects.all()] == ["Anglesey"]


def test_an_authority_entered_with_days_that_contradict_what_ships_keeps_them(tmp_path: Path) -> None:
    factories.AuthorityFactory(gss="E10000006", name="Cumbria", opened=date(2024, 1, 1))
    run("import_schools", written(tmp_path, row(), row(urn="100002", gss="E06000063", la_name="Cumberland")))
    assert Authority.objects.get(gss="E10000006").closed is None


def test_area_rows_that_overlap_are_cut_and_told_and_those_that_contradict_are_refused(tmp_path: Path) -> None:
    for gss in ("E06000063", "E06000064"):
        factories.AuthorityFactory(gss=gss)
    header = "region,area,nation,authority_gss,from_day,to_day"
    told = run(
        "import_areas",
        table(
            tmp_path,
            header,
            "North,Lakes,england,E06000063,,2030-12-31",
            "North,Coast,england,E06000063,2026-01-01,",
            "North,Lakes,england,E06000064,2026-01-01,",
            "North,Coast,england,E06000064,2026-01-01,",
        ),
    )
    assert [line for line, _, _ in reasons(told, of="left_out")] == [2]
    assert [line for line, _, _ in reasons(told)] == [4, 5]
    assert AreaAuthority.objects.count() == 2


def resaved(folder: Path, *rows: list[str], header: tuple[str, ...] = HEADER, name: str = "edubase.csv") -> Path:
    """As a spreadsheet saves the file again: leading zeros gone, days with slashes, columns without a name at the end."""

    def cell(value: str) -> str:
        if len(value) == 10 and value[2] == value[5] == "-":
            return value.replace("-", "/")
        return value.lstrip("0") if value.isdigit() and value.strip("0") else value

    path = folder / name
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*header, "", ""])
        writer.writerows([*(cell(value) for value in one), "", ""] for one in rows)
    return path


def test_a_copy_that_lost_its_leading_zeros_changes_nothing(tmp_path: Path) -> None:
    rows = [row(phone="01539000000", opened="01-09-2010", easting="051500"), row(urn="100002", phone="01539 000001")]
    run("import_schools", written(tmp_path, *rows))
    before = list(School.objects.values())
    assert before[0]["phone"] == "01539000000"
    told = run("import_schools", resaved(tmp_path, *rows, name="resaved.csv"))
    assert (told["unchanged"], told["refused"], told["left_out"]) == (2, [], [])
    assert list(School.objects.values()) == before


def test_a_reference_that_lost_its_hyphen_is_the_same_school(tmp_path: Path) -> None:
    run("import_schools", nation_written(tmp_path, "northern-ireland", name="a-2024.csv"), "--register", "northern-ireland")
    again = nation_written(tmp_path, "northern-ireland", nation_row("northern-ireland", Reference="1010001"), name="b-2024.csv")
    assert run("import_schools", again, "--register", "northern-ireland")["unchanged"] == 1


@pytest.mark.parametrize("layout", ["scotland", "scotland roll", "wales", "northern-ireland"])
def test_trailing_commas_do_no_harm_in_any_register(tmp_path: Path, layout: str) -> None:
    path = resaved(tmp_path, nation_row(layout), header=LAYOUTS[layout][0], name="register-2024.csv")
    told = run("import_schools", path, "--register", layout.split(maxsplit=1)[0])
    assert (told["created"], told["refused"]) == (1, [])


def test_commas_after_the_rows_or_after_the_header_alone_do_no_harm(tmp_path: Path) -> None:
    lines = text(row(), row(urn="100002")).splitlines()
    after_rows, after_header = tmp_path / "rows.csv", tmp_path / "header.csv"
    after_rows.write_text("\n".join([lines[0], *(f"{line},,," for line in lines[1:]), ""]))
    after_header.write_text("\n".join([f"{lines[0]},,,", *lines[1:], ""]))
    assert run("import_schools", after_rows)["created"] == 2
    assert run("import_schools", after_header)["unchanged"] == 2


def workbook(folder: Path, **sheets: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for one in rows:
            sheet.append(one)
    path = folder / "register-2024.xlsx"
    book.save(path)
    return path


def test_a_workbook_with_its_header_in_row_5_below_a_table_of_notes_is_read(tmp_path: Path) -> None:
    notes: list[list[Any]] = [["Schools", "as of", "1 January"], ["Source", "register", "OGL", "v3"], [], ["Note", "a", "b"]]
    told = run("import_schools", workbook(tmp_path, Sheet=[*notes, list(HEADER), row()]))
    assert (told["created"], school().name) == (1, "Fellside Primary School")


def test_a_workbook_whose_header_nobody_finds_is_refused_by_what_it_lacks(tmp_path: Path) -> None:
    path = workbook(tmp_path, Sheet=[["Name", "Town", "Head"], ["Fellside", "Kendal", "H"]])
    assert "has no column “URN”, “LA (name)”" in refusal("import_schools", path)


def test_a_welsh_workbook_is_read_behind_its_index_and_on_every_sheet_of_schools(tmp_path: Path) -> None:
    header = list(LAYOUTS["wales"][0])
    independent = [header[1], header[0], *header[2:]]
    cells = nation_row("wales", School_Number="6606001", School_Name="Ysgol Rydd", Sector="Independent", School_Type="Ages 3-16")
    path = workbook(
        tmp_path,
        Index=[["Address list of schools", "Sheet", "Contents"], ["Maintained", "2", "all"]],
        Maintained=[["Address list: maintained schools"], [], header, nation_row("wales")],
        Independent=[["Address list: independent schools"], independent, [cells[1], cells[0], *cells[2:]]],
    )
    told = run("import_schools", path, "--register", "wales")
    assert (told["created"], told["refused"]) == (2, [])
    assert set(School.objects.values_list("register_id", "name", "sector")) == {
        ("6600001", "Ysgol y Bryn", "mainstream"),
        ("6606001", "Ysgol Rydd", "independent"),
    }


def test_an_ods_with_five_sheets_is_read_where_it_has_schools_and_refused_where_no_sheet_has_any(tmp_path: Path) -> None:
    header = list(LAYOUTS["wales"][0])
    other = nation_row("wales", School_Number="6606001", School_Name="Ysgol Rydd")
    notes = [["Notes", "of", "the publisher"], ["One", "two", "three"]]
    sheets = {
        "Cover": notes,
        "Maintained": [header, nation_row("wales")],
        "Notes": notes,
        "Others": [header, other],
        "Last": notes,
    }
    without = hostile.of_sheets(tmp_path / "notes-2024.ods", dict.fromkeys(("Cover", "A", "B", "C", "D"), notes))
    assert "has no column “" in refusal("import_schools", without, "--register", "wales")
    assert not School.objects.exists()
    told = run("import_schools", hostile.of_sheets(tmp_path / "schools-2024.ods", sheets), "--register", "wales")
    assert (told["created"], told["refused"]) == (2, [])
    assert set(School.objects.values_list("register_id", flat=True)) == {"6600001", "6606001"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_zip_with_two_csv_files_is_refused_by_every_import(tmp_path: Path, command: str) -> None:
    path = tmp_path / "both.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("one.csv", "two.csv"):
            archive.writestr(name, text(row()))
    assert "holds 2 CSV files; it must hold exactly one" in refusal(command, path)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"Animal,Legs\nCat,4\n", "is not"),
        ("a.csv", b"\xff\xfeU\x00R\x00N\x00", "UTF-16"),
        ("a.xlsx", b"PK\x03\x04 nonsense", "not the kind of file"),
        ("missing.csv", None, "cannot be read"),
    ],
)
def test_a_file_of_another_kind_is_refused_by_every_import(
    tmp_path: Path, command: str, name: str, content: bytes | None, words: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    assert words in refusal(command, path)


@pytest.mark.parametrize(
    ("command", "header"),
    [
        ("import_areas", "region,area,nation,authority_gss,from_day,to_day"),
        ("import_authorities", "gss,name"),
        ("import_rolls", "nation,register_id,academic_year,year_group,pupils"),
        ("import_postcodes", "pcds,oseast1m,osnrth1m"),
        ("import_terms", "nation,authority_gss,name,first_day,last_day"),
    ],
)
def test_a_header_without_rows_is_refused(tmp_path: Path, command: str, header: str) -> None:
    assert "has a header and no rows" in refusal(command, table(tmp_path, header))


def test_the_grid_reference_nought_nought_is_no_place(tmp_path: Path) -> None:
    told = run("import_schools", written(tmp_path, row(easting="0", northing="0")))
    assert (told["created"], told["left_out"], school().place) == (1, [], (None, None))
    path = nation_written(
        tmp_path,
        "northern-ireland",
        nation_row("northern-ireland", Irish_Grid_Reference_X="0", Irish_Grid_Reference_Y="0", Latitude="0", Longitude="0"),
        name="ni-2024.csv",
    )
    run("import_schools", path, "--register", "northern-ireland")
    assert school("101-0001").place == (None, None)


def test_a_website_without_a_scheme_gets_one_and_what_is_none_is_left_out_and_told(tmp_path: Path) -> None:
    told = run("import_schools", written(tmp_path, row(website="www.fellside.example"), row(urn="100002", website="none yet")))
    assert school().website == "https://www.fellside.example"
    assert school("100002").website == ""
    assert [(line, number) for line, number, _ in reasons(told, of="left_out")] == [(3, "100002")]


def test_doubled_and_non_breaking_spaces_are_one_space(tmp_path: Path) -> None:
    run("import_schools", written(tmp_path, row(name="Fellside\xa0 Primary   School ", town="\xa0Kendal", postcode="LA9\xa04XX")))
    stored_school = school()
    assert (stored_school.name, stored_school.address, stored_school.postcode) == (
        "Fellside Primary School", "Low Road, Kendal", "LA9 4XX",
    )  # fmt: skip
    again = tmp_path / "again.csv"
    again.write_bytes(text(row(), header=tuple(name.replace(" ", "\xa0 ") for name in HEADER)).encode("utf-8-sig"))
    assert run("import_schools", again)["unchanged"] == 1


def test_a_cell_that_an_export_made_safe_is_read_as_it_was(tmp_path: Path) -> None:
    run("import_authorities", table(tmp_path, "gss,name", "W06000001,'-Anglesey"))
    assert Authority.objects.get().name == "-Anglesey"


TABLES: dict[str, tuple[str, Callable[[], list[str]]]] = {
    "import_areas": ("region,area,nation,authority_gss,from_day,to_day", lambda: ["N", "L", "england", "E06000063", "", ""]),
    "import_authorities": ("nation,gss,code,name,opened,closed,followed_by", lambda: ["", "E06000063", "", "C", "", "", ""]),
    "import_rolls": ("nation,register_id,academic_year,year_group,pupils", lambda: ["", "100001", "2025/26", "5", "3"]),
    "import_postcodes": ("pcds,oseast1m,osnrth1m", lambda: ["LA9 4XX", "351500", "492700"]),
    "import_terms": (
        "nation,authority_gss,name,first_day,last_day",
        lambda: ["wales", "", "Autumn", "2026-09-02", "2026-12-18"],
    ),
}
"""Each table's header and a row that is right."""


@pytest.mark.parametrize("command", TABLES)
@given(cells=st.lists(st.text(max_size=12), max_size=8))
@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_row_whatever_it_holds_ends_in_a_traceback_or_stops_the_others(tmp_path: Path, command: str, cells: list[str]) -> None:
    header, right = TABLES[command]
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header.split(","), cells, right()])
    path = tmp_path / "table.csv"
    path.write_bytes(out.getvalue().encode("utf-8", "replace"))
    printed, refused = StringIO(), None
    try:
        call_command(command, str(path), "--json", "--dry-run", stdout=printed)
    except CommandError as error:
        refused = error
    if refused:
        assert (refused.returncode, "\n" in str(refused)) == (2, False)
        return
    told = json.loads(printed.getvalue())
    rows = told["created"] + told["updated"] + told["unchanged"] + told["ignored"] + len(told["refused"])
    assert rows == 1 + any(cells)
