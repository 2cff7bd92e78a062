"""What GOV.UK Notify reports afterwards: that an SMS arrived or did not, and what somebody answered.

Notify posts to `/sms-events/`, an address that is there only where SMS go by it. Who posts is known by the secret that stands as
a bearer token in the header. Anything else is refused before it is read.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.dateparse import parse_datetime
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from schools.messages.models import Channel, OutboxMessage
from schools.messages.sms import arrived, came_back, stop

ARRIVED = "delivered"
FAILED = {
    "permanent-failure": ("There is no such number, or it takes no SMS.", True),
    "temporary-failure": ("The phone was off or out of reach for days.", False),
    "technical-failure": ("Notify could not send it.", False),
}
"""Of each way in which an SMS fails: our words, and whether the number is at fault. Whatever else is reported changes nothing."""
STOPS = {"STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL"}
"""Answers, as their first word, that end SMS."""


def view_of(secret: str) -> Callable[[HttpRequest], HttpResponse]:
    """Return the view to which Notify reports."""

    @csrf_exempt
    @login_not_required
    @require_POST
    def take_reports(request: HttpRequest) -> HttpResponse:
        """Take one post of Notify. Raises SuspiciousOperation where it does not have the secret, or cannot be read."""
        if not constant_time_compare(request.headers.get("Authorization", "").encode(), f"Bearer {secret}".encode()):
            raise SuspiciousOperation("The report about an SMS does not have the secret.")
        try:
            report = json.loads(request.body)
        except ValueError as error:
            raise SuspiciousOperation("The report about an SMS cannot be read.") from error
        if not isinstance(report, dict):
            raise SuspiciousOperation("The report about an SMS cannot be read.")
        take_report(report, now=timezone.now())
        return HttpResponse()

    return take_reports


def take_report(report: dict[str, Any], *, now: datetime) -> None:
    """Write down what became of an SMS of ours, or that somebody wants no more of them.

    The same may be reported twice, late, in any order, or before we know ourselves that the SMS went out.
    """
    if "source_number" in report:
        answer = str(report.get("message") or "").split()
        if answer and answer[0].strip(".,!\"'").upper() in STOPS:
            stop(_international(str(report["source_number"])), at=_moment(report.get("date_received"), now=now))
        return
    reference, status = str(report.get("reference") or ""), str(report.get("status") or "")
    sms = OutboxMessage.objects.filter(channel=Channel.SMS, message_id=reference).exclude(message_id="").first()
    if sms is None:
        return
    at = _moment(report.get("completed_at"), now=now)
    if status == ARRIVED:
        arrived(sms, at=at)
    elif status in FAILED:
        words, is_of_number = FAILED[status]
        came_back(sms, words, is_of_number=is_of_number, at=at, now=now)


def _international(number: str) -> str:
    """Return the number with the plus sign that Notify leaves out where it begins with the country."""
    return number if number.startswith(("+", "0")) else f"+{number}"


def _moment(text: object, *, now: datetime) -> datetime:
    """Return the moment that is reported, and none of the future; now where it cannot be read."""
    try:
        moment = parse_datetime(str(text or ""))
    except ValueError:
        moment = None
    return min(moment, now) if moment and timezone.is_aware(moment) else now
