"""Calls: the schools that are due, one after the other. Each card logs how the call ended and gives way to the next."""

from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.databases import heavy_reading
from schools.core.errors import RuleBroken
from schools.core.row_ids import row_id
from schools.directory.models import School
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.schools.call_queue import CallQueue, card
from schools.office.schools.due_list import DueList
from schools.office.schools.forms.calls import CallForm
from schools.office.schools.forms.due import SHOWS
from schools.visits.actions.calls import CallOutcome, Typed, log_call, typed_of
from schools.visits.actions.undoing import undo
from schools.visits.models import Batch, BatchKind
from schools.visits.queries.held import heard_of_it

DONE, UNDONE, AFTER = "done", "undone", "after"
"""Names in the address: the batch that can be undone, the one that was undone, and the school that was passed over."""

POSTS = {
    **dict.fromkeys((outcome.value for outcome in CallOutcome), "add_contactlog"),
    CallOutcome.WANTS.value: "add_visit",
    "undo": "change_visit",
}
"""What the buttons of a card do: each `do` with the permission that it needs."""


@allowed("add_contactlog")
@heavy_reading()
def calls(request: SignedInRequest) -> HttpResponse:
    """Show the card of the school that is next in the list."""
    queue = _queue(request)
    passed = row_id(request.GET.get(AFTER))
    number = None if queue.is_wide else queue.after(passed) or queue.still(passed)
    return _show(request, queue, _school(request, number) if number else None, done=_done(request))


@allowed("add_contactlog", posts=POSTS)
@heavy_reading()
def call(request: SignedInRequest, school_id: int) -> HttpResponse:
    """Show the card of the school. `do` logs how its call ended and goes on with the next school, or takes that back."""
    school = _school(request, school_id)
    if request.method != "POST":
        typed = typed_again(request, {school.pk})
        return _show(request, _queue(request), school, done=_done(request), typed=typed, undone=typed is not None)
    return _undo(request, school) if request.POST["do"] == "undo" else _log(request, school)


def _queue(request: SignedInRequest) -> CallQueue:
    return CallQueue(DueList.of(request.user, request.GET, on=today()))


def _school(request: SignedInRequest, number: int) -> School:
    """Return the school if the user may see and book it. Raise Http404 otherwise.

    What is pressed is kept also of one that closed since its card was shown: somebody has just spoken with it.
    """
    schools = School.objects.all() if request.method == "POST" else School.objects.bookable()
    return get_object_or_404(schools.for_user(request.user, on=today()).select_related("authority"), pk=number)


def logged_call(request: SignedInRequest, number: int | None) -> Batch | None:
    """Return the call that the user logged and can undo; None: there is none of this number."""
    return _call_of(request, number, is_undone=False)


def _call_of(request: SignedInRequest, number: int | None, *, is_undone: bool) -> Batch | None:
    mine = Batch.objects.for_user(request.user, on=today()).filter(kind=BatchKind.CALL, undone_at__isnull=not is_undone)
    return mine.filter(pk=number).first() if number is not None else None


def typed_again(request: SignedInRequest, schools: Collection[int]) -> Typed | None:
    """Return what was typed of the call that the address says was undone: nobody has to type it once more.

    None: the address names no such call, or one about none of these schools.
    """
    batch = _call_of(request, row_id(request.GET.get(UNDONE)), is_undone=True)
    typed = typed_of(batch) if batch else None
    return typed if typed and typed.schools & set(schools) else None


def _done(request: SignedInRequest) -> Batch | None:
    return logged_call(request, row_id(request.GET.get(DONE)))


def _log(request: SignedInRequest, school: School) -> HttpResponse:
    """Log the call and go on with the next school; or show the card again, with the reasons why not."""
    queue, form = _queue(request), CallForm(request.POST, on=today())
    if not form.is_valid():
        return _show(request, queue, school, form=form)
    following = None if queue.is_wide else queue.after(school.pk)
    try:
        ended, seen = form.call(CallOutcome(request.POST["do"])), row_id(request.POST.get("seen"))
        batch = log_call(school, ended, by=request.user, now=timezone.localtime(), seen=seen)
    except RuleBroken as broken:
        return _show(request, queue, school, form=form, reasons=broken.reasons)
    if not _in_place(request):
        return redirect(_address(request, following, done=batch.pk))
    return _show(request, _queue(request), _school(request, following) if following else None, done=batch)


