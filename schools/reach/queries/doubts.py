"""What looks wrong in the data of a school year. Each doubt says what, where, and the digest of the rows behind it.

A doubt that somebody confirmed stays confirmed as long as its digest is the same: as long as these rows do not change.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations, groupby
from operator import attrgetter
from typing import Any

from django.db.models import Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Value, Window
from django.db.models.expressions import RowRange

from schools.core.batched_queries import AsRead, all_of
from schools.core.periods import AcademicYear
from schools.core.snapshot import snapshot
from schools.core.words import joined, long_day
from schools.core.year_groups import year_group_name
from schools.delivery.rules import FAR
from schools.delivery.sure_numbers import sure_numbers
from schools.directory.models import Area, School
from schools.directory.models.schools import Status
from schools.directory.queries import places_on
from schools.reach.filters import EVERYTHING
from schools.reach.models import Confirmed, DoubtKind
from schools.reach.places import OUTSIDE, Scope, areas_of_authorities
from schools.reach.queries import counting
from schools.reach.queries.doubt_lines import CountBehind, Doubt, digest_of
from schools.reach.queries.kept import kept
from schools.reach.queries.over_roll import over_roll
from schools.reach.queries.tables import scope_of
from schools.reach.rows import Cut
from schools.visits.models import (
    HOLDING_STATES,
    AnswerItem,
    Cover,
    Headcount,
    SchoolAnswer,
    Session,
    SessionQuerySet,
    SessionStage,
)

A_WEEK = timedelta(days=7)
"""The time after which a missing outcome is asked about here; before, only the coordinator's home page asks."""

BEFORE, AFTER = timedelta(days=31), timedelta(days=400)
"""How long before or after one school closed another may have opened at its postcode to be perhaps the same school."""


def doubts(year: AcademicYear, *, as_of: date, areas: QuerySet[Area] | None = None) -> list[Doubt]:
    """Return everything of the year that looks wrong, kind by kind, the latest first; the number of queries is constant."""
    with snapshot():
        scope = scope_of(year.period, by=Cut.AREA, within=None, filters=EVERYTHING, as_of=as_of, areas=areas)
        held = counting.delivered(scope)
        overdue, twice = _overdue(scope), _twice(scope)
        places = places_on(_days_of([*overdue, *(cover.session for cover in twice)]))
        all_doubts = [
            *kept("over-roll", scope, scope.period, lambda: list(over_roll(scope))),
            *_unlike_expected(held),
            *_unlike_school(held),
            *_without_cover(held),
            *_without_outcome(scope, overdue, places),
            *_overlapping(twice, places),
            *_broken_chains(year, as_of=as_of),
        ]
        # One of two areas is one doubt for whoever reads both: that of the first.
        here = {
            (doubt.kind, doubt.subject): doubt
            for doubt in reversed(all_doubts)
            if scope.areas is None or doubt.area in scope.areas
        }
        return _with_entered(
            _with_confirmed(
                sorted(
                    here.values(), key=lambda doubt: (DoubtKind.values.index(doubt.kind), -doubt.day.toordinal(), doubt.subject)
                )
            )
        )


def sessions_in_doubt(sessions: SessionQuerySet, *, on: date) -> SessionQuerySet:
    """Return sessions delivered in the day's school year with counts or covers that look wrong and that nobody confirmed."""
    held = sessions.delivered().in_period(AcademicYear.of(on).period)
    doubts_found = _with_confirmed([*_unlike_expected(held), *_unlike_school(held), *_without_cover(held)])
    return sessions.filter(pk__in={doubt.session for doubt in doubts_found if not doubt.confirmed})


def _with_confirmed(doubts_found: list[Doubt]) -> list[Doubt]:
    if not doubts_found:
        return doubts_found
    kinds = {doubt.kind for doubt in doubts_found}
    confirmed = {(row.kind, row.subject): row for row in Confirmed.objects.filter(kind__in=kinds).select_related("by")}
    return [_with_confirmation(doubt, confirmed.get((doubt.kind, doubt.subject))) for doubt in doubts_found]


def _with_confirmation(doubt: Doubt, confirmed: Confirmed | None) -> Doubt:
    return replace(doubt, confirmed=confirmed) if confirmed and confirmed.digest == doubt.digest else doubt


def _with_entered(doubts_found: list[Doubt]) -> list[Doubt]:
    """Add what was confirmed when it was entered: a number that stands as it was confirmed, and no other."""
    sessions = {count.session for doubt in doubts_found for count in doubt.counts}
    sure = sure_numbers(sessions) if sessions else {}
    return [
        replace(
            doubt,
            entered=tuple(
                known.in_words(count.name)
                for count in doubt.counts
                if (known := sure.get((count.session, (count.school, count.year_group)))) and known.pupils == count.pupils
            ),
        )
        for doubt in doubts_found
    ]


# Sessions


