"""A visit's page: its sessions by day, agreeing it with the school, calling it off."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.core.errors import RuleBroken
from schools.core.words import time_range
from schools.office.chips import chip_of_session, chip_of_visit
from schools.office.forms.visits import CancelForm, ConfirmForm
from schools.office.rows import today
from schools.office.views.batches import after_latest, undo_bar
from schools.office.views.page import SignedInRequest, allowed, page
from schools.visits.actions import cancel_visit, confirm
from schools.visits.models import Cover, Session, SessionStage, Visit, VisitStage
from schools.visits.rules import reasons_not_theirs


@allowed("view_visit")
def detail(request: SignedInRequest, visit_id: int) -> HttpResponse:
    """Show the visit; `do` confirms or cancels it."""
    visits = Visit.objects.for_user(request.user, on=today())
    visit = get_object_or_404(
        visits.select_related("school__authority", "coordinator", "contact", "safeguarding_contact"), pk=visit_id
    )
    do = request.POST.get("do", "") if request.method == "POST" else ""
    if do and not request.user.has_perm("schools.change_visit"):
        raise PermissionDenied
    agreed = {"agreed_on": visit.agreed_on or today(), "agreed_with": visit.agreed_with}
    confirm_form = ConfirmForm(request.POST if do == "confirm" else None, initial=agreed, prefix="confirm")
    cancel_form = CancelForm(request.POST if do == "cancel" else None, prefix="cancel")
    if do == "confirm" and _confirmed(request, visit, confirm_form):
        messages.success(request, f"Visit {visit.reference} is confirmed.")
        return redirect("admin:visit-detail", visit.pk)
    if do == "cancel" and _cancelled(request, visit, cancel_form):
        return after_latest(request, "admin:tell", query=f"visit={visit.pk}")
    return _page(request, visit, confirm_form, cancel_form)


def _confirmed(request: SignedInRequest, visit: Visit, form: forms.Form) -> bool:
    if not form.is_valid():
        return False
    try:
        confirm(visit, by=request.user, now=timezone.localtime(), **form.cleaned_data)
    except RuleBroken as broken:
        form.add_error(None, broken)
        return False
    return True


def _cancelled(request: SignedInRequest, visit: Visit, form: forms.Form) -> bool:
    if not form.is_valid():
        return False
    try:
        cancel_visit(visit, by=request.user, now=timezone.localtime(), **form.cleaned_data)
    except RuleBroken as broken:
        form.add_error(None, broken)
        return False
    return True


def _sum(numbers: Iterable[int | None]) -> str:
    """The pupils that are known; a dash where nobody knows any, and “and more” where a year group is missing."""
    numbers = list(numbers)
    known = [number for number in numbers if number is not None]
    if not known:
        return "–"
    return f"{sum(known):,}{'' if len(known) == len(numbers) else ' and more'}"


def _page(request: SignedInRequest, visit: Visit, confirm_form: forms.Form, cancel_form: forms.Form) -> HttpResponse:
    sessions = (
        Session.objects.for_user(request.user, on=today())
        .filter(visit=visit)
        .with_cover()
        .select_related("type", "visit__school")
        .prefetch_related("headcounts")
    )
    people = Cover.objects.live().filter(session__visit=visit).select_related("volunteer")
    names: dict[int, list[str]] = {}
    for cover in people:
        names.setdefault(cover.session_id, []).append(f"{cover.volunteer} ({cover.get_state_display().lower()})")
    not_theirs = reasons_not_theirs(visit, by=request.user, on=today())
    rows: list[dict[str, Any]] = [
        {
            "session": session,
            "times": time_range(session.starts, session.ends),
            "name": session.type.name_in(session.nation),
            "chip": chip_of_session(session),
            "people": names.get(session.pk, []),
            "expected": _sum(count.expected for count in session.headcounts.all()),
            "counted": _sum(count.pupils for count in session.headcounts.all()),
        }
        for session in sessions
    ]
    return page(
        request,
        "office/visit.html",
        str(visit),
        visit=visit,
        chip=chip_of_visit(visit),
        days=[(day, list(of_day)) for day, of_day in groupby(rows, key=lambda row: row["session"].day)],
        refusals=[form for form in (confirm_form, cancel_form) if form.is_bound and form.errors],
        confirm_form=confirm_form,
        cancel_form=cancel_form,
        may_change=request.user.has_perm("schools.change_visit") and not not_theirs,
        not_theirs=not_theirs,
        has_people_to_tell=Visit.objects.with_people_to_tell(on=today()).filter(pk=visit.pk).exists(),
        **undo_bar(request),
        is_to_come=not rows or any(row["session"].stage == SessionStage.SCHEDULED for row in rows),
        is_standing=visit.stage not in {VisitStage.CANCELLED, VisitStage.DECLINED},
    )
