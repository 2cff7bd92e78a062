"""What the fold has to know besides the headcounts: exact rolls, the days of links, and who may have been there uncounted."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, StringAgg, Value, When
from django.db.models.functions import Cast, Coalesce

from schools.core.batched_queries import Answer, AsRead, Question, all_of, ask_together
from schools.core.snapshot import once, once_each
from schools.core.year_groups import YEAR_GROUPS, year_groups_of_ages
from schools.directory.models import LinkKind, Roll, SchoolLink
from schools.directory.queries import MANY_SCHOOLS
from schools.reach.fold_rows import Known, RollRow, Row, Stretches
from schools.reach.headcount_codec import Mark, encode
from schools.reach.places import OF_HEADCOUNTS, OF_SESSIONS, OUTSIDE, Scope
from schools.reach.queries import counting
from schools.reach.queries.kin import first_known, in_order_of_lineages
from schools.reach.queries.rolls import roll_as_text
from schools.reach.rows import FIRST_DEFINITIONS
from schools.visits.models import Headcount, SessionStage


@dataclass
class Days:
    """The days of the links between chains of one lineage, sorted."""

    known: list[date] = field(default_factory=list)
    has_unknown: bool = False


def stretches(scope: Scope) -> Stretches:
    """Return how links between chains of a lineage cut its sessions of the period, whatever their place.

    Feeder links do not cut: nobody changes the school on their day. Nor do links within a chain.
    """
    return stretches_of_periods((scope,))[0]


def stretches_of_periods(scopes: Sequence[Scope]) -> list[Stretches]:
    """Return the same for each of the scopes; as many queries as for a single one."""
    return _stretches([(scope.period.first_day, scope.period.last_day) for scope in scopes])


@once_each
def _stretches(periods: Sequence[tuple[date, date]]) -> list[Stretches]:
    cuts = [CutByLinks(period, _days_of_links(*period)) for period in periods]
    answers = ask_together(*(cut.sessions for cut in cuts))
    return [cut.stretches(answer) for cut, answer in zip(cuts, answers, strict=True)]


def cuts_of_periods(scopes: Sequence[Scope]) -> list["CutByLinks"]:
    """Return how the sessions of each of the scopes are cut, for whoever asks for the sessions together with something else."""
    periods = [(scope.period.first_day, scope.period.last_day) for scope in scopes]
    return [CutByLinks(period, _days_of_links(*period)) for period in periods]


class CutByLinks(NamedTuple):
    """A period, and the days of links in it by lineage."""

    period: tuple[date, date]
    days: dict[int, Days]

    @property
    def sessions(self) -> Question:
        """The question for lineage, id and day of each session of these lineages."""
        of_lineages = Headcount.objects.filter(session__day__range=self.period, school__lineage__in=self.days)
        held = of_lineages.filter(session__stage=SessionStage.DELIVERED)
        return Question(held.distinct(), ("school__lineage", "session_id", "session__day"))

    def stretches(self, sessions: Answer) -> Stretches:
        """Return how the links cut these sessions."""
        days = {day: date.fromisoformat(day) for day in {day for *_, day in sessions}}
        numbers = {(lineage, session): bisect_right(self.days[lineage].known, days[day]) for lineage, session, day in sessions}
        undated = frozenset(lineage for lineage, of_lineage in self.days.items() if of_lineage.has_unknown)
        return Stretches(numbers, frozenset(self.days), undated)


def _days_of_links(first: date, last: date) -> dict[int, Days]:
    """Return the days of links within the period by lineage, and the links without any known day."""
    days: defaultdict[int, Days] = defaultdict(Days)
    for lineage, on in _links():
        if on is None:
            days[lineage].has_unknown = True
        # A link on the first day leaves nothing of the period before it.
        elif first < on <= last:
            days[lineage].known.append(on)
    return days


@once
def _links() -> list[tuple[int, date | None]]:
    """Return lineage and day of each link between two chains, in order of days; None: no day is known."""
    before, after = (first_known(f"{side}__chain", f"{side}_id") for side in ("predecessor", "successor"))
    day = Coalesce("day", "successor__opened", "predecessor__closed")
    links = SchoolLink.objects.exclude(kind=LinkKind.FEEDER).annotate(on=day, before=before, after=after)
    rows = links.exclude(before=F("after")).order_by("on")
    return list(rows.values_list(first_known("successor__lineage", "successor_id"), "on"))


def exact_rolls(scope: Scope, chains: Collection[int] | None = None) -> list[RollRow]:
    """Return lineage, chain and exact rolls of the period's academic years, as the fold reads them; `chains` None means all."""
    return exact_rolls_of_periods((scope,), chains)[0]


