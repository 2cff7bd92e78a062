"""The form above the calendar, and the days that the page shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet

from schools.directory.models import Area
from schools.office.frame.fields import DayField

MONTH, WEEK = "month", "week"
SCHOOLS, VOLUNTEERS = "school", "volunteer"


@dataclass(frozen=True)
class Column:
    """One column where each row is a volunteer: a day of a week's page, or a week of a month's page."""

    first: date
    last: date

    @property
    def title(self) -> str:
        """The heading, such as “Mon 23” or “30 Nov to 6 Dec”."""
        if self.first == self.last:
            return f"{self.first:%a} {self.first.day}"
        month = "" if self.first.month == self.last.month else f" {self.first:%b}"
        return f"{self.first.day}{month} to {self.last.day} {self.last:%b}"


@dataclass(frozen=True)
class Span:
    """The days of a month's or a week's page: whole weeks from Monday to Sunday."""

    kind: str
    day: date
    """Any day of the month or of the week."""

    @property
    def first(self) -> date:
        """The Monday with which the page begins."""
        start = self.day.replace(day=1) if self.kind == MONTH else self.day
        return start - timedelta(days=start.weekday())

    @property
    def last(self) -> date:
        """The Sunday with which the page ends."""
        end = self.following.day - timedelta(days=1) if self.kind == MONTH else self.day
        return end + timedelta(days=6 - end.weekday())

    @property
    def days(self) -> list[date]:
        """Every day of the page."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def is_week(self) -> bool:
        """Whether it is a week, so that an entry has room for more than time and place."""
        return self.kind == WEEK

    @property
    def columns(self) -> list[Column]:
        """The weeks of a month, or the days of a week."""
        step = 1 if self.kind == WEEK else 7
        return [Column(day, day + timedelta(days=step - 1)) for day in self.days[::step]]

    @property
    def following(self) -> "Span":
        """The next month or week."""
        if self.kind == WEEK:
            return Span(WEEK, self.day + timedelta(days=7))
        return Span(MONTH, (self.day.replace(day=1) + timedelta(days=32)).replace(day=1))

    @property
    def previous(self) -> "Span":
        """The month or week before."""
        if self.kind == WEEK:
            return Span(WEEK, self.day - timedelta(days=7))
        return Span(MONTH, (self.day.replace(day=1) - timedelta(days=1)).replace(day=1))

    def holds(self, day: date) -> bool:
        """Whether the day belongs to the month or week; a month's page also shows days of the months beside it."""
        return self.kind == WEEK or (day.year, day.month) == (self.day.year, self.day.month)

    @property
    def title(self) -> str:
        """The heading, such as “November 2026” or “23 to 29 November 2026”."""
        if self.kind == MONTH:
            return f"{self.day:%B %Y}"
        first, last = self.first, self.last
        return f"{first.day}{'' if first.month == last.month else f' {first:%B}'} to {last.day} {last:%B %Y}"


class CalendarForm(forms.Form):
    """The choices above the calendar; a wrong or missing one counts as not chosen."""

    view = forms.ChoiceField(choices=[(MONTH, "Month"), (WEEK, "Week")], required=False)
    day = DayField(required=False)
    area = forms.ModelChoiceField(Area.objects.none(), required=False, empty_label="All my areas")
    mine = forms.BooleanField(required=False, label="Only visits that I coordinate")
    by = forms.ChoiceField(choices=[(SCHOOLS, "School"), (VOLUNTEERS, "Volunteer")], required=False, label="Show by")
    q = forms.CharField(
        required=False, max_length=100, label="School or volunteer", widget=forms.TextInput(attrs={"type": "search"})
    )

    def __init__(self, *args: Any, areas: QuerySet[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["area"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # as declared above
        field.queryset = areas

    def choices(self, *, on: date) -> dict[str, Any]:
        """Return what was chosen, with defaults where nothing was; `span` holds the days of the page."""
        self.is_valid()
        choices: dict[str, Any] = {name: self.cleaned_data.get(name) for name in self.fields}
        day = choices["day"] or on
        # Python has dates from the year 1 to 9999 only, and the page links to the months before and after it.
        choices["span"] = Span(choices["view"] or MONTH, day if date(2000, 1, 1) <= day <= date(2100, 1, 1) else on)
        choices["by"] = choices["by"] or SCHOOLS
        choices["q"] = choices["q"] or ""
        return choices


class WeekForm(forms.Form):
    """The choices above the week board; a wrong or missing one counts as not chosen."""

    day = DayField(required=False, label="Week of")
    area = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, areas: Sequence[Area], **kwargs: Any) -> None:
        # A form that opens in its place on the same page has a box for a day, too.
        super().__init__(*args, **{"auto_id": "week-%s"} | kwargs)
        self.areas = areas
        field = self.fields["area"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # as declared above
        field.choices = [("", "All my areas"), *((str(area.pk), str(area)) for area in areas)]

    def chosen_span(self, *, on: date) -> Span:
        """Return the week of the chosen day, else that of the day `on`."""
        self.is_valid()
        return Span(WEEK, self.cleaned_data.get("day") or on)

    @property
    def chosen_area(self) -> Area | None:
        """The chosen area; None: all of them, or another that is not among them."""
        self.is_valid()
        return next((area for area in self.areas if str(area.pk) == self.cleaned_data.get("area")), None)
