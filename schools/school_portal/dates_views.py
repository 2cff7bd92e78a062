"""The page on which a school chooses one of the dates that were offered to it: a GET shows, only a POST acts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from schools.core.errors import RuleBroken
from schools.core.private_pages import without_sign_in
from schools.planning.actions import choose_date, refuse_dates
from schools.planning.actions.answers import Chooser
from schools.school_portal.dates import DatesPage, opened_dates
from schools.school_portal.forms import NONE_SUITS, ChooseForm
from schools.school_portal.queries import Dead
from schools.school_portal.views import dead, reasons_to_wait
from schools.visits.half_days import HalfDay


@without_sign_in
@require_http_methods(["GET", "HEAD", "POST"])
def dates(request: HttpRequest, token: str) -> HttpResponse:
    """Show the dates to the person for whom the link is; by POST, keep which one they choose."""
    now = timezone.now()
    page = opened_dates(token, on=timezone.localdate(now))
    if isinstance(page, Dead):
        return dead(request, page)
    if request.method != "POST":
        return _page(request, page, ChooseForm(None, half_days=page.half_days))
    if problems := reasons_to_wait(page.access):
        return _page(request, page, ChooseForm(None, half_days=page.half_days), problems, status=429)
    return _answered(request, token, page, now=now)


def _answered(request: HttpRequest, token: str, page: DatesPage, *, now: datetime) -> HttpResponse:
    """Keep the answer and lead back to the page; where somebody was first, show what is true by now."""
    form = ChooseForm(request.POST, half_days=page.half_days)
    if page.state == "open" and not form.is_valid():
        return _page(request, page, form)
    chooser = Chooser(form.cleaned_data["given_by"] if form.is_valid() else "", page.access)
    try:
        if request.POST.get("do") == NONE_SUITS:
            refuse_dates(page.offered, chooser, now=now)
        else:
            choose_date(page.offered, HalfDay.of(request.POST.get("half_day", "")), chooser, now=now)
    except RuleBroken as broken:
        fresh = opened_dates(token, on=timezone.localdate(now))
        if isinstance(fresh, Dead):
            return dead(request, fresh)
        return _page(request, fresh, ChooseForm(None, half_days=fresh.half_days), broken.reasons, status=409)
    return redirect("school-dates", token)


def _page(
    request: HttpRequest, page: DatesPage, form: ChooseForm, problems: Sequence[str] = (), *, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "page": page,
        "offered": page.offered,
        "form": form if page.state == "open" else None,
        "problems": [("", problem) for problem in problems] + form.problems,
    }
    response = render(request, "school_portal/dates.html", context, status=status)
    response.headers["Content-Language"] = get_language() or ""
    return response
