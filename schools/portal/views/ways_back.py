"""The pages behind the links about somebody who is locked out: they are stopped, agreed to, confirmed, and let in."""

from datetime import datetime
from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.recovery.actions import LINK_OVER, agree, come_in, confirm_new_address, stop
from schools.recovery.links import Pointer, Purpose, pointer_in
from schools.recovery.models import LINK_HOLDS, Recovery, Standing, StepHow, Trustee
from schools.recovery.queries import NEW_TRUSTEE_WAITS, open_request_of
from schools.recovery.rules import may_come_in, reasons_not_to_agree
from schools.recovery.trustees import say_yes


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def way_back(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the link does, and do it by POST; a GET changes nothing, because mail programs open links first."""
    now, pointer, problems = timezone.now(), pointer_in(token), list[str]()
    if request.method == "POST" and pointer is not None:
        try:
            if pointer.purpose is Purpose.ENTER and pointer.recovery is not None:
                return _enter(request, pointer.recovery, now=now)
            _act(pointer, request.POST.get("do", ""), now=now)
        except RuleBroken as broken:
            problems = broken.reasons
        else:
            return redirect("way-back", token)
    context = _shown(pointer, now=now) if pointer else {"state": "over"}
    return render(request, "portal/way_back.html", {**context, "problems": problems})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def my_way_back(request: SignedInRequest) -> HttpResponse:
    """Show the person what was asked for them, while they are signed in, and stop it by POST."""
    now, recovery, problems = timezone.now(), open_request_of(request.user), list[str]()
    if recovery is not None and request.method == "POST":
        try:
            stop(recovery, by=request.user, how=StepHow.OWN_PAGE, now=now)
        except RuleBroken as broken:
            problems = broken.reasons
        recovery.refresh_from_db()
    elif recovery is None:
        recovery = Recovery.objects.filter(user=request.user).select_related("asked_by").first()
    context = _shown(Pointer(Purpose.STOP, recovery), now=now) if recovery else {"state": "nothing"}
    return render(request, "portal/way_back.html", {**context, "problems": problems, "at": "me"})


def _enter(request: HttpRequest, recovery: Recovery, *, now: datetime) -> HttpResponse:
    """Sign the person in; allauth still asks for the second factor of whoever has one."""
    user = come_in(recovery, now=now)
    # They have just shown that they read the mail of this address, so setting up a second factor asks for nothing more.
    record_authentication(request, user, method="code", email=user.email)
    entered: HttpResponse = perform_login(request, Login(user=user, email=user.email))
    return entered


def _act(pointer: Pointer, do: str, *, now: datetime) -> None:
    """Do what the button says. Raises RuleBroken with every reason why not."""
    recovery, trustee = pointer.recovery, pointer.trustee
    if recovery is None:
        if trustee is not None:
            say_yes(trustee, now=now)
    elif pointer.purpose is Purpose.STOP:
        stop(recovery, by=None, how=StepHow.LINK, now=now)
    elif pointer.purpose is Purpose.NEW:
        confirm_new_address(recovery, now=now)
    elif trustee is not None:
        _answer(recovery, trustee, do, now=now)


def _answer(recovery: Recovery, trustee: Trustee, do: str, *, now: datetime) -> None:
    if trustee.ended_at is not None or do not in {"agree", "stop"}:
        raise RuleBroken([_(LINK_OVER)])
    if do == "agree":
        agree(recovery, by=trustee, now=now)
    else:
        stop(recovery, by=trustee, how=StepHow.LINK, now=now)


def _shown(pointer: Pointer, *, now: datetime) -> dict[str, Any]:
    """Return what is true now of what the link points to, for the page."""
    recovery, trustee = pointer.recovery, pointer.trustee
    context: dict[str, Any] = {"purpose": pointer.purpose.value, "recovery": recovery, "trustee": trustee}
    if recovery is None:
        if trustee is None or trustee.ended_at:
            return context | {"state": "over"}
        counts_from = trustee.said_yes_at + NEW_TRUSTEE_WAITS if trustee.said_yes_at else None
        return context | {"state": "trustee", "counts_from": counts_from}
    if pointer.purpose is Purpose.ENTER:
        may = may_come_in(recovery, now=now, holds_until=(recovery.ended_at or now) + LINK_HOLDS)
        return context | {"state": "enter" if may else "over"}
    if recovery.ended_at is not None:
        return context | {"state": recovery.outcome}
    return context | _open(recovery, pointer, now=now)


def _open(recovery: Recovery, pointer: Pointer, *, now: datetime) -> dict[str, Any]:
    """Return how a request that has not ended stands for whoever opened the link."""
    if pointer.purpose is Purpose.STOP:
        return {"state": "stop"}
    standing = recovery.standing(now)
    if pointer.purpose is Purpose.NEW:
        if recovery.new_said_yes_at:
            return {"state": "new-said"}
        return {"state": "new" if standing is Standing.NEEDS_YES else "over"}
    if pointer.trustee is None or pointer.trustee.ended_at:
        return {"state": "over"}
    return {"state": "agree", "against": reasons_not_to_agree(recovery, by=pointer.trustee, now=now)}
