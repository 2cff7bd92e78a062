"""Letting somebody in again who is locked out: asking, agreeing, stopping, and the trustees who may agree."""

from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.accounts.models import User
from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.row_ids import row_id
from schools.office.accounts.forms import LockedOutForm, TrusteeForm
from schools.office.frame.pages import allowed, page
from schools.recovery.actions import agree, ask, stop
from schools.recovery.models import AGREED_WITHIN, Recovery, Standing, StepHow, Trustee
from schools.recovery.queries import NEW_TRUSTEE_WAITS, agreements, mail_comes_back, open_request_of
from schools.recovery.reach import reach_of
from schools.recovery.rules import Wish, reasons_not_to_agree
from schools.recovery.trustees import end_trustee, name_trustee

MOST_SHOWN = 100


@allowed("view_recovery")
def locked_out(request: SignedInRequest) -> HttpResponse:
    """Find who is locked out by name, and show whom somebody has asked for, and how it stands."""
    now, words = timezone.now(), request.GET.get("q", "").strip()
    people = list(User.objects.get_queryset().named(words).filter(is_active=True)[:MOST_SHOWN]) if words else []
    rows = Recovery.objects.select_related("user", "asked_by")
    open_ones = [(row, row.standing(now)) for row in rows.open().order_by("asked_at", "pk")[:MOST_SHOWN]]
    ended = rows.exclude(ended_at=None)[:MOST_SHOWN]
    return page(
        request, "office/accounts/locked_out.html", "Somebody is locked out", words=words, people=people,
        open_ones=open_ones, ended=ended,
    )  # fmt: skip


@allowed("add_recovery", posts={"ask": "add_recovery"})
def locked_out_person(request: SignedInRequest, user_id: int) -> HttpResponse:
    """Show how the person can be reached and what they have; `do` asks that they are let in again."""
    person = get_object_or_404(User, pk=user_id)
    form = LockedOutForm(request.POST or None)
    reasons: list[str] = []
    if request.method == "POST" and form.is_valid():
        try:
            recovery = ask(person, Wish(**form.cleaned_data), by=request.user, now=timezone.now())
        except RuleBroken as broken:
            reasons = broken.reasons
        else:
            messages.success(request, f"Asked. Now somebody else has to agree: {person} and everybody who may were mailed.")
            return redirect("admin:locked-out-request", recovery.pk)
    return page(
        request, "office/accounts/locked_out_person.html", f"{person} is locked out", person=person, form=form, reasons=reasons,
        wrong_forms=[form] if form.is_bound and form.errors else [], open_request=open_request_of(person),
        factors=Authenticator.objects.filter(user=person).exclude(type=Authenticator.Type.RECOVERY_CODES).count(),
        reach=reach_of(person),
    )  # fmt: skip


@allowed("view_recovery", posts={"agree": "change_recovery", "stop": "change_recovery"})
def locked_out_request(request: SignedInRequest, recovery_id: int) -> HttpResponse:
    """Show what was asked, every step, and how it stands; `do` agrees as the second person, or stops it."""
    recovery = get_object_or_404(Recovery.objects.select_related("user", "asked_by"), pk=recovery_id)
    now = timezone.now()
    if request.method == "POST":
        _act(request, recovery, now=now)
        return redirect("admin:locked-out-request", recovery.pk)
    standing = recovery.standing(now)
    return page(
        request, "office/accounts/locked_out_request.html", f"{recovery.user} is locked out", recovery=recovery,
        steps=recovery.steps.select_related("by", "trustee"), standing=standing, yeses=agreements(recovery).count(),
        needs_yes=standing is Standing.NEEDS_YES, may_stop=recovery.ended_at is None,
        against=reasons_not_to_agree(recovery, by=request.user, now=now) if standing is Standing.NEEDS_YES else [],
        comes_back=mail_comes_back(recovery.old_email), answer_by=recovery.asked_at + AGREED_WITHIN,
    )  # fmt: skip


def _act(request: SignedInRequest, recovery: Recovery, *, now: datetime) -> None:
    """Agree or stop, as the button says; what stands against it is said on the page."""
    try:
        if request.POST["do"] == "agree":
            agree(recovery, by=request.user, now=now)
            messages.success(request, f"You agreed. {recovery.user} was told, and can stop it until it takes effect.")
        else:
            stop(recovery, by=request.user, how=StepHow.OFFICE, now=now)
            messages.success(request, f"Stopped. Nothing was changed, and {recovery.user} was told.")
    except RuleBroken as broken:
        messages.error(request, " ".join(broken.reasons))


@allowed("view_trustee", posts={"name": "add_trustee", "end": "change_trustee"})
def trustees(request: SignedInRequest) -> HttpResponse:
    """Show the trustees; `do` names one, who is asked by mail, or ends one."""
    now, step = timezone.now(), request.POST.get("do", "")
    if step == "end":
        trustee = get_object_or_404(Trustee, pk=row_id(request.POST.get("trustee", "")) or 0)
        end_trustee(trustee, now=now)
        messages.success(request, f"{trustee} agrees to nothing any more.")
        return redirect("admin:trustees")
    form = TrusteeForm(request.POST if step == "name" else None)
    if form.is_valid() and _name(request, form, now=now):
        return redirect("admin:trustees")
    rows: list[tuple[Trustee, Any]] = [
        (trustee, trustee.said_yes_at + NEW_TRUSTEE_WAITS if trustee.said_yes_at else None)
        for trustee in Trustee.objects.filter(ended_at=None).select_related("named_by")
    ]
    return page(
        request, "office/accounts/trustees.html", "Trustees", form=form, rows=rows, now=now,
        wrong_forms=[form] if form.is_bound and form.errors else [],
    )  # fmt: skip


def _name(request: SignedInRequest, form: TrusteeForm, *, now: datetime) -> bool:
    """Store who was typed; False where the form now has reasons against it."""
    try:
        trustee = name_trustee(**form.cleaned_data, by=request.user, now=now)
    except RuleBroken as broken:
        form.add_error(None, broken)
        return False
    messages.success(request, f"{trustee} was asked by mail. They count from two weeks after their yes.")
    return True