def exact_rolls_of_periods(scopes: Sequence[Scope], chains: Collection[int] | None = None) -> list[list[RollRow]]:
    """Return the same for each of the scopes; as many queries as for a single one."""
    years = [[year.start for year in scope.period.academic_years] for scope in scopes]
    few = None if chains is None or len(chains) > MANY_SCHOOLS else frozenset(chains)
    return _exact_rolls([(of_period[0], of_period[-1], few) for of_period in years])


@once_each
def _exact_rolls(spans: Sequence[tuple[int, int, frozenset[int] | None]]) -> list[list[RollRow]]:
    """Return those of the academic years of each span, from its first to its last, both included, of its chains (None: all)."""
    parts = [
        Roll.objects.filter(Q() if chains is None else Q(school__in=chains) | Q(school__chain__in=chains))
        .filter(academic_year__range=(first, last))
        .order_by("school_id")
        .values("school_id", of_span=Value(number, AsRead()))
        .annotate(own=roll_as_text())
        .values_list("school_id", "own", "of_span")
        for number, (first, last, chains) in enumerate(spans)
    ]
    rows: list[list[tuple[int, str, int]]] = [[] for _ in spans]
    for row in all_of(parts):
        rows[row[-1]].append(row)
    return [_of_chains(of_span) for of_span in rows]


def _of_chains(rows: Sequence[tuple[int, str, int]]) -> list[RollRow]:
    """Return the rolls of schools chain by chain, ordered by lineage."""
    texts: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
    for lineage, chain, _, own, _ in in_order_of_lineages(rows):
        texts[lineage, chain].append(own)
    return [(*kin, ",".join(own)) for kin, own in texts.items()]


def known(scope: Scope, stretches_of_period: Stretches, chains: Collection[int] | None = None) -> Known:
    """Return what the fold has to know; `chains` None means those of all schools."""
    return known_of_periods((scope,), (stretches_of_period,), chains)[0]


def known_of_periods(
    scopes: Sequence[Scope], stretches: Sequence[Stretches], chains: Collection[int] | None = None
) -> list[Known]:
    """Return the same for each of the scopes, which differ in their periods alone; as many queries as for a single one."""
    rolls: Sequence[Sequence[RollRow]] = [()] * len(scopes)
    if scopes[0].definitions != FIRST_DEFINITIONS:
        rolls = exact_rolls_of_periods(scopes, chains)
    facts = zip(scopes, rolls, stretches, strict=True)
    return [Known(scope.online, own, of_period, scope.definitions) for scope, own, of_period in facts]


class Unreported(NamedTuple):
    """What is over and not reported. Nothing is frozen on it yet, so it is at the place of each school on its day."""

    outcomes: Counter[Hashable]
    """The number of sessions for pupils whose outcome is missing, by key."""
    rows: list[Row]
    """The classes that may have sat in them, for the fold."""


def over_and_expected(scope: Scope) -> tuple[Question, Question]:
    """Return the questions for `unreported_among`: the sessions that are over, and the classes that were expected in them."""
    is_bare = Case(When(Exists(Headcount.objects.filter(session=OuterRef("pk"))), then=Value(0)), default=Value(1))
    host = ("day", "visit__school__nation", "visit__school__fifth")
    return counting.bare(counting.overdue(scope), "pk", is_bare, *host, *scope.kind_columns(OF_SESSIONS)), _expected(scope)


def days_among(sessions: Answer, expected: Answer) -> Iterator[tuple[int, date]]:
    """Yield school and day of each of the answers."""
    yield from ((fact[2], date.fromisoformat(fact[9])) for fact in sessions)
    yield from ((fact[5], date.fromisoformat(fact[6])) for fact in expected)


