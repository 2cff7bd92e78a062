"""What is typed to change a session whose return is closed."""

from django import forms

from schools.reach.rules import LONGEST_WHY


class WhyForm(forms.Form):
    """Why something changes after its return was closed."""

    why = forms.CharField(
        required=False,
        max_length=LONGEST_WHY,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="Why does it change now?",
        help_text="Shown beside the return. Never a pupil’s name.",
    )
