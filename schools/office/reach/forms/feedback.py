"""The form that chooses the school year of feedback, and by what its rows are."""

from typing import Any

from django import forms
from django.http import QueryDict

from schools.core.periods import AcademicYear
from schools.directory.models import Area
from schools.office.reach.forms.pictures import PicturesForm
from schools.reach.feedback import FeedbackCut


class FeedbackForm(PicturesForm):
    """A school year, and area or session type. It asks for no area: with it, answers of few schools would follow from others."""

    by = forms.ChoiceField(label="A row for each", choices=[("area", "area"), ("type", "session type")])

    def __init__(self, query: QueryDict, *, this_year: AcademicYear) -> None:
        query = query.copy()
        query.setdefault("by", FeedbackCut.AREA.value)
        super().__init__(query, this_year=this_year, areas=Area.objects.none())
        del self.fields["area"]

    def clean_by(self) -> FeedbackCut:
        """Return by what the rows are."""
        return FeedbackCut(self.cleaned_data["by"])

    @property
    def as_query(self) -> str:
        """What asks for the same again, in an address."""
        chosen: dict[str, Any] = self.cleaned_data
        return f"year={chosen['year']}&by={chosen['by'].value}"
