"""How volunteers and schools stand to the sessions of a visit: what is true today (docs/messages.md)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, QuerySet

from schools.visits.models import (
    HOLDING_STATES,
    LIVE_STATES,
    Cover,
    CoverRole,
    CoverState,
    Headcount,
    Session,
    SessionStage,
    VisitStage,
)

OFFERED, DOWN, ASKED = "offered", "down", "asked"
CANCELLED, OFF, UNNEEDED, HANDED_ON, REFUSED, NO = "cancelled", "off", "unneeded", "handed-on", "refused", "no"
UNANSWERED = "unanswered"
"""Of who asked to watch what was cancelled before anybody answered."""
EXPECTED = frozenset({OFFERED, DOWN})
"""The standings of somebody who thinks of going there."""

AGREED, PLANNED = "agreed", "planned"
"""The standings of schools, besides CANCELLED."""

UNCONFIRMED = "unconfirmed"
"""In place of the time of an answer: they know that they are down for it, and no message has said so yet."""

VOLUNTEER, SCHOOL = "volunteer", "school"
"""The two kinds of parties, as the columns of MessageAbout name them."""

type Pair = tuple[int, int]
"""The ids of a visit and of a volunteer, or of a visit and of a school."""


class Standing(NamedTuple):
    """How somebody stands to one session, as it is stored and compared; days and times as ISO writes them."""

    session: int
    day: str
    starts: str
    ends: str
    cover: int
    stands: str
    at: str
    """When the question was asked or answered last: a place that is taken anew is told anew."""
    other: int
    """The cover of whoever goes instead, whom they would replace, or who declined to take their place; 0: nobody."""
    until: str = ""
    """The last day of the window in which a school shows it online; "": it is on one day."""
    guests: str = ""
    """The ids of the schools whose pupils come to its host, the smallest first; "": none do, or it is not the host's."""

    @property
    def slot(self) -> tuple[str, str, str]:
        """The day and time."""
        return self.day, self.starts, self.ends

    @property
    def as_row(self) -> list[Any]:
        """What a column of JSON keeps of it."""
        return list(self) if self.guests else list(self[:-1])

    def is_but_for_guests(self, other: "Standing | None") -> bool:
        """Whether it says the same as the other one, whoever comes to the host besides."""
        return other is not None and self._replace(guests=other.guests) == other

    @property
    def guest_ids(self) -> list[int]:
        """The ids of the schools whose pupils come to its host."""
        return [int(school) for school in self.guests.split()]


type Standings = Mapping[int, Standing]
"""By the session's id."""


class _Row(NamedTuple):
    pk: int
    session_id: int
    visit_id: int
    volunteer_id: int
    user_id: int | None
    role: str
    state: str
    offered_at: datetime | None
    answered_at: datetime | None
    instead_of_id: int | None
    ended_by_id: int | None
    day: Any
    starts: Any
    ends: Any
    stage: str
    recorded_at: datetime | None


COLUMNS = (
    "pk", "session_id", "session__visit_id", "volunteer_id", "volunteer__user_id", "role", "state", "offered_at", "answered_at",
    "instead_of_id", "ended_by_id", "session__day", "session__starts", "session__ends", "session__stage", "session__recorded_at",
)  # fmt: skip


def true_standings(visits: Collection[int] | QuerySet[Any]) -> dict[Pair, dict[int, Standing]]:
    """Return how everybody stands to the sessions of the visits that were not reported yet, in one query."""
    rows = [_Row(*row) for row in Cover.objects.filter(session__visit__in=visits).order_by("pk").values_list(*COLUMNS)]
    by_pk = {row.pk: row for row in rows}
    instead: defaultdict[int, list[_Row]] = defaultdict(list)
    for row in rows:
        if row.instead_of_id is not None:
            instead[row.instead_of_id].append(row)
    latest: dict[tuple[int, int], _Row] = {}
    for row in rows:
        before = latest.get((row.session_id, row.volunteer_id))
        # A live one is the newest, except where two entries of one person were merged.
        if before is None or before.state not in LIVE_STATES or row.state in LIVE_STATES:
            latest[row.session_id, row.volunteer_id] = row
    true: defaultdict[Pair, dict[int, Standing]] = defaultdict(dict)
    for row in latest.values():
        if row.recorded_at is None and row.stage != SessionStage.DELIVERED:
            true[row.visit_id, row.volunteer_id][row.session_id] = _standing(row, by_pk, instead[row.pk])
    return true


