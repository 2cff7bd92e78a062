"""A row of England's register becomes plain facts, is ignored, or is refused with the reason."""

from collections.abc import Container
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools.core.tables import UnreadableTable
from schools.core.year_groups import YEAR_GROUPS
from schools.directory.registers import REGISTERS, AuthorityFacts, Entry, Ignored, Refused
from tests.directory.gias_files import HEADER, row

read_row = REGISTERS["gias"].reader(HEADER)


def read(*, known: Container[str] = (), **facts: str) -> Entry:
    return read_row(row(**facts), known)


def test_a_row_becomes_facts_about_a_school_and_its_authority() -> None:
    entry = read(
        name="St\u00a0Mary's  CofE School ",
        opened="01-09-1998",
        fsm="12.34",
        county="Cumbria",
        locality="Fellside",
        postcode="la94xx",
        website="www.fellside.example/home",
        phone="01539 123456",
        lsoa="E01019999",
    )
    assert entry.register_id == "100001"
    assert entry.authority == AuthorityFacts("england", "E10000006", "909", "Cumbria", "North West")
    assert entry.left_out == ()
    assert entry.facts._asdict() == {
        "name": "St Mary's CofE School",
        "sector": "mainstream",
        "phase": "Primary",
        "kind": "Community school",
        "status": "open",
        "opened": date(1998, 9, 1),
        "closed": None,
        "low_age": 4,
        "high_age": 11,
        "pupils": 210,
        "census_day": date(2019, 1, 17),
        "address": "Low Road, Fellside, Kendal, Cumbria",
        "postcode": "LA9 4XX",
        "easting": 351500,
        "northing": 492700,
        "phone": "01539 123456",
        "website": "https://www.fellside.example/home",
        "welsh_medium": "",
        "percent_fsm": Decimal("12.3"),
        "lsoa": "E01019999",
        **dict.fromkeys(("trust_code", "trust", "federation_code", "federation"), ""),
    }


@pytest.mark.parametrize(
    ("flag", "code", "name", "expected"),
    [
        ("Supported by a multi-academy trust", "2044", "FELL TRUST", ("2044", "FELL TRUST")),
        ("Not applicable", "2044.0", " Fell  Trust ", ("2044", "Fell Trust")),  # the code says more than the flag
        ("Supported by a multi-academy trust~Supported by an umbrella trust", "2044~31", "Fell~Dale", ("2044", "Fell")),
        ("Supported by a trust", "2044", "", ("2044", "")),
        ("Not supported by a trust", "", "", ("0", "")),
        ("Not applicable", "", "", ("0", "")),
        ("", "", "", ("", "")),
        ("Not recorded", "", "", ("", "")),
        ("Supported by a trust", "", "Fell", ("", "")),
    ],
)
def test_a_trust_is_read_with_its_code_and_none_only_where_the_row_says_so(
    flag: str, code: str, name: str, expected: tuple[str, str]
) -> None:
    facts = read(trust_flag=flag, trust_code=code, trust=name).facts
    assert (facts.trust_code, facts.trust) == expected
    assert (facts.federation_code, facts.federation) == ("", "")


def test_a_federation_is_read_as_a_trust_and_a_code_that_is_none_is_reported() -> None:
    facts = read(federation_flag="Not under a federation", trust_code="2044").facts
    assert (facts.federation_code, facts.trust_code) == ("0", "2044")
    entry = read(federation_code="a/b", federation="Dale")
    assert (entry.facts.federation_code, entry.facts.federation) == ("", "")
    assert [reason for reason in entry.left_out if "Federations (code) is “a/b”" in reason]


def test_a_head_teachers_name_is_never_read() -> None:
    assert "Headingley" not in repr(read())


def test_columns_are_read_by_name_in_any_order_and_the_unneeded_may_be_absent() -> None:
    columns = ("StatutoryHighAge", "GSSLACode (name)", "EstablishmentName", "PhaseOfEducation (name)", "StatutoryLowAge",
               "LA (name)", "EstablishmentStatus (name)", "URN")  # fmt: skip
    cells = ["11", "E10000006", "Fellside", "Primary", "4", "Cumbria", "Open", "100001"]
    facts = REGISTERS["gias"].reader(columns)(cells, ()).facts
    assert (facts.name, facts.low_age, facts.high_age, facts.pupils, facts.address) == ("Fellside", 4, 11, None, "")


def test_a_needed_column_that_is_there_twice_is_refused() -> None:
    with pytest.raises(UnreadableTable, match="“URN”"):
        REGISTERS["gias"].reader([*HEADER, "URN"])


