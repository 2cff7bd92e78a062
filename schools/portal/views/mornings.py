"""The volunteer's first page, one of their mornings with its forms, and one session with an outcome."""

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.delivery import actions
from schools.delivery.rules import starts_at
from schools.materials.queries import kit_for, things_to_bring
from schools.planning.actions import withdraw_and_ask_next
from schools.planning.queries import substitutes_for
from schools.portal import queries
from schools.portal.forms import GiveBackForm, SafeguardingNoticeForm, SwapForm, earlier_notices
from schools.portal.views.access import agreement_required, volunteer_required
from schools.portal.views.device import may_be_kept, refused_response, stored_response, wants_json
from schools.visits.actions import swap
from schools.visits.models import CoverRole
from schools.visits.queries import coordinators_of_visit
from schools.visits.rules.closed_periods import closed_to_reports
from schools.volunteers.models import Volunteer


@require_safe
@may_be_kept
@volunteer_required
@agreement_required
def home(request: SignedInRequest, volunteer: Volunteer) -> HttpResponse:
    """Show the volunteer's first page: the next morning, later ones, offers, and sessions without an outcome."""
    now = timezone.now()
    mine = queries.mine(volunteer, now=now)
    keep = queries.pages_to_keep(mine, on=timezone.localdate(now))
    kit = kit_for(*mine.to_come[0].going) if mine.to_come else ()
    bring = ", ".join(str(item.material) for item in kit)
    context = {"mine": mine, "keep": keep, "bring": bring, "volunteer": volunteer, "at": "mine"}
    return render(request, "portal/home.html", context)


def _my_morning(volunteer: Volunteer, *, visit_id: int, day: date, on: date) -> queries.Morning:
    morning = queries.my_morning(volunteer, visit_id=visit_id, day=day, on=on)
    if morning is None:
        raise Http404
    return morning


