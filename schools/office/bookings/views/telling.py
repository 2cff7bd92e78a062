"""The page “Tell these people”: who does not know yet what was moved, cancelled or agreed, and is to be phoned."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.row_ids import row_id
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import address_with_back, back_of, redirect_with_undo, undo_bar
from schools.office.frame.visibility import today, visible_rows
from schools.visits.actions.notifications import tick_told
from schools.visits.guests_to_tell import everybody_to_tell
from schools.visits.models import Batch, BatchKind, Cover, Session, Visit
from schools.visits.planned_messages import mails_in_the_morning
from schools.visits.queries import VisitNotifications
from schools.visits.queries.parties_told import PartyTold, parties_told

WRITTEN_ALREADY = (
    "Nothing was written down by this press: they were ticked already, or it has changed. Look at what is to be told now."
)
"""Who presses twice reads the answer to the second press."""


@allowed("view_visit")
def tell(request: SignedInRequest) -> HttpResponse:
    """Show the school and volunteers of each visit with phone and ready words; a POST ticks those who know now.

    The page of one visit shows all of its parties besides, with the last message to each.
    """
    visit_id = row_id(request.GET.get("visit"))
    if request.method == "POST":
        if not request.user.has_perm("schools.change_cover"):
            raise PermissionDenied
        if batch := _tick(request):
            return redirect_with_undo(request, batch, "admin:tell", query=f"visit={visit_id}" if visit_id else "")
        if request.POST.keys() & {"cover", "session", "guest"}:
            messages.warning(request, WRITTEN_ALREADY)
        else:
            messages.success(request, "Nobody was ticked.")
        return redirect(request.get_full_path())
    rows = everybody_to_tell(request.user, on=today(), visit_id=visit_id)
    bar = undo_bar(request)
    # Behind a bar it says what waits of what was just done.
    waiting = [] if bar["undoable"] else mails_in_the_morning([row.visit.pk for row in rows], now=timezone.localtime())
    if visit_id and (undoable := bar["undoable"]) and undoable.kind != BatchKind.TELL and visit_id in (undoable.visits or ()):
        # A tick that is undone has to be made here; what was moved or cancelled is seen where it is.
        bar["undo_leads_to"] = address_with_back(request, "admin:visit-detail", visit_id)
    return page(
        request,
        "office/bookings/tell.html",
        "Tell these people",
        rows=rows,
        waiting=waiting,
        back=back_of(request),
        of_visit=visit_id,
        may_tick=request.user.has_perm("schools.change_cover"),
        number=sum(len(row.volunteers) + bool(row.school) + sum(bool(guest.box) for guest in row.guests) for row in rows),
        parties=_parties(request, visit_id, rows),
        **bar,
    )


def _parties(request: SignedInRequest, visit_id: int | None, rows: list[VisitNotifications]) -> list[tuple[PartyTold, bool]]:
    """Return every party of the one visit that is looked at, and whether it has to be phoned; none where all visits are."""
    own = Visit.objects.at_own_schools(request.user, on=today()).select_related("school", "contact")
    visit = own.filter(pk=visit_id).first() if visit_id is not None else None
    if visit is None:
        return []
    phoned: set[Any] = {row.visit.school for row in rows if row.school and row.school.is_phoned}
    phoned |= {guest.school for row in rows for guest in row.guests if guest.box}
    phoned |= {each.volunteer for row in rows for each in row.volunteers if each.is_phoned}
    return [(party, party.who in phoned) for party in parties_told(visit)]


def _tick(request: SignedInRequest) -> Batch | None:
    """Tick the people as told and return the batch that undoes it; what changed since the page was opened stays to be told."""
    return tick_told(
        covers=_read(request, "cover", Cover),
        sessions=_read(request, "session", Session),
        guests=_read_guests(request),
        by=request.user,
        now=timezone.localtime(),
    )


def _read_guests(request: SignedInRequest) -> dict[tuple[int, int], str]:
    """Return what was read of each ticked guest, by visit and school; visits that the user may not see are left out."""
    versions: dict[tuple[int, int], str] = {}
    for box in request.POST.getlist("guest"):
        ids, _, version = box.partition(":")
        visit, school = (row_id(text) for text in ids.partition("-")[::2])
        if visit is not None and school is not None:
            versions[visit, school] = version
    own = visible_rows(Visit.objects.filter(pk__in={visit for visit, _ in versions}), request.user, on=today())
    seen = set(own.values_list("pk", flat=True))
    return {pair: version for pair, version in versions.items() if pair[0] in seen}


def _read(request: SignedInRequest, name: str, model: Any) -> dict[int, str]:
    """Return what was read of each ticked row, by id; rows that the user may not see are left out."""
    versions: dict[int, str] = {}
    for box in request.POST.getlist(name):
        for pair in box.split():
            text, _, version = pair.partition(":")
            if (pk := row_id(text)) is not None:
                versions[pk] = version
    own = visible_rows(model.objects.filter(pk__in=versions), request.user, on=today())
    return {pk: versions[pk] for pk in own.values_list("pk", flat=True)}
