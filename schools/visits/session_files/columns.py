"""The columns of a session file, defined once: what the import reads from a cell and what the export writes into it.

The functions take and return plain values and make no query. A blank cell, or one with `nan`, means no value.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from typing import Any, NamedTuple

from schools.core.csv import Cell, plain_text
from schools.core.nations import Language, Nation
from schools.core.tables import UnreadableTable, column_positions
from schools.core.words import joined
from schools.core.year_groups import MOST_PUPILS, YEAR_GROUPS
from schools.visits.limits import FIRST_DAY, LAST_DAY
from schools.visits.models import CancelCode, CountBasis, CoverRole, CoverState, PupilsAre, SessionStage

EXPECTED = tuple(f"expected_{group}" for group in YEAR_GROUPS)
PUPILS = tuple(f"pupils_{group}" for group in YEAR_GROUPS)
LAST = ("year_groups", "pupils_are", "count_basis")
SITE = "site"
OPTIONAL = ("minutes", "language", "cancelled_because", "adults", *EXPECTED, "covers", *LAST, SITE)
"""Columns that a file may lack, as if their cells were blank. Not those of counts, which are the figures."""
COLUMNS_OF_RETURNS = (
    *("visit", "nation", "register_id", "session_type", "day", "starts", "minutes", "language", "stage", "cancelled_because"),
    *("adults", *EXPECTED, *PUPILS, "covers", *LAST),
)
"""The columns of the lines behind figures. A closed return keeps its bytes for ever, so none is ever added."""
COLUMNS = (*COLUMNS_OF_RETURNS, SITE)
"""The columns in the order of the export; an import finds them by name."""

LONGEST_REFERENCE = 40
LONGEST_NOTE = 500
LONGEST_SITE = 80
DAY_MINUTES = 24 * 60

ROLE_ORDER = {role: position for position, role in enumerate(CoverRole.values)}

type Because = tuple[str, str]
"""The reason why a session was cancelled: code and note."""
type NamedCover = tuple[str, str, str]
"""A volunteer's reference or e-mail address in small letters, role, state."""
type Count = tuple[int, int | None, int | None]
"""Year group, expected, pupils."""


@dataclass(frozen=True, slots=True)
class Line:
    """The values of one line; None where the cell has none."""

    number: int
    visit: str
    nation: str
    register_id: str
    session_type: str
    day: date
    starts: time
    minutes: int | None
    language: str | None
    stage: str | None
    because: Because | None
    adults: int | None
    counts: tuple[Count, ...]
    names_its_year_groups: bool
    covers: tuple[NamedCover, ...]
    pupils_are: str | None
    count_basis: str | None
    site: str | None


KEY = ("visit", "nation", "register_id", "session_type", "day", "starts")
"""The columns that every line needs."""


class Header:
    """The positions of the columns in one file."""

    def __init__(self, cells: Sequence[str]) -> None:
        """Find the columns by name. Raises UnreadableTable when one is missing or there twice."""
        self._places = column_positions(cells, COLUMNS)
        if missing := [name for name in COLUMNS if name not in self._places and name not in OPTIONAL]:
            few = joined(missing) if len(missing) <= 5 else f"{', '.join(missing[:5])} and {len(missing) - 5} more"
            msg = f"This is not a session file: it has no column {few}. Start from a file that export_sessions wrote."
            raise UnreadableTable(msg)
        self._width = len(cells)

    def reference(self, cells: Sequence[str]) -> str:
        """Return the line's visit reference for a report, even where the rest of the line is wrong; "" where it is missing."""
        place = self._places["visit"]
        return cells[place].strip()[:LONGEST_REFERENCE] if place < len(cells) else ""

    def read(self, number: int, cells: Sequence[str]) -> tuple[Line | None, list[str]]:
        """Return the line, and everything that is wrong with it; None for a line that does not say which session it is."""
        if len(cells) < self._width:
            return None, [f"The line has {len(cells)} of {self._width} cells. It is cut off; complete it."]
        if any(cell.strip() for cell in cells[self._width :]):
            return None, ["The line has more cells than the header. Put a text that contains commas into double quotes."]
        if any("\x00" in cell for cell in cells):
            return None, ["The line contains a character that is no text. Type it again."]
        reasons: list[str] = []
        values: dict[str, Any] = {}
        for name, read in READERS.items():
            place = self._places.get(name)
            cell = "" if place is None else cells[place].strip()
            if not cell or cell.lower() == "nan":
                values[name] = None
                continue
            try:
                values[name] = read(cell)
            except ValueError as error:
                values[name] = None
                reasons.append(f"{name}: {error}")
        blank = [name for name in KEY if values[name] is None and not any(reason.startswith(f"{name}:") for reason in reasons)]
        reasons += [f"{name}: the cell is empty. Every line needs it." for name in blank]
        if any(values[name] is None for name in KEY):
            return None, reasons
        return _line(number, values), reasons


