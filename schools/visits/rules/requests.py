"""Reasons not to confirm what somebody at a school asked for, and not to join it with a school."""

from datetime import datetime

from django.utils.translation import gettext as _

from schools.core.erased import names_nobody
from schools.directory.models import School
from schools.visits.models import RequestState, VisitRequest
from schools.visits.request_links import is_too_old


def reasons_not_to_confirm_request(request: VisitRequest, *, now: datetime) -> list[str]:
    """Return the reasons why the request cannot be confirmed any more; one that was confirmed already has none."""
    if is_too_old(request, now=now):
        return [_("You had a week to confirm this. Ask once more; it takes a minute.")]
    return []


def reasons_not_to_join(request: VisitRequest, school: School) -> list[str]:
    """Return the reasons why the office cannot say that the request is of this school."""
    if request.state == RequestState.UNCONFIRMED:
        return ["Nobody has confirmed this by mail yet. Wait for that."]
    if request.visit_id is not None:
        return ["This request belongs to a visit already. Look at that one."]
    if not school.is_bookable:
        return [f"{school} cannot be visited: it is closed, or has no Reception to Year 6. Look for its successor."]
    return []


def reasons_not_to_know(request: VisitRequest) -> list[str]:
    """Return the reasons why whoever asked cannot be put among the people at the school."""
    if request.state == RequestState.UNCONFIRMED:
        return ["Nobody has confirmed this by mail yet. Wait for that."]
    if is_of_nobody(request):
        return ["Who asked for this was erased, so there is nobody to put there. Ask the school whom to write to."]
    if request.school_id is None:
        return ["Say first which school it is."]
    return []


def is_of_nobody(request: VisitRequest) -> bool:
    """Return whether who asked was erased: no mail reaches anybody by the request, and it names nobody."""
    return is_nobody(request.name, request.email)


def is_nobody(name: str, email: str) -> bool:
    """Return whether this is what erasing leaves of somebody who asked."""
    return "@" not in email or names_nobody(name)
