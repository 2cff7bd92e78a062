"""England: GIAS's file of links, which says which school followed which; both schools have a row of each link.

Link kinds that begin with Successor or Predecessor are read (REACH.md, School); every other kind (closure, sixth form centre,
"Merged - change in age range") says nothing of who followed whom.
"""

from collections.abc import Callable, Sequence
from datetime import date
from operator import itemgetter
from typing import NamedTuple

from schools.core.tables import column_positions
from schools.directory.models import LinkKind
from schools.directory.registers import cells
from schools.directory.registers.facts import Ignored, Refused
from schools.directory.registers.gias import URN

COLUMNS = ("URN", "LinkURN", "LinkType", "LinkEstablishedDate")
NEEDS = COLUMNS[:3]
KINDS = {"": LinkKind.SUCCESSOR, "amalgamat": LinkKind.AMALGAMATED, "split": LinkKind.SPLIT}


class LinkFacts(NamedTuple):
    """`successor` followed `predecessor`; both are register ids. A day of None is not known."""

    predecessor: str
    successor: str
    kind: str
    day: date | None


type LinkReader = Callable[[Sequence[str]], LinkFacts]
"""Reads a row's cells. Raises Ignored or Refused."""


def link_reader(header: Sequence[str]) -> LinkReader:
    """The reader of a file with this header."""
    width = len(header)
    positions = column_positions(header, COLUMNS)
    pick = itemgetter(*(positions.get(column, width) for column in COLUMNS))

    def read(row: Sequence[str]) -> LinkFacts:
        if len(row) < width or any(row[width:]):
            raise Refused(f"The row has {len(row)} cells and the header {width}. Compare it with its neighbours.")
        return _link(*pick([*row[:width], ""]))

    return read


def _link(urn: str, other_urn: str, words: str, established: str) -> LinkFacts:
    kind = cells.text(words).lower()
    direction = next((start for start in ("successor", "predecessor") if kind.startswith(start)), None)
    if not direction:
        raise Ignored("neither successor nor predecessor")
    one, other = (URN.fullmatch(cells.text(cell)) for cell in (urn, other_urn))
    if not one or not other:
        wrong = cells.shortened(cells.text(other_urn if one else urn))
        raise Refused(f"{'LinkURN' if one else 'URN'} is “{wrong}”; it must be a number.", register_id=one[1] if one else "")
    try:
        day = cells.day(established, column=COLUMNS[3])
    except cells.UnusableCell as error:
        raise Refused(str(error), register_id=one[1]) from error
    if one[1] == other[1]:
        raise Refused("A school cannot follow itself. Look the link up.", register_id=one[1])
    pair = (one[1], other[1]) if direction == "successor" else (other[1], one[1])
    return LinkFacts(*pair, _kind(kind.removeprefix(direction).strip(" -–")), day)


def _kind(words: str) -> str:
    """Only a plain link may make one chain of two: what we don't know by name joins lineages, as a merger does."""
    return next((kind for start, kind in KINDS.items() if (words.startswith(start) if start else not words)), LinkKind.MERGED)
