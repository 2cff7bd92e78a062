"""Answering from a mail: the page behind a signed link, which shows by GET and acts by POST alone. Nobody is signed in by it."""

from dataclasses import dataclass, field
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from schools.accounts.languages import in_language_of
from schools.core.errors import RuleBroken
from schools.core.history import changed_by
from schools.core.private_pages import without_sign_in
from schools.core.rate_limits import take_slot
from schools.planning.actions import decline_and_ask_next, withdraw_and_ask_next
from schools.portal import queries
from schools.visits.actions import claim
from schools.visits.answer_links import Purpose, token_of
from schools.visits.queries import VisitDay

MOST_PRESSES = 20
"""How often the buttons of one person's links can be pressed within PRESSES_SECONDS; opening them is not counted."""
PRESSES_SECONDS = 10 * 60


@without_sign_in
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Show the question of a link from a mail, or what is true by now; by POST, answer it as the portal's pages do."""
    now = timezone.now()
    link = queries.opened(token, on=timezone.localdate(now))
    if link is None:
        return render(request, "portal/answer.html", {"truth": None}, status=404)
    with in_language_of(link.user):
        refusal = None
        if request.method == "POST":
            refusal = _press(link, now=now)
            if refusal is None:
                return redirect("answer", token=token)
        truth = queries.what_is_true(link.question, link.volunteer, now=now)
        context = {
            "truth": truth,
            "purpose": link.question.purpose.value,
            "day": link.question.day,
            "name": link.volunteer.first_name,
            "problems": refusal.reasons if refusal else [],
            "action": reverse("answer", args=[token_of(truth.answer, link.user)]) if truth.answer else "",
        }
        response = render(request, "portal/answer.html", context, status=refusal.status if refusal else 200)
        response.headers["Content-Language"] = get_language() or ""
        return response


@dataclass(frozen=True)
class Refusal:
    """Why the button did nothing; without reasons where the page that is shown in its place says all."""

    reasons: list[str] = field(default_factory=list)
    status: int = 409


def _press(link: queries.Opened, *, now: datetime) -> Refusal | None:
    """Do what the button of the link says, if that is still the question that was shown; None where it is so now."""
    question, volunteer = link.question, link.volunteer
    if not take_slot(f"answer {link.user.pk}", limit=MOST_PRESSES, seconds=PRESSES_SECONDS):
        return Refusal([_("You have pressed this many times. Wait ten minutes, or phone your coordinator.")], 429)
    truth = queries.what_is_true(question, volunteer, now=now)
    if truth.settles(question):
        return None
    if truth.answer != question:
        return Refusal()
    if question.purpose is Purpose.YES and volunteer.asked_agreement is not None:
        return Refusal([_("Sign in and accept the volunteer agreement first. Then say yes, here or there.")])
    try:
        with changed_by(link.user):
            _answer(link, truth, now=now)
    except RuleBroken as broken:
        # They pressed twice, or in another window: what they wanted is done already.
        is_done = queries.what_is_true(question, volunteer, now=now).settles(question)
        return None if is_done else Refusal(_reasons(broken))
    return None


def _answer(link: queries.Opened, truth: queries.Truth, *, now: datetime) -> None:
    """Call the verb that the portal's own pages call. Raises RuleBroken with every reason."""
    question, volunteer, by = link.question, link.volunteer, link.user
    visit_day, only = VisitDay(truth.sessions[0].visit, question.day), list(question.slots)
    if question.purpose is Purpose.YES:
        claim(visit_day, volunteer, role=truth.role, by=by, now=now, only=only, shown=question.slots)
    elif question.purpose is Purpose.NO:
        decline_and_ask_next(visit_day, volunteer, by=by, now=now, only=only, shown=question.slots)
    else:
        withdraw_and_ask_next(visit_day, volunteer, by=by, now=now, only=only, shown=question.slots)


def _reasons(broken: RuleBroken) -> list[str]:
    """Return the rules' own sentences, and in place of those about the person where they can read them."""
    reasons = broken.without_signing_in
    if len(reasons) < len(broken.reasons):
        reasons.append(_("Something that is written down about you stands against it. Sign in and say yes there to read it."))
    return reasons
