"""The whole database as rows of text, whatever package a table is of: what somebody reads who opens a dump."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
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
    wanted = {form.lower() for secret in secrets for form in _forms(secret)}
    return [
        f"{table}.{name} {key}: {cell}"
        for (table, key), cells in rows.items()
        for name, cell in cells.items()
        if any(secret in cell.lower() for secret in wanted)
    ]


def without(text: str, secrets: set[str], instead: str) -> str:
    """The text with each secret replaced, the longest first: worked out otherwise than the program does."""
    for secret in sorted(secrets, key=len, reverse=True):
        is_name = "@" not in secret and not re.search(r"\d{5}", secret)
        for form in _forms(secret):
            text = text.replace(form, instead if is_name else "(erased)")
    return text


def _forms(secret: str) -> set[str]:
    """The secret as it is, and as JSON writes it."""
    return {secret, json.dumps(secret)[1:-1]}


GO_WITH_OTHERS = {"schools_messageto", "schools_erasure"}
"""Tables of which rows go with a row of the person."""
POINTING = {"access_id", "contact_id", "safeguarding_contact_id"}
"""Columns that are blank where they pointed to somebody who is gone; one that points to a mail is so where that is gone."""
BY_THEIR_OWN_RULE = re.compile(r"_search|sequence|schools_erasure$|schools_reach_change$")
"""The index of the search, the counters of keys, the sheets, and the marks of what figures rest on, which are made up."""
BY_NUMBER = {"schools_merge": ("kind", ("kept_id", "gone_id")), "schools_earliervalue": ("table", ("row",))}
"""Tables of everybody, with the column that says which kind of person it is, and those with their number."""
NOTES_OF_COVERS = {"override_note", "news_why"}
"""What goes of the person's covers, whoever wrote it."""


@dataclass(frozen=True)
class Theirs:
    """What is the person's own: their rows, and the rows of these tables that point to them or have an address of theirs."""

    tables: re.Pattern[str]
    ids: Mapping[str, Collection[int]]
    """By the name of the table of people: the person, and entries that were merged into theirs."""

    def has(self, table: str, cells: Mapping[str, str], secrets: Collection[str]) -> bool:
        """Whether it is a row of theirs, also an earlier state of one."""
        for kind, ids in self.ids.items():
            own = "id" if table in {f"schools_{kind}", f"schools_historical{kind}"} else f"{kind}_id"
            is_of_people = own == "id" or self.tables.search(table) is not None
            if is_of_people and cells.get(own) in {str(pk) for pk in ids}:
                return True
        kind_in, numbers_in = BY_NUMBER.get(table, ("", ()))
        if {cells[name] for name in numbers_in} & {str(pk) for pk in self.ids.get(cells.get(kind_in, ""), ())}:
            return True
        return self.tables.search(table) is not None and bool({cells.get("email"), cells.get("to")} & set(secrets))

    def taken_out_of(self, table: str, cells: Mapping[str, str]) -> dict[str, str]:
        """The row without what a batch keeps of them: how they were, and notes on covers."""
        if table != "schools_batch":
            return dict(cells)
        changes = [change for change in json.loads(cells["changes"]) if change["pk"] not in self.ids.get(change["table"], ())]
        for change in changes:
            for when in {"before", "after"} & change.keys() if change["table"] == "cover" else ():
                change[when] = {name: value for name, value in change[when].items() if name not in NOTES_OF_COVERS}
        return {**cells, "changes": json.dumps(changes)}


def assert_others_are_as_they_were(before: Rows, after: Rows, secrets: set[str], instead: str, theirs: Theirs) -> None:
    """Whatever is not theirs is as it was but for the name, in the tables in which they have rows as well."""
    for (table, key), was in before.items():
        cells = theirs.taken_out_of(table, was)
        if BY_THEIR_OWN_RULE.search(table) or theirs.has(table, cells, secrets):
            continue
        if (table, key) not in after:
            # Only mail to them is gone, and what goes with a row.
            assert table in GO_WITH_OTHERS or (table == "schools_outboxmessage" and cells["to"] in secrets), (table, cells)
            continue
        left = theirs.taken_out_of(table, after[table, key])
        pointing = POINTING if ("schools_outboxmessage", cells.get("message_id")) in after else {*POINTING, "message_id"}
        kept = {name for name in cells if name not in pointing or left[name] != "None"}
        assert {name: left[name] for name in kept} == {name: without(cells[name], secrets, instead) for name in kept}, table
