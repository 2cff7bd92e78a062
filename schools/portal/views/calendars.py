"""A volunteer's month, and the secret address from which their phone's calendar reads it."""

from datetime import date

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from schools.accounts.languages import in_language_of
from schools.accounts.requests import SignedInRequest
from schools.charity.queries import current
from schools.portal import queries
from schools.portal.views.access import agreement_required, volunteer_required
from schools.visits.calendars import ALARM, calendar_of_mornings
from schools.volunteers.actions import new_calendar_address
from schools.volunteers.models import Volunteer
from schools.volunteers.queries import calendar_owner

MORNINGS_FILE = "my-mornings.ics"


@require_safe
@volunteer_required
@agreement_required
def calendar(request: SignedInRequest, volunteer: Volunteer) -> HttpResponse:
    """Show the volunteer's month; `month` in the query names another one, like 2026-11."""
    now = timezone.now()
    first_day = _first_day(request.GET.get("month", ""), on=timezone.localdate(now))
    month = queries.month_of(volunteer, first_day, now=now)
    return render(request, "portal/calendar.html", {"month": month, "at": "calendar"})


def _first_day(month: str, *, on: date) -> date:
    """Return the first day of the month, written like 2026-11; of this month for other text, and for years far away."""
    try:
        first_day = date.fromisoformat(f"{month}-01")
    except ValueError:
        return on.replace(day=1)
    return first_day if abs(first_day.year - on.year) <= 5 else on.replace(day=1)


@require_POST
@never_cache
@volunteer_required
def calendar_address(request: SignedInRequest, volunteer: Volunteer) -> HttpResponse:
    """Make a new address for the phone's calendar and show it this one time; the old address stops working."""
    secret = new_calendar_address(volunteer, now=timezone.now())
    address = request.build_absolute_uri(reverse("calendar-feed", args=[secret]))
    context = {"address": address, "subscribe": f"webcal:{address.partition(':')[2]}", "at": "calendar"}
    return render(request, "portal/calendar_address.html", context)


@login_not_required
@never_cache
@require_safe
def calendar_feed(request: HttpRequest, secret: str) -> HttpResponse:
    """Send the calendar of the volunteer who made this address; calendar programs cannot sign in, so the secret lets them in."""
    volunteer = calendar_owner(secret)
    if volunteer is None:
        raise Http404
    # Calendar programs say no language, or one of their own.
    with in_language_of(volunteer.user):
        return _calendar_file(request, volunteer)


@require_safe
@never_cache
@volunteer_required
def calendar_file(request: SignedInRequest, volunteer: Volunteer) -> HttpResponse:
    """Send the same calendar as a file to whoever is signed in, for phones that take a file and no address."""
    answer = _calendar_file(request, volunteer)
    answer.headers["Content-Disposition"] = f'attachment; filename="{MORNINGS_FILE}"'
    return answer


def _calendar_file(request: HttpRequest, volunteer: Volunteer) -> HttpResponse:
    now = timezone.now()

    def link(visit_id: int, day: date) -> str:
        return request.build_absolute_uri(reverse("morning", kwargs={"visit_id": visit_id, "day": day}))

    mornings = queries.my_calendar(volunteer, on=timezone.localdate(now), now=now, link=link)
    name = _("My mornings with %(charity)s") % {"charity": current().brand}
    content = calendar_of_mornings(mornings, name=name, alarm=ALARM)
    return HttpResponse(content, content_type="text/calendar; charset=utf-8")
