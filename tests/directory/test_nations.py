"""A row of Scotland's, Wales's or Northern Ireland's register becomes plain facts, is ignored, or is refused with the reason."""

from collections.abc import Container, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools.core.tables import UnreadableTable, column_positions
from schools.directory.registers import REGISTERS, AuthorityFacts, Entry, Ignored, Refused
from schools.directory.registers.cells import lettered_place
from schools.directory.registers.councils import NORTHERN_IRELAND as DISTRICTS
from schools.directory.registers.councils import SCOTLAND as COUNCILS
from schools.directory.registers.councils import WALES as CODES
from schools.directory.registers.councils import gss_of
from tests.directory.nation_files import GOV_WALES, LAYOUTS, row


def read(layout: str, *, known: Container[str] = (), header: Sequence[str] = (), **facts: str) -> Entry:
    register = REGISTERS[layout.split(maxsplit=1)[0]]
    names = register.header(header or LAYOUTS[layout][0])
    return register.reader(names)(row(layout, **facts), known)


def test_scotlands_statistics_give_the_roll_of_each_stage_and_suppressed_ones_are_unknown() -> None:
    entry = read("scotland")
    assert entry.register_id == "8100001"
    assert entry.authority == AuthorityFacts("scotland", "S12000035", "", "Argyll and Bute", "")
    assert entry.rolls == (9, None, 8, 7, 0, 10, None)
    facts = entry.facts
    assert (facts.name, facts.phase, facts.sector, facts.status, facts.pupils) == (
        "Glen Primary School",
        "Primary",
        "mainstream",
        "open",
        61,
    )
    assert (facts.low_age, facts.high_age, facts.census_day, facts.easting, entry.left_out) == (None, None, None, None, ())


def test_a_note_in_any_header_is_no_part_of_the_columns_name() -> None:
    header = [f"{name} [Note {number}]" for number, name in enumerate(LAYOUTS["scotland"][0])]
    assert read("scotland", header=header) == read("scotland")


def test_scotlands_roll_file_gives_address_and_place_and_nothing_of_the_head() -> None:
    entry = read("scotland roll")
    assert entry.authority == AuthorityFacts("scotland", "S12000035", "", "Argyll and Bute", "")
    facts = entry.facts
    assert (facts.address, facts.postcode, facts.pupils) == ("1 Shore Road, Glen", "PA31 1AA", 61)
    assert (facts.easting, facts.northing) == (186300, 687900)
    assert (entry.rolls, entry.left_out) == ((), ())
    assert "head" not in repr(entry).lower()


@pytest.mark.parametrize(
    ("reference", "place"),
    [
        ("NN 16670 71280", (216670, 771280)),
        ("NT2573", (325000, 673000)),
        ("HU 475 415", (447500, 1141500)),
        ("TQ 30 80", (530000, 180000)),
        ("NB423330", (142300, 933000)),
        ("NT 257 73", None),
        ("IT 25 73", None),
        ("SV 0 0", None),
        ("325000 673000", None),
        ("", None),
    ],
)
def test_a_lettered_grid_reference_is_a_place_on_the_british_grid(reference: str, place: tuple[int, int] | None) -> None:
    assert lettered_place(reference) == place


@pytest.mark.parametrize(
    ("layout", "facts"),
    [
        ("wales", {"Sector": "Secondary", "School_Type": "Ages 11-18"}),
        ("wales", {"Sector": "Secondary", "School_Type": "---"}),
        ("wales", {"Sector": "Nursery", "School_Type": "Nursery"}),
        ("northern-ireland", {"Institution_Type": "Grammar", **{f"Number_Year_{year}": "0" for year in range(1, 8)}}),
        ("northern-ireland", {"Institution_Type": "Nursery", **{f"Number_Year_{year}": "" for year in range(1, 8)}}),
        ("northern-ireland", {"Institution_Type": "Post-primary", **{f"Number_Year_{year}": "" for year in range(1, 8)}}),
    ],
)
def test_a_school_without_our_year_groups_is_ignored_unless_we_know_it(layout: str, facts: dict[str, str]) -> None:
    with pytest.raises(Ignored, match="none of our year groups"):
        read(layout, **facts)
    assert read(layout, known={"8100001", "6600001", "101-0001"}, **facts).facts.name


