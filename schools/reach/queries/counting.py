"""The rows that are counted: headcounts for the fold, and what stands beside them; each has the key of its place and kind."""

from collections.abc import Collection, Hashable, Iterator
from heapq import merge
from operator import itemgetter
from typing import Any

from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, StringAgg, Sum, Value
from django.db.models.functions import Cast, Coalesce, Concat

from schools.directory.queries import MANY_SCHOOLS, places_on
from schools.programme.models import Audience
from schools.reach.fold import CHAIN, PLACE
from schools.reach.headcount_codec import encode
from schools.reach.places import OF_COVERS, OF_HEADCOUNTS, OF_SESSIONS, OUTSIDE, Scope
from schools.reach.queries.standing import CHUNK, first_known
from schools.visits.models import CountBasis, Cover, CoverState, Headcount, PupilsAre, Session, SessionStage


def counted(scope: Scope, *, anywhere: bool = False) -> QuerySet[Headcount]:
    """Return the headcounts of delivered sessions for pupils in the period, with those that nobody took.

    They are those frozen in the areas asked for, or `anywhere`.
    """
    of_pupils = Headcount.objects.filter(session__stage=SessionStage.DELIVERED, session__type__in=scope.for_pupils)
    return scope.narrow(of_pupils, OF_HEADCOUNTS, anywhere=anywhere)


def headcounts(scope: Scope, standing: Collection[int]) -> Iterator[Any]:
    """Return the rows for the fold: one for each chain and place, with all that was counted there, ordered by lineage.

    Where only some areas are asked for, the rows include headcounts that were frozen elsewhere, of chains that stand in these
    areas; their place is OUTSIDE. A school that moved was visited all the same.
    """
    inside = scope.keyed(_by_chain(scope, counted(scope)))
    if scope.areas is None:
        return inside
    elsewhere = counted(scope, anywhere=True).exclude(area__in=scope.areas)
    if len(standing) <= MANY_SCHOOLS:
        elsewhere = elsewhere.filter(Q(school__in=standing) | Q(school__chain__in=standing))
    moved = (row for row in _by_chain(scope, elsewhere) if row[CHAIN] in standing)
    return merge(inside, ((*row[:PLACE], _outside(scope, row[PLACE])) for row in scope.keyed(moved)), key=itemgetter(0))


def _outside(scope: Scope, key: Any) -> Hashable:
    return scope.key(OUTSIDE, key[1] if scope.by_kind else None)


def _by_chain(scope: Scope, rows: QuerySet[Headcount]) -> QuerySet[Headcount, Any]:
    lineage, chain = first_known("school__lineage", "school_id"), first_known("school__chain", "school_id")
    series = [session_type.pk for session_type in scope.types if session_type.series]
    again = Q(session__pupils_are=PupilsAre.AGAIN) | Q(session__type__in=series)
    # A headcount that nobody took adds nothing to any figure; the school was visited all the same.
    pupils = Coalesce("pupils", 0)
    number = encode(F("session__type_id"), F("session__academic_year"), F("year_group"), pupils)
    columns = scope.columns(OF_HEADCOUNTS)
    after_session = Concat(Cast("session_id", CharField()), Value(","), Cast(number, CharField()))
    # Not read with an iterator: PostgreSQL does not work in parallel for a cursor, and the rows of ten years take few megabytes.
    strung: QuerySet[Headcount, Any] = (
        rows.order_by(lineage)
        .values(*columns, lineage_key=lineage, chain_key=chain)
        .annotate(
            seats=Sum(pupils),
            estimated=Sum(pupils, filter=~Q(session__count_basis=CountBasis.COUNTED), default=0),
            new=StringAgg(Cast(number, CharField()), Value(","), filter=~again),
            again=StringAgg(after_session, Value(","), filter=again),
        )
        .values_list("lineage_key", "chain_key", "seats", "estimated", "new", "again", *columns)
    )
    return strung


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
    return scope.narrow(Session.objects.without_headcounts(), OF_SESSIONS, anywhere=anywhere)


def hosts(scope: Scope, rows: QuerySet[Session]) -> Iterator[Any]:
    """Return session, host's chain, session type and key of each of the sessions."""
    chain = first_known("visit__school__chain", "visit__school_id")
    return scope.keyed(rows.order_by().values_list("pk", chain, "type_id", *scope.columns(OF_SESSIONS)).iterator(CHUNK))


def visits_without_headcounts(scope: Scope) -> Iterator[tuple[int, int, Hashable]]:
    """Yield host's chain, session type and key of each of without_headcounts, also of those outside the areas asked for."""
    for _, chain, session_type, key in hosts(scope, without_headcounts(scope)):
        yield chain, session_type, key
    if scope.areas is not None:
        elsewhere = without_headcounts(scope, anywhere=True).exclude(area__in=scope.areas)
        for _, chain, session_type, key in hosts(scope, elsewhere):
            yield chain, session_type, _outside(scope, key)


def outcomes_missing(scope: Scope) -> Iterator[tuple[int, Hashable]]:
    """Yield each session for pupils that is still scheduled although its day has passed, with its key.

    Nothing is frozen on it yet: it belongs to the place of its host on its day.
    """
    overdue = scope.narrow(Session.objects.outcome_missing(on=scope.as_of).for_pupils(), OF_SESSIONS, anywhere=True)
    columns = ("pk", "visit__school_id", "day", "visit__school__nation", *scope.kind_columns(OF_SESSIONS))
    facts = list(overdue.order_by().values_list(*columns))
    places = places_on((school, day) for _, school, day, *_ in facts)
    for pk, school, day, nation, *kind in facts:
        place = places[school, day]
        if scope.areas is None or place.area_id in scope.areas:
            here = scope.place(area=place.area_id, authority=place.authority_id, region=place.region_id, nation=nation)
            yield pk, scope.key(here, scope.kind(kind[0]) if kind else None)


def attended(scope: Scope) -> QuerySet[Cover]:
    """Return the covers of people who were there."""
    return scope.narrow(Cover.objects.filter(state=CoverState.ATTENDED, session__stage=SessionStage.DELIVERED), OF_COVERS)


def covers(scope: Scope) -> Iterator[Any]:
    """Return session, volunteer, role, visit, day, start, end and key of each cover of somebody who was there."""
    # As text, because Python converts each of SQLite's days and times, although only few of them differ.
    day, starts, ends = (Cast(f"session__{name}", CharField()) for name in ("day", "starts", "ends"))
    columns = ("session_id", "volunteer_id", "role", "session__visit_id", day, starts, ends)
    return scope.keyed(attended(scope).order_by().values_list(*columns, *scope.columns(OF_COVERS)).iterator(CHUNK))
