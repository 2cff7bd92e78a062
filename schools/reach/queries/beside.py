"""What stands beside the figures of pupils: sessions, visits without a number, what is over and not reported, times of covers.

These are five to seven questions with few rows each. They are asked as one statement, those of a second period along with them.
"""

from collections.abc import Hashable, Sequence
from datetime import time
from itertools import chain
from typing import NamedTuple

from schools.core.batched_queries import Answer, Question, ask_together
from schools.directory.queries import places_on
from schools.reach.fold_rows import Stretches
from schools.reach.places import OF_SESSIONS, Scope
from schools.reach.queries import counting, known


class Beside(NamedTuple):
    """What stands beside the figures of one period."""

    sessions: list[tuple[int, int | None, Hashable]]
    """Sessions delivered, adults in sessions for adults, and key; a key may have several."""
    partly_counted: list[Hashable]
    """The key of each session for pupils in which a year group was not counted."""
    visits: list[counting.Bare]
    """Those without any headcount."""
    unreported: known.Unreported
    stretches: Stretches
    cover_times: list[tuple[time, time, int, Hashable]]
    """Start, end, number of covers of people who were there, and key; nothing where nobody asked for volunteers."""


def beside(scopes: Sequence[Scope], *, volunteers: bool) -> list[Beside]:
    """Return what stands beside the figures of each of the scopes, which differ in their periods alone.

    One query, and two more where anything is over and not reported.
    """
    cuts = known.cuts_of_periods(scopes)
    questions = [_questions(scope, cut, volunteers=volunteers) for scope, cut in zip(scopes, cuts, strict=True)]
    of_many_years = any(counting.is_of_many_years(scope) for scope in scopes)
    answers = iter(ask_together(*chain.from_iterable(questions), in_one_process=of_many_years))
    of_scopes = [[next(answers) for _ in own] for own in questions]
    # The places of all of them together, because that is one question less for each.
    places = places_on(chain.from_iterable(known.days_among(over, expected) for over, expected, *_ in of_scopes))
    facts = zip(scopes, cuts, of_scopes, strict=True)
    return [_beside(scope, cut, own, places, volunteers=volunteers) for scope, cut, own in facts]


def _questions(scope: Scope, cut: known.CutByLinks, *, volunteers: bool) -> list[Question]:
    partly = Question(counting.partly_counted(scope), ("pk", *scope.columns(OF_SESSIONS)))
    questions = [*known.over_and_expected(scope), counting.sessions(scope), partly, cut.sessions]
    if volunteers:
        questions.append(counting.cover_times(scope))
    return [*questions, *counting.bare_here_and_elsewhere(scope)]


def _beside(
    scope: Scope, cut: known.CutByLinks, answers: Sequence[Answer], places: counting.PlacesOnDays, *, volunteers: bool
) -> Beside:
    over, expected, sessions, partly, of_lineages, *others = answers
    times = others.pop(0) if volunteers else []
    return Beside(
        [(number, adults, key) for number, adults, key in scope.keyed(sessions)],
        [key for _, key in scope.keyed(partly)],
        counting.bare_visits(scope, *others),
        known.unreported_among(scope, over, expected, places),
        cut.stretches(of_lineages),
        [(time.fromisoformat(starts), time.fromisoformat(ends), number, key) for starts, ends, number, key in scope.keyed(times)],
    )
