"""Columns of registers that are spelled in several ways, and cells that only say that a value is unknown."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from schools.core.tables import column_positions
from schools.core.year_groups import MOST_PUPILS
from schools.directory.registers import cells
from schools.directory.registers.facts import Refused

NOTES = re.compile(r"\[[^]]*\]|[-–]\s*see notes?\b", re.IGNORECASE)
"""What publishers add to the name of a column: `[Note 1]`, `- see notes`."""
UNKNOWN = {"c", "z", "x", "[c]", "[z]", "[x]", "[low]", "*", "#", ":", ".", "..", "-", "--", "---", "n/a", "not applicable"}
"""How publishers write that a value is suppressed, not applicable or unknown."""
PUPILS, ONE_YEAR_GROUP = range(20_001), range(MOST_PUPILS + 1)


def normalised(name: str) -> str:
    """Return only the letters and digits of a column's name: `School_Number` is the same as `School Number`."""
    return re.sub(r"[\W_]+", "", NOTES.sub("", name)).casefold()


NO_MATCHES: Mapping[str, str] = {}


def renamed(header: Sequence[str], columns: Mapping[str, Sequence[str]], *, matches: Mapping[str, str] = NO_MATCHES) -> list[str]:
    """Return the header with our names for its columns; `columns` gives other spellings of each, the likeliest first.

    Where a header has several spellings of one column, the likeliest one is taken and the others keep their names. `matches`
    comes before all spellings, our own name too: it gives our name by the normalised name in the header, "" for a column that is
    not to be read.
    """
    matched = {key: matches[key] for name in header if (key := normalised(name)) in matches}
    there = ["" if normalised(name) in matched else normalised(name) for name in header]
    # Somebody said which column is ours: another that bears our name is not read, as another spelling is not.
    taken = {normalised(column) for column in matched.values() if column}
    names = ["" if key in taken else matched.get(normalised(name), name) for key, name in zip(there, header, strict=True)]
    for column, others in columns.items():
        if column in matched.values():
            continue
        spellings = (normalised(column), *(normalised(other) for other in others))
        if likeliest := next((spelling for spelling in spellings if spelling in there), None):
            names = [column if spelling == likeliest else name for spelling, name in zip(there, names, strict=True)]
    return names


def row_reader(header: Sequence[str], columns: Iterable[str], *, number: str) -> Callable[[Sequence[str]], dict[str, str]]:
    """Return a function that gives a row's cells by our names; columns that the file lacks are blank.

    The function raises Refused for a row of another width. `number` is the column of the school's number, which the refusal
    names.
    """
    width = len(header)
    wanted = list(columns)
    positions = column_positions(header, wanted)

    def read(row: Sequence[str]) -> dict[str, str]:
        if len(row) < width or any(row[width:]):
            msg = f"The row has {len(row)} cells and the header {width}. Compare it with its neighbours."
            place = positions.get(number, len(row))
            raise Refused(msg, register_id=cells.shortened(row[place]) if len(row) > place else "")
        return {column: row[positions[column]] if column in positions else "" for column in wanted}

    return read


def known_text(cell: str) -> str:
    """Return the text of the cell; "" where it only says that the value is suppressed or unknown."""
    words = cells.text(cell)
    return "" if words.casefold() in UNKNOWN else words


def pupils(row: Mapping[str, str], column: str, *, among: range = PUPILS) -> int | None:
    """Return a number of pupils; None where it is suppressed, not applicable or unknown. Raises UnusableCell."""
    return cells.whole_number(known_text(row[column]).replace(",", ""), column=column, among=among)


def rolls(row: Mapping[str, str], seven_columns: Sequence[str]) -> tuple[int | None, ...]:
    """Return the pupils of year groups 0 to 6 from these columns; empty where the row has none. Raises UnusableCell."""
    numbers = tuple(pupils(row, column, among=ONE_YEAR_GROUP) for column in seven_columns)
    return numbers if any(number is not None for number in numbers) else ()


def name(row: Mapping[str, str], column: str) -> str:
    """Return the school's name. Raises UnusableCell."""
    words = cells.text(row[column])
    if not 1 <= len(words) <= 200:
        raise cells.UnusableCell(f"{column} has {len(words)} characters; it must have 1 to 200.")
    return words


def address(row: Mapping[str, str], columns: Iterable[str]) -> str:
    """Return the lines of the address that are known, each once."""
    return ", ".join(dict.fromkeys(line for column in columns if (line := known_text(row[column]))))[:300]


def left_out(row: Mapping[str, str], used: Mapping[str, object]) -> tuple[str, ...]:
    """Return a sentence for each of these columns that has a value of which nothing was `used`."""
    return tuple(
        f"{column} is “{cells.shortened(words)}”, which cannot be used; the rest of the row can."
        for column, value in used.items()
        if not value and (words := known_text(row[column]))
    )
