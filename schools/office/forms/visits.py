"""What a coordinator types on the pages of a visit and of a session."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from schools.office.forms.fields import DayField
from schools.visits.models import CancelCode, CoverRole
from schools.volunteers.models import Volunteer


class ConfirmForm(forms.Form):
    """That the school agreed."""

    agreed_on = DayField(label="Agreed on")
    agreed_with = forms.CharField(max_length=150, help_text="Whom at the school you spoke to.")


class CancelForm(forms.Form):
    """Why something will not take place."""

    code = forms.ChoiceField(
        choices=[("", "Choose why"), *CancelCode.choices], label="Why", error_messages={"required": "Choose why."}
    )
    note = forms.CharField(
        required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}), help_text="Never a pupil’s name."
    )


class CoverForm(forms.Form):
    """Who is to be put on a session, or asked, and as what."""

    volunteer = forms.ModelChoiceField(
        Volunteer.objects.none(),
        error_messages={"required": "Choose somebody.", "invalid_choice": "Choose somebody from the list."},
    )
    role = forms.ChoiceField(choices=CoverRole.choices, initial=CoverRole.PRESENTER)
    note = forms.CharField(
        required=False,
        max_length=300,
        label="Note",
        help_text="Needed where somebody is away or lives too far: what they said when you asked.",
    )

    def __init__(self, *args: Any, people: QuerySet[Volunteer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["volunteer"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # as declared above
        field.queryset = people


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
