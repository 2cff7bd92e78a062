"""The undo bar that follows every change that can be undone, and the page that undoes it."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

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
from schools.office.frame.visibility import today
from schools.visits.actions.undoing import undo
from schools.visits.models import Batch, BatchKind, Visit
from schools.visits.planned_messages import planned_messages
from schools.visits.queries.held import heard_of_it, held_messages

DONE = "done"
"""The name in an address for the batch that the undo bar offers to undo."""
BACK = "back"
"""The name in an address for the page from which somebody came, to which what they do leads back."""


def back_of(request: SignedInRequest) -> str:
    """Return the address of the page of the office from which somebody came; blank: the address names none."""
    return query_params.office_address(request.GET.get(BACK))


def redirect_with_undo(
    request: SignedInRequest, batch: Batch, name: str, *args: int | date, query: str = "", back: str = ""
) -> HttpResponse:
    """Redirect to the page; its undo bar says what was done and offers to undo it.

    `back` is the address of another page with such a bar, to which somebody is led instead; blank: none.
    """
    if back:
        address = back.partition("#")[0]  # behind a place on the page nobody would read it
        return redirect(f"{address}{'&' if '?' in address else '?'}{urlencode({DONE: batch.pk})}")
    rest = f"&{query}" if query else ""
    return redirect(f"{reverse(name, args=args)}?{urlencode({DONE: batch.pk})}{rest}")


def undo_bar(request: SignedInRequest) -> dict[str, Any]:
    """Return for a page's context the batch that was just done and can be undone, with what became of its messages.

    None: there is no such batch. Whoever undoes it is led to `undo_leads_to`: this page again, as it was chosen by its address.
    """
    done = query_params.row_id(request.GET.get(DONE))
    if done is None:
        return {"undoable": None}
    mine = Batch.objects.for_user(request.user, on=today()).filter(undone_at=None)
    batch = mine.defer("changes").filter(pk=done).first()
    return {"undoable": batch, "undo_leads_to": _here(request), **(_told(batch) if batch else {})}


def _here(request: SignedInRequest) -> str:
    """Return the address of the page as it is without the bar."""
    chosen = request.GET.copy()
    chosen.pop(DONE, None)
    return f"{request.path}?{chosen.urlencode()}" if chosen else request.path


def undo_bar_of(request: SignedInRequest, visit: Visit) -> dict[str, Any]:
    """Return the same for a page of the visit, which may be gone once it is undone.

    A booking, and what a school asked for in a call, leads to the school then, from which one still goes on where one was; that a
    request is of the school, to the request.
    """
    bar = undo_bar(request)
    batch = bar["undoable"]
    if batch and batch.kind in {BatchKind.BOOK, BatchKind.CALL}:
        back = back_of(request)
        bar["undo_leads_to"] = reverse("admin:school-detail", args=[visit.school_id], query={BACK: back} if back else None)
    elif batch and batch.kind == BatchKind.REQUEST and (joined := _joined_request(batch)):
        bar["undo_leads_to"] = reverse("admin:request-detail", args=[joined])
    return bar


def _joined_request(batch: Batch) -> int | None:
    """Return the id of the request to which the batch gave its visit; None: it gave none."""
    of_requests = (change for change in batch.changes if change["table"] == "visitrequest")
    return next((change["pk"] for change in of_requests if change["after"].get("visit") != change["before"].get("visit")), None)


def _told(batch: Batch) -> dict[str, Any]:
    """Return what became of the messages of a batch, and how many people have to be phoned about it."""
    now = timezone.localtime()
    by_phone = planned_messages(batch.visits, now=now).phoned if batch.visits and batch.kind != BatchKind.CHASE else ()
    return {"held": held_messages(batch, now=now), "by_phone": len(by_phone)}


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
