"""A visit's page with its sessions by day; confirming, declining and cancelling it; and the form of its details."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import BigIntegerField, F, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.accounts.models import User
from schools.accounts.requests import SignedInRequest
from schools.core.batched_queries import Given
from schools.core.errors import RuleBroken
from schools.core.ids import IsAmong
from schools.core.prepared import GivenRows, Prepared
from schools.core.row_ids import row_id
from schools.core.words import known_sum, time_range
from schools.directory.responsible import who_sees
from schools.office.bookings import people
from schools.office.bookings.alarms import DOES as ALARM_DOES
from schools.office.bookings.alarms import alarm_done, part_of_alarms
from schools.office.bookings.answers import DOES, answer_done, said_by_schools
from schools.office.bookings.closing import closing_of, guests_closing
from schools.office.bookings.forms.people import PutOnForm
from schools.office.bookings.forms.visits import CancelForm, ConfirmForm, VisitDetailsForm
from schools.office.bookings.guests import WITH_SCHOOLS, guests_in_words, guests_of
from schools.office.bookings.offers import offered_for, with_dates_to_move
from schools.office.bookings.requests import DOES as REQUEST_DOES
from schools.office.bookings.requests import request_done, requests_of_visit
from schools.office.bookings.school_changes import DOES as CHANGE_DOES
from schools.office.bookings.school_changes import change_done, part_of_changes
from schools.office.bookings.views.batches import undo_bar_of
from schools.office.frame.chips import chip_of_session, chip_of_visit
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import address_with_back, back_of, redirect_with_undo
from schools.office.frame.visibility import today, visible_rows
from schools.office.messages.log_lines import part_of_log
from schools.office.schools.forms.conversations import DeclineForm
from schools.visits.actions import cancel_visit
from schools.visits.actions.cancelling import decline_visit
from schools.visits.actions.changed import change_visit_to_undo
from schools.visits.actions.confirming import confirm_to_undo
from schools.visits.actions.undoable import held
from schools.visits.models import (
    BOOKED_STAGES,
    CALLED_OFF_STAGES,
    Batch,
    ContactLog,
    Cover,
    Session,
    SessionStage,
    Visit,
    VisitStage,
)
from schools.visits.queries import outstanding
from schools.visits.queries.message_log import about_visits
from schools.visits.rules import cancelled_with_visit, reasons_not_theirs, sessions_to_come
from schools.visits.rules.conversations import missing_at_confirming
from schools.visits.rules.school_answers import is_over
from schools.visits.shown_slots import slots_in_one, slots_of_one

MOST_TALKS = 10
VISIT = Prepared(
    lambda: with_dates_to_move(Visit.objects.filter(IsAmong(F("pk"), GivenRows("visits")))).select_related(
        "school__authority", "coordinator", "contact", "safeguarding_contact", "replaces", "replaced_by"
    )
)
type Done = Callable[[SignedInRequest, Visit, str], list[str] | Batch]
DONE_BY: dict[str, Done] = {
    **dict.fromkeys(DOES, answer_done),
    **dict.fromkeys(REQUEST_DOES, request_done),
    **dict.fromkeys(ALARM_DOES, alarm_done),
    **dict.fromkeys(CHANGE_DOES, change_done),
}
"""What does what a button beside something that a school said asks for, by the button's `do`."""


@allowed("view_visit")
def detail(request: SignedInRequest, visit_id: int) -> HttpResponse:
    """Show the visit; `do` confirms, declines or cancels it, or puts people on its sessions."""
    do = request.POST.get("do", "") if request.method == "POST" else ""
    if do and not request.user.has_perm("schools.change_visit"):
        raise PermissionDenied
    if said_done := DONE_BY.get(do):
        visit = _visible(request, visit_id)
        reasons = said_done(request, visit, do)
        if isinstance(reasons, Batch):
            return redirect_with_undo(request, reasons, "admin:visit-detail", visit_id)
        if reasons:
            return _page(request, _visible(request, visit_id), *_decisions(visit, request, do), reasons=reasons)
        return redirect(address_with_back(request, "admin:visit-detail", visit.pk))
    if do == people.DO:
        return _put_on(request, _visible(request, visit_id))
    if do != "confirm":
        return _answer(request, _visible(request, visit_id), do)
    with transaction.atomic():
        # Lock first: where two people save at the same moment, the second compares with what the first stored.
        list(Visit.objects.select_for_update(of=("self",)).filter(pk=visit_id))
        return _answer(request, _visible(request, visit_id), do)


def _visible(request: SignedInRequest, visit_id: int) -> Visit:
    """Return the visit with what its page says of it; raises Http404 where the user may not see it."""
    visits = VISIT.run(visits=Visit.objects.for_user(request.user, on=today()).filter(pk=visit_id))
    if not visits:
        raise Http404
    return visits[0]


