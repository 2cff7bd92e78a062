"""Reading a whole register file into plain values, row by row; nothing is stored here."""

from collections import Counter
from collections.abc import Callable, Container, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from schools.core.tables import LONG_LIST, UPLOAD, Limits, Row, UnreadableTable, column_positions, open_table, unheard
from schools.core.words import joined
from schools.directory.registers import AuthorityFacts, Entry, Ignored, Refused, Register, SchoolFacts

PROGRESS_EVERY = 1000
LIMITS = {"postcodes": LONG_LIST}
"""How much is read of a file of this kind; of all others as much as of any upload."""


OUTDATED = "older than what is stored"
"""Why a row of an older file changes nothing."""


def no_progress(_: int) -> None:
    """Do nothing: nobody watches how many rows were read."""


class NotThisRegister(ValueError):
    """The file is a table but not this register; the message is one line that says why and what to do."""


@dataclass(frozen=True)
class RowProblem:
    """What is wrong with one line of a file."""

    line: int
    id: str
    reason: str


class Reading(NamedTuple):
    """A school as it is in the file; `authority` is the key of an authority in the file, or "" for none."""

    line: int
    authority: str
    facts: SchoolFacts


OTHER_DEPARTMENT = "another department of a school with the same number"


@dataclass
class RegisterFile:
    """The content of a file."""

    schools: dict[str, Reading] = field(default_factory=dict)
    authorities: dict[str, AuthorityFacts] = field(default_factory=dict)
    rolls: dict[str, tuple[int | None, ...]] = field(default_factory=dict)
    """Pupils of year groups 0 to 6, for those schools of which the file gives any."""
    unused: set[str] = field(default_factory=set)
    """Register ids of rows that were ignored or refused."""
    ignored: Counter[str] = field(default_factory=Counter)
    refused: list[RowProblem] = field(default_factory=list)
    left_out: list[RowProblem] = field(default_factory=list)
    departments: dict[str, int] = field(default_factory=dict)
    """Which department of a school was read, where that is not the first kind."""
    roll_years: dict[str, int] = field(default_factory=dict)
    """The start of the school year of the rolls, for those schools of which the file says it."""
    swapped: int = 0
    """The number of rows with a date that would be one if it began with the month."""

    @property
    def roll_year(self) -> int | None:
        """The newest school year of which the file says that it has pupils; None where it says none."""
        return max(self.roll_years.values(), default=None)


def read_register(
    path: Path, register: Register, *, known: Container[str], progress: Callable[[int], None], authority_column: str = ""
) -> RegisterFile:
    """Read the file; `known` are the register ids that are stored already, `progress` gets the number of rows read.

    `authority_column` is the column that names the authority, for a register that has none of its own. Raises UnreadableTable or
    NotThisRegister, each with a message of one line.
    """
    content = RegisterFile()

    def say(sentence: str) -> None:
        content.left_out.append(RowProblem(1, "", sentence))

    with opened_table(path, register.needs, names=register.header, say=say) as rows:
        names = partial(_names, path, register, authority_column)
        read = register.reader(table_header(path, rows, register.needs, title=register.title, names=names))
        number = 0
        for number, (line, cells) in enumerate(rows, start=1):
            if number % PROGRESS_EVERY == 0:
                progress(number)
            try:
                _add(content, line, read(cells, known))
            except Ignored as ignored:
                content.ignored[str(ignored)] += 1
                content.unused.add(ignored.register_id)
            except Refused as refused:
                content.refused.append(RowProblem(line, refused.register_id, refused.reason))
                content.unused.add(refused.register_id)
                content.swapped += refused.is_swapped
    if not number:
        msg = f"{path.name} has a header and no rows. Nothing was changed; download it again."
        raise NotThisRegister(msg)
    _require_days_first(path, content)
    _keep_newest_rolls(content)
    return content


def _require_days_first(path: Path, content: RegisterFile) -> None:
    """Refuse a file whose dates begin with the month: those up to the 12th would be stored swapped, and nobody would see it."""
    if not content.swapped:
        return
    facts = (facts for _, _, facts in content.schools.values())
    days = (day for reading in facts for day in (reading.opened, reading.closed, reading.census_day) if day)
    if any(day.day > 12 for day in days):
        return
    first = next(problem for problem in content.refused if "which is no date" in problem.reason)
    number = "1 date is" if content.swapped == 1 else f"{content.swapped:,} dates are"
    msg = (
        f"{path.name}: {number} impossible, as in line {first.line}: {first.reason.split(';')[0]}. "
        "They seem to begin with the month, as in the United States, so those that are possible may be wrong too. "
        "Nothing was changed. Save the file with the day first, like 31-08-2019, or download it again."
    )
    raise NotThisRegister(msg)


def _keep_newest_rolls(content: RegisterFile) -> None:
    """Leave out pupils of another school year than the file's newest: a file has one year for all."""
    newest = content.roll_year
    for register_id, year in content.roll_years.items():
        if year != newest and register_id in content.rolls:
            del content.rolls[register_id]
            reason = f"Its pupils by year are of {year}, and those of the file of {newest}; they were left out."
            content.left_out.append(RowProblem(content.schools[register_id].line, register_id, reason))


