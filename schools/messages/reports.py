"""What the mail provider reports afterwards: that a mail came back, or that its reader complained.

The provider posts to `/mail-events/PROVIDER/`, an address that is there only where one is set. Who posts is known by the secret:
Mailgun signs with it, the others give it as a password. Anything else is refused before it is read.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from anymail.signals import EventType, RejectReason
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ImproperlyConfigured, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from schools.messages.models import OF_SIGNING_IN, OutboxMessage, SuppressedAddress
from schools.messages.refusals import says_of_address
from schools.messages.suppression import is_ours, mark
from schools.messages.tries import bring_back

CAME_BACK = {EventType.BOUNCED, EventType.REJECTED, EventType.FAILED}
OF_ADDRESS = {RejectReason.BOUNCED, RejectReason.INVALID}
"""Of what came back, the reasons that lie with the address: it does not exist, or takes nothing any more."""
SOFT = {"SoftBounce", "soft_bounce"}
"""What providers call a mailbox that is full or away: this mail came back, and the next may arrive."""
OF_FILTER = "SpamNotification"
"""What Postmark calls a mail that a filter sent back. Anymail takes it for a complaint, and no reader has seen it."""

USER = "speakout"
"""The name before the password, in the address that somebody types at the provider."""

READERS: dict[str, tuple[type[Any], str]] = {
    "postmark": (PostmarkTrackingWebhookView, "webhook_secret"),
    "brevo": (BrevoTrackingWebhookView, "webhook_secret"),
    "mailgun": (MailgunTrackingWebhookView, "webhook_signing_key"),
}
"""What reads the reports of each provider, and how anymail calls that by which it knows who posts."""

UNREADABLE = (KeyError, ValueError, TypeError, AttributeError, ImproperlyConfigured)
"""What anymail raises where a report is none."""


def view_of(provider: str, secret: str) -> Callable[[HttpRequest], HttpResponse]:
    """Return the view to which the provider reports."""
    reader, name = READERS[provider]
    known_by = {name: secret if name == "webhook_signing_key" else f"{USER}:{secret}"}

    @csrf_exempt
    @login_not_required
    @require_POST
    def take_reports(request: HttpRequest) -> HttpResponse:
        """Take one post of the provider. Raises SuspiciousOperation where it is not signed, or cannot be read."""
        reports = reader(**known_by)
        try:
            reports.run_validators(request)
            events = reports.parse_events(request)
        except UNREADABLE as error:
            raise SuspiciousOperation("The report of the mail provider cannot be read.") from error
        for event in events:
            take_report(event, now=timezone.now())
        return HttpResponse()

    return take_reports


def take_report(event: Any, *, now: datetime) -> None:
    """Mark the address, and write down that the message came back, as far as that is ours and no old news.

    `event` is anymail's. The same may be reported twice, late, or before we know ourselves that the message went out.
    """
    address, words = (event.recipient or "").strip(), event.mta_response or event.description or event.event_type
    if not address or event.event_type not in {EventType.COMPLAINED, *CAME_BACK} or not is_ours(address):
        return
    is_complaint = event.event_type == EventType.COMPLAINED and OF_FILTER not in _names_of(event)
    message = _message_of(event, address)
    at = min(event.timestamp or now, now)
    if message and message.stopped_at is None:
        # What comes back came back after it was sent, whatever the provider’s clock says.
        at = max(at, message.sent_at or now)
    is_of_address, row = is_complaint or _is_of_address(event, words), None
    if is_of_address:
        reason = SuppressedAddress.Reason.COMPLAINT if is_complaint else SuppressedAddress.Reason.BOUNCE
        row = mark(address, reason, words, at=at)
    # What somebody complains of has arrived.
    if message and not is_complaint:
        bring_back(message, words, row=row, is_lifted=is_of_address and row is None, now=now)


def _message_of(event: Any, address: str) -> OutboxMessage | None:
    """Return the message that is reported of; of one of signing in nothing is written down."""
    message_id = str((event.metadata or {}).get("message") or "")
    theirs = OutboxMessage.objects.filter(message_id=message_id, to__iexact=address).exclude(message_id="")
    return theirs.exclude(key__startswith=OF_SIGNING_IN).first()


def _is_of_address(event: Any, words: str) -> bool:
    return event.reject_reason in OF_ADDRESS and not SOFT & _names_of(event) and says_of_address(words)


def _names_of(event: Any) -> set[str]:
    """Return what the provider itself calls what happened."""
    raw = event.esp_event.get("event-data", event.esp_event) if isinstance(event.esp_event, dict) else {}
    return {str(raw.get("Type")), str(raw.get("event"))}
