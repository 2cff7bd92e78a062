"""Links between infant and junior schools that somebody enters by hand: what they move is said before and written down after."""

import hashlib
from datetime import datetime
from functools import partial

from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.directory.actions import link_schools, unlink
from schools.directory.models import LinkKind, School, SchoolLink
from schools.reach.actions.drift import note_drift, what_would_move
from schools.reach.queries.moving import areas_of_schools


class FiguresMove(RuleBroken):
    """Figures of reach would move: each reason says of which period. Somebody looks at them, and then does it all the same."""

    @property
    def looked(self) -> str:
        """What says that somebody has looked at just these sentences."""
        return hashlib.sha256("\n".join(self.reasons).encode()).hexdigest()[:16]


def link_feeder(predecessor: School, successor: School, *, by: User, now: datetime, looked: str) -> SchoolLink:
    """Enter that the children of one school go on to the other.

    Raises RuleBroken with every reason, and FiguresMove where figures move and `looked` is not of just these.
    """
    areas = areas_of_schools([predecessor, successor])
    link_them = partial(link_schools, predecessor, successor, kind=LinkKind.FEEDER, day=None)
    moves = FiguresMove(what_would_move(link_them, areas, since=None, on=timezone.localdate(now)))
    if moves.reasons and looked != moves.looked:
        raise moves
    link = link_them()
    note_drift(f"{predecessor} feeds {successor}", now=now, by=by, areas=areas)
    return link


def remove_feeder(link: SchoolLink, *, by: User, now: datetime) -> None:
    """Take such a link back."""
    ends = [link.predecessor, link.successor]
    areas = areas_of_schools(ends)
    unlink(link)
    note_drift(f"{ends[0]} no longer feeds {ends[1]}", now=now, by=by, areas=areas)
