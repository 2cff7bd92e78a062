"""Fields as the browser draws them best."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from schools.office.asked import row_id


class DayField(forms.DateField):
    """A day, chosen or typed."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error_messages["invalid"] = "There is no such day. Write it like 26/11/2026."


class ClockField(forms.TimeField):
    """A time of the day."""

    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error_messages["invalid"] = "There is no such time. Write it like 9:15."


class RowsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """Rows that are ticked; a number that no row can have is one that cannot be chosen."""

    def clean(self, value: Any) -> Any:
        """The rows; a longer number would break the look-up of many at once."""
        if any(row_id(str(one)) is None for one in value or ()):
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params={"value": ""})
        return super().clean(value)
