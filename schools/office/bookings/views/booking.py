"""Booking a visit: find the school, type the sessions, check them on a second page, book."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.words import time_range
from schools.core.year_groups import year_group_name
from schools.directory.models import School
from schools.office.bookings.booking import Booking, bookable_schools, search
from schools.office.bookings.forms.booking import MOST_SESSIONS, BookingForm
from schools.office.frame import query_params
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.schools.facts import chain_of
from schools.visits.actions import NewSession
from schools.visits.actions import book as book_visit
from schools.visits.actions.booking import BookedMeanwhile, booked_already
from schools.visits.actions.editing import add_sessions
from schools.visits.models import Visit
from schools.visits.queries import bookings_of
from schools.visits.queries.days import reference_to_book
from schools.visits.rules import reasons_not_to_add, reasons_not_to_book, warnings_about_booking

MOST_FOUND = 30
"""The most schools that a search lists."""


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
    """Show the booking form of a school; `do` adds a row or a guest school, shows the check page with its warnings, or books."""
    school = get_object_or_404(School.objects.for_user(request.user, on=today()).select_related("authority"), pk=school_id)
    if request.method == "GET" and not school.is_bookable:
        return _redirect_to_successor(request, school)
    booking = Booking.opened(request, school)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    if do not in {"check", "book"}:
        booking.hide_errors()
        return _form(request, booking)
    if not booking.is_valid():
        return _form(request, booking, show_errors=True)
    assert booking.visit is not None  # noqa: S101  # a visit is booked with its own form
    try:
        return _check_or_book(request, booking, booking.visit, do=do)
    except BookedMeanwhile as meanwhile:
        booking.visit.restart_as(reference_to_book(school), keep_replaces=not meanwhile.again)
        return _form(request, booking, reasons=meanwhile.reasons, show_errors=True, booked=meanwhile.visit)
    except RuleBroken as broken:
        return _form(request, booking, reasons=broken.reasons, show_errors=True)


def _redirect_to_successor(request: SignedInRequest, school: School) -> HttpResponse:
    """Redirect to the booking form of what the school has become, or to its page, which says why nothing can be booked.

    So nobody fills in a form that would be refused in the end.
    """
    chain = [entry.pk for entry in chain_of(school)]
    now = bookable_schools(request.user).filter(pk__in=chain).order_by("opened", "pk").last()
    if now is None:
        messages.warning(request, f"Nothing can be booked at {school}. Its page says what is known.")
        return redirect("admin:school-detail", school.pk)
    state = school.get_status_display().lower()
    messages.info(request, f"{school}, number {school.register_id}, is {state}. This is what it has become: book here.")
    return redirect(reverse("admin:book-at", args=[now.pk], query=request.GET or None))


@allowed("add_session")
def add(request: SignedInRequest, visit_id: int) -> HttpResponse:
    """Add sessions to a visit that is booked already, with the same form."""
    visits = Visit.objects.for_user(request.user, on=today()).select_related("school__authority")
    visit = get_object_or_404(visits, pk=visit_id)
    booking = Booking.opened(request, visit.school, with_visit=False)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    if do not in {"check", "book"}:
        booking.hide_errors()
        return _form(request, booking, visit=visit)
    if not booking.is_valid():
        return _form(request, booking, visit=visit, show_errors=True)
    sessions = booking.new_sessions()
    if do == "check":
        if reasons := reasons_not_to_add(visit, sessions, by=request.user, on=today()):
            return _form(request, booking, visit=visit, reasons=reasons, show_errors=True)
        return _confirm_page(request, booking, sessions, visit=visit)
    try:
        added = add_sessions(visit, sessions, by=request.user, now=timezone.localtime())
    except RuleBroken as broken:
        return _form(request, booking, visit=visit, reasons=broken.reasons, show_errors=True)
    messages.success(request, "The session is added." if len(added) == 1 else f"{len(added)} sessions are added.")
    return redirect("admin:visit-detail", visit.pk)


def _check_or_book(request: SignedInRequest, booking: Booking, form: BookingForm, *, do: str) -> HttpResponse:
    """Show the check page, or book and go to the visit; a visit booked meanwhile at the school leads to the check page again."""
    school, sessions = booking.school, booking.new_sessions()
    details, reference, replaces = form.details, form.cleaned_data["reference"], form.cleaned_data["replaces"]
    if Visit.objects.filter(reference=reference).exclude(school=school).exists():
        raise RuleBroken(["This form was used for another school. Open it again."])
    again = booked_already(school, sessions, details=details, reference=reference, replaces=replaces)
    # The check page names the visits at the school. One that was booked since, in another window or by somebody else, is unseen.
    if not again and (do == "check" or not _references_booked(school) <= set(request.POST.getlist("seen"))):
        if reasons := reasons_not_to_book(school, sessions):
            raise RuleBroken(reasons)
        return _confirm_page(request, booking, sessions)
    by, now = request.user, timezone.localtime()
    visit = again or book_visit(school, sessions, by=by, now=now, details=details, reference=reference, replaces=replaces)
    if again:
        messages.info(request, f"Visit {visit.reference} was booked already, so nothing was booked twice. Here it is.")
    else:
        messages.success(request, f"Visit {visit.reference} to {visit.school} is booked. Next: find people for its sessions.")
    back = _back(request)
    return redirect(reverse("admin:visit-detail", args=[visit.pk], query={"back": back} if back else None))


def _back(request: SignedInRequest) -> str:
    """Return the page of the office from which the booking was begun, where it said so; otherwise blank."""
    return query_params.office_address(request.POST.get("back") or request.GET.get("back"))


def _references_booked(school: School) -> set[str]:
    """Return the references of the visits that are booked at the school; the check page names these visits."""
    return {visit.reference for visit in bookings_of([school.pk], on=today())}


def _form(
    request: SignedInRequest,
    booking: Booking,
    *,
    visit: Visit | None = None,
    reasons: list[str] | None = None,
    show_errors: bool = False,
    booked: Visit | None = None,
) -> HttpResponse:
    return page(
        request,
        "office/bookings/book_form.html",
        f"Add sessions to visit {visit.reference}, {visit.school}" if visit else f"Book a visit to {booking.school}",
        booking=booking,
        visit=visit,
        reasons=reasons or [],
        booked=booked,
        booked_sessions=booked.sessions.select_related("type", "visit__school").order_by("day", "starts") if booked else [],
        show_errors=show_errors,
        guest_words=query_params.words(request.POST.get("guest_words")),
        may_add=booking.sessions.total_form_count() < MOST_SESSIONS,
        back=_back(request),
    )


def _expected(school: School, groups: dict[int, int | None]) -> dict[str, Any]:
    return {
        "school": school,
        "groups": [(year_group_name(group, school.nation), pupils) for group, pupils in sorted(groups.items())],
    }


def _confirm_page(
    request: SignedInRequest, booking: Booking, sessions: list[NewSession], *, visit: Visit | None = None
) -> HttpResponse:
    school = booking.school
    rows = [
        {
            "new": session,
            "times": time_range(session.starts, session.end) if session.end else "",
            "name": session.type.name_in(school.nation),
            "expected": [
                _expected(attending, groups)
                for attending, groups in ((school, session.expected or {}), *session.guests)
                if groups
            ],
            "total": session.number_expected,
        }
        for session in sorted(sessions, key=lambda session: (session.day, session.starts))
    ]
    return page(
        request,
        "office/bookings/book_confirm.html",
        f"Add these sessions to visit {visit.reference}?" if visit else f"Book this visit to {school}?",
        booking=booking,
        visit=visit,
        rows=rows,
        warnings=warnings_about_booking(school, sessions, on=today()),
        seen=_references_booked(school),
        back=_back(request),
    )
