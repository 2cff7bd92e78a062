"""Form fields and widgets of the office."""

from datetime import date
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminIntegerFieldWidget, AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db.models import DateField, DateTimeField, TimeField
from django.forms.utils import flatatt
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from schools.core.row_ids import row_id
from schools.directory.registers.cells import postcode
from schools.visits.limits import FIRST_DAY, LAST_DAY


class DayInput(forms.DateInput):
    """The browser's own box for a day."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"type": "date", **(attrs or {})}, format="%Y-%m-%d")


class ClockInput(forms.TimeInput):
    """The browser's own box for a time of the day."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"type": "time", **(attrs or {})}, format="%H:%M")


class MomentInput(forms.SplitDateTimeWidget):
    """The browser's own boxes for a day and a time."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.widgets = (DayInput({"aria-label": "Day"}), ClockInput({"aria-label": "Time"}))


class SureNumberInput(AdminIntegerFieldWidget):
    """A box for a number in a form of the stock admin, with the tick below it that says that a surprising number is right."""

    answer: Any = None
    """The tick, as `office/frame/_sure.html` shows it; None: nothing was asked."""

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        """Return the box and the tick."""
        box = super().render(*args, **kwargs)
        return format_html("{}{}", box, render_to_string("office/frame/_sure.html", {"answer": self.answer}))


NATIVE_BOXES: dict[type[Any], dict[str, Any]] = {
    DateField: {"widget": DayInput},
    TimeField: {"widget": ClockInput},
    DateTimeField: {"widget": MomentInput},
}
"""For ModelAdmins: days and times in the browser's own boxes, in place of the stock calendar."""


class DayField(forms.DateField):
    """A day, chosen or typed."""

    widget = DayInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error_messages["invalid"] = "There is no such day. Write it like 26/11/2026."

    def to_python(self, value: Any) -> date | None:
        """Return the day. Days outside our calendars are refused, because calculations with them would fail."""
        day = super().to_python(value)
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            msg = f"{day.isoformat()} is not between {FIRST_DAY.year} and {LAST_DAY.year}. Look the year up."
            raise ValidationError(msg, code="invalid")
        return day


class ClockField(forms.TimeField):
    """A time of the day."""

    widget = ClockInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error_messages["invalid"] = "There is no such time. Write it like 9:15."


class RowsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """Rows that are ticked; an id that no row can have is refused like a choice that does not exist."""

    def clean(self, value: Any) -> Any:
        """Return the rows; a number that is too long would break the query for all of them."""
        if any(row_id(str(text)) is None for text in value or ()):
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params={"value": ""})
        return super().clean(value)


class TolerantAutocompleteSelect(AutocompleteSelect):
    """A row that is found by typing. An id that no row can have is shown as no choice; the stock widget would fail on it."""

    def optgroups(self, name: str, value: Any, attrs: dict[str, Any] | None = None) -> Any:
        """Return the choice that was made."""
        return super().optgroups(name, [text for text in value if row_id(str(text)) is not None], attrs)


class FoldedTicks(forms.CheckboxSelectMultiple):
    """Boxes to tick. Where the choices come in groups, each group is folded up under its name; those with a tick are open."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """Return the boxes, the groups folded."""
        groups = [(group, boxes) for group, boxes, _ in self.optgroups(name, self.format_value(value), attrs)]
        if any(group is None for group, _ in groups):
            return super().render(name, value, attrs, renderer)
        folded = (
            (" open" if any(box["selected"] for box in boxes) else "", group, len(boxes), self._drawn(boxes))
            for group, boxes in groups
        )
        details = format_html_join("\n", '<details{}><summary>{} ({})</summary><div class="ticks">{}</div></details>', folded)
        return format_html('<div class="folded" id="{}">{}</div>', (attrs or {}).get("id", ""), details)

    def _drawn(self, boxes: list[dict[str, Any]]) -> SafeString:
        """Return the boxes of a group, rendered at once: the stock widget renders a template for each."""
        drawn = (
            (flatatt({**box["attrs"], "type": "checkbox", "name": box["name"], "value": str(box["value"])}), box["label"])
            for box in boxes
        )
        return format_html_join("\n", "<div><label><input{}> {}</label></div>", drawn)


def tidied_postcode(typed: str) -> str:
    """Return the postcode in capitals with one space, "" where nothing was typed. Raises ValidationError for what is none."""
    tidied = postcode(typed)
    if typed and not tidied:
        raise ValidationError("This is not a postcode. Write it like LA9 4XX, or leave it empty.")
    return tidied
