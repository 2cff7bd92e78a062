"""What a table of reach is made of: the cut, one row for each place, and the total."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import models

from schools.core.periods import Period

DEFINITIONS = 1
"""The version of the figures' definitions; it grows when one of them comes to mean something else."""


class Cut(models.TextChoices):
    """The kind of place that has a row of its own."""

    AREA = "area", "Area"
    AUTHORITY = "authority", "Authority"
    REGION = "region", "Region"
    NATION = "nation", "Nation"


@dataclass(frozen=True, kw_only=True)
class ReachRow:
    """The figures of one place in one period; an attribute for each column of the CSV, in its order.

    Names of places that the cut does not know are empty. None is "not known", never 0.
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

    @property
    def schools_reached(self) -> int:
        """Schools with any session, in person or online; one that had both is counted once."""
        return self.schools_visited + self.schools_online_only


@dataclass(frozen=True)
class ReachTable:
    """The rows of a cut in order of nation, region, area and authority, and the total, which is counted afresh on everything."""

    period: Period
    by: Cut
    as_of: date
    rows: list[ReachRow]
    total: ReachRow


def one_decimal(numerator: int, denominator: int) -> Decimal:
    """The quotient of two counts to one decimal, halves away from zero; neither may be negative."""
    return Decimal((20 * numerator + denominator) // (2 * denominator)).scaleb(-1)


def percent(part: int, whole: int | None) -> Decimal | None:
    """`part` of `whole` in per cent to one decimal; None where the whole is zero or unknown."""
    return one_decimal(100 * part, whole) if whole else None
