"""The week board: a week’s mornings by area and day, who is on each, how many are needed, and when schools are closed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format

from schools.accounts.models import User
from schools.core.batched_queries import GivenIds
from schools.core.prepared import Prepared
from schools.core.words import days_between, joined, time_range
from schools.directory.models import Area
from schools.office.calendar.forms import Span
from schools.office.calendar.school_days import Closed, Held, SchoolDays, holdings
from schools.office.frame.chips import chip, chip_of_day
from schools.visits.models import (
    PRESENTING_ROLES,
    Cover,
    CoverRole,
    CoverState,
    Session,
    SessionQuerySet,
    SessionStage,
    VisitStage,
)
from schools.visits.queries import VisitDay, by_visit_day
from schools.visits.queries.days import lapsed_covers
from schools.visits.rules.closing_schools import days_at_closing_school

MOST_SHOWN = 300
"""The most mornings that are shown one by one unless an area is chosen; of more, as a nation has, a day has only their number."""
MOST_EMPTY = 6
"""With up to so many areas, each has its row even where nothing is booked; of more, the empty ones are counted."""
SATURDAY = 5

type Place = int | None
"""The id of the area in whose row something stands; None: it lies in no area."""


@dataclass(frozen=True)
class Person:
    """Somebody who is on a morning, or was asked."""

    name: str
    beside: str
    """What is to be known of it, such as “asked”; blank: they come to all of it, to present."""
    has_lapsed: bool
    """Whether they said yes, but will not be active, clear or signed off on the day."""


@dataclass(frozen=True)
class Morning:
    """What one visit has on one day."""

    visit_day: VisitDay
    when: str
    types: str
    people: Sequence[Person]
    chips: Sequence[str]
    """How it stands; the first says whether people are needed."""
    beside: str
    """What else is to be known; blank: nothing."""
    needed: int
    """How many people are still needed on one of its sessions at most; 0: it is covered, over, or nobody goes."""
    is_open: bool
    """Whether something can still change on it: else it only leads to its page."""
    is_off: bool
    """Whether all of it is cancelled."""


@dataclass(frozen=True)
class DayOfBoard:
    """A day as every row of the board writes it: once, since a nation has a hundred rows."""

    day: date
    name: str
    """Weekday, day and month."""
    is_today: bool


@dataclass(frozen=True)
class Cell:
    """A day of an area: its mornings, or only their number where there are too many to read."""

    day: DayOfBoard
    closed: Closed | None
    """Why schools are closed; None: they are open."""
    mornings: Sequence[Morning]
    number: int
    """How many mornings are booked; the cancelled ones are not."""
    needing: int
    """How many of them need people."""


@dataclass(frozen=True)
class Row:
    """An area with its days."""

    area: Area | None
    """None: schools that lie in no area."""
    terms: str
    """The terms of these days; blank: none is known."""
    cells: Sequence[Cell]

    @property
    def name(self) -> str:
        """The heading of the row."""
        return str(self.area) if self.area else "In no area"


@dataclass(frozen=True)
class Board:
    """A week as its page shows it."""

    days: Sequence[DayOfBoard]
    rows: Sequence[Row]
    left_out: int
    """How many areas have no row, because nothing is booked there."""
    is_wide: bool
    """Whether there are too many mornings to show each."""

    @property
    def number(self) -> int:
        """How many mornings are booked."""
        return sum(cell.number for row in self.rows for cell in row.cells)

    @property
    def needing(self) -> int:
        """How many of them need people."""
        return sum(cell.needing for row in self.rows for cell in row.cells)

    @property
    def is_closed(self) -> bool:
        """Whether schools of every area are closed on every day."""
        closed = [cell.closed for row in self.rows for cell in row.cells]
        return bool(closed) and all(each is not None and each.is_everywhere for each in closed)


@dataclass(frozen=True)
class Known:
    """A session of the week as it is read first, at a price that does not grow with what is shown of it."""

    pk: int
    visit: int
    day: date
    place: Place
    is_off: bool
    """Whether it is cancelled."""


def board_of(user: User, span: Span, *, areas: Sequence[Area], area: Area | None, on: date) -> Board:
    """Return the week of the areas (with their regions), or of `area` alone, in a constant number of queries.

    An area's row has what lies in it on the day `on`, and what was delivered while it did. An online window stands on its first
    day.
    """
    shown = [area] if area else list(areas)
    held = holdings(shown, on=on)
    sessions = _of_week(user, span, area=area, on=on)
    known = _known(sessions, shown, held)
    days = [day for day in span.days if day.weekday() < SATURDAY or any(each.day == day for each in known)]
    is_wide = area is None and len({(each.visit, each.day) for each in known}) > MOST_SHOWN
    mornings = {} if is_wide else _mornings(known, on=on)
    numbers = _numbers(known, sessions, on=on) if is_wide else _counted(mornings)
    places = {each.place for each in known}
    with_row = [each for each in shown if len(shown) <= MOST_EMPTY or each.pk in places]
    school_days = SchoolDays(with_row, held, days)
    named = [DayOfBoard(day, date_format(day, "D j F"), day == on) for day in days]

    def cell(of: Area | None, named_day: DayOfBoard) -> Cell:
        key = of.pk if of else None, named_day.day
        closed = school_days.closed(of, named_day.day) if of else None
        return Cell(named_day, closed, mornings.get(key, ()), *numbers.get(key, (0, 0)))

    def row(of: Area | None) -> Row:
        return Row(of, school_days.terms(of) if of else "", [cell(of, day) for day in named])

    rows = [row(of) for of in (*with_row, *([None] if None in places else []))]
    return Board(named, rows, len(shown) - len(with_row), is_wide)


def _of_week(user: User, span: Span, *, area: Area | None, on: date) -> SessionQuerySet:
    """Return the week's sessions that the user may see.

    Only days are asked for, no windows that began earlier, so that an index finds them among those of ten years too.
    """
    sessions = Session.objects.for_user(user, on=on)
    if area:
        sessions = sessions.in_areas(Area.objects.filter(pk=area.pk), on=on)
    return sessions.filter(day__range=(span.first, span.last))


def _known(sessions: SessionQuerySet, shown: Iterable[Area], held: dict[int, list[Held]]) -> list[Known]:
    """Return the sessions, each with its row: that of the area where it was delivered, else of the one that has the school."""
    areas = {area.pk for area in shown}
    now = {authority.pk: area for area, of_area in held.items() for authority in of_area}
    rows = sessions.order_by("day", "visit", "starts", "pk")
    return [
        Known(pk, visit, day, then if then in areas else now.get(authority), stage == SessionStage.CANCELLED)
        for pk, visit, day, stage, then, authority in rows.values_list(
            "pk", "visit", "day", "stage", "area", "visit__school__authority"
        )
    ]


type Numbers = dict[tuple[Place, date], tuple[int, int]]
"""How many mornings are booked in an area on a day, without the cancelled ones, and how many of them need people."""


def _counted(mornings: dict[tuple[Place, date], list[Morning]]) -> Numbers:
    return {
        key: (sum(not each.is_off for each in of_cell), sum(each.needed > 0 for each in of_cell))
        for key, of_cell in mornings.items()
    }


def _numbers(known: Iterable[Known], sessions: SessionQuerySet, *, on: date) -> Numbers:
    needing = set(sessions.filter(day__gte=on).uncovered().order_by().values_list("visit", "day"))
    visits: defaultdict[tuple[Place, date], set[int]] = defaultdict(set)
    for each in known:
        if not each.is_off:
            visits[each.place, each.day].add(each.visit)
    return {(place, day): (len(ids), sum((visit, day) in needing for visit in ids)) for (place, day), ids in visits.items()}


READ = (
    "day", "until_day", "starts", "ends", "stage", "cancelled_code", "type", "visit__stage", "visit__school__name",
    "visit__school__nation", "visit__school__status", "visit__school__closed",
)  # fmt: skip
"""What is read of the sessions that are shown; a school's row holds much more."""
WITH_COVER = Prepared(
    lambda: Session.objects.filter(pk__in=GivenIds("sessions")).with_cover().select_related("type", "visit__school").only(*READ)
)


