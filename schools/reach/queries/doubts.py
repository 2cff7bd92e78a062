"""What looks wrong in the data of a school year. Each doubt says what, where, and the digest of the rows behind it.

A doubt that somebody confirmed stays confirmed as long as its digest is the same: as long as these rows do not change.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations, groupby
from operator import attrgetter
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from schools.core.periods import AcademicYear
from schools.core.snapshot import snapshot
from schools.core.words import joined, long_day
from schools.core.year_groups import year_group_name, year_group_span
from schools.delivery.queries import sure_numbers
from schools.delivery.rules import FAR
from schools.directory.models import Area, School
from schools.directory.models.schools import Status
from schools.directory.queries import places_on
from schools.reach.filters import EVERYTHING
from schools.reach.models import Confirmed, DoubtKind
from schools.reach.places import Scope, areas_of_authorities
from schools.reach.queries import counting
from schools.reach.queries.standing import first_known, rolls_known
from schools.reach.queries.tables import scope_of
from schools.reach.rows import Cut
from schools.visits.models import HOLDING_STATES, Cover, Headcount, PupilsAre, Session, SessionQuerySet, SessionStage

A_WEEK = timedelta(days=7)
"""The time after which a missing outcome is asked about here; before, only the coordinator's home page asks."""

BEFORE, AFTER = timedelta(days=31), timedelta(days=400)
"""How long before or after one school closed another may have opened at its postcode to be perhaps the same school."""


@dataclass(frozen=True)
class CountBehind:
    """A headcount behind a doubt."""

    session: int
    school: int
    year_group: int
    pupils: int | None
    name: str
    """The year group, as the school's nation calls it."""


@dataclass(frozen=True)
class Doubt:
    """One thing that looks wrong."""

    kind: DoubtKind
    subject: str
    """The rows that it is about; kind and subject together identify the doubt."""
    area: int | None
    """None where the school lies in no area."""
    day: date
    school: str
    words: str
    digest: str
    session: int | None = None
    """The session whose page shows it; None where it is not about one session."""
    school_id: int | None = None
    counts: tuple[CountBehind, ...] = ()
    """The headcounts that it is about."""
    entered: tuple[str, ...] = ()
    """Which of them were confirmed by whoever entered them, when and by whom; set by `doubts` alone."""
    confirmed: Confirmed | None = None
    """The confirmation that it is right, if the rows behind it did not change since."""


def doubts(year: AcademicYear, *, as_of: date, areas: QuerySet[Area] | None = None) -> list[Doubt]:
    """Return everything of the year that looks wrong, kind by kind, the latest first; the number of queries is constant."""
    with snapshot():
        scope = scope_of(year.period, by=Cut.AREA, within=None, filters=EVERYTHING, as_of=as_of, areas=areas)
        held = counting.delivered(scope)
        all_doubts = [
            *_over_roll(scope),
            *_unlike_expected(held),
            *_without_cover(held),
            *_without_outcome(scope),
            *_overlapping(scope),
            *_broken_chains(year, as_of=as_of),
        ]
        here = [doubt for doubt in all_doubts if scope.areas is None or doubt.area in scope.areas]
        return _with_entered(
            _with_confirmed(
                sorted(here, key=lambda doubt: (DoubtKind.values.index(doubt.kind), -doubt.day.toordinal(), doubt.subject))
            )
        )


def sessions_in_doubt(sessions: SessionQuerySet, *, on: date) -> SessionQuerySet:
    """Return sessions delivered in the day's school year with counts or covers that look wrong and that nobody confirmed."""
    held = sessions.delivered().in_period(AcademicYear.of(on).period)
    doubts_found = _with_confirmed([*_unlike_expected(held), *_without_cover(held)])
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


def _digest(rows: Iterable[Any]) -> str:
    return hashlib.sha256(repr(list(rows)).encode()).hexdigest()


# More pupils in sessions of one type than on roll


def _over_roll(scope: Scope) -> Iterator[Doubt]:
    """Yield a doubt for each school and session type with over 10 % more new pupils than on roll.

    Only year groups with a known roll are compared.
    """
    chain = first_known("school__chain", "school_id")
    series = [session_type.pk for session_type in scope.types if session_type.series]
    new = counting.counted(scope).filter(session__pupils_are=PupilsAre.NEW).exclude(session__type__in=series)
    sums = new.order_by().values_list(chain, "session__type_id", "year_group").annotate(of_all=Sum("pupils"))
    rolls = _rolls_of_chains(scope, list(new.order_by().values_list("school_id", chain).distinct()))
    sums_with_roll: defaultdict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for of, kind, group, pupils in sums:
        if pupils is not None and group in rolls[of]:
            sums_with_roll[of, kind][0] += int(pupils)
            sums_with_roll[of, kind][1] += rolls[of][group]
    over = {key: (pupils, roll) for key, (pupils, roll) in sums_with_roll.items() if 10 * pupils > 11 * roll}
    chains = {of for of, _ in over}
    behind = new.filter(Q(school__chain__in=chains) | Q(school__in=chains), pupils__isnull=False).order_by("session__day", "pk")
    rows: defaultdict[Any, list[Any]] = defaultdict(list)
    facts = (
        "pk", "pupils", "year_group", "session_id", "area_id", "session__day", "school_id", "school__name", "school__nation",
    )  # fmt: skip
    for *row, of, kind in behind.values_list(*facts, chain, "session__type_id"):
        if row[2] in rolls[of]:
            rows[of, kind].append(row)
    types = {session_type.pk: session_type for session_type in scope.types}
    for (of, kind), (pupils, roll) in over.items():
        mine = rows[of, kind]
        *_, area, day, school_id, school, nation = mine[-1]
        groups = year_group_span((row[2] for row in mine), nation)
        words = (
            f"{pupils:,} pupils of {groups} in sessions of {types[kind].name_in(nation)}, each told as new, but {roll:,} on roll."
        )
        digest = _digest([roll, *(row[:2] for row in mine)])
        subject = f"{of}:{kind}:{scope.period.first_day.year}"
        counts = tuple(
            CountBehind(session, of_school, group, pupils, year_group_name(group, of_nation))
            for _, pupils, group, session, _, _, of_school, _, of_nation in mine
        )
        yield Doubt(DoubtKind.ROLL, subject, area, day, school, words, digest, school_id=school_id, counts=counts)


