"""The form that writes down who else was at a session that took place."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from schools.visits.models import CoverRole
from schools.volunteers.models import Volunteer


class WhoWasThereForm(forms.Form):
    """One volunteer, and in which role they were there."""

    volunteer = forms.ModelChoiceField(
        Volunteer.objects.none(),
        label="Who was there",
        empty_label="Choose somebody",
        error_messages={"invalid_choice": "They can’t be chosen here any more. Choose somebody from the list."},
    )
    role = forms.ChoiceField(choices=CoverRole.choices, label="As what", initial=CoverRole.PRESENTER)

    def __init__(self, data: Any = None, *, people: QuerySet[Volunteer], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        field = self.fields["volunteer"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # as declared above
        field.queryset = people
