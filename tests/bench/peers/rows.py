"""What was measured of each system, in files of JSON lines, and the one table of it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

PAGES = ("list", "calendar", "detail", "own shifts")
"""The kinds of pages that are compared, in the order of the table."""


@dataclass(frozen=True)
class Row:
    """What a page of a system cost, and beside how much data. Raises ValueError where it cannot have been measured."""

    system: str
    """With its version."""
    database: str
    people: int
    shifts: int
    sign_ups: int
    page: str
    address: str
    milliseconds: float
    """Of CPU: the client's process, and that of the database where it is another."""
    statements: int
    floor: float
    """Milliseconds of an empty page of the system's own admin, in the same run."""

    def __post_init__(self) -> None:
        if self.page not in PAGES or min(self.people, self.shifts, self.sign_ups) < 1 or min(self.milliseconds, self.floor) <= 0:
            raise ValueError(f"{self} was not measured: its numbers are above 0, and its page is one of {', '.join(PAGES)}.")

    @property
    def times(self) -> float:
        """Return the cost as a multiple of the system's own empty page."""
        return self.milliseconds / self.floor


def write(rows: Iterable[Row], file: Path) -> None:
    """Add the rows to the file, a line each."""
    with file.open("a", encoding="utf-8") as lines:
        lines.writelines(f"{json.dumps(asdict(row))}\n" for row in rows)


def read(files: Iterable[Path]) -> Iterator[Row]:
    """Yield the rows of the files. Raises ValueError for a line that is no whole measured row."""
    names = {field.name for field in fields(Row)}
    for file in files:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            values = json.loads(line)
            if not isinstance(values, dict) or values.keys() != names:
                raise ValueError(f"{file}, line {number}: a row has {', '.join(sorted(names))}, each of them and nothing else.")
            yield Row(**values)


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a table in Markdown, by kind of page, the cheapest first; of what was measured twice the last."""
    last = {(row.system, row.database, row.page): row for row in rows}
    ordered = sorted(last.values(), key=lambda row: (PAGES.index(row.page), row.times))
    heads = ("page", "system", "database", "people, shifts, sign-ups", "CPU", "statements", "÷ its own empty page")
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for row in ordered:
        size = f"{row.people:,}, {row.shifts:,}, {row.sign_ups:,}"
        cost = f"{row.milliseconds:.0f} ms | {row.statements} | {row.times:.1f}"
        lines.append(f"| {row.page}, `{row.address}` | {row.system} | {row.database} | {size} | {cost} |")
    return "\n".join(lines)
