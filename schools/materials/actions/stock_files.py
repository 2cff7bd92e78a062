"""Importing what stores hold: counts of what is used up, and pieces of equipment (docs/imports.md, Stock).

Everything goes through the ledger's own verbs. A count is known by store, material and day, a piece by material and label, so
the same file again writes nothing. The order of rows makes no difference.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

from schools.core.nations import Language
from schools.core.words import joined, long_day
from schools.directory.actions import Importer, OwnTable, TableKind
from schools.directory.actions.own_files import OwnFile, read_own
from schools.directory.actions.reading import RowProblem
from schools.directory.actions.table_kinds import Fields, Matches, RowChange, TablePlan, day_words
from schools.directory.registers import Refused, cells
from schools.materials import rules
from schools.materials.actions.ledger import count, locked_stores, receive_pieces
from schools.materials.models import MOST_MOVED, Material, Movement, MovementKind, Piece, Store
from schools.materials.queries import whereabouts

TABLE = OwnTable(
    title="a table of stock",
    needs=("store", "material", "quantity", "day"),
    columns={
        "store": ("store name", "where"),
        "area": ("area name",),
        "material": ("material name", "item"),
        "language": (),
        "version": (),
        "quantity": ("counted", "number", "in stock"),
        "labels": ("label",),
        "day": ("counted on", "date"),
    },
    number="store",
)


class StockRow(NamedTuple):
    """One row of the file; `quantity` is None where it gives labels alone."""

    store: str
    area: str
    material: str
    language: str
    version: str
    quantity: int | None
    labels: tuple[str, ...]
    day: date


@dataclass
class StockPlan(TablePlan):
    """Everything that the import will write."""

    counts: list[tuple[Store, Material, date, int, int]] = field(default_factory=list)
    """Store, material, day, the number counted, and what the ledger said."""
    pieces: list[tuple[Store, Material, date, str]] = field(default_factory=list)
    """Store, material, day and label of each new piece."""


def _read(path: Path, importer: Importer, *, matches: Matches, progress: Callable[[int], None]) -> OwnFile[StockRow]:
    return read_own(path, TABLE, _row, progress=progress, matches=matches)


def _row(named: Mapping[str, str]) -> StockRow:
    for column in ("store", "material"):
        if not named[column]:
            raise Refused(f"{column} is blank. Fill it in.")
    quantity = cells.whole_number(named["quantity"].replace(",", ""), column="quantity", among=range(MOST_MOVED + 1))
    labels = tuple(dict.fromkeys(label.strip() for label in named["labels"].split(";") if label.strip()))
    if quantity is None and not labels:
        raise Refused("quantity is blank. Write how many were counted, 0 where there are none; of equipment give the labels.")
    day = cells.day(named["day"], column="day")
    if day is None:
        raise Refused("day is blank. Write the day on which it was counted, like 2026-09-02.")
    language = named["language"].lower()
    if language and language not in Language.values:
        raise Refused(f"language is “{cells.shortened(language)}”; it must be one of {', '.join(Language.values)}, or blank.")
    store, area, material, version = (named[column] for column in ("store", "area", "material", "version"))
    return StockRow(store, area, material, language, version, quantity, labels, day)


class _Ledger:
    """What the ledger says of the stores and materials of a file, from one reading of its lines."""

    def __init__(self, stores: Iterable[Store], materials: Iterable[Material]) -> None:
        self.there: defaultdict[tuple[int, int], int] = defaultdict(int)
        self.last_day: dict[tuple[int, int], date] = {}
        self.counted: dict[tuple[int, int, date], int] = {}
        """The number of the last count on a day, by store, material and day."""
        ids = [material.pk for material in materials]
        lines = Movement.objects.filter(store__in=[store.pk for store in stores], material__in=ids).order_by("pk")
        for store, material, kind, day, quantity in lines.values_list(
            "store_id", "material_id", "kind", "day", "quantity"
        ).iterator(5000):
            self.there[store, material] += quantity
            self.last_day[store, material] = max(day, self.last_day.get((store, material), day))
            if kind == MovementKind.COUNTED:
                self.counted[store, material, day] = self.there[store, material]


class _Names:
    """The stores that somebody may write in, and all materials, by the names that a file uses."""

    def __init__(self, importer: Importer) -> None:
        stores = Store.objects.select_related("area__region")
        self._may_all = importer.by is None or importer.by.is_manager
        if importer.by is not None:
            stores = stores.for_user(importer.by, on=importer.on)
        self._stores: defaultdict[str, list[Store]] = defaultdict(list)
        for store in stores:
            self._stores[store.name.casefold()].append(store)
        self._materials: defaultdict[str, list[Material]] = defaultdict(list)
        for material in Material.objects.all():
            self._materials[material.name.casefold()].append(material)

    def store(self, row: StockRow) -> Store:
        """Return the store that the row names. Raises Refused."""
        stores = self._stores.get(row.store.casefold(), [])
        wanted = row.area.casefold()
        fitting = [
            store
            for store in stores
            if not wanted or wanted in {store.area.name.casefold(), f"{store.area.region.name}/{store.area.name}".casefold()}
        ]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise Refused(f"{len(fitting)} stores are called “{row.store}”. Say in the column area which area’s it is.")
        owner = "No store" if self._may_all else "No store of your areas"
        where = f" in {row.area}" if row.area else ""
        raise Refused(f"{owner}{where} is called “{cells.shortened(row.store)}”. Add it under Stock first, or correct the name.")

    def material(self, row: StockRow) -> Material:
        """Return the material that the row names. Raises Refused."""
        fitting = [
            material
            for material in self._materials.get(row.material.casefold(), [])
            if row.language in {"", material.language} and row.version.casefold() in {"", material.version.casefold()}
        ]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            reason = f"{len(fitting)} materials are called “{row.material}”. Say in the columns language and version which it is."
            raise Refused(reason)
        kind = "" if not (row.language or row.version) else " in this language and version"
        name = cells.shortened(row.material)
        raise Refused(f"No material is called “{name}”{kind}. Add it under Stock, Materials first, or correct the name.")


class Known(NamedTuple):
    """A row whose store and material are known."""

    line: int
    row: StockRow
    store: Store
    material: Material


def _plan(content: OwnFile[StockRow], importer: Importer) -> StockPlan:
    plan = StockPlan(content.report())
    rows = _without_contradictions(plan, list(_known(plan, content, _Names(importer))))
    ledger = _Ledger({known.store for known in rows}, {known.material for known in rows})
    where = _where_pieces_are(rows)
    for known in sorted(rows, key=lambda known: known.line):
        try:
            if known.material.is_equipment:
                _plan_pieces(plan, known, where, on=importer.on)
            else:
                _plan_count(plan, known, ledger, on=importer.on)
        except Refused as refused:
            _refuse(plan, known.line, known.row, refused.reason)
    plan.report.refused.sort(key=lambda problem: problem.line)
    return plan


def _refuse(plan: StockPlan, line: int, row: StockRow, reason: str) -> None:
    plan.report.refused.append(RowProblem(line, cells.shortened(row.store), reason))


def _known(plan: StockPlan, content: OwnFile[StockRow], names: _Names) -> Iterator[Known]:
    """Yield the rows whose store and material are known; refuse the others."""
    for line, row in content.rows:
        try:
            known = Known(line, row, names.store(row), names.material(row))
        except Refused as refused:
            _refuse(plan, line, row, refused.reason)
        else:
            if reason := _reason_of_kind(known.material, row):
                _refuse(plan, line, row, reason)
            else:
                yield known


def _reason_of_kind(material: Material, row: StockRow) -> str:
    """Return why the row does not fit the kind of material; "" where it does."""
    if not material.is_equipment:
        return f"“{material}” is used up and has no labels. Leave labels blank and say how many there are." if row.labels else ""
    if not row.labels:
        return f"“{material}” is equipment. Give the labels of its pieces, with ; between them."
    if row.quantity not in {None, len(row.labels)}:
        return f"quantity is {row.quantity:,} and there are {len(row.labels):,} labels. Correct one of them."
    return ""


def _without_contradictions(plan: StockPlan, rows: list[Known]) -> list[Known]:
    """Return each count and each piece once; refuse the rows that say different things about the same."""
    wrong = _contradicted(rows)
    kept, seen = [], set()
    for known in rows:
        sayings_of_row = (known.store.pk, known.material.pk, frozenset(_sayings(known)))
        if others := wrong.get(known.line):
            lines = joined(map(str, sorted(others)))
            word = "line" if len(others) == 1 else "lines"
            _refuse(plan, known.line, known.row, f"It contradicts {word} {lines}, so none of them was used. Leave one of them.")
        elif sayings_of_row in seen:
            plan.report.ignored += 1
            again = "the same row again"
            plan.report.ignored_because[again] = plan.report.ignored_because.get(again, 0) + 1
        else:
            seen.add(sayings_of_row)
            kept.append(known)
    return kept


def _contradicted(rows: list[Known]) -> Mapping[int, set[int]]:
    """Return by line the other lines that it contradicts."""
    by_key: defaultdict[tuple[object, ...], defaultdict[tuple[object, ...], list[int]]] = defaultdict(lambda: defaultdict(list))
    for known in rows:
        for key, saying in _sayings(known):
            by_key[key][saying].append(known.line)
    wrong: defaultdict[int, set[int]] = defaultdict(set)
    for sayings in by_key.values():
        lines = {line for several in sayings.values() for line in several}
        if len(sayings) > 1:
            for line in lines:
                wrong[line] |= lines - {line}
    return wrong


def _sayings(known: Known) -> Iterator[tuple[tuple[object, ...], tuple[object, ...]]]:
    """Yield what the row says, as what it is about and what it says of that."""
    if not known.material.is_equipment:
        yield (known.store.pk, known.material.pk), (known.row.quantity, known.row.day)
    for label in known.row.labels:
        yield (known.material.pk, label), (known.store.pk, known.row.day)


def _where_pieces_are(rows: Iterable[Known]) -> dict[tuple[int, str], int | None]:
    """Return the store in which each piece of the rows' equipment is, by material and label; None for a lost one."""
    equipment = {known.material.pk for known in rows if known.material.is_equipment}
    pieces = {(material, label): pk for pk, material, label in Piece.objects.filter(material__in=equipment).values_list(
        "pk", "material_id", "label"
    )}  # fmt: skip
    places = whereabouts(pieces.values())
    return {key: places.get(pk) for key, pk in pieces.items()}