def _standing(row: _Row, by_pk: Mapping[int, _Row], instead: Sequence[_Row]) -> Standing:
    stands, other = _stands(row, by_pk, instead)
    at = max((moment for moment in (row.offered_at, row.answered_at) if moment is not None), default=None)
    when = at.timestamp() if at else ""
    return Standing(
        row.session_id, row.day.isoformat(), row.starts.isoformat(), row.ends.isoformat(), row.pk, stands, str(when), other
    )


def _stands(row: _Row, by_pk: Mapping[int, _Row], instead: Sequence[_Row]) -> tuple[str, int]:
    if row.stage == SessionStage.CANCELLED and row.state in (*LIVE_STATES, CoverState.ASKED):
        return CANCELLED if row.state in LIVE_STATES else UNANSWERED, 0
    if row.state == CoverState.OFFERED:
        place = by_pk.get(row.instead_of_id or 0)
        return OFFERED, place.pk if place and place.state == CoverState.ACCEPTED else 0
    if row.state == CoverState.ASKED:
        return ASKED, 0
    if row.state == CoverState.DECLINED:
        is_refused = row.role == CoverRole.OBSERVER and row.ended_by_id not in {None, row.user_id}
        return REFUSED if is_refused else NO, 0
    if row.state == CoverState.WITHDRAWN:
        return _gone(row, instead)
    return DOWN, max((other.pk for other in instead if other.state == CoverState.DECLINED), default=0)


def _gone(row: _Row, instead: Iterable[_Row]) -> tuple[str, int]:
    if row.ended_by_id is not None and row.ended_by_id == row.user_id:
        return NO, 0
    taker = next((other.pk for other in instead if other.state in HOLDING_STATES), 0)
    if taker:
        return HANDED_ON, taker
    return UNNEEDED if row.answered_at is None else OFF, 0


def true_standings_of_schools(visits: Collection[int] | QuerySet[Any]) -> dict[Pair, dict[int, Standing]]:
    """Return how the hosts, and the guests of each session, stand to what was not reported yet, in two queries."""
    sessions = Session.objects.filter(visit__in=visits, recorded_at=None).exclude(stage=SessionStage.DELIVERED)
    columns = ("pk", "visit_id", "visit__school_id", "visit__stage", "day", "starts", "ends", "stage", "until_day")
    true: defaultdict[Pair, dict[int, Standing]] = defaultdict(dict)
    guests: defaultdict[int, set[int]] = defaultdict(set)
    there = Headcount.objects.filter(session__visit__in=visits).exclude(school=F("session__visit__school"))
    for session, school in there.order_by().values_list("session", "school").distinct():
        guests[session].add(school)
    for pk, visit, host, visit_stage, day, starts, ends, stage, until in sessions.order_by("pk").values_list(*columns):
        stands = AGREED if visit_stage == VisitStage.CONFIRMED else PLANNED
        stands = CANCELLED if stage == SessionStage.CANCELLED else stands
        slot = day.isoformat(), starts.isoformat(), ends.isoformat()
        standing = Standing(pk, *slot, 0, stands, "", 0, until.isoformat() if until else "")
        true[visit, host][pk] = standing._replace(guests=" ".join(map(str, sorted(guests[pk]))))
        for school in guests[pk]:
            true[visit, school][pk] = standing
    return true
