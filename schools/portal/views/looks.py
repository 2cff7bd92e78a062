"""The page on which volunteers read who looked at their clearances."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from schools.accounts.requests import SignedInRequest
from schools.portal import queries
from schools.portal.views.access import volunteer_required
from schools.volunteers.models import Volunteer

MOST_SHOWN = 100
"""Rows on the page; all of them are in the file of everything that is held."""


@require_safe
@volunteer_required
def looks(request: SignedInRequest, volunteer: Volunteer) -> HttpResponse:
    """Show who saw the volunteer's clearances, newest first."""
    seen = list(queries.looks_at(volunteer)[: MOST_SHOWN + 1])
    context = {"looks": seen[:MOST_SHOWN], "are_there_more": len(seen) > MOST_SHOWN, "at": "me"}
    return render(request, "portal/looks.html", context)
