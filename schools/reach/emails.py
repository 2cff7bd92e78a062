"""The monthly mail: the sentence, and a line for each area, which a phone can show."""

from collections.abc import Sequence
from datetime import datetime

from schools.accounts.models import User
from schools.messages.links import Link
from schools.reach.dose import DoseTable
from schools.reach.dose_files import in_words
from schools.reach.figures import BY_NAME
from schools.reach.rows import ReachRow, ReachTable
from schools.reach.sentences import sentence

FIGURES_IN_MAIL = tuple(BY_NAME[name] for name in ("pupils_reached_low", "pupils_reached", "pupils_reached_high"))
"""More than these would be too much to read in a line; the attached file has the others."""


def monthly(
    table: ReachTable, user: User, *, now: datetime, areas: Sequence[str] | None, leavers: DoseTable | None = None
) -> tuple[str, str]:
    """Return subject and text of the mail for one reader.

    `areas` are the names of those to which the figures are restricted; None means all. `leavers` is the dose of the school year
    that has just ended.
    """
    page = Link.to("admin:reach", words="Look at the figures as they are now")
    text = [
        f"Hello {user.name},",
        "",
        sentence(table, now=now, areas=areas),
        "",
        *(_line(row.area or "No area", row) for row in table.rows),
        _line("All together", table.total),
        "",
        "Each pupil is counted once per school year. The attached file has all figures.",
        *([] if leavers is None else ["", in_words(leavers, areas=areas)]),
        "",
        page.text,
        "",
        "There you also read what each of them means, and stop this mail, for which you asked there.",
    ]
    first, last = table.period.first_day, table.period.last_day
    return f"Reach, {first:%B %Y} to {last:%B %Y}", "\n".join(text)


def _line(name: str, row: ReachRow) -> str:
    figures = (f"{figure.heading.lower()} {figure.text(row)}" for figure in FIGURES_IN_MAIL)
    return f"- {name}: {'; '.join(figures)}"
