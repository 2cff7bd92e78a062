"""The parts of a mail that a calendar reads: each puts one entry into it, changes it, or takes it out (RFC 5546, RFC 6047)."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.mail import EmailAttachment, EmailMessage, EmailMultiAlternatives

REQUEST, CANCEL = "REQUEST", "CANCEL"
OF_CALENDARS = "text/calendar"


@dataclass(frozen=True)
class CalendarPart:
    """One entry, as iCalendar writes it."""

    method: str
    """REQUEST puts it there or changes it, CANCEL takes it out; the text says the same."""
    text: str

    @property
    def content_type(self) -> str:
        """The part’s content type, whose method programs read before its text; the character set is added when it is written."""
        return f"{OF_CALENDARS}; method={self.method}"


def attach_calendar(mail: EmailMultiAlternatives, parts: Sequence[CalendarPart]) -> None:
    """Add the parts to the mail; call it after its text has every other form, because the last form is the best.

    A mail program takes the calendar from the one form of the text that is one, and reads one entry in it. So the first part is
    such a form, and any others are files beside the text, which the reader opens.
    """
    for number, part in enumerate(parts):
        if number == 0:
            mail.attach_alternative(part.text, part.content_type)
        else:
            mail.attach(f"morning-{number + 1}.ics", part.text, part.content_type)


def put_calendar_into_files(mail: EmailMessage) -> None:
    """Make a file of the part that is a form of the text, before the others; done twice, it is the same."""
    if not isinstance(mail, EmailMultiAlternatives):
        return
    for form in [form for form in mail.alternatives if form[1].startswith(OF_CALENDARS)]:
        mail.alternatives.remove(form)
        mail.attachments.insert(0, EmailAttachment("morning.ics", *form))
