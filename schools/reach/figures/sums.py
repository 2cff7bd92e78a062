"""Functions that say in words what the lines behind a figure add up to."""

from schools.reach.rows import ReachRow, one_decimal, percent


def plain_sum(total: int, _number: int, _row: ReachRow) -> str:
    """Return the sum itself."""
    return f"{total:,}"


def sum_and_more(total: int, _number: int, row: ReachRow) -> str:
    """Return the sum, and whether there may be more."""
    return f"{total:,} and more" if row.high_is_open else f"{total:,}"


def hours_of_minutes(total: int, _number: int, _row: ReachRow) -> str:
    """Return the minutes, and the same in hours."""
    return f"{total:,} minutes: {one_decimal(total, 60):,} hours"


def share_of_schools(part: int, whole: int, _row: ReachRow) -> str:
    """Return how many of the schools count, and their share."""
    share = percent(part, whole)
    return f"{part:,} of {whole:,} schools{'' if share is None else f': {share} %'}"


def share_of_roll(total: int, _number: int, row: ReachRow) -> str:
    """Return the pupils on roll, and the share of them that was reached."""
    if row.coverage_percent is None:
        return f"{total:,} pupils on roll; coverage is blank beyond one school year and where no roll is known"
    return f"{total:,} pupils on roll, of whom {row.coverage_percent:,} % were reached"


def any_line(_total: int, number: int, _row: ReachRow) -> str:
    """Return whether there is any line."""
    return "yes" if number else "no"


def roll_is_estimated(_total: int, _number: int, row: ReachRow) -> str:
    """Return whether part of the roll is an estimate."""
    return "yes" if row.pupils_on_roll_estimated else "no"