@pytest.mark.parametrize(
    ("layout", "facts"),
    [
        ("scotland", {"School_Type": "Secondary", **{f"P{stage}": "z" for stage in range(1, 8)}}),
        ("scotland roll", {"School_Type": "Secondary"}),
    ],
)
@pytest.mark.parametrize("known", [set(), {"8100001"}])
def test_in_scotland_a_secondary_says_nothing_of_the_special_school_under_its_number(
    layout: str, facts: dict[str, str], known: set[str]
) -> None:
    with pytest.raises(Ignored, match="none of our year groups"):
        read(layout, known=known, **facts)


@pytest.mark.parametrize(
    ("layout", "facts"),
    [
        ("scotland", {"School_Type": "Secondary"}),
        ("northern-ireland", {"Institution_Type": "Grammar"}),
        ("northern-ireland", {"Institution_Type": "Independent"}),
    ],
)
def test_a_school_with_pupils_in_our_year_groups_is_ours_whatever_its_type(layout: str, facts: dict[str, str]) -> None:
    assert any(read(layout, **facts).rolls)


def test_wales_in_either_spelling_of_its_header_is_the_same() -> None:
    entry = read("wales")
    assert read("wales", header=GOV_WALES) == entry
    assert (entry.register_id, entry.rolls, entry.left_out) == ("6600001", (), ())
    assert entry.authority == AuthorityFacts("wales", "W06000001", "660", "Isle of Anglesey", "")
    facts = entry.facts
    assert (facts.name, facts.phase, facts.kind, facts.sector) == ("Ysgol y Bryn", "Primary", "Infants & Juniors", "mainstream")
    assert (facts.welsh_medium, facts.pupils, facts.low_age, facts.high_age) == ("Welsh medium", 120, 4, 11)
    assert (facts.address, facts.postcode, facts.phone) == ("Ffordd y Bryn, Llan", "LL77 7AA", "01248 000000")


def test_three_hyphens_say_nothing() -> None:
    facts = read("wales", Welsh_Medium_Type="---", Pupils="---", Postcode="---", Phone_Number="---", Governance="---").facts
    assert (facts.welsh_medium, facts.pupils, facts.postcode, facts.phone) == ("", None, "", "")


@pytest.mark.parametrize(
    ("kind", "ages"),
    [
        ("Infants", (4, 7)),
        ("Juniors", (7, 11)),
        ("Nursery & Infants", (3, 7)),
        ("Nursery, Infants & Juniors", (3, 11)),
        ("Ages 3-16", (3, 16)),
        ("---", (None, None)),
    ],
)
def test_ages_in_wales_follow_from_the_type_of_school(kind: str, ages: tuple[int | None, int | None]) -> None:
    facts = read("wales", School_Type=kind).facts
    assert (facts.low_age, facts.high_age) == ages


@pytest.mark.parametrize(
    ("layout", "facts", "sector"),
    [
        ("wales", {"Sector": "Special", "School_Type": "Special (with post-16 provision)"}, "special"),
        ("wales", {"Sector": "Independent", "School_Type": "Ages 3-18"}, "independent"),
        ("wales", {"Sector": "PRU", "School_Type": "Ages 5-16"}, "alternative"),
        ("scotland", {"School_Type": "Special"}, "special"),
        ("northern-ireland", {"Institution_Type": "Special"}, "special"),
        ("northern-ireland", {"Institution_Type": "Hospital"}, "alternative"),
        ("northern-ireland", {"Institution_Type": "Independent"}, "independent"),
        ("northern-ireland", {"Institution_Type": "Preparatory"}, "mainstream"),
    ],
)
def test_the_sector_follows_from_the_registers_words(layout: str, facts: dict[str, str], sector: str) -> None:
    assert read(layout, **facts).facts.sector == sector


