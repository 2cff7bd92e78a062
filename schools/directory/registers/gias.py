"""England: "Get information about schools" (GIAS), the file of establishment fields (docs/imports.md, England).

A row with an impossible number, age or date is refused, because such a row is damaged. A postcode, website, telephone number,
grid reference or percentage that cannot be used is left out and reported, and the rest of the row is stored. Head teachers'
names, which are in the file too, are never read.
"""

import re
from collections.abc import Container, Sequence
from operator import itemgetter
from typing import NamedTuple

from schools.core.nations import Nation
from schools.core.tables import column_positions
from schools.core.year_groups import year_groups_of_ages
from schools.directory.models import NO_GROUP, Sector, Status
from schools.directory.registers import cells
from schools.directory.registers.facts import AuthorityFacts, Entry, Ignored, Reader, Refused, Register, SchoolFacts

GSS = re.compile(r"E[0-9]{8}")
URN = re.compile(r"([0-9]{1,8})(?:\.0+)?")
LSOA = re.compile(r"E01[0-9]{6}")
GROUP = re.compile(r"([1-9][0-9]{0,9})(?:\.0+)?")
LOW_AGES, HIGH_AGES, PUPILS = range(26), range(100), range(20_001)

STATUSES = {
    "open": Status.OPEN,
    "open, but proposed to close": Status.CLOSING,
    "closed": Status.CLOSED,
    "proposed to open": Status.PROPOSED,
}
NO_SCHOOLS = ("children's centre", "offshore", "british schools overseas", "service children's education")
"""Beginnings of types of establishment that are no schools of a local authority in England."""
NONE = "not "
"""How the register begins where a school has no trust or federation: “Not applicable”, “Not under a federation”."""
NOT_RECORDED = "not recorded"
UNRECORDED = {NOT_RECORDED, "does not apply", "not applicable"}
"""What the register writes for an unknown county or region."""


class _Row(NamedTuple):
    """The cells that we read, under our names."""

    urn: str
    la_code: str
    la_name: str
    name: str
    kind: str
    group: str
    status: str
    opened: str
    closed: str
    phase: str
    low_age: str
    high_age: str
    census_day: str
    pupils: str
    percent_fsm: str
    street: str
    locality: str
    address_3: str
    town: str
    county: str
    postcode: str
    website: str
    phone: str
    region: str
    gss: str
    easting: str
    northing: str
    lsoa: str
    trust_flag: str
    trust_code: str
    trust: str
    federation_flag: str
    federation_code: str
    federation: str


COLUMNS = _Row(
    urn="URN",
    la_code="LA (code)",
    la_name="LA (name)",
    name="EstablishmentName",
    kind="TypeOfEstablishment (name)",
    group="EstablishmentTypeGroup (name)",
    status="EstablishmentStatus (name)",
    opened="OpenDate",
    closed="CloseDate",
    phase="PhaseOfEducation (name)",
    low_age="StatutoryLowAge",
    high_age="StatutoryHighAge",
    census_day="CensusDate",
    pupils="NumberOfPupils",
    percent_fsm="PercentageFSM",
    street="Street",
    locality="Locality",
    address_3="Address3",
    town="Town",
    county="County (name)",
    postcode="Postcode",
    website="SchoolWebsite",
    phone="TelephoneNum",
    region="GOR (name)",
    gss="GSSLACode (name)",
    easting="Easting",
    northing="Northing",
    lsoa="LSOA (code)",
    trust_flag="TrustSchoolFlag (name)",
    trust_code="Trusts (code)",
    trust="Trusts (name)",
    federation_flag="FederationFlag (name)",
    federation_code="Federations (code)",
    federation="Federations (name)",
)
NEEDS = ("urn", "la_name", "name", "status", "phase", "low_age", "high_age", "gss")


