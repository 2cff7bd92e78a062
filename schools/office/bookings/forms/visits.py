"""The forms on the pages of a visit and of a session."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet

from schools.accounts.models import User
from schools.charity.notes import NoteField
from schools.directory.models import Contact
from schools.office.frame.fields import DayField
from schools.office.frame.optimistic_forms import OptimisticForm
from schools.office.schools.forms.conversations import MONTHS, months_from
from schools.visits.models import CancelCode, Visit, VisitStage
from schools.visits.rules import VisitDetails

NOT_OFFERED = {"invalid_choice": "They may not sign in, or would not see this school’s visits. Choose somebody from the list."}
"""Refuses as coordinator whom the list does not name, such as one whose areas were changed since the page was opened."""


def _safeguarding_contact_field() -> forms.Field:
    return forms.ModelChoiceField(
        Contact.objects.none(),
        required=False,
        label="Safeguarding contact",
        empty_label="Not known yet",
        help_text="Whom a volunteer tells when a child says something.",
    )


class ConfirmForm(OptimisticForm, forms.Form):
    """The form that says that the school agreed to the visit."""

    agreed_on = DayField(label="Agreed on")
    agreed_with = forms.CharField(max_length=150, help_text="Whom at the school you spoke to.")
    parents_told_on = DayField(required=False, label="Parents told on", help_text="By the school.")
    safeguarding_contact = _safeguarding_contact_field()

    def __init__(self, *args: Any, visit: Visit, on: date, **kwargs: Any) -> None:
        known = {
            "agreed_on": visit.agreed_on or on,
            "agreed_with": visit.agreed_with,
            "parents_told_on": visit.parents_told_on,
            "safeguarding_contact": visit.safeguarding_contact_id,
        }
        super().__init__(*args, **kwargs)
        self.initial = known
        self.visit = visit
        field = self.fields["safeguarding_contact"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # as declared above
        # Who is at the school no more stays until somebody else is chosen.
        field.queryset = Contact.objects.at([visit.school], besides=(visit.safeguarding_contact_id,))

    def clean(self) -> dict[str, Any]:
        """Return what was typed, without what may be blank and stands as it is stored."""
        data = super().clean()
        stays = {name for name, field in self.fields.items() if not field.required} - set(self.changed_data)
        return {name: value for name, value in data.items() if name not in stays}

    @property
    def row(self) -> Visit:
        """The visit."""
        return self.visit

    def stored(self, name: str) -> Any:
        """Return what is stored for the box, also where the box suggests another day."""
        return self.visit.safeguarding_contact_id if name == "safeguarding_contact" else getattr(self.visit, name)


class VisitDetailsForm(OptimisticForm, forms.Form):
    """The details of a visit: coordinator, contacts, notes for arrival; and the month while the school waits for a day."""

    coordinator = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="Nobody", error_messages=NOT_OFFERED)
    contact = forms.ModelChoiceField(Contact.objects.none(), required=False, label="Whom to ask for", empty_label="Not said")
    safeguarding_contact = _safeguarding_contact_field()
    parents_told_on = DayField(required=False, label="Parents told on", help_text="By the school.")
    preferred_month = forms.TypedChoiceField(
        coerce=date.fromisoformat, empty_value=None, required=False, label="In which month", help_text="If the school said so."
    )
    arrival_notes = NoteField(required=False, max_length=2000, rows=3, help_text="Gates, sign-in, the hall.")
    parking = NoteField(required=False, max_length=300)

    def __init__(self, data: Any = None, *, visit: Visit, people: QuerySet[User], on: date) -> None:
        known = {name: getattr(visit, name) for name in self.base_fields}
        known["preferred_month"] = visit.preferred_month.isoformat() if visit.preferred_month else ""
        super().__init__(data, initial=known)
        self.visit = visit
        contacts = Contact.objects.at([visit.school], besides=(visit.contact_id, visit.safeguarding_contact_id))
        for name, rows in (("coordinator", people), ("contact", contacts), ("safeguarding_contact", contacts)):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # as declared above
            field.queryset = rows
        months = self.fields["preferred_month"]
        assert isinstance(months, forms.TypedChoiceField)  # noqa: S101  # as declared above
        offered = {*months_from(on, MONTHS), *filter(None, (visit.preferred_month,))}
        months.choices = [("", "Any month"), *((month.isoformat(), f"{month:%B %Y}") for month in sorted(offered))]
        if visit.stage != VisitStage.REQUESTED:
            del self.fields["preferred_month"]

    @property
    def row(self) -> Visit:
        """The visit."""
        return self.visit

    @property
    def details(self) -> VisitDetails:
        """The details that were typed; where the form has no box for the month, the stored month stays."""
        return VisitDetails(**{"preferred_month": self.visit.preferred_month, **self.cleaned_data})


class CancelForm(forms.Form):
    """The reason why a visit or a session will not take place."""

    code = forms.ChoiceField(
        choices=[("", "Choose why"), *CancelCode.choices], label="Why", error_messages={"required": "Choose why."}
    )
    note = NoteField(required=False, max_length=500, rows=2)


class SafeguardingNoticeForm(forms.Form):
    """A note that somebody was told about a child's disclosure: a time and a role (rule 12)."""

    role_told = forms.CharField(
        max_length=100,
        label="Who was told",
        help_text="The role alone, such as the school’s safeguarding lead. No name, nothing of what was said.",
    )
    told_at = forms.SplitDateTimeField(
        label="When",
        widget=forms.SplitDateTimeWidget(
            date_attrs={"type": "date", "aria-label": "Day"},
            time_attrs={"type": "time", "aria-label": "Time"},
            date_format="%Y-%m-%d",
            time_format="%H:%M",
        ),
    )
