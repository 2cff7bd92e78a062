"""SMS by GOV.UK Notify, made so that a sender always knows whether it took one; imported only where one is sent.

The template at Notify consists of one placeholder, ((text)), so that every word is ours. What Notify or the network answers is
put into our own words: `schools.messages.smtp` and `schools.messages.refusals`.
"""

from collections.abc import Callable
from typing import Any

import requests
from django.conf import settings
from notifications_python_client.errors import HTTPError, InvalidResponse
from notifications_python_client.notifications import NotificationsAPIClient
from urllib3.exceptions import MaxRetryError, NewConnectionError

from schools.messages.models import OutboxMessage
from schools.messages.refusals import AddressRefused, Refused, TooMany, without_others
from schools.messages.smtp import NoEntry, Unanswered

PLACEHOLDER = "text"
ANSWER_WITHIN = 30
"""Seconds that Notify may take for each step of its answer."""
TOO_MANY = 429
NOT_LET_IN = {401, 403}
"""The key is wrong or the clock is: it is about the installation, not about the message."""
OF_NUMBER = ("phone_number", "phone number")
"""What Notify names where it refuses the number."""
OF_ACCOUNT = ("team-only", "trial mode", "international")
"""What it says where our account may not send there: that is not about the number."""


def hand_to_notify(sms: OutboxMessage, *, before_text: Callable[[], None]) -> None:
    """Hand the SMS to Notify. Raises NoEntry, Unanswered, TooMany, Refused or AddressRefused, and what `before_text` raises."""
    # Its client has no types.
    client: Any = NotificationsAPIClient(  # type: ignore[no-untyped-call]  # its package has no types
        settings.SPEAKOUT_SMS_KEY, base_url=settings.NOTIFY_SERVER, timeout=ANSWER_WITHIN
    )
    before_text()
    try:
        client.send_sms_notification(
            phone_number=sms.to,
            template_id=settings.SPEAKOUT_SMS_TEMPLATE,
            personalisation={PLACEHOLDER: sms.body},
            reference=sms.message_id,
            sms_sender_id=settings.SPEAKOUT_SMS_SENDER or None,
        )
    except InvalidResponse as error:
        raise Unanswered("Notify had the whole SMS and its answer could not be read.") from error
    except HTTPError as error:
        raise in_our_words(error, sms) from error


def in_our_words(error: HTTPError, sms: OutboxMessage) -> Exception:
    """Return what the error means for the SMS."""
    if error.response is None:
        return _of_network(error)
    status = error.response.status_code
    words = without_others(f"{status} {_answer(error)}", sms.to)
    if status == TOO_MANY:
        return TooMany(f"Notify got too many SMS: {words}")
    if status in NOT_LET_IN or status >= 500:
        return NoEntry(f"Notify lets us not in, or is out of order: {words}")
    if status == 400 and _is_of_number(words):
        return AddressRefused(f"Notify refused the number: {words}")
    return Refused(f"Notify refused the SMS: {words}")


def _is_of_number(words: str) -> bool:
    small = words.lower()
    return any(word in small for word in OF_NUMBER) and not any(word in small for word in OF_ACCOUNT)


def _answer(error: HTTPError) -> str:
    """Return what Notify says, without more of its JSON than that."""
    message: Any = error.message
    if isinstance(message, list):
        return "; ".join(str(each.get("message", "")) if isinstance(each, dict) else str(each) for each in message)
    return str(message)


def _of_network(error: HTTPError) -> Exception:
    """Return whether Notify may have the SMS, where no answer of it came."""
    cause = error.__cause__ or error.__context__
    if not isinstance(cause, requests.RequestException):
        return Unanswered(f"Notify may have the whole SMS: {error}")
    reason = cause.args[0] if cause.args else None
    reason = reason.reason if isinstance(reason, MaxRetryError) else reason
    never_reached = requests.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.ProxyError
    if isinstance(cause, never_reached) or isinstance(reason, NewConnectionError):
        return NoEntry(f"Notify was not reached: {type(cause).__name__}")
    return Unanswered(f"Notify may have the whole SMS and gave no answer: {type(cause).__name__}")
