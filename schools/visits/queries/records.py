"""What the rules of cover need to know of several people and sessions, read at once in a constant number of queries."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time

from schools.core.grid import kilometres_between
from schools.core.travel import Pace
from schools.directory.models import School
from schools.visits.models import Cover, CoverRole, Session, SessionStage
from schools.volunteers.models import Availability, Away, Clearance, Conflict, SignOff, Volunteer

NOON = time(12)


@dataclass(frozen=True)
class Commitment:
    """A session that a volunteer said yes to."""

    session_id: int
    day: date
    starts: time
    ends: time
    school_id: int
    school: str
    place: tuple[int | None, int | None]

    def overlaps(self, session: Session) -> bool:
        """Whether the two are at the same time."""
        return self.day == session.day and self.starts < session.ends and session.starts < self.ends

    def minutes_apart(self, session: Session) -> int:
        """From the end of the earlier to the start of the later one, on one day; less than nothing where they overlap."""
        first, second = (self.ends, session.starts) if self.starts < session.starts else (session.ends, self.starts)
        return 60 * (second.hour - first.hour) + second.minute - first.minute


@dataclass(frozen=True)
class TightWay:
    """Another session of the day, and a way to or from it that takes longer than there is."""

    other: Commitment
    kilometres: float
    needed: float
    there_are: int


class CoverRecords:
    """Clearances, sign-offs, days away, conflicts and covers of the volunteers, and who is on the sessions."""

    def __init__(self) -> None:
        """Empty; use `of`."""
        self._clearances: defaultdict[int, list[tuple[str, date, date, date | None]]] = defaultdict(list)
        self._sign_offs: dict[tuple[int, int], date] = {}
        self._aways: defaultdict[int, list[tuple[date, date]]] = defaultdict(list)
        self._half_days: defaultdict[int, set[tuple[int, str]]] = defaultdict(set)
        self._conflicts: defaultdict[int, set[int]] = defaultdict(set)
        self._commitments: defaultdict[int, list[Commitment]] = defaultdict(list)
        self._counting: defaultdict[int, set[int]] = defaultdict(set)
        self._leads: dict[int, int] = {}
        self._on: set[tuple[int, int]] = set()

    @classmethod
    def of(cls, volunteers: Iterable[Volunteer], sessions: Iterable[Session]) -> "CoverRecords":
        """Read what is known of them."""
        records = cls()
        people = [volunteer.pk for volunteer in volunteers]
        sessions = list(sessions)
        records._read_people(people)
        records._read_conflicts(people)
        records._read_sessions(people, sessions)
        return records

    def _read_people(self, people: list[int]) -> None:
        clear = Clearance.objects.filter(volunteer__in=people, decision=Clearance.Decision.CLEAR)
        for clearance in clear.only("volunteer_id", "scheme", "issued", "recheck_on", "withdrawn_on"):
            if clearance.issued and clearance.recheck_on:
                held = (clearance.scheme, clearance.issued, clearance.recheck_on, clearance.withdrawn_on)
                self._clearances[clearance.volunteer_id].append(held)
        complete = SignOff.objects.filter(volunteer__in=people, stage=SignOff.Stage.SIGNED_OFF)
        for person, session_type, day in complete.values_list("volunteer_id", "session_type_id", "day"):
            self._sign_offs[person, session_type] = day
        aways = Away.objects.filter(volunteer__in=people)
        for person, first_day, last_day in aways.values_list("volunteer_id", "first_day", "last_day"):
            self._aways[person].append((first_day, last_day))
        half_days = Availability.objects.filter(volunteer__in=people)
        for person, weekday, part in half_days.values_list("volunteer_id", "weekday", "part"):
            self._half_days[person].add((weekday, part))

    def _read_conflicts(self, people: list[int]) -> None:
        """A conflict follows the school through its conversions."""
        chains: defaultdict[int, set[int]] = defaultdict(set)
        for conflict in Conflict.objects.filter(volunteer__in=people).select_related("school"):
            self._conflicts[conflict.volunteer_id].add(conflict.school_id)
            if conflict.school.chain is not None:
                chains[conflict.school.chain].add(conflict.volunteer_id)
        if chains:
            for school in School.objects.filter(chain__in=chains).only("chain"):
                for person in chains[school.chain or school.pk]:
                    self._conflicts[person].add(school.pk)

    def _read_sessions(self, people: list[int], sessions: list[Session]) -> None:
        days = {session.day for session in sessions}
        said_yes = Cover.objects.holding().filter(volunteer__in=people, session__day__in=days)
        for cover in said_yes.exclude(session__stage=SessionStage.CANCELLED).select_related("session__visit__school"):
            other = cover.session
            school = other.visit.school
            commitment = Commitment(other.pk, other.day, other.starts, other.ends, school.pk, school.name, school.place)
            self._commitments[cover.volunteer_id].append(commitment)
        on_them = Cover.objects.filter(session__in=[session.pk for session in sessions])
        for session_id, person in on_them.counting().values_list("session_id", "volunteer_id"):
            self._counting[session_id].add(person)
        for session_id, person, role in on_them.holding().values_list("session_id", "volunteer_id", "role"):
            self._on.add((person, session_id))
            if role == CoverRole.LEAD:
                self._leads[session_id] = person

    def suppose(self, sessions: Iterable[Session]) -> "CoverRecords":
        """Take the sessions as they are here, not as they are stored: who said yes to them is there on this day at this time."""
        for session in sessions:
            school = session.visit.school
            here = Commitment(session.pk, session.day, session.starts, session.ends, school.pk, school.name, school.place)
            for known in self._commitments.values():
                known[:] = [other for other in known if other.session_id != session.pk]
            for person, session_id in self._on:
                if session_id == session.pk:
                    self._commitments[person].append(here)
        return self

    def is_clear(self, volunteer: Volunteer, *, scheme: str, day: date) -> bool:
        """Whether a clear decision under the scheme holds on the day (as ClearanceQuerySet.clear_on asks of rows)."""
        return any(
            known == scheme and issued <= day < recheck_on and (withdrawn_on is None or withdrawn_on > day)
            for known, issued, recheck_on, withdrawn_on in self._clearances[volunteer.pk]
        )

    def is_signed_off(self, volunteer: Volunteer, session: Session) -> bool:
        """Whether the volunteer is signed off for the session's type by its day."""
        day = self._sign_offs.get((volunteer.pk, session.type_id))
        return day is not None and day <= session.day

    def is_away(self, volunteer: Volunteer, *, day: date) -> bool:
        """Whether the volunteer said that they are away on the day."""
        return any(first_day <= day <= last_day for first_day, last_day in self._aways[volunteer.pk])

    def is_free(self, volunteer: Volunteer, session: Session) -> bool:
        """Whether the session lies in a half day on which they can usually come; without any half day they can always."""
        half_days = self._half_days.get(volunteer.pk)
        part = Availability.PartOfDay.MORNING if session.starts < NOON else Availability.PartOfDay.AFTERNOON
        return not half_days or (session.day.weekday(), part) in half_days

    def conflicts(self, volunteer: Volunteer) -> set[int]:
        """Ids of the schools that the volunteer must not go to, under all their register numbers."""
        return self._conflicts[volunteer.pk]

    def commitments(self, volunteer: Volunteer, session: Session) -> list[Commitment]:
        """Other sessions that the volunteer said yes to and that overlap this one in time."""
        return [other for other in self._others(volunteer, session) if other.overlaps(session)]

    def tight_ways(self, volunteer: Volunteer, session: Session, *, pace: Pace) -> list[TightWay]:
        """Other sessions of the day, not overlapping this one, that leave too little time for the way; unknown places pass."""
        tight = []
        here = session.visit.school
        for other in self._others(volunteer, session):
            kilometres = 0.0 if other.school_id == here.pk else kilometres_between(other.place, here.place)
            if kilometres is None or other.day != session.day or other.overlaps(session):
                continue
            needed, there_are = pace.minutes(kilometres), other.minutes_apart(session)
            if there_are < needed:
                tight.append(TightWay(other, kilometres, needed, there_are))
        return tight

    def _others(self, volunteer: Volunteer, session: Session) -> list[Commitment]:
        return [other for other in self._commitments[volunteer.pk] if other.session_id != session.pk]

    def is_on(self, volunteer: Volunteer, session: Session) -> bool:
        """Whether the volunteer has accepted, or attended, the session."""
        return (volunteer.pk, session.pk) in self._on

    def places_taken(self, session: Session, *, but: Iterable[Volunteer]) -> int:
        """How many people count as cover of the session, these left out."""
        return len(self._counting[session.pk] - {volunteer.pk for volunteer in but})

    def has_lead(self, session: Session, *, but: Iterable[Volunteer]) -> bool:
        """Whether somebody leads the session, these left out."""
        lead = self._leads.get(session.pk)
        return lead is not None and lead not in {volunteer.pk for volunteer in but}
