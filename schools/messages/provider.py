"""Mail by a provider's programming interface (django-anymail), made so that a sender always knows whether it took a message.

What the provider or the network answers is put into our own words: `schools.messages.smtp` and `schools.messages.refusals`. What
comes back later is told by the provider's reports (`schools.messages.reports`).
"""

from collections.abc import Sequence
from typing import Any

import requests
from anymail.exceptions import AnymailError, AnymailRecipientsRefused
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.module_loading import import_string
from urllib3.exceptions import MaxRetryError, NewConnectionError

from schools.messages.calendar_parts import put_calendar_into_files
from schools.messages.refusals import AddressRefused, Refused, TooMany, without_others
from schools.messages.smtp import NoEntry, Unanswered, ask_before_text

TAKEN = {"sent", "queued"}
"""What anymail calls a message that the provider took. Where it cannot read the answer, it says otherwise and raises nothing."""
TOO_MANY = 429
NOT_LET_IN = {401, 402, 403}
"""The key is wrong, the account is not paid or not approved: it is about the installation, not about the message."""

KNOWS_ONE_ANSWER_ADDRESS = "Brevo"
"""The provider, as anymail calls it, by which answers can go to one address alone. The text names all from whom the mail is."""


class ProviderBackend(BaseEmailBackend):
    """Sends by anymail's backend of the provider; raises NoEntry, Unanswered, TooMany, Refused or AddressRefused."""

    def __init__(self, *, anymail: str, options: dict[str, Any], alias: str | None = None) -> None:
        super().__init__(alias=alias)
        self.backend = import_string(anymail)(alias=alias, **options)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send the messages; each one’s sender is asked once more before its text is handed over."""
        sent = 0
        for message in email_messages:
            self._fit(message)
            ask_before_text(message)
            try:
                sent += self.backend.send_messages([message])
            except AnymailError as error:
                raise in_our_words(error, message) from error
            _see_that_it_was_taken(message)
        return sent

    def _fit(self, message: EmailMessage) -> None:
        """Put the message into a shape that the provider takes; done twice, it is the same."""
        # No provider takes a form of the text but plain text and HTML.
        put_calendar_into_files(message)
        if self.backend.esp_name == KNOWS_ONE_ANSWER_ADDRESS:
            message.reply_to = message.reply_to[:1]


def _see_that_it_was_taken(message: EmailMessage) -> None:
    """Raise Refused or Unanswered where the provider does not say that it took the message."""
    status: Any = message.anymail_status  # type: ignore[attr-defined]  # anymail puts it there
    if status.status and status.status <= TAKEN:
        return
    response = status.esp_response
    words = f"The provider did not say that it took the message: {without_others(response.text, message.to[0])}"
    raise Refused(words) if response.status_code >= 400 else Unanswered(words)


def in_our_words(error: AnymailError, message: EmailMessage) -> Exception:
    """Return what the error of anymail means for the message."""
    status = error.status_code
    words = without_others(f"{status or ''} {_answer(error)}".strip(), message.to[0])
    if isinstance(error, AnymailRecipientsRefused):
        return AddressRefused(f"The provider refused the address: {words}")
    if status is None:
        return _of_network(error)
    if status == TOO_MANY:
        return TooMany(f"The provider got too many messages: {words}")
    if status in NOT_LET_IN or status >= 500:
        return NoEntry(f"The provider lets us not in, or is out of order: {words}")
    if 200 <= status < 300:
        return Unanswered(f"The provider had the whole message and its answer could not be read: {words}")
    return Refused(f"The provider refused the message: {words}")


def _answer(error: AnymailError) -> str:
    return str(error.response.text) if error.response is not None else type(error).__name__


def _of_network(error: AnymailError) -> Exception:
    """Return whether the provider may have the message, where no answer of it came."""
    cause = error.__cause__
    if not isinstance(cause, requests.RequestException):
        # Nothing was asked of the provider: what it cannot send, it never will.
        return Refused(f"It cannot be sent by the provider: {error}")
    reason = cause.args[0] if cause.args else None
    reason = reason.reason if isinstance(reason, MaxRetryError) else reason
    never_reached = requests.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.ProxyError
    if isinstance(cause, never_reached) or isinstance(reason, NewConnectionError):
        return NoEntry(f"The provider was not reached: {type(cause).__name__}")
    return Unanswered(f"The provider may have the whole message and gave no answer: {type(cause).__name__}")
