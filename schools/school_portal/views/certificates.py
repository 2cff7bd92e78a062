"""The certificate of a visit that took place, for a school to print: a look, which writes nothing."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from schools.charity.queries import current
from schools.core.private_pages import without_sign_in
from schools.school_portal.queries import Dead, opened
from schools.school_portal.views.visits import dead
from schools.visits.rules.school_answers import held_with


@without_sign_in
@require_safe
def certificate(request: HttpRequest, token: str) -> HttpResponse:
    """Show what took place at the school, on one sheet; before it has, say that there is none yet.

    It names nobody, and no number: numbers are corrected after it was hung up.
    """
    now = timezone.now()
    link = opened(token, on=timezone.localdate(now), with_counts=False)
    if isinstance(link, Dead):
        return dead(request, link)
    charity, sessions = current(), held_with(link.school, link.visit, link.sessions)
    context: dict[str, Any] = {
        "link": link,
        "visit": link.visit,
        "token": token,
        "sessions": sessions,
        "are_pupils_taught": any(session.type.is_for_pupils for session in sessions),
        "sender": [line for line in (charity.name or charity.brand, charity.address_on_one_line) if line],
    }
    response = render(request, "school_portal/certificate.html", context)
    response.headers["Content-Language"] = get_language() or ""
    return response
