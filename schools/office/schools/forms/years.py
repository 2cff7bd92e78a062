"""Forms of what is known of a school for one academic year: year and year group are chosen in words."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.db.models import BLANK_CHOICE_LABEL

from schools.accounts.models import User
from schools.core.periods import AcademicYear
from schools.core.year_groups import YEAR_GROUPS, year_group_anywhere, year_group_name
from schools.directory.models import Roll, RollSource
from schools.directory.queries import pupils_known_otherwise
from schools.office.frame.far_numbers import ask_about_far_numbers
from schools.office.frame.fields import SureNumberInput
from schools.office.frame.optimistic_forms import OfficeForm
from schools.office.frame.visibility import today
from schools.visits.rules.closed_periods import reasons_year_locked

YEARS_BACK = 15
"""Academic years before the running one that a form offers; what is stored stays a choice, however old it is."""


class OfYearForm(OfficeForm):
    """A row of a school and an academic year, begun with the running year."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "academic_year" in self.fields:
            now = AcademicYear.of(today()).start
            stored = self.instance.academic_year
            years = {*range(now - YEARS_BACK, now + 2)} | ({stored} if stored is not None else set())
            self._choose("academic_year", [(year, str(AcademicYear(year))) for year in sorted(years, reverse=True)])
            self.initial.setdefault("academic_year", now)
        if "year_group" in self.fields:
            self._choose("year_group", [(group, self._name_of(group)) for group in YEAR_GROUPS])

    def _choose(self, name: str, choices: list[tuple[int, str]]) -> None:
        """Put a list of choices in place of the box for the number."""
        label = self.fields[name].label
        self.fields[name] = forms.TypedChoiceField(choices=[("", BLANK_CHOICE_LABEL), *choices], coerce=int, label=label)

    def _name_of(self, group: int) -> str:
        """Return the year group in the words of the school's nation, or in those of both kinds of nation where none is known."""
        if self.instance.school_id:
            return year_group_name(group, self.instance.school.nation)
        return year_group_anywhere(group)


class RollForm(OfYearForm):
    """A number of pupils, which is asked about once where it is far from what else is known of the year group."""

    GIVEN: ClassVar[frozenset[str]] = frozenset({"source"})
    by: User
    """Who fills it in; a subclass for each request says it (`RollAdmin.get_form`)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.row is None:
            self.instance.source = RollSource.COORDINATOR
        if "pupils" in self.fields:
            self.fields["pupils"].widget = SureNumberInput()

    def clean(self) -> Any:
        """Ask once about a number far from another roll of that or an earlier year, or from the register's total."""
        data = super().clean() or self.cleaned_data
        for reason in self._reasons_locked(data):
            self.add_error(None, reason)
        facts = {"school": getattr(self.instance, "school", None), **data}
        key = {name: facts.get(name) for name in ("school", "academic_year", "year_group")}
        if data.get("pupils") is not None and None not in key.values():
            ask_about_far_numbers(self, {"pupils": pupils_known_otherwise(Roll(pk=self.instance.pk, **key))})
            box: Any = self.fields["pupils"]
            box.widget.answer = getattr(box, "answer", None)
        return data

    def _reasons_locked(self, data: Mapping[str, Any]) -> list[str]:
        """Return the reasons why the year that the row was of, or is to be of, is locked: a signed-off return rests on it."""
        stored: Any = self.row
        rows = [(stored.school, stored.academic_year)] if stored is not None else []
        school, year = data.get("school") or getattr(self.instance, "school", None), data.get("academic_year")
        if school is not None and year is not None:
            rows.append((school, year))
        reasons = [reason for school, year in rows for reason in reasons_year_locked(school, year, by=self.by)]
        return list(dict.fromkeys(reasons))
