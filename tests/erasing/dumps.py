"""The whole database as rows of text, whatever package a table is of: what somebody reads who opens a dump."""

from typing import Any

from django.db import connection

type Rows = dict[tuple[str, str], dict[str, str]]


def dump() -> Rows:
    """Every row of every table by table and key, each column as text; the shadow tables of the search's index included."""
    rows: Rows = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  # our own tables
            names = [column[0] for column in cursor.description or ()]
            for number, row in enumerate(cursor.fetchall()):
                cells = {name: as_text(cell) for name, cell in zip(names, row, strict=True)}
                rows[table, cells.get("history_id") or cells.get("id") or str(number)] = cells
    return rows


def as_text(cell: Any) -> str:
    """A cell as text; bytes by the letters in them."""
    return (
        cell.tobytes().decode("latin-1")
        if isinstance(cell, memoryview)
        else (cell.decode("latin-1") if isinstance(cell, bytes) else str(cell))
    )


def places_with(rows: Rows, secrets: set[str]) -> list[str]:
    """Where one of the secrets stands, in capitals or not, also as JSON writes it."""
    wanted = {form.lower() for secret in secrets for form in (secret, secret.encode("ascii", "backslashreplace").decode())}
    return [
        f"{table}.{name} {key}: {cell}"
        for (table, key), cells in rows.items()
        for name, cell in cells.items()
        if any(secret in cell.lower() for secret in wanted)
    ]
