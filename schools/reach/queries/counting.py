"""The rows that are counted: headcounts for the fold, and what stands beside them; each has the key of its place and kind."""

from collections.abc import Collection, Hashable, Iterator, Sequence
from heapq import merge
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import Case, CharField, Count, Exists, F, Max, OuterRef, Q, QuerySet, StringAgg, Sum, Value, When
from django.db.models.functions import Cast, Coalesce, Concat

from schools.directory.models import School
from schools.directory.queries import MANY_SCHOOLS, places_on
from schools.programme.models import Audience
from schools.reach.fold_rows import CHAIN, PLACE, Stretches
from schools.reach.headcount_codec import Mark, encode
from schools.reach.places import OF_COVERS, OF_HEADCOUNTS, OF_SESSIONS, OUTSIDE, Scope
from schools.reach.queries.kin import in_order_of_lineages
from schools.reach.queries.standing import CHUNK, first_known
from schools.reach.rows import Cut
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
    inside = scope.keyed(_handed_over(by_entry(scope, counted(scope), stretches)))
    if scope.is_everywhere:
        return inside
    elsewhere = scope.elsewhere(counted(scope, anywhere=True), OF_HEADCOUNTS)
    if len(standing) <= MANY_SCHOOLS:
        elsewhere = elsewhere.filter(Q(school__in=standing) | Q(school__chain__in=standing))
    moved = (row for row in by_entry(scope, elsewhere, stretches) if row[CHAIN] in standing)
    return merge(inside, ((*row[:PLACE], outside(scope, row[PLACE])) for row in scope.keyed(moved)), key=itemgetter(0))


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
    series = [session_type.pk for session_type in scope.types if session_type.series]
    again = Q(session__pupils_are=PupilsAre.AGAIN) | Q(session__type__in=series)
    plain = Q(pupils__isnull=False, session__count_basis=CountBasis.COUNTED) & ~again
    if stretches.lineages:
        plain &= ~Q(school__lineage__in=stretches.lineages)
    blank = When(pupils=None, then=Value(int(Mark.BLANK)))
    of_school = When(session__count_basis=CountBasis.SCHOOL, then=Value(int(Mark.SCHOOL)))
    spread = When(session__count_basis=CountBasis.SPREAD, then=Value(int(Mark.SPREAD)))
    # A headcount that nobody took adds nothing to any figure; the school was visited all the same.
    pupils = Coalesce("pupils", 0)
    columns = scope.columns(OF_HEADCOUNTS)

    def number(mark: Any) -> Cast:
        return Cast(encode(F("session__type_id"), F("session__academic_year"), F("year_group"), mark, pupils), CharField())

    came_again = Case(When(again, then=Value(int(Mark.AGAIN))), default=Value(0))
    marked = number(Case(blank, spread, of_school, default=Value(int(Mark.COUNTED))) + came_again)
    after_session = Concat(Cast("session_id", CharField()), Value(","), marked)
    # Not read with an iterator: PostgreSQL does not work in parallel for a cursor, and the rows of ten years take few megabytes.
    # In an order within a text: else PostgreSQL groups many years in one process, in a hash table larger than its memory. Within
    # the text that has few headcounts, because PostgreSQL sorts each school's by themselves.
    strung: Any = (
        rows.order_by("school_id")
        .values("school_id", *columns)
        .annotate(
            alone=StringAgg(number(Value(int(Mark.COUNTED))), Value(","), filter=plain),
            grouped=StringAgg(after_session, Value(","), filter=~plain, order_by="year_group"),
        )
        .values_list("school_id", "alone", "grouped", *columns)
    )
    return in_order_of_lineages(strung)


def delivered(scope: Scope) -> QuerySet[Session]:
    """Return the sessions of any type that took place."""
    return scope.narrow(Session.objects.delivered(), OF_SESSIONS)


def sessions(scope: Scope) -> Iterator[Any]:
    """Return rows of sessions delivered, adults in sessions for adults, and key; a key may have several rows."""
    for_adults = [session_type.pk for session_type in scope.types if session_type.audience == Audience.ADULTS]
    columns = scope.columns(OF_SESSIONS)
    rows = (
        delivered(scope)
        .order_by()
        .values(*columns)
        .annotate(sessions=Count("pk", distinct=scope.by_year_group), of_adults=Sum("adults", filter=Q(type__in=for_adults)))
    )
    return scope.keyed(rows.values_list("sessions", "of_adults", *columns))


def partly_counted(scope: Scope) -> QuerySet[Session]:
    """Return the delivered sessions for pupils in which a year group that is asked for was not counted."""
    held = scope.narrow(Session.objects.partly_counted(), OF_SESSIONS, headcounts={"pupils": None})
    if not scope.by_year_group and (groups := scope.filters.year_groups):
        held = held.filter(Exists(Headcount.objects.filter(session=OuterRef("pk"), pupils=None, year_group__in=groups)))
    return held


def without_headcounts(scope: Scope, *, anywhere: bool = False) -> QuerySet[Session]:
    """Return the delivered sessions for pupils without any headcount: they were visits to their hosts all the same."""
    # As SessionQuerySet.without_headcounts, but a list of the types, which are known, is quicker than a look at each session's.
    held = Session.objects.delivered().filter(type__in=scope.for_pupils)
    bare_ones = held.filter(~Exists(Headcount.objects.filter(session=OuterRef("pk"))))
    return scope.narrow(bare_ones, OF_SESSIONS, anywhere=anywhere)