def unreported_among(scope: Scope, sessions: Answer, expected: Answer, places: counting.PlacesOnDays | None = None) -> Unreported:
    """Return what is over and not reported, in the areas asked for; `places` as for `keys_on_the_day`."""
    # Places of all of them together: they are mostly the same schools on the same days.
    rest = [fact[10:] for fact in sessions] + [fact[7:] for fact in expected]
    facts = [(*at, *of_fact) for at, of_fact in zip(days_among(sessions, expected), rest, strict=True)]
    keys = counting.keys_on_the_day(scope, facts, places)
    of_sessions = [(fact, key) for fact, key in zip(sessions, keys, strict=False) if key is not OUTSIDE]
    visits = (counting.Bare._make((*fact[:7], key)) for fact, key in of_sessions if fact[8])
    classes = (
        ((lineage, chain, school, key), _number(session_type, year, int(group)))
        for (lineage, chain, session_type, year, groups, school, *_), key in zip(expected, keys[len(sessions) :], strict=True)
        if key is not OUTSIDE
        for group in groups.split(",")
    )
    return Unreported(Counter(key for _, key in of_sessions), list(_as_rows([*_classes(scope, visits), *classes])))


def unreported(scope: Scope) -> Unreported:
    """Return the same, where it has to be asked for."""
    sessions, expected = ask_together(*over_and_expected(scope))
    return unreported_among(scope, sessions, expected)


def uncounted(scope: Scope, visits: Iterable[counting.Bare], over: Unreported | None = None) -> list[Row]:
    """Return rows for the fold, ordered by lineage, of the classes that may have sat in sessions without a number.

    They are those of the sessions that are `over` and not reported (None: they are asked for), and of the `visits` without any
    headcount. Blank headcounts of delivered sessions are among the headcounts themselves.
    """
    rows = (over or unreported(scope)).rows
    return sorted([*rows, *_as_rows(_classes(scope, visits))], key=lambda row: row[0])


def _expected(scope: Scope) -> Question:
    """Return the question for the classes expected: kin, type, year and groups; school, day, nation, fifth and kind.

    One row for each session and school, with its year groups as one text: a third of the rows that there are of classes.
    """
    over = Q(session__until_day=None, session__day__lt=scope.as_of) | Q(session__until_day__lt=scope.as_of)
    scheduled = Headcount.objects.filter(over, session__stage=SessionStage.SCHEDULED, session__type__in=scope.for_pupils)
    expected = scope.narrow(scheduled, OF_HEADCOUNTS, anywhere=True)
    of_session = ("session__type_id", "session__academic_year")
    place = ("school_id", "session__day", "school__nation", "school__fifth", *scope.kind_columns(OF_HEADCOUNTS))
    lineage, chain = first_known("school__lineage", "school_id"), first_known("school__chain", "school_id")
    of_school = expected.order_by().values("session_id", *of_session, *place, lineage_key=lineage, chain_key=chain)
    groups = StringAgg(Cast("year_group", CharField()), Value(","))
    return Question(of_school, ("lineage_key", "chain_key", *of_session, groups, *place))


type _At = tuple[int, int, int, Hashable]
"""Lineage, chain, register entry, key."""


def _classes(scope: Scope, visits: Iterable[counting.Bare]) -> Iterator[tuple[_At, int]]:
    """Yield where the classes are that may have sat in the visits, and each of them as a number."""
    types = {session_type.pk: session_type for session_type in scope.types}
    asked_for = scope.filters.year_groups or frozenset(YEAR_GROUPS)
    for visit in visits:
        there = asked_for.intersection(year_groups_of_ages(visit.low_age, visit.high_age))
        for group in types[visit.session_type].year_groups:
            if group in there:
                number = _number(visit.session_type, visit.academic_year, group)
                yield (visit.lineage, visit.chain, visit.school, visit.key), number


def _number(session_type: int, year: int, group: int) -> int:
    """Return a class that may have sat in a session without a number, as the fold reads it."""
    number: int = encode(session_type, year, group, int(Mark.UNREPORTED), 0)
    return number


def _as_rows(classes: Iterable[tuple[_At, int]]) -> Iterator[Row]:
    """Yield a row for each school and key with all its classes, each of them once: which session it was does not matter."""
    numbers: defaultdict[_At, set[int]] = defaultdict(set)
    for at, number in classes:
        numbers[at].add(number)
    for (lineage, chain, school, key), of_school in numbers.items():
        yield lineage, chain, school, None, ",".join(f"0,{number}" for number in sorted(of_school)), key


def chains_in(rows: Iterable[Row]) -> set[int]:
    """Return the chains of rows for the fold."""
    return {chain for _, chain, *_ in rows}
