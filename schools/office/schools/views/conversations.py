"""Conversations with a school: log one, store a request for a visit, record the yearly agreement."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.periods import AcademicYear
from schools.core.row_ids import row_id
from schools.core.words import long_day
from schools.directory.models import Contact, School, SchoolAgreement
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import back_of, undo_bar, with_undo
from schools.office.frame.visibility import today
from schools.office.schools.facts import chain_of
from schools.office.schools.forms.conversations import AgreementForm, ConversationForm, RequestForm
from schools.planning.queries import due
from schools.visits.actions.calls import agree_to_undo, request_to_undo, talk_to_undo
from schools.visits.models import Batch, ContactLog, Visit
from schools.visits.queries.requests import numbers_of, visit_taken_back
from schools.visits.rules.conversations import reasons_taken_back

MOST_TALKS = 20

POSTS = {"talk": "add_contactlog", "request": "add_visit", "agreement": "add_schoolagreement"}
"""The buttons of the page, each with the permission that it needs."""


@allowed("add_contactlog", posts=POSTS)
def log(request: SignedInRequest, school_id: int) -> HttpResponse:
    """Show the school's conversations and a form for a new one. `do` also stores a request or an agreement."""
    schools = School.objects.for_user(request.user, on=today()).select_related("authority")
    school = get_object_or_404(schools, pk=school_id)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    if do != "agreement":
        return _answer(request, school, do, school.agreements.all())
    with transaction.atomic():
        # If two people save at the same moment, the second waits here and is compared with what the first stored. The school is
        # locked as well, because a new agreement has no row yet.
        School.objects.select_for_update(of=("self",)).get(pk=school.pk)
        return _answer(request, school, do, school.agreements.select_for_update(of=("self",)))


def _answer(request: SignedInRequest, school: School, do: str, agreements: QuerySet[SchoolAgreement]) -> HttpResponse:
    """Do what the button says and redirect, or show the page: with the reasons why not, or with what was typed besides."""
    visit, gone = _visit(request, school)
    of_page, kept = _forms(request, school, agreements, sent=do)
    form, batch = of_page.get(do), None
    if gone and form and do == "talk":
        form.is_valid()  # so that all that is wrong shows at once
        form.add_error(None, ValidationError(gone))
    if form and form.is_valid():
        try:
            batch = ACTIONS[do](request, school, visit, form)
            if not kept:
                return redirect(_with_undo(request, visit, batch) if batch else _back(request, visit) or _here(request, visit))
            of_page, kept = _forms(request, school, school.agreements.all(), done=do)
        except RuleBroken as broken:
            form.add_error(None, broken)
            # One whose booking was undone meanwhile is gone; what was typed is logged without it.
            visit = Visit.objects.filter(pk=visit.pk).first() if visit else None
    return _page(request, school, visit, of_page, kept, batch)


def _page(
    request: SignedInRequest,
    school: School,
    visit: Visit | None,
    of_page: dict[str, forms.Form],
    kept: set[str],
    done: Batch | None,
) -> HttpResponse:
    [row], numbers = due(School.objects.filter(pk=school.pk), on=today()), chain_of(school)
    return page(
        request,
        "office/schools/talk.html",
        f"Conversations with {school}",
        school=school,
        visit=visit,
        post_to=_here(request, visit),
        row=row,
        forms=of_page,
        kept=kept,
        refusals=[form for form in of_page.values() if form.is_bound and form.errors],
        contacts=Contact.objects.at(numbers).select_related("school"),
        talks=ContactLog.objects.filter(school__in=numbers).select_related("by", "visit")[:MOST_TALKS],
        agreements=school.agreements.all()[:3],
        may_request=request.user.has_perm("schools.add_visit") and school.is_bookable,
        may_agree=request.user.has_perm("schools.add_schoolagreement"),
        back=_back(request, visit),
        **undo_bar(request, done),
    )


def _visit(request: SignedInRequest, school: School) -> tuple[Visit | None, list[str]]:
    """Return the visit that the address names, None if it names none, and why it is gone, where its booking was undone meanwhile.

    Raise Http404 if the school never had such a visit under any of its numbers, or where the user does not see it.
    """
    number = row_id(request.GET.get("visit"))
    if number is None:
        return None, []
    visits, numbers = Visit.objects.for_user(request.user, on=today()), numbers_of(school)
    if visit := visits.filter(pk=number, school__in=numbers).first():
        return visit, []
    gone = visit_taken_back(number) if request.method == "POST" else None
    if gone is None or gone.school_id not in numbers:
        raise Http404
    return None, reasons_taken_back(gone)


