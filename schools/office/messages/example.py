"""A real visit with the people of whom a mail about it speaks; whom it lacks is made up, and nobody of them is stored."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Self

from schools.accounts.models import User
from schools.core.words import time_range
from schools.directory.models import Contact, School
from schools.messages.kinds import Mail
from schools.messages.links import Link
from schools.programme.models import Audience, Channel
from schools.visits.models import Cover, CoverRole, CoverState, Session, Visit
from schools.visits.models.choices import WhyNot
from schools.visits.queries.parties import Party, contact_to_write_to
from schools.visits.queries.standings import Standing
from schools.volunteers.models import Volunteer

NOBODY = 0
"""The id of whoever is made up: no row has it, so no link in such a mail does anything."""
PUPILS = 30
"""So many are expected, and were counted, in each session of an example."""
NO_ACCESS = "0.0-0.example"
"""In the address of the links to schools: it opens nothing."""
FORTNIGHT = 13
"""The days after its first one on which an online session of an example can be shown."""


@dataclass(frozen=True)
class Example:
    """What the mails about one visit are made from; all its sessions are of one day."""

    visit: Visit
    sessions: list[Session]
    contact: Contact
    volunteer: Volunteer
    other: Volunteer
    """Who goes instead of them, or asks them to."""
    coordinator: User

    @property
    def day(self) -> date:
        """The day of the sessions."""
        return self.sessions[0].day

    @property
    def covers(self) -> list[Cover]:
        """The volunteer’s place in each session, as of somebody who goes there, or can no longer."""
        return [self._cover(session) for session in self.sessions]

    def _cover(self, session: Session) -> Cover:
        why = WhyNot.WORK
        return Cover(session=session, volunteer=self.volunteer, role=CoverRole.LEAD, state=CoverState.ACCEPTED, gave_back_why=why)

    @property
    def party(self) -> Party:
        """The host with the numbers of an example."""
        numbers: dict[int, int | None] = {session.pk: PUPILS for session in self.sessions}
        return Party(self.visit, self.visit.school, self.contact, self.sessions, numbers, numbers)

    @property
    def online(self) -> Self:
        """The same visit as if the school showed its sessions by itself, on any day of a fortnight."""
        return replace(self, sessions=[_online(session) for session in self.sessions])

    @property
    def for_adults(self) -> Self:
        """The same visit as if all its sessions were for adults, such as workshops for parents."""
        return replace(self, sessions=[_for_adults(session) for session in self.sessions])

    @property
    def guest(self) -> School:
        """A school whose pupils are guests there."""
        return School(pk=NOBODY, name="another school")

    def known(self, session: Session, stands: str) -> Standing:
        """Return what somebody knew of the session: an earlier time of the same day."""
        hour = max(session.starts.hour - 1, 0)
        starts, ends = session.starts.replace(hour=hour), session.ends.replace(hour=max(session.ends.hour - 1, hour))
        day = session.day.isoformat()
        return Standing(session.pk, day, starts.isoformat(), ends.isoformat(), NOBODY, stands, "", NOBODY)

    def __str__(self) -> str:
        return f"{self.visit}, {time_range(self.sessions[0].starts, self.sessions[-1].ends)}"


@dataclass(frozen=True)
class ExampleMail:
    """One mail: its kind, its words, and where its button leads."""

    kind: str
    mail: Mail
    link: Link | None = None


type Make = Callable[[Example], ExampleMail]
"""Makes a mail from the example."""


def _online(session: Session) -> Session:
    shown = copy(session)
    shown.type = copy(session.type)
    shown.type.channel, shown.type.presenters = Channel.ONLINE, 0
    shown.until_day = shown.day + timedelta(days=FORTNIGHT)
    return shown


def _for_adults(session: Session) -> Session:
    held = copy(session)
    held.type = copy(session.type)
    held.type.audience = Audience.ADULTS
    return held


def example_of(visit: Visit, language: str) -> Example | None:
    """Return the visit as an example, for readers of the language; its first day to come is taken. None: it has no session."""
    sessions = list(visit.sessions.select_related("type").order_by("day", "starts", "pk"))
    if not sessions:
        return None
    live = [session for session in sessions if not session.recorded_at] or sessions
    of_day = [session for session in live if session.day == live[0].day]
    for session in of_day:
        session.visit = visit
    going = Cover.objects.filter(session__in=of_day, state=CoverState.ACCEPTED).select_related("volunteer").first()
    return Example(
        visit,
        of_day,
        contact_to_write_to(visit, visit.school) or Contact(pk=NOBODY, name="Sam Head", email="office@school.example"),
        _volunteer(going.volunteer.name if going else "Asha Example", language),
        _volunteer("Ben Example", language),
        User(pk=NOBODY, name=str(visit.coordinator or "Cora Example"), email="coordinator@charity.example", language=language),
    )


def _volunteer(name: str, language: str) -> Volunteer:
    user = User(pk=NOBODY, name=name, email="volunteer@example.org", language=language)
    return Volunteer(pk=NOBODY, name=name, user=user)


def visit_to_show(reference: str, *, on: date) -> Visit | None:
    """Return the visit with the reference; without one, the next that is to come, else the latest; None where there is none."""
    visits = Visit.objects.select_related("school", "contact", "coordinator", "safeguarding_contact")
    if reference:
        return visits.filter(reference__iexact=reference).first()
    session = Session.objects.scheduled().filter(day__gte=on).order_by("day", "starts", "pk").first()
    session = session or Session.objects.order_by("-day", "-pk").first()
    return visits.get(pk=session.visit_id) if session else None
