"""The forms in which a coordinator books a visit."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet

from schools.accounts.models import User
from schools.charity.notes import NoteField
from schools.charity.queries import current
from schools.core.nations import Language
from schools.core.periods import AcademicYear
from schools.core.year_groups import YEAR_GROUPS, year_group_name
from schools.directory.models import Contact, School
from schools.directory.queries import expected_pupils
from schools.office.bookings.guests import Guest
from schools.office.frame.fields import ClockField, DayField
from schools.programme.models import SessionType
from schools.visits.actions import NewSession, VisitDetails
from schools.visits.models import Visit, VisitTemplate

REFERENCE = re.compile(r"V[2-9A-Z]{6}")
MOST_SESSIONS = 20


class BookingForm(forms.Form):
    """The form of the visit itself; `reference` is made when the form is opened and sent back with it, so that it books once."""

    reference = forms.RegexField(REFERENCE, widget=forms.HiddenInput)
    coordinator = forms.ModelChoiceField(User.objects.none(), required=False, help_text="Blank: you.")
    contact = forms.ModelChoiceField(Contact.objects.none(), required=False, label="Whom to ask for")
    safeguarding_contact = forms.ModelChoiceField(
        Contact.objects.none(),
        required=False,
        label="Safeguarding contact",
        help_text="Whom a volunteer tells when a child says something.",
    )
    arrival_notes = NoteField(required=False, max_length=2000, rows=2, help_text="Gates, sign-in, the hall.")
    parking = NoteField(required=False, max_length=300)
    replaces = forms.ModelChoiceField(Visit.objects.none(), required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, school: School, people: QuerySet[User], cancelled: QuerySet[Visit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["replaces"].queryset = cancelled  # type: ignore[attr-defined]  # as declared above
        contacts = Contact.objects.at([school])
        for name, rows in (("coordinator", people), ("contact", contacts), ("safeguarding_contact", contacts)):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # as declared above
            field.queryset = rows
        if not self.is_bound and not self.initial.get("contact"):
            only = contacts.values_list("pk", flat=True)[:2]
            self.initial["contact"] = only[0] if len(only) == 1 else None

    @property
    def details(self) -> VisitDetails:
        """The details of the visit that were typed."""
        return VisitDetails(**{name: value for name, value in self.cleaned_data.items() if name not in {"reference", "replaces"}})

    def restart_as(self, reference: str, *, keep_replaces: bool) -> None:
        """Give what was typed a new reference, because the old one is booked already.

        With `keep_replaces` it still replaces the cancelled visit for which the form was opened.
        """
        changed = {"reference": reference} if keep_replaces else {"reference": reference, "replaces": ""}
        self.data = {**self.data, **changed}


def number_field(group: int, nation: str, pupils: int | None) -> forms.IntegerField:
    """Return the box for the pupils of a year group; the number on roll (None: not known) stands beside it as text."""
    most = current().most_pupils
    wrong = f"Give a whole number from 0 to {most:,}, or leave the box empty."
    return forms.IntegerField(
        label=year_group_name(group, nation),
        required=False,
        min_value=0,
        max_value=most,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), wrong),
        help_text="not known" if pupils is None else f"{pupils:,} on roll",
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


class TemplateForm(forms.Form):
    """The form that fills in a booking from a template: which one, and its first day."""

    template = forms.ModelChoiceField(
        VisitTemplate.objects.filter(active=True),
        label="Template",
        empty_label="Choose a template",
        error_messages={"required": "Choose a template.", "invalid_choice": "Choose a template from the list."},
    )
    first_day = DayField(label="First day", error_messages={"required": "Give the first day."})


class TypeField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """A choice of session types, named as the school's nation calls them."""

    nation = ""

    def label_from_instance(self, obj: Any) -> str:
        """Return the name of the type in the nation."""
        return str(obj.name_in(self.nation))


class SessionForm(forms.Form):
    """The form of one session; a row that is left empty makes no session."""

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
        """All boxes except those for pupils."""
        return [self[name] for name in self.fields if not name.startswith(("expected_", "guest"))]

    @property
    def expected_fields(self) -> list[forms.BoundField]:
        """The boxes for expected pupils, one for each year group that the school teaches."""
        return [self[name] for name in self.fields if name.startswith("expected_")]

    @property
    def guest_fields(self) -> list[tuple[forms.BoundField, list[forms.BoundField]]]:
        """For each guest school the box that says whether it comes, and the boxes for its pupils."""
        return [
            (self[f"guest{guest.school.pk}_comes"], [self[f"guest{guest.school.pk}_{group}"] for group in guest.known])
            for guest in self.guests
        ]

    def _typed(self, start: str, groups: Iterable[int]) -> dict[int, int]:
        typed = {group: self.cleaned_data.get(f"{start}{group}") for group in groups}
        return {group: pupils for group, pupils in typed.items() if pupils is not None}

    @property
    def typed(self) -> dict[int, int]:
        """The numbers that were typed, by year group."""
        return self._typed("expected_", YEAR_GROUPS)

    def _guests(self, session_type: SessionType) -> tuple[tuple[School, dict[int, int | None]], ...]:
        """Return the guest schools that come, with the typed numbers, or else with all year groups of the session type."""
        coming = []
        for guest in self.guests:
            typed: dict[int, int | None] = dict(self._typed(f"guest{guest.school.pk}_", guest.known))
            if self.cleaned_data.get(f"guest{guest.school.pk}_comes") or typed:
                known = {group: pupils for group, pupils in guest.known.items() if group in session_type.year_groups}
                coming.append((guest.school, typed or known))
        return tuple(coming)

    def new_session(self) -> NewSession:
        """Return the typed session. Where no number was typed, all year groups of the type come, with the numbers on roll."""
        data = self.cleaned_data
        return NewSession(
            type=data["type"],
            day=data["day"],
            starts=data["starts"],
            ends=data["ends"],
            until_day=data["until_day"],
            room=data["room"],
            language=data["language"],
            expected=dict(self.typed) or self._known(data["type"], AcademicYear.of(data["day"])),
            guests=self._guests(data["type"]),
        )

    def _known(self, session_type: SessionType, year: AcademicYear) -> dict[int, int | None]:
        known = expected_pupils(self.school, academic_year=year.start)
        return {group: pupils for group, pupils in known.items() if group in session_type.year_groups}


class BaseSessionFormSet(forms.BaseFormSet):  # type: ignore[type-arg]  # not generic at run time
    """The rows for sessions. A row that is filled in when the page opens may be emptied like any other row."""

    def initial_form_count(self) -> int:
        """Return 0: no session is stored yet, so no row counts as existing."""
        return 0

    def total_form_count(self) -> int:
        """Return how many rows were posted; on a page that opens the filled in rows and an empty one, but at least two."""
        if self.is_bound:
            return super().total_form_count()
        return min(max(len(self.initial or ()) + 1, 2), MOST_SESSIONS)


# A tampered form can ask for any number of rows: `absolute_max` makes no more than a visit may have.
SessionFormSet = forms.formset_factory(
    SessionForm, formset=BaseSessionFormSet, max_num=MOST_SESSIONS, absolute_max=MOST_SESSIONS, validate_max=True
)
"""The forms of a visit's sessions."""
