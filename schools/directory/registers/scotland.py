"""Scotland: the school level summary statistics (pupils by stage) and the school roll file (addresses and places).

Each has what the other lacks. Imported one after the other, in either order, both stay. Neither has closed schools or ages: a
primary or special school counts as teaching P1 to P7.
"""

import re
from collections.abc import Container, Mapping, Sequence
from functools import partial

from schools.core.nations import Nation
from schools.directory.models import Sector, Status
from schools.directory.registers import cells, columns
from schools.directory.registers.councils import SCOTLAND, gss_of
from schools.directory.registers.facts import NO_FACTS, AuthorityFacts, Entry, Ignored, Reader, Refused, Register

DATA_ZONE = re.compile(r"S01[0-9]{6}")
SEED_CODE = re.compile(r"([0-9]{7})(?:\.0+)?")
STAGES = ("P1", "P2", "P3", "P4", "P5", "P6", "P7")
ADDRESS = ("Address 1", "Address 2", "Address 3", "Address 4", "Town")
COLUMNS: dict[str, tuple[str, ...]] = {
    "SeedCode": ("Seed",),
    "School Name": (),
    "School Type": ("Sector", "School Sector"),
    "Local Authority": ("LA Name", "Local Authority Name", "Authority"),
    "GSS LA code": ("LA GSS code", "GSS code", "LA code"),
    "Pupil roll": ("School roll", "Roll", "Pupils", "Total pupils"),
    "Address 1": ("Address Line 1", "Address"),
    "Address 2": ("Address Line 2",),
    "Address 3": ("Address Line 3",),
    "Address 4": ("Address Line 4",),
    "Town": ("Post Town",),
    "PostCode": (),
    "Phone": ("Phone Number", "Telephone", "Telephone Number"),
    "Website": ("Web Address",),
    "Easting": ("Grid Reference Easting", "Grid Ref Easting", "X", "X coordinate"),
    "Northing": ("Grid Reference Northing", "Grid Ref Northing", "Y", "Y coordinate"),
    "Latitude": ("Lat",),
    "Longitude": ("Long",),
    "DataZone": ("Data Zone", "DZ"),
    "Grid Reference": ("Grid Ref", "OS Grid Reference", "National Grid Reference"),
    **dict.fromkeys(STAGES, ()),
}
NO_AUTHORITY = {"grant aided", "grant-aided"}
"""What is written as the authority of a school that belongs to none."""
OURS = {"primary", "special"}
DEPARTMENTS = ("primary", "special", "secondary")
"""A school with one number for several departments is the first of these; its other rows are no schools of their own."""


def reader(header: Sequence[str]) -> Reader:
    """Return the reader of a file with this header, which is `renamed`."""
    cells_of = columns.row_reader(header, COLUMNS, number="SeedCode")

    def read(row: Sequence[str], known: Container[str]) -> Entry:
        named = cells_of(row)
        words = cells.text(named["SeedCode"])
        code = SEED_CODE.fullmatch(words)
        if not code:
            raise Refused(f"SeedCode is “{cells.shortened(words)}”; it must be a number of seven digits.")
        try:
            return _entry(named, code[1], known)
        except cells.UnusableCell as error:
            raise Refused(str(error), register_id=code[1]) from error

    return read


def _entry(row: Mapping[str, str], code: str, known: Container[str]) -> Entry:
    kind, rolls = columns.known_text(row["School Type"]), columns.rolls(row, STAGES)
    # A secondary's row says nothing of the special school under the same number, whichever file comes first.
    if not any(rolls) and (kind or code not in known):
        _require_our_year_groups(kind)
    place = _place(row)
    facts = NO_FACTS._replace(
        name=columns.name(row, "School Name"),
        sector=_sector(kind, is_known=code in known),
        phase=kind[:40],
        kind=kind[:100],
        status=Status.OPEN.value,
        pupils=columns.pupils(row, "Pupil roll"),
        address=columns.address(row, ADDRESS),
        postcode=cells.postcode(row["PostCode"]),
        easting=place[0] if place else None,
        northing=place[1] if place else None,
        phone=cells.telephone(row["Phone"]),
        website=cells.website(row["Website"]),
        lsoa=zone if DATA_ZONE.fullmatch(zone := cells.text(row["DataZone"])) else "",
    )
    used = {
        "PostCode": facts.postcode,
        "Phone": facts.phone,
        "Website": facts.website,
        "Easting": place or cells.text(row["Easting"]) == "0",
        "Grid Reference": place,
        "Latitude": place,
    }
    department = next((place for place, name in enumerate(DEPARTMENTS) if name in kind.lower()), len(DEPARTMENTS))
    return Entry(code, _authority(row), facts, columns.left_out(row, used), rolls, department=department)


def _sector(kind: str, *, is_known: bool) -> str:
    if is_known and not kind:
        return ""
    return (Sector.SPECIAL if "special" in kind.lower() else Sector.MAINSTREAM).value


def _require_our_year_groups(kind: str) -> None:
    """Raise Ignored for a school that has none of our year groups, UnusableCell where the row does not tell."""
    if not kind:
        raise cells.UnusableCell(
            "School Type is blank and there are no pupils by stage, so its year groups are unknown. Look it up."
        )
    if kind.lower().removesuffix(" school") not in OURS:
        raise Ignored("none of our year groups")


def _authority(row: Mapping[str, str]) -> AuthorityFacts | None:
    name, code = columns.known_text(row["Local Authority"]), columns.known_text(row["GSS LA code"])
    if name.lower() in NO_AUTHORITY or not (name or code):
        return None
    # The code says it in one way, the name in many; a code that is none of these is a local one.
    gss = gss_of(code, SCOTLAND) or gss_of(name, SCOTLAND)
    if not gss:
        raise cells.UnusableCell(f"Local Authority is “{cells.shortened(code or name)}”, which is no council of Scotland.")
    return AuthorityFacts(Nation.SCOTLAND.value, gss, "", SCOTLAND[gss], "")


def _place(row: Mapping[str, str]) -> tuple[int, int] | None:
    by_grid = cells.grid_place(row["Easting"], row["Northing"]) or cells.lettered_place(row["Grid Reference"])
    return by_grid or cells.degrees_place(columns.known_text(row["Latitude"]), columns.known_text(row["Longitude"]))


REGISTER = Register(
    name="scotland",
    title="one of Scotland's two files of schools (summary statistics, or school roll)",
    nation=Nation.SCOTLAND,
    needs=("SeedCode", "School Name"),
    reader=reader,
    header=partial(columns.renamed, columns=COLUMNS),
)
