"""What a coordinator types on the pages of a visit and of a session."""

from datetime import date
from typing import Any

from django import forms

from schools.directory.models import Contact
from schools.office.forms.fields import DayField
from schools.office.forms.stored import OverStored
from schools.visits.models import CancelCode, Visit


class ConfirmForm(OverStored, forms.Form):
    """That the school agreed."""

    agreed_on = DayField(label="Agreed on")
    agreed_with = forms.CharField(max_length=150, help_text="Whom at the school you spoke to.")
    parents_told_on = DayField(required=False, label="Parents told on", help_text="By the school.")
    safeguarding_contact = forms.ModelChoiceField(
        Contact.objects.none(),
        required=False,
        label="Safeguarding contact",
        empty_label="Not known yet",
        help_text="Whom a volunteer tells when a child says something.",
    )

    def __init__(self, *args: Any, visit: Visit, on: date, **kwargs: Any) -> None:
        known = {
            "agreed_on": visit.agreed_on or on,
            "agreed_with": visit.agreed_with,
            "parents_told_on": visit.parents_told_on,
            "safeguarding_contact": visit.safeguarding_contact_id,
        }
        super().__init__(*args, **kwargs)
        self.initial = known
        self.visit = visit
        field = self.fields["safeguarding_contact"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # as declared above
        field.queryset = Contact.objects.filter(school=visit.school_id)

    @property
    def row(self) -> Visit:
        """The visit."""
        return self.visit

    def stored(self, name: str) -> Any:
        """What is stored, not the day that is suggested."""
        return self.visit.safeguarding_contact_id if name == "safeguarding_contact" else getattr(self.visit, name)


class CancelForm(forms.Form):
    """Why something will not take place."""

    code = forms.ChoiceField(
        choices=[("", "Choose why"), *CancelCode.choices], label="Why", error_messages={"required": "Choose why."}
    )
    note = forms.CharField(
        required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}), help_text="Never a pupil’s name."
    )


class TellForm(forms.Form):
    """That somebody was told: a time and a role."""

    role_told = forms.CharField(
        max_length=100,
        label="Who was told",
        help_text="The role alone, such as the school’s safeguarding lead. No name, nothing of what was said.",
    )
    told_at = forms.SplitDateTimeField(
        label="When",
        widget=forms.SplitDateTimeWidget(
            date_attrs={"type": "date", "aria-label": "Day"},
            time_attrs={"type": "time", "aria-label": "Time"},
            date_format="%Y-%m-%d",
            time_format="%H:%M",
        ),
    )