@contextmanager
def opened_table(
    path: Path,
    needs: Sequence[str],
    *,
    names: Callable[[list[str]], list[str]] = list,
    limits: Limits = UPLOAD,
    say: Callable[[str], None] = unheard,
) -> Generator[Iterator[Row]]:
    """Stream the rows from the header on; the header is the first row with all columns needed, on any sheet.

    Where no row is the header, all rows are streamed. `say` is called with what is worth telling of the file as a whole.
    """

    def is_header(cells: list[str]) -> bool:
        try:
            return len(column_positions(names(cells), needs)) == len(needs)
        except UnreadableTable:  # a column that is there twice: `table_header` reports it
            return True

    with open_table(path, is_header=is_header, limits=limits, say=say) as rows:
        yield rows


def table_header(
    path: Path, rows: Iterator[Row], needs: Sequence[str], *, title: str, names: Callable[[list[str]], list[str]] = list
) -> list[str]:
    """Return the first row, which must have every column that is needed; `names` turns its names into ours.

    Raises UnreadableTable or NotThisRegister, each with a message of one line.
    """
    _, published = next(rows, (0, []))
    # Copies that were saved by a spreadsheet can end in columns without a name.
    while published and not published[-1].strip():
        published.pop()
    if not published:
        msg = f"{path.name} is empty. Nothing was changed; download it again."
        raise NotThisRegister(msg)
    header = names(published)
    try:
        there = column_positions(header, needs)
    except UnreadableTable as error:
        msg = f"{path.name}: {error}"
        raise type(error)(msg) from error
    if missing := [column for column in needs if column not in there]:
        lacked = joined((f"“{column}”" for column in missing), last="or")
        msg = f"{path.name} is not {title}: it has no column {lacked}. Nothing was changed."
        raise NotThisRegister(msg)
    return header


def _names(path: Path, register: Register, authority_column: str, published: list[str]) -> list[str]:
    """Return our names for the columns of the header; the chosen column becomes that of the authority."""
    header = register.header(published)
    if authority_column:
        header[_position(path, published, register, authority_column)] = register.chosen_authority
    return header


def _position(path: Path, header: list[str], register: Register, column: str) -> int:
    """Return the position of the column that somebody chose as that of the authority."""
    if not register.chosen_authority:
        msg = f"{register.title} names the authority of each school itself; leave --authority-column out. Nothing was changed."
        raise NotThisRegister(msg)
    try:
        return column_positions(header, [column])[column]
    except KeyError as error:
        msg = f"{path.name} has no column {column} to take the authority from. Nothing was changed."
        raise NotThisRegister(msg) from error


def _add(content: RegisterFile, line: int, entry: Entry) -> None:
    register_id, key = entry.register_id, entry.authority.key if entry.authority else ""
    reading = Reading(line, key, entry.facts)
    if register_id in content.schools:
        _replace_department(content, reading, entry)
    content.schools[register_id] = reading
    if entry.department:
        content.departments[register_id] = entry.department
    if entry.rolls:
        content.rolls[register_id] = entry.rolls
        if entry.roll_year is not None:
            content.roll_years[register_id] = entry.roll_year
    content.left_out.extend(RowProblem(line, register_id, reason) for reason in entry.left_out)
    if entry.authority:
        known = content.authorities.setdefault(key, entry.authority)
        if known is not entry.authority and known != entry.authority:
            _compare(content, line, known, entry.authority)


def _replace_department(content: RegisterFile, reading: Reading, entry: Entry) -> None:
    """Take away the earlier row of the number where this one is of the department that counts. Raises Ignored, or Refused."""
    register_id = entry.register_id
    earlier, before = content.schools[register_id], content.departments.get(register_id, 0)
    if entry.department > before:
        raise Ignored(OTHER_DEPARTMENT)
    if entry.department == before:
        if earlier[1:] == reading[1:] and content.rolls.get(register_id, ()) == entry.rolls:
            raise Ignored("the same row again")
        raise Refused(_differs(earlier, reading), register_id=register_id)
    content.ignored[OTHER_DEPARTMENT] += 1
    content.departments.pop(register_id)
    content.rolls.pop(register_id, None)
    content.left_out = [problem for problem in content.left_out if problem.id != register_id]


def _differs(earlier: Reading, later: Reading) -> str:
    facts = zip(SchoolFacts._fields, earlier.facts, later.facts, strict=True)
    names = [name for name, before, after in facts if before != after]
    if earlier.authority != later.authority:
        names.append("authority")
    if not names:
        names.append("number of pupils in a year group")
    return f"Line {earlier.line} has it already, with another {', '.join(names)}, and was used. Look up which is right."


def _compare(content: RegisterFile, line: int, known: AuthorityFacts, later: AuthorityFacts) -> None:
    """Fill what the first row of an authority left blank; report a second name once."""
    content.authorities[known.key] = known._replace(code=known.code or later.code, region=known.region or later.region)
    reason = f"It is called “{later.name}” here and “{known.name}” before; the first name was used."
    if later.name != known.name and not any(problem.id == known.key and problem.reason == reason for problem in content.left_out):
        content.left_out.append(RowProblem(line, known.key, reason))
