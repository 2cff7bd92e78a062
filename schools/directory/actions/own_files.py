"""What imports of the charity's own reference data have in common (docs/imports.md, What all imports have in common)."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from phonenumber_field.phonenumber import PhoneNumber
from phonenumbers import NumberParseException

from schools.core.csv import plain_text
from schools.core.databases import keep_statistics_after_commit
from schools.core.nations import Nation
from schools.directory.actions.conflicts import again_on_conflict
from schools.directory.actions.file_rows import FileRows
from schools.directory.actions.reading import PROGRESS_EVERY, NotThisRegister, RowProblem, opened_table, table_header
from schools.directory.registers import Ignored, Refused, cells, columns
from schools.directory.registers.cells import DayOrder

NATION_OF_GSS = {"E": Nation.ENGLAND, "S": Nation.SCOTLAND, "W": Nation.WALES, "N": Nation.NORTHERN_IRELAND}
"""The nation by the first letter of an authority's GSS code."""


WITHIN_A_CELL = re.compile(r"\.\.|[;=]")
"""What stands before or after a day in a cell that holds more than the day."""


@dataclass
class TableReport:
    """What an import did, or would do. `created + updated + unchanged + ignored + refused` are the rows of the file."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    closed: int = 0
    ignored: int = 0
    refused: list[RowProblem] = field(default_factory=list)
    ignored_because: dict[str, int] = field(default_factory=dict)
    left_out: list[RowProblem] = field(default_factory=list)
    """Values that were used differently than the row says, or could not be used although the rest of the row could."""
    beside: dict[str, int] = field(default_factory=dict)
    """Counts of other rows that were created or deleted, by what they are called."""

    def say(self, sentence: str) -> None:
        """Add a note on the file as a whole."""
        self.left_out.append(RowProblem(1, "", sentence))

    def as_json(self) -> dict[str, object]:
        """Return the object that `--json` prints."""
        values = asdict(self)
        return {**values.pop("beside"), **values}


@dataclass(frozen=True)
class OwnTable:
    """What identifies a file of this kind."""

    title: str
    needs: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    """Every column, with its other spellings."""
    number: str
    """The column that identifies the row in a list of problems."""


@dataclass
class OwnFile[Facts]:
    """The content of a file."""

    rows: FileRows[Facts] = field(default_factory=FileRows)
    ignored: Counter[str] = field(default_factory=Counter)
    refused: list[RowProblem] = field(default_factory=list)
    notes: list[RowProblem] = field(default_factory=list)
    """What is worth telling of the file as a whole."""

    def say(self, sentence: str) -> None:
        """Add a note on the file as a whole."""
        self.notes.append(RowProblem(1, "", sentence))

    def without(self, lines: Collection[int]) -> "OwnFile[Facts]":
        """Return the file without the rows of these lines."""
        return OwnFile(self.rows.without(lines), self.ignored, self.refused, self.notes)

    def report(self) -> TableReport:
        """Return the report as far as it is known once the file is read."""
        return TableReport(
            ignored=self.ignored.total(),
            ignored_because=dict(self.ignored),
            refused=sorted(self.refused, key=lambda problem: problem.line),
            left_out=list(self.notes),
        )


def read_own[Facts](
    path: Path,
    table: OwnTable,
    read: Callable[[Mapping[str, str]], Facts],
    *,
    progress: Callable[[int], None],
    matches: Mapping[str, str] | None = None,
) -> OwnFile[Facts]:
    """Read the file; `read` makes the facts of a row from its cells, by our names for the columns.

    `matches` are columns that somebody matched by hand: the file's name, and ours ("": the column is not read).

    `read` raises Ignored, Refused or UnusableCell. Raises UnreadableTable or NotThisRegister, each with a message of one line.
    """
    content = OwnFile[Facts]()
    names = partial(columns.renamed, columns=table.columns, matches=matches or {})
    with opened_table(path, table.needs, names=names, say=content.say) as rows:
        cells_of = columns.row_reader(
            table_header(path, rows, table.needs, title=table.title, names=names), table.columns, number=table.number
        )
        number, months = 0, MonthsFirst()
        for number, (line, row) in enumerate(rows, start=1):
            if number % PROGRESS_EVERY == 0:
                progress(number)
            named: dict[str, str] = {}
            try:
                named = {column: plain_text(cells.text(cell)) for column, cell in cells_of(row).items()}
                months.look(line, named, table)
                content.rows.add(line, read(named))
            except Ignored as ignored:
                content.ignored[str(ignored)] += 1
            except Refused as refused:
                content.refused.append(RowProblem(line, refused.register_id or _number(named, table), refused.reason))
            except cells.UnusableCell as error:
                content.refused.append(RowProblem(line, _number(named, table), str(error)))
    if not number:
        msg = f"{path.name} has a header and no rows. Nothing was changed; save it with its rows."
        raise NotThisRegister(msg)
    return months.without_doubt(content)


@dataclass
class MonthsFirst:
    """Whether a file has days in the American order. Then its 3/5/2019 is no 3 May, and is refused: nobody would see it."""

    examples: dict[str, str] = field(default_factory=dict)
    """By the sign between its numbers, the first day that can only have the month first, with its line."""
    doubtful: dict[tuple[int, str], tuple[str, str]] = field(default_factory=dict)
    """By line and sign, what the row is known by and the first day that would be another one."""

    def look(self, line: int, named: Mapping[str, str], table: OwnTable) -> None:
        """Take notice of the row's days, those among others in a cell as well."""
        for words in (part.strip() for cell in named.values() for part in WITHIN_A_CELL.split(cell)):
            order, sign = cells.order_of_day(words)
            if order is DayOrder.MONTH_FIRST:
                self.examples.setdefault(sign, f"line {line} has “{words}”")
            elif order is DayOrder.EITHER:
                known_by = _number(named, table) or cells.shortened(named.get("email", ""))
                self.doubtful.setdefault((line, sign), (known_by, words))

    def without_doubt[Facts](self, content: OwnFile[Facts]) -> OwnFile[Facts]:
        """Return the content without the rows whose days are in doubt: the file has the month first elsewhere, with that sign."""
        in_doubt = {line: (known_by, words, self.examples[sign])
                    for (line, sign), (known_by, words) in self.doubtful.items() if sign in self.examples}  # fmt: skip
        lines = [line for line, _ in content.rows if line in in_doubt] if in_doubt else []
        for line in lines:
            known_by, words, example = in_doubt[line]
            reason = f"“{words}” may have the month first, because {example}. Write the days of the file like 2019-08-31."
            content.refused.append(RowProblem(line, known_by, reason))
        return content.without(lines) if lines else content


