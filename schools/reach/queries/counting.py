"""The rows that are counted: headcounts for the fold, and what stands beside them; each has the key of its place and kind."""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from datetime import date
from heapq import merge
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    StringAgg,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Concat

from schools.core.batched_queries import Answer, AsRead, Question, all_of, ask_together
from schools.directory.queries import MANY_SCHOOLS, Place, places_on
from schools.programme.models import Audience
from schools.reach.fold_rows import CHAIN, PLACE, Stretches
from schools.reach.headcount_codec import Mark, encode
from schools.reach.places import OF_COVERS, OF_HEADCOUNTS, OF_SESSIONS, OUTSIDE, Scope
from schools.reach.queries.kin import CHUNK, first_known, in_order_of_lineages
from schools.visits.models import PRESENTING_ROLES, CountBasis, Cover, CoverState, Headcount, PupilsAre, Session, SessionStage


def counted(scope: Scope, *, anywhere: bool = False) -> QuerySet[Headcount]:
    """Return the headcounts of delivered sessions for pupils in the period, with those that nobody took.

    They are those of the areas and fifths asked for, or `anywhere`.
    """
    of_pupils = Headcount.objects.filter(session__stage=SessionStage.DELIVERED, session__type__in=scope.for_pupils)
    return scope.narrow(of_pupils, OF_HEADCOUNTS, anywhere=anywhere)


def headcounts(scope: Scope, standing: Collection[int], stretches: Stretches) -> Iterator[Any]:
    """Return the rows for the fold: one for each register entry and place, with all that was counted there, ordered by lineage.

    Where only some areas or fifths are asked for, the rows include headcounts from elsewhere of chains that stand there; their
    place is OUTSIDE. A school that moved was visited all the same.
    """
    if scope.is_everywhere:
        return scope.keyed(_handed_over(by_entry(scope, counted(scope), stretches)))
    return headcounts_of_periods([scope], [standing], [stretches])[0]


def headcounts_of_periods(
    scopes: Sequence[Scope], standing: Sequence[Collection[int]], stretches: Sequence[Stretches]
) -> list[Iterator[Any]]:
    """Return the same for each of the scopes, which differ in their periods and ask for some areas or fifths; one query."""
    parts = [
        (scope, rows, of_period)
        for scope, chains, of_period in zip(scopes, standing, stretches, strict=True)
        for rows in (counted(scope), _elsewhere(scope, chains))
    ]
    of_parts = _by_entry_together(parts)
    pairs = zip(of_parts[::2], of_parts[1::2], strict=True)
    return [_merged(scope, *pair, chains) for scope, pair, chains in zip(scopes, pairs, standing, strict=True)]


def _elsewhere(scope: Scope, standing: Collection[int]) -> QuerySet[Headcount]:
    """Return the headcounts from elsewhere; where few chains stand here, theirs alone."""
    elsewhere = scope.elsewhere(counted(scope, anywhere=True), OF_HEADCOUNTS)
    if len(standing) <= MANY_SCHOOLS:
        return elsewhere.filter(Q(school__in=standing) | Q(school__chain__in=standing))
    return elsewhere


def _merged(scope: Scope, inside: list[Any], moved: list[Any], standing: Collection[int]) -> Iterator[Any]:
    of_standing = scope.keyed(row for row in moved if row[CHAIN] in standing)
    return merge(scope.keyed(inside), ((*row[:PLACE], outside(scope, row[PLACE])) for row in of_standing), key=itemgetter(0))


def _handed_over(rows: list[Any]) -> Iterator[Any]:
    """Yield the rows and hold none of them any longer: while some are folded, the memory of those before them is free again."""
    rows.reverse()
    while rows:
        yield rows.pop()


def outside(scope: Scope, key: Any) -> Hashable:
    """Return the key of the same kind outside the areas and fifths asked for."""
    return scope.key(OUTSIDE, key[1] if scope.by_kind else None)


