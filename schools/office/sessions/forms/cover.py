"""The forms on the page of a visit day: which sessions, in which role, instead of whom; and which volunteers."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet

from schools.charity.notes import NoteField
from schools.core.words import time_range
from schools.office.frame.fields import RowsField
from schools.visits.models import CoverRole, Session
from schools.volunteers.models import Volunteer


class ChosenSessionsForm(forms.Form):
    """The sessions that need people, the role, whom to replace, and whether to look for people of other areas."""

    session = forms.TypedMultipleChoiceField(
        coerce=int, required=False, widget=forms.CheckboxSelectMultiple, label="Which sessions", help_text="None ticked: all."
    )
    role = forms.ChoiceField(
        choices=CoverRole.choices, required=False, label="As what", help_text="Trainees and observers come beside the others."
    )
    instead = forms.ModelChoiceField(
        Volunteer.objects.none(), required=False, label="Instead of", empty_label="Nobody: a place is free"
    )
    elsewhere = forms.BooleanField(required=False, label="Look in other areas too")

    def __init__(self, *args: Any, sessions: Sequence[Session], people: Iterable[Volunteer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sessions = sessions
        choices = [(session.pk, f"{time_range(session.starts, session.ends)}: {session.name}") for session in sessions]
        field, instead = self.fields["session"], self.fields["instead"]
        assert isinstance(field, forms.TypedMultipleChoiceField)  # noqa: S101  # as declared above
        assert isinstance(instead, forms.ModelChoiceField)  # noqa: S101  # as declared above
        field.choices = choices
        instead.queryset = Volunteer.objects.filter(pk__in=[person.pk for person in people])

    @property
    def chosen(self) -> list[Session]:
        """The ticked sessions that are still there; all sessions where none is."""
        ticked = set(self.data.getlist("session"))  # type: ignore[attr-defined]  # a QueryDict
        return [session for session in self.sessions if str(session.pk) in ticked] or list(self.sessions)

    @property
    def role_chosen(self) -> str:
        """The role in which somebody comes; presenter where none was chosen."""
        return str(self._cleaned.get("role") or CoverRole.PRESENTER)

    @property
    def instead_of(self) -> Volunteer | None:
        """The volunteer to replace; None: a place is free, or they are not on the day any more."""
        return self._cleaned.get("instead")

    @property
    def looks_elsewhere(self) -> bool:
        """Whether people of other areas are listed too."""
        return bool(self._cleaned.get("elsewhere"))

    @property
    def _cleaned(self) -> dict[str, Any]:
        """What makes sense of the choices, each by itself; a button goes by none of them where one of them does not."""
        self.is_valid()
        return self.cleaned_data


class PeopleForm(forms.Form):
    """The volunteers to put on the visit day or to ask; the note says what they answered where something speaks against it."""

    volunteer = RowsField(
        Volunteer.objects.none(),
        error_messages={
            "required": "Tick somebody.",
            "invalid_choice": "Somebody you ticked can’t be chosen here any more. Look at the page again.",
        },
    )
    note = NoteField(
        required=False,
        max_length=300,
        label="Note",
        help_text="Where something has to be asked first (away, not usually free, too far, no time for the way): what they said.",
    )

    def __init__(self, *args: Any, people: QuerySet[Volunteer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["volunteer"]
        assert isinstance(field, RowsField)  # noqa: S101  # as declared above
        field.queryset = people


class PersonForm(forms.Form):
    """One of the volunteers who are on the visit day or were asked."""

    volunteer = forms.ModelChoiceField(
        Volunteer.objects.none(), error_messages={"invalid_choice": "They are not on this day any more. Look at it again."}
    )

    def __init__(self, *args: Any, people: Iterable[Volunteer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["volunteer"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  # as declared above
        field.queryset = Volunteer.objects.filter(pk__in=[person.pk for person in people])
