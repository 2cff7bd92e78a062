"""The form that chooses academic year and area of the pictures."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from schools.core.periods import AcademicYear
from schools.directory.models import Area
from schools.directory.queries import named_areas

YEARS = 8


class PicturesForm(forms.Form):
    """A year and one of the user's areas, or all of them; `areas` None: the user may see all that there are."""

    year = forms.ChoiceField(label="School year")
    area = forms.ModelChoiceField(Area.objects.none(), required=False, empty_label="All that you may see")

    def __init__(self, query: QueryDict, *, this_year: AcademicYear, areas: QuerySet[Area] | None) -> None:
        query = query.copy()
        query.setdefault("year", str(this_year))
        super().__init__(query)
        years = [str(AcademicYear(this_year.start - back)) for back in range(YEARS)]
        year: Any = self.fields["year"]
        year.choices = [(year_name, year_name) for year_name in years]
        area: Any = self.fields["area"]
        area.queryset = Area.objects.all() if areas is None else areas
        # Listed here, because the field would read them anew, while the figures need these too.
        listed: Iterable[tuple[int, Any]] = named_areas()[0].items() if areas is None else ((each.pk, each) for each in areas)
        area.choices = [("", area.empty_label), *((pk, each.name) for pk, each in listed)]

    def clean_year(self) -> AcademicYear:
        """Return the academic year."""
        return AcademicYear.parse(self.cleaned_data["year"])
