"""Questions of planning that join people, places and sessions."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from schools.core.grid import kilometres_between
from schools.core.periods import AcademicYear
from schools.directory.models import Area, AreaAuthority
from schools.directory.models.areas import holds_on
from schools.visits.models import LIVE_STATES, Cover, CoverRole, Session
from schools.visits.models.covers import HOLDING_STATES, PRESENTING_ROLES
from schools.visits.queries import CoverRecords
from schools.visits.rules import reasons_not_to_cover, reasons_to_ask_first
from schools.volunteers.models import Volunteer, VolunteerStatus

IN_REACH = (VolunteerStatus.ACTIVE, VolunteerStatus.IN_TRAINING, VolunteerStatus.PAUSED)
"""Who may come into question at all: people on the way in have no session yet, people who left have none any more."""


@dataclass(frozen=True)
class Candidate:
    """A volunteer beside a session: why they can't, what to ask them first, how far away they live, how much they do already."""

    volunteer: Volunteer
    reasons: list[str]
    """Why they may not be put on it; nothing of this can be overridden."""
    to_ask: list[str]
    """What a coordinator can override with a note, after asking them."""
    kilometres: float | None
    load: int
    """Sessions of this academic year that they said yes to."""

    @property
    def can(self) -> bool:
        """Whether they can be put on the session, be it after a question."""
        return not self.reasons

    @property
    def why(self) -> list[str]:
        """Everything that speaks against it, what can be overridden last."""
        return [*self.reasons, *self.to_ask]


def who_could(session: Session, *, on: date, role: str = CoverRole.PRESENTER) -> list[Candidate]:
    """Everybody who helps in the session's area and is not on it: those who can, nearest and least busy first, then the rest.

    The area is the one that holds the host's authority on the day `on`; a school in no area has nobody. Constant queries.
    """
    volunteers = list(_of_area(session, on=on))
    records = CoverRecords.of(volunteers, [session])
    candidates = [
        Candidate(
            volunteer,
            reasons_not_to_cover(volunteer, session, role=role, on=on, records=records),
            reasons_to_ask_first(volunteer, session, records=records),
            kilometres_between(volunteer.place, session.visit.school.place),
            volunteer.load,  # type: ignore[attr-defined]  # annotated by _of_area
        )
        for volunteer in volunteers
    ]
    return sorted(candidates, key=_rank)


def _rank(candidate: Candidate) -> tuple[int, int, float, int, str]:
    far = float("inf") if candidate.kilometres is None else candidate.kilometres
    return len(candidate.reasons), len(candidate.to_ask), far, candidate.load, candidate.volunteer.name


def _of_area(session: Session, *, on: date) -> QuerySet[Volunteer]:
    holding = AreaAuthority.objects.filter(holds_on(on), authority=session.visit.school.authority_id)
    live = Cover.objects.filter(session=session, state__in=LIVE_STATES)
    year = AcademicYear.of(session.day).period
    load = Count(
        "covers",
        filter=Q(
            covers__state__in=HOLDING_STATES,
            covers__role__in=PRESENTING_ROLES,
            covers__session__day__range=(year.first_day, year.last_day),
        ),
    )
    areas = Area.objects.filter(pk__in=holding.values("area"))
    return (
        Volunteer.objects.in_areas(areas).filter(status__in=IN_REACH).exclude(pk__in=live.values("volunteer")).annotate(load=load)
    )
