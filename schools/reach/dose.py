"""The table of dose as plain values: children who leave school, by the number of years in which they were reached."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from schools.core.periods import AcademicYear

ENOUGH = 2
"""Years: who was reached in so many or more is in one column. At least four lessons, repeated yearly, is what works."""


@dataclass(frozen=True)
class Leavers:
    """The children who leave one school, and what is known of their years there and in the schools that feed it."""

    school: int
    area: int | None
    pupils: int | None
    """Pupils on roll in Year 6 (P7); None means not known."""
    is_estimated: bool
    """Whether that is a share of the register's total."""
    years: tuple[AcademicYear, ...]
    """The school years in which their year group had a headcount over 0."""
    unknown: int
    """How many of their seven years lie before the first that is recorded: unknown, not 0."""

    @property
    def is_unknown(self) -> bool:
        """Whether years of which nothing is recorded could put them into another column."""
        return self.unknown > 0 and len(self.years) < ENOUGH

    def pupils_with(self, years: int) -> int:
        """Return the pupils if they were certainly reached in that many years, and in no more unless it is ENOUGH; else 0."""
        return 0 if self.is_unknown or min(len(self.years), ENOUGH) != years else self.pupils or 0


@dataclass(frozen=True, kw_only=True)
class DoseRow:
    """The figures of one area; schools.reach.figures.dose declares what each of them is."""

    nation: str = ""
    region: str = ""
    area: str = ""
    cell: str = ""
    """The name of the row in questions about what is behind it; "total" for the total."""
    pupils_leaving: int = 0
    pupils_no_year: int = 0
    pupils_one_year: int = 0
    pupils_two_years: int = 0
    pupils_years_unknown: int = 0
    schools_leaving: int = 0
    schools_roll_unknown: int = 0
    leaving_estimated: bool = False

    def plus(self, line: Leavers) -> "DoseRow":
        """Return the row with one more school."""
        pupils = line.pupils or 0
        return replace(
            self,
            pupils_leaving=self.pupils_leaving + pupils,
            pupils_no_year=self.pupils_no_year + line.pupils_with(0),
            pupils_one_year=self.pupils_one_year + line.pupils_with(1),
            pupils_two_years=self.pupils_two_years + line.pupils_with(ENOUGH),
            pupils_years_unknown=self.pupils_years_unknown + (pupils if line.is_unknown else 0),
            schools_leaving=self.schools_leaving + 1,
            schools_roll_unknown=self.schools_roll_unknown + (line.pupils is None),
            leaving_estimated=self.leaving_estimated or line.is_estimated,
        )


@dataclass(frozen=True)
class DoseTable:
    """A row for each area in which schools have children in Year 6 (P7), in order of nation, region and area, and the total."""

    year: AcademicYear
    as_of: date
    first_recorded: AcademicYear | None
    """The first school year of which any session is recorded; None where none is."""
    rows: Sequence[DoseRow]
    total: DoseRow

    @property
    def by_cell(self) -> dict[str, DoseRow]:
        """The rows and the total by their cells."""
        return {row.cell: row for row in [*self.rows, self.total]}
