"""What is missing beside the figures, in words; each leads to what is behind it."""

from dataclasses import dataclass

from schools.reach.rows import ReachRow


@dataclass(frozen=True)
class Missing:
    """One thing that the figures do not know."""

    words: str
    figure: str = ""
    """The column whose cell shows which rows these are."""


def what_is_missing(total: ReachRow) -> list[Missing]:
    """Everything that makes the total less than certain; empty where nothing does."""
    found = []
    if number := total.outcomes_missing:
        said = "session is" if number == 1 else "sessions are"
        found.append(
            Missing(f"{number:,} {said} over and not yet reported: the pupils in them are in no figure.", "outcomes_missing")
        )
    if number := total.counts_missing:
        said = "session took place" if number == 1 else "sessions took place"
        found.append(
            Missing(f"{number:,} {said} without a count of every year group; who was not counted adds nothing.", "counts_missing")
        )
    if number := total.attendances_estimated:
        said = "attendance is an estimate" if number == 1 else "attendances are estimates"
        found.append(
            Missing(f"{number:,} {said}: one total that was spread, or the school’s own number.", "attendances_estimated")
        )
    if total.pupils_on_roll_estimated:
        found.append(
            Missing(
                "Part of the pupils on roll is a share of a register’s total, or a school’s is unknown.",
                "pupils_on_roll_estimated",
            )
        )
    return found
