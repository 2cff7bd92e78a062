"""A visit day as its pages need it, and what the views of days and sessions share."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import F
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from schools.accounts.models import User
from schools.accounts.requests import SignedInRequest
from schools.core.batched_queries import GivenIds
from schools.core.errors import RuleBroken
from schools.core.ids import IsAmong
from schools.core.prepared import GivenRows, Prepared
from schools.core.row_ids import row_id
from schools.core.words import joined
from schools.directory.models import School
from schools.office.bookings.guests import WITH_SCHOOLS, guests_of
from schools.office.frame.undo_bars import back_of, redirect_with_undo
from schools.office.frame.visibility import today
from schools.office.sessions.forms.cover import ChosenSessionsForm
from schools.visits.models import PRESENTING_ROLES, Batch, Cover, CoverRole, CoverState, Session, SessionStage
from schools.visits.queries import VisitDay, standing
from schools.visits.rules import Slot, redacted_for
from schools.visits.shown_slots import slots_as_shown, slots_to_post
from schools.volunteers.models import Volunteer


@dataclass(frozen=True)
class Day:
    """A visit day that the user may see, with what its pages need."""

    visit_day: VisitDay
    sessions: list[Session]
    """All sessions of the day, the cancelled ones too."""
    covers: list[Cover]
    """The live covers of all these sessions."""
    which: ChosenSessionsForm
    """What was chosen on the page: sessions, role, whom to replace."""

    @property
    def part(self) -> str:
        """The word for it: morning, afternoon or day."""
        if self.standing[0].starts.hour >= 12:
            return "afternoon"
        return "morning" if self.standing[-1].starts.hour < 12 else "day"

    @property
    def standing(self) -> list[Session]:
        """The sessions of which the page speaks as the day: without the cancelled ones, unless all are."""
        return standing(self.sessions)

    @property
    def scheduled(self) -> list[Session]:
        """The sessions that are neither reported nor cancelled."""
        return [session for session in self.sessions if session.stage == SessionStage.SCHEDULED]

    @property
    def open_sessions(self) -> list[Session]:
        """The sessions to which volunteers go and that are neither reported nor cancelled."""
        return open_sessions(self.sessions)

    @property
    def is_by_itself(self) -> bool:
        """Whether no volunteer goes to any of its sessions."""
        return not any(session.type.presenters for session in self.standing)

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

    @property
    def shown(self) -> list[str]:
        """When each session is, as the page posts it with its buttons: people agree to come at the time that they heard."""
        return slots_to_post(self.scheduled)


WITH_COVER = Prepared(
    lambda: (
        Session.objects.filter(IsAmong(F("pk"), GivenRows("sessions")))
        .with_cover()
        .select_related(
            "type", "visit__school__authority", "visit__contact", "visit__coordinator", "visit__safeguarding_contact", "site"
        )
        .prefetch_related(WITH_SCHOOLS)
    )
)
"""The sessions of a day, and how they are covered."""
ON_IT = Prepared(
    lambda: (
        Cover.objects.live()
        .filter(session__in=GivenIds("sessions"))
        .select_related("volunteer__user", "session__type", "instead_of__volunteer")
        .order_by("role", "volunteer__name", "session__starts")
    )
)
"""Who is down for the sessions, or was asked."""


def open_sessions(sessions: Iterable[Session]) -> list[Session]:
    """Return the sessions to which volunteers go and that are neither reported nor cancelled."""
    return [session for session in sessions if session.stage == SessionStage.SCHEDULED and session.type.presenters > 0]


def get_day(request: SignedInRequest, visit_id: int, day: date) -> Day:
    """Return the visit day; raise Http404 where the user may not see it."""
    sessions = WITH_COVER.run(sessions=Session.objects.for_user(request.user, on=today()).filter(visit__pk=visit_id, day=day))
    if not sessions:
        raise Http404
    covers = ON_IT.run(sessions=[session.pk for session in sessions])
    data = (request.POST if request.method == "POST" else request.GET).copy()
    data.setdefault("role", CoverRole.PRESENTER)
    which = ChosenSessionsForm(data, sessions=open_sessions(sessions), people=[cover.volunteer for cover in covers])
    return Day(VisitDay(sessions[0].visit, day), sessions, covers, which)


def guest_schools(day: Day, user: User) -> list[tuple[School, bool]]:
    """Return the schools whose pupils sit in the day’s sessions as guests, each with whether the user may open its page."""
    schools = list(guests_of(day.sessions))
    if not schools:
        return []
    own = set(School.objects.for_user(user, on=today()).filter(pk__in=[school.pk for school in schools]))
    return [(school, school in own) for school in schools]


def volunteer_of_day(day: Day, volunteer_id: int) -> Volunteer:
    """Return somebody who is on the day, or was; raise Http404 for anybody else."""
    there = Cover.objects.filter(session__in=[session.pk for session in day.sessions])
    return get_object_or_404(Volunteer.objects.filter(pk__in=there.values("volunteer")), pk=volunteer_id)


def held_by(day: Day, volunteer: Volunteer) -> list[Cover]:
    """Return what the volunteer is down for of the sessions that were named, or of the day."""
    chosen = set(day.only)
    mine = (cover for cover in day.covers if cover.volunteer_id == volunteer.pk and cover.state == CoverState.ACCEPTED)
    return [cover for cover in mine if cover.session_id in chosen]


def slots_shown(request: SignedInRequest, sessions: Iterable[Session]) -> dict[int, Slot]:
    """Return when the sessions were, by id, as the page showed them; those of which it posted no time as they are now."""
    return slots_as_shown(request.POST.getlist("shown"), sessions)


def posted_sessions(request: SignedInRequest) -> list[int] | None:
    """Return the ids of the sessions that the page showed when its button was pressed; None: it named none, so all of the day."""
    return [pk for pk in map(row_id, request.POST.getlist("session")) if pk is not None] or None


def redirect_to_day(request: SignedInRequest, day: Day, batch: Batch | None = None) -> HttpResponse:
    """Redirect to the page from which somebody came, else to the day; `batch` is what its undo bar undoes, None: nothing."""
    visit, back = day.visit_day.visit, back_of(request)
    if batch is not None:
        return redirect_with_undo(request, batch, "admin:visit-day", visit.pk, day.visit_day.day, back=back)
    return redirect(back) if back else redirect("admin:visit-day", visit.pk, day.visit_day.day)


def session_from(request: SignedInRequest, day: Day) -> int | None:
    """Return the id of the session from whose page somebody came; None: they came from another page."""
    session = row_id(request.GET.get("session"))
    return session if session in {each.pk for each in day.sessions} and not back_of(request) else None


def redirect_to_part(request: SignedInRequest, day: Day, batch: Batch) -> HttpResponse:
    """Redirect to the session from whose page somebody came, else as redirect_to_day; the bar there undoes the batch."""
    if session := session_from(request, day):
        return redirect_with_undo(request, batch, "admin:session-detail", session)
    return redirect_to_day(request, day, batch)


def need_replacement(covers: Iterable[Cover]) -> bool:
    """Whether somebody else has to come instead of the person on these covers: yes, unless a trainee or an observer."""
    return any(cover.role in PRESENTING_ROLES for cover in covers)


def redact_reasons(request: SignedInRequest, broken: RuleBroken, people: list[Volunteer]) -> RuleBroken:
    """Return the refusal, without its reasons where it is about volunteers of other areas (rule 13)."""
    redacted = redacted_for(request.user, people, on=today())
    if guests := [str(volunteer) for volunteer in people if volunteer.pk in redacted]:
        return RuleBroken([f"{joined(guests)} can’t be put on it as it stands. Phone them, or their own coordinator."])
    return broken
