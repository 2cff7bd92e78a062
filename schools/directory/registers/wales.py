"""Wales: the address list of schools, as gov.wales publishes it, and copies of it with underscores in the header.

Ages follow from the type of school (“Infants & Juniors”, “Ages 3-16”); where neither it nor the sector tells, the row is refused.
Only open schools are listed.
"""

import re
from collections.abc import Container, Mapping, Sequence
from functools import partial

from schools.core.nations import Nation
from schools.core.year_groups import year_groups_of_ages
from schools.directory.models import Sector, Status
from schools.directory.registers import cells, columns
from schools.directory.registers.councils import WALES
from schools.directory.registers.facts import NO_FACTS, AuthorityFacts, Entry, Ignored, Reader, Refused, Register

NUMBER = re.compile(r"([0-9]{7})(?:\.0+)?")
AGES = re.compile(r"\b([0-9]{1,2}) ?(?:-|–|to) ?([0-9]{1,2})\b")
ADDRESS = ("Address1", "Address2", "Address3", "Address4")
COLUMNS: dict[str, tuple[str, ...]] = {
    "School_Number": (),
    "School_Name": (),
    "LA_Code": (),
    "Local_Authority": ("LA Name",),
    "Sector": (),
    "Governance": (),
    "Welsh_Medium_Type": (),
    "School_Type": (),
    "Postcode": (),
    "Phone_Number": ("Telephone", "Telephone Number"),
    "Pupils": ("Number of Pupils",),
    **dict.fromkeys(ADDRESS, ()),
}
SECTORS = {
    "independent": Sector.INDEPENDENT,
    "special": Sector.SPECIAL,
    "pru": Sector.ALTERNATIVE,
    "pupil referral": Sector.ALTERNATIVE,
}
"""Sectors by words in sector, governance and type; a school with none of these words is mainstream."""


def reader(header: Sequence[str]) -> Reader:
    """Return the reader of a file with this header, which is `renamed`."""
    cells_of = columns.row_reader(header, COLUMNS, number="School_Number")

    def read(row: Sequence[str], known: Container[str]) -> Entry:
        named = cells_of(row)
        words = cells.text(named["School_Number"])
        number = NUMBER.fullmatch(words)
        if not number:
            raise Refused(f"School_Number is “{cells.shortened(words)}”; it must be a number of seven digits.")
        try:
            return _entry(named, number[1], known)
        except cells.UnusableCell as error:
            raise Refused(str(error), register_id=number[1]) from error

    return read


def _entry(row: Mapping[str, str], number: str, known: Container[str]) -> Entry:
    phase, kind = columns.known_text(row["Sector"]), columns.known_text(row["School_Type"])
    low_age, high_age = _ages(kind)
    if number not in known:
        _require_our_year_groups(phase, low_age, high_age)
    facts = NO_FACTS._replace(
        name=columns.name(row, "School_Name"),
        sector=_sector(row, is_known=number in known),
        phase=phase[:40],
        kind=(kind or columns.known_text(row["Governance"]))[:100],
        status=Status.OPEN.value,
        low_age=low_age,
        high_age=high_age,
        pupils=columns.pupils(row, "Pupils"),
        address=columns.address(row, ADDRESS),
        postcode=cells.postcode(row["Postcode"]),
        phone=cells.telephone(row["Phone_Number"]),
        welsh_medium=columns.known_text(row["Welsh_Medium_Type"])[:60],
    )
    used = {"Postcode": facts.postcode, "Phone_Number": facts.phone}
    return Entry(number, _authority(row), facts, columns.left_out(row, used))


def _ages(kind: str) -> tuple[int | None, int | None]:
    """Return the lowest and highest age by the type of school; both None where it does not tell."""
    if match := AGES.search(kind):
        low, high = int(match[1]), int(match[2])
        if not low < high <= 25:
            raise cells.UnusableCell(f"School_Type is “{cells.shortened(kind)}”, which are no ages.")
        return low, high
    words = kind.lower()
    lows = [age for word, age in (("nursery", 3), ("infant", 4), ("junior", 7)) if word in words]
    highs = [age for word, age in (("nursery", 4), ("infant", 7), ("junior", 11)) if word in words]
    return (lows[0], highs[-1]) if lows else (None, None)


def _require_our_year_groups(phase: str, low_age: int | None, high_age: int | None) -> None:
    """Raise Ignored for a school that has none of our year groups, UnusableCell where the row does not tell."""
    words = phase.lower()
    if low_age is not None:
        if not year_groups_of_ages(low_age, high_age):
            raise Ignored("none of our year groups")
    elif words.startswith(("secondary", "nursery")):
        raise Ignored("none of our year groups")
    elif not words.startswith(("primary", "special")):
        msg = f"School_Type tells no ages and Sector is “{cells.shortened(phase)}”, so its year groups are unknown. Look it up."
        raise cells.UnusableCell(msg)


def _sector(row: Mapping[str, str], *, is_known: bool) -> str:
    words = " ".join(columns.known_text(row[column]) for column in ("Sector", "Governance", "School_Type")).lower()
    if is_known and not words.strip():
        return ""
    return next((sector for sign, sector in SECTORS.items() if re.search(rf"\b{sign}", words)), Sector.MAINSTREAM).value


def _authority(row: Mapping[str, str]) -> AuthorityFacts:
    code, name = cells.text(row["LA_Code"]).removesuffix(".0"), cells.text(row["Local_Authority"])
    if code not in WALES:
        raise cells.UnusableCell(f"LA_Code is “{cells.shortened(code)}”; the local authorities of Wales have 660 to 681.")
    if not 1 <= len(name) <= 100:
        raise cells.UnusableCell(f"Local_Authority is “{cells.shortened(name)}”, which is no authority's name.")
    return AuthorityFacts(Nation.WALES.value, WALES[code], code, name, "")


REGISTER = Register(
    name="wales",
    title="Wales's address list of schools",
    nation=Nation.WALES,
    needs=("School_Number", "School_Name", "LA_Code", "Local_Authority"),
    reader=reader,
    header=partial(columns.renamed, columns=COLUMNS),
)
