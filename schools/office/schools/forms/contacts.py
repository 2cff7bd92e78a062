"""The form for people at a school."""

from typing import Any

from django import forms
from phonenumber_field.formfields import PhoneNumberField

from schools.directory.models import Contact
from schools.office.frame.optimistic_forms import OptimisticForm


class ContactForm(OptimisticForm, forms.Form):
    """A person at the school. Without `contact` it is a new person."""

    name = forms.CharField(max_length=150, error_messages={"required": "Give a name."})
    role = forms.CharField(required=False, max_length=100, help_text="Such as head teacher or safeguarding lead.")
    email = forms.EmailField(
        required=False,
        label="E-mail",
        error_messages={"invalid": "That is no e-mail address. Write it like office@school.example."},
    )
    phone = PhoneNumberField(
        required=False,
        error_messages={"invalid": "That is no phone number. Write it with its area code, like 0113 496 0100."},
    )
    wants_invitations = forms.BooleanField(
        required=False,
        label="Wants to be asked again",
        help_text="They said that they want a mail when a visit is due again. Untick it when they no longer do.",
    )

    def __init__(self, data: Any = None, *, contact: Contact | None) -> None:
        known = {name: getattr(contact, name) for name in self.base_fields} if contact else {}
        super().__init__(data, initial=known)
        self.contact = contact

    @property
    def row(self) -> Contact | None:
        """The person who is changed; None for a new person."""
        return self.contact
