"""Forms about mornings: which sessions, why not, who goes instead, whom somebody told."""

import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from schools.delivery.actions import EarlierNotice
from schools.planning.queries import Colleague
from schools.portal.forms.base import PortalForm
from schools.portal.queries import OpenFilter, Sitting, distances_to_choose
from schools.visits.models import Session, WhyNot
from schools.visits.rules import Slot
from schools.visits.shown_slots import slots_as_shown, slots_to_post

ROLES = (
    gettext_noop("the school’s safeguarding lead"),
    gettext_noop("the school’s deputy safeguarding lead"),
    gettext_noop("the head teacher"),
    gettext_noop("another member of the school’s staff"),
    gettext_noop("the duty phone"),
    gettext_noop("999"),
)
"""Roles that a volunteer may have told; chosen, never typed, so that no name is stored (rule 12)."""
EARLIER = re.compile(r"(?P<session>\d{1,9}) (?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?) (?P<role>.{1,100})")
"""How a phone names what it sent before: session, day and time, role."""
MOST_EARLIER = 20


class SplitForm(PortalForm):
    """A form that chooses sessions of a morning: all of them, unless somebody unticks some."""

    sessions = forms.TypedMultipleChoiceField(
        label=_("Sessions"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Tick at least one session."),
            "invalid_choice": _("A session was moved or cancelled while you looked. Look at the day again."),
        },
    )

    def __init__(self, data: Any = None, *, sessions: Sequence[Session]) -> None:
        super().__init__(data, initial={"sessions": [session.pk for session in sessions]})
        self.of_day = sessions
        sittings = [Sitting(session) for session in sessions]
        _choose_from(self.fields["sessions"], sittings)
        if len(sessions) == 1:
            self.fields["sessions"].widget = forms.MultipleHiddenInput()

    @property
    def slots(self) -> list[str]:
        """When each session is, as the page posts it with its buttons."""
        return slots_to_post(self.of_day)

    @property
    def shown(self) -> dict[int, Slot]:
        """When each session was, by id, as the page showed it to whoever answers."""
        return slots_as_shown(self.data.getlist("shown"), self.of_day)  # type: ignore[attr-defined]  # a QueryDict


class OpenForm(forms.Form):
    """A form that filters the open mornings."""

    weekday = forms.TypedChoiceField(
        label=_("Which day"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=lambda: [("", _("Any day")), *((day, capfirst(name)) for day, name in list(WEEKDAYS.items())[:5])],
    )
    within_km = forms.TypedChoiceField(
        label=_("How far"),
        required=False,
        coerce=float,
        empty_value=None,
        choices=lambda: [
            ("", _("Any distance")),
            *((km, _("Up to %(distance)s") % {"distance": words}) for km, words in distances_to_choose()),
        ],
    )

    @property
    def wanted(self) -> OpenFilter:
        """The chosen filter; no filter where a value is not valid."""
        return OpenFilter(**self.cleaned_data) if self.is_valid() else OpenFilter()


class GiveBackForm(SplitForm):
    """A form for the sessions to which somebody cannot come, and why if they like; the reason is chosen, never typed."""

    why = forms.ChoiceField(
        label=_("Why? (if you like)"),
        required=False,
        choices=lambda: [(why.value, why.label) for why in WhyNot],
        widget=forms.RadioSelect,
    )


class SwapForm(PortalForm):
    """A form that chooses whom a volunteer asks to go instead of them."""

    to = forms.TypedChoiceField(
        label=_("Whom shall we ask?"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose whom we shall ask."),
            "invalid_choice": _("They can no longer come. Choose somebody else."),
        },
    )

    def __init__(self, data: Any = None, *, colleagues: Sequence[Colleague]) -> None:
        super().__init__(data)
        self.colleagues = {colleague.pk: colleague.name for colleague in colleagues}
        named: Any = self.fields["to"]
        named.choices = list(self.colleagues.items())

    @property
    def asked(self) -> str:
        """The first name of the person whom they chose."""
        return self.colleagues[self.cleaned_data["to"]]


class SafeguardingNoticeForm(PortalForm):
    """A form for the role that a volunteer told and when; it never asks what a child said (rule 12)."""

    session = forms.TypedChoiceField(
        label=_("In which session?"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say in which session."), "invalid_choice": _("Choose one of these sessions.")},
    )
    role_told = forms.ChoiceField(
        label=_("Whom did you tell?"),
        choices=lambda: [(role, capfirst(gettext(role))) for role in ROLES],
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whom you told.")},
    )
    day = forms.DateField(
        label=_("On which day?"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Give the day."), "invalid": _("Give the day, like 26/11/2026.")},
    )
    at = forms.TimeField(
        label=_("At what time?"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"required": _("Give the time."), "invalid": _("Give the time, like 10:40.")},
    )

    def __init__(self, data: Any = None, *, sittings: Sequence[Sitting], now: datetime) -> None:
        local = timezone.localtime(now)
        super().__init__(data, initial={"session": sittings[0].session.pk, "day": local.date(), "at": local.time()})
        _choose_from(self.fields["session"], sittings)
        if len(sittings) == 1:
            self.fields["session"].widget = forms.HiddenInput()

    @property
    def told_at(self) -> datetime:
        """The moment that was entered, in local time."""
        return timezone.make_aware(datetime.combine(self.cleaned_data["day"], self.cleaned_data["at"]))


def _choose_from(field: Any, sittings: Sequence[Sitting]) -> None:
    field.choices = [(sitting.session.pk, f"{sitting.times} · {sitting.name}") for sitting in sittings]


def earlier_notices(data: QueryDict, *, sessions: Collection[int]) -> list[EarlierNotice]:
    """Return what a phone says that this notice stands for: what it sent before, and heard no answer to, about these sessions."""
    notices = []
    for sent in data.getlist("instead_of")[-MOST_EARLIER:]:
        if (match := EARLIER.fullmatch(sent)) and int(match["session"]) in sessions:
            with suppress(ValueError):
                told_at = timezone.make_aware(datetime.fromisoformat(match["moment"]))
                notices.append(EarlierNotice(int(match["session"]), match["role"], told_at))
    return notices
