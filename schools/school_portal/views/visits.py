"""The page of one visit for somebody at a school: a GET shows, only a POST acts. Nobody is signed in by it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from schools.core.errors import RuleBroken
from schools.core.networks import network_of
from schools.core.private_pages import without_sign_in
from schools.core.rate_limits import take_slot
from schools.delivery.actions.feedback import give_feedback, is_as_given
from schools.directory.models import SchoolAccess
from schools.school_portal.asking import door_is_open
from schools.school_portal.forms import AlarmForm, BoxesForm, GivenForm, NumbersForm, PrepareForm
from schools.school_portal.invitations import InvitationsForm, contact_to_ask, store_wish
from schools.school_portal.queries import Dead, Opened, VisitPage, opened
from schools.school_portal.question_forms import QuestionsForm
from schools.school_portal.rebooked import Rebooked, rebooked
from schools.visits.actions.school_alarms import raise_alarm, take_back_alarm
from schools.visits.actions.school_answers import Giver, prepare, say_counts
from schools.visits.models import AlarmWhat
from schools.visits.queries.school_changes import cancelled_on
from schools.visits.rules.school_answers import held_with

MOST_POSTS = 30
"""How often one person can send something within POSTS_SECONDS, from all of their devices together."""
MOST_WRONG = 60
"""How often one network can send something by links that are good for nothing, within POSTS_SECONDS."""
POSTS_SECONDS = 10 * 60

type Forms = dict[str, GivenForm]
type Typed = Sequence[tuple[str, str]]
"""What somebody typed that is not kept: the words of each box, and what was in it."""

ALARMS = frozenset(("nobody", "call_off", "here", "on"))
"""The buttons of what cannot wait."""
WHICH = "which"
"""The first button of that form, which nobody sees: the Enter key presses it, and must not tell anybody anything."""
FORM_OF = dict.fromkeys((*ALARMS, WHICH), "alarm")
"""The form of which these are the buttons; the others have a form of their own."""


@without_sign_in
@require_http_methods(["GET", "HEAD", "POST"])
def visit(request: HttpRequest, token: str) -> HttpResponse:
    """Show the visit to the school for which the link is; by POST, keep what it says."""
    now = timezone.now()
    link = opened(token, on=timezone.localdate(now))
    if isinstance(link, Dead):
        return dead(request, link)
    page = VisitPage(link, now=now)
    if request.method != "POST":
        return _page(request, page, _forms(page))
    if problems := reasons_to_wait(link.access):
        return _shown_back(request, page, problems, status=429)
    return _sent(request, token, page, now=now)


def reasons_to_wait(access: SchoolAccess) -> list[str]:
    """Return why nothing more is taken from this person for now; each call counts as something that was sent."""
    if take_slot(f"school {access.pk}", limit=MOST_POSTS, seconds=POSTS_SECONDS):
        return []
    return [_("You have sent this many times. Wait ten minutes, or phone us.")]


def dead(request: HttpRequest, state: Dead) -> HttpResponse:
    """Say what is true of a link that opens nothing, and what to do; it names no school, no person and no visit."""
    is_flood = request.method == "POST" and not take_slot(
        f"school {network_of(request)}", limit=MOST_WRONG, seconds=POSTS_SECONDS
    )
    context = {"state": state.value, "may_ask": door_is_open()}
    return render(request, "school_portal/dead.html", context, status=429 if is_flood else 404)


def _were_there(page: VisitPage) -> bool:
    """Whether the visit is over and pupils of the school were there, as far as anybody knows."""
    return page.state == "held" and bool(held_with(page.link.school, page.link.visit, page.link.sessions))


def _rebooked(page: VisitPage) -> Rebooked | None:
    """Return what was booked instead of a visit that was cancelled; None for a guest, whose pupils may not be asked again."""
    if page.state != "cancelled" or not page.link.is_host:
        return None
    return rebooked(page.link.visit, lambda: page.link.access, on=page.on)


def _forms(page: VisitPage, do: str = "", data: Any = None) -> Forms:
    """Return the forms that the page has today; the one of the button `do` with what was typed."""

    def typed(name: str) -> Any:
        return data if FORM_OF.get(do, do) == name else None

    forms: Forms = {}
    if page.today and page.link.is_host and (page.alarm_buttons or do in ALARMS):
        forms["alarm"] = AlarmForm(typed("alarm"))
    if page.state == "held":
        forms |= {"numbers": NumbersForm(typed("numbers"), page=page)} if page.counts else {}
        if page.feedback is None and _were_there(page):
            forms["questions"] = QuestionsForm(typed("questions"), page=page)
    elif not page.reasons_not_to_prepare:
        forms["prepare"] = PrepareForm(typed("prepare"), page=page)
    if contact := contact_to_ask(page):
        forms["invitations"] = InvitationsForm(typed("invitations"), contact=contact)
    return forms


def _not_stored(page: VisitPage, do: str, data: Any) -> Typed:
    """Return what was typed into a form that the page has no more, as when a colleague was quicker: it must not be lost."""
    form_of: dict[str, Callable[..., GivenForm]] = {"prepare": PrepareForm, "numbers": NumbersForm, "questions": QuestionsForm}
    return form_of[do](data, page=page).typed if do in form_of else ()


def _shown_back(request: HttpRequest, page: VisitPage, problems: Sequence[str], *, status: int) -> HttpResponse:
    """Show the page with what was typed, in its form, or beside it where the page has that form no more."""
    do = request.POST.get("do", "")
    forms = _forms(page, do, request.POST)
    not_stored = () if FORM_OF.get(do, do) in forms else _not_stored(page, do, request.POST)
    return _page(request, page, forms, problems, not_stored=not_stored, status=status)


def _sent(request: HttpRequest, token: str, page: VisitPage, *, now: datetime) -> HttpResponse:
    """Do what the button says and lead back to the page; show it again where that was not possible."""
    do = request.POST.get("do", "")
    forms = _forms(page, do, request.POST)
    name = FORM_OF.get(do, do)
    if do == WHICH and name in forms:
        return _shown_back(request, page, [_("Nobody is told yet. Press the button that says what is so.")], status=200)
    if _is_kept_already(page, do, request.POST):
        return redirect(f"{reverse('school-visit', args=[token])}?thanks={do}")
    if name not in forms or do not in ACTIONS:
        return _shown_back(request, page, [_("There is nothing to send here any more. This is how it is now.")], status=409)
    form = forms[name]
    if not form.is_valid():
        return _page(request, page, forms)
    try:
        ACTIONS[do](form, page.link, Giver(form.cleaned_data.get("given_by", ""), page.link.school.pk, page.link.access), now=now)
    except RuleBroken as broken:
        return _refused(request, token, form, broken.reasons, now=now)
    return redirect(f"{reverse('school-visit', args=[token])}?thanks={do}")


def _is_kept_already(page: VisitPage, do: str, data: Any) -> bool:
    """Return whether the five questions were answered just so: whoever pressed twice on a slow line has no such form any more."""
    if do != QuestionsForm.do or page.feedback is None:
        return False
    form = QuestionsForm(data, page=page)
    if not form.is_valid():
        return False
    return is_as_given(page.feedback, form.answers, form.cleaned_data["comment"], form.cleaned_data["given_by"])


def _refused(request: HttpRequest, token: str, form: GivenForm, reasons: list[str], *, now: datetime) -> HttpResponse:
    """Show what is true by now, with what they typed in the boxes that they touched: whoever has read that may send theirs."""
    link, do, typed = opened(token, on=timezone.localdate(now)), request.POST["do"], request.POST.copy()
    if isinstance(link, Dead):
        return dead(request, link)
    page = VisitPage(link, now=now)
    fresh = _forms(page).get(FORM_OF.get(do, do))
    if isinstance(form, BoxesForm) and isinstance(fresh, BoxesForm):
        typed = with_what_is_true(typed, form, fresh)
    not_stored = _not_stored(page, do, typed) if fresh is None else ()
    return _page(request, page, _forms(page, do, typed), reasons, not_stored=not_stored, status=409)


def with_what_is_true(data: QueryDict, form: BoxesForm, fresh: BoxesForm) -> QueryDict:
    """Return what was sent by `form`, with what is true by now, as in `fresh`, in every box that they did not touch."""
    typed = data.copy()
    touched = {correction.subject.key for correction in form.says() if correction.words != correction.shown}
    for name, words in fresh.shown:
        typed[name] = words
    for subject in fresh.values:
        if subject.key not in touched:
            typed[subject.key] = fresh.initial[subject.key]
    return typed


def _prepare(form: PrepareForm, link: Opened, giver: Giver, *, now: datetime) -> None:
    prepare(link.visit.pk, list(form.says()), giver, now=now)


def _numbers(form: NumbersForm, link: Opened, giver: Giver, *, now: datetime) -> None:
    say_counts(link.visit.pk, list(form.says()), giver, now=now)


def _questions(form: QuestionsForm, link: Opened, giver: Giver, *, now: datetime) -> None:
    give_feedback(link.visit.pk, form.answers, form.cleaned_data["comment"], giver, now=now)


def _raising(kind: AlarmWhat) -> Callable[..., None]:
    def act(form: AlarmForm, link: Opened, giver: Giver, *, now: datetime) -> None:
        raise_alarm(link.visit.pk, kind, giver, shown=form.cleaned_data["day"], now=now)

    return act


def _taking_back(kind: AlarmWhat) -> Callable[..., None]:
    def act(form: AlarmForm, link: Opened, giver: Giver, *, now: datetime) -> None:
        take_back_alarm(link.visit.pk, kind, giver, shown=form.cleaned_data["day"], now=now)

    return act


ACTIONS: dict[str, Callable[..., None]] = {
    "prepare": _prepare,
    "numbers": _numbers,
    "questions": _questions,
    "invitations": store_wish,
    "nobody": _raising(AlarmWhat.NOBODY),
    "call_off": _raising(AlarmWhat.CALL_OFF),
    "here": _taking_back(AlarmWhat.NOBODY),
    "on": _taking_back(AlarmWhat.CALL_OFF),
}
"""What the buttons of the page do."""


def _page(
    request: HttpRequest,
    page: VisitPage,
    forms: Forms,
    problems: Sequence[str] = (),
    *,
    not_stored: Typed = (),
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "page": page,
        "link": page.link,
        "visit": page.link.visit,
        "forms": forms,
        "were_there": _were_there(page),
        "problems": [("", problem) for problem in problems] + [each for form in forms.values() for each in form.problems],
        "not_stored": not_stored,
        "cancelled_on": cancelled_on(page.link.visit) if page.state == "cancelled" and not page.cancelled else None,
        "rebooked": _rebooked(page),
        "thanks": request.GET.get("thanks", "") if request.method != "POST" else "",
    }
    response = render(request, "school_portal/visit.html", context, status=status)
    response.headers["Content-Language"] = get_language() or ""
    return response
