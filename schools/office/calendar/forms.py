"""Which part of the calendar is looked at."""

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
    """What stands beside each other where the rows are people: the days of a week, or the weeks of a month."""

    first: date
    last: date

    @property
    def title(self) -> str:
        """Like “Mon 23”, or “30 Nov to 6 Dec”."""
        if self.first == self.last:
            return f"{self.first:%a} {self.first.day}"
        month = "" if self.first.month == self.last.month else f" {self.first:%b}"
        return f"{self.first.day}{month} to {self.last.day} {self.last:%b}"


@dataclass(frozen=True)
class Span:
    """The days of a month's or a week's page, whole weeks from Monday to Sunday."""

    kind: str
    day: date
    """Any day of the month or of the week."""

    @property
    def first(self) -> date:
        """The Monday on which the page begins."""
        start = self.day.replace(day=1) if self.kind == MONTH else self.day
        return start - timedelta(days=start.weekday())

    @property
    def last(self) -> date:
        """The Sunday on which it ends."""
        end = self.following.day - timedelta(days=1) if self.kind == MONTH else self.day
        return end + timedelta(days=6 - end.weekday())

    @property
    def days(self) -> list[date]:
        """All of them."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def is_week(self) -> bool:
        """Whether there is room for more than when and where."""
        return self.kind == WEEK

    @property
    def columns(self) -> list[Column]:
        """A month's weeks; a week's days."""
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
        """Whether the day is of the month (a month's page begins and ends with days of its neighbours)."""
        return self.kind == WEEK or (day.year, day.month) == (self.day.year, self.day.month)

    @property
    def title(self) -> str:
        """Like “November 2026”, or “23 to 29 November 2026”."""
        if self.kind == MONTH:
            return f"{self.day:%B %Y}"
        first, last = self.first, self.last
        return f"{first.day}{'' if first.month == last.month else f' {first:%B}'} to {last.day} {last:%B %Y}"


class CalendarForm(forms.Form):
    """What is chosen above the calendar; what is wrong or missing counts as not chosen."""

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

    def asked(self, *, on: date) -> dict[str, Any]:
        """What was chosen, with what holds where nothing was; `span` is the days."""
        self.is_valid()
        asked: dict[str, Any] = {name: self.cleaned_data.get(name) for name in self.fields}
        day = asked["day"] or on
        # No month before the year 1 and none after 9999: the pages beside it must be there too.
        asked["span"] = Span(asked["view"] or MONTH, day if date(2000, 1, 1) <= day <= date(2100, 1, 1) else on)
        asked["by"] = asked["by"] or SCHOOLS
        asked["q"] = asked["q"] or ""
        return asked
