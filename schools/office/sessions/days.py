"""A visit day as its page needs it: sessions, covers, and what was chosen."""

from collections.abc import Iterable
from dataclasses import dataclass

from schools.office.sessions.forms.cover import ChosenSessionsForm
from schools.visits.models import PRESENTING_ROLES, Cover, Session, SessionStage
from schools.visits.queries import VisitDay
from schools.volunteers.models import Volunteer


@dataclass(frozen=True)
class Day:
    """A visit day with its sessions, its live covers and the form of what was chosen on the page."""

    visit_day: VisitDay
    sessions: list[Session]
    covers: list[Cover]
    which: ChosenSessionsForm

    @property
    def part(self) -> str:
        """The word for it: morning, afternoon or day."""
        if self.sessions[0].starts.hour >= 12:
            return "afternoon"
        return "morning" if self.sessions[-1].starts.hour < 12 else "day"

    @property
    def open_sessions(self) -> list[Session]:
        """The sessions to which volunteers go and that are neither reported nor cancelled."""
        return open_sessions(self.sessions)

    @property
    def people(self) -> dict[Volunteer, list[Cover]]:
        """The volunteers who are on the day or were asked, each with their covers."""
        people: dict[Volunteer, list[Cover]] = {}
        for cover in self.covers:
            people.setdefault(cover.volunteer, []).append(cover)
        return people

    @property
    def only(self) -> list[int]:
        """The ids of the chosen sessions."""
        return [session.pk for session in self.which.chosen]


def open_sessions(sessions: Iterable[Session]) -> list[Session]:
    """Return the sessions to which volunteers go and that are neither reported nor cancelled."""
    return [session for session in sessions if session.stage == SessionStage.SCHEDULED and session.type.presenters > 0]


def need_replacement(covers: Iterable[Cover]) -> bool:
    """Whether somebody else has to come instead of the person on these covers: yes, unless a trainee or an observer."""
    return any(cover.role in PRESENTING_ROLES for cover in covers)
