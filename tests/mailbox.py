"""The mail server of the tests: it takes everything, and the sender is asked before each text, as by those of an installation."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend

from schools.messages.smtp import ask_before_text


class Mailbox(EmailBackend):
    """Puts mails into `django.core.mail.outbox`."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        """Put them there. Raises what a sender raises to keep its text from going out."""
        for message in messages:
            ask_before_text(message)
        return super().send_messages(messages)
