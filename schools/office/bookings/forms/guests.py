"""The form in which a guest school is added to a booked visit: to which sessions it comes, and with how many pupils."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from django import forms

from schools.core.words import long_day, time_range
from schools.directory.models import School
from schools.office.bookings.forms.year_groups import SchoolBoxes, SchoolFields
from schools.office.bookings.guests import Coming, Guest
from schools.office.frame.far_numbers import ask_about_far_numbers
from schools.visits.models import Session


class GuestForm(forms.Form):
    """For each session to come which year groups of the guest school sit in it, and how many pupils of each."""

    def __init__(
        self,
        data: Any = None,
        *,
        school: School,
        attending: Mapping[int, Guest],
        sessions: Sequence[Session],
        coming: Coming,
        on: date,
    ) -> None:
        """Take the school, what it is as a guest of each of the sessions by their ids, and who is stored as coming."""
        super().__init__(data)
        self.school, self.attending, self.sessions, self.stored = school, attending, sessions, coming
        first = coming or self._suggested([session for session in sessions if session.last_day >= on])
        for session in sessions:
            self._fields[session.pk].add(coming=first.get(session.pk, {}))

    @cached_property
    def _groups(self) -> list[int]:
        """The year groups that it teaches, and those that are stored: none goes without being seen."""
        taught = {group for guest in self.attending.values() for group in guest.known}
        return sorted(taught.union(*self.stored.values()))

    @cached_property
    def _fields(self) -> dict[int, SchoolFields]:
        """Where the form has the fields of each session, by its id."""
        return {
            session.pk: SchoolFields(
                self,
                self.attending[session.pk],
                f"s{session.pk}_come",
                {group: f"s{session.pk}_{group}" for group in self._groups},
            )
            for session in self.sessions
        }

    def _suggested(self, sessions: Sequence[Session]) -> Coming:
        """Return who comes to these of a school that is no guest yet: each year group once to each type, with the number on roll.

        It sits with that year group of the host where there is one, as in a booking.
        """
        coming: Coming = {}
        placed: set[tuple[int, int]] = set()
        for session in sorted(sessions, key=lambda each: (each.day, each.starts, each.pk)):
            for group, pupils in self.attending[session.pk].known.items():
                is_free = group in session.type.year_groups and (session.type_id, group) not in placed
                if is_free and _sits_with_host(session, group, sessions):
                    placed.add((session.type_id, group))
                    coming.setdefault(session.pk, {})[group] = pupils
        return coming

    @property
    def of_sessions(self) -> list[tuple[str, SchoolBoxes]]:
        """Each session in words, with the boxes of the guest in it."""
        return [
            (
                f"{session.name}, {long_day(session.day)}, {time_range(session.starts, session.ends)}",
                self._fields[session.pk].boxes(session.type),
            )
            for session in self.sessions
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse a form in which nobody comes, because a button of its own takes the school off, and numbers without a tick.

        Numbers that are far from the roll are asked about once.
        """
        data = super().clean() or {}
        rolls: dict[str, int | None] = {}
        for fields in self._fields.values():
            fields.refuse_numbers_without_a_tick()
            rolls |= {name: fields.attending.known.get(group) for group, name in fields.numbers.items()}
        ask_about_far_numbers(self, rolls)
        if not self.errors and not self.coming():
            self.add_error(None, f"Tick the year groups that come, or take {self.school} off the visit.")
        return data

    def coming(self) -> Coming:
        """Return the pupils expected by session and year group, for each year group that is ticked; None: not known."""
        coming = {pk: fields.coming() for pk, fields in self._fields.items()}
        return {pk: groups for pk, groups in coming.items() if groups}


def _sits_with_host(session: Session, group: int, sessions: Sequence[Session]) -> bool:
    """Whether the year group can sit in the session: with that of the host, if the host has it in one of the type."""
    with_host = [other for other in sessions if other.type_id == session.type_id and _has_host(other, group)]
    return not with_host or session in with_host


def _has_host(session: Session, group: int) -> bool:
    host = session.visit.school_id
    return any(count.year_group == group and count.school_id == host for count in session.headcounts.all())
