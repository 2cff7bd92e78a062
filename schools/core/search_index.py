"""The database's index of the words by which rows are found: schools, volunteers, contacts, users.

On PostgreSQL it is an index of the table; no extension is needed. On SQLite it is a table of its own, which triggers keep up to
date. SQLite loses triggers when a migration rebuilds a table, so everything is created after every migrate (schools/apps.py).
The words themselves are a column of each row (schools/core/searchable.py).
"""

from collections.abc import Iterable
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, Expression
from django.db.models.sql.compiler import SQLCompiler

from schools.core.search_words import Choice, Clause

COLUMN = "search_words"
INDEX_ENDS = "_search"
"""How the names of the indexes end, and on SQLite those of the tables that they are made of."""

_VECTOR = f"array_to_tsvector(string_to_array({COLUMN}, ' '))"


def index_name(table: str) -> str:
    """Return the name of the index of a table."""
    return f"{table}{INDEX_ENDS}"


def _on_sqlite(table: str) -> dict[str, str]:
    index = index_name(table)
    forget = f"INSERT INTO {index} ({index}, rowid, {COLUMN}) VALUES ('delete', OLD.id, OLD.{COLUMN});"  # noqa: S608  # our own names
    learn = f"INSERT INTO {index} (rowid, {COLUMN}) VALUES (NEW.id, NEW.{COLUMN});"  # noqa: S608  # the same
    return {
        # `ascii` takes every other letter as part of a word; the words are in small letters without accents already.
        index: f"""CREATE VIRTUAL TABLE {index} USING fts5(
            {COLUMN}, content='{table}', content_rowid='id', prefix='2 3', tokenize='ascii', detail='none', columnsize=0)""",
        f"{index}_added": f"CREATE TRIGGER {index}_added AFTER INSERT ON {table} BEGIN {learn} END",
        f"{index}_changed": f"""CREATE TRIGGER {index}_changed AFTER UPDATE OF id, {COLUMN} ON {table}
            BEGIN {forget} {learn} END""",
        f"{index}_deleted": f"CREATE TRIGGER {index}_deleted AFTER DELETE ON {table} BEGIN {forget} END",
    }


def keep_index(table: str, *, using: str = "default") -> bool:
    """Create what is missing of the table's index; return whether the table has the column: in older migrations it has not."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if table not in connection.introspection.table_names(cursor):
            return False
        if COLUMN not in {column.name for column in connection.introspection.get_table_description(cursor, table)}:
            return False
        if connection.vendor == "postgresql":
            cursor.execute("SELECT to_regclass(%s)", (index_name(table),))
            if cursor.fetchone() == (None,):
                cursor.execute(f"CREATE INDEX {index_name(table)} ON {table} USING gin ({_VECTOR})")
            return True
        statements = _on_sqlite(table)
        cursor.execute("SELECT name FROM sqlite_master")
        there = {name for (name,) in cursor.fetchall()}
        missing = [name for name in statements if name not in there]
        for name in missing:
            cursor.execute(statements[name])
        if missing:  # rows that were written in the meantime are not in the index
            cursor.execute(f"INSERT INTO {index_name(table)} ({index_name(table)}) VALUES ('rebuild')")  # noqa: S608  # the same
    return True


class Matching(Expression):
    """Ids of rows of a table that have each of the clauses: `filter(pk__in=Matching(table, clauses))`."""

    output_field = BigIntegerField()

    def __init__(self, table: str, clauses: Iterable[Clause]) -> None:
        super().__init__()
        self.table = table
        self.clauses = tuple(clauses)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Return a subquery of one column."""
        if connection.vendor == "postgresql":
            # Each way by itself: with the several beginnings of a number in one query, the planner reads the whole table.
            each_way = [((way,),) for way in self.clauses[0]] if len(self.clauses) == 1 else [self.clauses]
            queries = tuple(_query(clauses, word="'{}'", begins="'{}':*", both=" & ", either=" | ") for clauses in each_way)
            select = f"SELECT id FROM {self.table} WHERE {_VECTOR} @@ %s::tsquery"  # noqa: S608  # the same
            return f"({' UNION ALL '.join(select for _ in queries)})", queries
        query = _query(self.clauses, word='"{}"', begins='"{}"*', both=" AND ", either=" OR ")
        return f"(SELECT rowid FROM {index_name(self.table)} WHERE {index_name(self.table)} MATCH %s)", (query,)  # noqa: S608  # the same


def _query(clauses: Iterable[Clause], *, word: str, begins: str, both: str, either: str) -> str:
    def written(choice: Choice) -> str:
        return (begins if choice.begins else word).format(choice.word)

    def way(words: Iterable[Iterable[Choice]]) -> str:
        return both.join(f"({either.join(map(written, choices))})" for choices in words)

    return both.join(f"({either.join(f'({way(words)})' for words in clause)})" for clause in clauses)


def tidy_index(table: str, *, using: str = "default") -> None:
    """Take words that no row has any more out of the index itself; PostgreSQL does that when it cleans the table.

    SQLite makes it anew from the rows, so that it also forgets what a row left there that went while no trigger saw it.
    """
    connection = connections[using]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {index_name(table)} ({index_name(table)}) VALUES ('rebuild')")  # noqa: S608  # our own names
