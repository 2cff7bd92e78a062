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
from schools.school_portal.dates_forms import NONE_SUITS, ChooseForm, NoneForm
from schools.school_portal.day_boxes import half_days_in
from schools.school_portal.days import moment_words
from schools.school_portal.queries import Dead
from schools.school_portal.views.visits import dead, reasons_to_wait
from schools.visits.half_days import HalfDay
from schools.visits.queries.school_changes import wish_since
from schools.visits.rules.offered_dates import days_as_shown, reasons_not_to_name_days
from schools.visits.rules.school_changes import wish_as_shown


@without_sign_in
@require_http_methods(["GET", "HEAD", "POST"])
def dates(request: HttpRequest, token: str) -> HttpResponse:
    """Show the dates to the person for whom the link is; by POST, keep which one they choose."""
    now = timezone.now()
    page = opened_dates(token, on=timezone.localdate(now))
    if isinstance(page, Dead):
        return dead(request, page)
    if request.method != "POST":
        return _page(request, page)
    if problems := reasons_to_wait(page.access):
        return _page(request, page, _form(request, page), problems, status=429)
    return _answered(request, token, page, now=now)


def _answered(request: HttpRequest, token: str, page: DatesPage, *, now: datetime) -> HttpResponse:
    """Keep the answer and lead back to the page; where somebody was first, show what is true by now."""
    form = _form(request, page)
    is_none = isinstance(form, NoneForm)
    is_asked = page.may_name_days if is_none else page.state == "open"
    if is_asked and not form.is_valid():
        return _page(request, page, form)
    chooser, seen = Chooser(form.cleaned_data["given_by"] if form.is_valid() else "", page.access), request.POST.get("seen", "")
    if is_none and form.typed and not form.is_valid():  # of days that cannot be read, the action would know nothing
        reasons = reasons_not_to_name_days(page.offered, seen=seen, on=timezone.localdate(now))
        if reasons:
            return _page(request, page, form, reasons, status=409)
    try:
        if is_none:
            half_days = half_days_in(form) if form.is_valid() else ()
            refuse_dates(page.offered, chooser, half_days=half_days, seen=seen, now=now)
        else:
            choose_date(page.offered, HalfDay.of(request.POST.get("half_day", "")), chooser, seen=seen, now=now)
    except RuleBroken as broken:
        fresh = opened_dates(token, on=timezone.localdate(now))
        if isinstance(fresh, Dead):
            return dead(request, fresh)
        return _page(request, fresh, form if is_none or fresh.state == "open" else None, broken.reasons, status=409)
    return redirect("school-dates", token)


def _form(request: HttpRequest, page: DatesPage) -> ChooseForm | NoneForm:
    """Return what was sent: that none of the dates suits, or which of them does."""
    if request.POST.get("do") == NONE_SUITS:
        return NoneForm(request.POST)
    return ChooseForm(request.POST, half_days=page.half_days)


def _page(
    request: HttpRequest,
    page: DatesPage,
    form: ChooseForm | NoneForm | None = None,
    problems: Sequence[str] = (),
    *,
    status: int = 200,
) -> HttpResponse:
    """Show the page; `form`: the one that was sent, with what is typed there. None: its boxes begin with what is known.

    Where the page has that form no more, what was typed stands there by itself. So does what a colleague asked for since. Whoever
    names half-days in place of others sends back which of those the page showed.
    """
    choose = form if isinstance(form, ChooseForm) else ChooseForm(None, half_days=page.half_days)
    none = form if isinstance(form, NoneForm) else NoneForm(None, known=page.wished)
    newer = wish_since(page.offered) if form is not None and page.state == "open" else None
    is_gone = form is not None and not (page.may_name_days if isinstance(form, NoneForm) else page.state == "open")
    context: dict[str, Any] = {
        "page": page,
        "offered": page.offered,
        "form": choose if page.state == "open" else None,
        "none_form": none if page.may_name_days else None,
        "newer": newer,
        "newer_at": moment_words(newer.at) if newer else "",
        "seen": wish_as_shown(newer) or days_as_shown(page.offered),
        "problems": [("", problem) for problem in problems] + (form.problems if form and not is_gone else []),
        "not_stored": form.typed if form and is_gone else (),
    }
    response = render(request, "school_portal/dates.html", context, status=status)
    response.headers["Content-Language"] = get_language() or ""
    return response