def _mornings(known: Sequence[Known], *, on: date) -> dict[tuple[Place, date], list[Morning]]:
    """Return the mornings of each area and day, in order of time; three queries."""
    # How they are covered is read of these sessions alone: else a database works it out before it knows which are wanted.
    ids = [each.pk for each in known]
    sessions = WITH_COVER.run(sessions=ids)
    covers = Cover.objects.live().filter(session__in=ids)
    lapsed = lapsed_covers(ids, on=on)
    by_session: defaultdict[int, list[Cover]] = defaultdict(list)
    for cover in covers.select_related("volunteer").only("session", "role", "state", "volunteer__name").order_by("pk"):
        by_session[cover.session_id].append(cover)
    place = {each.pk: each.place for each in known}
    mornings: defaultdict[tuple[Place, date], list[Morning]] = defaultdict(list)
    for visit_day, of_day in by_visit_day(sessions):
        theirs = [cover for session in of_day for cover in by_session[session.pk]]
        morning = _morning(visit_day, of_day, _people(of_day, theirs, lapsed), on=on)
        mornings[place[of_day[0].pk], visit_day.day].append(morning)
    return mornings


def _morning(visit_day: VisitDay, sessions: Sequence[Session], people: Sequence[Person], *, on: date) -> Morning:
    standing = [session for session in sessions if session.stage != SessionStage.CANCELLED]
    of = standing or list(sessions)
    is_open = any(session.stage == SessionStage.SCHEDULED and session.last_day >= on for session in sessions)
    lacking = [
        session.type.presenters - session.places_taken
        for session in standing
        if session.stage == SessionStage.SCHEDULED and session.day >= on and not session.is_covered
    ]
    beside = "" if standing else joined(dict.fromkeys(session.get_cancelled_code_display() for session in sessions))
    if is_open and visit_day.visit.stage == VisitStage.PLANNED:
        beside = "The school hasn’t agreed yet"
    return Morning(
        visit_day,
        when=_when(of),
        types=joined(dict.fromkeys(session.name for session in of)),
        people=people,
        chips=[
            _lacks(lacking, len(standing)) if lacking else chip_of_day(sessions, on=on),
            *(
                [chip("problem", "School closed by then")]
                if days_at_closing_school(visit_day.visit.school, sessions, on=on)
                else []
            ),
        ],
        beside=beside,
        needed=max(lacking, default=0),
        is_open=is_open,
        is_off=not standing,
    )


