"""Rows that are found by words: the column that keeps the words, and the QuerySet that keeps it true and searches by it.

Whatever writes a row writes its words in the same statement: `save`, `bulk_create` (also as an upsert), `bulk_update` and
`update`. Only SQL typed by hand passes by; `manage.py rebuild_search` writes the words of every row again.
"""

from collections.abc import Callable, Collection, Iterable
from contextlib import nullcontext
from itertools import batched
from typing import Any, ClassVar, Self

from django.apps import apps
from django.db import models, router, transaction
from django.db.models import Case, IntegerField, Q, Value, When
from django.db.models.base import ModelBase

from schools.core.ids import Ids
from schools.core.search_index import COLUMN, Matching, keep_index
from schools.core.search_words import END_OF_NAME, GENERIC, Piece, clause_of, may_be_misspelt, pieces_of, words_of

LONGEST_TEXT = 250
"""Characters; enough for a whole name, a register number and a postcode together."""

FEW = 1_000
"""Rows; the ids of more take longer to read and to send than another search."""

_AT_ONCE = 2_000


class SearchableQuerySet[Row: "Searchable"](models.QuerySet[Row]):
    """Rows that are found by words."""

    def having(self, pieces: Collection[Piece], *, forgiving: bool) -> Self:
        """Rows that have every piece; `forgiving` takes a word with one wrong letter too."""
        rest = list(pieces)
        rows = self
        if not forgiving:
            # The index would list nearly all rows of such a word; it is looked for in the rows that the other words leave.
            rest = [piece for piece in pieces if not self.model.NEARLY_ALL.issuperset(piece.words)]
            of_nearly_all = {word for piece in pieces if piece not in rest for word in piece.words}
            begin = (Q(search_words__startswith=word) | Q(search_words__contains=f" {word}") for word in sorted(of_nearly_all))
            rows = self.filter(*begin)
        clauses = [clause_of(piece, forgiving=forgiving) for piece in rest]
        return rows.filter(pk__in=Matching(self.model._meta.db_table, clauses)) if clauses else rows

    def named(self, text: str) -> Self:
        """Rows that a typed text names: each of its words begins a word of the row.

        Where none of these rows does, one letter of each word may be wrong, missing, too many or in another place: that costs a
        query now. A text without any word names every row; a text of more than `LONGEST_TEXT` characters names none.
        """
        if len(text) > LONGEST_TEXT:
            return self.none()
        pieces = pieces_of(text)
        return forgivingly(pieces, lambda forgiving: self.having(pieces, forgiving=forgiving)) if pieces else self

    def first_named(self, text: str, most: int, in_order: Callable[[Self], Self]) -> list[Row]:
        """Return at most so many of the rows that a typed text names, in the order that `in_order` gives them.

        Quicker than `named` where a short list is all that is wanted: that anything is found is seen in the list.
        """
        pieces = pieces_of(text)
        if len(text) > LONGEST_TEXT or not pieces:
            return list(in_order(self.named(text))[:most])
        rows = list(in_order(self.having(pieces, forgiving=False))[:most])
        if rows or not may_be_misspelt(pieces):
            return rows
        return list(in_order(self.having(pieces, forgiving=True))[:most])

    def best_first(self, text: str, *then: Any) -> Self:
        """Rows whose whole name the text is, then those whose name begins with it, then by `then`; the rest in the usual order.

        A text of words that very many names have (“primary school”) means none of them first; sorting them all would take long.
        """
        words = words_of(text)
        if GENERIC.issuperset(words):
            return self.order_by(*(self.model._meta.ordering or ()))
        typed = " ".join(words)
        position = Case(
            When(search_words__startswith=f"{typed} {END_OF_NAME}", then=Value(0)),
            When(search_words__startswith=f"{typed} ", then=Value(1)),
            When(search_words__startswith=typed, then=Value(2)),
            default=Value(3),
            output_field=IntegerField(),
        )
        return self.order_by(position, *then, *(self.model._meta.ordering or ()))

    def bulk_create(
        self,
        objs: Iterable[Row],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,  # noqa: FBT001, FBT002  # Django's signature
        update_conflicts: bool = False,  # noqa: FBT001, FBT002  # the same
        update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
    ) -> list[Row]:
        """Store the rows with their words. Raises ValueError for an upsert that writes only some of what the words come from."""
        rows = list(objs)
        for row in rows:
            row.search_words = row.words_to_search()
        if update_fields:
            update_fields = self.model.with_words(update_fields)
            if COLUMN in update_fields and not {*update_fields, *(unique_fields or ())}.issuperset(self.model.SEARCHED):
                msg = f"An upsert that changes one of {self.model.SEARCHED} has to write all of them: the words come from all."
                raise ValueError(msg)
        return super().bulk_create(rows, batch_size, ignore_conflicts, update_conflicts, update_fields, unique_fields)

    def bulk_update(self, objs: Iterable[Row], fields: Iterable[str], batch_size: int | None = None) -> int:
        """Change the rows and, where a field by which they are found is among them, their words."""
        rows, names = list(objs), list(fields)
        if COLUMN in names or COLUMN not in self.model.with_words(names):
            return super().bulk_update(rows, names, batch_size)
        with transaction.atomic(using=self.db):
            changed = super().bulk_update(rows, names, batch_size)
            self.model.write_words([row.pk for row in rows], using=self.db)
        return changed

    def update(self, **kwargs: Any) -> int:
        """Change the rows and, where a field by which they are found is among them, their words."""
        if COLUMN in kwargs or COLUMN not in self.model.with_words(kwargs):
            return super().update(**kwargs)
        with transaction.atomic(using=self.db):
            ids = list(self.order_by().values_list("pk", flat=True))
            changed = super().update(**kwargs)
            self.model.write_words(ids, using=self.db)
        return changed