def reader(header: Sequence[str]) -> Reader:
    """Return the reader of a file with this header; columns that it lacks are blank."""
    width = len(header)
    positions = column_positions(header, COLUMNS)
    # A blank cell is added to the end of every row, for the columns that the file lacks.
    pick = itemgetter(*(positions.get(column, width) for column in COLUMNS))

    def read(row: Sequence[str], known: Container[str]) -> Entry:
        if len(row) < width or any(row[width:]):
            msg = f"The row has {len(row)} cells and the header {width}. Compare it with its neighbours."
            raise Refused(msg, register_id=cells.shortened(row[positions["URN"]]) if len(row) > positions["URN"] else "")
        return _entry(_Row._make(pick([*row[:width], ""])), known)

    return read


def _entry(row: _Row, known: Container[str]) -> Entry:
    gss, kind, group = cells.text(row.gss).upper(), cells.text(row.kind), cells.text(row.group)
    urn = URN.fullmatch(cells.text(row.urn))
    register_id = urn[1] if urn else ""
    if not GSS.fullmatch(gss):
        raise Ignored("not in England", register_id=register_id)
    if kind.lower().replace("’", "'").startswith(NO_SCHOOLS):
        raise Ignored("children's centres and schools abroad", register_id=register_id)
    if not urn:
        raise Refused(f"URN is “{cells.shortened(cells.text(row.urn))}”; it must be a number.")
    try:
        return _usable(row, urn[1], gss, _sector(group, kind), known)
    except cells.UnusableCell as error:
        raise Refused(str(error), register_id=urn[1], is_swapped=isinstance(error, cells.SwappedDate)) from error


def _usable(row: _Row, urn: str, gss: str, sector: Sector, known: Container[str]) -> Entry:
    phase = cells.text(row.phase)
    low_age, high_age = _ages(row)
    if urn not in known:
        # Changes of a stored school must be seen even when it no longer has our year groups.
        _require_our_year_groups(phase, low_age, high_age)
    authority, name = _authority(row, gss), _name(row)
    place = cells.grid_place(row.easting, row.northing)
    pupils = cells.whole_number(row.pupils, column=COLUMNS.pupils, among=PUPILS)
    census_day = cells.day(row.census_day, column=COLUMNS.census_day)
    trust_code, trust = _group(row.trust_flag, row.trust_code, row.trust)
    federation_code, federation = _group(row.federation_flag, row.federation_code, row.federation)
    facts = SchoolFacts(
        name=name,
        sector=sector.value,
        phase=phase[:40],
        kind=cells.text(row.kind)[:100],
        status=_status(row).value,
        opened=cells.day(row.opened, column=COLUMNS.opened),
        closed=cells.day(row.closed, column=COLUMNS.closed),
        low_age=low_age,
        high_age=high_age,
        pupils=pupils,
        census_day=None if pupils is None else census_day,
        address=_address(row),
        postcode=cells.postcode(row.postcode),
        easting=place[0] if place else None,
        northing=place[1] if place else None,
        phone=cells.telephone(row.phone),
        website=cells.website(row.website),
        welsh_medium="",
        percent_fsm=cells.percentage(row.percent_fsm),
        lsoa=lsoa if LSOA.fullmatch(lsoa := cells.text(row.lsoa)) else "",
        trust_code=trust_code,
        trust=trust,
        federation_code=federation_code,
        federation=federation,
    )
    return Entry(urn, authority, facts, _left_out(row, facts))


def _name(row: _Row) -> str:
    name = cells.text(row.name)
    if not 1 <= len(name) <= 200:
        raise cells.UnusableCell(f"EstablishmentName has {len(name)} characters; it must have 1 to 200.")
    return name


def _ages(row: _Row) -> tuple[int | None, int | None]:
    low = cells.whole_number(row.low_age, column=COLUMNS.low_age, among=LOW_AGES)
    high = cells.whole_number(row.high_age, column=COLUMNS.high_age, among=HIGH_AGES)
    if low is not None and high is not None and low > high:
        raise cells.UnusableCell(f"StatutoryLowAge {low} is above StatutoryHighAge {high}.")
    # New schools whose ages nobody has recorded yet have 0 to 0; taken literally, open primary schools would be lost.
    return (None, None) if high == 0 else (low, high)


