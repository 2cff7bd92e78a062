"""Recording or correcting how a session went, for the volunteers who were there, with the same form as theirs."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.words import long_day, time_range
from schools.delivery.actions import OutcomeDiffers, Restate
from schools.delivery.forms import OutcomeForm
from schools.delivery.rules import reasons_to_show_no_form
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.sessions.forms.why import RestatementReasonForm
from schools.reach.actions import restate
from schools.visits.models import Session
from schools.visits.rules.closed_periods import closed_periods, reasons_locked


@allowed("change_session")
def outcome(request: SignedInRequest, session_id: int) -> HttpResponse:
    """Show the form and store it; where somebody else recorded something different, show the difference first."""
    now = timezone.now()
    sessions = Session.objects.for_user(request.user, on=today())
    session = get_object_or_404(sessions.select_related("type", "visit__school").prefetch_related("headcounts"), pk=session_id)
    form = OutcomeForm(request.POST or None, session=session)
    differing = None
    if request.method == "POST" and form.is_valid():
        try:
            _store(form, request, now)
        except OutcomeDiffers as refusal:
            differing = refusal
        except RuleBroken as broken:
            form.add_error(None, broken)
        else:
            messages.success(request, "Stored.")
            return redirect("admin:session-detail", session.pk)
    return page(
        request,
        "office/sessions/outcome.html",
        f"How it went: {session.name}, {session.visit.school}",
        session=session,
        when=f"{long_day(session.day)}, {time_range(session.starts, session.ends)}",
        form=form,
        reasons=[] if form.is_bound else _reasons_to_show_no_form(session, request, now),
        differing=differing,
        again=form.again(differing.session) if differing else [],
        closed=closed_periods([session]) if request.user.is_manager else [],
        why=RestatementReasonForm(request.POST or None),
    )


def _reasons_to_show_no_form(session: Session, request: SignedInRequest, now: datetime) -> list[str]:
    """Return why nothing can be stored, so that nobody types in vain; in a closed period only a manager changes an outcome."""
    return [*reasons_to_show_no_form(session, by=request.user, now=now), *reasons_locked([session], by=request.user)]


def _store(form: OutcomeForm, request: SignedInRequest, now: datetime) -> None:
    """Store the outcome. Where a manager changes what a signed-off return counts, it is restated in the same step (rule 14)."""
    by = request.user
    if not by.is_manager:
        form.store(by=by, now=now)
        return
    schools = {school_id for school_id, _ in form.outcome.headcounts}
    why = request.POST.get("why", "")

    def store(restate_return: Restate | None) -> None:
        form.store(by=by, now=now, restate=restate_return)

    restate(form.session, store, why=why, by=by, now=now, schools=schools)
