"""The form for the reason of a change inside a closed period."""

from django import forms

from schools.charity.notes import NoteField
from schools.reach.rules import LONGEST_WHY


class RestatementReasonForm(forms.Form):
    """The reason why something changes after its return was signed off."""

    why = NoteField(
        required=False, max_length=LONGEST_WHY, rows=2, label="Why does it change now?", help_text="Shown beside the return."
    )
