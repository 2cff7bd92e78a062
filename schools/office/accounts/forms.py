"""The form that says who stands in for a coordinator."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from schools.accounts.models import User
from schools.office.frame.fields import DayField


class StandInForm(forms.Form):
    """Who is away, who stands in, and on which days. Only a manager says it for somebody else."""

    coordinator = forms.ModelChoiceField(
        User.objects.none(),
        label="Who is away",
        empty_label="Choose somebody",
        error_messages={"required": "Choose who is away."},
    )
    stand_in = forms.ModelChoiceField(
        User.objects.none(),
        label="Who stands in",
        empty_label="Choose somebody",
        help_text="Somebody who sees the same areas. They are there on all of these days.",
        error_messages={"required": "Choose who stands in."},
    )
    first = DayField(label="From", error_messages={"required": "Give the first day."})
    last = DayField(label="To, that day included", error_messages={"required": "Give the last day."})

    def __init__(self, *args: Any, people: QuerySet[User], by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        away: Any = self.fields["coordinator"]
        away.queryset, away.initial = people, by.pk
        others: Any = self.fields["stand_in"]
        others.queryset = people if by.is_manager else people.exclude(pk=by.pk)
        if not by.is_manager:
            del self.fields["coordinator"]