def _line(number: int, values: dict[str, Any]) -> Line:
    named = values["year_groups"]
    counts = tuple(
        (group, values[EXPECTED[group]], values[PUPILS[group]])
        for group in YEAR_GROUPS
        if values[EXPECTED[group]] is not None or values[PUPILS[group]] is not None or group in (named or ())
    )
    rest = ("minutes", "language", "stage", "adults", "pupils_are", "count_basis", SITE)
    return Line(
        number=number,
        **{name: values[name] for name in (*KEY, *rest)},
        because=values["cancelled_because"],
        counts=counts,
        names_its_year_groups=named is not None,
        covers=values["covers"] or (),
    )


def _shown(cell: str) -> str:
    return f"“{cell if len(cell) <= 60 else f'{cell[:57]}…'}”"


def _text(longest: int) -> Callable[[str], str]:
    def read(cell: str) -> str:
        if cell.startswith(("=", "+", "-", "@")):
            msg = f"{_shown(cell)} begins like a formula. Write plain text, or put an apostrophe before it."
            raise ValueError(msg)
        text = plain_text(cell)
        if len(text) > longest:
            msg = f"the text has {len(text):,} characters. Shorten it to {longest}."
            raise ValueError(msg)
        return text

    return read


def _choice(values: Iterable[str]) -> Callable[[str], str]:
    known = {value: value for value in values}

    def read(cell: str) -> str:
        value = known.get(cell.lower())
        if value is None:
            msg = f"{_shown(cell)} is unknown. Write {joined(known, last='or')}."
            raise ValueError(msg)
        return value

    return read


def _number(lowest: int, highest: int) -> Callable[[str], int]:
    def read(cell: str) -> int:
        # 58.0 is what a spreadsheet makes of 58 in a column that has gaps.
        whole = re.fullmatch(r"([0-9]{1,9})(\.0+)?", cell)
        if not whole or not lowest <= int(whole[1]) <= highest:
            msg = f"{_shown(cell)} is no whole number from {lowest} to {highest:,}. Mend it, or leave it empty if nobody knows."
            raise ValueError(msg)
        return int(whole[1])

    return read


@lru_cache(maxsize=4096)
def _day(cell: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell):
        msg = f"{_shown(cell)} is no day. Write it like 2025-10-06."
        raise ValueError(msg)
    try:
        day = date.fromisoformat(cell)
    except ValueError:
        msg = f"{_shown(cell)} does not exist in the calendar. Look the day up."
        raise ValueError(msg) from None
    if not FIRST_DAY <= day <= LAST_DAY:
        msg = f"{_shown(cell)} is not between {FIRST_DAY.year} and {LAST_DAY.year}. Look the year up."
        raise ValueError(msg)
    return day


@lru_cache(maxsize=4096)
def _time(cell: str) -> time:
    match = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})(:00)?", cell)
    if not match or int(match[1]) > 23 or int(match[2]) > 59:
        msg = f"{_shown(cell)} is no time of day. Write it like 09:15."
        raise ValueError(msg)
    return time(int(match[1]), int(match[2]))


def _year_groups(cell: str) -> tuple[int, ...]:
    words = cell.replace(",", " ").split()
    if not all(re.fullmatch(r"[0-6]", word) for word in words):
        msg = f"{_shown(cell)} are no year groups. Write numbers from 0 (Reception, P1) to 6 with spaces between, like 3 4 5 6."
        raise ValueError(msg)
    return tuple(sorted({int(word) for word in words}))


def read_because(text: str) -> Because:
    """Return code and note of a cell such as `weather` or `weather: the road was flooded`; any other text has the code other."""
    code, colon, note = text.partition(":")
    if code.strip().lower() in CancelCode.values:
        return code.strip().lower(), note.strip() if colon else ""
    return CancelCode.OTHER, text


