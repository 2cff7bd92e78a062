"""The boxes for a school's year groups in a session: a tick for each that comes, and beside it how many pupils are expected."""

from collections.abc import Mapping
from dataclasses import dataclass

from django import forms

from schools.charity.queries import current
from schools.core.year_groups import year_group_name
from schools.office.bookings.guests import Guest
from schools.programme.models import SessionType

NOT_TICKED = "This has a number, but is not ticked. Tick it, or empty the number."


def number_field(group: int, nation: str, pupils: int | None) -> forms.IntegerField:
    """Return the box for the pupils of a year group; the number on roll (None: not known) stands beside it as text."""
    most = current().most_pupils
    wrong = f"Give a whole number from 0 to {most:,}, or leave the box empty."
    return forms.IntegerField(
        label=year_group_name(group, nation),
        required=False,
        min_value=0,
        max_value=most,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), wrong),
        help_text="not known" if pupils is None else f"{pupils:,} on roll",
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


@dataclass(frozen=True)
class GroupBoxes:
    """The boxes of one year group in a session: whether it comes, and how many are expected."""

    group: int
    label: str
    is_ticked: bool
    roll: int | None
    """How many are on roll; None: not known."""
    number: forms.BoundField

    @property
    def is_as_on_roll(self) -> bool:
        """Whether the box says what the roll says, so that the roll need not stand beside it."""
        return self.roll is not None and str(self.number.value()) == str(self.roll)


@dataclass(frozen=True)
class SchoolBoxes:
    """The boxes of one school in a session."""

    attending: Guest
    ticks: forms.BoundField
    fitting: list[GroupBoxes]
    """The year groups that the session's type is meant for."""
    others: list[GroupBoxes]

    @property
    def others_come(self) -> bool:
        """Whether a year group comes that the type is not meant for."""
        return any(boxes.is_ticked or boxes.number.value() not in {None, ""} for boxes in self.others)


@dataclass(frozen=True)
class SchoolFields:
    """Where a form has the fields of one school in one session: one field for all ticks, and a number for each year group."""

    form: forms.Form
    attending: Guest
    ticks: str
    """The name of the field of the ticks."""
    numbers: Mapping[int, str]
    """The names of the fields for pupils, by year group."""

    def add(self, *, coming: Mapping[int, int | None] | None = None) -> None:
        """Add the fields to the form.

        `coming` has the year groups that come at first, with their numbers; None: a formset fills them in.
        """
        school = self.attending.school
        groups = [(str(group), year_group_name(group, school.nation)) for group in self.numbers]
        of_ticks = forms.MultipleChoiceField(choices=groups, required=False, label=f"Who comes from {school}")
        self.form.fields[self.ticks] = of_ticks
        for group, name in self.numbers.items():
            self.form.fields[name] = number_field(group, school.nation, self.attending.known.get(group))
        if coming is None:
            return
        of_ticks.initial = [str(group) for group in self.numbers if group in coming]
        for group, name in self.numbers.items():
            self.form.fields[name].initial = coming.get(group)

    def boxes(self, session_type: SessionType) -> SchoolBoxes:
        """Return the boxes as a page shows them; those of year groups that the type is not meant for stand apart."""
        ticks = self.form[self.ticks]
        ticked = {str(group) for group in ticks.value() or ()}
        nation = self.attending.school.nation
        boxes = [
            GroupBoxes(
                group, year_group_name(group, nation), str(group) in ticked, self.attending.known.get(group), self.form[name]
            )
            for group, name in self.numbers.items()
        ]
        fitting = [of_group for of_group in boxes if of_group.group in session_type.year_groups]
        return SchoolBoxes(self.attending, ticks, fitting, [of_group for of_group in boxes if of_group not in fitting])

    def coming(self) -> dict[int, int | None]:
        """Return the year groups that are ticked, with their numbers; None: not known. The form has been cleaned."""
        data = self.form.cleaned_data
        ticked = {int(group) for group in data.get(self.ticks, ())}
        return {group: data.get(name) for group, name in self.numbers.items() if group in ticked}

    def refuse_numbers_without_a_tick(self, *, may_stand: Mapping[int, int | None] | None = None) -> None:
        """Ask about a number whose year group is not ticked: nobody can tell which is meant. The form has been cleaned.

        `may_stand` are the numbers by year group that the page itself put there, so that they say nothing.
        """
        coming = self.coming()
        for group, name in self.numbers.items():
            if group not in coming and self.form.cleaned_data.get(name) not in {None, (may_stand or {}).get(group)}:
                self.form.add_error(name, NOT_TICKED)
