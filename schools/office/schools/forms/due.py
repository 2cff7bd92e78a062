"""The filters and the order of the due list."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet

from schools.core.year_groups import YEAR_GROUPS, year_group_anywhere
from schools.directory.models import Area
from schools.directory.models.deprivation import FIFTHS, fifth_name

TO_ASK, WAITING, BOOKED, EVERY = "ask", "waiting", "booked", "all"
SHOWS = (
    (TO_ASK, "To ask now"),
    ("never", "Never visited"),
    ("overdue", "Overdue"),
    ("due", "Due this year"),
    ("not-yet", "Not yet"),
    (WAITING, "Asked to wait"),
    (BOOKED, "Booked, asked or offered"),
    (EVERY, "All that can be visited"),
)
"""The headings of the list. The four after “To ask now” are the priorities of planning.cycle."""

SORTS = (
    ("priority", "Most due first"),
    ("reached", "Most year groups never reached first"),
    ("gain", "Most pupils to gain first"),
    ("last", "Longest ago first"),
    ("spoken", "Spoken to longest ago first"),
    ("near", "Most volunteers near first"),
    ("fifth", "Most deprived first"),
    ("name", "By name"),
)

WIDE_SORTS = (("name", "By name"), ("priority", "Most due first, then by name"), ("fifth", "Most deprived first, then by name"))
"""The orders of a list of too many schools to read them all: the database has these, part by part (due_list.DueList.parts)."""


class DueForm(forms.Form):
    """The filters above the list. A wrong or missing value counts as not chosen, so that an old address still shows something."""

    show = forms.ChoiceField(choices=SHOWS, required=False)
    area = forms.ModelChoiceField(Area.objects.none(), required=False, empty_label="All my areas")
    group = forms.TypedChoiceField(
        choices=[("", "Any"), *((group, year_group_anywhere(group)) for group in YEAR_GROUPS)],
        coerce=int,
        empty_value=None,
        required=False,
        label="Year group never reached",
    )
    fifth = forms.TypedChoiceField(
        choices=[("", "Any"), *((fifth, fifth_name(fifth)) for fifth in FIFTHS)],
        coerce=int,
        empty_value=None,
        required=False,
        label="Deprivation, of its nation",
    )
    near = forms.BooleanField(required=False, label="A volunteer lives near")
    sort = forms.ChoiceField(choices=SORTS, required=False, label="Order")
    turned = forms.BooleanField(required=False, label="The other way round")
    q = forms.CharField(required=False, max_length=100, label="School", widget=forms.TextInput(attrs={"type": "search"}))

    def __init__(self, *args: Any, areas: QuerySet[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["area"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # as declared above
        field.queryset = areas

    def offer_sorts(self, sorts: Sequence[tuple[str, str]]) -> None:
        """Offer these orders alone; the first one is that of a list for which none was chosen."""
        field = self.fields["sort"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # as declared above
        field.choices = list(sorts)

    @property
    def filters(self) -> dict[str, Any]:
        """The chosen values, with a default where nothing was chosen."""
        self.is_valid()
        filters: dict[str, Any] = {name: self.cleaned_data.get(name) for name in self.fields}
        filters["show"] = filters["show"] or TO_ASK
        filters["sort"] = filters["sort"] or ""
        filters["q"] = filters["q"] or ""
        return filters
