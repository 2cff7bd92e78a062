"""The volunteers' guide as a page of the portal."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from schools.accounts.requests import SignedInRequest
from schools.core.guides import guide_named


@require_safe
def guide(request: SignedInRequest) -> HttpResponse:
    """Show the guide for volunteers; its links to other guides are those of the office."""
    return render(request, "portal/guide.html", {"guide": guide_named("volunteer", address="/admin/guide/{name}/")})
