"""Offering half-days to a school: those that suit are ticked already, and one button offers them."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.directory.models import Contact, School
from schools.office.bookings.booking import bookable_schools
from schools.office.bookings.dates import OfferPage
from schools.office.bookings.views.batches import redirect_with_undo, undo_bar
from schools.office.frame import query_params
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.planning.actions import offer_dates, take_back_dates
from schools.visits.half_days import HalfDay
from schools.visits.models import OfferedDates
from schools.visits.models.offered_dates import FEWEST_OFFERED, MOST_OFFERED

NEEDS = "add_visit"


@allowed(NEEDS, posts={"offer": NEEDS, "take-back": NEEDS})
def offer(request: SignedInRequest, school_id: int) -> HttpResponse:
    """Show the half-days of a term, rated for the school. `do` offers those that are ticked, or takes back what was offered."""
    school = get_object_or_404(bookable_schools(request.user), pk=school_id)
    if request.method != "POST":
        return _page(request, OfferPage(school, request.GET.dict(), today()))
    try:
        if request.POST["do"] == "take-back":
            return _taken_back(request, school)
        return _offered(request, school)
    except RuleBroken as broken:
        ticked = request.POST.getlist("half_day") if request.POST["do"] == "offer" else None
        return _page(request, OfferPage(school, request.POST.dict(), today(), ticked), broken.reasons)


def _offered(request: SignedInRequest, school: School) -> HttpResponse:
    """Offer what was ticked. Raises RuleBroken with the reasons why that was not possible."""
    half_days = [HalfDay.of(key) for key in request.POST.getlist("half_day")]
    known = [half_day for half_day in dict.fromkeys(half_days) if half_day is not None]
    shown = OfferPage(school, request.POST.dict(), today())
    if shown.planned is None:
        raise RuleBroken(["No template sends anybody to this school. Make one for its year groups first."])
    reader = Contact.objects.filter(pk=_reader(request, shown) or 0).first()
    batch = offer_dates(school, known, planned=shown.planned, contact=reader, by=request.user, now=timezone.localtime())
    return redirect_with_undo(request, batch, "admin:offer-dates", school.pk)


def _reader(request: SignedInRequest, shown: OfferPage) -> int | None:
    """Return who gets the mail, by id: whoever was chosen, or asked for the visit; None: nobody who can be mailed."""
    chosen = query_params.row_id(request.POST.get("contact")) if request.method == "POST" else shown.wishes.contact
    return next((reader.pk for reader in shown.known.readers if reader.pk == chosen), None)


def _taken_back(request: SignedInRequest, school: School) -> HttpResponse:
    """Take back what was offered. Raises RuleBroken where the school has chosen."""
    row = OfferedDates.objects.filter(school=school, pk=query_params.row_id(request.POST.get("offered")) or 0).first()
    if row is None:
        raise RuleBroken(["These dates are not there any more."])
    take_back_dates(row, now=timezone.localtime())
    messages.success(request, "The dates are taken back. Who opens the link reads so; tell the school if you have not yet.")
    return redirect("admin:offer-dates", school.pk)


def _page(request: SignedInRequest, shown: OfferPage, reasons: list[str] | None = None) -> HttpResponse:
    context: dict[str, Any] = {
        "school": shown.school,
        "shown": shown,
        "reader": _reader(request, shown),
        "reasons": reasons or [],
        "fewest": FEWEST_OFFERED,
        "most": MOST_OFFERED,
        **undo_bar(request),
    }
    return page(request, "office/bookings/dates.html", f"Dates for {shown.school}", **context)
