"""The form of a call: with whom, what was said, and what belongs to how it ended."""

from datetime import date, timedelta
from typing import Any

from django import forms

from schools.charity.notes import NoteField
from schools.office.schools.forms.conversations import months_from
from schools.visits.actions.calls import Call, CallOutcome

LATER = ((1, "tomorrow"), (3, "in 3 days"), (7, "in a week"), (14, "in 2 weeks"), (28, "in 4 weeks"), (84, "in 12 weeks"))
"""When to call again: days from today, and in words."""

MONTHS = 13
"""How many months a school can choose from on the phone, in January the next one too; the page of conversations has more."""
LATEST = 14
"""The last day of January on which a wish for January means the running one."""


class CallForm(forms.Form):
    """What somebody typed and chose before they press how the call ended."""

    who = forms.CharField(max_length=150, required=False, label="With whom")
    note = NoteField(rows=2, required=False, max_length=1800, label="What was said")
    days = forms.TypedChoiceField(
        choices=LATER, coerce=int, empty_value=None, required=False, initial=7, label="When to call again"
    )
    month = forms.TypedChoiceField(
        coerce=date.fromisoformat, empty_value=None, required=False, label="In which month they want it"
    )

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        months = self.fields["month"]
        assert isinstance(months, forms.TypedChoiceField)  # noqa: S101  # as declared above
        coming = months_from(on, MONTHS)
        months.choices = [("", "any month"), *((month.isoformat(), f"{month:%B %Y}") for month in coming)]
        months.initial = january_of(coming, on=on).isoformat()
        self.on = on

    def call(self, outcome: CallOutcome) -> Call:
        """Return the call as it ended. The form has to be valid."""
        data = self.cleaned_data
        days = data["days"]
        return Call(
            outcome=outcome,
            who=data["who"].strip() or "the office",
            note=data["note"].strip(),
            again_on=self.on + timedelta(days=days) if days else None,
            month=data["month"],
        )


def january_of(months: list[date], *, on: date) -> date:
    """Return the January among the months: most schools put a visit off until after Christmas.

    From its middle on, the running one is not meant any more.
    """
    return next(month for month in months if month.month == 1 and on <= month.replace(day=LATEST))
