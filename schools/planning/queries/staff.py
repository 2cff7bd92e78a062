"""The people of some areas, and what else needs people there: read in one statement, for the rating of half-days.

The statement is written as SQL once in each process: to write its QuerySets takes longer than to answer them.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, time
from typing import Any

from django.db.models import DateField, F, Q, TextField
from django.db.models.functions import Cast, Coalesce, Least

from schools.charity.queries import current
from schools.core.batched_queries import Batch, Given, GivenIds, NamedIds, NamedQuery, Row, named_query
from schools.core.nations import scheme_of
from schools.directory.models import AreaAuthority, Authority
from schools.directory.models.areas import holds_on
from schools.planning.half_days import Busy, Others, Person, Staff, Wanted
from schools.programme.models import Channel
from schools.visits.half_days import HalfDay
from schools.visits.models import BOOKED_STAGES, Cover, OfferedDates, Session
from schools.visits.queries.places import place_of
from schools.visits.queries.records import NOON
from schools.volunteers.models import Availability, Away, Clearance, Conflict, SignOff, Volunteer

AREAS = GivenIds("areas")
"""Whose people are read."""
FIRST, LAST, ON = (Given(name, DateField()) for name in ("first", "last", "on"))
"""The first and the last day that is looked at, and today."""
IN_TIME = Q(day__gte=FIRST, day__lte=LAST)
PEOPLE, AUTHORITIES = "people", "authorities"
"""Under these names the queries find the active people of the areas, and the authorities of all areas in which they help."""

_day = date.fromisoformat

type Rows = Mapping[str, Sequence[Row]]
"""The rows of the statement, by the names of its queries."""


def _ids() -> dict[str, Any]:
    joins = Volunteer.areas.through.objects.order_by()
    people = Volunteer.objects.active().filter(pk__in=joins.filter(area__in=AREAS).values("volunteer"))
    areas = joins.filter(volunteer__in=NamedIds(PEOPLE)).values("area")
    holdings = AreaAuthority.objects.filter(holds_on(ON), area__in=areas).order_by()
    return {PEOPLE: people, AUTHORITIES: Authority.objects.filter(pk__in=holdings.values("authority"))}


def _queries() -> list[NamedQuery]:
    return [*_of_people(), *_of_others()]


def _of_people() -> Iterator[NamedQuery]:
    """Yield the queries about the people: where they live and help, and when they may and can go."""
    theirs = Q(volunteer__in=NamedIds(PEOPLE))
    yield named_query(
        "person", Volunteer.areas.through.objects.filter(theirs),
        person="volunteer_id", area="area_id", easting="volunteer__easting", northing="volunteer__northing",
        furthest="volunteer__furthest_km",
    )  # fmt: skip
    clear = Clearance.objects.filter(theirs, decision=Clearance.Decision.CLEAR, issued__lte=LAST, recheck_on__gt=FIRST)
    ends = Least("recheck_on", Coalesce("withdrawn_on", "recheck_on"))
    yield named_query("clear", clear, person="volunteer_id", scheme="scheme", first="issued", ends=ends)
    complete = SignOff.objects.filter(theirs, stage=SignOff.Stage.SIGNED_OFF, day__lte=LAST)
    yield named_query("sign-off", complete, person="volunteer_id", type="session_type_id", first="day", ends="recheck_on")
    away = Away.objects.filter(theirs, first_day__lte=LAST, last_day__gte=FIRST)
    yield named_query("away", away, person="volunteer_id", first="first_day", last="last_day")
    yield named_query("usual", Availability.objects.filter(theirs), person="volunteer_id", weekday="weekday", part="part")
    school = Coalesce("school__chain", "school_id")
    yield named_query("conflict", Conflict.objects.filter(theirs), person="volunteer_id", school=school)
    planned = Session.objects.scheduled().filter(IN_TIME).order_by().values("pk")
    # A list of ids: else the schools of all sessions of the country would be looked up before it is asked who goes to them.
    covers = Cover.objects.holding().filter(theirs, session__in=planned).order_by().values("pk")
    yield named_query(
        "busy", Cover.objects.filter(pk__in=covers),
        person="volunteer_id", day="session__day", starts="session__starts", ends="session__ends",
        **place_of("session__"),
    )  # fmt: skip


def _of_others() -> Iterator[NamedQuery]:
    """Yield the queries about visits that are not covered and dates that are held, where some of the people could go."""
    here = NamedIds(AUTHORITIES)
    uncovered = Session.objects.uncovered().filter(
        IN_TIME,
        visit__stage__in=BOOKED_STAGES,
        visit__school__authority__in=here,
        type__channel=Channel.IN_PERSON,
    )
    yield named_query(
        "uncovered", uncovered,
        visit="visit_id", day="day", starts="starts", type="type_id", needs_sign_off="type__needs_sign_off",
        lacking=F("type__presenters") - F("places_taken"), **(_of_school("visit__school") | place_of()),
    )  # fmt: skip
    held = OfferedDates.objects.holding(on=ON).filter(school__authority__in=here)
    texts = {name: Cast(name, TextField()) for name in ("half_days", "types")}  # else SQLite would give them as other values
    yield named_query("held", held, pk="pk", chosen="chosen", people="people", **texts, **_of_school("school"))
    holdings = AreaAuthority.objects.filter(holds_on(ON), authority__in=here)
    yield named_query("area", holdings, authority="authority_id", area="area_id")


def _of_school(path: str) -> dict[str, str]:
    """Return the columns of a school, by the names that `_wanted` reads."""
    columns = {"school": "pk", "chain": "chain", "easting": "easting", "northing": "northing", "nation": "nation"}
    return {name: f"{path}__{column}" for name, column in columns.items()} | {"authority": f"{path}__authority_id"}


STATEMENT = Batch(_queries, ids=_ids)


def staff_and_others(
    areas: Collection[int], half_days: Sequence[HalfDay], *, on: date, but: int | None = None
) -> tuple[Staff, Others]:
    """Return the active people of the areas on these half-days, which are in order, and what else needs some of them; one query.

    `but`: dates whose hold does not count, by their id.
    """
    rows = STATEMENT.run(areas=areas, first=half_days[0].day, last=half_days[-1].day, on=on)
    others: defaultdict[HalfDay, list[Wanted]] = defaultdict(list)
    for half_day, wanted in (*_uncovered(rows), *_held(rows, but)):
        others[half_day].append(wanted)
    return Staff(_people(rows), areas, half_days, pace=current().pace), others


def _people(rows: Rows) -> Iterable[Person]:
    people: dict[int, Person] = {}
    for row in rows["person"]:
        person = people.get(row["person"])
        if person is None:
            furthest = None if row["furthest"] is None else float(row["furthest"])
            person = people[row["person"]] = Person(row["person"], (row["easting"], row["northing"]), furthest)
        person.areas.add(row["area"])
    for name, note in NOTES.items():
        for row in rows[name]:
            note(people[row["person"]], row)
    return people.values()


def _note_sign_off(person: Person, row: Row) -> None:
    ends = row["ends"]
    person.signed_off[row["type"]] = _day(row["first"]), _day(ends) if ends else None


def _note_busy(person: Person, row: Row) -> None:
    starts, ends = time.fromisoformat(row["starts"]), time.fromisoformat(row["ends"])
    person.busy.append(Busy((row["easting"], row["northing"]), _day(row["day"]), starts, ends))


NOTES: Mapping[str, Callable[[Person, Row], None]] = {
    "clear": lambda person, row: person.clear.append((row["scheme"], _day(row["first"]), _day(row["ends"]))),
    "sign-off": _note_sign_off,
    "away": lambda person, row: person.away.append((_day(row["first"]), _day(row["last"]))),
    "usual": lambda person, row: person.usually.add(f"{row['weekday']}-{row['part']}"),
    "conflict": lambda person, row: person.not_at.add(row["school"]),
    "busy": _note_busy,
}
"""How each row of a query is kept, by the query's name."""


