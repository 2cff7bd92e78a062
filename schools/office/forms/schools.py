"""What is typed on a school's page."""

from django import forms
from phonenumber_field.formfields import PhoneNumberField


class ContactForm(forms.Form):
    """Somebody at the school."""

    name = forms.CharField(max_length=150, error_messages={"required": "Give a name."})
    role = forms.CharField(required=False, max_length=100, help_text="Such as head teacher or safeguarding lead.")
    email = forms.EmailField(
        required=False,
        label="E-mail",
        error_messages={"invalid": "That is no e-mail address. Write it like office@school.example."},
    )
    phone = PhoneNumberField(
        required=False,
        error_messages={"invalid": "That is no phone number. Write it with its area code, like 01228 555 0100."},
    )
