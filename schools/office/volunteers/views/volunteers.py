"""A volunteer's page: their steps, clearances, availability, coming sessions, and the time that they gave."""

from collections.abc import Callable, Container, Iterable
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.accounts.models import Role
from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.nations import Language, Scheme
from schools.core.periods import AcademicYear, Period
from schools.core.words import joined, long_day, time_range
from schools.materials.models import Store
from schools.office.bookings.views.looking import look_then_do
from schools.office.frame.chips import chip, chip_of_cover, chip_of_session, chip_of_volunteer
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import redirect_with_undo, undo_bar
from schools.office.frame.visibility import today
from schools.office.messages.log_lines import part_of_log
from schools.office.volunteers.forms import EndForm, InviteForm, StepForm
from schools.reach.queries.volunteering import contributions_of
from schools.visits.actions import end_membership
from schools.visits.actions.offboarding import given_back_by_leaving
from schools.visits.actions.steps import take_step_to_undo
from schools.visits.models import Batch, Cover, CoverState, Session, SessionStage
from schools.visits.queries.message_log import to_volunteers
from schools.volunteers.actions import invite, look_at
from schools.volunteers.models import Availability, Clearance, LookPage, Volunteer, VolunteerStatus

ALWAYS = Period(date.min, date.max, "always")


def own_volunteer(request: SignedInRequest, volunteer_id: int) -> Volunteer:
    """Return the volunteer if they help in the user's areas. Raise Http404 otherwise."""
    volunteers = Volunteer.objects.for_user(request.user, on=today()).select_related("user").prefetch_related("areas")
    return get_object_or_404(volunteers, pk=volunteer_id)


def _step(request: SignedInRequest, volunteer: Volunteer, data: dict[str, Any]) -> HttpResponse:
    batch = take_step_to_undo(volunteer, data["step"], day=data["day"], by=request.user, now=timezone.localtime())
    return redirect_with_undo(request, batch, "admin:volunteer-detail", volunteer.pk)


def _invite(request: SignedInRequest, volunteer: Volunteer, data: dict[str, Any]) -> str:
    invitation = invite(volunteer, by=request.user, now=timezone.localtime(), email=data["email"])
    return f"{volunteer} was sent an invitation, to {invitation.email}. It lets them in once, within seven days."


def _end(request: SignedInRequest, volunteer: Volunteer, data: dict[str, Any]) -> HttpResponse:
    """Show who is told that they left, or store it; an undo in time is heard of by nobody."""

    def leave(now: datetime) -> Batch:
        return end_membership(volunteer, day=data["day"], by=request.user, now=now)

    given_back = _as_listed(given_back_by_leaving(volunteer, now=timezone.localtime()))
    effects = _leaves(volunteer, data["day"])
    effects += [
        f"{long_day(row['day'])}, {row['times']}, {row['visit'].school}: is given back. Where too few are left, it is on home."
        for row in _visit_days(given_back)
    ]
    kept = Store.objects.for_user(request.user, on=today()).filter(keeper=volunteer)
    effects += [f"{store}: nobody lets people in there any more until you choose another keeper." for store in kept]
    done = look_then_do(
        request, leave, title=f"Has {volunteer} left?", effects=effects, verb=f"{volunteer.first_name} has left"
    )  # fmt: skip
    return done if isinstance(done, HttpResponse) else redirect_with_undo(request, done, "admin:volunteer-detail", volunteer.pk)


def _leaves(volunteer: Volunteer, day: date) -> list[str]:
    """Return sentences on what leaving makes of the volunteer and their sign-in."""
    user, left = volunteer.user, f"{volunteer} has left on {long_day(day)}"
    if user is None or not user.is_staff or not user.is_active:
        return [f"{left}, and can no longer sign in."]
    role = (" ".join(sorted(user.roles)) or Role.MANAGER).lower()
    ends = "To end that, too, a manager unticks “may sign in” on their page under “People and their roles”."
    return [f"{left}.", f"They still sign in to the office, as {role}. {ends}"]