def write_because(code: str, note: str) -> str:
    """Return the cell that read_because reads as this code and note; "" without a code."""
    note = note.strip()
    if not note:
        return code
    if code == CancelCode.OTHER and note.lower() != "nan" and read_because(note) == (CancelCode.OTHER, note):
        return note
    return f"{code}: {note}"


_cover_text = _text(20_000)


def _covers(cell: str) -> tuple[NamedCover, ...]:
    return tuple(_cover(piece.strip()) for piece in _cover_text(cell).split(";") if piece.strip())


@lru_cache(maxsize=4096)
def _cover(piece: str) -> NamedCover:
    who, *rest = (word.strip().lower() for word in piece.rsplit(":", 2))
    if len(rest) != 2 or not who:
        msg = (
            f"{_shown(piece)} is no cover. Write reference-or-email:role:state, like V0042:lead:attended, with ; between people."
        )
        raise ValueError(msg)
    role, state = rest
    for word, known, kind in ((role, CoverRole, "role"), (state, CoverState, "state")):
        if word not in known.values:
            msg = f"{_shown(piece)}: “{word}” is no {kind}. Write {joined(known.values, last='or')}."
            raise ValueError(msg)
    return who, role, state


def write_covers(covers: Iterable[NamedCover]) -> str:
    """Return the cell of these covers: leads first, then in order of role, reference and state."""
    ordered = sorted(covers, key=lambda cover: (ROLE_ORDER[cover[1]], cover[0], cover[2]))
    return ";".join(":".join(cover) for cover in ordered)


_because_text = _text(2 * LONGEST_NOTE)


def _because(cell: str) -> Because:
    code, note = read_because(_because_text(cell))
    if len(note) > LONGEST_NOTE:
        msg = f"the text has {len(note):,} characters. Shorten it to {LONGEST_NOTE}."
        raise ValueError(msg)
    return code, note


# The database’s limit, not the charity’s: a file tells of years before somebody lowered it.
_count = _number(0, MOST_PUPILS)

READERS: dict[str, Callable[[str], object]] = {
    "visit": _text(LONGEST_REFERENCE),
    "nation": lambda cell: _choice(Nation.values)(cell.replace(" ", "-")),
    "register_id": _text(20),
    "session_type": lambda cell: _text(50)(cell).lower(),
    "day": _day,
    "starts": _time,
    "minutes": _number(1, DAY_MINUTES - 1),
    "language": _choice(Language.values),
    "stage": _choice(SessionStage.values),
    "cancelled_because": _because,
    "adults": _count,
    **dict.fromkeys((*EXPECTED, *PUPILS), _count),
    "covers": _covers,
    "year_groups": _year_groups,
    "pupils_are": _choice(PupilsAre.values),
    "count_basis": _choice(CountBasis.values),
    SITE: _text(LONGEST_SITE),
}
"""The reader of each column's cell; it raises ValueError with a sentence."""


class SessionCells(NamedTuple):
    """The cells that the lines of one session share, as the export writes them."""

    visit: str
    session_type: str
    day: date
    starts: time
    minutes: int
    language: str
    stage: str
    because: str
    adults: int | None
    covers: str
    pupils_are: str
    count_basis: str


def cells(session: SessionCells, nation: str, register_id: str, counts: Iterable[Count], *, of_host: bool) -> list[Cell]:
    """Return one line of the export, in COLUMNS_OF_RETURNS.

    A guest school's line leaves out adults and covers, so that a column can be summed.
    """
    groups: list[int] = []
    expected: list[Cell] = [None] * len(YEAR_GROUPS)
    pupils = expected.copy()
    for group, of_expected, of_pupils in counts:
        groups.append(group)
        expected[group], pupils[group] = of_expected, of_pupils
    return [
        session.visit,
        nation,
        register_id,
        session.session_type,
        session.day,
        session.starts,
        session.minutes,
        session.language,
        session.stage,
        session.because,
        session.adults if of_host else None,
        *expected,
        *pupils,
        session.covers if of_host else None,
        " ".join(map(str, sorted(groups))),
        session.pupils_are,
        session.count_basis,
    ]
