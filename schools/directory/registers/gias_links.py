"""England: GIAS's file of links, which says which school followed which; each link has a row for both schools.

Link kinds that begin with Successor or Predecessor are read (docs/imports.md, England's links). Every other kind (closure, sixth
form centre, "Merged - change in age range") does not say who followed whom.
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
    """The fact that `successor` followed `predecessor`; both are register ids. A day of None is unknown."""

    predecessor: str
    successor: str
    kind: str
    day: date | None


type LinkReader = Callable[[Sequence[str]], LinkFacts]
"""Reads a row's cells. Raises Ignored or Refused."""


def link_reader(header: Sequence[str]) -> LinkReader:
    """Return the reader of a file with this header."""
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
    match, other_match = (URN.fullmatch(cells.text(cell)) for cell in (urn, other_urn))
    if not match or not other_match:
        wrong = cells.shortened(cells.text(other_urn if match else urn))
        raise Refused(
            f"{'LinkURN' if match else 'URN'} is “{wrong}”; it must be a number.", register_id=match[1] if match else ""
        )
    try:
        day = cells.day(established, column=COLUMNS[3])
    except cells.UnusableCell as error:
        raise Refused(str(error), register_id=match[1]) from error
    if match[1] == other_match[1]:
        raise Refused("A school cannot follow itself. Look the link up.", register_id=match[1])
    pair = (match[1], other_match[1]) if direction == "successor" else (other_match[1], match[1])
    return LinkFacts(*pair, _kind(kind.removeprefix(direction).strip(" -–")), day)


def _kind(words: str) -> str:
    """Return the kind of link; an unknown one counts as a merger: only plain links may make one chain of two schools."""
    return next((kind for start, kind in KINDS.items() if (words.startswith(start) if start else not words)), LinkKind.MERGED)
