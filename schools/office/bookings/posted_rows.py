"""The rows of a booking form as they are posted: year groups that fit a row's type, rows of a template, all of them later."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from django.http import QueryDict

from schools.core.nations import Language
from schools.core.periods import AcademicYear
from schools.core.row_ids import row_id
from schools.directory.queries import expected_pupils_of
from schools.office.bookings.forms.booking import MOST_SESSIONS
from schools.office.bookings.guests import Guest
from schools.office.frame import query_params
from schools.programme.models import SessionType
from schools.visits.limits import FIRST_DAY, LAST_DAY

TOTAL = "sessions-TOTAL_FORMS"
ROW = re.compile(r"sessions-\d+-")

type Row = dict[str, Any]
"""What the boxes of one session hold, by their names without the row's number."""


@dataclass
class Rolls:
    """The pupils on roll in the schools of a booking, read once for each academic year."""

    schools: Sequence[Guest]
    on: date
    _known: dict[int, dict[int, dict[int, int | None]]] = field(default_factory=dict)

    def known(self, attending: Guest, day: date | None) -> Mapping[int, int | None]:
        """Return the school's pupils by year group in the academic year of the day; None: of today."""
        if day is None or AcademicYear.of(day) == AcademicYear.of(self.on):
            return attending.known
        year = AcademicYear.of(day).start
        if year not in self._known:
            totals = {of.school.pk: (of.school.pupils, of.school.low_age, of.school.high_age) for of in self.schools}
            self._known[year] = expected_pupils_of(totals, academic_year=year)
        return self._known[year][attending.school.pk]


