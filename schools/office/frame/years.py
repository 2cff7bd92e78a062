"""The picture of visits over the school years, with a table behind it whose numbers lead to their rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from schools.core.periods import AcademicYear

MOST_YEARS = 10
"""The most school years that are drawn, the running one among them."""
ON_A_PHONE = 4
"""The most school years for which a narrow phone has room."""
COLUMN, BAR, HIGHEST = 68, 38, 72
"""Units of the drawing: the room of a year, the width of its bar, and the height of the highest bar of a row."""
ABOVE, BELOW, YEARS = 44, 20, 24
"""Units above the bars of a row, for its name and a number; below them; and for the names of the years."""
NARROW, LONGEST, LINE = 300, 160, 24
"""Units of the drawing for a phone, whose bars lie: its width, the longest bar, and the height of a year's line."""
BEFORE = 64
"""Units before such a bar, for the name of its year."""


@dataclass(frozen=True)
class Sessions:
    """The sessions of which the visits of a school year consist, and the address at which they are listed; blank as below."""

    number: int
    rows: str = ""


@dataclass(frozen=True)
class OfYear:
    """What took place in one school year, and where its rows are listed."""

    year: AcademicYear
    number: int
    """How many visits."""
    attendances: int | None
    """The seats filled; None where nobody counted."""
    rows: str = ""
    """The address at which these visits are listed; blank: their sessions are, or the user may not read them."""
    counted: str = ""
    """The address at which what adds up to the attendances is listed; blank as before."""
    is_whole: bool = True
    """Whether everybody was counted: else the attendances are a part of those that there were."""
    sessions: Sessions | None = None
    """What the visits lead to where they have no list of their own; None: they have."""

    @property
    def number_in_words(self) -> str:
        """Return what stands at the bar of its number."""
        return f"{self.number:,}"

    @property
    def attendances_in_words(self) -> str:
        """Return what stands at the bar of its attendances: a dash where nobody counted, a plus where not all were counted."""
        return "–" if self.attendances is None else f"{self.attendances:,}{'' if self.is_whole else '+'}"


@dataclass(frozen=True)
class Bar:
    """A bar of the drawing with its number above it, in units of the drawing."""

    middle: float
    top: float
    height: float
    text: str

    @property
    def left(self) -> float:
        """Where the bar begins."""
        return self.middle - BAR / 2

    @property
    def text_at(self) -> float:
        """The line on which its number stands."""
        return self.top - 6


@dataclass(frozen=True)
class Row:
    """A row of bars on one line, under its name."""

    name: str
    name_at: float
    base: float
    bars: list[Bar]


@dataclass(frozen=True)
class LyingBar:
    """A bar of the drawing for a phone, between its year and its number."""

    year: str
    line: int
    """The line on which year and number stand."""
    length: float
    text: str

    left = BEFORE

    @property
    def top(self) -> int:
        """The upper edge of the bar."""
        return self.line - 13

    @property
    def end(self) -> float:
        """Where its number begins."""
        return self.left + self.length + 6


@dataclass(frozen=True)
class LyingRow:
    """Bars of one kind below each other, under their name."""

    name: str
    name_at: int
    bars: list[LyingBar]


@dataclass(frozen=True)
class YearsPicture:
    """Visits and attendances by school year, the first year first."""

    title: str
    """Its message, in a sentence."""
    lines: Sequence[OfYear]
    note: str = ""

    bar_width = BAR
    narrow_width = NARROW

    @property
    def width(self) -> int:
        """The width of the drawing."""
        return COLUMN * len(self.lines)

    @property
    def is_wide(self) -> bool:
        """Whether it is wider than a phone."""
        return len(self.lines) > ON_A_PHONE

    @property
    def height(self) -> int:
        """The height of the drawing."""
        return 2 * (ABOVE + HIGHEST + BELOW) + YEARS

    @property
    def rows(self) -> list[Row]:
        """The two rows of bars, each on a scale of its own."""
        return [_row(name, of_it, down=(ABOVE + HIGHEST + BELOW) * at) for at, (name, of_it) in enumerate(self._numbers.items())]

    @property
    def _numbers(self) -> "dict[str, Sequence[Shown]]":
        """The numbers of both rows by the row's name, each with what stands at its bar."""
        return {
            "Visits": [(line.number, line.number_in_words) for line in self.lines],
            "Attendances": [(line.attendances or 0, line.attendances_in_words) for line in self.lines],
        }

    @property
    def narrow_height(self) -> int:
        """The height of the drawing for a phone."""
        return 2 * LINE * (len(self.lines) + 1) + LINE // 2

    @property
    def lying_rows(self) -> list[LyingRow]:
        """The same two rows for a phone."""
        years = [str(line.year) for line in self.lines]
        down = LINE * (len(self.lines) + 1) + LINE // 2
        return [_lying_row(name, years, of_it, down=down * at) for at, (name, of_it) in enumerate(self._numbers.items())]

    @property
    def years(self) -> list[tuple[float, str]]:
        """The middle and the name of each year."""
        return [(COLUMN * (at + 0.5), str(line.year)) for at, line in enumerate(self.lines)]

    @property
    def years_at(self) -> int:
        """The line on which the names of the years stand."""
        return self.height - 8


type Shown = tuple[int, str]
"""A number as its bar shows it, and what stands at the bar."""


def _row(name: str, numbers: Sequence[Shown], *, down: float) -> Row:
    most = max((number for number, _ in numbers), default=0) or 1
    base = down + ABOVE + HIGHEST
    bars = []
    for at, (number, text) in enumerate(numbers):
        height = round(HIGHEST * number / most, 1)
        bars.append(Bar(COLUMN * (at + 0.5), round(base - height, 1), height, text))
    return Row(name, down + 16, base, bars)


def _lying_row(name: str, years: Sequence[str], numbers: Sequence[Shown], *, down: int) -> LyingRow:
    most = max((number for number, _ in numbers), default=0) or 1
    bars = [
        LyingBar(year, down + LINE * (at + 2) - 8, round(LONGEST * number / most, 1), text)
        for at, (year, (number, text)) in enumerate(zip(years, numbers, strict=True))
    ]
    return LyingRow(name, down + 16, bars)


def years_shown(known: Sequence[int], *, this_year: AcademicYear) -> list[AcademicYear]:
    """Return the school years to draw, from the first of which something is known to the running one; none for fewer than two.

    `known` are the calendar years in which they began.
    """
    first = max(min(known, default=this_year.start), this_year.start - MOST_YEARS + 1)
    shown = [AcademicYear(start) for start in range(first, this_year.start + 1)]
    return shown if len(shown) > 1 else []


def note_on_earlier(known: Sequence[int], shown: Sequence[AcademicYear]) -> str:
    """Return a sentence where something is known of years before those that are drawn; else nothing."""
    if not shown or min(known) >= shown[0].start:
        return ""
    return f"The last {len(shown)} school years; the first that is known is {AcademicYear(min(known))}."
