"""Book a visit: find the school, say which sessions, look at it once more, book."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from schools.accounts.models import User
from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.periods import AcademicYear
from schools.core.words import time_range
from schools.core.year_groups import year_group_name
from schools.directory.models import School, SchoolQuerySet
from schools.directory.queries import expected_pupils
from schools.office.bookings.forms.booking import MOST_SESSIONS, BookingForm, Guest, SessionFormSet
from schools.office.bookings.starts import MOST_GUESTS, Start, cancelled_at, guests_of, start_of, with_rolls
from schools.office.frame import query_params
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today, visible_rows
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
MOST_GUESTS_FOUND = 8


@allowed("add_visit")
def find_school(request: SignedInRequest) -> HttpResponse:
    """Search among the schools of my areas that can be visited; each leads to its booking form."""
    words = query_params.words(request.GET.get("q"))
    found: list[School] = list(_found(_own_schools(request.user), words)[: MOST_FOUND + 1]) if words else []
    return page(
        request,
        "office/bookings/book_find.html",
        "Book a visit",
        words=words,
        schools=found[:MOST_FOUND],
        more=len(found) > MOST_FOUND,
        most=MOST_FOUND,
    )


def _own_schools(user: User) -> SchoolQuerySet:
    return School.objects.bookable().for_user(user, on=today())


def _found(schools: SchoolQuerySet, words: str) -> SchoolQuerySet:
    return schools.select_related("authority").named(words)


@dataclass(frozen=True)
class Booking:
    """The two parts of the form for one school; `visit` None: sessions are added to a visit that is booked."""

    school: School
    visit: BookingForm | None
    sessions: Any
    guests: list[Guest]
    start: Start
    found: list[School]
    """Schools that the search for a guest found."""

    @classmethod
    def opened(cls, request: SignedInRequest, school: School, *, with_visit: bool = True) -> "Booking":
        """The form as it is first seen, or as it comes back."""
        data = _with_added_row(request.POST) if request.method == "POST" else None
        own, on = _own_schools(request.user), today()
        start = Start() if data else start_of(request.GET, school, visits=Visit.objects.for_user(request.user, on=on), on=on)
        guests = with_rolls(start.guests, on=on) if data is None else guests_of(data, school, bookable=own, on=on)
        known = expected_pupils(school, academic_year=AcademicYear.of(on).start)
        words = query_params.words(data.get("guest_words")) if data else ""
        return cls(
            school,
            _visit_form(request, school, data, start) if with_visit else None,
            SessionFormSet(
                data,
                prefix="sessions",
                initial=start.sessions[:MOST_SESSIONS],
                form_kwargs={"school": school, "known": known, "guests": guests},
            ),
            guests,
            start,
            list(_found(own.exclude(pk__in=[school.pk, *(guest.school.pk for guest in guests)]), words)[:MOST_GUESTS_FOUND])
            if words
            else [],
        )

    @property
    def all_forms(self) -> list[forms.Form]:
        """The visit's form, then each session's."""
        return [*([self.visit] if self.visit else []), *self.sessions.forms]

    @property
    def may_have_guest(self) -> bool:
        """Whether one more guest school can be added."""
        return len(self.guests) < MOST_GUESTS

    def hush(self) -> None:
        """Say nothing about mistakes yet: a row was added, or somebody came back to change something."""
        for form in self.all_forms:
            form.hushed = True  # type: ignore[attr-defined]  # for the template alone

    def is_valid(self) -> bool:
        """Whether both parts can be read; both are looked at, so that every error shows at once."""
        return all([self.visit is None or self.visit.is_valid(), self.sessions.is_valid()])

    def new_sessions(self) -> list[NewSession]:
        """The sessions that were typed."""
        return [form.new_session() for form in self.sessions if form.has_changed()]


def _visit_form(request: SignedInRequest, school: School, data: QueryDict | None, start: Start) -> BookingForm:
    return BookingForm(
        data,
        school=school,
        people=visible_rows(User.objects.filter(is_staff=True, is_active=True), request.user, on=today()),
        cancelled=cancelled_at(school),
        initial={"reference": "" if data else reference_to_book(school), **start.visit},
    )


def _with_added_row(posted: QueryDict) -> QueryDict:
    """What was posted, with one more row where “add another session” was pressed."""
    data = posted.copy()
    rows = query_params.row_id(data.get("sessions-TOTAL_FORMS"))
    if data.get("do") == "add" and rows is not None:
        data["sessions-TOTAL_FORMS"] = str(min(rows + 1, MOST_SESSIONS))
    return data


@allowed("add_visit")
def book(request: SignedInRequest, school_id: int) -> HttpResponse:
    """The booking form of a school: add a row or a guest school, look at it once more with warnings, change it, book."""
    school = get_object_or_404(School.objects.for_user(request.user, on=today()).select_related("authority"), pk=school_id)
    if request.method == "GET" and not school.is_bookable:
        return _led_on(request, school)
    booking = Booking.opened(request, school)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    if do not in {"check", "book"}:
        booking.hush()
        return _form(request, booking)
    if not booking.is_valid():
        return _form(request, booking, show_errors=True)
    assert booking.visit is not None  # noqa: S101  # a visit is booked with its own form
    try:
        return _looked_at_or_booked(request, booking, booking.visit, do=do)
    except BookedMeanwhile as meanwhile:
        booking.visit.go_on_as(reference_to_book(school), makes_good=not meanwhile.again)
        return _form(request, booking, reasons=meanwhile.reasons, show_errors=True, booked=meanwhile.visit)
    except RuleBroken as broken:
        return _form(request, booking, reasons=broken.reasons, show_errors=True)


def _led_on(request: SignedInRequest, school: School) -> HttpResponse:
    """Nobody fills in a form that is refused in the end: on to what the school has become, or to its page, which says why not."""
    chain = [one.pk for one in chain_of(school)]
    now = _own_schools(request.user).filter(pk__in=chain).order_by("opened", "pk").last()
    if now is None:
        messages.warning(request, f"Nothing can be booked at {school}. Its page says what is known.")
        return redirect("admin:school-detail", school.pk)
    state = school.get_status_display().lower()
    messages.info(request, f"{school}, number {school.register_id}, is {state}. This is what it has become: book here.")
    return redirect(reverse("admin:book-at", args=[now.pk], query=request.GET or None))


@allowed("add_session")
def add(request: SignedInRequest, visit_id: int) -> HttpResponse:
    """More sessions for a visit that is booked, by the same form."""
    visits = Visit.objects.for_user(request.user, on=today()).select_related("school__authority")
    visit = get_object_or_404(visits, pk=visit_id)
    booking = Booking.opened(request, visit.school, with_visit=False)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    if do not in {"check", "book"}:
        booking.hush()
        return _form(request, booking, visit=visit)
    if not booking.is_valid():
        return _form(request, booking, visit=visit, show_errors=True)
    sessions = booking.new_sessions()
    if do == "check":
        if reasons := reasons_not_to_add(visit, sessions, by=request.user, on=today()):
            return _form(request, booking, visit=visit, reasons=reasons, show_errors=True)
        return _last_look(request, booking, sessions, visit=visit)
    try:
        added = add_sessions(visit, sessions, by=request.user, now=timezone.localtime())
    except RuleBroken as broken:
        return _form(request, booking, visit=visit, reasons=broken.reasons, show_errors=True)
    messages.success(request, "The session is added." if len(added) == 1 else f"{len(added)} sessions are added.")
    return redirect("admin:visit-detail", visit.pk)


def _looked_at_or_booked(request: SignedInRequest, booking: Booking, form: BookingForm, *, do: str) -> HttpResponse:
    school, sessions = booking.school, booking.new_sessions()
    details, reference, replaces = form.details, form.cleaned_data["reference"], form.cleaned_data["replaces"]
    if Visit.objects.filter(reference=reference).exclude(school=school).exists():
        raise RuleBroken(["This form was used for another school. Open it again."])
    again = booked_already(school, sessions, details=details, reference=reference, replaces=replaces)
    # In another window, or by somebody else: whoever presses the button has not seen that visit.
    if not again and (do == "check" or not _bookings(school) <= set(request.POST.getlist("seen"))):
        if reasons := reasons_not_to_book(school, sessions):
            raise RuleBroken(reasons)
        return _last_look(request, booking, sessions)
    by, now = request.user, timezone.localtime()
    visit = again or book_visit(school, sessions, by=by, now=now, details=details, reference=reference, replaces=replaces)
    if again:
        messages.info(request, f"Visit {visit.reference} was booked already, so nothing was booked twice. Here it is.")
    else:
        messages.success(request, f"Visit {visit.reference} to {visit.school} is booked. Next: find people for its sessions.")
    return redirect("admin:visit-detail", visit.pk)


def _bookings(school: School) -> set[str]:
    """The visits that are booked at the school, by their references; the last look names them."""
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
    )


def _expected(school: School, groups: dict[int, int | None]) -> dict[str, Any]:
    return {
        "school": school,
        "groups": [(year_group_name(group, school.nation), pupils) for group, pupils in sorted(groups.items())],
    }


def _last_look(
    request: SignedInRequest, booking: Booking, sessions: list[NewSession], *, visit: Visit | None = None
) -> HttpResponse:
    school = booking.school
    rows = [
        {
            "new": session,
            "times": time_range(session.starts, session.end) if session.end else "",
            "name": session.type.name_in(school.nation),
            "expected": [_expected(one, groups) for one, groups in ((school, session.expected or {}), *session.guests) if groups],
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
        seen=_bookings(school),
    )