def _forms(
    request: HttpRequest, school: School, agreements: Iterable[SchoolAgreement], *, sent: str = "", done: str = ""
) -> tuple[dict[str, forms.Form], set[str]]:
    """Return the forms of the page by name, and the names of those that keep what was typed beside another button.

    `sent` is the form whose button was pressed, `done` the one whose act is stored, which is shown blank again.
    """
    on = today()
    makers: dict[str, Callable[..., forms.Form]] = {
        "talk": partial(ConversationForm, prefix="talk", initial={"day": on}),
        "request": partial(RequestForm, prefix="request", school=school, on=on),
        "agreement": partial(
            AgreementForm,
            prefix="agreement",
            on=on,
            agreements=list(agreements),
            initial={"year": AcademicYear.of(on).start, "accepted_on": on},
        ),
    }
    of_page = {name: make(request.POST if name == sent else None) for name, make in makers.items()}
    kept = {name: _typed_into(make(request.POST), request) for name, make in makers.items() if name not in {sent, done}}
    for name, values in kept.items():
        of_page[name].initial.update(values)
    return of_page, {name for name, values in kept.items() if values}


def _typed_into(form: forms.Form, request: HttpRequest) -> dict[str, Any]:
    """Return what was typed into the boxes of a form, those that stand as the page showed them left out."""
    return {name: form[name].data for name in form.changed_data if form.add_prefix(name) in request.POST}


def _log(request: SignedInRequest, school: School, visit: Visit | None, form: Any) -> Batch | None:
    talk, ask_again_on = form.talk, form.cleaned_data["ask_again_on"]
    batch = talk_to_undo(school, talk, by=request.user, now=timezone.localtime(), visit=visit, ask_again_on=ask_again_on)
    follow_up = f" It comes back to your home page on {long_day(talk.follow_up_on)}." if talk.follow_up_on else ""
    messages.success(request, f"Your conversation with {school} is logged.{follow_up}")
    return batch if batch.changes else None


def _request(request: SignedInRequest, school: School, visit: Visit | None, form: Any) -> Batch:
    batch = request_to_undo(school, by=request.user, now=timezone.localtime(), **form.cleaned_data)
    messages.success(request, f"{school} asked for a visit. It waits on your home page until you book it.")
    return batch


def _record_agreement(request: SignedInRequest, school: School, visit: Visit | None, form: Any) -> Batch | None:
    data, by, now = form.cleaned_data, request.user, timezone.localtime()
    year = AcademicYear(data["year"])
    batch = agree_to_undo(school, year=year, accepted_on=data["accepted_on"], by_role=data["by_role"], by=by, now=now)
    messages.success(request, f"The agreement of {school} for {year} is written down.")
    return batch if batch.changes else None


type Action = Callable[[SignedInRequest, School, Visit | None, Any], Batch | None]

ACTIONS: dict[str, Action] = {"talk": _log, "request": _request, "agreement": _record_agreement}
"""The buttons of the page by name, each with its function, which says what was done and returns the batch, if any."""


def _here(request: SignedInRequest, visit: Visit | None) -> str:
    """Return the address of this page; without the visit where its booking was undone meanwhile."""
    return request.path if _is_gone(request, visit) else request.get_full_path()


def _back(request: SignedInRequest, visit: Visit | None) -> str:
    """Return the page of the office that the coordinator came from; blank: none, or that of a visit whose booking was undone."""
    return "" if _is_gone(request, visit) else back_of(request)


def _is_gone(request: SignedInRequest, visit: Visit | None) -> bool:
    return visit is None and "visit" in request.GET


def _with_undo(request: SignedInRequest, visit: Visit | None, batch: Batch) -> str:
    """Return the address that the coordinator came from, otherwise that of what the school asked for, or this page’s.

    The bar of that page undoes what was done.
    """
    is_asked = request.POST.get("do") == "request"
    here = reverse("admin:visit-detail", args=batch.visits) if is_asked else _here(request, visit)
    return with_undo(_back(request, visit) or here, batch)
