"""Asking for a visit: say for which school and who you are, confirm it by mail. A GET writes nothing, and signs nobody in."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from schools.core.errors import RuleBroken
from schools.core.networks import network_of
from schools.core.private_pages import without_sign_in
from schools.core.rate_limits import take_slot
from schools.core.row_ids import row_id
from schools.directory.models import Area, School
from schools.school_portal.asking import door_is_open, may_ask, may_look_for_school, may_write_to, page_of
from schools.school_portal.asking_forms import AskForm, PosterForm, UnlistedForm
from schools.school_portal.views.visits import MOST_WRONG, POSTS_SECONDS
from schools.visits.actions.requests import ask_for_visit, confirm_request, is_pressed_again
from schools.visits.request_links import read_request
from schools.visits.request_words import wishes_of

type View = Callable[..., HttpResponse]

TOO_MANY_ASK = gettext_lazy("Very many ask at the moment. Nothing is lost: wait an hour and press once more, or write to us.")


def public(view: View) -> View:
    """Let everybody open the page while the door is open, and say so while it is not.

    Without a token against forgery, as the pages behind a link: it does nothing that anybody could not do by themselves.
    """

    @without_sign_in
    @wraps(view)
    def opened(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not door_is_open():
            return _page(request, "shut", status=404)
        return view(request, **kwargs)

    return opened


@public
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest, area_id: int | None = None) -> HttpResponse:
    """Ask for a visit to a school that is named in words; an area comes from a poster, and one that is gone does no harm."""
    area = Area.objects.select_related("region").filter(pk=area_id).first() if area_id else None
    may_search = request.method != "POST" or may_look_for_school(request)
    form = PosterForm(_typed(request), poster=area, on=timezone.localdate(), searches=may_search)
    if not may_search:
        return _page(request, form.page, status=429, form=form, problems=[("", TOO_MANY_ASK)])
    return _asked(request, form, str(form.school.pk) if form.is_valid() and form.school else "")


@public
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, school_id: int) -> HttpResponse:
    """Ask for a visit to a school of the register."""
    school = School.objects.bookable().filter(pk=school_id).first()
    if school is None:
        successor = _successor_of(school_id)
        if request.method == "POST":
            return _gone_meanwhile(request, successor)
        return redirect("ask-school", successor.pk) if successor else _page(request, "no_school", status=404)
    return _asked(request, AskForm(_typed(request), school=school, area=None, on=timezone.localdate()), str(school.pk))


@public
@require_http_methods(["GET", "HEAD", "POST"])
def ask_unlisted(request: HttpRequest) -> HttpResponse:
    """Ask for a visit to a school that is not in the list: the office finds out which it is."""
    number = row_id(request.GET.get("area"))
    area = Area.objects.select_related("region").filter(pk=number).first() if number else None
    form = UnlistedForm(_typed(request), school=None, area=area, on=timezone.localdate())
    postcode = form.cleaned_data["postcode"] if form.is_valid() else ""
    return _asked(request, form, f"at {postcode}")


def _gone_meanwhile(request: HttpRequest, successor: School | None) -> HttpResponse:
    """Show what was typed for a school that closed since its page was opened, for its successor, or for one not in the list."""
    form: AskForm = UnlistedForm(request.POST, school=None, area=None, on=timezone.localdate())
    action = reverse("ask-unlisted")
    problem = _("We cannot come to that school any more. Say which school you are at, and send this once more.")
    if successor:
        form = AskForm(request.POST, school=successor, area=None, on=timezone.localdate())
        action = reverse("ask-school", args=[successor.pk])
        problem = _("That school is %(school)s by now. Send this once more if it is yours.") % {"school": successor}
    return _page(request, form.page, status=409, form=form, action=action, problems=[("", problem), *form.problems])


def _successor_of(school_id: int) -> School | None:
    """Return the one school that can be visited and that this one has become; None: there is none, or there are several."""
    chain = School.objects.filter(pk=school_id).values("chain")
    now = list(School.objects.bookable().filter(chain__in=chain)[:2])
    return now[0] if len(now) == 1 else None


@public
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Say to look for the mail; it is the same whatever became of it."""
    return _page(request, "sent")


@public
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show what was asked for; by POST, confirm it. Every later look says what is true then."""
    wanted, now = read_request(token), timezone.now()
    if wanted is None:
        is_flood = request.method == "POST" and not take_slot(
            f"school {network_of(request)}", limit=MOST_WRONG, seconds=POSTS_SECONDS
        )
        return _page(request, "dead", status=429 if is_flood else 404)
    if request.method == "POST":
        try:
            confirm_request(wanted, now=now)
        except RuleBroken:
            return _page(request, "confirm", status=409, page=page_of(wanted, on=timezone.localdate(now), now=now))
        return redirect("ask-confirm", token)
    page = page_of(wanted, on=timezone.localdate(now), now=now)
    return _page(request, "confirm", page=page, wishes=wishes_of(wanted))


def _typed(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _asked(request: HttpRequest, form: AskForm, about: str) -> HttpResponse:
    """Keep what was typed and mail the link; `about` names the school for the limit. Show the form where it is refused."""
    if not form.is_bound or not form.is_valid():
        return _page(request, form.page, form=form, problems=form.problems if form.is_bound else [])
    if not may_ask(request):
        return _page(request, form.page, status=429, form=form, problems=[("", TOO_MANY_ASK)])
    now = timezone.now()
    # First, whether it is pressed again: that writes no mail, so it uses up none of the day's. The answer is the same.
    if not is_pressed_again(form.asking, now=now) and may_write_to(form.asking.email, about, form.asking.school):
        ask_for_visit(form.asking, now=now)
    return redirect("ask-sent")


def _page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    response = render(request, f"school_portal/asking/{name}.html", context, status=status)
    response.headers["Content-Language"] = get_language() or ""
    return response