def _uncovered(rows: Rows) -> Iterator[tuple[HalfDay, Wanted]]:
    """Yield each half-day of a visit that people go to and that is not covered, with what it still asks for.

    Its sessions of a half-day are one: it asks for as many people as the one that lacks most, who go to none of them yet and can
    do all that lack somebody.
    """
    of_visit: defaultdict[tuple[int, HalfDay], list[Row]] = defaultdict(list)
    for row in rows["uncovered"]:
        half_day = HalfDay(_day(row["day"]), time.fromisoformat(row["starts"]) >= NOON)
        of_visit[row["visit"], half_day].append(row)
    areas = _areas(rows)
    for (_visit, half_day), sessions in of_visit.items():
        types = [row["type"] for row in sessions if row["needs_sign_off"]]
        yield half_day, _wanted(sessions[0], areas, types, max(row["lacking"] for row in sessions))


def _held(rows: Rows, but: int | None) -> Iterator[tuple[HalfDay, Wanted]]:
    """Yield each half-day that is held for a school, with what the visit would ask for."""
    areas = _areas(rows)
    for row in rows["held"]:
        if row["pk"] != but:
            wanted = _wanted(row, areas, json.loads(row["types"]), row["people"])
            keys = [row["chosen"]] if row["chosen"] else json.loads(row["half_days"])
            yield from ((half_day, wanted) for key in keys if (half_day := HalfDay.of(key)))


def _areas(rows: Rows) -> dict[int, int]:
    """Return the area of each authority."""
    return {row["authority"]: row["area"] for row in rows["area"]}


def _wanted(row: Row, areas: Mapping[int, int], types: Iterable[int], people: int) -> Wanted:
    place, area = (row["easting"], row["northing"]), areas[row["authority"]]
    return Wanted(row["chain"] or row["school"], place, scheme_of(row["nation"]), area, frozenset(types), people)


def areas_sharing_people(area: int) -> set[int]:
    """Return the area with every area that shares people with it, or with one of those, and so on.

    One query where it shares people with none, and one more for each step from area to area.
    """
    joins = Volunteer.areas.through.objects.filter(volunteer__in=Volunteer.objects.active().order_by().values("pk")).order_by()
    joined, reached = set[int](), {area}
    while joined != reached:
        joined = reached
        theirs = joins.filter(area__in=joined).values("volunteer")
        reached = joined | set(joins.filter(volunteer__in=theirs).values_list("area", flat=True).distinct())
    return reached
