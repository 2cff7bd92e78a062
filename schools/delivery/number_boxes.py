"""A box for a number that somebody counted."""

from typing import TYPE_CHECKING

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

NOT_COUNTED = _("not counted")
WRONG = _("{what}: give a whole number from 0 to {most}, or leave the box empty.")

type Words = StrOrPromise
"""A text for people, translated when the page is rendered."""


def number_field(label: Words, *, most: int, hint: Words = "", of: Words = "", empty: Words = NOT_COUNTED) -> forms.IntegerField:
    """Return a box for a whole number that starts empty; empty means that nobody counted. A phone shows its number keys.

    `of` names what is counted, for errors, where the label alone does not say it. `empty` is shown in an empty box.
    """
    wrong = format_lazy(WRONG, what=of or label, most=f"{most:,}")
    return forms.IntegerField(
        label=label,
        help_text=hint,
        required=False,
        min_value=0,
        max_value=most,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), wrong),
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "off",
                "class": "number",
                "maxlength": 8,
                "placeholder": empty,
                # The phone's script judges by the same rule and says the same sentence, with and without signal. The page has
                # the sentence once and not for each box, because it has to be light.
                "data-most": most,
                **({"data-what": of} if of else {}),
            }
        ),
    )
