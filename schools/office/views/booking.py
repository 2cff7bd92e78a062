"""Book a visit: find the school, say which sessions, look at it once more, book."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.periods import AcademicYear
from schools.core.words import time_range
from schools.core.year_groups import year_group_name
from schools.directory.models import School
from schools.directory.queries import expected_pupils
from schools.office.forms.booking import MOST_SESSIONS, BookingForm, SessionFormSet
from schools.office.rows import today, visible_rows
from schools.office.views.page import SignedInRequest, allowed, page
from schools.visits.actions import NewSession
from schools.visits.actions import book as book_visit
from schools.visits.models import Visit
from schools.visits.queries import new_reference
from schools.visits.rules import reasons_not_to_book, reasons_to_wonder

MOST_FOUND = 30


@allowed("add_visit")
def find_school(request: SignedInRequest) -> HttpResponse:
    """Search among the schools of my areas that can be visited; each leads to its booking form."""
    words = request.GET.get("q", "").strip()
    found: list[School] = list(_found(request.user, words)[: MOST_FOUND + 1]) if words else []
    return page(
        request,
        "office/book_find.html",
        "Book a visit",
        words=words,
        schools=found[:MOST_FOUND],
        more=len(found) > MOST_FOUND,
        most=MOST_FOUND,
    )


def _found(user: User, words: str) -> QuerySet[School]:
    schools = School.objects.bookable().for_user(user, on=today()).select_related("authority")
    for word in words.split():
        schools = schools.filter(Q(name__icontains=word) | Q(postcode__istartswith=word) | Q(register_id=word))
    return schools


@dataclass(frozen=True)
class Booking:
    """The two parts of the form for one school."""

    school: School
    visit: BookingForm
    sessions: Any

    @classmethod
    def opened(cls, request: SignedInRequest, school: School) -> "Booking":
        """The form as it is first seen, or as it comes back."""
        data = _with_added_row(request.POST) if request.method == "POST" else None
        known = expected_pupils(school, academic_year=AcademicYear.of(today()).start)
        return cls(
            school,
            BookingForm(
                data,
                school=school,
                people=visible_rows(User.objects.filter(is_staff=True, is_active=True), request.user, on=today()),
                initial={"reference": "" if data else new_reference()},
            ),
            SessionFormSet(data, prefix="sessions", form_kwargs={"school": school, "known": known}),
        )

    @property
    def all_forms(self) -> list[forms.Form]:
        """The visit's form, then each session's."""
        return [self.visit, *self.sessions.forms]

    def hush(self) -> None:
        """Say nothing about mistakes yet: a row was added, or somebody came back to change something."""
        for form in self.all_forms:
            form.hushed = True  # type: ignore[attr-defined]  # for the template alone

    def is_valid(self) -> bool:
        """Whether both parts can be read; both are looked at, so that every error shows at once."""
        return all([self.visit.is_valid(), self.sessions.is_valid()])

    def new_sessions(self) -> list[NewSession]:
        """The sessions that were typed."""
        return [form.new_session() for form in self.sessions if form.has_changed()]


def _with_added_row(posted: QueryDict) -> QueryDict:
    """What was posted, with one more row where “add another session” was pressed."""
    data = posted.copy()
    rows = data.get("sessions-TOTAL_FORMS", "")
    if data.get("do") == "add" and rows.isdigit():
        data["sessions-TOTAL_FORMS"] = str(min(int(rows) + 1, MOST_SESSIONS))
    return data


@allowed("add_visit")
def book(request: SignedInRequest, school_id: int) -> HttpResponse:
    """The booking form of a school: add a row, look at it once more with warnings, change it, book."""
    school = get_object_or_404(School.objects.for_user(request.user, on=today()).select_related("authority"), pk=school_id)
    booking = Booking.opened(request, school)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    if do not in {"check", "book"}:
        booking.hush()
        return _form(request, booking)
    if not booking.is_valid():
        return _form(request, booking, show_errors=True)
    sessions = booking.new_sessions()
    if do == "book":
        return _booked(request, booking, sessions)
    if reasons := reasons_not_to_book(school, sessions):
        return _form(request, booking, reasons=reasons, show_errors=True)
    return _last_look(request, booking, sessions)


def _booked(request: SignedInRequest, booking: Booking, sessions: list[NewSession]) -> HttpResponse:
    facts = dict(booking.visit.cleaned_data)
    again = Visit.objects.filter(reference=facts["reference"]).first()
    if again and again.school_id != booking.school.pk:
        return _form(request, booking, reasons=["This form was used for another school. Open it again."])
    try:
        visit = book_visit(booking.school, sessions, by=request.user, now=timezone.localtime(), **facts)
    except RuleBroken as broken:
        return _form(request, booking, reasons=broken.reasons, show_errors=True)
    if again:
        messages.info(request, f"Visit {visit.reference} was booked already, so nothing was booked twice. Here it is.")
    else:
        messages.success(request, f"Visit {visit.reference} to {visit.school} is booked. Next: find people for its sessions.")
    return redirect("admin:visit-detail", visit.pk)


def _form(
    request: SignedInRequest, booking: Booking, *, reasons: list[str] | None = None, show_errors: bool = False
) -> HttpResponse:
    return page(
        request,
        "office/book_form.html",
        f"Book a visit to {booking.school}",
        booking=booking,
        reasons=reasons or [],
        show_errors=show_errors,
        may_add=booking.sessions.total_form_count() < MOST_SESSIONS,
    )


def _last_look(request: SignedInRequest, booking: Booking, sessions: list[NewSession]) -> HttpResponse:
    nation = booking.school.nation
    rows = [
        {
            "new": session,
            "times": time_range(session.starts, session.end) if session.end else "",
            "name": session.type.name_in(nation),
            "expected": [(year_group_name(group, nation), pupils) for group, pupils in sorted((session.expected or {}).items())],
            "total": sum(pupils or 0 for pupils in (session.expected or {}).values()),
        }
        for session in sorted(sessions, key=lambda session: (session.day, session.starts))
    ]
    return page(
        request,
        "office/book_confirm.html",
        f"Book this visit to {booking.school}?",
        booking=booking,
        rows=rows,
        warnings=reasons_to_wonder(booking.school, sessions, on=today()),
    )
