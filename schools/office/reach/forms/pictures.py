"""The form that chooses academic year and area of the pictures."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from schools.core.periods import AcademicYear
from schools.directory.models import Area

YEARS = 8


class PicturesForm(forms.Form):
    """A year and one of the user's areas, or all of them."""

    year = forms.ChoiceField(label="School year")
    area = forms.ModelChoiceField(Area.objects.none(), required=False, empty_label="All that you may see")

    def __init__(self, query: QueryDict, *, this_year: AcademicYear, areas: QuerySet[Area]) -> None:
        query = query.copy()
        query.setdefault("year", str(this_year))
        super().__init__(query)
        years = [str(AcademicYear(this_year.start - back)) for back in range(YEARS)]
        year: Any = self.fields["year"]
        year.choices = [(year_name, year_name) for year_name in years]
        area: Any = self.fields["area"]
        area.queryset = areas
        # Listed here, because the field would read them anew, while the page has read these for its figures.
        area.choices = [("", area.empty_label), *((each.pk, str(each)) for each in areas)]

    def clean_year(self) -> AcademicYear:
        """Return the academic year."""
        return AcademicYear.parse(self.cleaned_data["year"])
