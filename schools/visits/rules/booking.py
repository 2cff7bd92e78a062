"""Reasons not to book sessions at a school, and what deserves a second look (DESIGN.md, rule 11)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time

from schools.core.nations import Language
from schools.core.words import joined, long_day
from schools.core.year_groups import MOST_PUPILS, YEAR_GROUPS, year_group_name
from schools.directory.models import School
from schools.programme.models import SessionType
from schools.visits.columns import FIRST_DAY, LAST_DAY
from schools.visits.queries import bookings_of


@dataclass(frozen=True)
class NewSession:
    """A session to be booked. `ends` None: after the type's minutes. `expected` None: from rolls; else year group → pupils."""

    type: SessionType
    day: date
    starts: time
    ends: time | None = None
    until_day: date | None = None
    room: str = ""
    language: str = "en"
    expected: dict[int, int | None] | None = field(default=None, hash=False)

    @property
    def end(self) -> time | None:
        """When it ends; None where the type's minutes run past midnight."""
        if self.ends is not None:
            return self.ends
        minutes = self.starts.hour * 60 + self.starts.minute + self.type.minutes
        return time(minutes // 60, minutes % 60) if minutes < 24 * 60 else None

    def __str__(self) -> str:
        return f"{self.type}, {long_day(self.day)}, {self.starts:%H:%M}"


def reasons_not_to_book(school: School, sessions: Sequence[NewSession]) -> list[str]:
    """Why these sessions cannot be booked at the school; warnings are reasons_to_wonder."""
    reasons = []
    if not school.is_bookable:
        state = school.get_status_display().lower() if school.year_groups else "without Reception to Year 6"
        reasons.append(f"{school} is {state}, so nothing can be booked there. Look for its successor.")
    if not sessions:
        reasons.append("Add at least one session.")
    seen = set()
    for session in sessions:
        key = (session.type.pk, session.day, session.starts)
        if key in seen:
            reasons.append(f"{session} is there twice. Change the time of one of them.")
        seen.add(key)
        reasons += _reasons_of_session(school, session)
    return reasons


def _reasons_of_session(school: School, session: NewSession) -> list[str]:
    reasons = []
    if not session.type.active:
        reasons.append(f"“{session.type}” is no longer offered. Choose another type.")
    if session.end is None or session.end <= session.starts:
        reasons.append(f"{session}: it must end after it starts, on the same day. Change the times.")
    reasons += _reasons_of_days(session)
    if session.language not in Language.values:
        reasons.append(f"{session}: “{session.language}” is no language of ours. Choose one of the languages.")
    groups = session.type.year_groups if session.expected is None else session.expected
    if session.type.is_for_pupils and not set(groups) & set(school.year_groups):
        reasons.append(f"{session}: {school} teaches none of its year groups. Choose another type.")
    for group, pupils in (session.expected or {}).items():
        if group not in YEAR_GROUPS:
            reasons.append(f"{session}: there is no year group {group}. A year group is 0 (Reception or P1) to 6.")
        elif pupils is not None and not 0 <= pupils <= MOST_PUPILS:
            name = year_group_name(group, school.nation)
            reasons.append(
                f"{session}: {pupils:,} pupils in {name} cannot be right. Give 0 to {MOST_PUPILS:,}, or leave it empty."
            )
    return reasons


def _reasons_of_days(session: NewSession) -> list[str]:
    reasons = [
        f"{session}: {day} is not between {FIRST_DAY.year} and {LAST_DAY.year}. Look the year up."
        for day in (session.day, session.until_day)
        if day is not None and not FIRST_DAY <= day <= LAST_DAY
    ]
    if session.until_day is not None and session.until_day < session.day:
        reasons.append(f"{session}: the last day of the window is before its first. Change the days.")
    if session.until_day is not None and not session.type.is_online:
        reasons.append(f"{session}: it takes place on one day. Only online sessions have a window; leave the last day empty.")
    return reasons


def reasons_to_wonder(school: School, sessions: Sequence[NewSession], *, on: date) -> list[str]:
    """What may be all right but deserves a second look before booking (rule 11): warnings never block."""
    warnings = []
    for session in sessions:
        if session.day.weekday() >= 5:
            warnings.append(f"{long_day(session.day)} is a weekend.")
        if session.day < on:
            warnings.append(f"{long_day(session.day)} has passed.")
        expected = sum(pupils or 0 for pupils in (session.expected or {}).values())
        if session.type.largest_group and expected > session.type.largest_group:
            warnings.append(
                f"{session}: {expected:,} pupils are more than the {session.type.largest_group} meant for one group. "
                "Several sessions may be better."
            )
    booked = [visit.reference for visit in bookings_of([school.pk], on=on)]
    if booked:
        warnings.append(f"{school} has a visit booked already: {joined(booked)}.")
    return list(dict.fromkeys(warnings))


def reasons_not_to_redefine(session_type: SessionType) -> list[str]:
    """Why the type's audience, channel and series are fixed: past figures rest on them."""
    if session_type.pk and session_type.sessions.exists():
        return [f"Sessions of “{session_type}” exist, so its audience, channel and series stay. Make a new type instead."]
    return []
