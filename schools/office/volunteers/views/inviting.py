"""Inviting many volunteers at once: who gets a mail and who has no address is shown first."""

from datetime import datetime

from django.contrib import messages
from django.db.models import Q
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.accounts.models import User
from schools.accounts.requests import SignedInRequest
from schools.core.row_ids import row_id
from schools.directory.models import ChangeState
from schools.office.frame.list_actions import MOST_TAKEN, ROW
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import DONE, redirect_with_undo, undo_bar
from schools.office.frame.visibility import today
from schools.office.registers.views.tables import own_runs
from schools.visits.actions.inviting import invite_to_undo
from schools.visits.models import Batch, BatchKind
from schools.visits.models.batches import CLOCKS_APART
from schools.volunteers.actions import preview_invitations
from schools.volunteers.models import Volunteer, VolunteerQuerySet

ALL = "all"
"""The name in an address that ticks everybody."""
MOST_AT_ONCE = 200
"""People who are shown, and invited, at a time."""


@allowed("change_volunteer", posts={"invite": "change_volunteer"})
def invite_many(request: SignedInRequest) -> HttpResponse:
    """Show who does not sign in yet: of an import or a list, if the address names them, else all. `do` invites who is ticked.

    Whom nobody has chosen is not ticked beforehand.
    """
    now = timezone.now()
    volunteers = Volunteer.objects.for_user(request.user, on=today())
    if request.method == "POST":
        ids = [pk for text in request.POST.getlist("person")[:MOST_AT_ONCE] if (pk := row_id(text))]
        return _invite(request, volunteers.filter(pk__in=ids).order_by("name", "pk"), now=now)
    run_id = row_id(request.GET.get("import"))
    if run_id:
        volunteers = _of_import(request, volunteers, run_id)
    ticked = [pk for text in request.GET.getlist(ROW)[:MOST_TAKEN] if (pk := row_id(text))]
    if ticked:
        volunteers = volunteers.filter(pk__in=ticked)
    preview = preview_invitations(volunteers, now=now)
    return page(
        request,
        "office/volunteers/invite.html",
        "Invite volunteers to sign in",
        preview=preview,
        mailed=preview.mailed[:MOST_AT_ONCE],
        run_id=run_id,
        ticked=len(ticked),
        is_chosen=bool(ticked or run_id or ALL in request.GET),
        others=(
            ("Have no address", preview.without_address, "Give their e-mail address first; who has none is phoned as before."),
            ("Were invited already", preview.invited, "Their link can still be used. Another one is sent on their page."),
            ("Have an address that is taken", preview.taken, "Somebody else has this address. Give each their own."),
        ),
        **undo_bar(request),
    )


def _invite(request: SignedInRequest, volunteers: VolunteerQuerySet, *, now: datetime) -> HttpResponse:
    """Invite these people, and lead back to the same list, whose undo bar says how many mails wait."""
    batch = invite_to_undo(volunteers, by=request.user, now=now)
    if batch.left_out:
        messages.warning(request, f"Not invited now: {' '.join(batch.left_out)}")
    if batch.pk:
        return redirect_with_undo(request, batch, "admin:invite", query=_shown(request))
    if not batch.left_out:
        messages.warning(request, "Nobody was ticked, so nobody was invited.")
    elif pressed_before := _still_waits(request.user, now=now):
        return redirect_with_undo(request, pressed_before, "admin:invite", query=_shown(request))
    return redirect(f"{request.path}?{_shown(request)}")


def _shown(request: SignedInRequest) -> str:
    """Return by what the address chooses the people on the page."""
    shown = request.GET.copy()
    shown.pop(DONE, None)
    return shown.urlencode()


def _still_waits(user: User, *, now: datetime) -> Batch | None:
    """Return the newest invitations of the user of which nobody hears if they are undone now: the button may be pressed twice."""
    theirs = Batch.objects.filter(kind=BatchKind.INVITE, by=user, undone_at=None, held_until__gt=now + CLOCKS_APART)
    return theirs.order_by("made_at", "pk").last()


def _of_import(request: SignedInRequest, volunteers: VolunteerQuerySet, run_id: int) -> VolunteerQuerySet:
    """Return those volunteers whom the import brought or changed. Raise Http404 for an import of somebody else."""
    run = get_object_or_404(own_runs(request), pk=run_id, register="volunteers")
    keys = run.changes.filter(state=ChangeState.DONE).values("known_by")
    by_key = volunteers.annotate(reference_key=Lower("reference"), address_key=Lower("email"))
    return by_key.filter(Q(reference_key__in=keys) | Q(address_key__in=keys))