@require_safe
@may_be_kept
@volunteer_required
def morning_detail(request: SignedInRequest, volunteer: Volunteer, visit_id: int, day: date) -> HttpResponse:
    """Show one of the volunteer's mornings.

    The page says where, when and with whom, whom to ask for, what to bring, and what to do if a child tells something.
    """
    now = timezone.now()
    on = timezone.localdate(now)
    morning = _my_morning(volunteer, visit_id=visit_id, day=day, on=on)
    queries.with_pupils(morning.sessions)
    closed = closed_to_reports(morning.to_tell, on=on)
    to_tell = [session for session in morning.to_tell if session.pk not in closed]
    context = {
        "morning": morning,
        "bring": things_to_bring(morning.going, on=on),
        "area": morning.area,
        "directions": queries.directions_to(morning.where),
        "to_call": coordinators_of_visit(morning.visit, on=on) if morning.is_mine else [],
        "tolds": queries.told_by(request.user, morning.sessions),
        "is_to_come": day >= on,
        "may_answer": any(queries.may_answer(sitting, now=now) for sitting in morning.sittings),
        "may_give_back": morning.down_for and day >= on,
        "is_today": day == on,
        "to_tell": to_tell,
        "started": any(starts_at(session) <= now for session in to_tell),
        "at": "mine",
    }
    return render(request, "portal/morning.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@volunteer_required
def give_back(request: SignedInRequest, volunteer: Volunteer, visit_id: int, day: date) -> HttpResponse:
    """Give a morning back, or some of its sessions, because the volunteer cannot come."""
    now = timezone.now()
    on = timezone.localdate(now)
    morning = queries.my_morning(volunteer, visit_id=visit_id, day=day, on=on)
    held = morning.down_for if morning else []
    pressed = set(request.POST.getlist("sessions"))
    given = queries.gave_back(volunteer, visit_id=visit_id, day=day) if pressed or not held else set()
    given -= {session.pk for session in held}  # they gave it back, were asked again, and said yes
    if given and (not held or (pressed and pressed <= set(map(str, given)))):
        # They pressed twice or used another window; what they wanted is done already.
        messages.success(request, _("You’re no longer down for this. There is nothing more that you need to do."))
        return redirect("home")
    if morning is None or not held or day < on:
        raise Http404
    form = GiveBackForm(request.POST if request.method == "POST" else None, sessions=held)
    if request.method == "POST" and form.is_valid():
        try:
            answer = form.cleaned_data
            withdraw_and_ask_next(
                morning.visit_day, volunteer, by=request.user, now=now, only=answer["sessions"], why=answer["why"]
            )
        except RuleBroken as broken:
            form.add_error(None, broken.to_them)
        else:
            messages.success(
                request,
                _("Thank you for telling us. You’re no longer down for %(school)s, %(day)s.")
                % {"school": morning.visit.school, "day": date_format(day, "D j F")},
            )
            return redirect("home")
    return render(request, "portal/give_back.html", {"morning": morning, "form": form, "at": "mine"})


@require_http_methods(["GET", "HEAD", "POST"])
@volunteer_required
def swap_morning(request: SignedInRequest, volunteer: Volunteer, visit_id: int, day: date) -> HttpResponse:
    """Ask somebody else to go instead of the volunteer, who keeps the place until the other accepts."""
    now = timezone.now()
    on = timezone.localdate(now)
    morning = _my_morning(volunteer, visit_id=visit_id, day=day, on=on)
    held = morning.down_for
    if not held or day < on:
        raise Http404
    if morning.role_held == CoverRole.OBSERVER:
        messages.error(request, _("You are there to watch, so nobody has to go instead of you. If you can’t come, say so here."))
        return redirect("give-back", visit_id=visit_id, day=day)
    colleagues = substitutes_for(volunteer, *held, on=on, role=morning.role_held)
    form = SwapForm(request.POST or None, colleagues=colleagues)
    if request.method == "POST" and form.is_valid():
        to = get_object_or_404(Volunteer, pk=form.cleaned_data["to"])
        try:
            swap(morning.visit_day, volunteer, to, by=request.user, now=now)
        except RuleBroken:
            # The reasons are about somebody else: their name, their place, their clearance. A colleague must not see them.
            form.add_error("to", _("They can no longer come, or the day has changed. Look at it again, or choose somebody else."))
        else:
            message = _("We have asked %(name)s. You stay down for it until they say yes.") % {"name": form.asked}
            messages.success(request, message)
            return redirect("morning", visit_id=visit_id, day=day)
    context = {"morning": morning, "form": form, "colleagues": colleagues, "at": "mine"}
    return render(request, "portal/swap.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@may_be_kept
@volunteer_required
def told(request: SignedInRequest, volunteer: Volunteer, visit_id: int, day: date) -> HttpResponse:
    """Store that a child told something and the volunteer passed it on: to which role and when, never what (rule 12)."""
    now = timezone.now()
    morning = _my_morning(volunteer, visit_id=visit_id, day=day, on=timezone.localdate(now))
    form = SafeguardingNoticeForm(request.POST or None, sittings=morning.sittings, now=now)
    if request.method == "POST" and form.is_valid():
        session = next(session for session in morning.sessions if session.pk == form.cleaned_data["session"])
        try:
            role = form.cleaned_data["role_told"]
            earlier = earlier_notices(request.POST, sessions=[each.pk for each in morning.sessions])
            actions.tell(session, role_told=role, told_at=form.told_at, by=request.user, now=now, instead_of=earlier)
        except RuleBroken as broken:
            form.add_error(None, broken)
        else:
            page = reverse("morning", kwargs={"visit_id": visit_id, "day": day})
            thanks = _("We have written down when you told %(role)s. Thank you.") % {"role": _(role)}
            if wants_json(request):
                return stored_response(request, page, thanks=thanks)
            messages.success(request, thanks)
            return redirect(page)
    if request.method == "POST" and wants_json(request):
        return refused_response([problem.text for problem in form.problems])
    context = {
        "morning": morning,
        "form": form,
        "area": morning.area,
        "at": "mine",
    }
    return render(request, "portal/told.html", context)
