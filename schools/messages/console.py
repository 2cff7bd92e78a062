"""Mail on the console, for development and the demo: as people read it, so that a link in it can be copied."""

from django.core.mail import EmailMessage
from django.core.mail.backends.console import EmailBackend


class PlainBackend(EmailBackend):
    """Writes the text of a mail as it is. Django's own writes it as it is sent, where long lines are broken by `=`."""

    def write_message(self, message: EmailMessage) -> None:
        """Write whom the mail goes to, its subject and its text."""
        attached = "".join(f"\n(attached: {attachment[0]})" for attachment in message.attachments)
        self.stream.write(f"To: {', '.join(message.to)}\nSubject: {message.subject}\n\n{message.body}{attached}\n{'-' * 79}\n")
