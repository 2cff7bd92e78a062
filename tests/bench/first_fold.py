"""The fold of the first definitions as it was, with its query: what the three numbers of the second may cost is told against it.

A copy that never changes; schools.reach.fold counts by the first definitions too, and tests.bench.reach asserts that both agree.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import CharField, F, Q, StringAgg, Sum, Value
from django.db.models.functions import Cast, Coalesce, Concat

from schools.reach.fold import Figures
from schools.reach.places import OF_HEADCOUNTS, Scope
from schools.reach.queries.counting import counted
from schools.reach.queries.kin import first_known
from schools.visits.models import CountBasis, PupilsAre

_PUPILS = 1 << 10
_GROUPS = 1 << 3
_CLASSES = _GROUPS << 14


def figures(scope: Scope) -> tuple[dict[Any, Figures], Figures]:
    """Return the figures of each place, and of all together; without areas asked for."""
    places: defaultdict[Any, Figures] = defaultdict(Figures)
    total = Figures()
    for _, rows in groupby(_rows(scope), key=itemgetter(0)):
        lineage = list(rows)
        by_place: defaultdict[Any, list[Any]] = defaultdict(list)
        for row in lineage:
            by_place[row[6]].append(row)
        if len(by_place) == 1:
            own, _ = _of_lineage(lineage, scope.online)
            places[lineage[0][6]].add(own)
            total.add(own)
        else:
            for place, part in by_place.items():
                places[place].add(_of_lineage(part, scope.online)[0])
            total.add(_of_lineage(lineage, scope.online)[0])
    return places, total


def _rows(scope: Scope) -> Iterator[Any]:
    lineage, chain = first_known("school__lineage", "school_id"), first_known("school__chain", "school_id")
    series = [session_type.pk for session_type in scope.types if session_type.series]
    again = Q(session__pupils_are=PupilsAre.AGAIN) | Q(session__type__in=series)
    pupils = Coalesce("pupils", 0)
    number = (F("session__type_id") * _CLASSES + F("session__academic_year") * _GROUPS + F("year_group")) * _PUPILS + pupils
    columns = scope.columns(OF_HEADCOUNTS)
    after_session = Concat(Cast("session_id", CharField()), Value(","), Cast(number, CharField()))
    strung = (
        counted(scope)
        .order_by(lineage)
        .values(*columns, lineage_key=lineage, chain_key=chain)
        .annotate(
            seats=Sum(pupils),
            estimated=Sum(pupils, filter=~Q(session__count_basis=CountBasis.COUNTED), default=0),
            new=StringAgg(Cast(number, CharField()), Value(","), filter=~again),
            again=StringAgg(after_session, Value(","), filter=again),
        )
        .values_list("lineage_key", "chain_key", "seats", "estimated", "new", "again", *columns)
    )
    return scope.keyed(strung)


def _of_lineage(lineage: Sequence[Any], online: Collection[int]) -> tuple[Figures, dict[int, dict[int, int]]]:
    own = Figures()
    reached: dict[int, dict[int, int]] = {}
    for _, _, pupils, estimated, *_ in lineage:
        own.attendances += pupils
        own.attendances_estimated += estimated
    for chain, cells in _pupils_by_type(lineage).items():
        in_person, by_screen = _largest(cells, online)
        reached[chain] = _larger(in_person, by_screen)
        own.pupils_reached += sum(reached[chain].values())
        own.pupils_in_person += sum(in_person.values())
        own.pupils_online += sum(by_screen.values())
        if in_person:
            own.schools_in_person.add(chain)
        if by_screen:
            own.schools_online.add(chain)
    own.children_reached = sum(_cohorts(reached.values()).values())
    return own, reached


def _largest(cells: Mapping[int, int], apart: Collection[int]) -> tuple[dict[int, int], dict[int, int]]:
    classes: dict[int, int] = {}
    classes_apart: dict[int, int] = {}
    for cell, pupils in cells.items():
        session_type, of_class = divmod(cell, _CLASSES)
        into = classes_apart if session_type in apart else classes
        if pupils >= into.get(of_class, 0):
            into[of_class] = pupils
    return classes, classes_apart


def _larger(some: dict[int, int], others: dict[int, int]) -> dict[int, int]:
    if not others:
        return some
    return {of_class: max(some.get(of_class, 0), others.get(of_class, 0)) for of_class in some | others}


def _pupils_by_type(rows: Iterable[Any]) -> dict[int, dict[int, int]]:
    chains: dict[int, dict[int, int]] = {}
    groups: dict[tuple[int, int, int], int] = {}
    for _, chain, _, _, new, again, _ in rows:
        cells = chains.setdefault(chain, {})
        for number in _numbers(new):
            cell, pupils = divmod(number, _PUPILS)
            cells[cell] = cells.get(cell, 0) + pupils
        numbers = _numbers(again)
        for session, number in zip(numbers, numbers, strict=True):
            cell, pupils = divmod(number, _PUPILS)
            groups[chain, cell, session] = groups.get((chain, cell, session), 0) + pupils
    for (chain, cell, _), pupils in groups.items():
        chains[chain][cell] = max(pupils, chains[chain].get(cell, 0))
    return chains


def _numbers(text: str | None) -> Iterator[int]:
    return map(int, text.split(",")) if text else iter(())


def _cohorts(chains: Iterable[Mapping[int, int]]) -> dict[int, int]:
    cohorts: dict[int, int] = {}
    for of_class, pupils in _together(chains).items():
        cohort = of_class // _GROUPS - of_class % _GROUPS
        if pupils >= cohorts.get(cohort, 0):
            cohorts[cohort] = pupils
    return cohorts


def _together(chains: Iterable[Mapping[int, int]]) -> Mapping[int, int]:
    all_chains = list(chains)
    if len(all_chains) == 1:
        return all_chains[0]
    together: defaultdict[int, int] = defaultdict(int)
    for classes in all_chains:
        for of_class, pupils in classes.items():
            together[of_class] += pupils
    return together
