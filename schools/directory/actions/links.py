"""Saying which school followed which; every school's chain and lineage are kept right in the same transaction."""

from collections.abc import Iterable
from datetime import date
from itertools import batched
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Q

from schools.core.errors import RuleBroken
from schools.core.ids import Ids
from schools.directory.actions.locks import lock_register
from schools.directory.lineage import ALONE, Link, kin_of
from schools.directory.models import School, SchoolLink
from schools.directory.rules import reasons_not_to_link

AT_ONCE = 500
ROWS_A_STATEMENT = 5000

type Pair = tuple[int, int, str]
"""Predecessor, successor, kind of a link."""


class _School(NamedTuple):
    opened: date | None
    closed: date | None
    chain: int | None
    lineage: int | None


@transaction.atomic
def link_schools(predecessor: School, successor: School, *, kind: str, day: date | None) -> SchoolLink:
    """Enter that `successor` followed `predecessor` on the day (None: unknown), or is fed by it.

    Raises RuleBroken with every reason when that cannot be.
    """
    lock_register()
    if reasons := reasons_not_to_link(predecessor, successor, kind=kind):
        raise RuleBroken(reasons)
    link = SchoolLink.objects.create(predecessor=predecessor, successor=successor, kind=kind, day=day)
    relink((predecessor.pk, successor.pk))
    return link


@transaction.atomic
def unlink(link: SchoolLink) -> None:
    """Take a link away; what it held together falls apart unless other links hold it."""
    lock_register()
    school_ids = (link.predecessor_id, link.successor_id)
    link.delete()
    relink(school_ids)


@transaction.atomic
def relink(school_ids: Iterable[int] | None = None) -> int:
    """Work out chain and lineage again for these schools and all that hang together with them (None: for every school).

    Answers how many schools changed. To be called in the transaction that changes links, or the days on which linked schools
    opened or closed; nothing else bears on chains.
    """
    lock_register()
    asked = None if school_ids is None else set(school_ids)
    pairs = _pairs(asked)
    if asked is None:
        asked = set(School.objects.filter(~Q(chain=None) | ~Q(lineage=None)).order_by().values_list("pk", flat=True))
    schools = _schools(asked.union(*((one, other) for one, other, _ in pairs)))
    kin = kin_of([Link(one, other, kind, in_turn=_in_turn(schools[one], schools[other])) for one, other, kind in pairs])
    changed = []
    for pk, school in schools.items():
        now = kin.get(pk, ALONE)
        if (school.chain, school.lineage) != (now.chain, now.lineage):
            changed.append((now.chain, now.lineage, pk))
    # No history: both follow from the links, and the links are kept.
    _write(changed)
    return len(changed)


def _write(kin: list[tuple[int | None, int | None, int]]) -> None:
    """Chain, lineage and id of each school, by one statement for many: far quicker than `bulk_update` for a nation.

    In figures: to put a parameter in takes psycopg longer than PostgreSQL to read it.
    """
    table = connection.ops.quote_name(School._meta.db_table)
    with connection.cursor() as cursor:
        for some in batched(kin, ROWS_A_STATEMENT):
            rows = ", ".join(f"({_number(chain)}, {_number(lineage)}, {pk:d})" for chain, lineage, pk in some)
            sql = (
                f"UPDATE {table} SET chain = said.column1, lineage = said.column2 "  # noqa: S608  # our own table's name
                f"FROM (VALUES {rows}) AS said WHERE {table}.id = said.column3"
            )
            cursor.execute(sql)


def _number(one: int | None) -> str:
    """As SQL has it; PostgreSQL takes a column of bare NULLs for text."""
    return "CAST(NULL AS bigint)" if one is None else f"{one:d}"


def _pairs(school_ids: set[int] | None) -> set[Pair]:
    """Every link that hangs together with one of the schools, at any remove; None: all there are.

    Read without the schools: right after a large import PostgreSQL knows nothing yet of the tables, and may take minutes over
    a join.
    """
    if school_ids is None or len(school_ids) > AT_ONCE:
        return set(_read(Q()))
    found: set[Pair] = set()
    seen, latest = set(school_ids), set(school_ids)
    while latest:
        pairs = {pair for some in batched(latest, AT_ONCE) for pair in _read(Q(predecessor__in=some) | Q(successor__in=some))}
        found |= pairs
        latest = {school for one, other, _ in pairs for school in (one, other)} - seen
        seen |= latest
    return found


def _read(which: Q) -> Iterable[Pair]:
    return SchoolLink.objects.filter(which).order_by().values_list("predecessor_id", "successor_id", "kind")


def _schools(ids: set[int]) -> dict[int, _School]:
    """What is stored of each."""
    rows = School.objects.order_by().values_list("pk", *_School._fields)
    return {pk: _School(*known) for pk, *known in rows.filter(pk__in=Ids(ids))}


def _in_turn(predecessor: _School, successor: _School) -> bool:
    """False where it is known that the successor opened before the predecessor closed."""
    return not (predecessor.closed and successor.opened and successor.opened < predecessor.closed)