class Searchable(models.Model):
    """A row that is found by words."""

    search_words = models.TextField(blank=True, default="", db_default="", editable=False)

    SEARCHED: ClassVar[tuple[str, ...]] = ()
    """The fields from which the words come."""
    NEARLY_ALL: ClassVar[frozenset[str]] = frozenset()
    """Words that nearly every row has: rows are quicker asked for them one after the other than by the index."""

    class Meta:
        abstract = True

    def save(
        self,
        *,
        force_insert: bool | tuple[ModelBase, ...] = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Store the row with its words; those of a row that is stored in part come from what is stored of the rest."""
        names = None if update_fields is None else list(update_fields)
        if names is None:
            self.search_words = self.words_to_search()
        in_part = names is not None and COLUMN not in names and COLUMN in self.with_words(names)
        using = using or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=using) if in_part else nullcontext():
            super().save(force_insert=force_insert, force_update=force_update, using=using, update_fields=names)
            if in_part:
                self.write_words([self.pk], using=using)

    def words_to_search(self) -> str:
        """Return the words by which the row is found, as `words_of_row` writes them."""
        raise NotImplementedError  # each table of people and schools says it; a model cannot be an abstract base class (ABC)

    @classmethod
    def with_words(cls, fields: Iterable[str]) -> list[str]:
        """Return the names of fields, with that of the words where one of those is among them from which the words come."""
        names = list(fields)
        return [*names, COLUMN] if COLUMN not in names and not set(cls.SEARCHED).isdisjoint(names) else names

    @classmethod
    def write_words(cls, ids: Iterable[int], *, using: str = "default") -> None:
        """Write the words of these rows as their fields are now, each batch in one transaction.

        Its rows are locked before they are read: else the name of somebody who is erased meanwhile would be written once more.
        """
        rows = cls._default_manager.using(using)
        for some in batched(ids, _AT_ONCE):
            with transaction.atomic(using=using, savepoint=False):
                changed = []
                for row in rows.filter(pk__in=some).select_for_update(of=("self",), no_key=True).order_by("pk"):
                    if row.search_words != (words := row.words_to_search()):
                        row.search_words = words
                        changed.append(row)
                models.QuerySet.bulk_update(rows.all(), changed, [COLUMN], batch_size=500)


def forgivingly[Rows: models.QuerySet[Any]](pieces: Iterable[Piece], search: Callable[[bool], Rows]) -> Rows:
    """Return what a search for the pieces finds; where that is nothing, what it finds when it is forgiving.

    Costs a query now, unless being forgiving would change nothing.
    """
    strict = search(False)  # noqa: FBT003  # the one argument of a callback
    return strict if not may_be_misspelt(pieces) or strict.exists() else search(True)  # noqa: FBT003  # the same


def forgivingly_by_ids[Rows: models.QuerySet[Any]](pieces: Iterable[Piece], rows: Rows, search: Callable[[bool], Rows]) -> Rows:
    """Return the same rows as `forgivingly` of those that are searched; a few are named by their ids.

    For a search through several tables of rows that are counted and then read: it would run for each of the three questions.
    """
    strict = search(False)  # noqa: FBT003  # the one argument of a callback
    if not may_be_misspelt(pieces):
        return strict
    ids = list(strict.order_by().values_list("pk", flat=True)[: FEW + 1])
    if not ids:
        return search(True)  # noqa: FBT003  # the same
    return rows.filter(pk__in=Ids(ids)) if len(ids) <= FEW else strict


def searchable_models() -> list[type[Searchable]]:
    """Return the tables whose rows are found by words."""
    return [model for model in apps.get_models() if issubclass(model, Searchable)]


def keep_search(*, using: str = "default") -> None:
    """Create what is missing of the indexes, and write the words of rows that have none: those of an earlier version."""
    for model in searchable_models():
        if keep_index(model._meta.db_table, using=using):
            rows = model._default_manager.using(using).filter(Q(search_words=""))
            model.write_words(list(rows.order_by().values_list("pk", flat=True)), using=using)


def rebuild_search(*, using: str = "default") -> int:
    """Write the words of every row again; return the number of rows."""
    number = 0
    for model in searchable_models():
        ids = list(model._default_manager.using(using).order_by("pk").values_list("pk", flat=True))
        model.write_words(ids, using=using)
        number += len(ids)
    return number
