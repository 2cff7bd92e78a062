"""Stores many new rows of one table together, past the QuerySet: a bulk_create writes a statement of its own for every few rows.

Only for rows that nobody typed. Constraints and triggers of the database hold as ever.
"""

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any

from django.db import connection
from django.db.models import Field, ForeignKey, Model
from django.db.models.expressions import DatabaseDefault

from schools.core.searchable import Searchable


def store(rows: Sequence[Model]) -> None:
    """Store new rows of one table in their order, and give them their ids.

    Rows that they point to may have got their ids after these were made. A column for which no row has a value gets the
    database's default, which is not read back into the rows. Raises what a bulk_create raises.
    """
    if not rows:
        return
    _give_ids(rows)
    for row in rows:
        if isinstance(row, Searchable):
            row.search_words = row.words_to_search()
    fields = [field for field in rows[0]._meta.local_concrete_fields if not field.generated]
    written = [(field, values) for field in fields if (values := _values(field, rows)) is not None]
    columns = [_prepared(field, values) for field, values in written]
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field, _ in written)
    _insert(connection.ops.quote_name(rows[0]._meta.db_table), names, list(zip(*columns, strict=True)))


def _prepared(field: Field[Any, Any], values: list[Any]) -> list[Any]:
    """Return the values as the database takes them; one that many rows share is prepared once."""
    known: dict[int, Any] = {}
    prepared = []
    for value in values:
        # By identity, which is quick and serves for every value: the list keeps all of them alive.
        key = id(value)
        if key not in known:
            known[key] = field.get_db_prep_save(value, connection)
        prepared.append(known[key])
    return prepared


def _give_ids(rows: Sequence[Model]) -> None:
    for row, number in zip(rows, _next_ids(rows[0]._meta.db_table, len(rows)), strict=True):
        row.pk = number
        row._state.adding, row._state.db = False, connection.alias  # noqa: SLF001  # as Django does where it stores rows


def _next_ids(table: str, count: int) -> Iterator[int]:
    """Yield ids that no row of the table has had before."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count])
            yield from (number for (number,) in cursor.fetchall())
        else:
            cursor.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = %s", [table])
            [(last,)] = cursor.fetchall()
            yield from range(last + 1, last + 1 + count)


def _values(field: Field[Any, Any], rows: Sequence[Model]) -> list[Any] | None:
    """Return each row's value of the field; None where all of them leave it to the database."""
    if isinstance(field, ForeignKey):
        _follow(field, rows)
    values = list(map(attrgetter(field.attname), rows))
    if field.has_db_default() and all(isinstance(value, DatabaseDefault) for value in values):
        return None
    return values


def _follow(key: ForeignKey[Any, Any], rows: Sequence[Model]) -> None:
    """Let rows know the ids of rows that had none yet when they were made to point to them."""
    for row in rows:
        of_row = vars(row)
        if of_row[key.attname] is None and (other := key.get_cached_value(row, default=None)) is not None:
            of_row[key.attname] = other.pk  # to set it as an attribute would make the row forget the other one


def _insert(table: str, names: str, rows: list[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(rows[0]))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608  # names of our own tables
