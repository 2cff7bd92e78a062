"""Django's SMTP backend, made so that a sender always knows whether the mail server took a message.

Three things are different: what goes wrong before the server lets us in is told from what goes wrong with the message; whoever
sends may refuse at the last moment, before the text is handed over; and the answer to the whole text is waited for as long as the
standard asks (RFC 5321, 4.5.3.2.6), because until then nobody knows whether the message went out.
"""

import re
import smtplib
from collections.abc import Callable
from contextlib import suppress
from email.headerregistry import HeaderRegistry, UnstructuredHeader
from email.policy import Policy, default
from typing import Any

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend

ANSWER_WITHIN = 10 * 60
"""Seconds that the server may take to answer once it has the whole text."""

GOODBYE_WITHIN = 2
"""Seconds to wait for the answer to the good-bye; what was sent is written down only after it."""


class NoEntry(smtplib.SMTPException):
    """The mail server was not reached, or let us not in: nothing is wrong with the message."""


class Unanswered(smtplib.SMTPException):
    """The server had the whole text and gave no answer: nobody knows whether the message went out."""


class AddressesOfLists(UnstructuredHeader):
    """A header with addresses of pages: each stays whole on a line. Python’s own breaks long ones by encoding parts of them."""

    NAME = "List-Unsubscribe"

    def fold(self, *, policy: Policy) -> str:
        """Return the header as it is sent, an address to a line."""
        return f"{self.NAME}: " + f",{policy.linesep} ".join(str(self).split(", ")) + policy.linesep


_headers = HeaderRegistry()
_headers.map_to_type(AddressesOfLists.NAME, AddressesOfLists)  # type: ignore[arg-type]  # it makes a BaseHeader of it


class CarefulMessage(EmailMultiAlternatives):
    """A mail whose sender is asked once more before its text is handed over."""

    before_text: Callable[[], None] | None = None
    """Called just before the text goes out; what it raises keeps the message from going out. None: nobody is asked."""
    metadata: dict[str, str]
    """What a provider repeats in its reports about the mail; SMTP leaves it out."""

    def message(self, *, policy: Any = default) -> Any:
        """Return the mail as it is sent, with addresses in headers whole."""
        return super().message(policy=policy.clone(header_factory=_headers))


def ask_before_text(message: EmailMessage) -> None:
    """Ask the sender of a mail once more whether it is to go; what they raise keeps it from going out."""
    if before_text := getattr(message, "before_text", None):
        before_text()


class _Careful(smtplib.SMTP):
    """A conversation with the mail server in which the handing over of the text is told apart from all before it."""

    before_text: Callable[[], None] | None = None

    def wait_at_most(self, seconds: float) -> None:
        """Wait so long for each answer from now on."""
        if self.sock:
            self.sock.settimeout(seconds)

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Hand over the text and return the server's answer to it. Raises Unanswered where none came."""
        if self.before_text:
            self.before_text()
        code, answer = self.docmd("data")
        if code != 354:
            raise smtplib.SMTPDataError(code, answer)
        text = re.sub(rb"(?m)^\.", b"..", bytes(msg))
        # What breaks here breaks before the line with the full stop, by which alone the server knows that it has all.
        self.send(text + (b"" if text.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        self.wait_at_most(ANSWER_WITHIN)
        try:
            code, answer = self.getreply()
        except smtplib.SMTPException as error:
            raise Unanswered(f"The mail server had the whole message and gave no answer: {error}") from error
        self.wait_at_most(self.timeout)
        if not 200 <= code < 600:
            raise Unanswered(f"The mail server had the whole message and its answer could not be read: {code} {answer!r}")
        return code, answer


class _CarefulTls(_Careful, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


class CarefulBackend(EmailBackend):
    """Sends by SMTP; raises NoEntry, Unanswered, or what smtplib raises where the server refuses a message."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """The kind of conversation that the settings ask for."""
        return _CarefulTls if self.use_ssl else _Careful

    def open(self) -> bool | None:
        """Reach the server and be let in. Raises NoEntry."""
        try:
            return super().open()
        except OSError as error:  # of which smtplib's exceptions are a kind
            raise NoEntry(f"{type(error).__name__}: {error}") from error

    def _send(self, email_message: EmailMessage) -> bool:
        connection = self.connection
        if isinstance(connection, _Careful):
            connection.before_text = getattr(email_message, "before_text", None)
        return bool(super()._send(email_message))  # type: ignore[misc]  # django-stubs do not know it

    def _close_connection(self, connection: smtplib.SMTP) -> None:
        """Say good-bye. How the server takes that changes nothing, and is not waited for: it has answered about the message."""
        try:
            if isinstance(connection, _Careful):
                connection.wait_at_most(GOODBYE_WITHIN)
            connection.quit()
        except OSError:
            with suppress(OSError):
                connection.close()
