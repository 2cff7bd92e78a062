"""All figures of reach together. To add one, follow "Add a figure" in docs/recipes.md."""

from collections import Counter
from collections.abc import Iterator, Sequence

from schools.reach.figures.declaration import Figure
from schools.reach.figures.pupils import PUPILS
from schools.reach.figures.schools_in_area import SCHOOLS_IN_AREA
from schools.reach.figures.sessions import SESSIONS
from schools.reach.rows import ReachRow

FIGURES = (*PUPILS, *SESSIONS, *SCHOOLS_IN_AREA)
"""All figures in the order in which the page and the workbook's definitions show them: the most important first."""


def in_file_order(figures: Sequence[Figure]) -> tuple[Figure, ...]:
    """Return the figures in the order of their columns in a file. Raises ValueError, saying what to do, where they do not fit."""
    if what_to_do := [*_without_own_name(figures), *_without_own_position(figures), *_without_value(figures)]:
        raise ValueError(" ".join(what_to_do))
    return tuple(sorted(figures, key=lambda figure: figure.file_position))


def _without_own_name(figures: Sequence[Figure]) -> Iterator[str]:
    for name, number in Counter(figure.name for figure in figures).items():
        if number > 1:
            yield f"Declare another `name` for one of the {number} figures called {name}."


def _without_own_position(figures: Sequence[Figure]) -> Iterator[str]:
    taken = Counter(figure.file_position for figure in figures)
    for figure in figures:
        if taken[figure.file_position] > 1 or not 1 <= figure.file_position <= len(figures):
            yield (
                f"Declare another `file_position` for {figure.name} than {figure.file_position}: columns that were there keep "
                f"theirs, a new one takes {len(figures)}."
            )


def _without_value(figures: Sequence[Figure]) -> Iterator[str]:
    for figure in figures:
        if not (figure.name in ReachRow.__dataclass_fields__ or hasattr(ReachRow, figure.name)):
            yield (
                f"Give schools.reach.rows.ReachRow a `{figure.name}`: a property where other figures of the row say it, else a "
                "field that schools.reach.queries.tables fills."
            )


FILE_FIGURES = in_file_order(FIGURES)
"""All figures in the order of their columns in files and JSON."""

SHORT_TABLE = tuple(figure for figure in FIGURES if figure.in_short_table)
"""The figures that the page shows before somebody asks for all of them."""

BY_NAME = {figure.name: figure for figure in FIGURES}
