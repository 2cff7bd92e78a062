"""What is counted for each key of a table, and for all keys together: the figures of pupils, and what stands beside them."""

import itertools
from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import time

from schools.reach import places
from schools.reach.fold import Figures, Folded
from schools.reach.places import Scope
from schools.reach.queries import counting
from schools.reach.queries.beside import Beside

MINUTES_AROUND = 45
"""The time that a volunteer gives to a visit day besides its sessions: travel, setting up, clearing away."""


@dataclass
class Tally:
    """Everything that is counted for one key, or for all keys together."""

    figures: Figures = field(default_factory=Figures)
    sessions: int = 0
    adults: int = 0
    outcomes_missing: int = 0
    counts_missing: int = 0
    people: set[int] = field(default_factory=set)
    visit_days: int = 0
    minutes: int = 0

    def add_visit(self, chain: int, *, online: bool) -> None:
        """Add a visit in which nobody counted."""
        figures = self.figures
        if chain not in figures.schools_online and chain not in figures.schools_in_person:
            figures.schools_uncounted.add(chain)
        (figures.schools_online if online else figures.schools_in_person).add(chain)


@dataclass
class Tallies:
    """One tally for each key, and one for all keys together, which is counted afresh: never a sum of the others."""

    by_key: defaultdict[Hashable, Tally] = field(default_factory=lambda: defaultdict(Tally))
    total: Tally = field(default_factory=Tally)
    in_schools: dict[tuple[Hashable, Hashable], int] = field(default_factory=dict)
    in_schools_total: int = 0

    def of(self, key: Hashable) -> tuple[Tally, ...]:
        """Return the tallies to which a fact of the key is added; what is outside the areas asked for is not in the total."""
        mine = self.by_key[key]
        return (mine,) if is_outside(key) else (mine, self.total)

    def add_kind(self, kind: Hashable, counted: "Tallies", *, within_places: bool) -> None:
        """Take over what was counted by place of one kind: within each place, or of all together. The total stays as it is."""
        for key, tally in counted.by_key.items():
            if within_places or is_outside(key):
                self.by_key[key, kind] = tally
            else:
                self.by_key[places.ALONE, kind] = counted.total
        if within_places:
            self.in_schools |= {(place, kind): children for (place, _), children in counted.in_schools.items()}
        else:
            self.in_schools[places.ALONE, kind] = counted.in_schools_total


def is_outside(key: Hashable) -> bool:
    """Return whether the key is that of something frozen outside the areas asked for."""
    return key is places.OUTSIDE or (isinstance(key, tuple) and key[0] is places.OUTSIDE)


def tallies_of(scope: Scope, folded: Folded, facts: Beside, *, volunteers: bool) -> Tallies:
    """Return the tallies of a period; without `volunteers` these and their hours are not counted."""
    tallies = Tallies()
    count_figures(tallies, folded)
    _count_sessions(tallies, facts)
    _count_missing(scope, tallies, facts)
    if volunteers:
        _count_covers(scope, tallies, facts)
    return tallies


def count_figures(tallies: Tallies, folded: Folded) -> None:
    """Take over the figures of pupils."""
    for key, figures in folded.places.items():
        tallies.by_key[key].figures = figures
    tallies.total.figures = folded.total
    tallies.in_schools, tallies.in_schools_total = folded.in_schools, folded.in_schools_total


def _count_sessions(tallies: Tallies, facts: Beside) -> None:
    """Count sessions delivered and their adults."""
    for sessions, adults, key in facts.sessions:
        for tally in tallies.of(key):
            tally.sessions += sessions
            tally.adults += adults or 0


def _count_missing(scope: Scope, tallies: Tallies, facts: Beside) -> None:
    """Count outcomes and counts that are missing; a session without any headcount was a visit to its host all the same."""
    for key in facts.partly_counted:
        for tally in tallies.of(key):
            tally.counts_missing += 1
    for visit in facts.visits:
        for tally in tallies.of(visit.key):
            tally.counts_missing += 1
            tally.add_visit(visit.chain, online=visit.session_type in scope.online)
    for key, sessions in facts.unreported.outcomes.items():
        for tally in tallies.of(key):
            tally.outcomes_missing += sessions


def _count_covers(scope: Scope, tallies: Tallies, facts: Beside) -> None:
    """Count active volunteers and their hours; their place is the session's."""
    days: dict[str, int] = {}
    # A person's visit day is kept as one number, with the key under which it was first met: half the memory of sets of triples.
    visit_days: dict[int, Hashable] = {}
    more: set[tuple[int, Hashable]] = set()
    for volunteer, visit, on, presents, key in counting.cover_days(scope):
        number = visit << 48 | volunteer << 20 | days.setdefault(on, len(days))
        met = visit_days.setdefault(number, key)
        if met is not key and met != key:
            more.add((number, key))
        if presents:
            tallies.by_key[key].people.add(volunteer)
    for starts, ends, covers, key in facts.cover_times:
        for tally in tallies.of(key):
            tally.minutes += covers * minutes_between(starts, ends)
    for key in itertools.chain(visit_days.values(), (key for _, key in more)):
        tallies.by_key[key].visit_days += 1
    tallies.total.visit_days = len(visit_days)
    for tally in tallies.by_key.values():
        tallies.total.people |= tally.people


def minutes_between(starts: time, ends: time) -> int:
    """Return the whole minutes from start to end of a session."""
    return 60 * (ends.hour - starts.hour) + ends.minute - starts.minute
