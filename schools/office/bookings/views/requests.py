"""A request of a school on a page of its own: where nobody knows yet which school it is, the office says so here."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.row_ids import row_id
from schools.office.bookings.booking import bookable_schools, search
from schools.office.bookings.requests import done, lines_of
from schools.office.frame import query_params
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import redirect_with_undo, undo_bar
from schools.office.frame.visibility import today, visible_rows
from schools.visits.actions.booked import join_to_undo
from schools.visits.actions.undoable import held
from schools.visits.models import Batch, RequestState, Visit, VisitRequest

MOST_FOUND = 20
CHANGES = "change_visit"


@allowed("view_visitrequest", posts={"join": CHANGES, "know-asker": CHANGES, "request-seen": CHANGES})
def detail(request: SignedInRequest, request_id: int) -> HttpResponse:
    """Show the request. `do` joins it with a school, puts its person among those of the school, or says that it is seen to."""
    requests = VisitRequest.objects.select_related("school", "contact", "visit__school", "area", "decided_by")
    row = get_object_or_404(visible_rows(requests, request.user, on=today()), pk=request_id)
    reasons: list[str] | Batch = []
    if request.method == "POST":
        do = request.POST["do"]
        reasons = _joined(request, row) if do == "join" else done(request, row, do)
        if isinstance(reasons, Batch) or not reasons:
            return _onwards(request, request_id, reasons if isinstance(reasons, Batch) else None)
    words = query_params.words(request.GET.get("q")) or (row.postcode if row.school is None else "")
    is_open = row.state != RequestState.UNCONFIRMED and row.visit is None
    schools: list[Any] = search(bookable_schools(request.user), words, request.user, MOST_FOUND) if is_open else []
    return page(
        request,
        "office/bookings/request.html",
        f"Request: {row}",
        row=row,
        line=lines_of([row])[0],
        reasons=reasons,
        words=words,
        schools=schools,
        is_open=is_open,
        may_change=request.user.has_perm(f"schools.{CHANGES}"),
        **undo_bar(request),
    )


def _joined(request: SignedInRequest, row: VisitRequest) -> list[str] | Batch:
    school = bookable_schools(request.user).filter(pk=row_id(request.POST.get("school")) or 0).first()
    if school is None:
        return ["Choose one of the schools of your areas that can be visited."]
    now = timezone.localtime()
    try:
        batch = held(lambda: join_to_undo(row, school, by=request.user, now=now), now=now)
    except RuleBroken as broken:
        return broken.reasons
    visit = Visit.objects.get(visit_requests=row.pk)
    messages.success(request, f"It is a request of {school} now, and belongs to visit {visit}.")
    return batch


def _onwards(request: SignedInRequest, request_id: int, batch: Batch | None) -> HttpResponse:
    """Lead to the visit to which the request belongs, where there is one; the bar there undoes the batch, None: nothing."""
    visit = VisitRequest.objects.filter(pk=request_id).values_list("visit", flat=True).first()
    name, pk = ("admin:visit-detail", visit) if visit else ("admin:request-detail", request_id)
    return redirect_with_undo(request, batch, name, pk) if batch else redirect(name, pk)
