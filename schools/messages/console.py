"""Mail on the console, for development and the demo: as people read it, so that a link in it can be copied."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.console import EmailBackend

from schools.messages.smtp import ask_before_text


class PlainBackend(EmailBackend):
    """Writes the text of a mail as it is. Django's own writes it as it is sent, where long lines are broken by `=`."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        """Write them. Raises what a sender raises to keep its text from going out."""
        for message in messages:
            ask_before_text(message)
        return super().send_messages(messages) or 0

    def write_message(self, message: EmailMessage) -> None:
        """Write whom the mail goes to, its subject and its text."""
        attached = "".join(f"\n(attached: {attachment[0]})" for attachment in message.attachments)
        self.stream.write(f"To: {', '.join(message.to)}\nSubject: {message.subject}\n\n{message.body}{attached}\n{'-' * 79}\n")
