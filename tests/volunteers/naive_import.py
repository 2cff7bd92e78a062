"""The import of volunteers computed a second time, person by person, from dictionaries, without a database.

It knows what `test_import_volunteers_twice.py` writes into its files: cells that can be read, except for BAD.
"""

from copy import deepcopy
from datetime import date
from typing import Any

type State = dict[str, dict[str, Any]]
"""What is known of everybody, by reference, or by e-mail address where the reference was made up."""
type Row = dict[str, str]

BAD = {"areas": "Nowhere", "signed_off": "juggling", "status": "keen", "furthest_km": "far", "issued": "2026-02-31"}
"""Cells that make a row useless."""
STEPS = {"enquirer": "enquired", "in_training": "training", "active": "active", "paused": "paused", "left": "left"}
NOBODY: dict[str, Any] = {
    "name": "", "email": "", "phone": "", "postcode": "", "status": "enquirer", "joined": None, "left": None, "furthest_km": None,
    "languages": {"en"}, "areas": set(), "clearances": {}, "signed_off": {}, "availability": set(), "away": set(), "steps": set(),
}  # fmt: skip
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Useless(Exception):
    """The rows of a person cannot be used."""


def day(cell: str) -> date | None:
    return date.fromisoformat(cell) if cell else None


def values(cell: str) -> list[str]:
    return [value for value in cell.split(";") if value]


def after_import(rows: list[Row], before: State, *, on: date) -> tuple[State, set[int]]:
    """What is stored after the import, and the lines that are refused; the first row is line 2."""
    lines = dict(enumerate(rows, start=2))
    refused = {line for line, row in lines.items() if useless(row)}
    lines = {line: row for line, row in lines.items() if line not in refused and row not in rows[: line - 2]}
    for email in {row["email"] for row in lines.values() if row["email"]}:
        owners = {row["reference"] for row in rows_with(lines, refused, email=email) if row["reference"]}
        if len(owners) > 1:
            clash = {line for line, row in lines.items() if row["email"] == email or row["reference"] in owners}
            refused |= clash
    lines = {line: row for line, row in lines.items() if line not in refused}
    people: dict[str, dict[int, Row]] = {}
    for line, row in lines.items():
        people.setdefault(owner_of(row, lines, before), {})[line] = row
    done: dict[str, dict[str, Any]] = {}
    for key, theirs in people.items():
        try:
            done[key] = person_after(key, list(theirs.values()), before.get(key), on=on)
        except Useless:
            refused |= set(theirs)
    while brought := clashing(done, before):
        for key in brought:
            del done[key]
            refused |= set(people[key])
    return {**deepcopy(before), **done}, refused


def useless(row: Row) -> bool:
    if any(row[column] == word for column, word in BAD.items()):
        return True
    return not (row["reference"] or row["email"])


def rows_with(lines: dict[int, Row], refused: set[int], *, email: str) -> list[Row]:
    # All rows of the file that can be read count, also those that clash over another address.
    return [row for row in lines.values() if row["email"] == email]


def owner_of(row: Row, lines: dict[int, Row], before: State) -> str:
    """Who the row is about."""
    if row["reference"]:
        return row["reference"]
    in_file = [other["reference"] for other in lines.values() if other["reference"] and other["email"] == row["email"]]
    stored = [key for key, person in before.items() if person["email"] == row["email"]]
    return (in_file or stored or [row["email"]])[0]


def only(rows: list[Row], column: str) -> str:
    """The one value of the column."""
    different = {row[column] for row in rows if row[column]}
    if len(different) > 1:
        raise Useless(column)
    return next(iter(different), "")


def person_after(key: str, rows: list[Row], before: dict[str, Any] | None, *, on: date) -> dict[str, Any]:
    """What is stored of the person after the import."""
    person = deepcopy(before or NOBODY)
    single = {
        column: only(rows, column)
        for column in ("reference", "name", "email", "phone", "postcode", "status", "joined", "furthest_km")
    }
    if before is None and not single["name"]:
        raise Useless("name")
    for column in ("name", "email", "phone", "postcode"):
        person[column] = single[column] or person[column]
    person["joined"] = day(single["joined"]) or person["joined"]
    person["furthest_km"] = int(single["furthest_km"]) if single["furthest_km"] else person["furthest_km"]
    languages = {code for row in rows for code in values(row["languages"])}
    if languages:
        person["languages"] = languages | (person["languages"] if before else set())
    person["areas"] |= {area.removeprefix("North West/") for row in rows for area in values(row["areas"])}
    person["availability"] |= {
        (DAYS.index(half.split("-")[0]), half.split("-")[1]) for row in rows for half in values(row["availability"])
    }
    for row in rows:
        for away in values(row["away"]):
            first, last = (date.fromisoformat(end) for end in away.split(".."))
            if not any(begins <= first and last <= ends for begins, ends in (before or NOBODY)["away"]):
                person["away"].add((first, last))
    add_clearances(person, rows)
    add_sign_offs(person, rows)
    add_status(person, single["status"], before, single["joined"], on=on)
    if person["left"] and person["joined"] and person["joined"] > person["left"]:
        raise Useless("joined")
    return person


