"""The forms by which a host changes its visit: why, a comment, and who sends it; each sends back what its sender has read."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from schools.school_portal.changes import ChangePage
from schools.school_portal.day_boxes import DAY_BOXES, add_day_boxes, half_days_in
from schools.school_portal.forms import MOST_FREE, GivenForm
from schools.school_portal.word_boxes import free_box, plain
from schools.visits.actions.school_changes import Wish
from schools.visits.models import ChangeWhy


class ReadPageForm(GivenForm):
    """A form that sends back what its page shows of the visit, so that nobody changes what they have not read."""

    def __init__(self, data: Mapping[str, str] | None, *, page: ChangePage) -> None:
        super().__init__(data)
        self.page = page

    @property
    def shown(self) -> list[tuple[str, str]]:
        """The hidden box with it."""
        return [("seen", self.page.seen)]


class ChangeForm(ReadPageForm):
    """What every change asks: why, half-days that would do, a comment, and a name."""

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
        super().__init__(data, page=page)
        self.fields["note"] = free_box(gettext_lazy("Anything to know"), page.link, most=MOST_FREE)
        self.order_fields(self.order)

    order: tuple[str, ...] = ("why", "note", "given_by")
    """The names of the boxes, in order."""

    @property
    def wish(self) -> Wish:
        """What was typed, once it is valid."""
        return Wish(half_days_in(self), ChangeWhy(self.cleaned_data["why"]), plain(self.cleaned_data["note"]))


class MoveForm(ChangeForm):
    """The host asks for another day: up to three half-days that would do, the best first."""

    do = "move"

    order = (*DAY_BOXES, *ChangeForm.order)

    def __init__(self, data: Mapping[str, str] | None, *, page: ChangePage) -> None:
        super().__init__(data, page=page)
        add_day_boxes(self, page.wish.wanted if page.wish else (), part=page.part, is_needed=True)
        why: Any = self.fields["why"]
        why.choices = [(kind.value, kind.label) for kind in ChangeWhy if kind != ChangeWhy.WISH]
        if page.wish:
            self.initial["why"], self.initial["note"] = page.wish.why, page.wish.note
        self.order_fields(self.order)


class TakeBackForm(ReadPageForm):
    """The host asks for no other day any more."""

    do = "take-back"


class CancelForm(ChangeForm):
    """The host cancels the visit, and may say when it would like us to come instead."""

    do = "cancel"

    order = ("why", *DAY_BOXES, "note", "given_by")

    def __init__(self, data: Mapping[str, str] | None, *, page: ChangePage) -> None:
        super().__init__(data, page=page)
        add_day_boxes(self, part=page.part, is_needed=False)
        self.order_fields(self.order)
