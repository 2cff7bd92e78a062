"""Coming in: an invitation's link, the agreement, a change of address."""

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.portal.views.access import for_volunteers
from schools.volunteers.actions import accept_agreement, accept_invitation, confirm_address_change
from schools.volunteers.models import Agreement, Volunteer
from schools.volunteers.queries import change_of, invitation_of


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Let somebody in once. Looking uses nothing up: mail programs open links before people do."""
    now = timezone.now()
    if request.method == "POST":
        try:
            user = accept_invitation(secret, now=now)
        except RuleBroken:
            return render(request, "portal/invitation.html", {"invitation": None})
        # allauth's door, not Django's: whoever has a second factor is still asked for it.
        entered: HttpResponse = perform_login(request, Login(user=user, email=user.email, redirect_url=reverse("home")))
        return entered
    return render(request, "portal/invitation.html", {"invitation": invitation_of(secret, now=now)})


@require_http_methods(["GET", "HEAD", "POST"])
@for_volunteers
def agreement(request: SignedInRequest, volunteer: Volunteer) -> HttpResponse:
    """Read the agreement that is in force, and accept it where that is still to be done."""
    now = timezone.now()
    in_force = Agreement.objects.in_force(on=timezone.localdate(now)).first()
    if in_force is None:
        return redirect("home")
    if request.method == "POST":
        accept_agreement(volunteer, get_object_or_404(Agreement, pk=in_force.pk, version=request.POST.get("version")), now=now)
        messages.success(request, _("Thank you. You can read it again under “Me”."))
        return redirect(_next(request))
    context = {"agreement": in_force, "is_asked": volunteer.asked_agreement is not None, "next": _next(request), "at": "me"}
    return render(request, "portal/agreement.html", context)


def _next(request: HttpRequest) -> str:
    """The page of ours that somebody wanted; else mine."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return wanted if ours else reverse("home")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def address_change(request: HttpRequest, secret: str) -> HttpResponse:
    """One end of a change of address says yes; the other end need not be signed in here."""
    now = timezone.now()
    if request.method == "POST":
        try:
            change = confirm_address_change(secret, now=now)
        except RuleBroken:
            return render(request, "portal/address_change.html", {"change": None})
        return render(request, "portal/address_change.html", {"change": change, "is_said": True})
    found = change_of(secret, now=now)
    context = {"change": found[0], "end": found[1]} if found else {"change": None}
    return render(request, "portal/address_change.html", context)