def _require_our_year_groups(phase: str, low_age: int | None, high_age: int | None) -> None:
    """Raise Ignored for a school that has none of our year groups, UnusableCell where the row does not tell."""
    if phase.lower() == "nursery" or not year_groups_of_ages(low_age, high_age):
        raise Ignored("none of our year groups")
    if (low_age is None or high_age is None) and phase.lower() != "primary":
        msg = f"The statutory ages are blank and the phase is “{phase}”, so its year groups are unknown. Look it up."
        raise cells.UnusableCell(msg)


def _status(row: _Row) -> Status:
    words = cells.text(row.status)
    if status := STATUSES.get(words.lower()):
        return status
    raise cells.UnusableCell(
        f"EstablishmentStatus (name) is “{cells.shortened(words)}”; it must be one of {', '.join(STATUSES)}."
    )


def _sector(group: str, kind: str) -> Sector:
    """Return the sector by type group and type; the first match counts: an independent special school is independent."""
    words = f"{group} {kind}".lower()
    if "independent" in words:
        return Sector.INDEPENDENT
    if any(sign in words for sign in ("pupil referral", "hospital", "alternative provision")):
        return Sector.ALTERNATIVE
    return Sector.SPECIAL if "special" in words else Sector.MAINSTREAM


def _authority(row: _Row, gss: str) -> AuthorityFacts:
    name, code, region = cells.text(row.la_name), cells.text(row.la_code).removesuffix(".0"), cells.text(row.region)
    if not 1 <= len(name) <= 100 or len(code) > 10 or len(region) > 100:
        raise cells.UnusableCell(f"LA (name) is “{cells.shortened(name)}”, which is no authority's name.")
    return AuthorityFacts(Nation.ENGLAND.value, gss, code, name, "" if region.lower() in UNRECORDED else region)


def _address(row: _Row) -> str:
    lines = []
    for cell in (row.street, row.locality, row.address_3, row.town, row.county):
        line = cells.text(cell)
        if line and line not in lines and line.lower() not in UNRECORDED:
            lines.append(line)
    return ", ".join(lines)[:300]


def _group(flag: str, code: str, name: str) -> tuple[str, str]:
    """Return the code and the name of a trust or federation; blanks where the row says nothing of one.

    Of several, of which the second is mostly an umbrella, the first one counts.
    """
    if not (words := cells.text(code).partition("~")[0].strip()):
        says = cells.text(flag).lower()
        return (NO_GROUP if says.startswith(NONE) and says != NOT_RECORDED else ""), ""
    if not (match := GROUP.fullmatch(words)):
        return "", ""
    return match[1], cells.text(name).partition("~")[0].strip()[:200]


def _left_out(row: _Row, facts: SchoolFacts) -> tuple[str, ...]:
    """Return a sentence for each value that could not be used; (0, 0) on the grid is how GIAS writes "unknown"."""
    given: tuple[tuple[str, str, object], ...] = (
        (COLUMNS.postcode, row.postcode, facts.postcode),
        (COLUMNS.website, row.website, facts.website),
        (COLUMNS.phone, row.phone, facts.phone),
        (COLUMNS.percent_fsm, row.percent_fsm, facts.percent_fsm is not None),
        (COLUMNS.lsoa, row.lsoa, facts.lsoa),
        (COLUMNS.trust_code, row.trust_code, facts.trust_code),
        (COLUMNS.federation_code, row.federation_code, facts.federation_code),
        (COLUMNS.easting, row.easting, facts.easting or cells.text(row.easting) in {"0", "0.0"}),
        (COLUMNS.northing, row.northing, facts.northing or cells.text(row.northing) in {"0", "0.0"}),
    )
    return tuple(
        f"{column} is “{cells.shortened(words)}”, which cannot be used; the rest of the row can."
        for column, cell, used in given
        if not used and (words := cells.text(cell))
    )


REGISTER = Register(
    name="gias",
    title="England's register of schools (GIAS, establishment fields)",
    nation=Nation.ENGLAND,
    tells_closings=True,
    needs=tuple(getattr(COLUMNS, need) for need in NEEDS),
    reader=reader,
)
