"""The volunteer's pages: mine, open, one morning, one session and its outcome, me."""

from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.words import joined, long_day
from schools.delivery import actions
from schools.delivery.forms import OutcomeForm
from schools.delivery.queries import covers_of, outcome_of
from schools.delivery.rules import CORRECTION_TIME, has_outcome, reasons_to_show_no_form, starts_at
from schools.directory.queries import area_of
from schools.materials.queries import kit_for
from schools.planning.actions import cannot_make_it, say_no
from schools.portal import queries
from schools.portal.forms import SplitForm, ToldForm
from schools.visits.actions import claim
from schools.visits.models import CoverRole, Session
from schools.visits.queries import VisitDay
from schools.volunteers.models import Volunteer


class SignedInRequest(HttpRequest):
    """A request of somebody who signed in, as LoginRequiredMiddleware makes sure."""

    user: User


type View = Callable[..., HttpResponse]


def for_volunteers(view: View) -> View:
    """Hand the view the volunteer who signed in; others read kindly that these pages are not theirs."""

    @wraps(view)
    def checked(request: SignedInRequest, **kwargs: Any) -> HttpResponse:
        volunteer = Volunteer.objects.filter(user=request.user).first()
        if volunteer is None:
            return render(request, "portal/no_volunteer.html")
        return view(request, volunteer, **kwargs)

    return checked


@require_safe
@for_volunteers
def home(request: SignedInRequest, volunteer: Volunteer) -> HttpResponse:
    """Mine: the next morning, the rest, what somebody asks of me, what nobody has told yet."""
    mine = queries.mine(volunteer, now=timezone.now())
    return render(request, "portal/home.html", {"mine": mine, "volunteer": volunteer, "at": "mine"})


@require_safe
@for_volunteers
def open_list(request: SignedInRequest, volunteer: Volunteer) -> HttpResponse:
    """Open: the mornings of my areas that I may take."""
    mornings = queries.open_mornings(volunteer, on=timezone.localdate())
    return render(request, "portal/open.html", {"mornings": mornings, "volunteer": volunteer, "at": "open"})


@require_safe
def me(request: SignedInRequest) -> HttpResponse:
    """Me: who is signed in, and how."""
    return render(request, "portal/me.html", {"at": "me"})


@require_http_methods(["GET", "HEAD", "POST"])
@for_volunteers
def take(request: SignedInRequest, volunteer: Volunteer, visit_id: int, day: date) -> HttpResponse:
    """Say yes to a morning, or to some of its sessions; or no to what was asked."""
    now = timezone.now()
    reachable = queries.within_reach(volunteer, visit_id=visit_id, day=day, on=timezone.localdate(now))
    if not reachable:
        raise Http404
    morning = queries.takeable(volunteer, visit_id=visit_id, day=day, on=timezone.localdate(now))
    if request.method == "POST":
        form = SplitForm(request.POST, sessions=reachable)
        if form.is_valid() and _answer(request, volunteer, form, morning, reachable[0], now=now):
            return redirect("home") if "no" in request.POST else redirect("morning", visit_id=visit_id, day=day)
    else:
        form = SplitForm(sessions=morning.sessions if morning else reachable)
    context = {"morning": morning, "form": form, "at": "open"}
    return render(request, "portal/take.html", context)


def _answer(
    request: SignedInRequest,
    volunteer: Volunteer,
    form: SplitForm,
    morning: queries.Morning | None,
    session: Session,
    *,
    now: datetime,
) -> bool:
    """Whether the answer was stored; if not, the form says why."""
    visit_day = VisitDay(session.visit, session.day)
    only = form.cleaned_data["sessions"]
    try:
        if "no" in request.POST:
            say_no(visit_day, volunteer, by=request.user, now=now, only=only)
            messages.success(request, "Thank you for telling us. A no is fine.")
        else:
            role = morning.role if morning else CoverRole.PRESENTER
            claim(visit_day, volunteer, role=role, by=request.user, now=now, only=only)
            messages.success(request, "You’re down for this. Thank you.")
    except RuleBroken as broken:
        form.add_error(None, broken)
        return False
    return True


def _my_morning(volunteer: Volunteer, *, visit_id: int, day: date) -> queries.Morning:
    morning = queries.my_morning(volunteer, visit_id=visit_id, day=day)
    if morning is None:
        raise Http404
    return morning


