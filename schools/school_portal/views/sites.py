"""The page on which a host says at which of its sites the visit is best: a GET shows, only a POST keeps what it says."""

from collections.abc import Sequence
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from schools.core.errors import RuleBroken
from schools.core.private_pages import without_sign_in
from schools.school_portal.form_pages import form_page
from schools.school_portal.forms import SiteForm
from schools.school_portal.queries import Dead, VisitPage, opened
from schools.school_portal.views.visits import dead, reasons_to_wait, with_what_is_true
from schools.visits.actions.school_answers import Giver, say_site


@without_sign_in
@require_http_methods(["GET", "HEAD", "POST"])
def site(request: HttpRequest, token: str) -> HttpResponse:
    """Show the sites to the host for which the link is; by POST, keep which one it says beside where we have the visit."""
    now = timezone.now()
    link = opened(token, on=timezone.localdate(now))
    if isinstance(link, Dead):
        return dead(request, link)
    page = VisitPage(link, now=now)
    if request.method != "POST":
        return _page(request, page, token)
    form = SiteForm(request.POST, page=page)
    if problems := reasons_to_wait(link.access):
        return _page(request, page, token, form, problems, status=429)
    if not page.sites:
        nothing = [_("There is nothing to send here any more. This is how it is now.")]
        return _page(request, page, token, form, nothing, status=409)
    return _sent(request, token, form, now=now)


def _sent(request: HttpRequest, token: str, form: SiteForm, *, now: datetime) -> HttpResponse:
    """Keep what was sent and lead back to the page; where that is not possible, show what is true by now."""
    page, link = form.page, form.page.link
    if not form.is_valid():
        return _page(request, page, token, form)
    try:
        say_site(link.visit.pk, list(form.says()), Giver(form.cleaned_data["given_by"], link.school.pk, link.access), now=now)
    except RuleBroken as broken:
        fresh = VisitPage(link, now=timezone.now())
        again = SiteForm(with_what_is_true(request.POST, form, SiteForm(None, page=fresh)), page=fresh)
        return _page(request, fresh, token, again, broken.reasons, status=409)
    return redirect(f"{reverse('school-site', args=[token])}?thanks=site")


def _page(
    request: HttpRequest,
    page: VisitPage,
    token: str,
    form: SiteForm | None = None,
    problems: Sequence[str] = (),
    *,
    status: int = 200,
) -> HttpResponse:
    form, is_open = form or SiteForm(None, page=page), bool(page.sites)
    return form_page(request, "school_portal/site.html", page, token, form, problems, is_open=is_open, status=status)
