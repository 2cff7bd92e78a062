"""Onboarding and confirming: the link of an invitation, the agreement, the links of a change of address."""

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
from schools.portal import queries
from schools.portal.views.access import volunteer_required
from schools.volunteers.actions import accept_agreement, accept_invitation, confirm_address_change
from schools.volunteers.models import Agreement, Volunteer
from schools.volunteers.queries import change_of, invitation_of


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Show an invitation, and accept it once by POST; a GET uses nothing up, because mail programs open links first."""
    now = timezone.now()
    if request.method == "POST":
        try:
            user = accept_invitation(secret, now=now)
        except RuleBroken:
            return render(request, "portal/invitation.html", {"invitation": None})
        first = reverse(queries.first_page(Volunteer.objects.get(user=user), now=now))
        # Sign in through allauth, not Django: it still asks for the second factor of people who have one.
        entered: HttpResponse = perform_login(request, Login(user=user, email=user.email, redirect_url=first))
        return entered
    return render(request, "portal/invitation.html", {"invitation": invitation_of(secret, now=now)})


@require_http_methods(["GET", "HEAD", "POST"])
@volunteer_required
def agreement(request: SignedInRequest, volunteer: Volunteer) -> HttpResponse:
    """Show the agreement that is in force, and accept it by POST."""
    now = timezone.now()
    in_force = Agreement.objects.in_force(on=timezone.localdate(now)).first()
    if in_force is None:
        messages.info(request, _("There is no agreement yet. You are asked to read it once there is one."))
        return redirect("home")
    if request.method == "POST":
        accept_agreement(volunteer, get_object_or_404(Agreement, pk=in_force.pk, version=request.POST.get("version")), now=now)
        messages.success(request, _("Thank you. You can read it again under “Me”."))
        return redirect(_next(request))
    context = {"agreement": in_force, "is_asked": volunteer.asked_agreement is not None, "next": _next(request), "at": "me"}
    return render(request, "portal/agreement.html", context)


def _next(request: HttpRequest) -> str:
    """Return the page of this site to which `next` points; the volunteer's first page where it points elsewhere or is blank."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return wanted if ours else reverse("home")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def address_change(request: HttpRequest, secret: str) -> HttpResponse:
    """Confirm a change of address from the link in one of the two messages; no sign-in is needed."""
    now = timezone.now()
    if request.method == "POST":
        try:
            change = confirm_address_change(secret, now=now)
        except RuleBroken:
            return render(request, "portal/address_change.html", {"change": None})
        return render(request, "portal/address_change.html", {"change": change, "is_said": True})
    change_and_end = change_of(secret, now=now)
    context = {"change": change_and_end[0], "end": change_and_end[1]} if change_and_end else {"change": None}
    return render(request, "portal/address_change.html", context)
