"""What a register says of a school and of its authority, as plain values; None and "" mean that it says nothing."""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from schools.core.nations import Nation


class AuthorityFacts(NamedTuple):
    """A local authority as one row names it; `region` is the name of its part of the nation."""

    nation: str
    gss: str
    code: str
    name: str
    region: str

    @property
    def key(self) -> str:
        """The key of the authority within its register."""
        return self.gss or self.code or self.name


class SchoolFacts(NamedTuple):
    """The fields of School that registers fill, under the same names; no field that people type is among them."""

    name: str
    sector: str
    phase: str
    kind: str
    status: str
    opened: date | None
    closed: date | None
    low_age: int | None
    high_age: int | None
    pupils: int | None
    census_day: date | None
    address: str
    postcode: str
    easting: int | None
    northing: int | None
    phone: str
    website: str
    welsh_medium: str
    percent_fsm: Decimal | None
    lsoa: str
    trust_code: str
    """NO_GROUP where the register says that it has no trust."""
    trust: str
    federation_code: str
    federation: str


WRITTEN_BY_IMPORTS = ("authority", *SchoolFacts._fields)
"""The fields of School that every import of a register writes again."""

CLOSING = ("status", "closed")
"""The facts by which a register says that a school has closed; where it tells of no closings, managers do."""

OWNED_BY_REGISTERS = ("nation", "register_id", *WRITTEN_BY_IMPORTS)
"""The fields of a register's school that nobody else changes: its key, and what each import writes.

Every other field of School belongs to people, except those in KEPT_BY_PROGRAM.
"""

KEPT_BY_PROGRAM = ("source", "missing_since", "register_day", "older_facts", "placed_by", "fifth", "chain", "lineage")
"""The fields of School that the program works out from imports and links; nobody types them."""

NO_FACTS = SchoolFacts(
    name="",
    sector="",
    phase="",
    kind="",
    status="",
    opened=None,
    closed=None,
    low_age=None,
    high_age=None,
    pupils=None,
    census_day=None,
    address="",
    postcode="",
    easting=None,
    northing=None,
    phone="",
    website="",
    welsh_medium="",
    percent_fsm=None,
    lsoa="",
    trust_code="",
    trust="",
    federation_code="",
    federation="",
)
"""A start for registers with few columns; they must set at least name, sector and status."""


class Entry(NamedTuple):
    """One usable row; `left_out` has a sentence for each value that could not be used.

    `rolls` are the pupils of year groups 0 to 6, None where unknown; empty where the register has none. `roll_year` is the start
    of their school year, where the row says it. Of several departments with one number, the one with the lowest `department`
    is the school.
    """

    register_id: str
    authority: AuthorityFacts | None
    facts: SchoolFacts
    left_out: tuple[str, ...]
    rolls: tuple[int | None, ...] = ()
    roll_year: int | None = None
    department: int = 0


class Ignored(Exception):
    """The row is valid but not one of our schools; the message says why in a few words.

    `register_id` shows that a school that we know is still in the file.
    """

    def __init__(self, reason: str, *, register_id: str = "") -> None:
        self.register_id = register_id
        super().__init__(reason)


class Refused(Exception):
    """The row should be one of our schools but cannot be used; the message says why and what to do.

    `is_swapped`: a date of it would be one if it began with the month.
    """

    def __init__(self, reason: str, *, register_id: str = "", is_swapped: bool = False) -> None:
        self.reason, self.is_swapped = reason, is_swapped
        self.register_id = register_id
        super().__init__(reason)


type Reader = Callable[[Sequence[str], Container[str]], Entry]
"""Reads a row's cells; the second argument holds the register ids that are stored. Raises Ignored or Refused."""


@dataclass(frozen=True)
class Register:
    """A national register of schools: what identifies its file, and how its rows are read."""

    name: str
    title: str
    nation: Nation
    needs: tuple[str, ...]
    """Columns without which a file is not this register."""
    reader: Callable[[Sequence[str]], Reader]
    """Returns the reader for a file with this header."""
    header: Callable[[Sequence[str]], list[str]] = list
    """Returns the file's header with the names that `needs` and `reader` know, where columns have several spellings."""
    tells_closings: bool = False
    """Whether it says of a school that it has closed; else such a school is only no longer in it."""
    chosen_authority: str = ""
    """The name of the column that somebody chooses as the authority's; blank where the register names the authority itself."""
