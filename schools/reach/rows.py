"""What a table of reach consists of: the cut, one row for each place or kind, and the total."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.db import models

from schools.core.periods import Period

DEFINITIONS = 2
"""The version of the figures' definitions; it grows when one of them gets another meaning."""

FIRST_DEFINITIONS = 1
"""The version of older returns: one number of pupils instead of three, without caps, coverage of any 12 months."""

TOTAL = "TOTAL"
"""The text in the cut's own column of the total."""


class Cut(models.TextChoices):
    """What has a row of its own: a kind of place, or a kind of session, pupil or time."""

    AREA = "area", "Area"
    AUTHORITY = "authority", "Authority"
    REGION = "region", "Region"
    NATION = "nation", "Nation"
    TYPE = "session_type", "Session type"
    CHANNEL = "channel", "Channel"
    LANGUAGE = "language", "Language"
    YEAR_GROUP = "year_group", "Year group"
    SECTOR = "sector", "Sector"
    MONTH = "month", "Month"
    FIFTH = "fifth", "Fifth of deprivation"

    @property
    def is_place(self) -> bool:
        """Whether its rows are places, as fifths of a nation are; else they are kinds, alone or within places."""
        return self in PLACE_CUTS or self == Cut.FIFTH

    @property
    def has_column(self) -> bool:
        """Whether a file has a column of its own for it, after those of the place."""
        return self not in PLACE_CUTS


PLACE_COLUMNS = ("period", "first_day", "last_day", "nation", "region", "area", "authority_gss", "authority")
"""The columns before the figures in a row of a file, in this order."""

DEFINITIONS_COLUMN = "definitions"
"""The column of a file that says by which version of the definitions its figures were counted."""

NO_FIGURES = (DEFINITIONS_COLUMN, "has_rolls")
"""What a row says besides its place, kind and figures."""

KIND_COLUMNS = ("kind", "kind_name", "cell")
"""The other columns that tell one row from another."""

PLACE_CUTS = (Cut.AREA, Cut.AUTHORITY, Cut.REGION, Cut.NATION)
KIND_CUTS = (Cut.TYPE, Cut.CHANNEL, Cut.LANGUAGE, Cut.YEAR_GROUP, Cut.SECTOR, Cut.MONTH)


@dataclass(frozen=True, kw_only=True)
class ReachRow:
    """The figures of one place, kind, or kind within a place in one period; schools.reach.figures declares what each of them is.

    Names of places that the cut does not know are empty. None means not known, never 0.
    """

    period: str
    first_day: date
    last_day: date
    nation: str
    region: str
    area: str
    authority_gss: str
    authority: str
    schools_in_area: int | None = None
    schools_visited: int = 0
    school_coverage_percent: Decimal | None = None
    schools_online_only: int = 0
    schools_visited_in_cycle: int | None = None
    cycle_coverage_percent: Decimal | None = None
    sessions_delivered: int = 0
    outcomes_missing: int = 0
    counts_missing: int = 0
    attendances: int = 0
    attendances_estimated: int = 0
    pupils_reached: int = 0
    pupils_in_person: int = 0
    pupils_online: int = 0
    children_reached: int = 0
    adults: int = 0
    volunteers_active: int = 0
    volunteer_hours: Decimal = Decimal("0.0")
    pupils_on_roll: int | None = None
    pupils_on_roll_estimated: bool | None = None
    coverage_percent: Decimal | None = None
    pupils_reached_low: int | None = 0
    pupils_reached_high: int | None = 0
    high_is_open: bool | None = False
    children_reached_low: int | None = 0
    schools_visited_not_counted: int | None = 0
    schools_whole_programme: int | None = None
    definitions: int = DEFINITIONS
    """The version of the definitions; figures that came later are None."""
    has_rolls: bool = False
    """Whether the exact roll of any school that had sessions is known: only then `pupils_reached_high` says much."""
    kind: str = ""
    """The session type's slug, channel, code of the language, year group, sector or month (2025-10); a fifth; else empty."""
    kind_name: str = ""
    """The kind as people say it."""
    cell: str = ""
    """The name of the row in questions about what is behind it (schools.reach.queries.behind); "total" for the total."""

    @property
    def schools_reached(self) -> int:
        """Schools with any session, in person or online; a school that had both is counted once."""
        return self.schools_visited + self.schools_online_only


@dataclass(frozen=True)
class ReachTable:
    """The rows of a cut in order of nation, region, area, authority and kind, and the total, counted afresh on everything."""

    period: Period
    by: Cut
    as_of: date
    rows: list[ReachRow]
    total: ReachRow
    within: Cut | None = None

    @property
    def definitions(self) -> int:
        """The version of the definitions by which it was counted."""
        return self.total.definitions

    @cached_property
    def by_cell(self) -> dict[str, ReachRow]:
        """The rows and the total by their cells; a place or kind has the same cell in every period."""
        return {row.cell: row for row in [*self.rows, self.total]}


def one_decimal(numerator: int, denominator: int) -> Decimal:
    """Return the quotient of two counts to one decimal, halves rounded up; neither may be negative."""
    return Decimal((20 * numerator + denominator) // (2 * denominator)).scaleb(-1)


def percent(part: int, whole: int | None) -> Decimal | None:
    """Return `part` as a percentage of `whole`, to one decimal; None where the whole is zero or unknown."""
    return one_decimal(100 * part, whole) if whole else None
