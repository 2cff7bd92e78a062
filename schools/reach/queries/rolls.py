"""The newest rolls of schools on the report's day, as a table: a row for each school, a column for each year group."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db.models import Case, CharField, F, IntegerField, Q, QuerySet, StringAgg, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from schools.core.batched_queries import AsRead, all_of
from schools.core.ids import Ids
from schools.core.year_groups import YEAR_GROUPS
from schools.directory.models import Roll, RollSource
from schools.directory.queries import MANY_SCHOOLS
from schools.reach.arrays import Flags, Numbers, Table, numbered
from schools.reach.chains import UNKNOWN
from schools.reach.headcount_codec import GROUPS, MARKED, RANKED, all_rolls_in, encode_roll
from schools.reach.places import Scope
from schools.reach.queries.kin import closed_entries

RANKS: dict[str, int] = {RollSource.REGISTER: 0, RollSource.LIST: 1, RollSource.COORDINATOR: 2}
"""Where several sources have a number for one year, the source with the highest rank is used."""


def roll_as_text() -> StringAgg:
    """Return the expression for a school's rolls as one text of headcount_codec, where rolls are grouped by school."""
    rank = Case(*(When(source=source, then=Value(place)) for source, place in RANKS.items()), output_field=IntegerField())
    number: Combinable = Cast(encode_roll(F("academic_year"), F("year_group"), rank, F("pupils")), CharField())
    return StringAgg(number, Value(","))


@dataclass(frozen=True)
class NewestRolls:
    """The newest roll of each school, and of the closed entries of each chain together."""

    rows: Mapping[int, int]
    """The row of each school in the table; of the closed entries of a chain it is under the chain's number below 0."""
    pupils: Table
    """By school and year group; UNKNOWN where nobody knows."""
    is_whole: Flags
    """Whether a register's roll is part of it, which is of the whole school."""

    def of(self, schools: Iterable[tuple[int, int]]) -> tuple[Table, Flags]:
        """Return rolls and `is_whole` of each (school, chain).

        A school without a roll of its own has the roll of the closed entries of its chain.
        """
        nobody = len(self.is_whole)
        rows = [self.rows.get(school, self.rows.get(-chain, nobody)) for school, chain in schools]
        pupils = np.vstack((self.pupils, np.full((1, len(YEAR_GROUPS)), UNKNOWN, np.int32)))
        return pupils[rows], np.append(self.is_whole, [False])[rows]


type Pairs = Sequence[tuple[int, int]]
"""Schools, each with its chain."""


def newest_rolls(scopes: Sequence[Scope], schools: Sequence[Pairs]) -> list[NewestRolls]:
    """Return for each of the scopes the newest rolls of its schools by its period's last academic year, and perhaps of others."""
    texts: list[list[tuple[int, int, str]]] = [[] for _ in scopes]
    parts = [_texts(scope, of_scope, number) for number, (scope, of_scope) in enumerate(zip(scopes, schools, strict=True))]
    rows: Any = all_of(parts)
    for row in rows:
        texts[row[0]].append(row)
    return [_rolls_on(min(scope.period.last_day, scope.as_of), own) for scope, own in zip(scopes, texts, strict=True)]


def _texts(scope: Scope, schools: Pairs, number: int) -> QuerySet[Any, Any]:
    """Return the number of the scope, and school and rolls as a text of each school with any."""
    year = scope.period.last_academic_year.start
    # Older rolls are read only where the register has none of the year, because there are many of them.
    registered = Roll.objects.filter(academic_year=year, source=RollSource.REGISTER).order_by().values("school")
    rolls = Roll.objects.filter(Q(academic_year=year) | Q(academic_year__lt=year) & ~Q(school__in=registered))
    if len(schools) <= MANY_SCHOOLS:
        few, chains = ([*part] for part in zip(*schools, strict=True)) if schools else ([], [])
        rolls = rolls.filter(Q(school__in=Ids(few)) | Q(school__chain__in=Ids(chains)))
    of_schools = rolls.order_by("school_id").values("school_id", of_scope=Value(number, AsRead())).annotate(own=roll_as_text())
    return of_schools.values_list("of_scope", "school_id", "own")


def _rolls_on(day: date, texts: Sequence[tuple[int, int, str]]) -> NewestRolls:
    """Return the newest of the rolls, which are rows of `_texts`, as the chains stand on the day."""
    closed = closed_entries(day)
    owners, keys = numbered(-closed[school] if school in closed else school for _, school, _ in texts)
    pupils, is_whole = _newest([text for *_, text in texts], owners, len(keys))
    return NewestRolls({key: row for row, key in enumerate(keys)}, pupils, is_whole)


def _newest(texts: Sequence[str], owners: Numbers, rows: int) -> tuple[Table, Flags]:
    """Return the newest roll of each row, and whether it is a register's; `owners` says to which row each text belongs.

    It is the register's newest roll; numbers from other sources, of the same year or later, replace it year group by year group.
    """
    of_class, ranked, text = all_rolls_in(texts)
    row, (year, group) = owners[text], np.divmod(of_class, GROUPS)
    is_register = ranked < MARKED
    register = np.full(rows, UNKNOWN, np.int64)
    np.maximum.at(register, row[is_register], year[is_register])
    counts = (year == register[row]) | (~is_register & (year > register[row]))
    # The largest number stays: the newest; within a year the coordinator's; of two entries of a chain the larger.
    best = np.full((rows, len(YEAR_GROUPS)), UNKNOWN, np.int64)
    np.maximum.at(best, (row[counts], group[counts]), (year * RANKED + ranked)[counts])
    return np.where(best == UNKNOWN, UNKNOWN, best % MARKED).astype(np.int32), register != UNKNOWN


def rolls_known(scope: Scope, schools: Pairs) -> dict[int, dict[int, int]]:
    """Return the roll by year group of each (school, chain) for the period's last academic year, without shares of a total."""
    [rolls] = newest_rolls([scope], [schools])
    pupils, _ = rolls.of(schools)
    return {
        school: {group: number for group, number in enumerate(roll) if number != UNKNOWN}
        for (school, _), roll in zip(schools, pupils.tolist(), strict=True)
    }
