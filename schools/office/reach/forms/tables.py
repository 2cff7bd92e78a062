"""The form that asks for a table of reach."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict

from schools.core.nations import Language
from schools.core.periods import AcademicYear, Period
from schools.core.year_groups import YEAR_GROUPS, year_group_anywhere
from schools.directory.models import Sector
from schools.directory.models.deprivation import FIFTHS, fifth_name
from schools.programme.models import Channel
from schools.reach.filters import Filters
from schools.reach.queries import session_types
from schools.reach.rows import KIND_CUTS, PLACE_CUTS, Cut

ANYWHERE = [("", "Anywhere"), *((cut.value, cut.label) for cut in PLACE_CUTS)]
BY = [
    ("Places", [(cut.value, cut.label) for cut in (*PLACE_CUTS, Cut.FIFTH)]),
    ("Kinds", [(cut.value, cut.label) for cut in KIND_CUTS]),
]

FILTERS = ("types", "channels", "languages", "year_groups", "sectors", "fifths")


class ReachForm(forms.Form):
    """A period in one of its four spellings, what has a row, and the filters; what the address leaves out has a default."""

    period = forms.CharField(
        max_length=40, help_text="Like 2025/26, 2025/26..2026/27, FY2025 (April to March) or 2025-10-01..2025-12-19."
    )
    by = forms.ChoiceField(choices=BY, label="A row for each")
    within = forms.ChoiceField(choices=ANYWHERE, required=False, label="within each")
    types = forms.MultipleChoiceField(required=False, label="Session types", widget=forms.CheckboxSelectMultiple)
    channels = forms.MultipleChoiceField(choices=Channel.choices, required=False, widget=forms.CheckboxSelectMultiple)
    languages = forms.MultipleChoiceField(choices=Language.choices, required=False, widget=forms.CheckboxSelectMultiple)
    year_groups = forms.TypedMultipleChoiceField(
        choices=[(group, year_group_anywhere(group)) for group in YEAR_GROUPS],
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    sectors = forms.MultipleChoiceField(
        choices=Sector.choices, required=False, label="Sectors of schools", widget=forms.CheckboxSelectMultiple
    )
    fifths = forms.TypedMultipleChoiceField(
        choices=[(fifth, fifth_name(fifth)) for fifth in FIFTHS],
        coerce=int,
        required=False,
        label="Deprivation, of its nation",
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, query: QueryDict, *, this_year: AcademicYear) -> None:
        """Read the query of the address; the default is this academic year, by area."""
        query = query.copy()
        query.setdefault("period", str(this_year))
        query.setdefault("by", Cut.AREA.value)
        super().__init__(query)
        self.query = query
        self.years = [str(AcademicYear(this_year.start - back)) for back in range(6)]
        self.session_types = session_types()
        types: Any = self.fields["types"]
        types.choices = [(session_type.slug, session_type.name) for session_type in self.session_types]

    def clean_period(self) -> Period:
        """Return the period that was typed; the error that Period raises says what is wrong with it."""
        try:
            return Period.parse(self.cleaned_data["period"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean_by(self) -> Cut:
        """Return what has a row."""
        return Cut(self.cleaned_data["by"])

    def clean_within(self) -> Cut | None:
        """Return the kind of place within which kinds are cut; None where the cut is by place."""
        within = self.cleaned_data["within"]
        by = self.cleaned_data.get("by")
        return Cut(within) if within and by and not by.is_place else None

    @property
    def filters(self) -> Filters:
        """The chosen filters."""
        return Filters(**{name: frozenset(self.cleaned_data[name]) for name in FILTERS})

    @property
    def filter_fields(self) -> list[forms.BoundField]:
        """The fields of the filters, for the page."""
        return [self[name] for name in FILTERS]

    @property
    def filter_words(self) -> list[str]:
        """The chosen filters in words."""
        return self.filters.words(self.session_types)

    @property
    def as_query(self) -> str:
        """The query of an address that asks the same."""
        fields = [(name, value) for name in self.fields for value in self.query.getlist(name) if value]
        return urlencode([(name, value.replace(" ", "") if name == "period" else value) for name, value in fields])
