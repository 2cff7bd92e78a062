"""The form that asks what publishing a period would do."""

from typing import Any

from django import forms

from schools.core.periods import AcademicYear, Period


class PeriodForm(forms.Form):
    """A period of whole months."""

    period = forms.CharField(
        max_length=40,
        help_text="Whole months that are over: 2025/26, FY2025 (April to March), or a term like 2025-08-01..2025-12-31.",
    )

    def __init__(self, *args: Any, last_year: AcademicYear, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"period": str(last_year)})
        super().__init__(*args, **kwargs)

    def clean_period(self) -> Period:
        """Return the period that was typed; the error that Period raises says what is wrong with it."""
        try:
            return Period.parse(self.cleaned_data["period"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
