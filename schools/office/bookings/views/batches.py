"""The page that undoes what was done, and the undo bar on the page of a visit."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.office.frame import query_params
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import BACK, address_with_back, undo_bar
from schools.office.frame.visibility import today
from schools.visits.actions.undoing import undo
from schools.visits.models import Batch, BatchKind, Visit
from schools.visits.queries.held import heard_of_it, held_messages


def undo_bar_of(request: SignedInRequest, visit: Visit) -> dict[str, Any]:
    """Return what `undo_bar` does for a page of the visit, which may be gone once it is undone.

    A booking, and what a school asked for in a call, leads to the school then, from which one still goes on where one was; that a
    request is of the school, to the request.
    """
    bar = undo_bar(request)
    batch = bar["undoable"]
    if batch and (batch.kind == BatchKind.BOOK or (batch.kind == BatchKind.CALL and _asked_for(batch))):
        bar["undo_leads_to"] = address_with_back(request, "admin:school-detail", visit.school_id)
    elif batch and batch.kind == BatchKind.REQUEST and (joined := _joined_request(batch)):
        bar["undo_leads_to"] = reverse("admin:request-detail", args=[joined])
    return bar


def _asked_for(batch: Batch) -> bool:
    """Return whether the school asked for the visit in the call, so that the visit goes with it."""
    return any(change["table"] == "visit" for change in batch.changes)


def _joined_request(batch: Batch) -> int | None:
    """Return the id of the request to which the batch gave its visit; None: it gave none."""
    of_requests = (change for change in batch.changes if change["table"] == "visitrequest")
    return next((change["pk"] for change in of_requests if change["after"].get("visit") != change["before"].get("visit")), None)


@allowed("view_batch")
def detail(request: SignedInRequest, batch_id: int) -> HttpResponse:
    """Show what was changed at once; `do` undoes it, and only once."""
    batch = get_object_or_404(Batch.objects.for_user(request.user, on=today()).select_related("by", "undone_by"), pk=batch_id)
    reasons: list[str] = []
    if request.method == "POST" and request.POST.get("do") == "undo":
        if not request.user.has_perm("schools.change_visit"):
            raise PermissionDenied
        try:
            batch = undo(batch, by=request.user, now=timezone.localtime())
        except RuleBroken as broken:
            reasons = broken.reasons
        else:
            if not batch.left_alone:
                messages.success(request, f"Undone: {batch.words}.{heard_of_it(batch)}")
                return redirect(query_params.office_address(request.POST.get(BACK)) or "admin:index")
            messages.warning(request, "Undone as far as it could be. What stayed as it is stands below.")
            return redirect("admin:batch", batch.pk)
    return page(
        request,
        "office/bookings/batch.html",
        batch.words,
        batch=batch,
        reasons=reasons,
        number=len(batch.changes),
        held=held_messages(batch, now=timezone.now()),
    )