def test_nan_and_blanks_say_nothing() -> None:
    facts = read(
        pupils="nan", census_day="NaN", street="nan", town=" ", postcode="nan", website="nan", fsm="", easting="nan"
    ).facts
    assert (facts.pupils, facts.census_day, facts.address, facts.postcode, facts.website) == (None, None, "", "", "")
    assert (facts.percent_fsm, facts.easting, facts.northing) == (None, None, None)


def test_a_census_day_without_a_number_says_nothing() -> None:
    assert read(pupils="", census_day="17-01-2019").facts.census_day is None


@pytest.mark.parametrize("gss", ["W06000015", "X999999", "z", "", "nan", "E1000", "S12000033"])
def test_a_row_outside_england_is_ignored(gss: str) -> None:
    with pytest.raises(Ignored, match="not in England"):
        read(gss=gss, urn="nonsense")


@pytest.mark.parametrize(
    "kind", ["Children's centre", "Children’s centre linked site", "Offshore schools", "British schools overseas"]
)
def test_what_is_no_school_of_an_authority_is_ignored(kind: str) -> None:
    with pytest.raises(Ignored, match="children's centres"):
        read(kind=kind)


@pytest.mark.parametrize(
    ("phase", "low", "high"),
    [("Secondary", "11", "18"), ("Nursery", "2", "5"), ("Nursery", "", ""), ("16 plus", "16", "19"),     ("Secondary", "11", "")],
)  # fmt: skip
def test_a_row_without_one_of_our_year_groups_is_ignored(phase: str, low: str, high: str) -> None:
    with pytest.raises(Ignored, match="none of our year groups"):
        read(phase=phase, low=low, high=high)


def test_a_school_that_we_know_is_read_even_when_it_lost_our_year_groups() -> None:
    assert read(known={"100001"}, phase="Secondary", low="11", high="18").facts.low_age == 11


@pytest.mark.parametrize("phase", ["Secondary", "Not applicable", ""])
def test_blank_ages_count_as_all_year_groups_for_a_primary_school_alone(phase: str) -> None:
    assert read(phase="Primary", low="", high="").facts.low_age is None
    with pytest.raises(Refused, match="ages are blank") as refused:
        read(phase=phase, low="", high="")
    assert refused.value.register_id == "100001"


def test_ages_of_nought_to_nought_were_never_recorded_and_read_as_blank() -> None:
    new = read(low="0", high="0", phase="Primary").facts
    assert (new.low_age, new.high_age) == (None, None)
    with pytest.raises(Refused, match="ages are blank"):
        read(low="0", high="0", phase="All-through")


@given(st.integers(0, 25), st.integers(1, 99))
def test_a_row_is_ours_exactly_if_its_ages_hold_one_of_our_year_groups(low: int, high: int) -> None:
    naive = any(low <= group + 4 and group + 5 <= high for group in YEAR_GROUPS)
    try:
        read(phase="Not applicable", low=str(low), high=str(high))
    except Ignored:
        assert not naive
    except Refused:
        assert low > high
    else:
        assert naive


@pytest.mark.parametrize(
    ("group", "kind", "sector"),
    [
        ("Local authority maintained schools", "Voluntary aided school", "mainstream"),
        ("Academies", "Academy converter", "mainstream"),
        ("", "", "mainstream"),
        ("nan", "", "mainstream"),
        ("Independent schools", "Other independent school", "independent"),
        ("Independent schools", "Other independent special school", "independent"),
        ("Special schools", "Community special school", "special"),
        ("Special schools", "", "special"),
        ("Academies", "Academy special converter", "special"),
        ("Free Schools", "Free schools special", "special"),
        ("Local authority maintained schools", "Pupil referral unit", "alternative"),
        ("Free Schools", "Free schools alternative provision", "alternative"),
        ("Academies", "Academy alternative provision converter", "alternative"),
        ("Special schools", "Hospital school", "alternative"),
    ],
)
def test_the_sector_follows_from_type_group_and_type(group: str, kind: str, sector: str) -> None:
    assert read(group=group, kind=kind).facts.sector == sector


@pytest.mark.parametrize(
    ("words", "status"),
    [("Open", "open"), ("Open, but proposed to close", "closing"), ("Closed", "closed"), ("Proposed to open", "proposed")],
)
def test_a_school_is_read_whatever_its_status(words: str, status: str) -> None:
    assert read(status=words).facts.status == status


@pytest.mark.parametrize("day", ["31-08-2019", "31/08/2019", "2019-08-31", "2019-08-31T00:00:00"])
def test_a_day_is_read_as_published_and_as_spreadsheets_save_it(day: str) -> None:
    assert read(closed=day).facts.closed == date(2019, 8, 31)


