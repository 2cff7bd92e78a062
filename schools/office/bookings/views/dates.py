"""Offering half-days to a school: those that suit are ticked already, and one button offers them."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.row_ids import row_id
from schools.directory.models import Contact, School
from schools.office.bookings.dates import MovePage, OfferPage
from schools.office.bookings.requests import done
from schools.office.bookings.successors import redirect_to_successor
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import address_with_back, back_of, redirect_with_undo, undo_bar
from schools.office.frame.visibility import today
from schools.planning.actions import offer_dates, offer_dates_to_move, take_back_dates
from schools.planning.rules import reasons_not_to_offer_now, reasons_not_to_offer_to_move
from schools.visits.half_days import HalfDay
from schools.visits.models import Batch, OfferedDates, Visit, VisitRequest
from schools.visits.models.offered_dates import FEWEST_OFFERED, MOST_OFFERED
from schools.visits.queries.requests import numbers_of
from schools.visits.rules import reasons_not_theirs

NEEDS = "add_visit"


@allowed(NEEDS, posts={"offer": NEEDS, "take-back": NEEDS, "know-asker": "change_visit"})
def offer(request: SignedInRequest, school_id: int) -> HttpResponse:
    """Show the half-days of a term, rated for the school. `do` offers those that are ticked, or takes back what was offered.

    It also puts who asked among the people at the school.
    """
    school = get_object_or_404(School.objects.for_user(request.user, on=today()), pk=school_id)
    if request.method != "POST":
        return _opened(request, school)
    try:
        act = {"take-back": _taken_back, "know-asker": _known}.get(request.POST["do"], _offered)
        return act(request, school)
    except RuleBroken as broken:
        ticked = request.POST.getlist("half_day") if request.POST["do"] == "offer" else None
        shown = OfferPage(school, request.POST.dict(), today(), ticked)
        return _page(request, shown, broken.reasons, why_not=_why_closed(school))


def _opened(request: SignedInRequest, school: School) -> HttpResponse:
    if school.is_bookable:
        return _page(request, OfferPage(school, request.GET.dict(), today()))
    nothing, here = "Nothing can be offered to", "offer dates"
    return redirect_to_successor(request, school, "admin:offer-dates", nothing=nothing, here=here)


@allowed(NEEDS, posts={"offer": NEEDS, "take-back": NEEDS})
def offer_to_move(request: SignedInRequest, visit_id: int) -> HttpResponse:
    """Show the half-days to which the school may move its visit. `do` offers those that are ticked, or takes back what was."""
    visits = Visit.objects.for_user(request.user, on=today()).select_related("school")
    visit = get_object_or_404(visits, pk=visit_id)
    ticked, reasons = None, list[str]()
    if request.method == "POST":
        try:
            if request.POST["do"] == "take-back":
                _take_back(request, visit.school, visit=visit)
                return redirect(_address(request, visit.school, visit))
            reader = Contact.objects.at([visit.school]).filter(pk=row_id(request.POST.get("contact")) or 0).first()
            wish, by, now = request.POST.get("wish", ""), request.user, timezone.localtime()
            batch = offer_dates_to_move(visit, _ticked(request), contact=reader, wish=wish, by=by, now=now)
            return redirect_with_undo(request, batch, "admin:visit-dates", visit.pk)
        except RuleBroken as broken:
            ticked = request.POST.getlist("half_day") if request.POST["do"] == "offer" else None
            reasons = broken.reasons
    query = request.POST.dict() if request.method == "POST" else request.GET.dict()
    shown = MovePage(visit.school, query, today(), ticked, visit=visit)
    return _page(request, shown, reasons, visit=visit, why_not=_why_not(request, shown, visit))


def _why_not(request: SignedInRequest, shown: MovePage, visit: Visit) -> list[str]:
    """Return why nothing can be offered; where dates are, the page says so by itself."""
    if shown.is_awaited:
        return []
    return reasons_not_to_offer_to_move(visit, shown.sessions, by=request.user, now=timezone.localtime())


def _ticked(request: SignedInRequest) -> list[HalfDay]:
    """Return the half-days that were ticked, each once."""
    half_days = [HalfDay.of(key) for key in request.POST.getlist("half_day")]
    return [half_day for half_day in dict.fromkeys(half_days) if half_day is not None]


def _offered(request: SignedInRequest, school: School) -> HttpResponse:
    """Offer what was ticked. Raises RuleBroken with the reasons why that was not possible."""
    shown = OfferPage(school, request.POST.dict(), today())
    if closed := _why_closed(school):
        raise RuleBroken([*closed, *_in_words(request, shown)])
    if shown.planned is None:
        raise RuleBroken(["No template sends anybody to this school. Make one for its year groups first."])
    if str(shown.planned.template) != request.POST.get("template", str(shown.planned.template)):
        raise RuleBroken(["The template that you looked at cannot be offered any more. Look at the half-days of this one."])
    reader = Contact.objects.filter(pk=_reader(request, shown) or 0).first()
    if reader is None and shown.known.readers:
        raise RuleBroken(["Choose who gets the mail."])
    half_days, now = _ticked(request), timezone.localtime()
    batch = offer_dates(school, half_days, planned=shown.planned, contact=reader, by=request.user, now=now)
    return redirect_with_undo(request, batch, "admin:offer-dates", school.pk)


def _why_closed(school: School) -> list[str]:
    """Return why nothing can be offered to a school that closed since the page was opened; none of one that can be visited."""
    return [] if school.is_bookable else reasons_not_to_offer_now(school, None, on=today())


def _in_words(request: SignedInRequest, shown: OfferPage) -> list[str]:
    """Return what was ticked, and for whom, in a sentence: of a school that is closed there are no half-days to tick any more."""
    half_days, reader = _ticked(request), _reader(request, shown)
    name = next((f", for {each.name}" for each in shown.known.readers if each.pk == reader), "")
    return [f"You had ticked {'; '.join(map(str, half_days))}{name}."] if half_days else []


def _address(request: SignedInRequest, school: School, visit: Visit | None) -> str:
    """Return the address of the page of the visit that is to be moved, None: of the school itself."""
    name, row = ("admin:offer-dates", school) if visit is None else ("admin:visit-dates", visit)
    return address_with_back(request, name, row.pk)


def _reader(request: SignedInRequest, shown: OfferPage) -> int | None:
    """Return who gets the mail, by id: whoever was chosen, or asked for the visit; None: nobody who can be mailed."""
    chosen = row_id(request.POST.get("contact")) if request.method == "POST" else shown.wishes.contact
    return next((reader.pk for reader in shown.known.readers if reader.pk == chosen), None)


def _known(request: SignedInRequest, school: School) -> HttpResponse:
    """Put who asked among the people at the school, so that they can get the dates. Raises RuleBroken where that may not be."""
    requests = VisitRequest.objects.filter(school__in=numbers_of(school))
    done_now = done(request, requests.filter(pk=row_id(request.POST.get("request")) or 0).first(), "know-asker")
    if isinstance(done_now, Batch):
        return redirect_with_undo(request, done_now, "admin:offer-dates", school.pk)
    if done_now:
        raise RuleBroken(done_now)
    return redirect(_address(request, school, None))


def _taken_back(request: SignedInRequest, school: School) -> HttpResponse:
    _take_back(request, school)
    return redirect(_address(request, school, None))


def _take_back(request: SignedInRequest, school: School, *, visit: Visit | None = None) -> None:
    """Take back what was offered; `visit` is the one by which somebody came to the school, None: they came to the school itself.

    Raises RuleBroken where the school has chosen, and where it is in none of the user's areas any more: who still sees a visit of
    their time there changes nothing that is to come.
    """
    if visit is not None and (reasons := reasons_not_theirs(visit, by=request.user, on=today())):
        raise RuleBroken(reasons)
    number = row_id(request.POST.get("offered")) or 0
    row = OfferedDates.objects.filter(school__in=numbers_of(school), pk=number).first()
    if row is None:
        raise RuleBroken(["These dates are not there any more."])
    take_back_dates(row, now=timezone.localtime())
    messages.success(request, "The dates are taken back. Who opens the link reads so; tell the school if you have not yet.")


def _page(
    request: SignedInRequest,
    shown: OfferPage,
    reasons: list[str] | None = None,
    *,
    visit: Visit | None = None,
    why_not: Sequence[str] = (),
) -> HttpResponse:
    """Return the page; `visit` is the one that is to be moved."""
    context: dict[str, Any] = {
        "school": shown.school,
        "shown": shown,
        "reader": _reader(request, shown),
        "reasons": reasons or [],
        "fewest": FEWEST_OFFERED,
        "most": MOST_OFFERED,
        "visit": visit,
        "why_not": why_not,
        "back": back_of(request),
        **undo_bar(request),
    }
    title = f"Dates for {shown.school}" if visit is None else f"Other dates for visit {visit.reference}, {shown.school}"
    return page(request, "office/bookings/dates.html", title, **context)
