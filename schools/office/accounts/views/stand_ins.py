"""The page on which coordinators say who stands in for them while they are away."""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from schools.accounts.models import User
from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.row_ids import row_id
from schools.directory.actions import add_stand_in, end_stand_in
from schools.directory.models import StandIn, StandInQuerySet
from schools.directory.standing_in import days_in_words
from schools.office.accounts.forms import StandInForm
from schools.office.bookings.bulk import coordinators_for
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import say_with_undo
from schools.office.frame.visibility import today


@allowed("change_visit", posts={"add": "change_visit", "end": "change_visit"})
def stand_ins(request: SignedInRequest) -> HttpResponse:
    """Show who is away and who stands in, from today on. `do` adds one, or ends one because they are back."""
    step = request.POST.get("do", "")
    if step == "end":
        _end(request)
        return redirect("admin:stand-ins")
    typed = request.POST if step == "add" else None
    form = StandInForm(typed, people=coordinators_for(request.user), by=request.user, initial={"first": today()})
    if form.is_valid() and _add(request, form):
        return redirect("admin:stand-ins")
    rows = _shown_to(request.user).select_related("coordinator", "stand_in")
    return page(
        request,
        "office/accounts/stand_ins.html",
        "When you are away",
        form=form,
        wrong_forms=[form] if form.is_bound and form.errors else [],
        rows=[(row, _may_end(request.user, row)) for row in rows],
    )


def _shown_to(user: User) -> StandInQuerySet:
    """Return those that are not over: a coordinator’s own, both ways; managers see all."""
    to_come = StandIn.objects.filter(to_day__gte=today())
    return to_come if user.is_manager else to_come.filter(Q(coordinator=user) | Q(stand_in=user))


def _may_end(user: User, row: StandIn) -> bool:
    return user.is_manager or row.coordinator_id == user.pk


def _add(request: SignedInRequest, form: StandInForm) -> bool:
    """Store what was typed; False where the form now has reasons against it."""
    data = form.cleaned_data
    coordinator = data.get("coordinator") or request.user
    try:
        row = add_stand_in(coordinator, data["stand_in"], first=data["first"], last=data["last"], on=today())
    except RuleBroken as broken:
        form.add_error(None, broken)
        return False
    words = f"{row.stand_in} stands in for {row.coordinator} {days_in_words(row)}."
    # Of one that has begun the days that are over would stay.
    say_with_undo(request, words, {"do": "end", "stand_in": row.pk} if row.from_day >= today() else {})
    return True


def _end(request: SignedInRequest) -> None:
    pk = row_id(request.POST.get("stand_in", "")) or 0
    row = _shown_to(request.user).filter(pk=pk).first()
    if row is None:
        if not pk or StandIn.objects.filter(pk=pk, to_day__gte=today()).exists():
            raise Http404
        messages.info(request, "That is over already.")
        return
    if not _may_end(request.user, row):
        messages.error(request, f"Only {row.coordinator} or a manager can end it. Ask them.")
        return
    end_stand_in(row, on=today())
    who = {"coordinator": row.coordinator_id, "stand_in": row.stand_in_id}
    days = {"first": max(row.from_day, today()).isoformat(), "last": row.to_day.isoformat()}
    words = f"{row.stand_in} stands in for {row.coordinator} no longer."
    if row.from_day >= today():
        words = f"{row.stand_in} does not stand in for {row.coordinator} {days_in_words(row)}."
    say_with_undo(request, words, {"do": "add", **who, **days})
