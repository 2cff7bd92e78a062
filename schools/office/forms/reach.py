"""Which reach is asked for."""

from typing import Any
from urllib.parse import urlencode

from django import forms

from schools.core.periods import AcademicYear, Period
from schools.reach.rows import PLACE_CUTS


class ReachForm(forms.Form):
    """A period in one of its four spellings, and the kind of place that has a row."""

    period = forms.CharField(
        max_length=40, help_text="Like 2025/26, 2025/26..2026/27, FY2025 (April to March) or 2025-10-01..2025-12-19."
    )
    by = forms.ChoiceField(choices=[(cut.value, cut.label) for cut in PLACE_CUTS], label="A row for each")

    def __init__(self, *args: Any, this_year: AcademicYear, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.years = [str(AcademicYear(this_year.start - back)) for back in range(6)]

    def clean_period(self) -> Period:
        """Read the period; its own sentence says what is wrong."""
        try:
            return Period.parse(self.cleaned_data["period"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    @property
    def as_query(self) -> str:
        """The same question in an address."""
        return urlencode({"period": self.cleaned_data["period"].name, "by": self.cleaned_data["by"]})
