"""Move an authority to another area from a day on: choose both, look at what moves with it, move it."""

from collections.abc import Sequence
from functools import partial

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.row_ids import row_id
from schools.directory.actions import move_authority
from schools.directory.models import Area, Authority
from schools.directory.queries import holdings_in_order
from schools.directory.rules import reasons_not_to_move_authority
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today, visible_rows
from schools.office.registers.forms.authorities import MoveAuthorityForm
from schools.office.registers.moves import MovePreview, preview_move
from schools.reach.actions.drift import note_drift, what_would_move

MOST_VISITS = 100


@allowed("change_areaauthority")
def move(request: SignedInRequest, authority_id: int) -> HttpResponse:
    """Show the form, or what would move if the address has an area and a day. A POST moves the authority."""
    authority = get_object_or_404(visible_rows(Authority.objects.all(), request.user, on=today()), pk=authority_id)
    data = request.POST if request.method == "POST" else (request.GET or None)
    form = MoveAuthorityForm(data, authority=authority)
    if not form.is_valid():
        return _page(request, authority, form, show_errors=form.is_bound)
    area, from_day = form.cleaned_data["area"], form.cleaned_data["from_day"]
    if request.method != "POST":
        reasons = reasons_not_to_move_authority(authority, area, from_day=from_day)
        preview = None if reasons else preview_move(authority, area, from_day=from_day, on=today())
        moving = _figures_moved(authority, area, preview) if preview else []
        return _page(request, authority, form, reasons=reasons, preview=preview, moving=moving)
    leaving = Area.objects.filter(pk=row_id(request.POST.get("leaving")) or 0).first()
    try:
        move_authority(authority, area, from_day=from_day, leaving=leaving)
    except RuleBroken as broken:
        return _page(request, authority, form, reasons=broken.reasons)
    touched = [some.pk for some in (leaving, area) if some]
    note_drift(f"{authority} moved to {area}", now=timezone.now(), by=request.user, areas=touched)
    words = f"Moved from {leaving or 'no area'} to {area} from {from_day:%-d %B %Y} on."
    LogEntry.objects.log_actions(request.user.pk, [authority], CHANGE, change_message=words, single_object=True)
    messages.success(request, f"{authority}: {words} Next: tell its coordinators.")
    return redirect("admin:schools_authority_change", authority.pk)


def _figures_moved(authority: Authority, area: Area, preview: MovePreview) -> list[str]:
    """Return a sentence for each period whose figures the move would change."""
    day = preview.from_day
    move_it = partial(move_authority, authority, area, from_day=day, leaving=preview.leaving)
    touched = [some.pk for some in (preview.leaving, area) if some]
    return what_would_move(move_it, touched, since=day, on=today())


def _page(
    request: SignedInRequest,
    authority: Authority,
    form: MoveAuthorityForm,
    *,
    reasons: list[str] | None = None,
    preview: MovePreview | None = None,
    show_errors: bool = False,
    moving: Sequence[str] = (),
) -> HttpResponse:
    return page(
        request,
        "office/registers/move_authority.html",
        f"Move {authority} to another area",
        authority=authority,
        holdings="; ".join(holding.in_words for holding in holdings_in_order(authority)),
        form=form,
        reasons=reasons or [],
        wrong_forms=[form] if show_errors else [],
        preview=preview,
        moving=moving,
        schools=list(preview.schools) if preview else [],
        visits=list(preview.visits[:MOST_VISITS]) if preview else [],
        visits_count=preview.visits.count() if preview else 0,
    )
