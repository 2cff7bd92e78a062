"""The small forms of the portal; the outcome's is delivery's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils import timezone

from schools.delivery.forms import Problem
from schools.portal.queries import Sitting
from schools.visits.models import Session

ROLES = (
    "the school’s safeguarding lead",
    "the school’s deputy safeguarding lead",
    "the head teacher",
    "another member of the school’s staff",
    "the duty phone",
    "999",
)
"""Whom a volunteer may have told: chosen, never typed, so that no name is stored."""


class PortalForm(forms.Form):
    """A form drawn as every form of the portal is: label, hint, what is wrong, box."""

    @property
    def helper(self) -> FormHelper:
        """The fields alone; the page brings the form tag."""
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        helper.field_template = "delivery/_field.html"
        return helper

    @property
    def problems(self) -> list[Problem]:
        """Every error for the summary at the top of the page."""
        found = [Problem("", str(error)) for error in self.non_field_errors()]
        for name in self.errors:
            if name in self.fields:
                several = isinstance(self.fields[name].widget, forms.RadioSelect | forms.CheckboxSelectMultiple)
                anchor = f"{self[name].auto_id}_0" if several else self[name].auto_id
                found += [Problem(anchor, str(error)) for error in self[name].errors]
        return found


class SplitForm(PortalForm):
    """Which sessions of a morning somebody means: all of them, unless they untick some."""

    sessions = forms.TypedMultipleChoiceField(
        label="Sessions",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Tick at least one session.",
            "invalid_choice": "A session was moved or cancelled while you looked. Look at the day again.",
        },
    )

    def __init__(self, data: Any = None, *, sessions: Sequence[Session]) -> None:
        super().__init__(data, initial={"sessions": [session.pk for session in sessions]})
        sittings = [Sitting(session) for session in sessions]
        _choose_from(self.fields["sessions"], sittings)
        if len(sessions) == 1:
            self.fields["sessions"].widget = forms.MultipleHiddenInput()


class ToldForm(PortalForm):
    """Whom a volunteer told, by role, and when; nothing of what a child said is asked for."""

    session = forms.TypedChoiceField(
        label="In which session?",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "Say in which session.", "invalid_choice": "Choose one of these sessions."},
    )
    role_told = forms.ChoiceField(
        label="Whom did you tell?",
        choices=[(role, role[0].upper() + role[1:]) for role in ROLES],
        widget=forms.RadioSelect,
        error_messages={"required": "Say whom you told."},
    )
    day = forms.DateField(
        label="On which day?",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Give the day.", "invalid": "Give the day, like 26/11/2026."},
    )
    at = forms.TimeField(
        label="At what time?",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"required": "Give the time.", "invalid": "Give the time, like 10:40."},
    )

    def __init__(self, data: Any = None, *, sittings: Sequence[Sitting], now: datetime) -> None:
        local = timezone.localtime(now)
        super().__init__(data, initial={"session": sittings[0].session.pk, "day": local.date(), "at": local.time()})
        _choose_from(self.fields["session"], sittings)
        if len(sittings) == 1:
            self.fields["session"].widget = forms.HiddenInput()

    @property
    def told_at(self) -> datetime:
        """The moment, by the clock of the place."""
        return timezone.make_aware(datetime.combine(self.cleaned_data["day"], self.cleaned_data["at"]))


def _choose_from(field: Any, sittings: Sequence[Sitting]) -> None:
    field.choices = [(one.session.pk, f"{one.times} · {one.name}") for one in sittings]
