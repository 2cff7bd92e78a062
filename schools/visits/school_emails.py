"""The words of the mails to schools, hosts and guests; none names a pupil, a clearance or what a child said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from itertools import groupby

from django.utils.translation import gettext as _

from schools.accounts.languages import in_language_of
from schools.charity.queries import current
from schools.core.words import days_between, joined, long_day, time_range
from schools.directory.models import Contact, School
from schools.messages.wording import wording
from schools.visits.calendar_emails import calendar_paragraph
from schools.visits.models import CancelCode, Session, Visit
from schools.visits.queries.entries import Entry
from schools.visits.queries.phone_lines import with_guests, without_guests
from schools.visits.queries.standings import Standing
from schools.visits.rules.notices import SchoolTelling

OF_PARTS = (SchoolTelling.CANCELLED, SchoolTelling.TAKEN_OFF, SchoolTelling.MOVED, SchoolTelling.BACK)
"""What has texts of its own where it is about a part of a visit day alone; a visit is agreed, or not agreed yet, as a whole."""
NAME_GUESTS = (SchoolTelling.AGREED, SchoolTelling.MOVED, SchoolTelling.BACK, SchoolTelling.GUESTS)
"""What says to the host whose pupils come to it."""
OF_ENDS = (SchoolTelling.CANCELLED, SchoolTelling.TAKEN_OFF, SchoolTelling.RETRACTED)
"""What is about the day that the school waits for: to where it was moved unheard, nobody waits."""


@dataclass(frozen=True)
class SchoolNews:
    """What a school is told about one session of a visit."""

    telling: SchoolTelling
    visit: Visit
    school: School
    """The host, or a guest."""
    session: Session | None
    """None: there is no such session any more."""
    known: Standing | None
    """What the school knows of the session so far; None: nothing."""
    is_part: bool = False
    """Whether it is about a part of a visit day alone (`schools.visits.rules.notices.is_part`)."""
    guests: Sequence[School] = ()
    """The schools whose pupils come to the host of it."""

    @property
    def is_guest(self) -> bool:
        """Whether its pupils go to another school."""
        return self.school.pk != self.visit.school_id

    @property
    def session_id(self) -> int:
        """The id of the session, also where it is gone."""
        if self.session is not None:
            return self.session.pk
        return self.known.session if self.known else 0

    @property
    def day(self) -> date:
        """The day of the session; of one that is off, or gone, the day that the school knows."""
        if self.session is not None and (self.known is None or self.telling not in OF_ENDS):
            return self.session.day
        return date.fromisoformat(self.known.day) if self.known else date.min

    @property
    def last_day(self) -> date:
        """The same of the last of several days."""
        if self.session is not None and (self.known is None or self.telling not in OF_ENDS):
            return self.session.last_day
        return date.fromisoformat(self.known.until or self.known.day) if self.known else date.min

    @property
    def starts(self) -> time:
        """When it begins; where it is gone, when it did for all that the school knows."""
        if self.session is not None:
            return self.session.starts
        return time.fromisoformat(self.known.starts) if self.known else time.min

    @property
    def is_moved(self) -> bool:
        """Whether the school has to read when it was: of a move, and where it is off and was moved without its knowing."""
        if self.telling in OF_ENDS and self.session is not None and self.known is not None:
            return self.day != self.session.day or self.known.starts != self.session.starts.isoformat()
        return self.telling is SchoolTelling.MOVED

    @property
    def somebody_comes(self) -> bool:
        """Whether anybody goes there, or the school shows it by itself; where the session is gone, nobody knows that any more."""
        return self.session is None or self.session.type.is_gone_to

    @property
    def paragraph(self) -> tuple[int, date, int, int, bool]:
        """By what the news are put together: what is said alike of one visit on one day stands in one place."""
        return list(SchoolTelling).index(self.telling), self.day, self.visit.pk, self.school.pk, not self.somebody_comes

    @property
    def line(self) -> str:
        """The session in one line, with the time that the school knew where it was moved."""
        if self.session is None:
            return f"- {self._before}"
        now = self.session.when
        if self.is_moved:
            words = _("%(slot)s (it was from %(before)s)") if self.session.type.is_online else _("%(slot)s (it was %(before)s)")
            now = words % {"slot": now, "before": self._before}
        return f"- {now}: {self.session.name}{self._with_guests}"

    @property
    def _with_guests(self) -> str:
        """Whose pupils come to the host besides, after a comma; "" where that is not said."""
        if self.telling not in NAME_GUESTS or self.is_guest:
            return ""
        had_guests = self.telling is not SchoolTelling.AGREED and self.known is not None and self.known.guests
        return with_guests(self.guests) or (without_guests() if had_guests else "")

    @property
    def _before(self) -> str:
        """When it was for all that the school knows; of what it shows online the days."""
        if self.known is None:
            return ""
        first = date.fromisoformat(self.known.day)
        if self.session and self.session.type.is_online:
            return days_between(first, date.fromisoformat(self.known.until or self.known.day))
        day = long_day(first)
        return f"{day}, {time_range(time.fromisoformat(self.known.starts), time.fromisoformat(self.known.ends))}"


@dataclass
class CalendarNews:
    """What only the calendar of a reader is told of one visit."""

    visit: Visit
    guest: School | None
    """Whose pupils it is about; None: it is about the host."""
    entries: Sequence[Entry]
    is_anew: bool = False
    """Whether the last mail of the visit went to another address, so that nobody knows what is known at this one."""
    agreed: list[tuple[Session, Sequence[School]]] = field(default_factory=list)
    """The sessions that the entries put there, where it is read anew, each with the schools whose pupils come to the host."""

    @property
    def named(self) -> set[int]:
        """The ids of the sessions that its text names: none, unless it is read anew."""
        return {pk for entry in self.entries if entry.is_there for pk in entry.sessions} if self.is_anew else set()

    @property
    def paragraph(self) -> tuple[str, str]:
        """Its subject and its text."""
        subject, text = calendar_paragraph(self.visit, self.entries, self.agreed if self.is_anew else None)
        guests = wording("shared.guests", {"guest": self.guest}) if self.agreed and self.guest else ""
        return subject, f"{text}\n\n{guests}" if guests else text


def mail_to_school(readers: Iterable[Contact], news: Sequence[SchoolNews], quiet: Sequence[CalendarNews] = ()) -> tuple[str, str]:
    """Return one mail with everything that the readers of one mailbox have to be told now.

    `quiet` is what only their calendar is told.
    """
    ordered = sorted(news, key=lambda each: (*each.paragraph, each.starts, each.line))
    with in_language_of(None):
        paragraphs = [_paragraph(list(rows)) for _key, rows in groupby(ordered, key=lambda each: each.paragraph)]
        paragraphs += [each.paragraph for each in quiet]
        subject = paragraphs[0][0]
        if len(paragraphs) > 1:
            subject = wording("shared.and-more", {"first": subject})
        hello = wording("shared.hello", {"name": joined(dict.fromkeys(each.name for each in readers))})
        texts = [text for _subject, text in paragraphs]
        texts += [_to_prepare(ordered), _another_day(ordered), _closing(ordered, quiet)]
        body = "\n\n".join([hello, *(text for text in texts if text)])
    return subject, f"{body}\n"


def _paragraph(news: Sequence[SchoolNews]) -> tuple[str, str]:
    first = news[0]
    days = long_day(first.day) if first.somebody_comes else days_between(first.day, max(each.last_day for each in news))
    key = f"{'visits' if first.somebody_comes else 'visits-online'}.{first.telling.value}"
    where = first.session.where if first.session else first.visit.school
    at = {"where": f"{where}, {days}", "charity": current().brand}
    part = "-of-part" if _is_part(news) else ""
    # The other openings speak of the lines below them, and of no visit.
    part_of_opening = part if first.telling is SchoolTelling.MOVED else ""
    subject, opening = wording(f"{key}.subject{part}", at), wording(f"{key}.opening{part_of_opening}", at)
    lines = "\n".join(each.line for each in news)
    text = f"{opening}\n\n{where}\n{lines}"
    return subject, f"{text}\n\n{wording('shared.guests', {'guest': first.school})}" if first.is_guest else text


def _is_part(news: Sequence[SchoolNews]) -> bool:
    """Return whether they have the texts of a part: a school that reads of a whole visit may send all its classes elsewhere."""
    return news[0].telling in OF_PARTS and news[0].somebody_comes and any(each.is_part for each in news)


def _to_prepare(news: Sequence[SchoolNews]) -> str:
    """Return what a host has to prepare for what was agreed now; "" where there is nothing."""
    agreed = [each for each in news if each.telling is SchoolTelling.AGREED and each.school.pk == each.visit.school_id]
    if not agreed:
        return ""
    somebody_comes = any(each.somebody_comes for each in agreed)
    return wording(f"{'visits' if somebody_comes else 'visits-online'}.agreed.what-to-prepare")


def _another_day(news: Sequence[SchoolNews]) -> str:
    """Return that another day is looked for, where something was cancelled, not by the school and not for good; else "".

    Nor is it where the visit was booked again already.
    """
    cancelled = [each for each in news if each.telling is SchoolTelling.CANCELLED and not _is_rebooked(each.visit)]
    sessions = [each.session for each in cancelled if each.session]
    is_sought = any(session.cancelled_code != CancelCode.SCHOOL and not session.for_good for session in sessions)
    return wording("visits.cancelled.another-day") if is_sought else ""


def _is_rebooked(visit: Visit) -> bool:
    again: Visit | None = getattr(visit, "replaced_by", None)
    return again is not None and not again.is_called_off


def _closing(news: Sequence[SchoolNews], quiet: Sequence[CalendarNews]) -> str:
    """Return how the mail ends, with each visit’s reference: who is only told of what is off has nothing to suit them."""
    first, *others = dict.fromkeys([*(each.visit for each in news), *(each.visit for each in quiet)])
    if others:
        return wording("shared.closing-of-several", {"references": joined(each.reference for each in (first, *others))})
    if news and all(each.telling is SchoolTelling.TAKEN_OFF for each in news):
        return wording("visits.taken-off.closing", {"reference": first.reference})
    return closing_of(first)


def closing_of(visit: Visit) -> str:
    """Return that we want to hear what does not suit, with the visit’s reference; the envelope says from whom the mail is."""
    return wording("shared.closing", {"reference": visit.reference})
