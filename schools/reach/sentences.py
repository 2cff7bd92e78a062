"""The sentence that people copy, made from the figures; it also says what is missing (docs/figures.md)."""

from collections.abc import Sequence
from datetime import date, datetime

from django.utils import timezone

from schools.core.nations import Nation
from schools.core.periods import Period
from schools.core.words import joined
from schools.reach.rows import Cut, ReachRow, ReachTable

PLURALS = {Cut.AREA: "areas", Cut.AUTHORITY: "authorities", Cut.REGION: "regions", Cut.NATION: "nations"}


def sentence(table: ReachTable, *, now: datetime, filters: Sequence[str] = (), areas: Sequence[str] | None = None) -> str:
    """Return the table's total in words, as of `now` (shown in the charity's own time).

    It says of which part it is, by filters and by the names of the areas to which it is restricted, since it is copied alone.
    """
    only = of_part(filters=filters, areas=areas)
    return " ".join(filter(None, (_reached(table), only, _provisional(table.total), _stamp(now, table.definitions))))


def of_part(*, filters: Sequence[str] = (), areas: Sequence[str] | None) -> str:
    """Return the sentence that says of which part figures are; "" where they are of everything (`areas` None, no filters)."""
    of_areas = [f"in {joined(areas) or 'no area'} alone"] if areas is not None else []
    part = "; ".join([*filters, *of_areas])
    return f"This is a part: {part}." if part else ""


def about_fifths(indices: Sequence[tuple[Nation, int]]) -> str:
    """Return of which day fifths of deprivation are, and by which index of each nation."""
    known = joined(f"{nation.label} by its index of {year}" for nation, year in indices)
    return (
        f"Fifths are those of today for every period{f': {known}' if known else ''}. So years can be compared; a newer index, or "
        "a school that moves, changes all of them."
    )


def _reached(table: ReachTable) -> str:
    total = table.total
    when = _when(table.period)
    if not total.pupils_reached:
        return f"{when} no pupils were counted."
    once = "counted once per school year" if total.pupils_reached == 1 else "each counted once per school year"
    return f"{when} we reached {_pupils(total)}, {once}, {_where(table)}{_channels(total)}."


def _pupils(total: ReachRow) -> str:
    """Return how many pupils: about, at least and at most; leading with *at least* where no exact roll is known.

    By the first definitions there is one number, told as *at least*.
    """
    about, low, high = total.pupils_reached, total.pupils_reached_low, total.pupils_reached_high
    if low is None or high is None:
        return f"at least {_many(about, 'pupil')}"
    if not low:
        return f"about {_many(about, 'pupil')} by estimates alone"
    if not total.has_rolls:
        beside = f" (about {about:,} if no session was given twice to the same children)" if about > low else ""
        return f"at least {_many(low, 'pupil')}{beside}"
    most = f"at most {high:,} by the rolls{', and more where nobody counted' if total.high_is_open else ''}"
    if about > low:
        return f"about {_many(about, 'pupil')} (at least {low:,}, {most})"
    return f"at least {_many(low, 'pupil')} ({most})" if high > low or total.high_is_open else f"at least {_many(low, 'pupil')}"


def _when(period: Period) -> str:
    if "/" in period.name:
        # A range of one year is that year.
        return f"In {' to '.join(dict.fromkeys(period.name.split('..')))}"
    if period.name.startswith("FY"):
        return f"In {period.first_day:%B %Y} to {period.last_day:%B %Y}"
    return f"From {_day(period.first_day)} to {_day(period.last_day)}"


def _where(table: ReachTable) -> str:
    online, reached = table.total.schools_online_only, table.total.schools_reached
    schools = f"in {_many(reached, 'school')}{f' ({online:,} online only)' if 0 < online < reached else ''}"
    cut = table.by if table.by.is_place else table.within
    if cut is None or cut == Cut.FIFTH:
        return schools
    # Two areas may have the same name, so all names of a place tell it apart; a row of a kind has the names of its place.
    places = {
        (row.nation, row.region, row.area, row.authority, row.authority_gss): row for row in table.rows if row.schools_reached
    }
    names = [name for row in places.values() if (name := getattr(row, cut.value))]
    if len(names) < len(places) or not names:
        return schools  # some are in no such place, so no place may be named for all of them
    if len(names) > 1:
        return f"{schools} in {len(names)} {PLURALS[cut]}"
    return f"{schools} in {Nation(names[0]).label if cut == Cut.NATION else names[0]}"


def _channels(total: ReachRow) -> str:
    if not total.pupils_online:
        return ", all in person"
    if not total.pupils_in_person:
        return ", all online"
    both = "; some had both" if total.pupils_in_person + total.pupils_online > total.pupils_reached else ""
    return f": {total.pupils_in_person:,} in person, {total.pupils_online:,} online{both}"


def _provisional(total: ReachRow) -> str:
    missing = []
    if total.outcomes_missing:
        missing.append(f"{_many(total.outcomes_missing, 'session')} not yet reported")
    if total.counts_missing:
        of_what = "" if missing else " session" if total.counts_missing == 1 else " sessions"
        missing.append(f"{total.counts_missing:,}{of_what} without a count")
    estimates = ""
    if total.attendances_estimated:
        are = "is an estimate" if total.attendances_estimated == 1 else "are estimates"
        estimates = f"{total.attendances_estimated:,} of the attendances {are}"
    words = "; ".join(filter(None, (", ".join(missing), estimates)))
    return f"Provisional: {words}." if missing else f"{words}." if words else ""


def _stamp(now: datetime, definitions: int) -> str:
    local = timezone.localtime(now)
    return f"As of {_day(local.date())}, {local:%H:%M}; definitions {definitions}."


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
