"""The page on which a school corrects how many pupils we reckon with: a GET shows that, and only a POST keeps what it says."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from schools.core.errors import RuleBroken
from schools.core.private_pages import without_sign_in
from schools.school_portal.form_pages import form_page
from schools.school_portal.forms import RollForm
from schools.school_portal.queries import Dead, VisitPage, opened
from schools.school_portal.views.visits import dead, reasons_to_wait, with_what_is_true
from schools.visits.actions.school_answers import Giver, say_roll


@without_sign_in
@require_http_methods(["GET", "HEAD", "POST"])
def roll(request: HttpRequest, token: str) -> HttpResponse:
    """Show the numbers to the school for which the link is; by POST, keep its own beside them."""
    now = timezone.now()
    link = opened(token, on=timezone.localdate(now))
    if isinstance(link, Dead):
        return dead(request, link)
    page = VisitPage(link, now=now)
    if request.method != "POST":
        return _page(request, page, token)
    form = RollForm(request.POST, page=page)
    if problems := reasons_to_wait(link.access):
        return _page(request, page, token, form, problems, status=429)
    if not form.is_valid():
        return _page(request, page, token, form)
    try:
        say_roll(link.visit.pk, list(form.says()), Giver(form.cleaned_data["given_by"], link.school.pk, link.access), now=now)
    except RuleBroken as broken:
        fresh = VisitPage(link, now=timezone.now())
        again = RollForm(with_what_is_true(request.POST, form, RollForm(None, page=fresh)), page=fresh)
        return _page(request, fresh, token, again, broken.reasons, status=409)
    return redirect(f"{reverse('school-roll', args=[token])}?thanks=roll")


def _page(
    request: HttpRequest,
    page: VisitPage,
    token: str,
    form: RollForm | None = None,
    problems: Sequence[str] = (),
    *,
    status: int = 200,
) -> HttpResponse:
    form, is_open = form or RollForm(None, page=page), not page.reasons_not_to_prepare
    return form_page(request, "school_portal/roll.html", page, token, form, problems, is_open=is_open, status=status)
