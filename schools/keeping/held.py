"""Everything that is held on one person: their own rows, and every text elsewhere that names them or is about them.

The registry (schools/erasing/columns.py) says of every column whether it may hold or name somebody, and a test fails where it
does not; so a table that is added later is in the files by itself. What a child said is in none of them (rule 12).
"""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from schools.directory.models import ImportChange, ImportRun
from schools.erasing.links import Links
from schools.erasing.people import Person
from schools.erasing.places import Place, places_of
from schools.erasing.registry import Fate, label_of, own_table
from schools.erasing.values import Value as KnownBy
from schools.erasing.values import number_of_shared, values_of
from schools.keeping.own_rows import SECRETS, OwnRows, Row, Value, name_in_file, of_others_clearances, without_secrets
from schools.messages.models import OutboxMessage

LOOKED_AT = "texts of others"
"""What a file calls the part with what others wrote, which a manager has looked at."""


@dataclass(frozen=True)
class Text:
    """A text that names the person or is about them, and that holds or may hold what is others': looked at before it is given."""

    model: type[Model]
    pk: Any
    row: Any
    column: str
    text: str
    fate: Fate

    @property
    def table(self) -> str:
        """What rows of its table are called."""
        return name_in_file(self.model)

    @property
    def key(self) -> str:
        """Names the text in a form. A row and its earlier states with the same text have one.

        Another text has another, so that nobody gives what they have not seen.
        """
        digest = hashlib.sha256(self.text.encode()).hexdigest()[:8]
        return f"{label_of(own_table(self.model))}-{self.row}-{self.column}-{digest}"

    @property
    def why(self) -> str:
        """What somebody looks for who reads it."""
        if self.fate is Fate.NOTE:
            return "somebody typed it"
        return "closed or published" if self.fate is Fate.CLOSED else "it may name others"


@dataclass
class Held:
    """What is held on somebody."""

    person: Person
    rows: dict[str, list[Row]] = field(default_factory=dict)
    """Their own rows, by table."""
    texts: list[Text] = field(default_factory=list)
    """Every place that has to be looked at, earlier states included, in the order of the tables."""
    shared: int = 0
    """How many of their names, addresses and numbers somebody else has too, so that nobody looked for these elsewhere."""
    given: frozenset[tuple[type[Model], Any, str]] = frozenset()
    """Table, key and column of each value of the rows."""
    summed: frozenset[type[Model]] = frozenset()
    """Tables in which what they did is summed up: those of history, and decisions about others."""

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How many rows of each table there are, without tables that have none."""
        return [(table, len(rows)) for table, rows in sorted(self.rows.items()) if rows]

    @property
    def to_look_at(self) -> list[Text]:
        """The texts, each once with its earlier states."""
        texts: dict[str, Text] = {}
        for text in self.texts:
            if text.key not in texts or own_table(text.model) is text.model:
                texts[text.key] = text
        return list(texts.values())

    def only(self, keys: Collection[str]) -> "Held":
        """Return the same with the texts of these keys alone: those of which somebody decided that they are given."""
        texts = [text for text in self.texts if text.key in keys]
        return Held(self.person, self.rows, texts, self.shared, self.given, self.summed)


def own_rows_on(person: Person) -> Held:
    """Return the rows that are the person's own, which somebody may have without that anybody looks at them first."""
    return Held(person, OwnRows(person).rows)


def held_on(person: Person) -> Held:
    """Return everything that is held on the person."""
    own = OwnRows(person)
    texts = [Text(note.model, note.pk, note.row, note.column, note.text, note.fate) for note in own.notes]
    there = {(text.model, text.pk, text.column) for text in texts}
    values = values_of(person)
    letting_in = set(OutboxMessage.objects.exclude(expires_at=None).values_list("pk", flat=True))
    private = set(of_others_clearances(person).values_list("pk", flat=True))
    known_by = _known_by(person, values)
    for place in places_of(values, Links(person)):
        where = (place.model, place.pk, place.column)
        if (place.model is OutboxMessage and place.pk in private) or _is_of_another(place, known_by):
            continue
        if where not in own.given and where not in there and place.column not in _secrets(place.model):
            words = str(_own_lines(place, known_by))
            if place.model is OutboxMessage:
                words = without_secrets(words, lets_in=place.pk in letting_in)
            texts.append(Text(*where[:2], place.row, place.column, words, place.fate))
    return Held(person, own.rows, texts, number_of_shared(values), frozenset(own.given), frozenset(own.summed))


def _known_by(person: Person, values: Collection[KnownBy]) -> set[str]:
    """Return by what imports of volunteers know them, in small letters: references and addresses."""
    theirs = {value.text.casefold() for value in values if "@" in value.text}
    return theirs | {reference.casefold() for reference in (person.reference, *person.other_references)}


def _is_of_another(place: Place, known_by: Collection[str]) -> bool:
    """Whether it is what an import says of another volunteer, in whose row the name stands: of their clearance, perhaps."""
    if place.model is not ImportChange or place.column not in {"fields", "why"}:
        return not _own_lines(place, known_by)
    return ImportChange.objects.filter(pk=place.pk, run__register="volunteers").exclude(known_by__in=known_by).exists()


def _own_lines(place: Place, known_by: Collection[str]) -> Any:
    """Return what stands there; of the report of an import of volunteers the lines about the person, which may be none."""
    is_report = place.model is ImportRun and place.column == "report"
    if not is_report or not ImportRun.objects.filter(pk=place.pk, register="volunteers").exists():
        return place.text
    lines = [line for part in ("refused", "left_out") for line in place.text.get(part, ())]
    return [line for line in lines if line["id"].casefold() in known_by]


def _secrets(model: type[Model]) -> frozenset[str]:
    return SECRETS.get(label_of(own_table(model)), frozenset())


def as_table(held: Held) -> Iterator[tuple[str, int, str, Value]]:
    """Yield a line for each value: table, number of the row in the file, column, value; then the texts that were looked at."""
    for table, rows in held.rows.items():
        for number, row in enumerate(rows, start=1):
            for column, value in row.items():
                yield table, number, column, value
    for number, text in enumerate(held.to_look_at, start=1):
        yield f"{text.table} ({LOOKED_AT})", number, text.column, text.text


def as_object(held: Held) -> dict[str, Any]:
    """Return the same for JSON: a list of rows for each table, and the texts."""
    texts = [{"table": text.table, "column": text.column, "text": text.text} for text in held.to_look_at]
    return {**held.rows, LOOKED_AT: texts} if texts else dict(held.rows)
