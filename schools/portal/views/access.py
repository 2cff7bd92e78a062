"""Who may see a page of the portal: volunteers, and for some pages only those who accepted the agreement."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from schools.accounts.requests import SignedInRequest
from schools.volunteers.models import Volunteer
from schools.volunteers.queries import volunteer_of

type View = Callable[..., HttpResponse]


def volunteer_required(view: View) -> View:
    """Pass the signed-in user's volunteer to the view; others see a page that says that these pages are for volunteers."""

    @wraps(view)
    def checked(request: SignedInRequest, **kwargs: Any) -> HttpResponse:
        volunteer = volunteer_of(request.user, on=timezone.localdate())
        if volunteer is None:
            return render(request, "portal/no_volunteer.html")
        return view(request, volunteer, **kwargs)

    return checked


def agreement_required(view: View) -> View:
    """Ask for the agreement first, where the volunteer has not accepted the version in force.

    Do not use this on the pages of a morning and of its outcome: people open them in a school's hall, in a hurry.
    """

    @wraps(view)
    def asked_first(request: SignedInRequest, volunteer: Volunteer, **kwargs: Any) -> HttpResponse:
        if volunteer.asked_agreement is not None and request.method != "POST":
            return redirect(f"{reverse('agreement')}?{urlencode({'next': request.get_full_path()})}")
        return view(request, volunteer, **kwargs)

    return asked_first
