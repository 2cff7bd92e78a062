"""Booking a visit on one page: find the school, choose a template and a day, look at what stands beside, book."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.directory.models import School
from schools.directory.sites import with_sites
from schools.office.bookings.beside import Beside, reasons_of
from schools.office.bookings.booking import Booking, bookable_schools, search
from schools.office.bookings.forms.booking import MOST_SESSIONS, BookingForm
from schools.office.bookings.successors import redirect_to_successor
from schools.office.frame import query_params
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import address_with_back, back_of, redirect_with_undo
from schools.office.frame.visibility import today
from schools.planning.queries.new_days import fitting_days
from schools.visits.actions.batches import last_of
from schools.visits.actions.booked import AddedAlready, BookedAlready, add_to_undo, book_to_undo
from schools.visits.actions.booking import BookedMeanwhile, booked_already, lock_to_book
from schools.visits.actions.undoable import held
from schools.visits.models import Batch, BatchKind, Visit
from schools.visits.queries.requests import asked_for_by, numbers_of
from schools.visits.rules import Warned

MOST_FOUND = 30
"""The most schools that a search lists."""
MOST_DAYS_OFFERED = 6
"""How many days the page offers to begin on."""


@allowed("add_visit")
def find_school(request: SignedInRequest) -> HttpResponse:
    """Search the bookable schools of the user's areas; each leads to its booking form, and the only match is led to at once."""
    words = query_params.words(request.GET.get("q"))
    matches = search(bookable_schools(request.user), words, request.user, MOST_FOUND + 1)
    if len(matches) == 1:
        messages.info(request, f"{matches[0]} is the only school that matches “{words}”.")
        return redirect("admin:book-at", matches[0].pk)
    return page(
        request,
        "office/bookings/book_find.html",
        "Book a visit",
        words=words,
        schools=matches[:MOST_FOUND],
        more=len(matches) > MOST_FOUND,
        most=MOST_FOUND,
    )


@allowed("add_visit")
def book(request: SignedInRequest, school_id: int) -> HttpResponse:
    """Show the booking form of a school; `do` fills rows in, adds a row or a guest school, checks what was typed, or books."""
    schools = with_sites(School.objects.for_user(request.user, on=today())).select_related("authority")
    school = get_object_or_404(schools, pk=school_id)
    if request.method == "GET" and not school.is_bookable:
        return redirect_to_successor(request, school, "admin:book-at", nothing="Nothing can be booked at", here="book")
    booking = Booking.opened(request, school)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    assert booking.visit is not None  # noqa: S101  # a visit is booked with its own form
    try:
        if do == "check" and booking.is_valid():
            _booked_already(booking, booking.visit)
        return _not_yet(request, booking, do) or _book(request, booking, booking.visit)
    except BookedMeanwhile as meanwhile:
        stored = booking.visit.restart(asked_for_by(school), keep_replaces=not meanwhile.again)
        return _form(request, booking, reasons=[*meanwhile.reasons, *stored], show_errors=True, booked=meanwhile.visit)
    except RuleBroken as broken:
        return _form(request, booking, reasons=broken.reasons, show_errors=True)


def _not_yet(request: SignedInRequest, booking: Booking, do: str, *, visit: Visit | None = None) -> HttpResponse | None:
    """Return the form where nothing is booked by what was pressed, or not as it was typed; None: book it."""
    if do not in {"check", "book"}:
        booking.hide_errors()
        return _form(request, booking, visit=visit)
    is_valid = booking.is_valid()
    reasons = list(booking.refusals)
    if is_valid:
        sessions = booking.new_sessions()
        reasons += booking.guests_of_nothing(sessions)
        if do == "check":
            reasons += reasons_of(booking.school, sessions, by=request.user, added_to=visit)
    if is_valid and not reasons and do == "book":
        return None
    return _form(request, booking, visit=visit, reasons=reasons, show_errors=bool(reasons) or not is_valid)


@allowed("add_session")
def add(request: SignedInRequest, visit_id: int) -> HttpResponse:
    """Add sessions to a visit that is booked already, with the same form."""
    visits = Visit.objects.for_user(request.user, on=today()).select_related("school__authority")
    visit = get_object_or_404(visits, pk=visit_id)
    booking = Booking.opened(request, visit.school, with_visit=False)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    if answer := _not_yet(request, booking, do, visit=visit):
        return answer
    sessions = booking.new_sessions()
    beside = Beside.of(booking.school, sessions, by=request.user, added_to=visit)
    if not beside.reasons and (unseen := beside.unseen(set(request.POST.getlist("seen")))):
        return _form(request, booking, visit=visit, beside=beside, unseen=unseen)
    now = timezone.localtime()
    try:
        batch = held(lambda: add_to_undo(visit, sessions, by=request.user, now=now), now=now)
    except AddedAlready as already:
        messages.info(request, already.reasons[0])
        return redirect_with_undo(request, already.batch, "admin:visit-detail", visit.pk)
    except RuleBroken as broken:
        return _form(request, booking, visit=visit, beside=beside, reasons=broken.reasons, show_errors=True)
    messages.success(request, "The session is added." if len(sessions) == 1 else f"{len(sessions)} sessions are added.")
    return redirect_with_undo(request, batch, "admin:visit-detail", visit.pk)


