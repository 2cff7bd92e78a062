"""The sessions that a template gives a school: its year groups are divided into parts, which follow one another in time."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from math import ceil

from schools.core.periods import AcademicYear
from schools.directory.models import School
from schools.directory.queries import expected_pupils
from schools.visits.models import VisitTemplate, VisitTemplateLine
from schools.visits.rules.booking import NewSession

FIRST_START = time(9, 15)
CHANGE_OVER = timedelta(minutes=10)
"""The time between two sessions of a day, in which one class goes and the next comes."""
LUNCH, AFTER_LUNCH = time(12, 0), time(13, 15)
LAST_END = time(15, 15)
TO_AFTERNOON = timedelta(hours=AFTER_LUNCH.hour - FIRST_START.hour)
"""So much later is what a template has in the morning, where the visit is in the afternoon."""

type Groups = dict[int, int | None]


def sessions_of_template(
    template: VisitTemplate, school: School, *, first_day: date, is_afternoon: bool = False
) -> list[NewSession]:
    """Return the sessions of the template at the school, beginning on the first day; pupils come from the school's rolls.

    `is_afternoon`: what the template has on the morning of its first day is in the afternoon, in the same order.

    Lines with a session type for none of the school's year groups are left out. Where a line divides pupils, whole year groups
    stay together as long as they fit. Sessions follow one another with time to change over. A session that would run into lunch
    moves to the afternoon; one that would run past the end of the school day moves to the next weekday.
    """
    known = expected_pupils(school, academic_year=AcademicYear.of(first_day).start)
    sessions: list[NewSession] = []
    free: dict[date, time] = {first_day: AFTER_LUNCH} if is_afternoon else {}
    for line in template.lines.select_related("type").filter(type__active=True):
        expected = {group: pupils for group, pupils in known.items() if group in line.type.year_groups}
        if line.type.is_for_pupils and not expected:
            continue
        day, first = first_day + timedelta(days=line.days_later), line.starts
        if is_afternoon and not line.days_later and first is not None and first < LUNCH:
            first = (datetime.combine(day, first) + TO_AFTERNOON).time()
        for part in divided(expected, line.most_pupils or line.type.largest_group):
            # A time that the template names stays as it is.
            day, starts = _next_slot(day, line.type.minutes, free) if first is None else (day, first)
            first = None
            sessions.append(_session(line, day, starts, part))
            ends = sessions[-1].end or LAST_END
            free[day] = (datetime.combine(day, ends) + CHANGE_OVER).time()
    return sessions


def _session(line: VisitTemplateLine, day: date, starts: time, expected: Groups) -> NewSession:
    until = day + timedelta(days=line.window_days - 1) if line.window_days and line.type.is_online else None
    return NewSession(line.type, day, starts, until_day=until, expected=expected if line.type.is_for_pupils else None)


def _next_slot(day: date, minutes: int, free: Mapping[date, time]) -> tuple[date, time]:
    """Return the first day and time from the day on at which so many minutes fit.

    `free` says from when on the days with other sessions are free. What fits into no school day begins the first free one.
    """
    while (starts := _start_on(day, free.get(day, FIRST_START), minutes)) is None:
        day += timedelta(days=1)
        while day.weekday() >= 5:
            day += timedelta(days=1)
        if day not in free:
            return day, FIRST_START
    return day, starts


def _start_on(day: date, starts: time, minutes: int) -> time | None:
    """Return when so many minutes fit into the day from a time on; None: not any more."""
    ends = datetime.combine(day, starts) + timedelta(minutes=minutes)
    if starts < AFTER_LUNCH and ends.time() > LUNCH:
        starts = AFTER_LUNCH
        ends = datetime.combine(day, starts) + timedelta(minutes=minutes)
    return starts if ends.date() == day and ends.time() <= LAST_END else None


def divided(expected: Mapping[int, int | None], most: int | None) -> list[Groups]:
    """Divide the year groups, in order of age, into as few parts as possible with at most `most` pupils each.

    The parts are as even as possible. A year group stays whole unless it alone has too many pupils: then it is cut into even
    parts (its classes). A year group without a known number joins its neighbours. `most` None: everybody is in one part.
    """
    if most is None or sum(pupils or 0 for pupils in expected.values()) <= most:
        return [dict(expected)]
    pieces = [piece for group, pupils in sorted(expected.items()) for piece in _cut(group, pupils, most)]
    fewest = len(_packed(pieces, most))
    return _packed(pieces, next(size for size in range(1, most + 1) if _fits(pieces, size, fewest)))


def _cut(group: int, pupils: int | None, most: int) -> list[tuple[int, int | None]]:
    if pupils is None or pupils <= most:
        return [(group, pupils)]
    parts = ceil(pupils / most)
    each, left = divmod(pupils, parts)
    return [(group, each + (number < left)) for number in range(parts)]


def _fits(pieces: list[tuple[int, int | None]], size: int, fewest: int) -> bool:
    return max(pupils or 0 for _, pupils in pieces) <= size and len(_packed(pieces, size)) <= fewest


def _packed(pieces: list[tuple[int, int | None]], size: int) -> list[Groups]:
    """Fill one part after the other with pieces; two pieces of one year group never share a part."""
    parts: list[Groups] = []
    for group, pupils in pieces:
        last = parts[-1] if parts else None
        if last is None or group in last or sum(known or 0 for known in last.values()) + (pupils or 0) > size:
            parts.append({group: pupils})
        else:
            last[group] = pupils
    return parts
