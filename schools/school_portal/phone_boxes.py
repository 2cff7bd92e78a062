"""The boxes in which somebody at a school gives a phone number: what they begin with, and what none of them takes."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from phonenumber_field.formfields import PhoneNumberField
from phonenumber_field.phonenumber import PhoneNumber

from schools.delivery.number_boxes import Words

GREAT_BRITAIN = 44


def phone_box(*, began: str = "", wrong: Words, extension: Words, **given: Any) -> forms.Field:
    """Return a box for a number; `given` is what every field is given.

    What it began with is always taken: nobody typed it, and it must not hold up what is sent beside it. `wrong` is what is said
    of anything else that is no number, and `extension` of a number with one, which would be lost.
    """

    def check(phone: PhoneNumber) -> None:
        if phone.raw_input == began:
            return
        if not phone.is_valid():
            raise ValidationError(wrong)
        if phone.extension:
            raise ValidationError(extension)

    box: forms.Field = PhoneNumberField(**given)
    box.validators = [check]
    return box


def phone_words(number: str) -> str:
    """Return a number that we keep as its box begins; one of another country has its code, else it would be read as ours."""
    phone = PhoneNumber.from_string(number)
    words: str = phone.as_national if phone.country_code == GREAT_BRITAIN else phone.as_international
    return words
