"""The form that chooses the period of feedback, and by what its rows are."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict

from schools.core.periods import AcademicYear, Period
from schools.core.words import long_day
from schools.reach.feedback import FeedbackCut, last_answers

YEARS = 8
"""So many school years are suggested."""


class FeedbackForm(forms.Form):
    """A period, and area or session type. It asks for no area: with it, answers of few schools would follow from others.

    So they would from periods that overlap, and from one day to the next. Whoever cannot read each school’s answer anyway asks
    for a whole school year, once its answers are in.
    """

    period = forms.CharField(max_length=40)
    by = forms.ChoiceField(label="A row for each", choices=[("area", "area"), ("type", "session type")])

    def __init__(self, query: QueryDict, *, on: date, any_period: bool) -> None:
        """Read the query of the address; `year`, which older addresses have, is a period too.

        The default is the school year of the day, or the last one that may be asked for.
        """
        query = query.copy()
        this_year = AcademicYear.of(on)
        years = (AcademicYear(this_year.start - back) for back in range(YEARS))
        default = this_year if any_period else next(year for year in years if last_answers(year) < on)
        query.setdefault("period", query.get("year") or str(default))
        query.setdefault("by", FeedbackCut.AREA.value)
        super().__init__(query)
        self.on, self.any_period = on, any_period
        self.years = [str(AcademicYear(this_year.start - back)) for back in range(YEARS)]
        more = ", 2025/26..2026/27, FY2025 (April to March) or 2025-10-01..2025-12-19." if any_period else "."
        self.fields["period"].help_text = f"Like 2025/26{more}"

    def clean_period(self) -> Period:
        """Return the period that was typed; the error that Period raises says what is wrong with it."""
        try:
            period = Period.parse(self.cleaned_data["period"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        year = period.last_academic_year.period
        if not self.any_period and (period.first_day, period.last_day) != (year.first_day, year.last_day):
            msg = "Choose one school year, like 2025/26: from other periods it would follow what a single school said."
            raise forms.ValidationError(msg)
        last = last_answers(period.last_academic_year)
        if not self.any_period and self.on <= last:
            shown_from = f"What schools thought of {period} is shown once their answers are in, after {long_day(last)}."
            msg = f"{shown_from} Choose an earlier year."
            raise forms.ValidationError(msg)
        return period

    @property
    def answered_by(self) -> date | None:
        """The last day whose answers count; None: all do."""
        return None if self.any_period else last_answers(self.cleaned_data["period"].last_academic_year)

    def clean_by(self) -> FeedbackCut:
        """Return by what the rows are."""
        return FeedbackCut(self.cleaned_data["by"])

    @property
    def as_query(self) -> str:
        """What asks for the same again, in an address."""
        chosen: dict[str, Any] = self.cleaned_data
        return urlencode({"period": str(chosen["period"]), "by": chosen["by"].value})