type Held = tuple[str, str, str, date | None, date | None]
"""Of a clearance: its level, number, decision, the day of that, and the recheck."""


def add_clearances(person: dict[str, Any], rows: list[Row]) -> None:
    columns = ("level", "clearance_reference", "decision", "decided_on", "recheck_on")
    let_in: set[tuple[str, date]] = set()
    for scheme, issued in {(row["scheme"], row["issued"]) for row in rows if row["scheme"]}:
        these = [row for row in rows if (row["scheme"], row["issued"]) == (scheme, issued)]
        level, number, decision, decided_on, recheck_on = (only(these, column) for column in columns)
        was = person["clearances"].get((scheme, day(issued)), ("", "", "pending", None, None))
        check_decision(was, decision, decided_on, recheck_on)
        now = (level or was[0], number or was[1], decision or was[2], day(decided_on) or was[3], day(recheck_on) or was[4])
        if now[2] == "clear" and not (issued and now[3] and now[4]):
            raise Useless("clear")
        if issued and now[4] and now[4] <= date.fromisoformat(issued):
            raise Useless("recheck")
        let_in |= {(scheme, now[3])} if now[2] == "clear" and (was[2] != "clear" or now[4] > was[4]) else set()
        person["clearances"][scheme, day(issued)] = now
    for (scheme, _), (_, _, decision, decided_on, _) in person["clearances"].items():
        if decision == "not_clear" and any(new[0] == scheme and (not decided_on or new[1] <= decided_on) for new in let_in):
            raise Useless("not clear")


def check_decision(was: Held, decision: str, decided_on: str, recheck_on: str) -> None:
    """Refuse what does not take the place of what was decided."""
    decides, day_before = decision not in {"", was[2]}, was[3].isoformat() if was[3] else ""
    if decides and (was[2] == "not_clear" or (not decided_on and (was[2] == "clear" or day_before))):
        raise Useless("decision")
    if decided_on and decided_on < day_before:
        raise Useless("older")
    if was[2] == "clear" and was[4] and not decides and recheck_on > was[4].isoformat() and decided_on in {"", day_before}:
        raise Useless("put off")


def add_sign_offs(person: dict[str, Any], rows: list[Row]) -> None:
    days: dict[str, set[str]] = {}
    for row in rows:
        for value in values(row["signed_off"]):
            slug, _, written = value.partition("=")
            days.setdefault(slug, set()).update({written} if written else ())
    for slug, written_days in days.items():
        if len(written_days) > 1:
            raise Useless(slug)
        first = day(next(iter(written_days), "")) or person["signed_off"].get(slug) or person["joined"]
        if first is None:
            raise Useless(slug)
        person["signed_off"][slug] = first


def add_status(person: dict[str, Any], status: str, before: dict[str, Any] | None, joined: str, *, on: date) -> None:
    if not status or (before and before["status"] == status):
        return
    step = STEPS[status]
    if before:
        holds = [c for (_, issued), c in person["clearances"].items() if c[2] == "clear" and issued and issued <= on < c[4]]
        resting = before["status"] in {"paused", "left"}
        if (
            status == "left"
            or (status == "paused" and before["status"] != "active")
            or (before["status"] == "left" and status != "active")
            or (status == "active" and not (holds and person["signed_off"]))
        ):
            raise Useless(status)
        step = "returned" if status == "active" and resting else step
        if (step, on) in before["steps"]:
            raise Useless("step")
    person["steps"].add((step, (day(joined) if step == "active" and not before else None) or on))
    person["status"], person["left"] = status, on if status == "left" else None
    if step == "active":
        person["joined"] = person["joined"] or on


def clashing(done: State, before: State) -> set[str]:
    """The people who bring an address that somebody else has afterwards."""
    after = {key: person["email"] for key, person in {**before, **done}.items()}
    return {
        key
        for key, person in done.items()
        if person["email"]
        and person["email"] != before.get(key, NOBODY)["email"]
        and list(after.values()).count(person["email"]) > 1
    }
