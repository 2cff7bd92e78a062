"""What the declaration of a figure has to say; schools.reach.figures.registry joins the declared figures."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import Enum
from typing import Any

from schools.reach.rows import ReachRow


class Reads(Enum):
    """How people read the value of a figure."""

    COUNT = "count"
    PERCENT = "percent"
    HOURS = "hours"
    YES_NO = "yes or no"

    def text(self, value: int | Decimal | None) -> str:
        """Return the value as a page shows it; a dash where it is not known."""
        if value is None:
            return "–"
        if self is Reads.YES_NO:
            return "yes" if value else "no"
        return f"{value:,} %" if self is Reads.PERCENT else f"{value:,}"


class Total(Enum):
    """How the total of a table by place is worked out."""

    SUM_OF_ROWS = "sum of rows"
    COUNTED_AFRESH = "counted afresh"
    """The same thing may be counted in two places, so the total can be less than the sum of the rows."""
    RATIO = "ratio"
    """The quotient of two totals."""


class Publication(Enum):
    """What is published of a figure (docs/figures.md, What is published)."""

    EXACT = "exact"
    """Counts of schools and sessions, as they are."""
    ROUNDED = "rounded"
    """A sum of numbers that were rounded once (schools.reach.rounding)."""
    NEVER = "never"


class LineKind(Enum):
    """What a line behind a figure is. The office shows each kind in one way."""

    COUNT = "a headcount"
    SCHOOL_YEAR = "a school in a school year"
    LINEAGE_YEAR = "schools that followed one another in a school year"
    COHORT = "children who started school together"
    SESSION = "a session"
    ADULTS = "a session for adults"
    PERSON = "a volunteer"
    PERSON_DAY = "a volunteer on a visit day"
    CHAIN = "a school under all its register numbers"
    SCHOOL = "a school that stands in the place"
    LEAVERS = "the children who leave a school"
    ASKED = "a school that was asked what it thought of a visit"
    OPINION = "the schools that answered a question in one way"


type SumWords = Callable[[int, int, ReachRow], str]
"""Says in words what the lines add up to. Arguments: their sum, the number of lines, and the row that they are behind."""


@dataclass(frozen=True, kw_only=True)
class DrillDown:
    """Which lines are behind a figure, and how they add up to it."""

    question: str
    """The method of schools.reach.queries.Behind that returns the lines."""
    lines: LineKind
    adds: Callable[[Any], int]
    """What one line adds to the sum."""
    sum_words: SumWords


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Everything that the page, the files, the JSON, the returns and the drill-down know about one figure of reach."""

    name: str
    """The column in files and JSON, and the attribute of ReachRow (in other tables of their row) that holds the value."""
    heading: str
    definition: str
    """What it counts, in one sentence."""
    reads: Reads
    adds_up: str
    """How sessions and headcounts add up to it; the workbook's sheet of definitions and the drill-down show these words."""
    total: Total
    drill_down: DrillDown
    publication: Publication
    in_short_table: bool
    """Whether the page shows it before somebody asks for all figures."""
    file_position: int
    """Its place among the figures of a file, from 1. A column never moves: a new figure takes the next free number."""
    and_more: Callable[[ReachRow], bool] | None = None
    """Returns whether the true number may be larger than the figure in this row; then its text says so."""
    doubt: Callable[[int], str] | None = None
    """Returns a sentence that says why the total is uncertain where this figure is not 0; None where it never makes it so."""

    def __post_init__(self) -> None:
        """Refuse a declaration in which a text is blank."""
        blank = [field.name for field in fields(self) if getattr(self, field.name) == ""]
        if blank:
            msg = f"Declare {' and '.join(f'`{name}`' for name in blank)} for {self.name or 'this figure'}."
            raise ValueError(msg)

    def value(self, row: Any) -> Any:
        """Return the figure of the row; None where it is not known."""
        return getattr(row, self.name)

    def text(self, row: Any) -> str:
        """Return the figure of the row as a page shows it."""
        text = self.reads.text(self.value(row))
        return f"{text} and more" if self.and_more and self.and_more(row) else text