def _unlike_expected(held: QuerySet[Session]) -> Iterator[Doubt]:
    far = Headcount.objects.filter(
        Q(Q(pupils__gt=F("expected") * 3 / 2), pupils__gt=F("expected") + FAR)
        | Q(pupils__lt=F("expected") / 2, expected__gt=F("pupils") + FAR),
        session__in=held.order_by().values("pk"),
    )
    ordered = far.select_related("session__visit__school", "session__type", "school").order_by("session_id", "year_group", "pk")
    for _, of_session in groupby(ordered, key=attrgetter("session_id")):
        counts = list(of_session)
        session = counts[0].session
        differences = joined(
            f"{count.pupils:,} in {year_group_name(count.year_group, count.school.nation)} ({count.expected:,} expected)"
            for count in counts
        )
        doubt = _of_session(
            DoubtKind.EXPECTED,
            session,
            session.area_id,
            f"{differences}.",
            [(count.pk, count.pupils, count.expected) for count in counts],
        )
        behind = (
            CountBehind(session.pk, row.school_id, row.year_group, row.pupils, year_group_name(row.year_group, row.school.nation))
            for row in counts
        )
        yield replace(doubt, counts=tuple(behind))


def _unlike_school(held: QuerySet[Session]) -> Iterator[Doubt]:
    """Yield the sessions of which a school’s own number is further than FAR from ours; its latest word on each year group counts.

    What nobody here counted is no number of ours, so it is not far from any.
    """
    ours = Headcount.objects.filter(session=OuterRef("session"), school=OuterRef("school"), year_group=OuterRef("year_group"))
    answers = SchoolAnswer.objects.filter(item=AnswerItem.COUNTED, session__in=held.order_by().values("pk"))
    counted = answers.annotate(ours=Subquery(ours.order_by().values("pupils")[:1])).exclude(ours=None)
    rows = counted.select_related("school", "session__type", "session__visit__school")
    latest: dict[tuple[Any, ...], Any] = {}
    for answer in rows.order_by("session_id", "year_group", "school_id", "at", "pk"):
        latest[answer.session_id, answer.school_id, answer.year_group] = answer
    far = [answer for answer in latest.values() if answer.words.isdecimal() and abs(int(answer.words) - answer.ours) > FAR]
    for _, of_session in groupby(far, key=attrgetter("session_id")):
        group = list(of_session)
        session = group[0].session
        names = {answer.pk: year_group_name(answer.year_group, answer.school.nation) for answer in group}
        differences = joined(f"{answer.ours:,} in {names[answer.pk]} (the school says {int(answer.words):,})" for answer in group)
        facts = [(answer.pk, answer.words, answer.ours) for answer in group]
        doubt = _of_session(DoubtKind.SCHOOL, session, session.area_id, f"{differences}.", facts)
        behind = (CountBehind(session.pk, each.school_id, each.year_group, each.ours, names[each.pk]) for each in group)
        yield replace(doubt, counts=tuple(behind))


def _without_cover(held: QuerySet[Session]) -> Iterator[Doubt]:
    somebody = Cover.objects.filter(session=OuterRef("pk"), state__in=HOLDING_STATES)
    alone = held.filter(~Exists(somebody), type__presenters__gt=0)
    for session in alone.select_related("visit__school", "type").order_by("pk"):
        words = f"It took place, and nobody is written down who was there: {session.name} needs {session.type.presenters}."
        yield _of_session(DoubtKind.NO_COVER, session, session.area_id, words, [session.stage, session.version])


def _overdue(scope: Scope) -> list[Session]:
    """Return the sessions for pupils of which nobody has said for more than a week how they went, wherever they are."""
    late = counting.overdue(replace(scope, as_of=scope.as_of - A_WEEK))
    return list(late.select_related("visit__school", "type").order_by("pk"))


def _days_of(sessions: Iterable[Session]) -> Iterator[tuple[int, date]]:
    """Yield host and day of each session."""
    yield from ((session.visit.school_id, session.day) for session in sessions)


def _without_outcome(scope: Scope, overdue: list[Session], places: counting.PlacesOnDays) -> Iterator[Doubt]:
    # Nothing is frozen on them yet: each belongs to the place of its host on its day.
    facts = [
        (*of, session.visit.school.nation, session.visit.school.fifth)
        for of, session in zip(_days_of(overdue), overdue, strict=True)
    ]
    for session, area in zip(overdue, counting.keys_on_the_day(scope, facts, places), strict=True):
        if area is OUTSIDE:
            continue
        words = f"It was to be on {long_day(session.last_day)}, and nobody has said how it went."
        yield _of_session(DoubtKind.NO_OUTCOME, session, area, words, [session.stage, session.day, session.until_day])


def _of_session(kind: DoubtKind, session: Session, area: Any, words: str, rows: Iterable[Any]) -> Doubt:
    school = session.visit.school
    sentence = f"{session.name}: {words}"
    return Doubt(kind, str(session.pk), area, session.day, school.name, sentence, digest_of(rows), session.pk, school.pk)


# People


