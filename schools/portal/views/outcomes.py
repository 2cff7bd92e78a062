"""Recording how a visit day went, and correcting it; and what is stored of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from schools.accounts.requests import SignedInRequest
from schools.core.words import time_range
from schools.delivery import actions
from schools.delivery.forms import KEY, DayForm, Keys, as_day, key_as_sent, sessions_shown, typed_for_others
from schools.delivery.rules import (
    has_outcome,
    reasons_called_off,
    reasons_closed_each,
    reasons_to_show_no_form,
    reasons_too_early,
)
from schools.portal import queries
from schools.portal.views.access import volunteer_required
from schools.portal.views.device import is_to_keep, may_be_kept, refused_response, stored_response, wants_json
from schools.visits.models import Session
from schools.volunteers.models import Volunteer


@require_http_methods(["GET", "HEAD", "POST"])
@volunteer_required
def day_outcome(request: SignedInRequest, volunteer: Volunteer, visit_id: int, day: date) -> HttpResponse:
    """Record how a visit day went, or correct what was recorded of it; the address of a moved day leads to the new one."""
    now = timezone.now()
    shown = sessions_shown(request.POST)
    mine = queries.my_day(volunteer, visit_id=visit_id, day=day, on=timezone.localdate(now), shown=shown)
    if mine is None:
        return _moved_to(request, volunteer, visit_id)
    if request.method == "POST":
        # A session that has no form for this person any more is shown to them only where they typed something for it.
        theirs = [session for session in mine.mine if session.pk in shown or not _refused(session, request)]
        form = DayForm(request.POST, sessions=theirs or mine.mine, day=day)
        return _store(request, form, mine, gone=_gone(request.POST, mine))
    refusals = {session.pk: _refused(session, request) for session in mine.mine}
    may_be_told = [session for session in mine.mine if not refusals[session.pk]]
    refusals |= reasons_closed_each(may_be_told, by=request.user, on=timezone.localdate(now))
    early = {session.pk: _too_early(session, refusals[session.pk]) for session in mine.mine}
    # A phone gets the form before its time, because there may be no signal in the school's hall. A session of a day that has
    # begun is shown as well: it may have started by the time the form is sent.
    has_begun = is_to_keep(request) or any(not reasons for reasons in refusals.values())
    sessions = [session for session in mine.mine if not refusals[session.pk] or (early[session.pk] and has_begun)]
    without_form = [session for session in mine.mine if session not in sessions]
    context = _context(mine) | {"refused": [(queries.Sitting(session), refusals[session.pk]) for session in without_form]}
    if not sessions:
        return render(request, "portal/no_form.html", {**context, "is_early": any(early.values())})
    first = next(iter(early.values()), [])
    context["early"] = first if all(early[session.pk] for session in sessions) else []
    return _form(request, {**context, "form": DayForm(sessions=sessions, day=day)})


def _moved_to(request: SignedInRequest, volunteer: Volunteer, visit_id: int) -> HttpResponse:
    """Lead to the one other day of the visit that is the volunteer's. Raises Http404 where there is none, or several.

    What is sent goes nowhere else, and a phone that keeps pages has to learn that this one is gone.
    """
    days = [] if request.method == "POST" or is_to_keep(request) else queries.days_of(volunteer, visit_id=visit_id)
    if len(days) != 1:
        raise Http404
    return redirect("day-outcome", visit_id=visit_id, day=days[0])


def _refused(session: Session, request: SignedInRequest) -> list[str]:
    return reasons_to_show_no_form(session, by=request.user, now=timezone.now())


def _too_early(session: Session, reasons: list[str]) -> list[str]:
    early = [] if has_outcome(session) else reasons_too_early(session, now=timezone.now())
    return early if reasons == early else []


def _context(mine: queries.MyDay) -> dict[str, Any]:
    return {"mine": mine, "visit": mine.visit, "day": mine.day, "area": mine.area, "others": mine.others, "at": "mine"}


@require_http_methods(["GET", "HEAD", "POST"])
@volunteer_required
def outcome(request: SignedInRequest, volunteer: Volunteer, session_id: int) -> HttpResponse:
    """Lead from a session to the form about its day, and take what waited on a phone since there was a form for each session."""
    session = queries.day_of(volunteer, session_id=session_id)
    if session is None:
        raise Http404
    if request.method != "POST":
        return redirect(f"{reverse('day-outcome', args=[session.visit_id, session.day])}#session-{session.pk}")
    mine = queries.my_day(volunteer, visit_id=session.visit_id, day=session.day, on=timezone.localdate(), shown=[session.pk])
    if mine is None:
        raise Http404
    session = next(row for row in mine.mine if row.pk == session.pk)
    session.has_earlier = True  # that form asked always whether the pupils were the same, so an answer to it counts
    return _store(request, DayForm(as_day(request.POST, session), sessions=[session], day=session.day), mine, key_of=key_as_sent)


def _store(
    request: SignedInRequest,
    form: DayForm,
    mine: queries.MyDay,
    *,
    key_of: Keys = actions.key_of,
    gone: Mapping[int, str] = MappingProxyType({}),
) -> HttpResponse:
    if wants_json(request) and _has_come_before(request, form, key_of):
        return _received(request, mine)
    called_off = [part.session.pk for part in form.parts if reasons_called_off(part.session, by=request.user, now=timezone.now())]
    left_out = [*form.moved, *gone, *called_off]
    rest = form.without(left_out) if left_out else []
    if form.is_valid() and not gone:
        try:
            form.store(by=request.user, now=timezone.now(), key_of=key_of)
        except actions.DayRefused as refusal:
            if refusal.only_differs:
                return _differs(request, form, refusal, mine)
            form.add_error(None, refusal)
        else:
            return _received(request, mine)
    for reason in gone.values():
        form.add_error(None, reason)
    if wants_json(request):
        return refused_response([problem.text for problem in form.problems], rest=rest)
    return render(request, "portal/outcome.html", {**_context(mine), "form": form})


def _gone(data: QueryDict, mine: queries.MyDay) -> dict[int, str]:
    """Return a reason for each session that the form showed and that is no longer this person's; it says what they typed."""
    words = _("You are no longer on one of these sessions. Tell your coordinator what you counted there: %(numbers)s.")
    typed = typed_for_others(data, mine.mine)
    return {pk: words % {"numbers": ", ".join(numbers) or _("nothing")} for pk, numbers in typed.items()}


