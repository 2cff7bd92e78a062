"""Northern Ireland: the Department of Education's list of institutions, with pupils by year (`Number_Year_1` is P1).

The list has no authority: somebody chooses the column that has it, or it is unknown. Its places are on the Irish grid, whose
numbers look like those of the British grid but mean other places; they are converted to the British grid, which all distances
use. Principals' names and e-mail addresses are not read. Pupils in `Primary_Reception_Pupil` are younger than P1 and not read.
"""

import re
from collections.abc import Container, Mapping, Sequence
from functools import partial
from typing import NoReturn

from schools.core.nations import Nation
from schools.directory.models import Sector, Status
from schools.directory.registers import cells, columns
from schools.directory.registers.councils import NORTHERN_IRELAND, gss_of
from schools.directory.registers.facts import NO_FACTS, AuthorityFacts, Entry, Ignored, Reader, Refused, Register

REFERENCE = re.compile(r"([0-9]{3})-?([0-9]{4})(?:\.0+)?")
YEARS = tuple(f"Number_Year_{year}" for year in range(1, 8))
ADDRESS = ("Address_1", "Address_2", "Address_3", "Town_Name", "County_Name")
CHOSEN = "Authority chosen"
YEAR = "Latest_Year_Data"
"""The year in which the school year of the row's pupils began."""
COLUMNS: dict[str, tuple[str, ...]] = {
    "Reference": ("De Ref", "DE Reference", "Institution Reference Number"),
    "Institution_Name": ("School Name",),
    "Institution_Type": ("School Type",),
    "Management_Type": ("School Management Type",),
    "Town_Name": ("Town",),
    "County_Name": ("County",),
    "Postcode": (),
    "Telephone": ("Telephone Number", "Phone"),
    "Total_Pupils": ("Total Number of Pupils", "Total Enrolment", "Enrolment", "Pupils"),
    "Address_1": ("Address Line 1",),
    "Address_2": ("Address Line 2",),
    "Address_3": ("Address Line 3",),
    "Irish_Grid_Reference_X": ("X coordinate", "Easting", "X"),
    "Irish_Grid_Reference_Y": ("Y coordinate", "Northing", "Y"),
    "Latitude": ("Lat",),
    "Longitude": ("Long",),
    YEAR: ("Year of data", "Data year"),
    **dict.fromkeys(YEARS, ()),
}


def reader(header: Sequence[str]) -> Reader:
    """Return the reader of a file with this header, which is `renamed`; the chosen authority's column is called CHOSEN."""
    cells_of = columns.row_reader(header, [*COLUMNS, CHOSEN], number="Reference")

    def read(row: Sequence[str], known: Container[str]) -> Entry:
        named = cells_of(row)
        words = cells.text(named["Reference"])
        match = REFERENCE.fullmatch(words)
        reference = f"{match[1]}-{match[2]}" if match else ""
        try:
            return _entry(named, reference, known) if match else _without_reference(named, words)
        except cells.UnusableCell as error:
            raise Refused(str(error), register_id=reference) from error

    return read


def _without_reference(row: Mapping[str, str], words: str) -> NoReturn:
    """Raise Ignored for one of the playgroups, whose references have another form, else UnusableCell."""
    _require_our_year_groups(columns.known_text(row["Institution_Type"]), columns.rolls(row, YEARS))
    raise cells.UnusableCell(f"Reference is “{cells.shortened(words)}”; it must be like 101-0001.")


def _entry(row: Mapping[str, str], reference: str, known: Container[str]) -> Entry:
    kind, rolls = columns.known_text(row["Institution_Type"]), columns.rolls(row, YEARS)
    if reference not in known and not any(rolls):
        _require_our_year_groups(kind, rolls)
    place = cells.irish_place(row["Irish_Grid_Reference_X"], row["Irish_Grid_Reference_Y"])
    place = place or cells.degrees_place(columns.known_text(row["Latitude"]), columns.known_text(row["Longitude"]))
    facts = NO_FACTS._replace(
        name=columns.name(row, "Institution_Name"),
        sector=_sector(kind, is_known=reference in known),
        phase=kind[:40],
        kind=(columns.known_text(row["Management_Type"]) or kind)[:100],
        status=Status.OPEN.value,
        pupils=columns.pupils(row, "Total_Pupils"),
        address=columns.address(row, ADDRESS),
        postcode=cells.postcode(row["Postcode"]),
        easting=place[0] if place else None,
        northing=place[1] if place else None,
        phone=cells.telephone(row["Telephone"]),
    )
    authority, complaint = _authority(columns.known_text(row[CHOSEN]))
    used = {
        "Postcode": facts.postcode,
        "Telephone": facts.phone,
        "Irish_Grid_Reference_X": place or cells.text(row["Irish_Grid_Reference_X"]) == "0",
        "Latitude": place,
    }
    left_out = (*columns.left_out(row, used), *complaint)
    return Entry(reference, authority, facts, left_out, rolls, roll_year=_roll_year(row[YEAR]))


def _roll_year(cell: str) -> int | None:
    words = columns.known_text(cell)
    if not words:
        return None
    match = re.fullmatch(r"((?:19|20)[0-9]{2})(?:\.0+|[-/](?:[0-9]{2}){1,2})?", words)
    if not match:
        raise cells.UnusableCell(f"{YEAR} is “{cells.shortened(words)}”; it must be a year, like 2015.")
    return int(match[1])


def _require_our_year_groups(kind: str, rolls: tuple[int | None, ...]) -> None:
    """Raise Ignored for a school that has none of our year groups, UnusableCell where the row does not tell."""
    words = kind.lower()
    if words.startswith(("primary", "prep", "special", "hospital")):
        return
    if (words.startswith("independent") and not rolls) or not words:
        msg = f"Institution_Type is “{cells.shortened(kind)}” and there are no pupils by year: its year groups are unknown."
        raise cells.UnusableCell(f"{msg} Look it up.")
    raise Ignored("none of our year groups")


def _sector(kind: str, *, is_known: bool) -> str:
    words = kind.lower()
    if is_known and not words:
        return ""
    if "independent" in words:
        return Sector.INDEPENDENT.value
    if "hospital" in words:
        return Sector.ALTERNATIVE.value
    return (Sector.SPECIAL if "special" in words else Sector.MAINSTREAM).value


def _authority(words: str) -> tuple[AuthorityFacts | None, tuple[str, ...]]:
    """Return the district that the chosen column names, and a sentence where that is none of the eleven."""
    if not words:
        return None, ()
    gss = gss_of(words, NORTHERN_IRELAND)
    if not gss:
        return None, (f"The authority is “{cells.shortened(words)}”, which is none of the eleven districts; it was left out.",)
    return AuthorityFacts(Nation.NORTHERN_IRELAND.value, gss, "", NORTHERN_IRELAND[gss], ""), ()


REGISTER = Register(
    name="northern-ireland",
    title="Northern Ireland's list of institutions",
    nation=Nation.NORTHERN_IRELAND,
    needs=("Reference", "Institution_Name", "Institution_Type"),
    reader=reader,
    header=partial(columns.renamed, columns=COLUMNS),
    chosen_authority=CHOSEN,
)
