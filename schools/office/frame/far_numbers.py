"""Asking once about a number of pupils far from the roll, as the report of a session asks about what was counted."""

from collections.abc import Mapping
from typing import Any

from django import forms

from schools.delivery.forms.questions import SURE, Answer
from schools.visits.rules.warnings import is_far_from_roll


def ask_about_far_numbers(form: forms.BaseForm, rolls: Mapping[str, int | None]) -> None:
    """Refuse each number that is far from the roll until the tick below it says that it is right, if it is not stored already.

    `rolls` maps the names of boxes to the pupils on roll (None: not known, so nothing is asked). The form has been cleaned.
    """
    data: Any = form.data
    given = set(data.getlist(SURE) if hasattr(data, "getlist") else data.get(SURE, ()))
    for name, roll in rolls.items():
        number, box = form.cleaned_data.get(name), form.fields[name]
        is_stored = number == form.get_initial_for_field(box, name)
        if number is None or not roll or is_stored or not is_far_from_roll(number, roll):
            continue
        value = f"{name}={number}"
        box.answer = Answer(SURE, value, f"Yes, {number:,} is right", value in given)  # type: ignore[attr-defined]  # read by the template
        if value not in given:
            form.add_error(name, f"{number:,}? {roll:,} are on roll. If it is right, tick the box; if not, change the number.")
