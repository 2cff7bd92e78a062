"""The forms by which a host changes its visit: why, a comment, and who sends it; each sends back what its sender has read."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from schools.school_portal.changes import ChangePage
from schools.school_portal.forms import MOST_FREE, GivenForm, free_box, plain
from schools.visits.actions.school_changes import Wish
from schools.visits.half_days import HalfDay
from schools.visits.models import ChangeWhy
from schools.visits.models.school_changes import MOST_DAYS
from schools.visits.rules.school_changes import half_day_of
from schools.volunteers.models import PartOfDay

PARTS = [(PartOfDay.MORNING.value, gettext_lazy("In the morning")), (PartOfDay.AFTERNOON.value, gettext_lazy("In the afternoon"))]


class ChangeForm(GivenForm):
    """What every change asks: why, a comment, and a name."""

    why = forms.ChoiceField(
        label=gettext_lazy("Why"),
        widget=forms.RadioSelect,
        choices=ChangeWhy.choices,
        error_messages={
            "required": gettext_lazy("Why: choose what comes nearest."),
            "invalid_choice": gettext_lazy("Why: choose what comes nearest."),
        },
    )

    def __init__(self, data: Mapping[str, str] | None, *, page: ChangePage) -> None:
        super().__init__(data)
        self.page = page
        self.fields["note"] = free_box(gettext_lazy("Anything to know"), page.link, most=MOST_FREE)
        self.order_fields(self.order)

    order: tuple[str, ...] = ("why", "note", "given_by")
    """The names of the boxes, in order."""

    @property
    def shown(self) -> list[tuple[str, str]]:
        """The hidden box: what the page shows of the visit now, so that nobody changes what they have not read."""
        return [("seen", self.page.seen)]

    @property
    def kind(self) -> ChangeWhy:
        """Why, once it is valid."""
        return ChangeWhy(self.cleaned_data["why"])

    @property
    def note(self) -> str:
        """The comment, once it is valid; "" where there is none."""
        return plain(self.cleaned_data["note"])


def day_field(number: int) -> forms.DateField:
    """Return the box for one of the days; the first has to be filled in."""
    return forms.DateField(
        label=gettext_lazy("A day that would do") if number == 1 else gettext_lazy("Another day that would do"),
        help_text="" if number == 1 else gettext_lazy("May stay empty."),
        required=number == 1,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": gettext_lazy("A day that would do: give at least one."),
            "invalid": gettext_lazy("There is no such day. Write it like 26/11/2026."),
        },
    )


class MoveForm(ChangeForm):
    """The host asks for another day: up to three half-days that would do, the best first."""

    do = "move"

    order = (*(f"{name}_{number}" for number in range(1, MOST_DAYS + 1) for name in ("day", "part")), *ChangeForm.order)

    def __init__(self, data: Mapping[str, str] | None, *, page: ChangePage) -> None:
        super().__init__(data, page=page)
        here = half_day_of(page.link.sessions)
        wanted = page.wish.wanted if page.wish else []
        for number in range(1, MOST_DAYS + 1):
            known = wanted[number - 1] if number <= len(wanted) else None
            self.fields[f"day_{number}"] = day_field(number)
            self.fields[f"part_{number}"] = forms.ChoiceField(label=gettext_lazy("When that day"), choices=PARTS)
            self.initial[f"day_{number}"] = known.day if known else None
            self.initial[f"part_{number}"] = (known or here or HalfDay(page.on, is_afternoon=False)).part
        why: Any = self.fields["why"]
        why.choices = [(kind.value, kind.label) for kind in ChangeWhy if kind != ChangeWhy.WISH]
        if page.wish:
            self.initial["why"], self.initial["note"] = page.wish.why, page.wish.note
        self.order_fields(self.order)

    @property
    def wish(self) -> Wish:
        """What was typed, once it is valid; each half-day once."""
        data = self.cleaned_data
        named = [(data[f"day_{number}"], data[f"part_{number}"]) for number in range(1, MOST_DAYS + 1)]
        half_days = [HalfDay(day, part == PartOfDay.AFTERNOON) for day, part in named if day]
        return Wish(list(dict.fromkeys(half_days)), self.kind, self.note)


class TakeBackForm(GivenForm):
    """The host asks for no other day any more."""

    do = "take-back"


class CancelForm(ChangeForm):
    """The host cancels the visit."""

    do = "cancel"
