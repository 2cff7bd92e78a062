"""The form of a session type: year groups by name, and no short name to think of."""

from typing import Any, ClassVar

from django import forms

from schools.core.year_groups import YEAR_GROUPS, year_group_anywhere
from schools.office.frame.optimistic_forms import OfficeForm
from schools.programme.models import Audience, SessionType

GROUPS = [(group, year_group_anywhere(group)) for group in YEAR_GROUPS]
FOR_CYCLE = "A school that had one was visited in its cycle. One for adults never counts: the tick is taken out of it."


def _group_field(label: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        choices=[("", "None: it is for adults"), *GROUPS],
        coerce=int,
        empty_value=None,
        required=False,
        label=label,
        error_messages={"invalid_choice": "Choose a year group from the list."},
    )


class SessionTypeForm(OfficeForm):
    """A session type. The name in files (`slug`) of a new one is made from its name."""

    lowest_year_group = _group_field("From year group")
    highest_year_group = _group_field("To year group")

    class Meta:
        model = SessionType
        fields = (
            "name", "name_p", "audience", "lowest_year_group", "highest_year_group", "channel", "minutes", "presenters",
            "largest_group", "needs_sign_off", "series", "counts_for_cycle", "active",
        )  # fmt: skip
        help_texts: ClassVar = {"counts_for_cycle": FOR_CYCLE}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.row is None:
            for name in ("lowest_year_group", "highest_year_group"):
                choices: Any = self.fields[name]
                choices.choices = [("", "Choose; adults have none"), *GROUPS]

    def clean(self) -> Any:
        """Refuse pupils without year groups, year groups in the wrong order, and adults with year groups."""
        data = super().clean()
        # Once a session has the type, its audience is no box of the form.
        audience = self.cleaned_data.get("audience", self.instance.audience)
        low, high = (self.cleaned_data.get(name) for name in ("lowest_year_group", "highest_year_group"))
        if audience == Audience.ADULTS:
            self.cleaned_data["counts_for_cycle"] = False
            for name, group in (("lowest_year_group", low), ("highest_year_group", high)):
                if group is not None:
                    self.add_error(name, "Adults have no year group. Choose none here, or pupils as the audience.")
        elif low is None or high is None:
            for name, group in (("lowest_year_group", low), ("highest_year_group", high)):
                if group is None and name not in self.errors:
                    self.add_error(name, "Choose the year group, or adults as the audience.")
        elif low > high:
            self.add_error("highest_year_group", "The last year group is before the first. Change one of them.")
        return data
