"""The boxes for words on a school’s page: what stands above those for free words, and lines that stay on one line."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber

from schools.charity.notes import about_notes, about_staff
from schools.charity.queries import current
from schools.delivery.number_boxes import Words
from schools.school_portal.queries import Opened


def warning_of(phone: PhoneNumber | None) -> str:
    """Return what stands above each box for free words; `phone` is whom to phone where the charity has named no lead yet.

    A concern about one of our people has a number of its own: that of the named person, as soon as a manager gave it.
    """
    charity = current()
    if charity.phone:
        return about_notes()
    if phone is None:
        whom = _(
            "No pupil’s name. Not for a worry about a child: tell your school’s safeguarding lead, or phone 999 where a child "
            "is in danger."
        )
    else:
        whom = _("No pupil’s name. Not for a worry about a child: phone %(phone)s.") % {"phone": phone.as_national}
    if charity.phone_for_concerns:
        return f"{whom} {about_staff()}"
    return f"{whom} {_('A concern about one of our people is told by phone too, never in this box.')}"


class LineField(forms.CharField):
    """Words on one line: mails name them, and an address on a line of its own would be a link there."""

    def to_python(self, value: Any) -> Any:
        """Return the words, with one blank between them."""
        return " ".join((super().to_python(value) or "").split())


def free_box(label: Words, link: Opened, *, most: int) -> forms.CharField:
    """Return a box for free words, with the warning above it."""
    return forms.CharField(
        label=label,
        help_text=warning_of(link.worry_phone),
        required=False,
        max_length=most,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def plain(text: str) -> str:
    """Return the text with one kind of line end, and no blanks around it."""
    return "\n".join(text.splitlines()).strip()