def _put_on(request: SignedInRequest, visit: Visit) -> HttpResponse:
    """Put people on the visit's sessions; show the page with what is against it where that is refused."""
    if not request.user.has_perm("schools.add_cover"):
        raise PermissionDenied
    done = people.put_on(request, visit)
    return done if isinstance(done, HttpResponse) else _page(request, visit, *_decisions(visit, request, ""), put_on=done)


def _answer(request: SignedInRequest, visit: Visit, do: str) -> HttpResponse:
    """Do what the button says and redirect; show the page where no button was pressed or the form is refused."""
    confirm_form, cancel_form, decline_form = _decisions(visit, request, do)
    if do == "confirm" and (batch := _held(confirm_to_undo, request, visit, confirm_form)):
        return redirect_with_undo(request, batch, "admin:visit-detail", visit.pk)
    if do == "decline" and (batch := _held(_as_shown(decline_visit, request), request, visit, decline_form)):
        messages.success(request, f"{visit.school} said no. It is left alone until the day you gave.")
        return redirect_with_undo(request, batch, "admin:visit-detail", visit.pk)
    if do == "cancel" and (batch := _held(_as_shown(cancel_visit, request), request, visit, cancel_form)):
        return redirect_with_undo(request, batch, "admin:tell", query=f"visit={visit.pk}")
    return _page(request, visit, confirm_form, cancel_form, decline_form)


def _decisions(visit: Visit, request: SignedInRequest, do: str) -> tuple[ConfirmForm, CancelForm, DeclineForm]:
    """Return the forms of the page, the one whose button was pressed with what was typed."""
    return (
        ConfirmForm(request.POST if do == "confirm" else None, visit=visit, on=today(), prefix="confirm"),
        CancelForm(request.POST if do == "cancel" else None, prefix="cancel"),
        DeclineForm(request.POST if do == "decline" else None, prefix="decline"),
    )


@allowed("change_visit")
def edit(request: SignedInRequest, visit_id: int) -> HttpResponse:
    """Change the details of a visit: its coordinator, contacts and notes for arrival."""
    visits = Visit.objects.for_user(request.user, on=today()).select_related("school")
    if request.method != "POST":
        return _details(request, get_object_or_404(visits, pk=visit_id))
    with transaction.atomic():
        # Lock first: where two people save at the same moment, the second compares with what the first stored.
        list(Visit.objects.select_for_update(of=("self",)).filter(pk=visit_id))
        return _details(request, get_object_or_404(visits, pk=visit_id))


def _details(request: SignedInRequest, visit: Visit) -> HttpResponse:
    """Store the details and redirect; show the form where nothing was posted or it is refused."""
    active = Q(pk__in=visible_rows(who_sees(visit.school, on=today()), request.user, on=today()).values("pk"))
    staff = User.objects.filter(active | Q(pk=visit.coordinator_id))
    form = VisitDetailsForm(request.POST or None, visit=visit, people=staff, on=today())
    if form.is_bound and form.is_valid():
        details, now = form.details, timezone.localtime()
        try:
            batch = held(lambda: change_visit_to_undo(visit, details, by=request.user, now=now), now=now)
        except RuleBroken as broken:
            form.add_error(None, broken)
        else:
            messages.success(request, "It is stored.")
            return redirect_with_undo(request, batch, "admin:visit-detail", visit.pk)
    return page(
        request,
        "office/bookings/visit_edit.html",
        f"Change visit {visit.reference}, {visit.school}",
        visit=visit,
        back=back_of(request),
        form=form,
        refusals=[form] if form.errors else [],
        not_theirs=reasons_not_theirs(visit, by=request.user, on=today()),
    )


def _as_shown(act: Callable[..., Batch], request: SignedInRequest) -> Callable[..., Batch]:
    """Return the act over the sessions that the page said would go."""
    texts = request.POST.get("going")
    going = None if texts is None else [pk for text in texts.split(",") if (pk := row_id(text)) is not None]
    return partial(act, going=going)


def _held(act: Callable[..., Batch], request: SignedInRequest, visit: Visit, form: forms.Form) -> Batch | None:
    """Do the act with what was typed, its messages held for an undo, and return its batch; None: the form says why not."""
    if not form.is_valid():
        return None
    now, shown = timezone.localtime(), slots_of_one(request.POST.get("shown"))
    try:
        return held(lambda: act(visit, by=request.user, now=now, shown=shown, **form.cleaned_data), now=now)
    except RuleBroken as broken:
        form.add_error(None, broken)
        return None


WITH_COVER = Prepared(
    lambda: (
        Session.objects.filter(IsAmong(F("pk"), GivenRows("sessions")))
        .with_cover()
        .select_related("type", "visit__school", "site")
        .prefetch_related(WITH_SCHOOLS)
    )
)
"""The sessions of a visit, and how they are covered."""
TALKS = Prepared(
    lambda: ContactLog.objects.filter(visit=Given("visit", BigIntegerField())).select_related("by", "visit")[:MOST_TALKS]
)
COVERS = Prepared(
    lambda: Cover.objects.live().filter(session__visit=Given("visit", BigIntegerField())).select_related("volunteer")
)


