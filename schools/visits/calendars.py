"""Sessions as an iCalendar file (RFC 5545), for a download or a feed: the same session is the same entry for ever.

Sessions go out, nothing comes in.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Max
from icalendar import Calendar, Event, Timezone

from schools.visits.models import Session, SessionStage, Visit, VisitStage

HERE = ZoneInfo("Europe/London")
"""Where all schools are; a session's times are the clock's on its wall."""

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
"""When its clocks change, as by law since 1996: at one in the morning UTC on the last Sundays of March and October."""

NOT_STANDING = (VisitStage.CANCELLED, VisitStage.DECLINED)


def calendar_of(sessions: Sequence[Session], *, name: str, now: datetime, notes: Mapping[int, str] | None = None) -> bytes:
    """The sessions as the text of a calendar file that shows itself as `name`; two queries, however many there are.

    Each session's type, visit and school are read. `notes` by session id are added to its description (such as who goes).
    An entry's number grows with every change of the session, so that a calendar replaces what it has. Nothing but `now`, for a
    session whose past nobody kept, depends on the clock: unchanged sessions give the same bytes.
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
    """How often each session was changed after it was made, or its visit, and when last."""
    of_session = _history(Session, {session.pk for session in sessions})
    of_visit = _history(Visit, {session.visit_id for session in sessions})
    found = {}
    for session in sessions:
        known = [one for one in (of_session.get(session.pk), of_visit.get(session.visit_id)) if one]
        if known:
            found[session.pk] = sum(changes for changes, _ in known) - len(known), max(at for _, at in known)
    return found


def _history(model: type[Session | Visit], ids: set[int]) -> dict[int, tuple[int, datetime]]:
    """How many states of each row are kept, and when the last began."""
    kept = model.history.filter(id__in=ids).order_by().values_list("id").annotate(Count("pk"), Max("history_date"))
    return {pk: (states, at) for pk, states, at in kept}


def _event(session: Session, *, note: str) -> Event:
    """What is known of the session; an online one lasts as many whole days as its window, and keeps nobody busy."""
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