def _twice(scope: Scope) -> list[Cover]:
    """Return the covers of people who are down for another session at the same time, one person's day after the other."""
    days = (scope.period.first_day, scope.period.last_day)
    held = Cover.objects.filter(state__in=HOLDING_STATES, session__day__range=days).exclude(session__stage=SessionStage.CANCELLED)
    # Each is compared with its neighbours alone: somebody's day is in order, so the year is read once.
    in_order: dict[str, Any] = {
        "partition_by": ["volunteer_id", "session__day"],
        "order_by": ["session__starts", "pk"],
    }
    before = Window(Max("session__ends"), frame=RowRange(end=-1), **in_order)
    after = Window(Min("session__starts"), frame=RowRange(start=1), **in_order)
    compared = held.order_by().annotate(before_ends=before, after_starts=after)
    overlap = Q(before_ends__gt=F("session__starts")) | Q(after_starts__lt=F("session__ends"))
    twice = Cover.objects.filter(pk__in=compared.filter(overlap).values("pk"))
    rows = twice.select_related("volunteer", "session__visit__school", "session__type")
    return list(rows.order_by("volunteer_id", "session__day", "session__starts", "session_id"))


def _overlapping(covers: list[Cover], places: counting.PlacesOnDays) -> Iterator[Doubt]:
    """Yield a doubt for each two sessions; where they lie in two areas, the same one for each area, with its own session."""
    for _, of_day in groupby(covers, key=lambda cover: (cover.volunteer_id, cover.session.day)):
        for first, second in combinations(list(of_day), 2):
            session, other = first.session, second.session
            if other.starts < session.ends and session.starts < other.ends:
                words = (
                    f"{first.volunteer} is down for {session} at {session.visit.school} "
                    f"and for {other.name} at {other.visit.school}, which overlap."
                )
                rows = [(each.pk, each.day, each.starts, each.ends) for each in (session, other)] + [first.state, second.state]
                subject = f"{first.volunteer_id}:{session.pk}:{other.pk}"
                of_areas = {_area_of(each, places): each for each in (other, session)}
                for area, each in reversed(of_areas.items()):
                    school = each.visit.school
                    yield Doubt(
                        DoubtKind.OVERLAP, subject, area, each.day, school.name, words, digest_of(rows), each.pk, school.pk
                    )


def _area_of(session: Session, places: counting.PlacesOnDays) -> int | None:
    return session.area_id or places[session.visit.school_id, session.day].area_id


# Schools


def _broken_chains(year: AcademicYear, *, as_of: date) -> Iterator[Doubt]:
    closed = (
        School.objects.filter(status=Status.CLOSED, closed__range=(year.first_day - AFTER, year.last_day))
        .exclude(postcode="")
        .teaching_our_year_groups()
    )
    opened = School.objects.exclude(status=Status.PROPOSED).filter(
        opened__range=(year.first_day - AFTER - BEFORE, year.last_day + AFTER)
    )
    schools, at = _at_one_postcode(closed, opened)
    areas = areas_of_authorities(on=as_of)
    for old in schools:
        for new in at[old.postcode]:
            if new.pk != old.pk and not _follow_one_another([old, new]) and _near(old.closed, new.opened):
                words = (
                    f"It closed on {_day(old.closed)}, and {new} opened at its postcode {old.postcode} on {_day(new.opened)}, "
                    "but no link says that it followed: pupils of both years would be counted twice."
                )
                area = areas.get(new.authority_id, (None,))[0]
                rows = [
                    (school.pk, school.opened, school.closed, school.postcode, school.chain, school.lineage)
                    for school in (old, new)
                ]
                day = old.closed or as_of
                subject = f"{old.pk}:{new.pk}"
                yield Doubt(DoubtKind.CHAIN, subject, area, day, old.name, words, digest_of(rows), school_id=old.pk)


def _at_one_postcode(closed: QuerySet[School], opened: QuerySet[School]) -> tuple[list[School], dict[str, list[School]]]:
    """Return the closed schools at whose postcodes others opened, by their last days, and these by postcode and first day."""
    parts = (
        closed.filter(postcode__in=opened.order_by().values("postcode")).annotate(is_new=Value(0, AsRead())),
        opened.filter(postcode__in=closed.order_by().values("postcode")).annotate(is_new=Value(1, AsRead())),
    )
    old: list[School] = []
    at: defaultdict[str, list[School]] = defaultdict(list)
    rows: Any = all_of(parts)
    for school in rows:
        if school.is_new:
            at[school.postcode].append(school)
        else:
            old.append(school)
    for of_place in at.values():
        of_place.sort(key=attrgetter("opened", "pk"))
    return sorted(old, key=attrgetter("closed", "pk")), at


def _follow_one_another(schools: Collection[School]) -> bool:
    return (
        len({school.lineage or school.pk for school in schools}) == 1
        or len({school.chain or school.pk for school in schools}) == 1
    )


def _near(closed: date | None, opened: date | None) -> bool:
    return closed is not None and opened is not None and -BEFORE <= opened - closed <= AFTER


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else "an unknown day"