def _is_called_off(session: Session) -> bool:
    """Whether it was cancelled, and not reported as one that did not go ahead."""
    return session.stage == SessionStage.CANCELLED and not session.went_ahead


def _nobody(session: Session) -> str:
    """Return what stands in place of the people where there are none: somebody may still come to what is to come."""
    if not session.type.presenters:
        return "the school by itself"
    return "nobody yet" if session.stage == SessionStage.SCHEDULED else "nobody"


def _session_rows(request: SignedInRequest, visit: Visit) -> list[dict[str, Any]]:
    """Return what the page shows of each of the visit's sessions that the user may see."""
    sessions = WITH_COVER.run(sessions=Session.objects.for_user(request.user, on=today()).filter(visit=visit))
    may_report = request.user.has_perm("schools.change_session")
    names: dict[int, list[str]] = {}
    for cover in COVERS.run(visit=visit.pk):
        names.setdefault(cover.session_id, []).append(f"{cover.volunteer} ({cover.get_state_display().lower()})")
    return [
        {
            "session": session,
            "times": time_range(session.starts, session.ends),
            "name": session.name,
            "chip": chip_of_session(session, on=today()),
            "people": names.get(session.pk, []),
            "guests": guests_in_words(session),
            "needs_people": session.stage == SessionStage.SCHEDULED and session.day >= today() and not session.is_covered,
            "to_report": session.stage == SessionStage.SCHEDULED and session.day <= today() and may_report,
            "nobody": _nobody(session),
            "expected": known_sum(count.expected for count in session.headcounts.all()) or "–",
            "counted": known_sum(count.pupils for count in session.headcounts.all()) or "–",
        }
        for session in sessions
    ]


# Longer than 40 lines: it names each part of the page once.
def _page(
    request: SignedInRequest,
    visit: Visit,
    confirm_form: forms.Form,
    cancel_form: forms.Form,
    decline_form: forms.Form,
    *,
    reasons: Sequence[str] = (),
    put_on: PutOnForm | None = None,
) -> HttpResponse:
    not_theirs = reasons_not_theirs(visit, by=request.user, on=today())
    is_standing = visit.stage not in CALLED_OFF_STAGES
    rows = _session_rows(request, visit)
    to_fill = [row["session"] for row in rows if row["needs_people"]] if is_standing and not not_theirs else []
    sessions = [row["session"] for row in rows]
    scheduled = [session for session in sessions if session.stage == SessionStage.SCHEDULED]
    going = cancelled_with_visit(visit, scheduled, now=timezone.localtime())
    return page(
        request,
        "office/bookings/visit.html",
        str(visit),
        visit=visit,
        chip=chip_of_visit(visit),
        guests=list(guests_of(sessions)),
        closing=closing_of(visit, sessions, user=request.user, on=today()),
        guests_closing=guests_closing(sessions, on=today()),
        days=[(day, list(of_day)) for day, of_day in groupby(rows, key=lambda row: row["session"].day)],
        days_in_need={row["session"].day for row in rows if row["needs_people"]},
        days_to_report={row["session"].day for row in rows if row["to_report"]},
        refusals=[form for form in (confirm_form, cancel_form, decline_form, put_on) if form and form.is_bound and form.errors],
        confirm_form=confirm_form,
        cancel_form=cancel_form,
        decline_form=decline_form,
        missing=missing_at_confirming(visit) if visit.stage in BOOKED_STAGES else [],
        **part_of_alarms(visit, cancel_form),
        **part_of_changes(visit),
        **said_by_schools(visit, user=request.user),
        **requests_of_visit(visit, on=today()),
        dates_offered=offered_for(visit, on=today()),
        reasons=reasons,
        talks=TALKS.run(visit=visit.pk),
        may_decline=visit.stage in {VisitStage.REQUESTED, VisitStage.PLANNED},
        may_log=request.user.has_perm("schools.add_contactlog"),
        may_change=request.user.has_perm("schools.change_visit") and not not_theirs,
        not_theirs=not_theirs,
        log=part_of_log(about_visits([visit.pk]), f"of_visit={visit.pk}"),
        has_people_to_tell=outstanding.has_people_to_tell(visit, on=today()),
        **undo_bar_of(request, visit),
        back=back_of(request),
        here=address_with_back(request, "admin:visit-detail", visit.pk),
        is_all_cancelled=visit.stage in BOOKED_STAGES and bool(sessions) and all(map(_is_called_off, sessions)),
        is_to_come=not rows or bool(scheduled),
        something_to_come=bool(sessions_to_come(visit, scheduled, now=timezone.localtime())),
        # Also where each session was cancelled by itself, or reported as not gone ahead: the visit stands still.
        may_cancel=bool(going) or all(session.stage == SessionStage.CANCELLED for session in sessions),
        is_standing=is_standing,
        is_over=is_over(sessions, on=today()),
        shown=slots_in_one(scheduled),
        going=",".join(str(session.pk) for session in going),
        is_left=bool(scheduled) and not going,
        **people.part_of_people(request, to_fill, put_on),
    )
