"""What the readers of reminders know of visits, before and after: nobody is reminded of what they were not told."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from schools.visits.queries.known import Known, known_standings, with_guests_of
from schools.visits.queries.standings import VOLUNTEER, Pair, Standing, Standings, true_standings, true_standings_of_schools


@dataclass(frozen=True)
class Knowledge:
    """What volunteers, or schools, know of some visits, beside what is true."""

    known: Mapping[Pair, Known]
    true: Mapping[Pair, Standings]

    def has(self, pair: Pair, sessions: Collection[int], *, to: str | None = None) -> bool:
        """Whether a reminder of these sessions (by id) tells them nothing new, and no news of the visit is on its way.

        Of a visit that nobody has changed nothing is written: its people know it. Where a manager left the news unsent, no news
        comes, so the reminder says what is so. `to`: the address that reads it, where it may be that of somebody else by now.
        """
        theirs = self.known.get(pair)
        theirs = theirs.read_at(to) if theirs is not None and to is not None else theirs
        if theirs is None or theirs.is_left:
            return True
        if theirs.is_read_anew and not theirs.heard_anew.issuperset(sessions):
            return False  # who has begun to read for the school is told of the visit first
        true = self.true.get(pair, {})
        beliefs = ((pk, belief) for pk in sessions for belief in (theirs.says.get(pk), *theirs.doubts.get(pk, ())))
        return not theirs.waits and all(_is_same(belief, true.get(pk)) for pk, belief in beliefs)

    def afterwards(self, pair: Pair, sessions: Iterable[int]) -> list[list[Any]]:
        """Return what they know of the visit once they have read a reminder of these sessions; nothing where nothing is written.

        It is kept with the reminder, since it may be all that reaches them: the mail before it may come back later. Of guests a
        reminder says nothing.
        """
        theirs = self.known.get(pair)
        if theirs is None:
            return []
        true = self.true.get(pair, {})
        says = {pk: theirs.says.get(pk) for pk in sessions if pk in true}
        new = {pk: with_guests_of(known, true[pk]) for pk, known in says.items() if not _is_same(known, true[pk])}
        return [standing.as_row for _, standing in sorted({**theirs.says, **new}.items())]


def _is_same(known: Standing | None, true: Standing | None) -> bool:
    """Whether somebody who knows this expects what is true, at the same time."""
    return known is not None and true is not None and (known.stands, known.slot) == (true.stands, true.slot)


def knowledge_of(of: str, visits: Collection[int]) -> Knowledge:
    """Return what volunteers, or schools, know of these visits (by id), in two or three queries."""
    known = known_standings(visits, of=of)
    changed = {visit for visit, _ in known}
    read = true_standings if of == VOLUNTEER else true_standings_of_schools
    return Knowledge(known, read(changed) if changed else {})
