"""The chain and the lineage of schools, looked up beside the headcounts.

Few schools have either. So looking them up is much quicker than joining every headcount, or every roll, to its school.
"""

from collections.abc import Collection, Iterable
from operator import itemgetter
from typing import Any

from django.db.models import Q

from schools.directory.models import School

type StoredKin = dict[int, tuple[int, int]]
"""Lineage and chain by school; a school that is missing is one of each by itself."""

FEW_SCHOOLS = 500
"""To name more in a question takes longer than to read all that have kin."""


def stored_kin(schools: Collection[int]) -> StoredKin:
    """Return the lineage and the chain of these schools, and perhaps of others."""
    linked = School.objects.filter(Q(lineage__isnull=False) | Q(chain__isnull=False)).order_by()
    if len(schools) <= FEW_SCHOOLS:
        linked = linked.filter(pk__in=schools)
    rows = linked.values_list("pk", "lineage", "chain")
    return {school: (lineage or school, chain or school) for school, lineage, chain in rows}


def in_order_of_lineages(rows: Iterable[tuple[Any, ...]]) -> list[Any]:
    """Return rows that begin with a school with its lineage and chain before it, ordered by lineage."""
    rows = list(rows)
    kin = stored_kin({row[0] for row in rows})
    return sorted(((*kin.get(row[0], (row[0], row[0])), *row) for row in rows), key=itemgetter(0))