def test_whole_numbers_with_a_point_are_read() -> None:
    entry = read(urn="100001.0", pupils="210.0", low="4.0", high="11.00", easting="351500.0")
    assert (entry.register_id, entry.facts.pupils, entry.facts.low_age, entry.facts.easting) == ("100001", 210, 4, 351500)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"urn": ""}, "URN is “”"),
        ({"urn": "abc"}, "URN is “abc”"),
        ({"name": " "}, "EstablishmentName has 0 characters"),
        ({"name": "x" * 201}, "EstablishmentName has 201 characters"),
        ({"pupils": "-5"}, "NumberOfPupils is “-5”; it must be a whole number from 0 to 20,000"),
        ({"pupils": "20001"}, "NumberOfPupils is “20001”"),
        ({"pupils": "9" * 5000}, "NumberOfPupils is “9999"),
        ({"pupils": "ten"}, "NumberOfPupils is “ten”"),
        ({"pupils": "1.5"}, "NumberOfPupils is “1.5”"),
        ({"pupils": "inf"}, "NumberOfPupils is “inf”"),
        ({"low": "-1"}, "StatutoryLowAge is “-1”"),
        ({"high": "100"}, "StatutoryHighAge is “100”"),
        ({"low": "11", "high": "4"}, "StatutoryLowAge 11 is above StatutoryHighAge 4"),
        ({"opened": "31-02-2019"}, "OpenDate is “31-02-2019”, which is no date"),
        ({"closed": "soon"}, "CloseDate is “soon”"),
        ({"census_day": "01-13-2019"}, "CensusDate is “01-13-2019”"),
        ({"status": "Ajar"}, "EstablishmentStatus (name) is “Ajar”; it must be one of open"),
        ({"la_name": ""}, "LA (name) is “”"),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_the_value(facts: dict[str, str], words: str) -> None:
    with pytest.raises(Refused) as refused:
        read(**facts)
    assert words in refused.value.reason
    assert len(refused.value.reason) < 250


def test_a_row_of_another_width_is_refused_unless_what_is_too_much_is_blank() -> None:
    assert read_row([*row(), "", ""], ()).register_id == "100001"
    for cells in (row()[:-1], [*row(), "", "x"]):
        with pytest.raises(Refused, match="cells and the header") as refused:
            read_row(cells, ())
        assert refused.value.register_id == "100001"


@pytest.mark.parametrize(
    ("column", "facts"),
    [
        ("Postcode", {"postcode": "Kendal"}),
        ("SchoolWebsite", {"website": "javascript:alert(1)"}),
        ("SchoolWebsite", {"website": "none yet"}),
        ("SchoolWebsite", {"website": "x." + "y" * 300}),
        ("TelephoneNum", {"phone": "=HYPERLINK(1)"}),
        ("PercentageFSM", {"fsm": "SUPP"}),
        ("PercentageFSM", {"fsm": "-1"}),
        ("PercentageFSM", {"fsm": "Infinity"}),
        ("LSOA (code)", {"lsoa": "Kendal 001A"}),
        ("Easting", {"easting": "9999999"}),
    ],
)
def test_a_lesser_value_that_cannot_be_used_is_left_out_and_told(column: str, facts: dict[str, str]) -> None:
    entry = read(**facts)
    assert entry.left_out[0].startswith(f"{column} is “")
    stored = entry.facts
    assert not all((stored.postcode, stored.website, stored.phone, stored.percent_fsm, stored.lsoa, stored.easting))
    assert stored.name == "Fellside Primary School"


def test_the_grid_reference_nought_nought_is_unknown_and_no_complaint() -> None:
    entry = read(easting="0", northing="0")
    assert (entry.facts.easting, entry.facts.northing, entry.left_out) == (None, None, ())


@pytest.mark.parametrize(
    ("cell", "website"),
    [
        ("www.a.example", "https://www.a.example"),
        ("http://www.a.example/", "http://www.a.example/"),
        ("HTTPS://a.example", "https://a.example"),
        ("http:/a.example", "http://a.example"),
    ],
)
def test_a_website_without_a_scheme_gets_https(cell: str, website: str) -> None:
    assert read(website=cell).facts.website == website


def test_a_telephone_number_gets_back_the_zero_that_a_spreadsheet_took() -> None:
    assert read(phone="1539123456").facts.phone == "01539123456"


def test_an_address_names_nothing_twice_and_nothing_unrecorded() -> None:
    assert (
        read(street="Kendal", locality="High  Street", town="Kendal", county="Not recorded").facts.address
        == "Kendal, High Street"
    )


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=len(HEADER), max_size=len(HEADER)))
def test_no_row_whatever_it_holds_ends_in_anything_but_facts_ignored_or_refused(cells: list[str]) -> None:
    for filled in (cells, [*row()[:8], *cells[8:]], [there or usual for there, usual in zip(cells, row(), strict=True)]):
        filled[HEADER.index("GSSLACode (name)")] = "E10000006"
        try:
            entry = read_row(filled, {"100001"})
        except (Ignored, Refused):
            continue
        assert entry.facts.name
