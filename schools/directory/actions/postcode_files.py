"""Importing where postcodes are, from a national list of up to millions of rows; memory does not grow with the file."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import batched
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

from django.db import transaction

from schools.core.databases import keep_statistics_after_commit
from schools.core.grid import Place
from schools.core.tables import column_positions
from schools.directory.actions.locks import lock_register
from schools.directory.actions.own_files import OwnTable, TableReport
from schools.directory.actions.reading import (
    LIMITS,
    PROGRESS_EVERY,
    NotThisRegister,
    RowProblem,
    no_progress,
    opened_table,
    table_header,
)
from schools.directory.actions.table_kinds import BY_NAME, KeptChange, Matches, StreamedKind
from schools.directory.models import Postcode
from schools.directory.registers import Ignored, Refused, cells, columns

AT_ONCE = 5_000
"""Number of rows that are compared with what is stored at a time."""
ROWS_A_STATEMENT = 1_000
NEEDS = ("postcode", "easting", "northing")
TABLE = OwnTable(
    title="a list of postcodes",
    needs=NEEDS,
    # The likeliest spelling first: national lists have the postcode in several spellings at once.
    columns={
        "postcode": ("pcds", "pcd", "pcd2", "pcd7", "pcd8"),
        "easting": ("oseast1m", "eastings", "east1m"),
        "northing": ("osnrth1m", "northings", "north1m"),
        "small_area": ("lsoa21cd", "lsoa21", "lsoa", "lsoa11cd", "lsoa11", "dz11cd", "LSOA code", "DataZone"),
    },
    number="postcode",
)
INWARD = {letter: number for number, letter in enumerate("ABDEFGHJLNPQRSTUWXYZ")}
"""The letters that may end a postcode, numbered."""
NO_PLACE = {"", "0"}
SMALL_AREA = re.compile(r"[EWS]01[0-9]{6}|[N9][0-9A-Z]{7,8}")
"""The code of an LSOA, a data zone or a super output area."""


type Kept = tuple[int, int, str]
"""What is stored of a postcode: easting, northing, and its small area, "" where that is not known."""


class Row(NamedTuple):
    """One usable row of the file."""

    line: int
    postcode: str
    place: Place
    small_area: str
    """"" where the list does not say it: what is stored stays."""

    def beside(self, known: Kept | None) -> Kept:
        """Return what is to be stored, where this is known of the postcode."""
        return (*self.place, self.small_area or (known[2] if known else ""))


class _Seen:
    """The postcodes read so far, one bit for each, so that those of a whole nation fit into a few megabytes."""

    def __init__(self) -> None:
        self._of_district: dict[str, bytearray] = {}
        self._odd: set[str] = set()

    def add(self, postcode: str) -> bool:
        """Add the postcode; return whether it is new."""
        first, second = INWARD.get(postcode[-2]), INWARD.get(postcode[-1])
        if first is None or second is None:
            is_new = postcode not in self._odd
            self._odd.add(postcode)
            return is_new
        byte, bit = divmod((int(postcode[-3]) * 20 + first) * 20 + second, 8)
        bits = self._of_district.setdefault(postcode[:-4], bytearray(500))
        is_new = not bits[byte] >> bit & 1
        bits[byte] |= 1 << bit
        return is_new


def preview_postcodes(path: Path, *, progress: Callable[[int], None] = no_progress) -> TableReport:
    """Return what `import_postcodes` would do with the file; nothing is changed. Raises the same errors."""
    report = TableReport()
    for rows in batched(_read(path, report, progress), AT_ONCE):
        _differences(rows, report)
    return report


def import_postcodes(path: Path, *, progress: Callable[[int], None] = no_progress) -> TableReport:
    """Store the place of every postcode in the file; other postcodes stay as they are.

    All rows are read and checked first, so that a file that is cut off, or changes nothing, locks nothing. What is usable is
    kept aside on the disk meanwhile; then everything is stored in one transaction: if it is killed, nothing is stored. Rows that
    cannot be used are in the report. National lists give places in Northern Ireland on the Irish grid; these are converted to the
    British one. Raises UnreadableTable or NotThisRegister, each with a message of one line; nothing is changed then.
    """
    report = TableReport()
    has_changes = False
    with TemporaryFile("w+", encoding="utf-8", newline="") as aside:
        keep = csv.writer(aside)
        for rows in batched(_read(path, report, progress), AT_ONCE):
            keep.writerows((row.line, row.postcode, *row.place, row.small_area) for row in rows)
            has_changes = has_changes or bool(_differences(rows, report))
        if has_changes:
            report.created = report.updated = report.unchanged = 0
            aside.seek(0)
            _import(_kept_aside(aside), report, progress)
    return report


def _import(usable: Iterable[Row], report: TableReport, progress: Callable[[int], None]) -> None:
    with transaction.atomic():
        lock_register()
        keep_statistics_after_commit()
        is_first = _is_empty()
        for rows in batched(usable, AT_ONCE):
            changed = _differences(rows, report, known={} if is_first else None)
            _store((row.postcode, row.beside(was)) for row, was in changed)
            progress(rows[-1].line)


def _kept_aside(file: Iterable[str]) -> Iterator[Row]:
    """Yield the rows that `import_postcodes` has kept aside."""
    for line, postcode, easting, northing, small_area in csv.reader(file):
        yield Row(int(line), postcode, (int(easting), int(northing)), small_area)


def _changes(
    path: Path, report: TableReport, /, *, matches: Matches, progress: Callable[[int], None], most_refused: int
) -> Iterator[KeptChange]:
    for rows in batched(_read(path, report, progress, matches=matches, most_refused=most_refused), AT_ONCE):
        for row, was in _differences(rows, report):
            yield KeptChange(row.line, row.postcode, _in_words(was) if was else "", _in_words(row.beside(was)))


def _in_words(kept: Kept) -> str:
    return " ".join(map(str, kept)).rstrip()


def _from_words(words: str) -> Kept:
    easting, northing, *small_area = words.split(" ")
    return int(easting), int(northing), "".join(small_area)


def _is_empty() -> bool:
    """Return whether this is the first list. It is not looked up: PostgreSQL would plan each look by a table that was empty."""
    return not Postcode.objects.exists()


def _stored(postcodes: Iterable[str]) -> dict[str, str]:
    return {postcode: _in_words(kept) for postcode, kept in _known(postcodes).items()}


def _write(changes: Sequence[KeptChange]) -> None:
    _store((change.key, _from_words(change.now)) for change in changes)


def _known(postcodes: Iterable[str]) -> dict[str, Kept]:
    stored = Postcode.objects.filter(pk__in=list(postcodes)).order_by()
    return {postcode: tuple(kept) for postcode, *kept in stored.values_list("pk", "easting", "northing", "small_area")}  # type: ignore[misc]  # three


def _store(rows: Iterable[tuple[str, Kept]]) -> None:
    Postcode.objects.bulk_create(
        [Postcode(postcode=pk, easting=easting, northing=northing, small_area=area) for pk, (easting, northing, area) in rows],
        batch_size=ROWS_A_STATEMENT,
        update_conflicts=True,
        unique_fields=["postcode"],
        update_fields=["easting", "northing", "small_area"],
    )


def _differences(
    rows: Sequence[Row], report: TableReport, *, known: dict[str, Kept] | None = None
) -> list[tuple[Row, Kept | None]]:
    """Return the rows that are new or differ from what is stored, each with what is stored; count all rows in the report.

    `known` is what is stored of them; None looks it up.
    """
    if known is None:
        known = _known(row.postcode for row in rows)
    pairs = ((row, known.get(row.postcode)) for row in rows)
    changed = [(row, was) for row, was in pairs if was != row.beside(was)]
    updated = sum(was is not None for _, was in changed)
    report.updated += updated
    report.created += len(changed) - updated
    report.unchanged += len(rows) - len(changed)
    return changed


def _read(
    path: Path,
    report: TableReport,
    progress: Callable[[int], None],
    *,
    matches: Matches = BY_NAME,
    most_refused: int | None = None,
) -> Iterator[Row]:
    """Yield the usable rows, each postcode once; put ignored and refused rows into the report.

    Of more than `most_refused` refused rows the report has only the number, under `refused_not_listed`; None: it has all.
    """
    ignored: Counter[str] = Counter()
    seen = _Seen()
    names = partial(columns.renamed, columns=TABLE.columns, matches=matches)
    with opened_table(path, NEEDS, names=names, limits=LIMITS["postcodes"], say=report.say) as rows:
        header = table_header(path, rows, NEEDS, title=TABLE.title, names=names)
        positions = column_positions(header, TABLE.columns)
        pick = itemgetter(*(positions[name] for name in NEEDS))
        area_at = positions.get("small_area")
        number = 0
        for number, (line, row) in enumerate(rows, start=1):
            if number % PROGRESS_EVERY == 0:
                progress(number)
            try:
                usable = _usable(line, *_cells(row, pick, width=len(header)), seen)
                yield usable if area_at is None else usable._replace(small_area=_small_area(row[area_at]))
            except Ignored as ignored_row:
                ignored[str(ignored_row)] += 1
            except Refused as refused:
                if most_refused is None or len(report.refused) < most_refused:
                    report.refused.append(RowProblem(line, refused.register_id, refused.reason))
                else:
                    report.beside["refused_not_listed"] = report.beside.get("refused_not_listed", 0) + 1
    if not number:
        msg = f"{path.name} has a header and no rows. Nothing was changed; download it again."
        raise NotThisRegister(msg)
    report.ignored, report.ignored_because = ignored.total(), dict(ignored)


def _cells(row: list[str], pick: Callable[[list[str]], tuple[str, str, str]], *, width: int) -> tuple[str, str, str]:
    if len(row) < width:
        raise Refused(f"The row has {len(row)} cells and the header {width}. Compare it with its neighbours.")
    return pick(row)


def _small_area(cell: str) -> str:
    """Return the code; "" for what is none, as lists have it of the Channel Islands and the Isle of Man."""
    code = cell.strip().upper()
    return code if SMALL_AREA.fullmatch(code) else ""


def _usable(line: int, postcode: str, easting: str, northing: str, seen: _Seen) -> Row:
    name = cells.postcode(postcode)
    if not name:
        words = cells.shortened(cells.text(postcode))
        raise Refused(f"The postcode is “{words}”; it must be like LA9 4XX.", register_id=words)
    if easting.strip() in NO_PLACE and northing.strip() in NO_PLACE:
        raise Ignored("no grid reference")
    # BT is Belfast's district and covers all of Northern Ireland.
    place = (cells.irish_place if name.startswith("BT") else cells.grid_place)(easting, northing)
    if not place:
        words = f"{cells.shortened(cells.text(easting))}, {cells.shortened(cells.text(northing))}"
        raise Refused(f"The place is “{words}”, which is not on the grid. Correct it.", register_id=name)
    if not seen.add(name):
        raise Refused("The file has this postcode already; its first row was used.", register_id=name)
    return Row(line, name, place, "")


POSTCODES = StreamedKind(TABLE, "Place", _changes, _is_empty, _stored, _write, lock_register)
"""The list of postcodes as a kind of file."""
