"""The pages on which somebody at a school names who is written to about a visit, and on which that person confirms it."""

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
from schools.core.rate_limits import take_slot
from schools.directory.accesses import token_of
from schools.school_portal.asking import door_is_open
from schools.school_portal.forms import ContactForm
from schools.school_portal.queries import Dead, Opened, VisitPage, opened
from schools.school_portal.views.visits import dead, reasons_to_wait
from schools.visits.actions.new_contacts import confirm_contact, is_named_again, name_contact
from schools.visits.actions.school_answers import Giver
from schools.visits.models import AnswerItem, AnswerState, SchoolAnswer, Session, Subject
from schools.visits.new_contacts import NewContact, is_too_late, person_in_place, read_new_contact
from schools.visits.rules.new_contacts import (
    reasons_not_to_confirm_contact,
    reasons_not_to_name_contact,
    reasons_not_to_read_on,
)

MOST_NAMED, NAMED_SECONDS = 3, 24 * 3600
"""So many people somebody can name in a day: each gets a mail, at any address."""


@without_sign_in
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest, token: str) -> HttpResponse:
    """Show whom we write to about the visit; by POST, keep whom the school names, and mail them."""
    now = timezone.now()
    link = opened(token, on=timezone.localdate(now), with_counts=False)
    if isinstance(link, Dead):
        return dead(request, link)
    if request.method != "POST":
        return _page(request, link, token, ContactForm(None))
    form = ContactForm(request.POST)
    if problems := reasons_to_wait(link.access):
        return _page(request, link, token, form, problems, status=429)
    return _named(request, link, token, form) if form.is_valid() else _page(request, link, token, form)


def _named(request: HttpRequest, link: Opened, token: str, form: ContactForm) -> HttpResponse:
    """Keep whom the form names and lead back to the page; show it again where that was not possible."""
    given, now = form.cleaned_data, timezone.now()
    person = NewContact(given["name"], given["role"], given["email"])
    if is_named_again(link.visit, person, school=link.school.pk, now=now):  # nobody is mailed, so it uses up none of the day's
        return redirect("school-contact", token)
    on = timezone.localdate(now)
    if reasons := reasons_not_to_name_contact(link.visit, link.sessions, person, school=link.school.pk, on=on):  # nor does this
        return _page(request, link, token, form, reasons, status=409)
    if not take_slot(f"school contact {link.access.pk}", limit=MOST_NAMED, seconds=NAMED_SECONDS):
        problem = _("You have named somebody three times today. Wait until tomorrow, or phone us.")
        return _page(request, link, token, form, [problem], status=429)
    try:
        name_contact(link.visit.pk, person, Giver(given["given_by"], link.school.pk, link.access), now=now)
    except RuleBroken as broken:
        return _page(request, link, token, form, broken.reasons, status=409)
    return redirect("school-contact", token)


def _page(
    request: HttpRequest, link: Opened, token: str, form: ContactForm, problems: Sequence[str] = (), *, status: int = 200
) -> HttpResponse:
    page = VisitPage(link, now=timezone.now())
    waiting = page.waiting.get(Subject(AnswerItem.CONTACT))
    context: dict[str, Any] = {
        "link": link,
        "page": page,
        "visit": link.visit,
        "token": token,
        "form": form if page.may_name_contact else None,
        "not_stored": () if page.may_name_contact else form.typed,
        "person": NewContact.of(waiting.words) if waiting and not is_too_late(waiting, now=timezone.now()) else None,
        "problems": [("", problem) for problem in problems] + form.problems,
    }
    return _rendered(request, "contact", context, status=status)


@without_sign_in
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show for which visit somebody was named; by POST, let our mails go to them, and lead on to the page of the visit."""
    now, is_refused = timezone.now(), False
    answer = read_new_contact(token)
    if answer is None:
        return dead(request, Dead.UNREADABLE)
    if request.method == "POST":
        try:
            access = confirm_contact(answer, now=now)
        except RuleBroken as broken:
            problems, is_refused = broken.reasons, True
        else:
            return redirect("school-visit", token_of(access, answer.visit_id, answer.school_id))
    else:
        problems = _reasons_not_to_press(answer, now=now)
    context: dict[str, Any] = {
        "visit": answer.visit,
        "person": NewContact.of(answer.words),
        "is_open": answer.state == AnswerState.OPEN and not problems,
        "may_ask": bool(problems) and door_is_open(),
        "problems": [("", problem) for problem in problems],
    }
    return _rendered(request, "contact_confirm", context, status=409 if is_refused else 200)


def _reasons_not_to_press(answer: SchoolAnswer, *, now: datetime) -> list[str]:
    """Return why the button of the page would do nothing: nobody shall press it in vain."""
    if answer.state == AnswerState.TAKEN:
        return reasons_not_to_read_on(answer, person_in_place(answer), now=now)
    sessions = list(Session.objects.filter(visit=answer.visit).select_related("type"))
    return reasons_not_to_confirm_contact(answer, answer.visit, sessions, now=now)


def _rendered(request: HttpRequest, name: str, context: dict[str, Any], *, status: int) -> HttpResponse:
    response = render(request, f"school_portal/{name}.html", context, status=status)
    response.headers["Content-Language"] = get_language() or ""
    return response
