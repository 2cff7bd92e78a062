"""The forms by which a host changes its visit: why, a comment, and who sends it; each sends back what its sender has read."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy

from schools.school_portal.changes import ChangePage
from schools.school_portal.forms import MOST_FREE, GivenForm, free_box, plain
from schools.visits.models import ChangeWhy


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

    order = ("why", "note", "given_by")
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


class CancelForm(ChangeForm):
    """The host cancels the visit."""

    do = "cancel"