def by_entry(scope: Scope, rows: QuerySet[Headcount], stretches: Stretches) -> list[Any]:
    """Return these headcounts as rows for the fold without keys, one for each register entry and place, ordered by lineage."""
    return in_order_of_lineages(_strung(scope, rows, stretches).values_list(*OF_ENTRY, *scope.columns(OF_HEADCOUNTS)))


def _by_entry_together(parts: Sequence[tuple[Scope, QuerySet[Headcount], Stretches]]) -> list[list[Any]]:
    """Return the same of each of the parts, whose scopes have the same columns; one query."""
    columns = ("of_part", *OF_ENTRY, *parts[0][0].columns(OF_HEADCOUNTS))
    strung = [_strung(*part).annotate(of_part=Value(number, AsRead())).values_list(*columns) for number, part in enumerate(parts)]
    of_parts: list[list[tuple[Any, ...]]] = [[] for _ in parts]
    for number, *row in all_of(strung):
        of_parts[number].append(tuple(row))
    return [in_order_of_lineages(rows) for rows in of_parts]


OF_ENTRY = ("school_id", "alone", "grouped")
"""The columns of a row for the fold before those of its key, as they are read: a register entry, and its headcounts as texts."""


def is_a_share(scope: Scope) -> Q:
    """Return which headcounts are shares of a total that covers more: other schools too, or year groups that are not asked for.

    How many of it came from here nobody knows, so that many are not certain. A session with mixed classes has no total of several
    schools: everything else in it was counted by itself. A number of 0 beside a total says that nobody came from there, so the
    total covers it no more.
    """
    of_session = Headcount.objects.filter(session=OuterRef("session_id"))
    others, own = of_session.exclude(school=OuterRef("school_id")), of_session.filter(school=OuterRef("school_id"))
    # Most sessions have one school, which an index alone tells.
    # Which classes sat mixed is looked up for the few that have others: else PostgreSQL carries it along with every headcount.
    has_total = Session.objects.filter(pk=OuterRef("session_id"), mixed_classes__isnull=True)
    with_others = Q(Exists(others), Exists(others.exclude(pupils=0)), Exists(has_total))
    own = own.exclude(pupils=0)
    if scope.filters.year_groups:
        with_others |= Q(Exists(own.exclude(year_group__in=scope.filters.year_groups)))
    return Q(session__count_basis=CountBasis.SPREAD) & with_others


def counted_together(scope: Scope) -> QuerySet[Headcount, int]:
    """Return the ids of the sessions of which one total covers several schools, from a scope without year groups.

    One of which nobody came, by a 0 beside the total, is none of them.
    """
    return counted(scope).exclude(pupils=0).filter(is_a_share(scope)).order_by().values_list("session_id", flat=True)


def _strung(scope: Scope, rows: QuerySet[Headcount], stretches: Stretches) -> QuerySet[Any, Any]:
    """Return the columns of OF_ENTRY and of the key of these headcounts, one row for each register entry and place."""
    series = [session_type.pk for session_type in scope.types if session_type.series]
    again = Q(session__pupils_are=PupilsAre.AGAIN) | Q(session__type__in=series)
    plain = Q(pupils__isnull=False, session__count_basis=CountBasis.COUNTED) & ~again
    if stretches.lineages:
        plain &= ~Q(school__lineage__in=stretches.lineages)
    blank = When(pupils=None, then=Value(int(Mark.BLANK)))
    of_school = When(Q(session__count_basis=CountBasis.SCHOOL) | is_a_share(scope), then=Value(int(Mark.SCHOOL)))
    spread = When(session__count_basis=CountBasis.SPREAD, then=Value(int(Mark.SPREAD)))
    # A headcount that nobody took adds nothing to any figure; the school was visited all the same.
    pupils = Coalesce("pupils", 0)
    columns = scope.columns(OF_HEADCOUNTS)

    def number(mark: Any) -> Cast:
        return Cast(encode(F("session__type_id"), F("session__academic_year"), F("year_group"), mark, pupils), CharField())

    came_again = Case(When(again, then=Value(int(Mark.AGAIN))), default=Value(0))
    marked = number(Case(blank, of_school, spread, default=Value(int(Mark.COUNTED))) + came_again)
    after_session = Concat(Cast("session_id", CharField()), Value(","), marked)
    # Not read with an iterator: PostgreSQL does not work in parallel for a cursor, and the rows of ten years take few megabytes.
    # In an order within a text: else PostgreSQL groups many years in one process, in a hash table larger than its memory. Within
    # the text that has few headcounts, because PostgreSQL sorts each school's by themselves.
    texts: QuerySet[Headcount, Any] = (
        rows.order_by("school_id")
        .values("school_id", *columns)
        .annotate(
            alone=StringAgg(number(Value(int(Mark.COUNTED))), Value(","), filter=plain),
            grouped=StringAgg(after_session, Value(","), filter=~plain, order_by="year_group"),
        )
    )
    return texts


