"""What the rules of cover need to know about several people and sessions, read in a constant number of queries."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from typing import Any

from django.db.models import BigIntegerField, CharField, DateField, F, QuerySet, Value
from django.db.models.functions import Cast, Coalesce

from schools.charity.queries import CharityFacts, current
from schools.core.batched_queries import GivenDays, GivenIds
from schools.core.grid import kilometres_between
from schools.core.prepared import Prepared
from schools.core.travel import Pace
from schools.directory.models import School
from schools.visits.models import Cover, CoverRole, Session, SessionStage
from schools.volunteers.models import Availability, Away, Clearance, Conflict, SignOff, Volunteer

NOON = time(12)


@dataclass(frozen=True)
class Commitment:
    """A session that a volunteer has accepted or attended, with its school and the school's place."""

    session_id: int
    day: date
    starts: time
    ends: time
    school_id: int
    school: str
    place: tuple[int | None, int | None]
    site_id: int | None = None
    """Which of the school's sites it is; None: the school's own address."""
    has_note: bool = False
    """Whether a coordinator put them there with a note."""
    answered_at: datetime | None = None
    """When they said yes; None: nobody knows."""

    @classmethod
    def of(cls, session: Session, *, has_note: bool = False, answered_at: datetime | None = None) -> "Commitment":
        """Return the session as one to which somebody said yes; reads the visit, the school and the site."""
        where = session.where
        times = session.day, session.starts, session.ends
        return cls(session.pk, *times, session.visit.school_id, where.name, where.place, session.site_id, has_note, answered_at)

    def is_at(self, session: Session) -> bool:
        """Whether the two are at the same place of one school."""
        return (self.school_id, self.site_id) == (session.visit.school_id, session.site_id)

    def overlaps(self, session: Session) -> bool:
        """Whether the two are at the same time."""
        return self.day == session.day and self.starts < session.ends and session.starts < self.ends

    def minutes_apart(self, session: Session) -> int:
        """Return the minutes between the earlier and the later one, on one day; negative where they overlap."""
        first, second = (self.ends, session.starts) if self.starts < session.starts else (session.ends, self.starts)
        return 60 * (second.hour - first.hour) + second.minute - first.minute


def unmoved_since(commitments: Iterable[Commitment], moment: datetime) -> set[int]:
    """Return which of the sessions (ids) are when and where they were at that moment; one query."""
    now = {each.session_id: [each.day, each.starts, each.ends, each.site_id] for each in commitments}
    rows = Session.history.filter(id__in=list(now), history_date__lte=moment).order_by("history_date", "history_id")
    then = {pk: slot for pk, *slot in rows.values_list("id", "day", "starts", "ends", "site_id")}
    return {pk for pk, slot in now.items() if then.get(pk) == slot}


@dataclass(frozen=True)
class TightWay:
    """Another session of the day that leaves too little time to travel.

    It gives the kilometres between the schools, the minutes needed, and the minutes that there are.
    """

    other: Commitment
    kilometres: float
    needed: float
    there_are: int


type Known = tuple[str, int, str, int, Any, Any, Any]
"""A row of one of the five tables, in columns that they share: kind, volunteer's id, a text, a number, three days."""


def _of_people() -> QuerySet[Any, Known]:
    """Return all of these rows of the people."""
    no_day, no_text = Value(None, output_field=DateField()), Value("", output_field=CharField())
    nought = Value(0, output_field=BigIntegerField())

    def rows(
        of: QuerySet[Any], kind: str, *, text: Any = no_text, number: Any = nought, days: tuple[str, ...] = ()
    ) -> QuerySet[Any]:
        words = {
            "kind": Value(kind, output_field=CharField()),
            "text_": Cast(text, CharField()),
            "number_": Cast(number, BigIntegerField()),
        }
        three = [F(day) for day in days] + [no_day] * (3 - len(days))
        words |= {f"day_{place}": Cast(day, DateField()) for place, day in enumerate(three)}
        of = of.filter(volunteer__in=GivenIds("people")).order_by().annotate(**words)
        return of.values_list("kind", "volunteer_id", "text_", "number_", "day_0", "day_1", "day_2")

    clear = Clearance.objects.filter(decision=Clearance.Decision.CLEAR)
    complete = SignOff.objects.filter(stage=SignOff.Stage.SIGNED_OFF)
    known = rows(clear, "clearance", text=F("scheme"), days=("issued", "recheck_on", "withdrawn_on")).union(
        rows(complete, "sign-off", number=F("session_type_id"), days=("day", "recheck_on")),
        rows(Away.objects.all(), "away", days=("first_day", "last_day")),
        rows(Availability.objects.all(), "half day", text=F("part"), number=F("weekday")),
        rows(Conflict.objects.all(), "conflict", number=Coalesce("school__chain", "school_id")),
        all=True,
    )
    return known.order_by()


