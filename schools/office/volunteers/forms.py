"""Forms of a volunteer's page, and of the agreement."""

from typing import Any, ClassVar

from django import forms

from schools.accounts.identity import Check
from schools.office.frame.fields import DayField
from schools.office.frame.optimistic_forms import OfficeForm
from schools.volunteers.models import Agreement, StepKind


class StepForm(forms.Form):
    """A step on the way from enquirer to active, or a pause. Leaving has its own form."""

    step = forms.ChoiceField(
        choices=[("", "Choose a step"), *(choice for choice in StepKind.choices if choice[0] != StepKind.LEFT)],
        error_messages={"required": "Choose a step."},
    )
    day = DayField(label="On", error_messages={"required": "Give the day."})


class EndForm(forms.Form):
    """The day on which the volunteer left."""

    day = DayField(label="Left on", error_messages={"required": "Give the day."})


class InviteForm(forms.Form):
    """The address to which an invitation goes."""

    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        required=False,
        error_messages={"invalid": "Give an e-mail address like name@example.org."},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )


class EraseForm(forms.Form):
    """The erasure of somebody who asked for it. Its user types the reference, so that nobody is erased by mistake."""

    reference = forms.CharField(
        max_length=40, error_messages={"required": "Type the reference."}, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, reference: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = reference
        self.fields["reference"].label = f"Type {reference} to erase them"

    def clean_reference(self) -> str:
        """Refuse any other reference than the person's own, in capitals or not."""
        typed = str(self.cleaned_data["reference"]).strip()
        if typed.lower() != self.expected.lower():
            raise forms.ValidationError(f"That is not {self.expected}. Type it as it stands on the page.")
        return typed


class KnowForm(forms.Form):
    """By which two steps somebody was known who asked what is held on them."""

    asked_on = DayField(label="They asked on", error_messages={"required": "Give the day on which they asked."})
    first = forms.ChoiceField(
        label="First step", choices=[("", "Choose"), *Check.choices], error_messages={"required": "Choose the first step."}
    )
    second = forms.ChoiceField(
        label="Second step", choices=[("", "Choose"), *Check.choices], error_messages={"required": "Choose the second step."}
    )


class AgreementWordingForm(OfficeForm):
    """The wording of the agreement and its first day; the number of the version is given by itself."""

    class Meta:
        model = Agreement
        fields = ("from_day", "text", "names_to_schools")
        widgets: ClassVar[Any] = {"text": forms.Textarea(attrs={"rows": 18})}
        labels: ClassVar[Any] = {"from_day": "From", "names_to_schools": "Full names to schools"}
        help_texts: ClassVar[Any] = {
            "from_day": "From this day on every volunteer is asked to accept it before they take a morning.",
        }

    def clean_text(self) -> str:
        """Refuse the wording of the newest version: nobody would know what they accept anew."""
        typed = str(self.cleaned_data["text"]).strip()
        newest = Agreement.objects.exclude(pk=self.instance.pk).order_by("-version").first()
        if newest and " ".join(newest.text.split()) == " ".join(typed.split()) and not self._names_differ(newest):
            msg = f"This is the wording of version {newest.version}. Change it, or keep that version."
            raise forms.ValidationError(msg)
        return typed

    def _names_differ(self, newest: Agreement) -> bool:
        """Whether the version lets schools read something else than the newest, so that its wording may stay the same."""
        box = self["names_to_schools"]
        return bool(box.field.widget.value_from_datadict(self.data, self.files, box.html_name)) != newest.names_to_schools