def delivered(scope: Scope) -> QuerySet[Session]:
    """Return the sessions of any type that took place."""
    return scope.narrow(Session.objects.delivered(), OF_SESSIONS)


def sessions(scope: Scope) -> Question:
    """Return the question for sessions delivered, adults in sessions for adults, and key; a key may have several rows."""
    for_adults = [session_type.pk for session_type in scope.types if session_type.audience == Audience.ADULTS]
    columns = scope.columns(OF_SESSIONS)
    rows = delivered(scope).order_by().values(*columns)
    # The sum may be larger than what the column holds, and PostgreSQL makes of each column of an answer what its field says.
    of_adults = Sum("adults", filter=Q(type__in=for_adults), output_field=BigIntegerField())
    return Question(rows, (Count("pk"), of_adults, *columns))


def partly_counted(scope: Scope) -> QuerySet[Session]:
    """Return the delivered sessions for pupils in which a year group that is asked for was not counted."""
    held = scope.narrow(Session.objects.partly_counted(), OF_SESSIONS)
    if groups := scope.filters.year_groups:
        held = held.filter(Exists(Headcount.objects.filter(session=OuterRef("pk"), pupils=None, year_group__in=groups)))
    return held


def without_headcounts(scope: Scope, *, anywhere: bool = False) -> QuerySet[Session]:
    """Return the delivered sessions for pupils without any headcount: they were visits to their hosts all the same."""
    # As SessionQuerySet.without_headcounts, but a list of the types, which are known, is quicker than a look at each session's.
    held = Session.objects.delivered().filter(type__in=scope.for_pupils)
    bare_ones = held.filter(~Exists(Headcount.objects.filter(session=OuterRef("pk"))))
    return scope.narrow(bare_ones, OF_SESSIONS, anywhere=anywhere)


class Bare(NamedTuple):
    """A session for pupils without any headcount, and its host."""

    session_type: int
    academic_year: int
    school: int
    lineage: int
    chain: int
    low_age: int | None
    high_age: int | None
    key: Hashable


def bare(rows: QuerySet[Session], *columns: Any) -> Question:
    """Return the question for the first columns of Bare of each of the sessions, and then other `columns`."""
    host = "visit__school"
    kin = (first_known(f"{host}__lineage", f"{host}_id"), first_known(f"{host}__chain", f"{host}_id"))
    ages = (f"{host}__low_age", f"{host}__high_age")
    return Question(rows, ("type_id", "academic_year", f"{host}_id", *kin, *ages, *columns))


def bare_here_and_elsewhere(scope: Scope) -> tuple[Question, ...]:
    """Return the questions for `bare_visits`: those of the areas and fifths asked for and, unless that is all, the others."""
    columns = scope.columns(OF_SESSIONS)
    here = bare(without_headcounts(scope), *columns)
    if scope.is_everywhere:
        return (here,)
    return here, bare(scope.elsewhere(without_headcounts(scope, anywhere=True), OF_SESSIONS), *columns)


def bare_visits(scope: Scope, here: Answer, elsewhere: Answer | None = None) -> list[Bare]:
    """Return those of without_headcounts, with their keys, also those outside the areas and fifths asked for."""
    moved = (Bare(*row) for row in scope.keyed(elsewhere or ()))
    return [
        *(Bare(*row) for row in scope.keyed(here)),
        *(visit._replace(key=outside(scope, visit.key)) for visit in moved),
    ]


