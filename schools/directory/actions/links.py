"""Linking schools that followed one another; chains and lineages are kept right in the same transaction (rule 2)."""

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
"""Predecessor, successor and kind of a link."""


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
    """Remove a link; chains and lineages that only it held together fall apart."""
    lock_register()
    school_ids = (link.predecessor_id, link.successor_id)
    link.delete()
    relink(school_ids)


@transaction.atomic
def relink(school_ids: Iterable[int] | None = None) -> int:
    """Work out chain and lineage again for these schools and all that are linked to them, directly or not (None: all schools).

    Returns how many schools changed. Call it in the transaction that changes links, or the days on which linked schools opened or
    closed; nothing else affects chains.
    """
    lock_register()
    wanted = None if school_ids is None else set(school_ids)
    pairs = _pairs(wanted)
    if wanted is None:
        wanted = set(School.objects.filter(~Q(chain=None) | ~Q(lineage=None)).order_by().values_list("pk", flat=True))
    schools = _schools(wanted.union(*((before, after) for before, after, _ in pairs)))
    kin = kin_of([Link(before, after, kind, in_turn=_in_turn(schools[before], schools[after])) for before, after, kind in pairs])
    changed = []
    for pk, school in schools.items():
        now = kin.get(pk, ALONE)
        if (school.chain, school.lineage) != (now.chain, now.lineage):
            changed.append((now.chain, now.lineage, pk))
    # No history is written: chain and lineage follow from the links, and these are kept.
    _write(changed)
    return len(changed)


def _write(kin: list[tuple[int | None, int | None, int]]) -> None:
    """Write chain, lineage and id of each school; many in one statement, far quicker than `bulk_update` for a nation.

    The numbers are written into the SQL: psycopg needs longer to put a parameter in than PostgreSQL to read it.
    """
    table = connection.ops.quote_name(School._meta.db_table)
    with connection.cursor() as cursor:
        for batch in batched(kin, ROWS_A_STATEMENT):
            rows = ", ".join(f"({_number(chain)}, {_number(lineage)}, {pk:d})" for chain, lineage, pk in batch)
            sql = (
                f"UPDATE {table} SET chain = kin.column1, lineage = kin.column2 "  # noqa: S608  # our own table's name
                f"FROM (VALUES {rows}) AS kin WHERE {table}.id = kin.column3"
            )
            cursor.execute(sql)


def _number(number: int | None) -> str:
    """Return the number as SQL; NULLs need a type, because PostgreSQL takes a column of bare NULLs for text."""
    return "CAST(NULL AS bigint)" if number is None else f"{number:d}"


def _pairs(school_ids: set[int] | None) -> set[Pair]:
    """Return every link that is connected with one of the schools, directly or through others; None: all links.

    The schools are not joined: right after a large import PostgreSQL has no statistics of the tables, and a join may take
    minutes.
    """
    if school_ids is None or len(school_ids) > AT_ONCE:
        return set(_read(Q()))
    result: set[Pair] = set()
    seen, latest = set(school_ids), set(school_ids)
    while latest:
        pairs = {pair for ids in batched(latest, AT_ONCE) for pair in _read(Q(predecessor__in=ids) | Q(successor__in=ids))}
        result |= pairs
        latest = {school for before, after, _ in pairs for school in (before, after)} - seen
        seen |= latest
    return result


def _read(condition: Q) -> Iterable[Pair]:
    return SchoolLink.objects.filter(condition).order_by().values_list("predecessor_id", "successor_id", "kind")


def _schools(ids: set[int]) -> dict[int, _School]:
    """Return what is stored of each school."""
    rows = School.objects.order_by().values_list("pk", *_School._fields)
    return {pk: _School(*known) for pk, *known in rows.filter(pk__in=Ids(ids))}


def _in_turn(predecessor: _School, successor: _School) -> bool:
    """Return False where the successor is known to have opened before the predecessor closed."""
    return not (predecessor.closed and successor.opened and successor.opened < predecessor.closed)
