"""The form that confirms a doubt."""

from django import forms

from schools.charity.notes import NoteField
from schools.reach.actions.doubts import LONGEST


class ConfirmForm(forms.Form):
    """The doubt that is right as it is, and why."""

    kind = forms.CharField(widget=forms.HiddenInput)
    subject = forms.CharField(widget=forms.HiddenInput)
    reason = NoteField(
        max_length=LONGEST,
        label="Why is it right?",
        error_messages={"required": "Say why it is right. Others read it later."},
    )
