"""The chain and the lineage of schools, looked up beside the headcounts.

Few schools have either. So looking them up is much quicker than joining every headcount, or every roll, to its school.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import Q
from django.db.models.functions import Coalesce

from schools.core.batched_queries import AsRead
from schools.core.snapshot import once
from schools.directory.models import School

CHUNK = 5_000
"""Rows read from the database at a time."""

type StoredKin = dict[int, tuple[int, int]]
"""Lineage and chain by school; a school that is missing is one of each by itself."""

FEW_SCHOOLS = 500
"""To name more in a question takes longer than to read all that have kin."""


def first_known(key: str, school: str) -> Coalesce:
    """Return the chain or lineage; a school without links is one by itself."""
    return Coalesce(key, school, output_field=AsRead())


class _Entry(NamedTuple):
    """An entry of a chain, with the first and the last day on which it was open (SchoolQuerySet.with_open_days)."""

    school: int
    chain: int
    first_open: str
    last_open: str


@dataclass
class _LookedUp:
    """What was looked up in the open snapshot: a table of two periods asks for nearly the same schools again and again."""

    kin: StoredKin = field(default_factory=dict)
    schools: set[int] = field(default_factory=set)
    entries: list[_Entry] | None = None
    """Those of all chains, once all schools with kin were read."""


@once
def _looked_up() -> _LookedUp:
    return _LookedUp()


def stored_kin(schools: Collection[int]) -> StoredKin:
    """Return the lineage and the chain of these schools, and perhaps of others."""
    known = _looked_up()
    missing = set(schools) - known.schools if known.entries is None else set()
    if len(missing) > FEW_SCHOOLS:
        _entries(known)
    elif missing:
        known.schools |= missing
        rows = _linked().filter(pk__in=missing).values_list("pk", "lineage", "chain")
        known.kin.update({school: (lineage or school, chain or school) for school, lineage, chain in rows})
    return known.kin


def closed_entries(day: date) -> dict[int, int]:
    """Return the entries of chains that were not open on the day, each with its chain."""
    on = day.isoformat()
    entries = _entries(_looked_up())
    return {entry.school: entry.chain for entry in entries if not entry.first_open <= on <= entry.last_open}


def _entries(known: _LookedUp) -> list[_Entry]:
    """Return the entries of all chains; they are read together with the kin of all schools."""
    if known.entries is None:
        rows: Any = _linked().with_open_days().values_list("pk", "lineage", "chain", "first_open", "last_open")
        known.entries = []
        for school, lineage, chain, *days in rows:
            known.kin[school] = (lineage or school, chain or school)
            if chain is not None:
                known.entries.append(_Entry(school, chain, *days))
        known.schools.clear()
    return known.entries


def _linked() -> Any:
    return School.objects.filter(Q(lineage__isnull=False) | Q(chain__isnull=False)).order_by()


def in_order_of_lineages(rows: Iterable[tuple[Any, ...]]) -> list[Any]:
    """Return rows that begin with a school with its lineage and chain before it, ordered by lineage."""
    rows = list(rows)
    kin = stored_kin({row[0] for row in rows})
    return sorted(((*kin.get(row[0], (row[0], row[0])), *row) for row in rows), key=itemgetter(0))
