"""The form for people at a school."""

from typing import Any

from django import forms
from phonenumber_field.formfields import PhoneNumberField

from schools.core.phones import mobile
from schools.directory.models import Contact
from schools.messages.sms import is_on
from schools.office.frame.optimistic_forms import OptimisticForm


class ContactForm(OptimisticForm, forms.Form):
    """A person at the school. Without `contact` it is a new person."""

    name = forms.CharField(max_length=150, error_messages={"required": "Give a name."})
    role = forms.CharField(required=False, max_length=100, help_text="Such as head teacher or safeguarding lead.")
    email = forms.EmailField(
        required=False,
        label="E-mail",
        max_length=254,
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
    gets_sms = forms.BooleanField(
        required=False,
        label="Said yes to SMS on the phone",
        help_text="Then a visit that is cancelled or moved within 36 hours goes to their phone number by SMS too. Untick it when "
        "they no longer want that.",
    )

    def __init__(self, data: Any = None, *, contact: Contact | None) -> None:
        known = {name: getattr(contact, name) for name in self.base_fields} if contact else {}
        super().__init__(data, initial=known)
        self.contact = contact
        if not is_on():
            del self.fields["gets_sms"]

    def clean(self) -> Any:
        """Refuse SMS to what is no mobile phone."""
        data = super().clean()
        if self.cleaned_data.get("gets_sms") and not mobile(str(self.cleaned_data.get("phone") or "")):
            self.add_error("gets_sms", "SMS go to mobile phones alone. Give the number of one as their phone, or untick this.")
        return data

    @property
    def row(self) -> Contact | None:
        """The person who is changed; None for a new person."""
        return self.contact