def _number(named: Mapping[str, str], table: OwnTable) -> str:
    return cells.shortened(named.get(table.number, ""))


def refuse_contradictions[Key, Facts](
    content: OwnFile[Facts], key: Callable[[Facts], Key], *, name: Callable[[Facts], str]
) -> None:
    """Remove rows that repeat another one (ignored), and all rows that say different things about the same (refused)."""
    groups: dict[Key, list[tuple[int, Facts]]] = {}
    for line, facts in content.rows:
        groups.setdefault(key(facts), []).append((line, facts))
    unused: list[int] = []
    for rows in groups.values():
        lines = [line for line, _ in rows]
        if len({facts for _, facts in rows}) == 1:
            unused += lines[1:]
            if len(rows) > 1:
                content.ignored["the same row again"] += len(rows) - 1
            continue
        unused += lines
        for line, facts in rows:
            others = ", ".join(str(other) for other in lines if other != line)
            word = "line" if len(lines) == 2 else "lines"
            reason = f"It contradicts {word} {others}, so none of them was used. Leave one of them."
            content.refused.append(RowProblem(line, name(facts), reason))
    content.rows = content.rows.without(unused)


def nation_named(cell: str, *, gss: str = "") -> Nation:
    """Return the nation by its name or, where the cell is blank, by an authority's GSS code. Raises UnusableCell."""
    if not cell and (nation := NATION_OF_GSS.get(gss[:1])):
        return nation
    word = cell.casefold().replace(" ", "-").replace("_", "-")
    if word in Nation.values:
        return Nation(word)
    msg = f"nation is “{cells.shortened(cell)}”; it must be one of {', '.join(Nation.values)}."
    raise cells.UnusableCell(msg)


def with_full_name(named: Mapping[str, str]) -> Mapping[str, str]:
    """Return the cells with the whole name under `name`: many lists have the surname in a column of its own."""
    first, surname = named["name"], named["surname"]
    has_it = f" {first}".casefold().endswith(f" {surname}".casefold())
    return named if has_it else {**named, "name": f"{first} {surname}".strip()}


def phone_number(cell: str) -> str:
    """Return the number as it is stored, like +442079460000; "" for what is no number that can be called."""
    words = cells.telephone(cell)
    try:
        number = PhoneNumber.from_string(words, region="GB") if words else None
    except NumberParseException:
        return ""
    return str(number.as_e164) if number and number.is_valid() else ""


def write_table[Report](apply: Callable[[], Report]) -> Report:
    """Call `apply`, which writes a table of the charity's own, also where somebody enters one of its rows by hand meanwhile."""
    report = again_on_conflict(apply)
    keep_statistics_after_commit()
    return report
