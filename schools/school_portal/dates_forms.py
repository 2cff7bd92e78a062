"""The forms by which a school answers to dates that were offered to it: which of them suits, or that none does."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from schools.school_portal.day_boxes import DAY_BOXES, add_day_boxes
from schools.school_portal.forms import GivenForm
from schools.visits.half_days import HalfDay
from schools.volunteers.models import PartOfDay

NONE_SUITS = "none"
"""The button of somebody whom none of the dates suits."""


class ChooseForm(GivenForm):
    """Which of the dates that were offered suits the school."""

    do = "choose"

    half_day = forms.ChoiceField(
        label=gettext_lazy("Which of these suits you"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Which of these suits you: choose one."),
            "invalid_choice": gettext_lazy("Which of these suits you: choose one of the dates on this page."),
        },
    )

    field_order = ("half_day", "given_by")

    def __init__(self, data: Mapping[str, str] | None, *, half_days: Iterable[HalfDay]) -> None:
        super().__init__(data)
        boxes: dict[str, Any] = self.fields
        boxes["half_day"].choices = [(half_day.key, str(half_day)) for half_day in half_days]


class NoneForm(GivenForm):
    """That none of the dates suits, and which half-days would; of a school that has said so already, others instead."""

    do = NONE_SUITS

    def __init__(self, data: Mapping[str, str] | None, *, known: Sequence[HalfDay] = ()) -> None:
        super().__init__(data)
        add_day_boxes(self, known, part=PartOfDay.MORNING.value, is_needed=False)
        self.order_fields((*DAY_BOXES, "given_by"))
