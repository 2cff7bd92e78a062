"""The page by which a host moves or cancels its visit: a GET shows what would happen, and only a POST does it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from schools.core.errors import RuleBroken
from schools.core.private_pages import without_sign_in
from schools.school_portal.change_forms import CancelForm, MoveForm, TakeBackForm
from schools.school_portal.changes import ChangePage
from schools.school_portal.forms import GivenForm
from schools.school_portal.queries import Dead, opened
from schools.school_portal.views.visits import dead, reasons_to_wait
from schools.visits.actions.school_answers import Giver
from schools.visits.actions.school_changes import ask_for_another_day, cancel_by_school, take_back_wish
from schools.visits.rules.school_changes import reasons_changed_meanwhile


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
        do = request.POST.get("do", "")
        form = _forms(page, do, request.POST).get(do)
        problems += _changed(request, page, form)
        return _page(request, page, token, form=form, problems=problems, status=429)
    return _sent(request, token, page, now=now)


def _sent(request: HttpRequest, token: str, page: ChangePage, *, now: datetime) -> HttpResponse:
    """Do what the button says and lead back to the page; where that is not possible, show what is true by now."""
    do = request.POST.get("do", "")
    form = _forms(page, do, request.POST).get(do)
    if form is None:
        nothing = [_("There is nothing to send here any more. This is how it is now.")]
        return _page(request, page, token, problems=page.reasons or nothing, status=409)
    if not form.is_valid():
        reasons = [] if isinstance(form, TakeBackForm) else page.reasons
        reasons = reasons or _changed(request, page, form)
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
    return redirect(f"{reverse('school-change', args=[token])}?thanks={form.do}")


def _changed(request: HttpRequest, page: ChangePage, form: GivenForm | None) -> list[str]:
    """Return that the visit is not as the sender of the form has read it: the page shown now counts as read by the next press."""
    if form is None or not _has(page, form):
        return []
    return reasons_changed_meanwhile(page.link.sessions, page.wish, seen=request.POST.get("seen", ""))


def _do(form: GivenForm, page: ChangePage, giver: Giver, *, seen: str, now: datetime) -> None:
    visit = page.link.visit.pk
    if isinstance(form, CancelForm):
        cancel_by_school(visit, form.wish, giver, seen=seen, call=page.call, now=now)
    elif isinstance(form, MoveForm):
        ask_for_another_day(visit, form.wish, giver, seen=seen, call=page.call, now=now)
    else:
        take_back_wish(visit, giver, seen=seen, now=now)


def _forms(page: ChangePage, do: str, data: Any) -> dict[str, GivenForm]:
    """Return the forms that the page can have; the one of the button `do` with what was typed."""
    forms: dict[str, GivenForm] = {}
    forms["move"] = MoveForm(data if do == "move" else None, page=page)
    forms["cancel"] = CancelForm(data if do == "cancel" else None, page=page)
    forms["take-back"] = TakeBackForm(data if do == "take-back" else None, page=page)
    return forms


def _shown(page: ChangePage, do: str, data: Any) -> dict[str, GivenForm]:
    """Return those of the forms that the page has today: where it is too late, only a wish can be taken back."""
    return {name.replace("-", "_"): form for name, form in _forms(page, do, data).items() if _has(page, form)}


def _has(page: ChangePage, form: GivenForm) -> bool:
    if isinstance(form, TakeBackForm):
        return page.wish is not None and not page.wish.seen_at
    return not page.reasons


def _page(
    request: HttpRequest,
    page: ChangePage,
    token: str,
    *,
    form: GivenForm | None = None,
    problems: Sequence[str] = (),
    status: int = 200,
) -> HttpResponse:
    """Show the page; `form`: the one that was sent, whose words stand there by themselves where the page has it no more."""
    forms = _shown(page, form.do if form else "", form.data if form else None)
    is_gone = form is not None and not _has(page, form)
    context: dict[str, Any] = {
        "page": page,
        "link": page.link,
        "visit": page.link.visit,
        "token": token,
        "forms": forms,
        "not_stored": form.typed if form and is_gone else (),
        "thanks": request.GET.get("thanks", "") if request.method != "POST" else "",
        "problems": [("", problem) for problem in problems] + [each for shown in forms.values() for each in shown.problems],
    }
    response = render(request, "school_portal/change.html", context, status=status)
    response.headers["Content-Language"] = get_language() or ""
    return response
