"""The chain and the lineage of schools, looked up beside the headcounts.

Few schools have either. So looking them up is much quicker than joining every headcount, or every roll, to its school.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from django.db.models import Q

from schools.core.snapshot import once
from schools.directory.models import School

type StoredKin = dict[int, tuple[int, int]]
"""Lineage and chain by school; a school that is missing is one of each by itself."""

FEW_SCHOOLS = 500
"""To name more in a question takes longer than to read all that have kin."""


@dataclass
class _LookedUp:
    """What was looked up in the open snapshot: a table of two periods asks for nearly the same schools again and again."""

    kin: StoredKin = field(default_factory=dict)
    schools: set[int] = field(default_factory=set)
    is_all: bool = False


@once
def _looked_up() -> _LookedUp:
    return _LookedUp()


def stored_kin(schools: Collection[int]) -> StoredKin:
    """Return the lineage and the chain of these schools, and perhaps of others."""
    known = _looked_up()
    missing = set() if known.is_all else set(schools) - known.schools
    if missing:
        linked = School.objects.filter(Q(lineage__isnull=False) | Q(chain__isnull=False)).order_by()
        if len(missing) <= FEW_SCHOOLS:
            linked = linked.filter(pk__in=missing)
            known.schools |= missing
        else:
            known.is_all = True
            known.schools.clear()
        rows = linked.values_list("pk", "lineage", "chain")
        known.kin.update({school: (lineage or school, chain or school) for school, lineage, chain in rows})
    return known.kin


def in_order_of_lineages(rows: Iterable[tuple[Any, ...]]) -> list[Any]:
    """Return rows that begin with a school with its lineage and chain before it, ordered by lineage."""
    rows = list(rows)
    kin = stored_kin({row[0] for row in rows})
    return sorted(((*kin.get(row[0], (row[0], row[0])), *row) for row in rows), key=itemgetter(0))