@require_safe
@for_volunteers
def morning_detail(request: SignedInRequest, volunteer: Volunteer, visit_id: int, day: date) -> HttpResponse:
    """One morning of mine: where, when, whom to ask for, with whom, what to bring, what to do if a child tells me something."""
    now = timezone.now()
    on = timezone.localdate(now)
    morning = _my_morning(volunteer, visit_id=visit_id, day=day)
    context = {
        "morning": morning,
        "kit": kit_for(*morning.going),
        "area": area_of(morning.visit.school, on=on),
        "tolds": queries.told_by(request.user, morning.sessions),
        "is_to_come": day >= on,
        "may_give_back": morning.down_for and day >= on,
        "started": [session.pk for session in morning.down_for if starts_at(session) <= now],
        "at": "mine",
    }
    return render(request, "portal/morning.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_volunteers
def give_back(request: SignedInRequest, volunteer: Volunteer, visit_id: int, day: date) -> HttpResponse:
    """I can't make it: give a morning back, or some of its sessions."""
    now = timezone.now()
    morning = _my_morning(volunteer, visit_id=visit_id, day=day)
    held = morning.down_for
    if not held or day < timezone.localdate(now):
        raise Http404
    form = SplitForm(request.POST or None, sessions=held)
    if request.method == "POST" and form.is_valid():
        try:
            cannot_make_it(morning.visit_day, volunteer, by=request.user, now=now, only=form.cleaned_data["sessions"])
        except RuleBroken as broken:
            form.add_error(None, broken)
        else:
            messages.success(
                request, f"Thank you for telling us. You’re no longer down for {morning.visit.school}, {long_day(day)}."
            )
            return redirect("home")
    return render(request, "portal/give_back.html", {"morning": morning, "form": form, "at": "mine"})


@require_http_methods(["GET", "HEAD", "POST"])
@for_volunteers
def told(request: SignedInRequest, volunteer: Volunteer, visit_id: int, day: date) -> HttpResponse:
    """A child told me something and I told somebody: whom and when, never what."""
    now = timezone.now()
    morning = _my_morning(volunteer, visit_id=visit_id, day=day)
    form = ToldForm(request.POST or None, sittings=morning.sittings, now=now)
    if request.method == "POST" and form.is_valid():
        session = next(one for one in morning.sessions if one.pk == form.cleaned_data["session"])
        try:
            role = form.cleaned_data["role_told"]
            actions.tell(session, role_told=role, told_at=form.told_at, by=request.user, now=now)
        except RuleBroken as broken:
            form.add_error(None, broken)
        else:
            messages.success(request, f"We have written down when you told {role}. Thank you.")
            return redirect("morning", visit_id=visit_id, day=day)
    context = {
        "morning": morning,
        "form": form,
        "area": area_of(morning.visit.school, on=timezone.localdate(now)),
        "at": "mine",
    }
    return render(request, "portal/told.html", context)


@require_safe
@for_volunteers
def session_detail(request: SignedInRequest, volunteer: Volunteer, session_id: int) -> HttpResponse:
    """What we know of how a session of mine went; before that, its morning."""
    sessions = queries.my_session(volunteer).prefetch_related("headcounts__school", "material_uses__material")
    session = get_object_or_404(sessions, pk=session_id)
    if not has_outcome(session):
        return redirect("morning", visit_id=session.visit_id, day=session.day)
    sitting = queries.Sitting(session)
    outcome = outcome_of(session)
    covers = covers_of(session)
    until = session.recorded_at + CORRECTION_TIME if session.recorded_at else None
    context = {
        "sitting": sitting,
        "counted": sitting.counted,
        "outcome": outcome,
        "attended": joined(cover.volunteer.first_name for cover in covers if cover.pk in outcome.attended),
        "absent": joined(cover.volunteer.first_name for cover in covers if cover.pk not in outcome.attended),
        "until": until if until and until >= timezone.now() else None,
        "at": "mine",
    }
    return render(request, "portal/session.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_volunteers
def outcome(request: SignedInRequest, volunteer: Volunteer, session_id: int) -> HttpResponse:
    """Tell us how it went; or correct what was told."""
    now = timezone.now()
    session = get_object_or_404(queries.my_session(volunteer).prefetch_related("headcounts"), pk=session_id)
    form = OutcomeForm(request.POST or None, session=session)
    area = area_of(session.visit.school, on=timezone.localdate(now))
    context = {"sitting": queries.Sitting(session), "form": form, "area": area, "at": "mine"}
    if request.method == "POST":
        if form.is_valid():
            try:
                form.store(by=request.user, now=now)
            except actions.OutcomeDiffers as refusal:
                return render(
                    request, "portal/differs.html", {**context, "refusal": refusal, "again": form.again(refusal.session)}
                )
            except RuleBroken as broken:
                form.add_error(None, broken)
            else:
                messages.success(request, "Stored. Thank you.")
                return redirect("session-detail", session_id=session.pk)
    elif reasons := reasons_to_show_no_form(session, by=request.user, now=now):
        return render(request, "portal/no_form.html", {**context, "reasons": reasons})
    return render(request, "portal/outcome.html", context)
