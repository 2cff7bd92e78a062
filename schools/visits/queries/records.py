"""What the rules of cover need to know of several people and sessions, read at once in a constant number of queries."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time

from schools.directory.models import School
from schools.visits.models import Cover, CoverRole, Session, SessionStage
from schools.volunteers.models import Away, Clearance, Conflict, SignOff, Volunteer


@dataclass(frozen=True)
class Commitment:
    """A session that a volunteer said yes to."""

    session_id: int
    day: date
    starts: time
    ends: time
    school: str


class CoverRecords:
    """Clearances, sign-offs, days away, conflicts and covers of the volunteers, and who is on the sessions."""

    def __init__(self) -> None:
        """Empty; use `of`."""
        self._clearances: defaultdict[int, list[tuple[str, date, date, date | None]]] = defaultdict(list)
        self._sign_offs: dict[tuple[int, int], date] = {}
        self._aways: defaultdict[int, list[tuple[date, date]]] = defaultdict(list)
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
            commitment = Commitment(other.pk, other.day, other.starts, other.ends, other.visit.school.name)
            self._commitments[cover.volunteer_id].append(commitment)
        on_them = Cover.objects.filter(session__in=[session.pk for session in sessions])
        for session_id, person in on_them.counting().values_list("session_id", "volunteer_id"):
            self._counting[session_id].add(person)
        for session_id, person, role in on_them.holding().values_list("session_id", "volunteer_id", "role"):
            self._on.add((person, session_id))
            if role == CoverRole.LEAD:
                self._leads[session_id] = person

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

    def conflicts(self, volunteer: Volunteer) -> set[int]:
        """Ids of the schools that the volunteer must not go to, under all their register numbers."""
        return self._conflicts[volunteer.pk]

    def commitments(self, volunteer: Volunteer, session: Session) -> list[Commitment]:
        """Other sessions that the volunteer said yes to and that overlap this one in time."""
        return [
            other
            for other in self._commitments[volunteer.pk]
            if other.session_id != session.pk
            and other.day == session.day
            and other.starts < session.ends
            and session.starts < other.ends
        ]

    def is_on(self, volunteer: Volunteer, session: Session) -> bool:
        """Whether the volunteer has accepted, or attended, the session."""
        return (volunteer.pk, session.pk) in self._on

    def places_taken(self, session: Session, *, but: Volunteer) -> int:
        """How many people count as cover of the session, this one left out."""
        return len(self._counting[session.pk] - {but.pk})

    def has_lead(self, session: Session, *, but: Volunteer) -> bool:
        """Whether somebody else leads the session."""
        return self._leads.get(session.pk, but.pk) != but.pk