def _has_come_before(request: SignedInRequest, form: DayForm, key_of: Keys) -> bool:
    """Whether the phone sends a version that the server has; it is answered at once, whatever the form asks by now.

    A later version may stand for a part of it alone: then the rest is still to be stored.
    """
    key = request.POST.get("key", "")
    if not KEY.fullmatch(key):
        return False
    keys = [
        (part.session.pk, key_of(UUID(key), part.session))
        for part in form.parts
        if form.data is not None and part.is_told_in(form.data)
    ]
    return actions.came_before(keys, by=request.user)


def _received(request: SignedInRequest, mine: queries.MyDay) -> HttpResponse:
    page, thanks = reverse("day-reported", args=[mine.visit.pk, mine.day]), _("Stored. Thank you.")
    if wants_json(request):
        return stored_response(request, page, thanks=thanks)
    messages.success(request, thanks)
    return redirect(page)


def _differs(request: SignedInRequest, form: DayForm, refusal: actions.DayRefused, mine: queries.MyDay) -> HttpResponse:
    """Show what is stored beside what was said of each session that differs, with a way to keep either."""
    again, rest = form.again(refusal), form.without_differing(refusal)
    several = len(form.parts) > 1
    rows = [
        replace(row, what=f"{time_range(differing.session.starts, differing.session.ends)}: {row.what}") if several else row
        for differing in refusal.differing
        for row in differing.differences
    ]
    if wants_json(request):
        return refused_response(refusal.reasons, differences=rows, again=again, rest=rest)
    context = {**_context(mine), "refusal": refusal, "rows": rows, "again": again, "rest": rest}
    return render(request, "portal/differs.html", context)


@may_be_kept
def _form(request: SignedInRequest, context: dict[str, Any]) -> HttpResponse:
    return render(request, "portal/outcome.html", context)


@require_safe
@volunteer_required
def day_reported(request: SignedInRequest, volunteer: Volunteer, visit_id: int, day: date) -> HttpResponse:
    """Show what is stored of a visit day, and the next thing to do; where nothing is, redirect to its morning."""
    now = timezone.now()
    on = timezone.localdate(now)
    mine = queries.my_day(volunteer, visit_id=visit_id, day=day, on=on)
    if mine is None:
        raise Http404
    if not mine.told:
        return redirect("morning", visit_id=visit_id, day=day)
    reported, common = queries.stored_of(mine)
    context = {
        "reported": reported,
        "common": common,
        "untold": mine.untold,
        "until": queries.correctable_until(mine, now=now),
        "next_day": queries.next_to_tell(volunteer, now=now),
    }
    return render(request, "portal/reported.html", {**_context(mine), **context})


@require_safe
@volunteer_required
def session_detail(request: SignedInRequest, volunteer: Volunteer, session_id: int) -> HttpResponse:
    """Lead from one of the volunteer's sessions to what is stored of its day."""
    session = queries.day_of(volunteer, session_id=session_id)
    if session is None:
        raise Http404
    return redirect(f"{reverse('day-reported', args=[session.visit_id, session.day])}#session-{session.pk}")