def visits_without_headcounts(scope: Scope) -> list[Bare]:
    """Return the same; one query."""
    return bare_visits(scope, *ask_together(*bare_here_and_elsewhere(scope), in_one_process=is_of_many_years(scope)))


def is_of_many_years(scope: Scope) -> bool:
    """Return whether the sessions of the period are so many that PostgreSQL looks for those without headcounts in all of them.

    Several processes write both tables to the disk for that, and need three times the processor's time of a single one, which
    reads both in the order of an index.
    """
    return len(scope.period.academic_years) > 1


def overdue(scope: Scope) -> QuerySet[Session]:
    """Return the sessions for pupils that are still scheduled although their day has passed, wherever they are."""
    return scope.narrow(Session.objects.outcome_missing(on=scope.as_of).for_pupils(), OF_SESSIONS, anywhere=True)


def outcomes_missing(scope: Scope) -> Iterator[tuple[int, Hashable]]:
    """Yield each session of `overdue` in the areas asked for, with its key.

    Nothing is frozen on it yet: it belongs to the place of its host on its day.
    """
    host = ("visit__school_id", "day", "visit__school__nation", "visit__school__fifth")
    facts = list(overdue(scope).order_by().values_list("pk", *host, *scope.kind_columns(OF_SESSIONS)))
    keys = keys_on_the_day(scope, [fact[1:] for fact in facts])
    yield from ((fact[0], key) for fact, key in zip(facts, keys, strict=True) if key is not OUTSIDE)


type OnADay = tuple[Any, ...]
"""A school, a day, the school's nation and fifth, and the value of the kind if the cut is by kind."""

type PlacesOnDays = Mapping[tuple[int, date], Place]


def keys_on_the_day(scope: Scope, facts: Sequence[OnADay], places: PlacesOnDays | None = None) -> list[Hashable]:
    """Return the key of each of the facts as of its day.

    It is OUTSIDE where the school is not in the areas or fifths asked for. `places` are those of the schools on these days, and
    perhaps more; None: they are asked for.
    """
    if places is None:
        places = places_on((school, day) for school, day, *_ in facts)
    keys: dict[OnADay, Hashable] = {}
    for fact in set(facts):
        school, day, nation, fifth, *kind = fact
        place = places[school, day]
        key: Hashable = OUTSIDE
        in_fifths = not scope.filters.fifths or fifth in scope.filters.fifths
        if in_fifths and (scope.areas is None or place.area_id in scope.areas):
            ids = {"area": place.area_id, "authority": place.authority_id, "region": place.region_id}
            here = scope.place(**ids, nation=nation, fifth=fifth)
            key = scope.key(here, scope.kind(kind[0]) if kind else None)
        keys[fact] = key
    return [keys[fact] for fact in facts]


def attended(scope: Scope) -> QuerySet[Cover]:
    """Return the covers of people who were there."""
    return scope.narrow(Cover.objects.filter(state=CoverState.ATTENDED, session__stage=SessionStage.DELIVERED), OF_COVERS)


def cover_times(scope: Scope) -> Question:
    """Return the question for start, end, number and key of the covers of people who were there; number is of those alike."""
    columns = scope.columns(OF_COVERS)
    times = ("session__starts", "session__ends")
    rows = attended(scope).order_by().values(*times, *columns)
    return Question(rows, (*times, Count("pk"), *columns))


def cover_days(scope: Scope) -> Iterator[Any]:
    """Return volunteer, visit, day as text, whether they led or presented, and key of each visit day of each who was there."""
    columns = scope.columns(OF_COVERS)
    presents = Max(Case(When(role__in=PRESENTING_ROLES, then=1), default=0), output_field=AsRead())
    # As text, because Python converts each of SQLite's days, although only few of them differ.
    of_day = attended(scope).order_by().annotate(on=Cast("session__day", CharField()))
    facts = ("volunteer_id", "session__visit_id", "on")
    grouped = of_day.values(*facts, *columns).annotate(presents=presents)
    return scope.keyed(grouped.values_list(*facts, "presents", *columns).iterator(CHUNK))