def _plan_count(plan: StockPlan, known: Known, ledger: _Ledger, *, on: date) -> None:
    line, row, store, material = known
    key = store.pk, material.pk
    there, counted, quantity = ledger.there[key], ledger.counted.get((*key, row.day)), row.quantity or 0
    if counted == quantity:
        plan.report.unchanged += 1
        return
    if counted is not None:
        day = long_day(row.day)
        raise Refused(f"On {day} {counted:,} of “{material}” were counted. Correct that by a count on the store’s page.")
    last = ledger.last_day.get(key)
    goes_on = last if last and last > row.day else None
    reasons = rules.reasons_of_day(row.day, on=on)
    reasons += rules.reasons_not_to_count(store, material, quantity, there=there, goes_on=goes_on, seen=None)
    if reasons:
        raise Refused(" ".join(reasons))
    is_new = last is None
    fields: Fields = {"In stock": [None if is_new else there, quantity], "Counted on": [None, day_words(row.day)]}
    name = f"{material} in {store}"
    plan.changes.append(RowChange(f"count:{store.pk}:{material.pk}", name, (line,), is_new, fields))
    plan.counts.append((store, material, row.day, quantity, there))
    plan.report.created += is_new
    plan.report.updated += not is_new


def _plan_pieces(plan: StockPlan, known: Known, where: Mapping[tuple[int, str], int | None], *, on: date) -> None:
    line, row, store, material = known
    there = {label: where[material.pk, label] for label in row.labels if (material.pk, label) in where}
    reasons = rules.reasons_of_day(row.day, on=on)
    reasons += [
        f"The piece {label} is known and is {'elsewhere' if place else 'lost'}. Open its page and say there where it is."
        for label, place in there.items()
        if place != store.pk
    ]
    new = [label for label in row.labels if label not in there]
    if new:
        reasons += rules.reasons_of_labels(material, new, known=())
    if reasons:
        raise Refused(" ".join(reasons))
    for label in new:
        fields: Fields = {"Store": [None, str(store)], "There since": [None, day_words(row.day)]}
        # A label may be a number: without the word it would be the key of a count.
        key = f"piece:{material.pk}:{label}"
        plan.changes.append(RowChange(key, f"{material} {label}", (line,), created=True, fields=fields))
        plan.pieces.append((store, material, row.day, label))
    plan.report.created += bool(new)
    plan.report.unchanged += not new


def _write(plan: StockPlan, importer: Importer) -> None:
    by = importer.by
    assert by is not None  # noqa: S101  # stock comes in by the page alone: each line of the ledger says who wrote it
    counts: defaultdict[tuple[Store, date], list[tuple[Material, int, int]]] = defaultdict(list)
    for store, material, day, quantity, there in plan.counts:
        counts[store, day].append((material, quantity, there))
    for (store, day), lines in counts.items():
        counted = {material: quantity for material, quantity, _ in lines}
        seen = {material.pk: there for material, _, there in lines}
        count(store, counted, day=day, by=by, now=importer.now, seen=seen)
    labels: defaultdict[tuple[Store, Material, date], list[str]] = defaultdict(list)
    for store, material, day, label in plan.pieces:
        labels[store, material, day].append(label)
    for (store, material, day), some in labels.items():
        receive_pieces(store, material, some, day=day, by=by, now=importer.now)


def _lock() -> None:
    locked_stores(Store.objects.values_list("pk", flat=True))


STOCK: TableKind[StockRow, StockPlan] = TableKind(TABLE, _read, _plan, _write, _lock)
"""The table of stock as a kind of file."""
