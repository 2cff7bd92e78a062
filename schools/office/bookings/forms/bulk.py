"""The forms that change many visits at once."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from schools.accounts.models import User
from schools.charity.notes import NoteField
from schools.directory.models import Area
from schools.office.frame.fields import DayField
from schools.visits.models import CancelCode


class ManyConfirmForm(forms.Form):
    """The form that says that the schools agreed."""

    agreed_on = DayField(label="Agreed on", error_messages={"required": "Give the day on which they said yes."})
    agreed_with = forms.CharField(
        max_length=150,
        label="Agreed with",
        help_text="By role, such as the schools’ offices.",
        error_messages={"required": "Say who agreed."},
    )


class DayOffForm(forms.Form):
    """Why a day is called off, and whether the visits are to be booked again."""

    POSTPONED, CANCELLED = "postponed", "cancelled"

    becomes = forms.ChoiceField(
        choices=((POSTPONED, "Postponed: we look for another day"), (CANCELLED, "Cancelled: no other day is looked for")),
        widget=forms.RadioSelect,
        required=False,
        initial=POSTPONED,
        label="What becomes of the visits",
    )
    code = forms.ChoiceField(choices=CancelCode.choices, initial=CancelCode.WEATHER, label="Why")
    note = NoteField(required=False, max_length=500, label="Note")

    @property
    def answers(self) -> dict[str, Any]:
        """What the verb takes: as it was chosen, or as the form begins where nothing was sent or something is wrong."""
        if not self.is_bound or not self.is_valid():
            return {"code": CancelCode.WEATHER, "note": "", "for_good": False}
        data = self.cleaned_data
        return {"code": data["code"], "note": data["note"], "for_good": data["becomes"] == self.CANCELLED}


class ReassignForm(forms.Form):
    """The coordinator who looks after the visits from now on."""

    to = forms.ModelChoiceField(
        User.objects.none(), label="Give them to", empty_label="Choose somebody", error_messages={"required": "Choose somebody."}
    )

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = people  # type: ignore[attr-defined]  # as declared above


class HandOverForm(forms.Form):
    """The area to hand over, from whom, to whom and from which day on."""

    area = forms.ModelChoiceField(
        Area.objects.all(), empty_label="Choose an area", error_messages={"required": "Choose an area."}
    )
    leaving = forms.ModelChoiceField(
        User.objects.none(), label="From", empty_label="Choose who leaves", error_messages={"required": "Choose who leaves."}
    )
    to = forms.ModelChoiceField(
        User.objects.none(),
        label="To",
        empty_label="Choose who takes over",
        error_messages={"required": "Choose who takes over."},
    )
    from_day = DayField(label="From this day on", error_messages={"required": "Give the day."})

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("leaving", "to"):
            self.fields[name].queryset = people  # type: ignore[attr-defined]  # as declared above
