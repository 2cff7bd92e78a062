"""The guest schools of a booked visit: which come to which sessions, adding one, and taking one off."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.row_ids import row_id
from schools.core.words import joined, known_sum
from schools.directory.models import School
from schools.office.bookings.booking import MOST_GUESTS_FOUND, bookable_schools, search
from schools.office.bookings.forms.guests import GuestForm
from schools.office.bookings.guests import WITH_SCHOOLS, Coming, guest_at, guests_of
from schools.office.frame import query_params
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import address_with_back, back_of, redirect_with_undo, undo_bar
from schools.office.frame.visibility import today
from schools.visits.actions.booked import set_guest_to_undo
from schools.visits.actions.guest_schools import GuestChanged, coming_of, mark_of
from schools.visits.actions.undoable import held
from schools.visits.guests_to_tell import guests_to_tell
from schools.visits.models import Headcount, Session, SessionStage, Visit
from schools.visits.queries.notifications import GuestNotification
from schools.visits.queries.parties import contact_to_write_to
from schools.visits.rules import reasons_not_theirs
from schools.visits.rules.guest_schools import MOST_GUESTS

POSTS = {"store": "change_session", "take-off": "change_session"}


@allowed("change_session", posts=POSTS)
def guests(request: SignedInRequest, visit_id: int) -> HttpResponse:
    """Show the guest schools of the visit and the form of the one in the address; `do` stores it or takes the school off."""
    visit = get_object_or_404(Visit.objects.for_user(request.user, on=today()).select_related("school"), pk=visit_id)
    every = visit.sessions.exclude(stage=SessionStage.CANCELLED).select_related("type", "visit__school")
    sessions = list(every.prefetch_related(WITH_SCHOOLS).order_by("day", "starts", "pk"))
    standing = guests_of(sessions)
    chosen = _chosen(request, visit, standing)
    to_come = _to_come(sessions)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    if chosen is None:
        return _page(request, visit, sessions, standing, reasons=["Choose the guest school first."] if do else [])
    stored = coming_of(chosen, sessions)
    form = GuestForm(
        request.POST if do == "store" else None,
        school=chosen,
        attending=guest_at(chosen, to_come),
        sessions=to_come,
        coming=stored,
        on=today(),
    )
    reasons, seen = [], request.POST.get("seen", "") if do else mark_of(stored)
    if do and (do == "take-off" or form.is_valid()):
        try:
            return _store(request, visit, chosen, {} if do == "take-off" else form.coming())
        except GuestChanged as changed:
            # The page says who comes now, so the next press decides about that.
            reasons, seen = changed.reasons, mark_of(changed.coming)
        except RuleBroken as broken:
            reasons = broken.reasons
    is_mailed = contact_to_write_to(visit, chosen) is not None
    return _page(request, visit, sessions, standing, chosen=chosen, is_mailed=is_mailed, form=form, reasons=reasons, seen=seen)


def _to_come(sessions: list[Session]) -> list[Session]:
    """Return those to which a guest can still come."""
    return [session for session in sessions if session.stage == SessionStage.SCHEDULED and session.type.is_for_pupils]


def _store(request: SignedInRequest, visit: Visit, guest: School, coming: Coming) -> HttpResponse:
    """Let these pupils of the guest come, and no others of it; an undo in time is heard of by nobody."""
    now, seen = timezone.localtime(), request.POST.get("seen", "")
    batch = held(lambda: set_guest_to_undo(visit, guest, coming, seen=seen, by=request.user, now=now), now=now)
    if not batch.changes:
        stands = f"{guest} comes like this already" if coming else f"{guest} comes to nothing of this visit that is still to come"
        messages.info(request, f"{stands}, so nothing was changed.")
        return redirect(address_with_back(request, "admin:visit-guests", visit.pk))
    messages.success(request, f"{_done(visit, guest, coming)}{_whom_to_ring(visit, guest)}")
    return redirect_with_undo(request, batch, "admin:visit-guests", visit.pk)


def _done(visit: Visit, guest: School, coming: Coming) -> str:
    """Return what was stored in a sentence: a guest that was there already stays one, of what took place."""
    if coming:
        return f"{guest} comes to this visit as a guest."
    counts = Headcount.objects.filter(session__visit=visit, school=guest).exclude(session__stage=SessionStage.CANCELLED)
    return f"{guest} comes to nothing that is still to come." if counts.exists() else f"{guest} is no longer a guest."


def _whom_to_ring(visit: Visit, guest: School) -> str:
    """Return with whom to speak where guest or host have to be told and no mail reaches them, a sentence for each; else ""."""
    words = {guest: "it", visit.school: "the host"}
    to_ring = [each for each in guests_to_tell([visit.pk], on=today()).get(visit.pk, ()) if not each.is_soon]
    return "".join(
        f" No mail reaches {words[each.school]}: speak with {_people(each)}, and tick it under Tell these people."
        for each in to_ring
        if each.school in words
    )


def _people(to_ring: GuestNotification) -> str:
    return joined(f"{contact} ({contact.phone or contact.email})" for contact in to_ring.contacts) or "somebody there"


def _chosen(request: SignedInRequest, visit: Visit, standing: dict[School, Coming]) -> School | None:
    """Return the school that the address names; None where it names none. Raise Http404 for one that cannot be a guest.

    It is one of the user’s own that can be visited, or one that is a guest already, of whatever area. What is typed is kept also
    of one that closed since its form was opened: the page says why it cannot be a guest.
    """
    number = row_id(request.GET.get("school"))
    if number is None:
        return None
    already = next((school for school in standing if school.pk == number), None)
    own = School.objects.for_user(request.user, on=today()) if request.method == "POST" else bookable_schools(request.user)
    return already or get_object_or_404(own.exclude(pk=visit.school_id), pk=number)


def _page(
    request: SignedInRequest, visit: Visit, sessions: list[Session], standing: dict[School, Coming], **context: Any
) -> HttpResponse:
    words = query_params.words(request.GET.get("q"))
    taken = [visit.school_id, *(school.pk for school in standing)]
    matches = search(bookable_schools(request.user).exclude(pk__in=taken), words, request.user, MOST_GUESTS_FOUND)
    form = context.get("form")
    return page(
        request,
        "office/bookings/guests.html",
        f"Guest schools of visit {visit.reference}, {visit.school}",
        visit=visit,
        back=back_of(request),
        guests=[
            (school, [(session, known_sum(coming[session.pk].values())) for session in sessions if session.pk in coming])
            for school, coming in standing.items()
        ],
        is_guest=context.get("chosen") in standing,
        is_to_come=bool(_to_come(sessions)),
        may_have_another=len(standing) < MOST_GUESTS,
        words=words,
        matches=matches,
        refusals=[form] if form and form.errors else [],
        not_theirs=reasons_not_theirs(visit, by=request.user, on=today()),
        **undo_bar(request),
        **context,
    )