type Action = Callable[[SignedInRequest, Volunteer, dict[str, Any]], str | HttpResponse]

ACTIONS: dict[str, tuple[str, Action]] = {
    "step": ("change_volunteer", _step),
    "invite": ("change_volunteer", _invite),
    "end": ("change_volunteer", _end),
}
"""The buttons of the page by name, each with the permission it needs and its function, which returns what to tell the user, or a
page of its own."""

POSTS = {name: permission for name, (permission, _) in ACTIONS.items()}


@allowed("view_volunteer", posts=POSTS)
def detail(request: SignedInRequest, volunteer_id: int) -> HttpResponse:
    """Show the volunteer. `do` records a step, invites them or ends their membership."""
    volunteer = own_volunteer(request, volunteer_id)
    do = request.POST.get("do", "")
    forms_of_page = _forms(request, volunteer, do)
    if do in ACTIONS and forms_of_page[do].is_valid():
        try:
            done = ACTIONS[do][1](request, volunteer, forms_of_page[do].cleaned_data)
            if isinstance(done, HttpResponse):
                return done
            messages.success(request, done)
            return redirect("admin:volunteer-detail", volunteer_id)
        except RuleBroken as broken:
            forms_of_page[do].add_error(None, broken)
            volunteer = own_volunteer(request, volunteer_id)
    return _page(request, volunteer, forms_of_page)


def _forms(request: SignedInRequest, volunteer: Volunteer, do: str) -> dict[str, forms.Form]:
    def data(name: str) -> Any:
        return request.POST if do == name else None

    return {
        "step": StepForm(data("step"), prefix="step", initial={"day": today()}),
        "invite": InviteForm(data("invite"), prefix="invite", initial={"email": volunteer.email}),
        "end": EndForm(data("end"), prefix="end", initial={"day": today()}),
    }


def _visit_days(covers: Iterable[Cover], opening: Container[int] = ()) -> list[dict[str, Any]]:
    """Return a row for each visit day. The covers must be ordered by day, visit and time.

    `opening`: the ids of the sessions that the user may open.
    """
    rows = []
    for (day, _), of_day in groupby(covers, key=lambda cover: (cover.session.day, cover.session.visit_id)):
        grouped = list(of_day)
        sessions = [cover.session for cover in grouped]
        rows.append(
            {
                "day": day,
                "visit": sessions[0].visit,
                "times": time_range(sessions[0].starts, max(session.ends for session in sessions)),
                "names": joined(dict.fromkeys(session.name for session in sessions)),
                "roles": joined(dict.fromkeys(cover.get_role_display() for cover in grouped)),
                "chips": [chip_of_cover(cover) for cover in {cover.state: cover for cover in grouped}.values()],
                "sessions": sessions,
                "opens": sessions[0].pk in opening,
            }
        )
    return rows


def _upcoming_covers(volunteer: Volunteer, *, on: date) -> QuerySet[Cover]:
    return _as_listed(Cover.objects.filter(volunteer=volunteer, session__stage=SessionStage.SCHEDULED, session__day__gte=on))


def _as_listed(covers: QuerySet[Cover]) -> QuerySet[Cover]:
    """Return the covers in the order of `_visit_days`, with what it reads."""
    covers = covers.select_related("session__type", "session__visit__school", "volunteer")
    return covers.order_by("session__day", "session__visit_id", "session__starts")


def _released(volunteer: Volunteer, opening: Container[int], *, on: date) -> list[dict[str, Any]]:
    """Return the coming visit days that a volunteer who left gave back, and whether the sessions are covered now."""
    if volunteer.status != VolunteerStatus.LEFT:
        return []
    rows = _visit_days(_upcoming_covers(volunteer, on=on).filter(state=CoverState.WITHDRAWN), opening)
    ids = [session.pk for row in rows for session in row["sessions"]]
    now = {session.pk: session for session in Session.objects.with_cover().select_related("type").filter(pk__in=ids)}
    for row in rows:
        sessions = [now[session.pk] for session in row["sessions"]]
        row["chips"] = [chip_of_session(next((session for session in sessions if not session.is_covered), sessions[0]), on=on)]
    return rows


