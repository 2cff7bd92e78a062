"""Who may see a page of the portal: people who volunteer, and for most pages who accepted the agreement."""

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


def for_volunteers(view: View) -> View:
    """Hand the view the volunteer who signed in; others read kindly that these pages are not theirs."""

    @wraps(view)
    def checked(request: SignedInRequest, **kwargs: Any) -> HttpResponse:
        volunteer = volunteer_of(request.user, on=timezone.localdate())
        if volunteer is None:
            return render(request, "portal/no_volunteer.html")
        return view(request, volunteer, **kwargs)

    return checked


def who_agreed(view: View) -> View:
    """First ask for the agreement where a new version is in force.

    Never before the page of a morning, nor before somebody tells how it went: those are opened in a hall, in a hurry.
    """

    @wraps(view)
    def asked_first(request: SignedInRequest, volunteer: Volunteer, **kwargs: Any) -> HttpResponse:
        if volunteer.asked_agreement is not None and request.method != "POST":
            return redirect(f"{reverse('agreement')}?{urlencode({'next': request.get_full_path()})}")
        return view(request, volunteer, **kwargs)

    return asked_first