def _book(request: SignedInRequest, booking: Booking, form: BookingForm) -> HttpResponse:
    """Book and go to the visit; first show what deserves a second look, such as a visit booked at the school meanwhile."""
    school, sessions = booking.school, booking.new_sessions()
    if Visit.objects.filter(reference=form.cleaned_data["reference"]).exclude(school__in=numbers_of(school)).exists():
        raise RuleBroken(["This form was used for another school. Open it again."])
    again = _booked_already(booking, form)
    if not again:
        beside = Beside.of(school, sessions, by=request.user)
        if beside.reasons:
            return _form(request, booking, beside=beside, reasons=beside.reasons, show_errors=True)
        if unseen := beside.unseen(set(request.POST.getlist("seen"))):
            return _form(request, booking, beside=beside, unseen=unseen)
        try:
            return _booked(request, booking, form)
        except BookedAlready as already:
            again = already.visit
    messages.info(request, f"Visit {again.reference} was booked already, so nothing was booked twice. Here it is.")
    # Who pressed twice sees the bar of the first time.
    if batch := last_of(BatchKind.BOOK, again, by=request.user):
        return redirect_with_undo(request, batch, "admin:visit-detail", again.pk)
    return redirect(address_with_back(request, "admin:visit-detail", again.pk))


def _booked(request: SignedInRequest, booking: Booking, form: BookingForm) -> HttpResponse:
    """Book, and go to the visit, where a bar undoes it.

    Raises BookedAlready where the same form was faster, and RuleBroken where somebody changed what the school has asked for.
    """
    school, sessions, typed, now = booking.school, booking.new_sessions(), form.cleaned_data, timezone.localtime()

    def book_it() -> Batch:
        details, reference, replaces = form.details, typed["reference"], typed["replaces"]
        form.compare_with(lock_to_book(school, reference=reference, replaces=replaces)[0])
        return book_to_undo(
            school, sessions, by=request.user, now=now, details=details, reference=reference, replaces=replaces
        )  # fmt: skip

    batch = held(book_it, now=now)
    visit = Visit.objects.only("reference").get(reference=typed["reference"])
    is_over = all(session.day < today() for session in sessions)
    then = "Next: put on who was there, and record how it went." if is_over else "Next: find people for its sessions."
    messages.success(request, f"Visit {visit.reference} to {school} is booked. {then}")
    return redirect_with_undo(request, batch, "admin:visit-detail", visit.pk)


def _booked_already(booking: Booking, form: BookingForm) -> Visit | None:
    """Return the visit where exactly this was booked already. Raises BookedMeanwhile where somebody booked something else."""
    return booked_already(
        booking.school,
        booking.new_sessions(),
        details=form.details,
        reference=form.cleaned_data["reference"],
        replaces=form.cleaned_data["replaces"],
    )


def _form(
    request: SignedInRequest,
    booking: Booking,
    *,
    visit: Visit | None = None,
    reasons: Sequence[str] = (),
    show_errors: bool = False,
    booked: Visit | None = None,
    beside: Beside | None = None,
    unseen: Sequence[Warned] = (),
) -> HttpResponse:
    """Show the form: with why it was not booked, the visit that somebody `booked` meanwhile, or what is still `unseen`."""
    beside = beside or Beside.of(booking.school, booking.new_sessions(), by=request.user, added_to=visit)
    return page(
        request,
        "office/bookings/book_form.html",
        f"Add sessions to visit {visit.reference}, {visit.school}" if visit else f"Book a visit to {booking.school}",
        booking=booking,
        visit=visit,
        reasons=reasons,
        notices=[] if show_errors else booking.refusals,
        booked=booked,
        booked_sessions=booked.sessions.select_related("type", "visit__school").order_by("day", "starts") if booked else [],
        show_errors=show_errors,
        beside=beside,
        unseen=unseen,
        seen=beside.marks if unseen else [],
        days=fitting_days(booking.school, on=today(), most=MOST_DAYS_OFFERED, requested=booking.requested),
        may_add=booking.sessions.total_form_count() < MOST_SESSIONS,
        back=back_of(request),
    )