def _rolls_of_chains(scope: Scope, schools: list[tuple[int, int]]) -> defaultdict[int, dict[int, int]]:
    """Return the roll of each chain by year group; of several register entries the larger number."""
    of_chain: defaultdict[int, dict[int, int]] = defaultdict(dict)
    known = rolls_known(scope, schools)
    for school, of in schools:
        for group, pupils in known.get(school, {}).items():
            of_chain[of][group] = max(pupils, of_chain[of].get(group, 0))
    return of_chain


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


def _without_cover(held: QuerySet[Session]) -> Iterator[Doubt]:
    somebody = Cover.objects.filter(session=OuterRef("pk"), state__in=HOLDING_STATES)
    alone = held.filter(~Exists(somebody), type__presenters__gt=0)
    for session in alone.select_related("visit__school", "type").order_by("pk"):
        words = f"It took place, and nobody is written down who was there: {session.name} needs {session.type.presenters}."
        yield _of_session(DoubtKind.NO_COVER, session, session.area_id, words, [session.stage, session.version])


def _without_outcome(scope: Scope) -> Iterator[Doubt]:
    overdue = dict(counting.outcomes_missing(replace(scope, as_of=scope.as_of - A_WEEK)))
    for session in Session.objects.filter(pk__in=overdue).select_related("visit__school", "type").order_by("pk"):
        area = overdue[session.pk]
        words = f"It was to be on {long_day(session.last_day)}, and nobody has said how it went."
        yield _of_session(DoubtKind.NO_OUTCOME, session, area, words, [session.stage, session.day, session.until_day])


def _of_session(kind: DoubtKind, session: Session, area: Any, words: str, rows: Iterable[Any]) -> Doubt:
    school = session.visit.school
    sentence = f"{session.name}: {words}"
    return Doubt(kind, str(session.pk), area, session.day, school.name, sentence, _digest(rows), session.pk, school.pk)


# People


def _overlapping(scope: Scope) -> Iterator[Doubt]:
    days = (scope.period.first_day, scope.period.last_day)
    held = Cover.objects.filter(state__in=HOLDING_STATES, session__day__range=days).exclude(session__stage=SessionStage.CANCELLED)
    at_once = held.filter(
        volunteer=OuterRef("volunteer"),
        session__day=OuterRef("session__day"),
        session__starts__lt=OuterRef("session__ends"),
        session__ends__gt=OuterRef("session__starts"),
    ).exclude(pk=OuterRef("pk"))
    twice = held.filter(Exists(at_once)).select_related("volunteer", "session__visit__school", "session__type")
    covers = list(twice.order_by("volunteer_id", "session__day", "session__starts", "session_id"))
    places = places_on((cover.session.visit.school_id, cover.session.day) for cover in covers)
    for _, of_day in groupby(covers, key=lambda cover: (cover.volunteer_id, cover.session.day)):
        for first, second in combinations(list(of_day), 2):
            session, other = first.session, second.session
            if other.starts < session.ends and session.starts < other.ends:
                area = session.area_id or places[session.visit.school_id, session.day].area_id
                words = (
                    f"{first.volunteer} is down for {session} at {session.visit.school} "
                    f"and for {other.name} at {other.visit.school}, which overlap."
                )
                rows = [(each.pk, each.day, each.starts, each.ends) for each in (session, other)] + [first.state, second.state]
                subject = f"{first.volunteer_id}:{session.pk}:{other.pk}"
                school = session.visit.school
                yield Doubt(
                    DoubtKind.OVERLAP, subject, area, session.day, school.name, words, _digest(rows), session.pk, school.pk
                )


# Schools


def _broken_chains(year: AcademicYear, *, as_of: date) -> Iterator[Doubt]:
    closed = (
        School.objects.filter(status=Status.CLOSED, closed__range=(year.first_day - AFTER, year.last_day))
        .exclude(postcode="")
        .teaching_our_year_groups()
    )
    opened = School.objects.exclude(status=Status.PROPOSED).filter(
        opened__range=(year.first_day - AFTER - BEFORE, year.last_day + AFTER), postcode__in=closed.order_by().values("postcode")
    )
    at: defaultdict[str, list[School]] = defaultdict(list)
    for school in opened.order_by("opened", "pk"):
        at[school.postcode].append(school)
    areas = areas_of_authorities(on=as_of)
    for old in closed.filter(postcode__in=list(at)).order_by("closed", "pk"):
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
                yield Doubt(DoubtKind.CHAIN, subject, area, day, old.name, words, _digest(rows), school_id=old.pk)


def _follow_one_another(schools: Collection[School]) -> bool:
    return (
        len({school.lineage or school.pk for school in schools}) == 1
        or len({school.chain or school.pk for school in schools}) == 1
    )


def _near(closed: date | None, opened: date | None) -> bool:
    return closed is not None and opened is not None and -BEFORE <= opened - closed <= AFTER


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else "an unknown day"
