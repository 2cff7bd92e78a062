"""What a coordinator types to book a visit."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet

from schools.accounts.models import User
from schools.core.nations import Language
from schools.core.periods import AcademicYear
from schools.core.year_groups import MOST_PUPILS, YEAR_GROUPS, year_group_name
from schools.directory.models import Contact, School
from schools.directory.queries import expected_pupils
from schools.office.frame.fields import ClockField, DayField
from schools.programme.models import SessionType
from schools.visits.actions import NewSession, VisitDetails
from schools.visits.models import Visit, VisitTemplate

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
    replaces = forms.ModelChoiceField(Visit.objects.none(), required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, school: School, people: QuerySet[User], cancelled: QuerySet[Visit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["replaces"].queryset = cancelled  # type: ignore[attr-defined]  # as declared above
        contacts = Contact.objects.filter(school=school)
        for name, rows in (("coordinator", people), ("contact", contacts), ("safeguarding_contact", contacts)):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # as declared above
            field.queryset = rows

    @property
    def details(self) -> VisitDetails:
        """What was typed of the visit itself."""
        return VisitDetails(**{name: value for name, value in self.cleaned_data.items() if name not in {"reference", "replaces"}})

    def go_on_as(self, reference: str, *, makes_good: bool) -> None:
        """Keep everything that was typed for a visit of its own: what the form was opened for is done."""
        said = {"reference": reference} if makes_good else {"reference": reference, "replaces": ""}
        self.data = {**self.data, **said}


@dataclass(frozen=True)
class Guest:
    """A school whose pupils may sit in the sessions too, with its pupils by year group."""

    school: School
    known: Mapping[int, int | None]


def number_field(group: int, nation: str, pupils: int | None) -> forms.IntegerField:
    """The box for the pupils of a year group; what the roll says stands beside it as text."""
    wrong = f"Give a whole number from 0 to {MOST_PUPILS:,}, or leave the box empty."
    return forms.IntegerField(
        label=year_group_name(group, nation),
        required=False,
        min_value=0,
        max_value=MOST_PUPILS,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), wrong),
        help_text="not known" if pupils is None else f"{pupils:,} on roll",
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


class TemplateForm(forms.Form):
    """Which template fills the form in, from which day on."""

    template = forms.ModelChoiceField(
        VisitTemplate.objects.filter(active=True),
        label="Template",
        empty_label="Choose a template",
        error_messages={"required": "Choose a template.", "invalid_choice": "Choose a template from the list."},
    )
    first_day = DayField(label="First day", error_messages={"required": "Give the first day."})


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

    def __init__(
        self, *args: Any, school: School, known: Mapping[int, int | None], guests: Sequence[Guest] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.school = school
        self.guests = guests
        type_field = self.fields["type"]
        assert isinstance(type_field, TypeField)  # noqa: S101  # as declared above
        type_field.nation = school.nation
        for group, pupils in known.items():
            self.fields[f"expected_{group}"] = number_field(group, school.nation, pupils)
        for guest in guests:
            self.fields[f"guest{guest.school.pk}_comes"] = forms.BooleanField(label=f"{guest.school} comes too", required=False)
            for group, pupils in guest.known.items():
                self.fields[f"guest{guest.school.pk}_{group}"] = number_field(group, guest.school.nation, pupils)

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        """All but the boxes for pupils."""
        return [self[name] for name in self.fields if not name.startswith(("expected_", "guest"))]

    @property
    def expected_fields(self) -> list[forms.BoundField]:
        """The boxes for expected pupils, one a year group that the school teaches."""
        return [self[name] for name in self.fields if name.startswith("expected_")]

    @property
    def guest_fields(self) -> list[tuple[forms.BoundField, list[forms.BoundField]]]:
        """For each guest school whether it comes, and the boxes for its pupils."""
        return [
            (self[f"guest{guest.school.pk}_comes"], [self[f"guest{guest.school.pk}_{group}"] for group in guest.known])
            for guest in self.guests
        ]

    def _typed(self, start: str, groups: Iterable[int]) -> dict[int, int]:
        typed = {group: self.cleaned_data.get(f"{start}{group}") for group in groups}
        return {group: pupils for group, pupils in typed.items() if pupils is not None}

    @property
    def named(self) -> dict[int, int]:
        """The year groups whose box was filled in."""
        return self._typed("expected_", YEAR_GROUPS)

    def _guests(self, session_type: SessionType) -> tuple[tuple[School, dict[int, int | None]], ...]:
        """Who comes too: with the numbers that were typed, else with all year groups of the type."""
        coming = []
        for guest in self.guests:
            typed: dict[int, int | None] = dict(self._typed(f"guest{guest.school.pk}_", guest.known))
            if self.cleaned_data.get(f"guest{guest.school.pk}_comes") or typed:
                known = {group: pupils for group, pupils in guest.known.items() if group in session_type.year_groups}
                coming.append((guest.school, typed or known))
        return tuple(coming)

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
            guests=self._guests(data["type"]),
        )

    def _known(self, session_type: SessionType, year: AcademicYear) -> dict[int, int | None]:
        known = expected_pupils(self.school, academic_year=year.start)
        return {group: pupils for group, pupils in known.items() if group in session_type.year_groups}


class Sessions(forms.BaseFormSet):  # type: ignore[type-arg]  # not generic at run time
    """Rows for sessions. Rows that are filled in at first may be emptied like any other, so none counts as there before."""

    def initial_form_count(self) -> int:
        """None is stored yet."""
        return 0

    def total_form_count(self) -> int:
        """As many rows as came back; at first those that are filled in and one more, two at least."""
        if self.is_bound:
            return super().total_form_count()
        return min(max(len(self.initial or ()) + 1, 2), MOST_SESSIONS)


# Whatever number of rows a tampered form names, no more are made than a visit may have.
SessionFormSet = forms.formset_factory(
    SessionForm, formset=Sessions, max_num=MOST_SESSIONS, absolute_max=MOST_SESSIONS, validate_max=True
)
"""The sessions of a visit."""
