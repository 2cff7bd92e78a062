"""The due list's rows: how they are filtered, sorted, shown on the page and written to the file."""

from collections.abc import Callable, Collection, Iterable
from datetime import date
from typing import Any

from django.http import QueryDict

from schools.core.csv import Cell
from schools.core.words import joined, long_day
from schools.core.year_groups import year_group_span
from schools.directory.models import School
from schools.office.frame.chips import chip
from schools.office.schools.forms.due import BOOKED, EVERY, TO_ASK, WAITING
from schools.planning.cycle import Priority
from schools.planning.queries import DueSchool

KINDS = {Priority.NEVER: "problem", Priority.OVERDUE: "problem", Priority.DUE: "needs", Priority.NOT_YET: "done"}

HEADER = (
    "school", "nation", "register_id", "postcode", "phone", "authority", "area", "priority", "last_visit", "years_since",
    "year_groups_never_reached", "pupils_to_gain", "pupils_to_gain_complete", "not_before", "booked_for",
    "awaiting_outcome_of", "requested_for", "offered_until", "last_spoken", "volunteers_near", "fifth_of_deprivation",
)  # fmt: skip
"""The columns of the file."""


def cells(row: DueSchool, school: School) -> tuple[Cell, ...]:
    """Return the school's row of the file, in the order of HEADER."""
    standing = row.standing
    return (
        school.name,
        school.nation,
        school.register_id,
        school.postcode,
        school.phone,
        school.authority.name if school.authority else "",
        row.area.name if row.area else "",
        standing.priority.value,
        row.last_visit,
        standing.years_since,
        " ".join(str(group) for group in standing.never_reached),
        standing.pupils_to_gain,
        "yes" if standing.gain_is_whole else "no",
        standing.waits_until,
        row.booked_for,
        row.awaiting_outcome_of,
        row.requested_for,
        row.offered_until,
        row.last_spoken,
        row.volunteers_near,
        school.fifth,
    )


HEADINGS = (
    ("School", "name", False),
    ("Due", "priority", False),
    ("Last visit", "last", False),
    ("Never reached", "reached", False),
    ("Pupils to gain", "gain", True),
    ("Last spoken to", "spoken", False),
    ("Deprivation", "fifth", True),
    ("Volunteers near", "near", True),
)
"""The headings of the page's columns: words, the order in which a press puts the list, and whether it holds numbers."""

DESCENDING = {"gain", "near", "reached"}
"""Orders that begin with the largest number."""


def headings(query: QueryDict, *, sort: str, turned: bool, orders: Collection[str]) -> list[dict[str, Any]]:
    """Return the headings of the columns, each with the query of the address that sorts by it; once more turns the order.

    `orders` are those that the list has: the headings of the others lead nowhere.
    """
    columns = []
    for words, order, is_number in HEADINGS:
        heading: dict[str, Any] = {"words": words, "is_number": is_number}
        if order in orders:
            wanted = query.copy()
            for name in ("page", "turned"):
                wanted.pop(name, None)
            wanted["sort"] = order
            is_chosen = order == sort
            if is_chosen and not turned:
                wanted["turned"] = "on"
            heading["query"] = wanted.urlencode()
            if is_chosen:
                heading["sorted"] = "descending" if (order in DESCENDING) != turned else "ascending"
        columns.append(heading)
    return columns


def is_shown(row: DueSchool, show: str) -> bool:
    """Return whether the school belongs under this heading."""
    if show == TO_ASK:
        return row.to_ask_now
    if show == WAITING:
        return row.standing.waits_until is not None
    if show == BOOKED:
        return row.is_booked_or_asked
    return show in {EVERY, row.standing.priority}


def filtered(rows: Iterable[DueSchool], *, group: int | None, near: bool) -> list[DueSchool]:
    """Return the schools that never reached the year group (if given) and have a volunteer near (if `near`)."""
    return [
        row for row in rows if (group is None or group in row.standing.never_reached) and (not near or bool(row.volunteers_near))
    ]


def _most_due(row: DueSchool) -> Any:
    return row.standing.priority.rank, row.last_visit or date.min, -(row.standing.pupils_to_gain or 0)


ORDERS: dict[str, Callable[[DueSchool], Any]] = {
    "priority": _most_due,
    "reached": lambda row: (-len(row.standing.never_reached), _most_due(row)),
    "gain": lambda row: (-(row.standing.pupils_to_gain or 0), _most_due(row)),
    "last": lambda row: row.last_visit or date.min,
    "spoken": lambda row: row.last_spoken or date.min,
    "near": lambda row: (-(row.volunteers_near or 0), _most_due(row)),
    "fifth": lambda row: (row.fifth or 9, _most_due(row)),
    "name": lambda row: (),
}


def ordered(rows: Iterable[DueSchool], sort: str) -> list[DueSchool]:
    """Return the schools in the chosen order; equal ones by name."""
    return sorted(rows, key=lambda row: (ORDERS[sort](row), row.name, row.school_id))


def line(row: DueSchool, school: School) -> dict[str, Any]:
    """Return what the page shows of the school."""
    standing = row.standing
    gain = standing.pupils_to_gain
    return {
        "school": school,
        "area": row.area,
        "chip": chip(KINDS[standing.priority], standing.priority.words),
        "last_visit": row.last_visit,
        "since": _since(standing.years_since),
        "never_reached": year_group_span(standing.never_reached, school.nation) or "none",
        "gain": "not known" if gain is None else f"{gain:,}{'' if standing.gain_is_whole else ' and more'}",
        "state": _state(row),
        "last_spoken": row.last_spoken,
        "fifth": "not known" if school.fifth is None else f"{school.fifth} of 5",
        "near": "not known" if row.volunteers_near is None else row.volunteers_near,
    }


def _since(years: int | None) -> str:
    if not years:
        return "" if years is None else "this school year"
    return "last school year" if years == 1 else f"{years} school years ago"


def _state(row: DueSchool) -> str:
    states = []
    if row.booked_for:
        states.append(f"booked for {long_day(row.booked_for)}")
    if row.awaiting_outcome_of:
        states.append(f"outcome not reported yet of {long_day(row.awaiting_outcome_of)}")
    if row.is_requested:
        states.append(f"asked for {row.requested_for:%B %Y}" if row.requested_for else "asked for a visit")
    if row.offered_until:
        states.append(f"dates offered, held until {long_day(row.offered_until)}")
    if row.standing.waits_until:
        states.append(f"ask again on {long_day(row.standing.waits_until)}")
    words = joined(states)
    return words[:1].upper() + words[1:]