@dataclass
class Rows:
    """The rows of a form that was posted; they are changed in `data`."""

    data: QueryDict
    types: Mapping[str, SessionType]
    rolls: Rolls

    @property
    def number(self) -> int:
        """How many rows there are; a tampered number counts as the nearest that is possible."""
        return min(row_id(self.data.get(TOTAL)) or 0, MOST_SESSIONS)

    def box(self, row: int, name: str) -> str:
        """Return what the box of the row holds."""
        return str(self.data.get(f"sessions-{row}-{name}") or "")

    def type_of(self, row: int) -> SessionType | None:
        """Return the type that is chosen in the row; None: none."""
        return self.types.get(self.box(row, "type"))

    def day_of(self, row: int) -> date | None:
        """Return the day of the row; None: there is none yet, or none on which a session can be."""
        return _day(self.box(row, "day"))

    def add(self) -> None:
        """Add a row, unless there are as many as a visit may have; it is empty but for the site of the last one."""
        if row_id(self.data.get(TOTAL)) is None:
            return
        before = self.number
        self.data[TOTAL] = str(min(before + 1, MOST_SESSIONS))
        if before and self.number > before and (site := self.box(before - 1, "site")):
            self._set(before, {"site": site})

    def fit(self, *, added: int | None = None) -> list[int]:
        """Show in each row the year groups that fit its type, with their numbers; what was typed for that type stays.

        `added` is the id of a guest school that was added just now. Return the places of the rows whose type was changed after
        their year groups had been shown.
        """
        changed = []
        for row in range(self.number):
            # A row that was added just now is as empty as one of a new page.
            self.data.setdefault(f"sessions-{row}-language", Language.ENGLISH.value)
            session_type = self.type_of(row)
            shown = self.box(row, "fitted")
            if session_type is None:
                self._clear(row)
                continue
            for attending in self.rolls.schools:
                if not shown and self._is_typed(row, attending):
                    self._tick_what_has_a_number(row, attending)
                elif shown != str(session_type.pk) or attending.school.pk == added:
                    self._fill(row, session_type, attending)
            if shown and shown != str(session_type.pk):
                changed.append(row)
            self.data[f"sessions-{row}-fitted"] = str(session_type.pk)
        return changed

    def _clear(self, row: int) -> None:
        """Take the year groups out of a row whose type was taken out, so that it can be left empty."""
        if not self.box(row, "fitted") or self.box(row, "type"):
            return
        for attending in self.rolls.schools:
            self._set(row, {attending.ticks: [], **{attending.number(group): None for group in attending.known}})
        self._set(row, {"fitted": ""})

    def _tick_what_has_a_number(self, row: int, attending: Guest) -> None:
        """Tick the year groups that were given a number before the row had boxes to tick."""
        ticks = self.data.getlist(f"sessions-{row}-{attending.ticks}")
        numbered = [str(group) for group in attending.known if self.box(row, attending.number(group))]
        self._set(row, {attending.ticks: list(dict.fromkeys([*ticks, *numbered]))})

    def _is_typed(self, row: int, attending: Guest) -> bool:
        numbers = (self.box(row, attending.number(group)) for group in attending.known)
        return bool(self.data.getlist(f"sessions-{row}-{attending.ticks}")) or any(numbers)

    def _fill(self, row: int, session_type: SessionType, attending: Guest) -> None:
        known = self.rolls.known(attending, self.day_of(row))
        coming = {group: pupils for group, pupils in known.items() if group in session_type.year_groups}
        if not attending.is_host:
            coming = {group: coming[group] for group in coming if self._is_place_of(row, session_type, attending, group)}
        boxes: Row = {attending.ticks: list(coming)}
        boxes |= {attending.number(group): coming.get(group) for group in attending.known}
        self._set(row, boxes)

    def _is_place_of(self, row: int, session_type: SessionType, guest: Guest, group: int) -> bool:
        """Whether the guest's year group sits in this row of the type: with that of the host, and in one row alone.

        So no child is counted twice unless somebody says so.
        """
        host = self.rolls.schools[0]
        of_type = [other for other in range(self.number) if self.type_of(other) == session_type]
        with_host = [other for other in of_type if self._comes(other, host, group)]
        return not any(self._comes(other, guest, group) for other in of_type if other < row) and row in (with_host or of_type)

    def _comes(self, row: int, attending: Guest, group: int) -> bool:
        return str(group) in self.data.getlist(f"sessions-{row}-{attending.ticks}") or bool(
            self.box(row, attending.number(group))
        )

    def _set(self, row: int, boxes: Row) -> None:
        for name, value in boxes.items():
            values = value if isinstance(value, list) else [value]
            self.data.setlist(f"sessions-{row}-{name}", [_text(each) for each in values])

    def fill_in(self, rows: Sequence[Row]) -> None:
        """Put these rows in place of those that are there, and an empty one after them; site and rooms that were typed stay."""
        site = next((kept for row in range(self.number) if (kept := self.box(row, "site"))), "")
        rooms = [(self.box(row, "type"), self.box(row, "room")) for row in range(self.number) if self.box(row, "room")]
        for name in [name for name in self.data if ROW.match(name)]:
            del self.data[name]
        self.data[TOTAL] = str(min(len(rows) + 1, MOST_SESSIONS))
        for number, boxes in enumerate(rows[:MOST_SESSIONS]):
            room = next((kept for kept in rooms if kept[0] == _text(boxes.get("type"))), None)
            if room:
                rooms.remove(room)
            self._set(number, {"site": site, **boxes, **({"room": room[1]} if room else {})})

    def begin_on(self, first: date) -> None:
        """Move the days of all rows so that the first is this one; where no row has a day, it is that of the first row."""
        days = {row: day for row in range(self.number) if (day := self.day_of(row))}
        for row in range(self.number):
            if row in days:
                moved = first + (days[row] - min(days.values()))
                until = _day(self.box(row, "until_day"))
                self._set(row, {"day": moved, **({"until_day": until + (moved - days[row])} if until else {})})
            elif self.box(row, "type") or (not days and row == 0):
                self._set(row, {"day": first})


def _day(text: str) -> date | None:
    """Return the day of the text; None: there is no such day, or none on which a session can be."""
    day = query_params.day(text)
    return day if day is not None and FIRST_DAY <= day <= LAST_DAY else None


def _text(value: Any) -> str:
    """Return the value as a browser would send it."""
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)


def shared_out(roll: int | None, parts: int) -> int | None:
    """Return the pupils of one of so many sessions over which a year group is divided; None: the roll is not known."""
    return None if roll is None else -(-roll // parts)
