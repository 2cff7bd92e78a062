"""The boxes in which somebody at a school gives a day: half-days that would do, the best first, and when parents were told."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from schools.delivery.number_boxes import Words
from schools.visits.half_days import HalfDay
from schools.visits.models.school_changes import MOST_DAYS
from schools.volunteers.models import PartOfDay

PARTS = [(PartOfDay.MORNING.value, gettext_lazy("In the morning")), (PartOfDay.AFTERNOON.value, gettext_lazy("In the afternoon"))]
CHOOSE_PART = gettext_lazy("When that day: choose in the morning or in the afternoon.")
NUMBERS = range(1, MOST_DAYS + 1)
DAY_BOXES = tuple(f"{name}_{number}" for number in NUMBERS for name in ("day", "part"))
"""The names of the boxes for half-days, in order."""
LONGEST_AGO = timedelta(days=400)


def add_day_boxes(form: forms.Form, known: Sequence[HalfDay] = (), *, part: str, is_needed: bool) -> None:
    """Give the form the boxes, filled in with the half-days that are known; the half of the others begins with `part`.

    `is_needed`: whether the first day has to be filled in; else the boxes may all stay empty.
    """
    for number in NUMBERS:
        named = known[number - 1] if number <= len(known) else None
        form.fields[f"day_{number}"] = _day_box(number, is_needed=is_needed and number == 1)
        form.fields[f"part_{number}"] = forms.ChoiceField(
            label=gettext_lazy("When that day"),
            choices=PARTS,
            required=is_needed,
            error_messages={"required": CHOOSE_PART, "invalid_choice": CHOOSE_PART},
        )
        form.initial[f"day_{number}"] = named.day if named else None
        form.initial[f"part_{number}"] = named.part if named else part


def half_days_in(form: forms.Form) -> list[HalfDay]:
    """Return the half-days that were typed into the valid form, each once; a day without a half is meant in the morning."""
    typed = ((form.cleaned_data[f"day_{number}"], form.cleaned_data[f"part_{number}"]) for number in NUMBERS)
    named: list[tuple[date, str]] = [(day, part) for day, part in typed if day]
    return list(dict.fromkeys(HalfDay(day, part == PartOfDay.AFTERNOON) for day, part in named))


def is_half_of_no_day(name: str, typed: Mapping[str, str]) -> bool:
    """Return whether the box says in which half of a day, and that day was left empty: then it says nothing."""
    word, _stroke, number = name.partition("_")
    return name in DAY_BOXES and word == "part" and not typed.get(f"day_{number}", "").strip()


def _day_box(number: int, *, is_needed: bool) -> forms.DateField:
    return forms.DateField(
        label=gettext_lazy("A day that would do") if number == 1 else gettext_lazy("Another day that would do"),
        help_text="" if is_needed else gettext_lazy("May stay empty."),
        required=is_needed,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": gettext_lazy("A day that would do: give at least one."),
            "invalid": gettext_lazy("There is no such day. Write it like 26/11/2026."),
        },
    )


def parents_box(label: Words, *, began: Collection[str], last: date) -> forms.DateField:
    """Return a box for the day on which parents were told, which has come by the day `last`.

    What it `began` with is always taken: nobody typed it, and it must not hold up what is sent beside it.
    """

    def check(day: date) -> None:
        if day.isoformat() in began:
            return
        if day < last - LONGEST_AGO:
            raise ValidationError(_("On which day you told parents: that is too long ago. Give the day."))
        if day > last:
            raise ValidationError(_("On which day you told parents: it has not come yet. Leave it empty until then."))

    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "max": last.isoformat()}),
        validators=[check],
        error_messages={"invalid": _("On which day you told parents: give a day, such as 2026-11-20.")},
    )