def _undo(request: SignedInRequest, school: School) -> HttpResponse:
    """Take the call back and show its school again."""
    batch = logged_call(request, row_id(request.POST.get("batch")))
    if batch is None:
        reasons = ["There is no such call of yours that could be undone. Look at what was said last."]
        return _show(request, _queue(request), school, reasons=reasons)
    try:
        batch = undo(batch, by=request.user, now=timezone.localtime())
    except RuleBroken as broken:  # on another device it was undone at the same moment
        return _show(request, _queue(request), school, reasons=broken.reasons)
    heard, typed = heard_of_it(batch), typed_of(batch)
    if school.is_bookable and not batch.left_alone and not heard and not _in_place(request):
        return redirect(_address(request, school.pk, **{UNDONE: batch.pk}))
    undone = not batch.left_alone
    return _show(request, _queue(request), school, reasons=batch.left_alone, undone=undone, heard=heard, typed=typed)


def _in_place(request: SignedInRequest) -> bool:
    """Return whether the page swaps the card by itself (office/calls.js with htmx)."""
    return "HX-Request" in request.headers


def _filters(request: SignedInRequest) -> str:
    """Return the filters of the list as the address has them."""
    query = request.GET.copy()
    for name in (DONE, UNDONE, AFTER):
        query.pop(name, None)
    return query.urlencode()


def _address(request: SignedInRequest, school_id: int | None = None, **names: int) -> str:
    """Return the address of the school's card, or else of the next one, with the same filters."""
    path = reverse("admin:call", args=[school_id]) if school_id else reverse("admin:calls")
    query = "&".join(filter(None, (_filters(request), urlencode(names))))
    return f"{path}{'?' if query else ''}{query}"


def _after_booking(request: SignedInRequest, queue: CallQueue, school: School) -> str:
    """Return the address that goes on with the queue once the school is booked.

    It names who follows: a school that is booked has mostly left the list, and nothing follows it there any more.
    """
    following = None if queue.is_wide else queue.after(school.pk)
    return _address(request, following) if following else _address(request, after=school.pk)


def _show(
    request: SignedInRequest,
    queue: CallQueue,
    school: School | None,
    *,
    form: CallForm | None = None,
    done: Batch | None = None,
    typed: Typed | None = None,
    **context: Any,
) -> HttpResponse:
    """Show the card of the school, or that none is left: as a page, or alone where the page swaps it.

    `typed` is what stands in the boxes already, of a call that was undone; None: nothing yet.
    """
    on, user = today(), request.user
    of_card: dict[str, Any] = card(school, user, on=on) if school else {"school": None}
    whom = next((str(contact) for contact in of_card.get("contacts", ())), "the office")
    filters = _filters(request)
    called = next((change["after"]["school"] for change in done.changes if "school" in change["after"]), None) if done else None
    context |= of_card | {
        "form": form or CallForm(initial={"who": typed.who, "note": typed.note} if typed else {"who": whom}, on=on),
        "done": done,
        "filters": filters,
        "wrong_forms": [form] if form else [],
        "address": _address(request, school.pk) if school else "",
        "undo_address": _address(request, called) if called else "",
        "called": called,
        "go_on": _after_booking(request, queue, school) if school else "",
        "skip": _address(request, after=school.pk) if school else "",
        "back": f"{reverse('admin:due')}{'?' if filters else ''}{filters}{f'#due-{school.pk}' if school else ''}",
        "is_wide": queue.is_wide,
        "left": None if queue.is_wide else len(queue.waiting),
        "show_words": dict(SHOWS)[queue.due_list.filters["show"]],
        "may_book": user.has_perm("schools.add_visit"),
        "may_undo": user.has_perm("schools.change_visit"),
        "may_edit_script": user.has_perm("schools.change_editedtext"),
    }
    if _in_place(request):
        return render(request, "office/schools/_call.html", context)
    return page(request, "office/schools/calls.html", "Call schools one after the other", **context)
