"""The page by which a host cancels its visit: a GET shows what would happen, and only a POST does it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from schools.core.errors import RuleBroken
from schools.core.private_pages import without_sign_in
from schools.school_portal.change_forms import CancelForm, ChangeForm
from schools.school_portal.changes import ChangePage
from schools.school_portal.queries import Dead, opened
from schools.school_portal.views import dead, reasons_to_wait
from schools.visits.actions.school_answers import Giver
from schools.visits.actions.school_changes import cancel_by_school


@without_sign_in
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the host can change of its visit, and what would follow; by POST, do what its button says."""
    now = timezone.now()
    link = opened(token, on=timezone.localdate(now))
    if isinstance(link, Dead):
        return dead(request, link)
    page = ChangePage(link, now=now)
    if request.method != "POST":
        return _page(request, page, token)
    if problems := reasons_to_wait(link.access):
        return _page(request, page, token, problems=problems, status=429)
    return _sent(request, token, page, now=now)


def _sent(request: HttpRequest, token: str, page: ChangePage, *, now: datetime) -> HttpResponse:
    """Do what the button says and lead back to the page; where that is not possible, show what is true by now."""
    form = _forms(page, request.POST.get("do", ""), request.POST).get(request.POST.get("do", ""))
    if form is None:
        nothing = [_("There is nothing to send here any more. This is how it is now.")]
        return _page(request, page, token, problems=page.reasons or nothing, status=409)
    if not form.is_valid():
        reasons = page.reasons
        return _page(request, page, token, form=form, problems=reasons, status=409 if reasons else 200)
    link = page.link
    giver = Giver(form.cleaned_data["given_by"], link.school.pk, link.access)
    try:
        _do(form, page, giver, seen=request.POST.get("seen", ""), now=now)
    except RuleBroken as broken:
        fresh = opened(token, on=timezone.localdate(now))
        if isinstance(fresh, Dead):
            return dead(request, fresh)
        return _page(request, ChangePage(fresh, now=now), token, form=form, problems=broken.reasons, status=409)
    return redirect("school-change", token)


def _do(form: ChangeForm, page: ChangePage, giver: Giver, *, seen: str, now: datetime) -> None:
    cancel_by_school(page.link.visit.pk, form.kind, form.note, giver, seen=seen, call=page.call, now=now)


def _forms(page: ChangePage, do: str = "", data: Any = None) -> dict[str, ChangeForm]:
    """Return the forms of the page; the one of the button `do` with what was typed."""
    return {kind.do: kind(data if kind.do == do else None, page=page) for kind in (CancelForm,)}


def _page(
    request: HttpRequest,
    page: ChangePage,
    token: str,
    *,
    form: ChangeForm | None = None,
    problems: Sequence[str] = (),
    status: int = 200,
) -> HttpResponse:
    forms: dict[str, ChangeForm] = {}
    if not page.reasons:
        forms = _forms(page, form.do if form else "", form.data if form else None)
    context: dict[str, Any] = {
        "page": page,
        "link": page.link,
        "visit": page.link.visit,
        "token": token,
        "forms": forms,
        "problems": [("", problem) for problem in problems] + [each for shown in forms.values() for each in shown.problems],
    }
    response = render(request, "school_portal/change.html", context, status=status)
    response.headers["Content-Language"] = get_language() or ""
    return response
