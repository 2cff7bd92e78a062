"""Sessions as an iCalendar file (RFC 5545), for a download or a feed; a session is always the same entry.

Sessions are only written, never read from a calendar.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Max
from icalendar import Calendar, Event, Timezone

from schools.visits.models import Session, SessionStage, Visit, VisitStage

HERE = ZoneInfo("Europe/London")
"""The time zone of all schools; a session's times are local wall-clock times."""

CLOCK_CHANGES = """\
BEGIN:VTIMEZONE
TZID:Europe/London
BEGIN:DAYLIGHT
DTSTART:19970330T010000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
TZNAME:BST
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T020000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
TZNAME:GMT
END:STANDARD
END:VTIMEZONE
"""
"""The clock changes of that time zone, as by law since 1996: at 01:00 UTC on the last Sundays of March and October."""

NOT_STANDING = (VisitStage.CANCELLED, VisitStage.DECLINED)


def calendar_of(sessions: Sequence[Session], *, name: str, now: datetime, notes: Mapping[int, str] | None = None) -> bytes:
    """Return the sessions as a calendar file with the given name, in two queries however many sessions there are.

    Each session's type, visit and school are read. `notes`, by the session's id, are added to the description (such as who goes).
    An entry's sequence number grows with every change of the session, so that a calendar replaces its entry. `now` is used only
    for a session without a history: otherwise unchanged sessions give the same bytes.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Speakout//Sessions//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", str(HERE))
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    calendar.add_component(Timezone.from_ical(CLOCK_CHANGES))
    changes = _changes(sessions)
    for session in sessions:
        sequence, changed = changes.get(session.pk, (0, now))
        event = _event(session, note=(notes or {}).get(session.pk, ""))
        event.add("sequence", sequence)
        event.add("dtstamp", changed)
        event.add("last-modified", changed)
        calendar.add_component(event)
    text: bytes = calendar.to_ical()
    return text


def _changes(sessions: Sequence[Session]) -> dict[int, tuple[int, datetime]]:
    """Return how often each session or its visit was changed after its creation, and when last, by the session's id."""
    of_session = _history(Session, {session.pk for session in sessions})
    of_visit = _history(Visit, {session.visit_id for session in sessions})
    changes = {}
    for session in sessions:
        histories = [history for history in (of_session.get(session.pk), of_visit.get(session.visit_id)) if history]
        if histories:
            changes[session.pk] = sum(states for states, _ in histories) - len(histories), max(at for _, at in histories)
    return changes


def _history(model: type[Session | Visit], ids: set[int]) -> dict[int, tuple[int, datetime]]:
    """Return how many states of each row the history has, and when the last one began, by the row's id."""
    kept = model.history.filter(id__in=ids).order_by().values_list("id").annotate(Count("pk"), Max("history_date"))
    return {pk: (states, at) for pk, states, at in kept}


def _event(session: Session, *, note: str) -> Event:
    """Return the session's entry; an online session takes the whole days of its window and marks nobody as busy."""
    school, visit = session.visit.school, session.visit
    event = Event()
    event.add("uid", f"{visit.reference}-{session.pk}@speakout")
    event.add("summary", f"{session.name}, {school}")
    if session.type.is_online:
        event.add("dtstart", session.day)
        event.add("dtend", session.last_day + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
    else:
        event.add("dtstart", datetime.combine(session.day, session.starts, tzinfo=HERE))
        event.add("dtend", datetime.combine(session.day, session.ends, tzinfo=HERE))
    event.add("location", ", ".join(filter(None, (school.name, school.address, school.postcode))))
    event.add("status", _status(session))
    lines = (note, session.room, visit.arrival_notes, visit.parking, f"Visit {visit.reference}")
    event.add("description", "\n".join(line for line in lines if line))
    return event


def _status(session: Session) -> str:
    if session.stage == SessionStage.CANCELLED or session.visit.stage in NOT_STANDING:
        return "CANCELLED"
    agreed = session.visit.stage == VisitStage.CONFIRMED or session.stage == SessionStage.DELIVERED
    return "CONFIRMED" if agreed else "TENTATIVE"
