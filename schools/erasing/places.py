"""Where values of somebody stand in the database: one query for each table, and then the patterns over what it found."""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import batched, product
from operator import or_
from typing import Any

from django.db.models import F, Model, Q, TextField
from django.db.models.functions import Cast

from schools.erasing.links import Links
from schools.erasing.models import EarlierValue
from schools.erasing.namesakes import CALLED_BY_FIRST_NAME, Namesakes
from schools.erasing.others import digits_in
from schools.erasing.registry import Fate, label_of, own_table, searched_columns, tables
from schools.erasing.values import Value, ValueKind, holds

MOST_TERMS = 400
"""So many conditions in one query: SQLite takes fewer than a thousand, and who moved and married often has many values."""

ROWS_AT_ONCE = 500

BLANK = ("", "[]", "{}", "null")
"""What stands, as text, in a column that says nothing."""

OF_PROGRAM = (Fate.NAMED, Fate.COPIED)
"""What the program wrote or copied: where references say that they were named, the name is replaced without a question."""


@dataclass(frozen=True)
class Place:
    """One column of one row that holds a value of somebody."""

    model: type[Model]
    pk: Any
    row: Any
    """The key of the row itself; in a table of history, that of the row of which it is an earlier state."""
    column: str
    fate: Fate
    text: Any
    is_named: bool
    """Whether references say that the row names them."""
    values: tuple[Value, ...] = ()
    """The values that stand there and are taken out."""

    @property
    def key(self) -> str:
        """Names the place in a form. A row and its earlier states with the same text have one, and are decided about together."""
        digest = hashlib.sha256(str(self.text).encode()).hexdigest()[:8]
        return f"{label_of(own_table(self.model))}-{self.row}-{self.column}-{digest}"

    @property
    def table(self) -> str:
        """Return what a row of the table is called."""
        return str(own_table(self.model)._meta.verbose_name)

    @property
    def is_decided(self) -> bool:
        """Whether a manager decides about it: it is not closed, and the program neither wrote it of them nor kept it itself."""
        is_of_program = (self.fate in OF_PROGRAM and self.is_named) or self.model is EarlierValue
        return self.fate is not Fate.CLOSED and not is_of_program


def places_of(values: Collection[Value], links: Links) -> Iterator[Place]:
    """Yield every place that holds one of the values, in the order of the tables.

    What is not theirs alone, and single words of the name, count where references say that the row names them; words of the
    name also in what people typed, and in copies of that. A first name that is no such word counts in messages alone that name
    them, and nobody else who is called so.
    """
    if not values:
        return
    namesakes = Namesakes(links.person)
    for model in tables():
        named = links.ids[model] if model in CALLED_BY_FIRST_NAME else ()
        for pk, row, texts in rows_with(model, values, named):
            is_named: bool | None = None
            for (field, fate), text in zip(searched_columns(model), texts, strict=True):
                if theirs := [value for value in values if holds(plain(text), value)]:
                    is_named = links.has(own_table(model), row) if is_named is None else is_named
                    counts = (value for value in theirs if _counts(value, fate, is_named=is_named))
                    counting = tuple(value for value in counts if _is_sure(value, model, row, namesakes))
                    if counting:
                        yield Place(model, pk, row, field.name, fate, plain(text), is_named, counting)


def _is_sure(value: Value, model: type[Model], row: Any, namesakes: Namesakes) -> bool:
    """Return whether the value means the person there, whom the row names, and no other who is called so."""
    return value.kind is not ValueKind.FIRST or not namesakes.may_be_meant(value.text, model, row)


def rows_with(
    model: type[Model], values: Collection[Value], named: Collection[int] = ()
) -> Iterator[tuple[Any, Any, tuple[Any, ...]]]:
    """Yield the rows of the table in whose searched columns a value may stand: key, key of the row itself, these columns.

    First names that are no words of their own are looked for in the `named` rows alone.
    """
    columns = searched_columns(model)
    if not columns:
        return
    casts: dict[str, Any] = {f"in_{field.name}": Cast(field.name, TextField()) for field, _ in columns}
    anywhere = [value for value in values if value.kind is not ValueKind.FIRST]
    terms = _terms(casts, (value for value in anywhere if not value.digits))
    if first := _terms(casts, (value for value in values if value.kind is ValueKind.FIRST and named)):
        terms.append(Q(pk__in=named) & reduce(or_, first))
    if numbers := dict.fromkeys(value.digits for value in values if value.digits):
        digits = {f"digits_in_{field.name}": digits_in(field.name) for field, _ in columns}
        terms += [Q(**{f"{name}__contains": number}) for name, number in product(digits, numbers)]
        casts |= digits
    row = "pk" if own_table(model) is model else own_table(model)._meta.pk.attname
    # Most covers and sessions have no words: they are passed over before anything is looked for in them.
    has_words = ~Q(**{f"in_{field.name}__in": BLANK for field, _ in columns})
    rows = model._default_manager.order_by("pk").annotate(**casts).filter(has_words)
    names = [field.name for field, _ in columns]
    matches = [rows.filter(reduce(or_, some)).values_list("pk", F(row), *names) for some in batched(terms, MOST_TERMS)]
    if len(matches) == 1:
        # A short name may stand in every row: no more of them are held than are looked at.
        for pk, itself, *cells in matches[0].iterator(chunk_size=ROWS_AT_ONCE):
            yield pk, itself, tuple(cells)
        return
    there = {pk: (itself, tuple(cells)) for some in matches for pk, itself, *cells in some}
    for pk in sorted(there):
        yield pk, *there[pk]


def _terms(columns: Collection[str], values: Iterable[Value]) -> list[Q]:
    texts = dict.fromkeys(text for value in values for text in value.written)
    return [Q(**{f"{name}__icontains": text}) for name, text in product(columns, texts)]


def plain(text: Any) -> Any:
    """Return what a column holds as text, or as lists and mappings of text."""
    return text if text is None or isinstance(text, str | list | dict) else str(text)


def _counts(value: Value, fate: Fate, *, is_named: bool) -> bool:
    """Return whether the value counts there. A shared address or phone does nowhere: it is somebody else's, too."""
    if value.kind is ValueKind.OTHER:
        return value.is_theirs_alone
    if value.kind is ValueKind.FIRST:
        return fate is Fate.NAMED and is_named
    if fate in OF_PROGRAM and is_named:
        return True
    return fate in {Fate.NOTE, Fate.COPIED} if value.kind is ValueKind.WORD else value.is_theirs_alone