def hosts(scope: Scope, rows: QuerySet[Session]) -> Iterator[Any]:
    """Return session, host's chain, session type and key of each of the sessions."""
    chain = first_known("visit__school__chain", "visit__school_id")
    return scope.keyed(rows.order_by().values_list("pk", chain, "type_id", *scope.columns(OF_SESSIONS)).iterator(CHUNK))


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


def bare(rows: QuerySet[Session], *columns: Any) -> QuerySet[Session, Any]:
    """Return the first columns of Bare for each of the sessions, and then other `columns`."""
    host = "visit__school"
    kin = (first_known(f"{host}__lineage", f"{host}_id"), first_known(f"{host}__chain", f"{host}_id"))
    ages = (f"{host}__low_age", f"{host}__high_age")
    return rows.order_by().values_list("type_id", "academic_year", f"{host}_id", *kin, *ages, *columns)


def visits_without_headcounts(scope: Scope) -> list[Bare]:
    """Return those of without_headcounts, with their keys, also those outside the areas and fifths asked for."""
    columns = scope.columns(OF_SESSIONS)
    visits = [Bare(*row) for row in scope.keyed(bare(without_headcounts(scope), *columns))]
    if not scope.is_everywhere:
        elsewhere = scope.elsewhere(without_headcounts(scope, anywhere=True), OF_SESSIONS)
        moved = (Bare(*row) for row in scope.keyed(bare(elsewhere, *columns)))
        visits += [visit._replace(key=outside(scope, visit.key)) for visit in moved]
    return visits


def overdue(scope: Scope) -> QuerySet[Session]:
    """Return the sessions for pupils that are still scheduled although their day has passed, wherever they are."""
    return scope.narrow(Session.objects.outcome_missing(on=scope.as_of).for_pupils(), OF_SESSIONS, anywhere=True)


def outcomes_missing(scope: Scope) -> Iterator[tuple[int, Hashable]]:
    """Yield each session of `overdue` in the areas asked for, with its key.

    Nothing is frozen on it yet: it belongs to the place of its host on its day.
    """
    of_kind = scope.kind_columns(OF_SESSIONS)
    facts = list(overdue(scope).order_by().values_list("pk", "visit__school_id", "day", "visit__school__nation", *of_kind))
    keys = keys_on_the_day(scope, [fact[1:] for fact in facts])
    yield from ((fact[0], key) for fact, key in zip(facts, keys, strict=True) if key is not OUTSIDE)


def keys_on_the_day(scope: Scope, facts: Sequence[tuple[Any, ...]]) -> list[Hashable]:
    """Return the key of each (school, day, nation, value of the kind if any) as of that day.

    It is OUTSIDE where the school is not in the areas or fifths asked for.
    """
    places = places_on((school, day) for school, day, *_ in facts)
    fifths: dict[int, int | None] = {}
    if scope.place_cut == Cut.FIFTH or scope.filters.fifths:
        fifths = dict(School.objects.filter(pk__in={school for school, *_ in facts}).order_by().values_list("pk", "fifth"))
    keys: dict[tuple[Any, ...], Hashable] = {}
    for school, day, nation, *kind in set(facts):
        place = places[school, day]
        key: Hashable = OUTSIDE
        in_fifths = not scope.filters.fifths or fifths[school] in scope.filters.fifths
        if in_fifths and (scope.areas is None or place.area_id in scope.areas):
            ids = {"area": place.area_id, "authority": place.authority_id, "region": place.region_id}
            here = scope.place(**ids, nation=nation, fifth=fifths.get(school))
            key = scope.key(here, scope.kind(kind[0]) if kind else None)
        keys[school, day, nation, *kind] = key
    return [keys[fact] for fact in facts]


def attended(scope: Scope) -> QuerySet[Cover]:
    """Return the covers of people who were there."""
    return scope.narrow(Cover.objects.filter(state=CoverState.ATTENDED, session__stage=SessionStage.DELIVERED), OF_COVERS)


def cover_times(scope: Scope) -> Iterator[Any]:
    """Return start, end, number and key of the covers of people who were there; the number is of those alike."""
    columns = scope.columns(OF_COVERS)
    times = ("session__starts", "session__ends")
    alike = attended(scope).order_by().values(*times, *columns).annotate(number=Count("pk", distinct=scope.by_year_group))
    return scope.keyed(alike.values_list(*times, "number", *columns))


def cover_days(scope: Scope) -> Iterator[Any]:
    """Return volunteer, visit, day as text, whether they led or presented, and key of each visit day of each who was there."""
    columns = scope.columns(OF_COVERS)
    presents = Max(Case(When(role__in=PRESENTING_ROLES, then=1), default=0))
    # As text, because Python converts each of SQLite's days, although only few of them differ.
    of_day = attended(scope).order_by().annotate(on=Cast("session__day", CharField()))
    facts = ("volunteer_id", "session__visit_id", "on")
    grouped = of_day.values(*facts, *columns).annotate(presents=presents)
    return scope.keyed(grouped.values_list(*facts, "presents", *columns).iterator(CHUNK))
