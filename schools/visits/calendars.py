"""Sessions, or whole mornings, as iCalendar writes them (RFC 5545): a file, a feed, or an entry of a mail; each keeps its name.

They are only written, never read from a calendar.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from zoneinfo import ZoneInfo

from django.db.models import Count, Max
from icalendar import Alarm, Calendar, Event, Timezone, vCalAddress

from schools.directory.models import Whereabouts
from schools.messages.calendar_parts import CANCEL, REQUEST, CalendarPart
from schools.visits.models import CALLED_OFF_STAGES, Session, SessionStage, Visit, VisitStage
from schools.visits.queries.entries import Entry

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

ARRIVE_BEFORE = timedelta(minutes=30)
"""How long before the first session the people who go have to be there."""
ALARM = timedelta(hours=2)
"""How long before one has to be there the phone rings: enough to pack, to travel, or to say that one can’t make it."""


def calendar_of(
    sessions: Sequence[Session],
    *,
    name: str,
    now: datetime,
    notes: Mapping[int, str] | None = None,
    links: Mapping[int, str] | None = None,
) -> bytes:
    """Return the sessions as a calendar file with the given name, in two queries however many sessions there are.

    Each session's type, visit, school and site are read. `notes`, by the session's id, are added to the description (such as
    who goes), `links` are the whole addresses of their pages.
    An entry's sequence number grows with every change of the session, so that a calendar replaces its entry. `now` is used only
    for a session without a history: otherwise unchanged sessions give the same bytes.
    """
    calendar = _new_calendar(name)
    changes = _changes(sessions)
    for session in sessions:
        sequence, changed = changes.get(session.pk, (0, now))
        event = _event(session, note=(notes or {}).get(session.pk, ""))
        if links:
            event.add("url", links[session.pk])
        _add_version(event, sequence, changed)
        calendar.add_component(event)
    text: bytes = calendar.to_ical()
    return text


@dataclass(frozen=True)
class CalendarMorning:
    """What the calendar of somebody who goes there says of one visit day: from the moment to be there to the end."""

    uid: str
    """The entry's name for ever, whatever is moved."""
    sequence: int
    """Grows with every change, so that a calendar replaces its entry."""
    changed: datetime
    starts: datetime
    ends: datetime
    title: str
    description: str
    where: Whereabouts
    status: str
    """CONFIRMED, TENTATIVE or CANCELLED."""
    place: tuple[str, str] | None
    """Latitude and longitude of where it is; None where they are not known."""
    link: str
    """The whole address of its page."""


def calendar_of_mornings(mornings: Iterable[CalendarMorning], *, name: str, alarm: timedelta) -> bytes:
    """Return the mornings as a calendar file with the given name; the phone rings `alarm` before the moment to be there.

    It does not ring for what is cancelled.
    """
    calendar = _new_calendar(name)
    for morning in mornings:
        event = Event()
        event.add("uid", morning.uid)
        event.add("summary", morning.title)
        event.add("dtstart", morning.starts.replace(tzinfo=HERE))
        event.add("dtend", morning.ends.replace(tzinfo=HERE))
        event.add("location", _where(morning.where))
        if morning.place:
            event.add("geo", tuple(map(float, morning.place)))
        event.add("status", morning.status)
        event.add("description", morning.description)
        event.add("url", morning.link)
        _add_version(event, morning.sequence, morning.changed)
        if morning.status == "CANCELLED":
            event.add("transp", "TRANSPARENT")
        else:
            event.add_component(_alarm(morning.title, alarm))
        calendar.add_component(event)
    text: bytes = calendar.to_ical()
    return text


@dataclass(frozen=True)
class EntryWords:
    """What an entry of a mail says besides when it is."""

    title: str
    description: str
    where: Whereabouts
    link: str
    """The whole address of its page; blank: its reader has none."""
    alarm: timedelta
    """How long before it begins the calendar rings."""
    arrive: timedelta = timedelta(0)
    """How long before the first session it begins."""


def part_of_mail(entry: Entry, words: EntryWords, *, sequence: int, sender: str, to: str, now: datetime) -> CalendarPart:
    """Return the entry as a mail from `sender` puts it into the calendar of whoever reads mail at `to`, or takes it out.

    Nobody reads answers, so none is asked for; whoever gets it has said yes already.
    """
    method = REQUEST if entry.is_there else CANCEL
    calendar = _empty_calendar(method)
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", sequence)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("organizer", _address(*parseaddr(sender)))
    event.add("attendee", _address("", to, PARTSTAT="ACCEPTED", RSVP="FALSE", ROLE="REQ-PARTICIPANT"))
    event.add("status", "CONFIRMED" if entry.is_there else "CANCELLED")
    event.add("summary", words.title)
    event.add("location", _where(words.where))
    event.add("description", words.description)
    if words.link:
        event.add("url", words.link)
    if entry.is_window:
        event.add("dtstart", entry.first_day)
        event.add("dtend", entry.last_day + timedelta(days=1))
    else:
        # By the clock of the world: in the night of a change the wall shows some times twice, and some never.
        event.add("dtstart", _in_utc(entry.begins) - words.arrive)
        event.add("dtend", _in_utc(entry.ends))
    event.add("transp", "TRANSPARENT" if entry.is_window or not entry.is_there else "OPAQUE")
    if entry.is_there:
        event.add_component(_alarm(words.title, words.alarm))
    calendar.add_component(event)
    return CalendarPart(method, calendar.to_ical().decode())


def _in_utc(on_the_wall: str) -> datetime:
    return datetime.fromisoformat(on_the_wall).replace(tzinfo=HERE).astimezone(UTC)


def _address(name: str, address: str, **params: str) -> vCalAddress:
    """Return somebody as a calendar names them; quotation marks, which no parameter can hold, are left out of the name."""
    person = vCalAddress(f"mailto:{address}")
    person.params.update(params)
    if name:
        person.params["CN"] = name.replace('"', "")
    return person


def _alarm(title: str, before: timedelta) -> Alarm:
    rings = Alarm()
    rings.add("action", "DISPLAY")
    rings.add("trigger", -before)
    rings.add("description", title)
    return rings


def _empty_calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Speakout//Sessions//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    return calendar


def _new_calendar(name: str) -> Calendar:
    calendar = _empty_calendar("PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", str(HERE))
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    calendar.add_component(Timezone.from_ical(CLOCK_CHANGES))
    return calendar


def _add_version(event: Event, sequence: int, changed: datetime) -> None:
    event.add("sequence", sequence)
    event.add("dtstamp", changed)
    event.add("last-modified", changed)


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
    event.add("location", _where(session.where))
    event.add("status", status_of(session))
    lines = (note, session.room, visit.arrival_notes, visit.parking, f"Visit {visit.reference}")
    event.add("description", "\n".join(line for line in lines if line))
    return event


def _where(where: Whereabouts) -> str:
    return ", ".join(filter(None, (where.name, where.address, where.postcode)))


def status_of(session: Session) -> str:
    """Return the session's status in a calendar: CONFIRMED, TENTATIVE or CANCELLED."""
    if session.stage == SessionStage.CANCELLED or session.visit.stage in CALLED_OFF_STAGES:
        return "CANCELLED"
    agreed = session.visit.stage == VisitStage.CONFIRMED or session.stage == SessionStage.DELIVERED
    return "CONFIRMED" if agreed else "TENTATIVE"
