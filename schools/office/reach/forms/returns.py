"""The form that signs off a return."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from schools.core.periods import AcademicYear, Period
from schools.directory.models import Area


class SignOffForm(forms.Form):
    """The area and the period."""

    area = forms.ModelChoiceField(Area.objects.none(), error_messages={"required": "Choose an area."})
    period = forms.CharField(
        max_length=40, help_text="Like 2025/26, FY2025 (April 2025 to March 2026) or 2025-10-01..2025-12-19."
    )

    def __init__(self, *args: Any, areas: QuerySet[Area], last_year: AcademicYear, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"period": str(last_year), "area": areas.first()})
        super().__init__(*args, **kwargs)
        area: Any = self.fields["area"]
        area.queryset = areas

    def clean_period(self) -> Period:
        """Return the period that was typed; the error that Period raises says what is wrong with it."""
        try:
            return Period.parse(self.cleaned_data["period"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
