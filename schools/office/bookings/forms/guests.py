"""The form in which a guest school is added to a booked visit: to which sessions it comes, and with how many pupils."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms

from schools.core.words import long_day, time_range
from schools.office.bookings.forms.booking import number_field
from schools.office.bookings.forms.far_numbers import ask_about_far_numbers
from schools.office.bookings.guests import Guest
from schools.visits.models import Session


class GuestForm(forms.Form):
    """For each session to come whether pupils of the guest school sit in it, and how many of which year group."""

    def __init__(
        self, data: Any = None, *, guest: Guest, sessions: Sequence[Session], coming: Mapping[int, Mapping[int, int | None]]
    ) -> None:
        super().__init__(data)
        self.guest, self.sessions = guest, sessions
        for session in sessions:
            stored = coming.get(session.pk, {})
            label = f"{session.name}, {long_day(session.day)}, {time_range(session.starts, session.ends)}"
            self.fields[f"s{session.pk}_comes"] = forms.BooleanField(label=label, required=False, initial=bool(stored))
            for group in self._groups:
                box = number_field(group, guest.school.nation, guest.known.get(group))
                box.initial = stored.get(group)
                self.fields[f"s{session.pk}_{group}"] = box

    @property
    def _groups(self) -> list[int]:
        return sorted(self.guest.known)

    @property
    def of_sessions(self) -> Iterator[tuple[forms.BoundField, list[forms.BoundField]]]:
        """For each session the box to tick, and the boxes for the pupils."""
        for session in self.sessions:
            yield self[f"s{session.pk}_comes"], [self[f"s{session.pk}_{group}"] for group in self._groups]

    def clean(self) -> dict[str, Any]:
        """Refuse a form in which no session is ticked: the school is taken off by a button of its own.

        Numbers that are far from the roll are asked about once.
        """
        data = super().clean() or {}
        known = self.guest.known
        ask_about_far_numbers(
            self, {f"s{session.pk}_{group}": known.get(group) for session in self.sessions for group in self._groups}
        )
        if not self.errors and not self.coming():
            self.add_error(None, f"Tick at least one session, or take {self.guest.school} off the visit.")
        return data

    def coming(self) -> dict[int, dict[int, int | None]]:
        """Return the pupils expected by session and year group.

        Where a session is ticked and no number typed, all year groups of its type come, with the numbers on roll.
        """
        coming: dict[int, dict[int, int | None]] = {}
        for session in self.sessions:
            numbers = {group: self.cleaned_data.get(f"s{session.pk}_{group}") for group in self._groups}
            typed = {group: number for group, number in numbers.items() if number is not None}
            if typed:
                coming[session.pk] = dict(typed)
            elif self.cleaned_data.get(f"s{session.pk}_comes"):
                coming[session.pk] = {
                    group: number for group, number in self.guest.known.items() if group in session.type.year_groups
                }
        return coming
