"""What a coordinator types to book a visit."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet

from schools.accounts.models import User
from schools.core.nations import Language
from schools.core.periods import AcademicYear
from schools.core.year_groups import MOST_PUPILS, year_group_name
from schools.directory.models import Contact, School
from schools.directory.queries import expected_pupils
from schools.office.forms.fields import ClockField, DayField
from schools.programme.models import SessionType
from schools.visits.actions import NewSession

REFERENCE = re.compile(r"V[2-9A-Z]{6}")
MOST_SESSIONS = 20


class BookingForm(forms.Form):
    """What holds for the whole visit; `reference` is made when the form is opened and comes back with it, so it books once."""

    reference = forms.RegexField(REFERENCE, widget=forms.HiddenInput)
    coordinator = forms.ModelChoiceField(User.objects.none(), required=False, help_text="Blank: you.")
    contact = forms.ModelChoiceField(Contact.objects.none(), required=False, label="Whom to ask for")
    safeguarding_contact = forms.ModelChoiceField(
        Contact.objects.none(),
        required=False,
        label="Safeguarding contact",
        help_text="Whom a volunteer tells when a child says something.",
    )
    arrival_notes = forms.CharField(
        required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}), help_text="Gates, sign-in, the hall."
    )
    parking = forms.CharField(required=False, max_length=300)

    def __init__(self, *args: Any, school: School, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contacts = Contact.objects.filter(school=school)
        for name, rows in (("coordinator", people), ("contact", contacts), ("safeguarding_contact", contacts)):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # as declared above
            field.queryset = rows


class TypeField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """Session types, by what the school's nation calls them."""

    nation = ""

    def label_from_instance(self, obj: Any) -> str:
        """The name in the nation."""
        return str(obj.name_in(self.nation))


class SessionForm(forms.Form):
    """One session of the visit; a row left empty is no session."""

    type = TypeField(
        SessionType.objects.active(),
        label="Session type",
        empty_label="Choose a type",
        error_messages={"required": "Choose a type.", "invalid_choice": "Choose a type from the list."},
    )
    day = DayField(error_messages={"required": "Give the day."})
    starts = ClockField(label="Starts at", error_messages={"required": "Give the time."})
    ends = ClockField(label="Ends at", required=False, help_text="Blank: as long as the type lasts.")
    until_day = DayField(label="Last day", required=False, help_text="Online only: the end of the window.")
    room = forms.CharField(required=False, max_length=80)
    language = forms.ChoiceField(choices=Language.choices, initial=Language.ENGLISH)

    def __init__(self, *args: Any, school: School, known: Mapping[int, int | None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.school = school
        type_field = self.fields["type"]
        assert isinstance(type_field, TypeField)  # noqa: S101  # as declared above
        type_field.nation = school.nation
        wrong = f"Give a whole number from 0 to {MOST_PUPILS:,}, or leave the box empty."
        for group, pupils in known.items():
            self.fields[f"expected_{group}"] = forms.IntegerField(
                label=year_group_name(group, school.nation),
                required=False,
                min_value=0,
                max_value=MOST_PUPILS,
                error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), wrong),
                help_text="not known" if pupils is None else f"{pupils:,} on roll",
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )

    @property
    def expected_fields(self) -> list[forms.BoundField]:
        """The boxes for expected pupils, one a year group that the school teaches."""
        return [self[name] for name in self.fields if name.startswith("expected_")]

    @property
    def named(self) -> dict[int, int]:
        """The year groups whose box was filled in."""
        typed = {
            int(name.removeprefix("expected_")): value
            for name, value in self.cleaned_data.items()
            if name.startswith("expected_")
        }
        return {group: pupils for group, pupils in typed.items() if pupils is not None}

    def new_session(self) -> NewSession:
        """What was typed. Without any number, all the type's year groups come, with what is known of them."""
        data = self.cleaned_data
        return NewSession(
            type=data["type"],
            day=data["day"],
            starts=data["starts"],
            ends=data["ends"],
            until_day=data["until_day"],
            room=data["room"],
            language=data["language"],
            expected=dict(self.named) or self._known(data["type"], AcademicYear.of(data["day"])),
        )

    def _known(self, session_type: SessionType, year: AcademicYear) -> dict[int, int | None]:
        known = expected_pupils(self.school, academic_year=year.start)
        return {group: pupils for group, pupils in known.items() if group in session_type.year_groups}


SessionFormSet = forms.formset_factory(SessionForm, extra=2, max_num=MOST_SESSIONS, validate_max=True)
"""The sessions of a visit."""
