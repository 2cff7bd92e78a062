"""Questions about reach: the table, what is behind a cell, and the same period a year before."""

from schools.reach.queries.behind import Behind, behind
from schools.reach.queries.months import attendances_by_month
from schools.reach.queries.readers import names_of, readable_areas, reads_each_answer
from schools.reach.queries.tables import (
    ReachSoFar,
    a_year_before,
    figures_alone,
    pupils_alone,
    reach,
    reach_of_periods,
    scope_of,
    session_types,
    so_far,
)
from schools.reach.sentences import sentence

__all__ = [
    "Behind",
    "ReachSoFar",
    "a_year_before",
    "attendances_by_month",
    "behind",
    "figures_alone",
    "names_of",
    "pupils_alone",
    "reach",
    "reach_of_periods",
    "readable_areas",
    "reads_each_answer",
    "scope_of",
    "sentence",
    "session_types",
    "so_far",
]
