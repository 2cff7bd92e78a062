"""What real registers showed: shared numbers, other spellings, files of several years, other separators, American dates."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import permutations
from pathlib import Path

import pytest
from django.core.management import CommandError

from schools.directory.actions import import_postcodes, import_register, place_schools
from schools.models import Roll, School, SchoolAuthority
from tests.directory.gias_files import HEADER, row, text, written
from tests.directory.nation_files import LAYOUTS
from tests.directory.nation_files import row as nation_row
from tests.directory.nation_files import text as nation_text
from tests.directory.test_import_nations import numbers, run

pytestmark = pytest.mark.django_db
HARTLEPOOL = {"gss": "E06000001", "la_name": "Hartlepool", "la_code": "805"}


def scotlands(folder: Path, layout: str, *rows: list[str], name: str, header: Sequence[str] = ()) -> Path:
    path = folder / name
    path.write_text(nation_text(layout, *rows, header=header), encoding="utf-8")
    return path


def facts() -> list[dict[str, object]]:
    """Everything stored of each school but its ids and the days of its registers."""
    without = {"id", "authority_id", "register_day", "older_facts"}
    rows = School.objects.order_by("register_id").values()
    return [{name: value for name, value in row.items() if name not in without} for row in rows]


def test_a_council_is_known_by_its_code_whatever_the_file_calls_it(tmp_path: Path) -> None:
    header = ["LACode" if name == "GSS LA code" else name for name in LAYOUTS["scotland roll"][0]]
    path = scotlands(tmp_path, "scotland roll", nation_row("scotland roll", GSS_LA_code="S12000013"), name="r.csv", header=header)
    assert numbers(run(path, "scotland")) == (1, 0, 0, 0)
    assert School.objects.get().authority.name == "Na h-Eileanan Siar"  # type: ignore[union-attr]  # it has one
    named = nation_row("scotland", Local_Authority="Na h-Eileanan an Iar")
    assert numbers(run(scotlands(tmp_path, "scotland", named, name="s-2025-26.csv"), "scotland")) == (0, 0, 1, 0)


def test_signs_written_as_in_web_pages_are_read_as_signs(tmp_path: Path) -> None:
    path = scotlands(
        tmp_path, "scotland roll", nation_row("scotland roll", School_Name="St Mary&apos;s &amp; St Peter&#39;s"), name="r.csv"
    )
    run(path, "scotland")
    assert School.objects.get().name == "St Mary's & St Peter's"


@pytest.mark.parametrize("order", list(permutations(("Primary", "Special", "Secondary"))))
def test_a_primary_with_a_unit_and_a_secondary_under_one_number_is_one_primary_whichever_line_comes_first(
    tmp_path: Path, order: tuple[str, ...]
) -> None:
    rows = [nation_row("scotland roll", School_Type=kind, School_Roll=str(50 + len(kind))) for kind in order]
    path = scotlands(tmp_path, "scotland roll", *rows, name="r.csv")
    told = run(path, "scotland")
    assert (told["created"], told["refused"], told["ignored"]) == (1, [], 2)
    school = School.objects.get()
    assert (school.sector, school.kind, school.pupils) == ("mainstream", "Primary", 57)
    assert numbers(run(path, "scotland")) == (0, 0, 1, 0)


@pytest.mark.parametrize("order", list(permutations((0, 1, 2))))
def test_of_files_of_several_years_the_newest_that_says_something_counts_in_any_order(
    tmp_path: Path, order: Sequence[int]
) -> None:
    paths = [
        scotlands(
            tmp_path, "scotland roll", nation_row("scotland roll", School_Name="Old", School_Roll="80"), name="roll_2022.csv"
        ),
        scotlands(
            tmp_path, "scotland roll", nation_row("scotland roll", School_Name="Middle", School_Roll="70"), name="roll_2023.csv"
        ),
        scotlands(tmp_path, "scotland", nation_row("scotland", School_Name="New", Pupil_roll="c"), name="summary_2024.csv"),
    ]
    for number in order:
        run(paths[number], "scotland")
    school = School.objects.get()
    assert (school.name, school.pupils, school.address, school.register_day) == (
        "New",
        70,
        "1 Shore Road, Glen",
        date(2024, 8, 1),
    )
    before = facts()
    for number in order:
        told = run(paths[number], "scotland")
        assert (told["created"], told["updated"]) == (0, 0)
    assert facts() == before


def test_a_row_that_is_older_and_says_otherwise_is_ignored_with_the_reason(tmp_path: Path) -> None:
    run(written(tmp_path, row(name="Newer", pupils="", **HARTLEPOOL), name="a-2025-04-22.csv"), "gias")
    told = run(written(tmp_path, row(name="Older", pupils="", **HARTLEPOOL), name="a-2022-04-22.csv"), "gias")
    assert told["ignored_because"] == {"older than what is stored": 1}
    told = run(written(tmp_path, row(name="Older", pupils="90", **HARTLEPOOL), name="a-2022-04-22.csv"), "gias")
    assert (told["updated"], School.objects.get().name, School.objects.get().pupils) == (1, "Newer", 90)


def test_a_register_of_the_same_words_moves_the_day_and_writes_no_history(tmp_path: Path) -> None:
    for day in ("2023-04-22", "2025-04-22"):
        run(written(tmp_path, row(**HARTLEPOOL), name=f"a-{day}.csv"), "gias")
    school = School.objects.get()
    assert (school.register_day, school.history.count()) == (date(2025, 4, 22), 1)


NI_HEADER = (*LAYOUTS["northern-ireland"][0], "Latest_Year_Data")


def test_northern_irelands_pupils_are_of_the_year_in_the_file_and_not_of_its_day(tmp_path: Path) -> None:
    rows = [[*nation_row("northern-ireland"), "2015"], [*nation_row("northern-ireland", Reference="101-0002"), "2014"]]
    path = scotlands(tmp_path, "northern-ireland", *rows, name="list.csv", header=NI_HEADER)
    told = run(path, "northern-ireland", "--day", "2026-11-01")
    assert set(Roll.objects.values_list("school__register_id", "academic_year")) == {("101-0001", 2015)}
    assert "are of 2014, and those of the file of 2015" in str(told["left_out"])
    assert School.objects.get(register_id="101-0001").register_day == date(2016, 7, 31)


def test_a_playgroup_is_ignored_whatever_its_reference_looks_like(tmp_path: Path) -> None:
    playgroup = nation_row(
        "northern-ireland",
        Reference="1AB0427",
        Institution_Type="VP Pre-schools",
        **{f"Number_Year_{n}": "" for n in range(1, 8)},
    )
    path = scotlands(tmp_path, "northern-ireland", nation_row("northern-ireland"), playgroup, name="list-2025-26.csv")
    told = run(path, "northern-ireland")
    assert (told["created"], told["refused"], told["ignored_because"]) == (1, [], {"none of our year groups": 1})


def test_a_school_without_a_place_gets_that_of_its_postcode_or_of_the_schools_around_and_says_so(
    tmp_path: Path, now: datetime
) -> None:
    for number, postcode in (("1", "LL77 7AA"), ("2", "LL77 7BB"), ("3", "LL77 8AA"), ("4", "CF10 1AA")):
        School.objects.create(nation="wales", register_id=number, name=f"Ysgol {number}", postcode=postcode)
    School.objects.create(nation="wales", register_id="5", name="Placed", postcode="LL77 7CC", easting=246_000, northing=375_000)
    listed = tmp_path / "postcodes.csv"
    listed.write_text("postcode,easting,northing\nLL77 7AA,245000,375500\n")
    import_postcodes(listed)
    assert (place_schools(now=now), place_schools(now=now)) == (3, 0)
    placed = dict(School.objects.values_list("register_id", "placed_by"))
    assert placed == {"1": "exact", "2": "sector", "3": "district", "4": "", "5": ""}
    assert School.objects.get(register_id="1").place == (245_000, 375_500)
    assert School.objects.get(register_id="3").place == (246_000, 375_000)
    assert School.objects.get(register_id="1").history.count() == 2


def test_a_place_that_a_register_gives_stands_in_place_of_a_postcodes(tmp_path: Path, now: datetime) -> None:
    listed = tmp_path / "postcodes.csv"
    listed.write_text("postcode,easting,northing\nLA9 4XX,351000,492000\n")
    import_postcodes(listed)
    run(written(tmp_path, row(easting="", northing="", **HARTLEPOOL), name="a-2024-04-22.csv"), "gias")
    assert (School.objects.get().place, School.objects.get().placed_by) == ((351_000, 492_000), "exact")
    assert numbers(run(written(tmp_path, row(easting="", northing="", **HARTLEPOOL), name="a-2024-04-22.csv"), "gias")) == (
        0,
        0,
        1,
        0,
    )
    run(written(tmp_path, row(**HARTLEPOOL), name="a-2025-04-22.csv"), "gias")
    assert (School.objects.get().place, School.objects.get().placed_by) == ((351_500, 492_700), "")


@pytest.mark.parametrize(("separator", "word"), [(";", "semicolons"), ("\t", "tabs")])
def test_a_file_with_other_separators_is_read_and_says_so(tmp_path: Path, separator: str, word: str) -> None:
    path = tmp_path / "register.csv"
    lines = [separator.join(HEADER), separator.join(row(**HARTLEPOOL)), separator.join(row(urn="100002", street="1, Low Road"))]
    path.write_text("\n".join(lines) + "\n", encoding="cp1252")
    told = run(path, "gias")
    assert (told["created"], told["left_out"]) == (
        2,
        [{"line": 1, "id": "", "reason": f"Its cells are set apart by {word}, not by commas; the file was read so."}],
    )


def test_a_file_with_commas_is_read_by_commas_however_many_semicolons_stand_in_a_cell(tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    path.write_text(text(row(street="a;b;c;d;e;f;g;h;" * 9, **HARTLEPOOL)), encoding="cp1252")
    assert run(path, "gias")["left_out"] == []


def test_a_file_with_american_dates_is_refused_as_a_whole(tmp_path: Path) -> None:
    usual = {"census_day": "", **HARTLEPOOL}
    rows = [row(urn="100001", opened="04/22/2010", **usual), row(urn="100002", opened="01/02/2010", **usual)]
    with pytest.raises(CommandError, match="1 date is impossible, as in line 2: OpenDate is “04/22/2010”") as refused:
        run(written(tmp_path, *rows), "gias")
    assert refused.value.returncode == 2
    assert not School.objects.exists()
    rows.append(row(urn="100003", opened="22/04/2010", **usual))
    told = run(written(tmp_path, *rows), "gias")
    assert (told["created"], len(told["refused"])) == (2, 1)  # type: ignore[arg-type]  # a list: of one row alone


def test_an_authority_that_takes_over_joins_the_area_of_the_one_before_in_the_same_import(tmp_path: Path, now: datetime) -> None:
    names = (("E06000063", "Cumberland"), ("E06000064", "Westmorland and Furness"))
    rows = [row(urn=f"10000{number}", gss=gss, la_name=name) for number, (gss, name) in enumerate(names)]
    report = import_register(written(tmp_path, *rows), day=date(2025, 4, 22), now=now)
    assert (report.authorities_created, report.areas_created) == (3, 1)
    assert set(SchoolAuthority.objects.values_list("authority__name", "from_day", "derived")) == {
        ("Cumbria", None, True),
        ("Cumberland", date(2023, 4, 1), False),
        ("Westmorland and Furness", date(2023, 4, 1), False),
    }