def test_year_1_in_northern_ireland_is_p1_and_the_reception_before_it_is_nobodys() -> None:
    entry = read("northern-ireland")
    assert (entry.register_id, entry.rolls) == ("101-0001", (20, 21, 22, 23, 24, 25, None))
    facts = entry.facts
    assert (facts.name, facts.phase, facts.kind, facts.pupils) == ("Lough Primary School", "Primary", "Controlled", None)
    assert (facts.address, facts.postcode, facts.phone) == ("2 Lough Road, Belfast, Antrim", "BT1 1AA", "028 9000 0000")
    assert "head" not in repr(entry).lower()


def test_the_irish_grid_is_never_taken_for_the_british_one() -> None:
    entry = read("northern-ireland")
    # The numbers 333900 and 374100 would be in the Irish Sea.
    assert (entry.facts.easting, entry.facts.northing) == (146314, 529566)
    assert entry.left_out == ()


def test_without_a_grid_reference_latitude_and_longitude_tell_the_place() -> None:
    blank = {"Irish_Grid_Reference_X": "", "Irish_Grid_Reference_Y": "0"}
    entry = read("northern-ireland", **blank)
    by_degrees = entry.facts.easting, entry.facts.northing
    assert by_degrees == pytest.approx((146314, 529566), abs=500)
    scottish = read("scotland roll", Grid_Reference="", Latitude="55.9533", Longitude="-3.1883").facts
    assert (scottish.easting, scottish.northing) == pytest.approx((325897, 674001), abs=5)
    unknown = read("northern-ireland", **blank, Latitude="", Longitude="").facts
    assert (unknown.easting, unknown.northing) == (None, None)


def test_a_place_that_cannot_be_is_left_out_and_told() -> None:
    entry = read("northern-ireland", Irish_Grid_Reference_X="north", Latitude="inf", Longitude="x")
    assert (entry.facts.easting, entry.facts.northing) == (None, None)
    assert [reason.split(" is ")[0] for reason in entry.left_out] == ["Irish_Grid_Reference_X", "Latitude"]


def test_northern_ireland_has_no_authority_of_its_own() -> None:
    assert read("northern-ireland").authority is None


@pytest.mark.parametrize(
    ("layout", "column", "cell", "number"),
    [
        ("scotland", "SeedCode", "8100001.0", "8100001"),
        ("wales", "School_Number", " 6600001 ", "6600001"),
        ("northern-ireland", "Reference", "1010001", "101-0001"),
    ],
)
def test_a_number_is_known_again_as_a_spreadsheet_writes_it(layout: str, column: str, cell: str, number: str) -> None:
    assert read(layout, **{column: cell}).register_id == number


