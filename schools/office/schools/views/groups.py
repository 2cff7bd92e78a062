"""A trust or federation: its schools together, and one call about several of them."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.databases import heavy_reading
from schools.core.errors import RuleBroken
from schools.core.row_ids import row_id
from schools.directory.models import GroupKind, School
from schools.office.frame import query_params
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.schools.forms.groups import GroupCallForm
from schools.office.schools.groups import GroupSchools, group_of, schools_of
from schools.office.schools.views.calls import DONE, POSTS, UNDONE, logged_call, typed_again
from schools.visits.actions.calls import CallOutcome, Typed, log_call_together, typed_of
from schools.visits.actions.undoing import undo
from schools.visits.models import Batch
from schools.visits.queries.held import heard_of_it


@allowed("view_school", posts=POSTS)
@heavy_reading()
def group(request: SignedInRequest, nation: str, group_kind: str, code: str) -> HttpResponse:
    """Show the group's schools in the user's areas. `do` logs one call for those that are ticked, or takes that back."""
    together = _together(request, nation, group_kind, code)
    if request.method != "POST":
        form = _form(together, typed=typed_again(request, together.ids))
        return _show(request, together, form=form, done=logged_call(request, row_id(request.GET.get(DONE))))
    return _undo(request, together) if request.POST["do"] == "undo" else _log(request, together)


def _together(request: SignedInRequest, nation: str, kind: str, code: str) -> GroupSchools:
    """Return the group with those of its schools that the user may see. Raise Http404 where there is none."""
    if kind not in GroupKind.values or "\x00" in code:  # which PostgreSQL refuses
        raise Http404
    on, of_kind = today(), GroupKind(kind)
    schools = School.objects.for_user(request.user, on=on).in_group(nation, of_kind, code)
    named = group_of(schools, of_kind)
    if named is None:
        raise Http404
    return schools_of(named, schools, on=on)


def _form(together: GroupSchools, data: Any = None, *, typed: Typed | None = None) -> GroupCallForm:
    """Return the form: those are ticked that are to be asked now, or else those of the call of which this was `typed`."""
    whom = next(map(str, together.shared), f"the {together.group.kind.label.lower()}")
    initial = {"who": typed.who, "note": typed.note} if typed else {"who": whom}
    ticked = typed.schools if typed else {line.school.pk for line in together.lines if line.is_to_ask}
    listed = [line.school for line in together.lines]
    return GroupCallForm(data, initial=initial, on=today(), schools=listed, first=ticked)


def _log(request: SignedInRequest, together: GroupSchools) -> HttpResponse:
    """Log the call for the schools that are ticked; or show the page again, with the reasons why not."""
    form = _form(together, request.POST)
    if not form.is_valid():
        return _show(request, together, form=form)
    try:
        batch = log_call_together(
            list(form.cleaned_data["school"]),
            form.call(CallOutcome(request.POST["do"])),
            group=together.group,
            by=request.user,
            now=timezone.localtime(),
            seen=row_id(request.POST.get("seen")),
        )
    except RuleBroken as broken:
        return _show(request, together, form=form, reasons=broken.reasons)
    return redirect(_address(request, together, **{DONE: batch.pk}))


def _undo(request: SignedInRequest, together: GroupSchools) -> HttpResponse:
    """Take the call back at all of its schools."""
    batch = logged_call(request, row_id(request.POST.get("batch")))
    if batch is None:
        return _show(
            request, together, reasons=["There is no such call of yours that could be undone. Look at what was said last."]
        )
    try:
        batch = undo(batch, by=request.user, now=timezone.localtime())
    except RuleBroken as broken:  # on another device it was undone at the same moment
        return _show(request, together, reasons=broken.reasons)
    if batch.left_alone:
        now_there = _together(request, *_key(together))
        return _show(request, now_there, form=_form(now_there, typed=typed_of(batch)), reasons=batch.left_alone)
    messages.success(request, f"Undone: nothing is logged.{heard_of_it(batch)}")
    return redirect(_address(request, together, **{UNDONE: batch.pk}))


def _key(together: GroupSchools) -> tuple[str, str, str]:
    return together.group.nation, together.group.kind.value, together.group.code


def _back(request: SignedInRequest) -> str:
    """Return the address of the place in the list of who is due from which somebody came; blank: they came from elsewhere."""
    address = query_params.office_address(request.GET.get("back"))
    return address if address.startswith(reverse("admin:due")) else ""


def _address(request: SignedInRequest, together: GroupSchools, **names: int) -> str:
    """Return the address of the group's page, which still leads to the place from which somebody came."""
    back = _back(request)
    query: dict[str, int | str] = {**names, **({"back": back} if back else {})}
    return reverse("admin:school-group", args=_key(together), query=query or None)


def _show(
    request: SignedInRequest,
    together: GroupSchools,
    *,
    form: GroupCallForm | None = None,
    reasons: list[str] | None = None,
    done: Batch | None = None,
) -> HttpResponse:
    user = request.user
    return page(
        request,
        "office/schools/group.html",
        str(together.group),
        group=together.group,
        lines=together.lines,
        shared=together.shared,
        seen=together.seen,
        form=form or _form(together),
        wrong_forms=[form] if form and form.is_bound else [],
        reasons=reasons or [],
        done=done,
        address=_address(request, together),
        back=_back(request),
        may_log=user.has_perm("schools.add_contactlog"),
        may_book=user.has_perm("schools.add_visit"),
        may_undo=user.has_perm("schools.change_visit"),
    )
