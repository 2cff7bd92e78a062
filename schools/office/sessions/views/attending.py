"""The page “Who else was there”: people whom nobody had put on a session before it was reported."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.row_ids import row_id
from schools.core.words import long_day, time_range
from schools.delivery.actions import Restate, add_person, take_person_back
from schools.delivery.people_rules import HELPED, was_added_afterwards
from schools.delivery.queries import covers_of
from schools.directory.models import Area
from schools.directory.queries import area_of
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.sessions.forms.attending import WhoWasThereForm
from schools.office.sessions.forms.why import RestatementReasonForm
from schools.reach.actions import restate
from schools.visits.models import Session, SessionStage
from schools.visits.rules import reasons_locked
from schools.visits.rules.closed_periods import closed_periods
from schools.volunteers.models import Volunteer, VolunteerQuerySet, had_status

POSTS = {"add": "add_cover", "take-back": "change_cover"}
"""The buttons of the page, each with the permission that it needs."""
ELSEWHERE = "elsewhere"
"""The name in the address by which people of other areas are listed too."""


@allowed("change_session", posts=POSTS)
def detail(request: SignedInRequest, session_id: int) -> HttpResponse:
    """Show who was there; `do` adds somebody, or takes back that somebody was added."""
    sessions = Session.objects.for_user(request.user, on=today()).select_related("type", "visit__school")
    session = get_object_or_404(sessions, pk=session_id)
    do = request.POST.get("do", "")
    everybody = _people(request, session)
    near = _of_area(everybody, session)
    # What is posted may name anybody whom the user sees.
    form = WhoWasThereForm(request.POST if do == "add" else None, people=everybody if do or ELSEWHERE in request.GET else near)
    reasons: list[str] = []
    try:
        if do == "take-back":
            _take_back(request, session)
            return redirect("admin:session-people", session.pk)
        if do == "add" and form.is_valid():
            _add(request, session, form.cleaned_data["volunteer"], form.cleaned_data["role"])
            return redirect("admin:session-people", session.pk)
    except RuleBroken as broken:
        reasons = broken.reasons
    are_more = everybody.exclude(pk__in=near.order_by().values("pk")).exists()
    return _page(request, session, form, reasons, are_more=are_more)


def _people(request: SignedInRequest, session: Session) -> VolunteerQuerySet:
    """Return those whom the user sees and of whom it is not certain that they could not be there; the rule looks closely.

    Who paused or left on that very day is listed.
    """
    may_have_helped = had_status(HELPED, day=session.day - timedelta(days=1))
    own = Volunteer.objects.for_user(request.user, on=today()).filter(may_have_helped)
    return own.exclude(pk__in=Volunteer.objects.erased()).order_by("name", "pk")


def _of_area(people: VolunteerQuerySet, session: Session) -> VolunteerQuerySet:
    """Return the people of the area in which the session counts, or of that of its school; of no area: all."""
    area = session.area_id or getattr(area_of(session.visit.school, on=today()), "pk", None)
    return people if area is None else people.in_areas(Area.objects.filter(pk=area))


def _add(request: SignedInRequest, session: Session, volunteer: Volunteer, role: str) -> None:
    by, now = request.user, timezone.localtime()

    def add(restate_return: Restate | None) -> None:
        add_person(session, volunteer, role=role, by=by, now=now, restate=restate_return)

    restate(session, add, why=request.POST.get("why", ""), by=by, now=now, people=[volunteer.pk])
    messages.success(request, f"It is written down that {volunteer} was there.")


def _take_back(request: SignedInRequest, session: Session) -> None:
    by, now = request.user, timezone.localtime()
    is_there: list[bool] = []

    def take_back(restate_return: Restate | None) -> None:
        is_there.append(take_person_back(session, row_id(request.POST.get("cover")) or 0, by=by, now=now, restate=restate_return))

    restate(session, take_back, why=request.POST.get("why", ""), by=by, now=now)
    messages.success(request, "It is taken back." if any(is_there) else "It is taken back already.")


def _page(
    request: SignedInRequest, session: Session, form: WhoWasThereForm, reasons: list[str], *, are_more: bool
) -> HttpResponse:
    covers = covers_of(session)
    return page(
        request,
        "office/sessions/who_was_there.html",
        f"Who else was there: {session.name}, {session.visit.school}",
        session=session,
        when=f"{long_day(session.day)}, {time_range(session.starts, session.ends)}",
        covers=[(cover, was_added_afterwards(session, cover)) for cover in covers],
        form=form,
        refusals=[form] if form.is_bound and form.errors else [],
        reasons=reasons,
        locked=reasons_locked([session], by=request.user),
        closed=closed_periods([session]) if request.user.is_manager else [],
        why=RestatementReasonForm(request.POST or None),
        is_everybody=ELSEWHERE in request.GET or form.is_bound,
        are_more=are_more,
        takes_people=session.stage == SessionStage.DELIVERED and session.type.presenters > 0,
    )
