"""What is missing beside the figures, in words; each links to the rows behind it."""

from dataclasses import dataclass

from schools.reach.figures import FILE_FIGURES
from schools.reach.rows import ReachRow


@dataclass(frozen=True)
class Missing:
    """One thing that the figures do not know."""

    words: str
    figure: str = ""
    """The column with the cell behind which these rows are."""


def what_is_missing(total: ReachRow) -> list[Missing]:
    """Return everything that makes the total uncertain; empty where nothing does."""
    return [
        Missing(figure.doubt(value), figure.name) for figure in FILE_FIGURES if figure.doubt and (value := figure.value(total))
    ]