@pytest.mark.parametrize(
    ("layout", "facts", "words"),
    [
        ("scotland", {"SeedCode": "x"}, "SeedCode is “x”; it must be a number of seven digits"),
        ("scotland", {"P3": "-1"}, "P3 is “-1”; it must be a whole number from 0 to 1,000"),
        ("scotland", {"P3": "1001"}, "P3 is “1001”"),
        ("scotland", {"Pupil_roll": "many"}, "Pupil roll is “many”"),
        ("scotland", {"Local_Authority": "Atlantis"}, "“Atlantis”, which is no council of Scotland"),
        ("scotland", {"School_Name": ""}, "School Name has 0 characters"),
        ("scotland roll", {"School_Type": ""}, "School Type is blank"),
        ("wales", {"School_Number": "660"}, "School_Number is “660”"),
        ("wales", {"LA_Code": "909"}, "LA_Code is “909”; the local authorities of Wales have 660 to 681"),
        ("wales", {"Local_Authority": ""}, "Local_Authority is “”"),
        ("wales", {"School_Type": "Ages 16-3"}, "“Ages 16-3”, which are no ages"),
        ("wales", {"Sector": "Independent", "School_Type": "---"}, "year groups are unknown"),
        ("northern-ireland", {"Reference": "101"}, "Reference is “101”; it must be like 101-0001"),
        ("northern-ireland", {"Number_Year_4": "ten"}, "Number_Year_4 is “ten”"),
        (
            "northern-ireland",
            {"Institution_Type": "Independent", **{f"Number_Year_{year}": "" for year in range(1, 8)}},
            "year groups are unknown",
        ),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_the_value(layout: str, facts: dict[str, str], words: str) -> None:
    with pytest.raises(Refused) as refused:
        read(layout, **facts)
    assert words in refused.value.reason


@pytest.mark.parametrize(
    ("layout", "column", "cell"),
    [
        ("scotland roll", "PostCode", "Glen"),
        ("scotland roll", "Grid_Reference", "by the shore"),
        ("wales", "Phone_Number", "=1+1"),
        ("northern-ireland", "Postcode", "BT"),
    ],
)
def test_a_lesser_value_that_cannot_be_used_is_left_out_and_told(layout: str, column: str, cell: str) -> None:
    entry = read(layout, **{column: cell})
    named = column if layout == "wales" or column == "Postcode" else column.replace("_", " ")
    assert entry.left_out == (f"{named} is “{cell}”, which cannot be used; the rest of the row can.",)


def test_a_school_of_no_council_has_no_authority() -> None:
    assert read("scotland", Local_Authority="Grant Aided").authority is None


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_row_of_another_width_is_refused_unless_what_is_too_much_is_blank(layout: str) -> None:
    register = REGISTERS[layout.split(maxsplit=1)[0]]
    read_row = register.reader(register.header(LAYOUTS[layout][0]))
    assert read_row([*row(layout), "", ""], ()).facts.name
    for cells in (row(layout)[:-1], [*row(layout), "", "x"]):
        with pytest.raises(Refused, match="cells and the header"):
            read_row(cells, ())


def test_a_column_that_is_there_twice_is_refused() -> None:
    header = REGISTERS["wales"].header(["School_Number", "School Number", "School_Name"])
    with pytest.raises(UnreadableTable, match="“School_Number” stands in the header 2 times"):
        column_positions(header, ["School_Number"])


def test_of_two_spellings_of_one_column_the_likelier_is_meant() -> None:
    header = REGISTERS["scotland"].header(["Pupils", "School Roll", "SeedCode"])
    assert header == ["Pupils", "Pupil roll", "SeedCode"]


@pytest.mark.parametrize(
    ("words", "gss"),
    [
        ("City of Edinburgh", "S12000036"),
        ("Edinburgh, City of", "S12000036"),
        ("Edinburgh", "S12000036"),
        ("Aberdeen City", "S12000033"),
        ("Aberdeenshire", "S12000034"),
        ("Dumfries & Galloway", "S12000006"),
        ("Comhairle nan Eilean Siar", "S12000013"),
        ("Na h-Eileanan Siar", "S12000013"),
        ("Shetland", "S12000027"),
        ("s12000015", "S12000047"),
        ("Nowhere", ""),
        ("", ""),
    ],
)
def test_a_council_is_known_by_its_name_as_files_write_it_and_by_its_codes(words: str, gss: str) -> None:
    assert gss_of(words, COUNCILS) == gss


def test_every_council_is_there_once_under_a_name_of_its_own() -> None:
    assert (len(COUNCILS), len(CODES), len(DISTRICTS)) == (32, 22, 11)
    assert len(set(CODES.values())) == 22
    for councils in (COUNCILS, DISTRICTS):
        assert {gss_of(name, councils) for name in councils.values()} == set(councils)


@given(st.sampled_from(list(LAYOUTS)), st.data())
def test_no_row_whatever_it_holds_ends_in_anything_but_facts_ignored_or_refused(layout: str, data: st.DataObject) -> None:
    register = REGISTERS[layout.split(maxsplit=1)[0]]
    read_row = register.reader(register.header(LAYOUTS[layout][0]))
    usual = row(layout)
    changed = data.draw(st.dictionaries(st.integers(0, len(usual) - 1), st.text(st.characters(codec="utf-8"), max_size=12)))
    cells = [changed.get(position, cell) for position, cell in enumerate(usual)]
    try:
        entry = read_row(cells, {"8100001", "6600001", "101-0001"})
    except (Ignored, Refused):
        return
    assert entry.facts.name
    assert all(pupils is None or 0 <= pupils <= 1000 for pupils in entry.rolls)