def _part_of_sessions(request: SignedInRequest, volunteer: Volunteer, *, on: date) -> dict[str, Any]:
    """Return what the page shows of the volunteer's sessions, also at schools of other areas: those cannot be opened from it."""
    theirs = Cover.objects.filter(volunteer=volunteer)
    own = Session.objects.for_user(request.user, on=on).scheduled().filter(pk__in=theirs.order_by().values("session"))
    opening = set(own.order_by().values_list("pk", flat=True))
    live = _upcoming_covers(volunteer, on=on).filter(state__in=(CoverState.OFFERED, CoverState.ACCEPTED))
    mornings = _visit_days(live, opening)
    missing = theirs.outcome_missing(on=on).select_related("session__type", "session__visit__school")
    return {
        "mornings": mornings,
        "a_morning_opens": any(row["opens"] for row in mornings),
        "released": _released(volunteer, opening, on=on),
        "unreported": [
            (cover.session, time_range(cover.session.starts, cover.session.ends), cover.session_id in opening)
            for cover in missing
        ],
    }


def _clear_schemes(volunteer: Volunteer, *, on: date) -> list[str]:
    """Return the schemes under which the volunteer is clear on the day."""
    held = Clearance.objects.filter(volunteer=volunteer, decision=Clearance.Decision.CLEAR, issued__lte=on, recheck_on__gt=on)
    held = held.exclude(withdrawn_on__lte=on)
    return [Scheme(scheme).label for scheme in sorted(set(held.values_list("scheme", flat=True)))]


def _clearances(request: SignedInRequest, volunteer: Volunteer) -> list[Clearance] | None:
    """Return the clearances and log the look, if the user asked for them; None if not."""
    if "clearances" not in request.GET or not request.user.has_perm("schools.view_clearance"):
        return None
    clearances = list(Clearance.objects.filter(volunteer=volunteer).select_related("decided_by"))
    if clearances:
        look_at([volunteer.pk], LookPage.VOLUNTEER, by=request.user, now=timezone.now())
    return clearances


def _page(request: SignedInRequest, volunteer: Volunteer, forms_of_page: dict[str, forms.Form]) -> HttpResponse:
    on = today()
    year = AcademicYear.of(on)
    this_year, always = contributions_of(volunteer, year.period, ALWAYS)
    schemes = _clear_schemes(volunteer, on=on)
    return page(
        request,
        "office/volunteers/volunteer.html",
        str(volunteer),
        volunteer=volunteer,
        status=chip_of_volunteer(volunteer),
        clear=chip("covered", f"{joined(schemes)} clear today") if schemes else chip("problem", "Not clear today"),
        clearances=_clearances(request, volunteer),
        may_see_clearances=request.user.has_perm("schools.view_clearance"),
        may_see_looks=request.user.has_perm("schools.view_clearancelook"),
        languages=joined(Language(code).label for code in volunteer.languages if code in Language.values),
        halves=[(day, list(of_day)) for day, of_day in groupby(volunteer.availabilities.all(), Availability.get_weekday_display)],
        aways=volunteer.aways.filter(last_day__gte=on),
        conflicts=volunteer.conflicts.select_related("school"),
        sign_offs=volunteer.sign_offs.with_nations().select_related("session_type", "by"),
        steps=volunteer.steps.select_related("by").order_by("-day", "-pk"),
        log=part_of_log(to_volunteers([volunteer.pk]), f"of_volunteer={volunteer.pk}"),
        year=year,
        given=[(str(year), this_year), ("in all", always)],
        forms=forms_of_page,
        refusals=[form for form in forms_of_page.values() if form.is_bound and form.errors],
        may_change=request.user.has_perm("schools.change_volunteer"),
        may_erase=request.user.has_perm("schools.add_erasure"),
        has_left=volunteer.status == VolunteerStatus.LEFT,
        invitation=volunteer.invitations.first(),
        now=timezone.now(),
        **_part_of_sessions(request, volunteer, on=on),
        **undo_bar(request),
    )