def _said_yes() -> QuerySet[Cover]:
    """Return the covers that the people hold on the days, each with its session, which was not called off, and where it is."""
    held = Cover.objects.holding().filter(volunteer__in=GivenIds("people"), session__day__in=GivenDays("days"))
    return held.exclude(session__stage=SessionStage.CANCELLED).select_related("session__visit__school", "session__site")


def _on_sessions() -> QuerySet[Cover]:
    """Return who holds a place on the sessions, and whether they count."""
    held = Cover.objects.holding().with_counting().filter(session__in=GivenIds("sessions"))
    return held.only("session_id", "volunteer_id", "role")


KNOWN_OF_PEOPLE, SAID_YES, ON_SESSIONS = Prepared(_of_people), Prepared(_said_yes), Prepared(_on_sessions)


class CoverRecords:
    """The volunteers' clearances, sign-offs, days away, half days, conflicts and covers, and who is on the sessions."""

    def __init__(self) -> None:
        """Start without any records; use `of`."""
        self._clearances: defaultdict[int, list[tuple[str, date, date, date | None]]] = defaultdict(list)
        self._sign_offs: dict[tuple[int, int], tuple[date, date | None]] = {}
        self._aways: defaultdict[int, list[tuple[date, date]]] = defaultdict(list)
        self._half_days: defaultdict[int, set[tuple[int, str]]] = defaultdict(set)
        self._conflicts: defaultdict[int, set[int]] = defaultdict(set)
        self._commitments: defaultdict[int, list[Commitment]] = defaultdict(list)
        self._counting: defaultdict[int, set[int]] = defaultdict(set)
        self._leads: dict[int, int] = {}
        self._on: set[tuple[int, int]] = set()

    @classmethod
    def of(cls, volunteers: Iterable[Volunteer], sessions: Iterable[Session]) -> "CoverRecords":
        """Read what is known about these volunteers and sessions."""
        records = cls()
        people = [volunteer.pk for volunteer in volunteers]
        sessions = list(sessions)
        if people:
            records._read_people(people)
        if sessions:
            records._read_sessions(people, sessions)
        return records

    def _read_people(self, people: list[int]) -> None:
        """Read the five tables of people in one query, so that a page with somebody's open sessions needs few queries."""
        for kind, person, text, number, first_day, second_day, third_day in KNOWN_OF_PEOPLE.run(people=people):
            match kind:
                case "clearance":
                    if first_day and second_day:
                        self._clearances[person].append((text, first_day, second_day, third_day))
                case "sign-off":
                    self._sign_offs[person, number] = first_day, second_day
                case "away":
                    self._aways[person].append((first_day, second_day))
                case "half day":
                    self._half_days[person].add((number, text))
                case "conflict":
                    self._conflicts[person].add(number)

    def _read_sessions(self, people: list[int], sessions: list[Session]) -> None:
        days = {session.day for session in sessions}
        for cover in SAID_YES.run(people=people, days=days) if people else ():
            known = Commitment.of(cover.session, has_note=bool(cover.coordinators_note), answered_at=cover.answered_at)
            self._commitments[cover.volunteer_id].append(known)
        stored = [session.pk for session in sessions if session.pk is not None]
        for cover in ON_SESSIONS.run(sessions=stored) if stored else ():
            self._on.add((cover.volunteer_id, cover.session_id))
            if cover.counts:
                self._counting[cover.session_id].add(cover.volunteer_id)
            if cover.role == CoverRole.LEAD:
                self._leads[cover.session_id] = cover.volunteer_id

    def suppose(self, sessions: Iterable[Session]) -> "CoverRecords":
        """Take the sessions as they are given, not as they are stored: whoever accepted one is busy at the given day and time."""
        for session in sessions:
            here = Commitment.of(session)
            for known in self._commitments.values():
                known[:] = [other for other in known if other.session_id != session.pk]
            for person, session_id in self._on:
                if session_id == session.pk:
                    self._commitments[person].append(here)
        return self

    def also(self, volunteer: int, commitments: Iterable[Commitment]) -> None:
        """Take it that the volunteer (id) has accepted these sessions too, which are not stored yet."""
        self._commitments[volunteer] += commitments

    def is_clear(self, volunteer: Volunteer, *, scheme: str, day: date) -> bool:
        """Whether a clear decision under the scheme holds on the day, as ClearanceQuerySet.clear_on decides for rows."""
        return any(
            known == scheme and issued <= day < recheck_on and (withdrawn_on is None or withdrawn_on > day)
            for known, issued, recheck_on, withdrawn_on in self._clearances[volunteer.pk]
        )

    def is_signed_off(self, volunteer: Volunteer, session: Session) -> bool:
        """Whether the volunteer is signed off for the session's type on its day."""
        day, recheck_on = self._sign_offs.get((volunteer.pk, session.type_id), (None, None))
        return day is not None and day <= session.day and (recheck_on is None or session.day < recheck_on)

    def is_away(self, volunteer: Volunteer, *, day: date) -> bool:
        """Whether the volunteer said that they are away on the day."""
        return any(first_day <= day <= last_day for first_day, last_day in self._aways[volunteer.pk])

    def is_free(self, volunteer: Volunteer, session: Session) -> bool:
        """Whether the session lies in a half day on which the volunteer can usually come; True where they named no half days."""
        half_days = self._half_days.get(volunteer.pk)
        part = Availability.PartOfDay.MORNING if session.starts < NOON else Availability.PartOfDay.AFTERNOON
        return not half_days or (session.day.weekday(), part) in half_days

    def has_conflict(self, volunteer: Volunteer, school: School) -> bool:
        """Whether the volunteer must not go to the school; a conflict stays with a school that gets a new register number."""
        return (school.chain or school.pk) in self._conflicts[volunteer.pk]

    def commitments(self, volunteer: Volunteer, session: Session) -> list[Commitment]:
        """Return the other sessions that the volunteer has accepted and that overlap this one in time."""
        return [other for other in self._others(volunteer, session) if other.overlaps(session)]

    def tight_ways(self, volunteer: Volunteer, session: Session) -> list[TightWay]:
        """Return the other sessions of the day that leave too little time to travel.

        Left out are sessions that overlap this one, and schools with an unknown place.
        """
        tight = []
        here = session.where.place
        for other in self._others(volunteer, session):
            kilometres = 0.0 if other.is_at(session) else kilometres_between(other.place, here)
            if kilometres is None or other.day != session.day or other.overlaps(session):
                continue
            needed, there_are = self._pace.minutes(kilometres), other.minutes_apart(session)
            if there_are < needed:
                tight.append(TightWay(other, kilometres, needed, there_are))
        return tight

    @property
    def distances_in(self) -> str:
        """The unit in which volunteers read distances."""
        return self._charity.distances_in

    @property
    def _pace(self) -> Pace:
        return self._charity.pace

    @cached_property
    def _charity(self) -> CharityFacts:
        """How fast people travel, and their unit; read for the first way that matters, which most people do not have."""
        return current()

    def _others(self, volunteer: Volunteer, session: Session) -> list[Commitment]:
        return [other for other in self._commitments[volunteer.pk] if other.session_id != session.pk]

    def is_on(self, volunteer: Volunteer, session: Session) -> bool:
        """Whether the volunteer has accepted, or attended, the session."""
        return (volunteer.pk, session.pk) in self._on

    def places_taken(self, session: Session, *, but: Iterable[Volunteer]) -> int:
        """Return how many people count as cover of the session, without those in `but`."""
        return len(self._counting[session.pk] - {volunteer.pk for volunteer in but})

    def has_lead(self, session: Session, *, but: Iterable[Volunteer]) -> bool:
        """Whether somebody other than those in `but` leads the session."""
        lead = self._leads.get(session.pk)
        return lead is not None and lead not in {volunteer.pk for volunteer in but}
