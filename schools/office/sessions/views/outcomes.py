"""Recording or correcting how a visit day went, for the volunteers who were there, with the same form as theirs."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.words import long_day, time_range
from schools.delivery.actions import DayRefused, Each, Report, Restate, Store
from schools.delivery.forms import DayForm, typed_for_others
from schools.delivery.queries import to_report
from schools.delivery.rules import reasons_to_show_no_form, schools_of
from schools.directory.models import School
from schools.office.frame.pages import allowed, page
from schools.office.frame.query_params import words
from schools.office.frame.visibility import today
from schools.office.sessions.forms.why import RestatementReasonForm
from schools.reach.actions import restate
from schools.reach.queries.since_published import published_with
from schools.visits.models import Session, Visit
from schools.visits.queries.requests import visit_taken_back
from schools.visits.rules import slot_of
from schools.visits.rules.closed_periods import closed_periods, reasons_locked_each

NUMBERS_TYPED = "The numbers typed for it: {numbers}."
SESSION_GONE = (
    "A session of this form was moved to another day or taken out since you opened it, so nothing is stored yet. "
    f"{NUMBERS_TYPED} Keep them, and store the others; then look for that session on the visit’s page."
)


@allowed("change_session")
def outcome(request: SignedInRequest, session_id: int) -> HttpResponse:
    """Lead from a session to the form about its day."""
    session = get_object_or_404(Session.objects.for_user(request.user, on=today()), pk=session_id)
    return redirect(f"{reverse('admin:day-outcome', args=[session.visit_id, session.day])}#session-{session.pk}")


@allowed("change_session")
def day_outcome(request: SignedInRequest, visit_id: int, day: date) -> HttpResponse:
    """Show the form and store it; where somebody else recorded something different, show the difference first."""
    now = timezone.now()
    every = to_report(Session.objects.for_user(request.user, on=today()).filter(visit__pk=visit_id, day=day))
    if not every:
        return _led_on(request, visit_id)
    reasons = _reasons_to_show_no_form(every, request, now)
    sessions = [session for session in every if not reasons[session.pk] or f"s{session.pk}-version" in request.POST] or every
    form = DayForm(request.POST if request.method == "POST" else None, sessions=sessions, day=day)
    differing = None
    gone = typed_for_others(request.POST, every)
    if request.method == "POST" and form.is_valid() and not gone:
        try:
            form.store(by=request.user, now=now, each=_restating(request, now))
        except DayRefused as refusal:
            differing = refusal if refusal.only_differs else None
            form.add_error(None, refusal)
        else:
            messages.success(request, "Stored.")
            return redirect("admin:visit-day", visit_id, day)
    for numbers in gone.values():
        form.add_error(None, SESSION_GONE.format(numbers=", ".join(numbers) or "nothing"))
    return _page(request, form, every, differing, reasons)


def _led_on(request: SignedInRequest, visit_id: int) -> HttpResponse:
    """Name what was typed for a day that has no session any more, and lead to where the first of them is now.

    That is the visit where they were taken out, and its school where its booking was undone. Raises Http404 where nothing was
    typed, or of what is another area's.
    """
    typed, on = typed_for_others(request.POST, ()), today()
    if not typed:
        raise Http404
    visit = Visit.objects.for_user(request.user, on=on).filter(pk=visit_id).first()
    gone = visit_taken_back(visit_id) if visit is None else None
    if visit is None and not (gone and School.objects.for_user(request.user, on=on).filter(pk=gone.school_id).exists()):
        raise Http404
    rows = Session.objects.for_user(request.user, on=on).filter(visit__pk=visit_id, pk__in=typed)
    sessions = list(rows.select_related("type", "visit__school").order_by("day", "starts", "pk"))
    messages.error(request, " ".join(["Nothing is stored.", *_typed_in_words(request.POST, typed, sessions, gone)]))
    if sessions:
        return redirect("admin:visit-day", visit_id, sessions[0].day)
    return redirect("admin:visit-detail", visit_id) if gone is None else redirect("admin:school-detail", gone.school_id)


def _typed_in_words(
    data: QueryDict, typed: Mapping[int, list[str]], sessions: Sequence[Session], gone: Visit | None
) -> Iterator[str]:
    """Yield what became of each session for which something was typed, with its numbers; then the notes on the whole day.

    `sessions` are those that are there, on another day; `gone` is their visit where its booking was undone.
    """
    if gone is not None:
        yield f"Visit {gone.reference} was taken back since you opened this form."
    became = {session.pk: f"{session.name} was moved to {slot_of(session)}." for session in sessions}
    taken_out = "A session was taken out since you opened this form."
    for pk in sorted(typed, key=lambda pk: list(became).index(pk) if pk in became else len(became)):
        yield f"{became.get(pk, taken_out)} {NUMBERS_TYPED.format(numbers=', '.join(typed[pk]) or 'nothing')}"
    for name in ("differed", "note"):
        if note := words(data.get(name)):
            yield f"You wrote: “{note}”."


def _page(
    request: SignedInRequest,
    form: DayForm,
    every: list[Session],
    differing: DayRefused | None,
    reasons: dict[int, list[str]],
) -> HttpResponse:
    sessions = [part.session for part in form.parts]
    without_form = [session for session in every if session not in sessions or (reasons[session.pk] and not form.is_bound)]
    school = every[0].visit.school
    return page(
        request,
        "office/sessions/outcome.html",
        f"How it went: {school}, {long_day(form.day)}",
        visit=every[0].visit,
        day=form.day,
        when=f"{long_day(form.day)}, {time_range(every[0].starts, max(session.ends for session in every))}",
        form=form,
        has_form=len(without_form) < len(every),
        refused=[(session, time_range(session.starts, session.ends), reasons[session.pk]) for session in without_form],
        differing=differing,
        differences=dict(_differences(differing)),
        again=form.again(differing) if differing else [],
        rest=form.without_differing(differing) if differing else [],
        published=published_with(form.day),
        closed=closed_periods(sessions) if request.user.is_manager else [],
        why=RestatementReasonForm(request.POST or None),
    )


def _differences(differing: DayRefused | None) -> list[tuple[str, Any]]:
    """Return what differs in each session, after the session's times and name."""
    refusals = differing.differing if differing else []
    return [
        (f"{time_range(refusal.session.starts, refusal.session.ends)}, {refusal.session.name}", refusal.differences)
        for refusal in refusals
    ]


def _reasons_to_show_no_form(sessions: list[Session], request: SignedInRequest, now: datetime) -> dict[int, list[str]]:
    """Return for each session (by id) why nothing can be stored; in a closed period only a manager changes an outcome."""
    locked = reasons_locked_each(sessions, by=request.user)
    return {
        session.pk: [*reasons_to_show_no_form(session, by=request.user, now=now), *locked[session.pk]] for session in sessions
    }


def _restating(request: SignedInRequest, now: datetime) -> Each | None:
    """Return how a manager stores a session: where a signed-off return counts it, it is restated in the same step (rule 14)."""
    by = request.user
    if not by.is_manager:
        return None

    def stored(report: Report, store: Store) -> None:
        def with_restatement(restate_return: Restate | None) -> None:
            store(restate_return)

        schools = schools_of(report.outcome)
        restate(report.session, with_restatement, why=request.POST.get("why", ""), by=by, now=now, schools=schools)

    return stored
