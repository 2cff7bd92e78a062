"""The form with a text that anybody may read."""

from typing import Any

from django import forms

from schools.charity.models import LONGEST_PUBLIC_TEXT
from schools.charity.rules import reasons_not_to_keep

HOW = (
    "An empty line begins a paragraph. A line that begins with # is a heading, with ## a smaller one; lines that begin with - "
    "are a list, with 1. a numbered one. **Two stars** make words bold. Web and e-mail addresses become links. HTML is shown as "
    "it is typed."
)


def typed(words: str) -> str:
    """Return words as they are kept: browsers send other line breaks, and nobody sees a tab or a space at the end."""
    return "\n".join(line.rstrip() for line in words.replace("\r\n", "\n").replace("\t", " ").split("\n")).strip()


class PublicTextForm(forms.Form):
    """What comes next of a text that anybody may read, and that somebody has read it."""

    words = forms.CharField(
        label="The text",
        required=False,
        strip=False,
        help_text=HOW,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "true", "maxlength": LONGEST_PUBLIC_TEXT}),
    )
    is_read = forms.BooleanField(label="I have read the whole text as it is shown below, and it is true of us.", required=False)

    def __init__(self, data: Any = None, *, words: str) -> None:
        super().__init__(data, initial={"words": words})

    def clean_words(self) -> str:
        """Return the typed words as they are kept; refuse what cannot be kept."""
        words = typed(self.cleaned_data["words"])
        if reasons := reasons_not_to_keep(words):
            raise forms.ValidationError(reasons)
        return words
