"""The forms of people who sign in: who stands in for a coordinator, who is locked out, who is a trustee."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from schools.accounts.identity import Check
from schools.accounts.models import User
from schools.office.frame.fields import DayField
from schools.recovery.models import Lost, Why


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


class LockedOutForm(forms.Form):
    """What somebody lost who is locked out, why, and by which two steps they were known."""

    lost = forms.ChoiceField(
        label="What they lost", choices=[("", "Choose"), *Lost.choices], error_messages={"required": "Choose what they lost."}
    )
    why = forms.ChoiceField(label="Why", choices=[("", "Choose"), *Why.choices], error_messages={"required": "Choose why."})
    new_email = forms.EmailField(
        label="New e-mail address",
        max_length=254,
        required=False,
        help_text="Only where they lost the old one. It is asked whether it is theirs, and nothing happens without its yes.",
        error_messages={"invalid": "Write it like name@example.org."},
    )
    first = forms.ChoiceField(
        label="First step by which you knew them",
        choices=[("", "Choose"), *Check.choices],
        error_messages={"required": "Choose the first step."},
    )
    second = forms.ChoiceField(
        label="Second step", choices=[("", "Choose"), *Check.choices], error_messages={"required": "Choose the second step."}
    )

    def clean_new_email(self) -> str:
        """Return the address as addresses are stored: in small letters."""
        return str(self.cleaned_data["new_email"]).strip().lower()


class TrusteeForm(forms.Form):
    """Who may agree without signing in."""

    name = forms.CharField(max_length=150, error_messages={"required": "Give their name."})
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        help_text="One that they alone read, and nobody of the office.",
        error_messages={"required": "Give their address.", "invalid": "Write it like name@example.org."},
    )
