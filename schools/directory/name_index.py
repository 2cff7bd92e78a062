"""An index of the words in schools' names, which finds schools by the beginnings of words.

On PostgreSQL it is an index of the table. On SQLite it is a table of its own, which triggers keep up to date. SQLite loses
triggers when a migration rebuilds the table, so everything is created after every migrate (schools/apps.py), not by a migration.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, Expression
from django.db.models.sql.compiler import SQLCompiler

TABLE = "schools_school"
WORDS = "schools_school_words"

# Replaced by spaces, because PostgreSQL would read “St.Mary” as a host, “C/E” as a file and “-2” as a number.
_APART = "./-@:_''’‘+&,;()"
_VECTOR = f"to_tsvector('simple', translate(name, '{_APART}', '{' ' * (len(_APART) - 1)}'))"
_POSTGRESQL = f"CREATE INDEX {WORDS} ON {TABLE} USING gin ({_VECTOR})"

_FORGET = f"INSERT INTO {WORDS} ({WORDS}, rowid, name) VALUES ('delete', OLD.id, OLD.name);"  # noqa: S608  # only constants
_LEARN = f"INSERT INTO {WORDS} (rowid, name) VALUES (NEW.id, NEW.name);"  # noqa: S608  # the same
_SQLITE = {
    WORDS: f"""CREATE VIRTUAL TABLE {WORDS} USING fts5(
        name, content='{TABLE}', content_rowid='id', prefix='2 3', tokenize='unicode61 remove_diacritics 0')""",
    "school_words_added": f"CREATE TRIGGER school_words_added AFTER INSERT ON {TABLE} BEGIN {_LEARN} END",
    "school_words_changed": f"""CREATE TRIGGER school_words_changed AFTER UPDATE OF id, name ON {TABLE}
        BEGIN {_FORGET} {_LEARN} END""",
    "school_words_deleted": f"CREATE TRIGGER school_words_deleted AFTER DELETE ON {TABLE} BEGIN {_FORGET} END",
}


def keep_name_index(*, using: str = "default") -> None:
    """Create what is missing of the index; do nothing where the table does not exist yet (an older state of migrations)."""
    connection = connections[using]
    if TABLE not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT to_regclass(%s)", (WORDS,))
            if cursor.fetchone() == (None,):
                cursor.execute(_POSTGRESQL)
            return
        cursor.execute("SELECT name FROM sqlite_master")
        missing = _SQLITE.keys() - {name for (name,) in cursor.fetchall()}
        for name in sorted(missing, key=list(_SQLITE).index):
            cursor.execute(_SQLITE[name])
        if missing:  # rows that were written in the meantime are not in the index
            cursor.execute(f"INSERT INTO {WORDS} ({WORDS}) VALUES ('rebuild')")  # noqa: S608  # the same


def words_in(text: str) -> list[str]:
    """Return the words of a text as the index has them: only letters and digits."""
    return re.findall(r"[^\W_]+", text)


class Named(Expression):
    """Ids of schools whose names have, for each of the words, a word that begins with it: `filter(pk__in=Named(words))`.

    Capitals make no difference, accents do.
    """

    output_field = BigIntegerField()

    def __init__(self, words: Iterable[str]) -> None:
        super().__init__()
        self.words = tuple(words)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Return a subquery of one column."""
        if connection.vendor == "postgresql":
            query = " & ".join(f"'{word}':*" for word in self.words)
            return f"(SELECT id FROM {TABLE} WHERE {_VECTOR} @@ to_tsquery('simple', %s))", (query,)  # noqa: S608  # the same
        query = " ".join(f'"{word}"*' for word in self.words)
        return f"(SELECT rowid FROM {WORDS} WHERE {WORDS} MATCH %s)", (query,)  # noqa: S608  # the same