def _when(sessions: Sequence[Session]) -> str:
    """Return from when to when the sessions are; of online ones the days on which the school may show them."""
    if all(session.type.is_online for session in sessions):
        return days_between(sessions[0].day, max(session.last_day for session in sessions))
    return time_range(min(session.starts for session in sessions), max(session.ends for session in sessions))


def _lacks(numbers: Sequence[int], sessions: int) -> str:
    """Return the chip that says how many more are needed, and in how many of the sessions where it is not all."""
    some = f", in {len(numbers)} of {sessions} sessions" if len(numbers) < sessions else ""
    return chip("needs", f"{max(numbers)} more needed{some}")


def _people(sessions: Sequence[Session], covers: Iterable[Cover], lapsed: set[int]) -> list[Person]:
    """Return a line for each person on these sessions: those who said yes first, then by name."""
    people: defaultdict[int, list[Cover]] = defaultdict(list)
    for cover in covers:
        people[cover.volunteer_id].append(cover)
    wanted = sum(session.stage != SessionStage.CANCELLED and session.type.presenters > 0 for session in sessions)
    lines = [
        (
            all(cover.state == CoverState.OFFERED for cover in theirs),
            Person(theirs[0].volunteer.name, _beside(theirs, wanted), any(cover.pk in lapsed for cover in theirs)),
        )
        for theirs in people.values()
    ]
    return [person for _, person in sorted(lines, key=lambda line: (line[0], line[1].name))]


def _beside(covers: Sequence[Cover], wanted: int) -> str:
    """Return what is to be known of somebody with these covers of a morning that has `wanted` sessions people go to."""
    words = [CoverRole(cover.role).label.lower() for cover in covers if cover.role not in PRESENTING_ROLES][:1]
    offered = sum(cover.state == CoverState.OFFERED for cover in covers)
    if offered:
        words.append("asked" if offered == len(covers) else "asked for a part")
    if len(covers) < wanted:
        words.append(f"{len(covers)} of {wanted} sessions")
    return ", ".join(words)
