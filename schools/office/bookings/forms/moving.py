"""The form that moves sessions to another day or time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms

from schools.core.words import long_day, time_range
from schools.office.frame.fields import ClockField, DayField
from schools.visits.models import Session
from schools.visits.rules import Slot, later, slot_of


class MoveForm(forms.Form):
    """The sessions to move and where to: the first goes to the given day and time, the others keep their distance from it."""

    sessions = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        label="Which sessions",
        error_messages={"required": "Tick at least one session.", "invalid_choice": "A session is gone. Open this page again."},
    )
    day = DayField(label="To which day", error_messages={"required": "Give the new day."})
    starts = ClockField(
        label="At what time", required=False, help_text="When the first of them begins; the others follow. Blank: the times stay."
    )

    def __init__(self, *args: Any, sessions: Sequence[Session], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {str(session.pk): session for session in sessions}
        if not self.is_bound:
            self.fields["day"].widget.attrs["autofocus"] = True
        field = self.fields["sessions"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101  # as declared above
        field.choices = [
            (
                str(session.pk),
                f"{session.name}, {long_day(session.day)}, {time_range(session.starts, session.ends)}",
            )
            for session in sessions
        ]

    def clean(self) -> dict[str, Any]:
        """Put the new slot of each session into `slots`, by the session's id; refuse times that would run past midnight."""
        data = super().clean() or self.cleaned_data
        chosen = sorted(
            (self.known[pk] for pk in data.get("sessions", [])), key=lambda session: (session.day, session.starts, session.pk)
        )
        if not chosen or not data.get("day"):
            return data
        first = chosen[0]
        starts = data.get("starts") or first.starts
        by = datetime.combine(first.day, starts) - datetime.combine(first.day, first.starts)
        slots: dict[int, Slot] = {}
        for session in chosen:
            slot = later(slot_of(session), day=data["day"] + (session.day - first.day), by=by)
            if slot is None:
                self.add_error("starts", f"{session.name} would run past midnight. Give an earlier time.")
                return data
            slots[session.pk] = slot
        data["slots"] = slots
        return data
