"""The words of the mails to schools, hosts and guests; none names a pupil, a clearance or what a child said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import groupby

from django.utils.translation import gettext as _

from schools.accounts.languages import in_language_of
from schools.charity.queries import current
from schools.core.words import long_day, time_range
from schools.directory.models import Contact, School
from schools.messages.wording import wording
from schools.visits.calendar_emails import calendar_paragraph
from schools.visits.models import CancelCode, Session, Visit
from schools.visits.queries.entries import Entry
from schools.visits.queries.standings import Standing
from schools.visits.rules.notices import SchoolTelling


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

    @property
    def session_id(self) -> int:
        """The id of the session, also where it is gone."""
        if self.session is not None:
            return self.session.pk
        return self.known.session if self.known else 0

    @property
    def day(self) -> date:
        """The day of the session, or the one that the school knows."""
        if self.session is not None:
            return self.session.day
        return date.fromisoformat(self.known.day) if self.known else date.min

    @property
    def paragraph(self) -> tuple[int, date, int, int]:
        """By what the news are put together: what is said alike of one visit on one day stands in one place."""
        return list(SchoolTelling).index(self.telling), self.day, self.visit.pk, self.school.pk

    @property
    def line(self) -> str:
        """The session in one line, with the time that the school knew where it was moved."""
        before = f"{long_day(date.fromisoformat(self.known.day))}, {_known_times(self.known)}" if self.known else ""
        if self.session is None:
            return f"- {before}"
        now = f"{long_day(self.session.day)}, {time_range(self.session.starts, self.session.ends)}"
        if self.telling is SchoolTelling.MOVED:
            now = _("%(slot)s (it was %(before)s)") % {"slot": now, "before": before}
        return f"- {now}: {self.session.name}"


def _known_times(known: Standing) -> str:
    return time_range(time.fromisoformat(known.starts), time.fromisoformat(known.ends))


def mail_to_school(
    contact: Contact, news: Sequence[SchoolNews], visit: Visit, quiet: Sequence[tuple[Visit, Sequence[Entry]]] = ()
) -> tuple[str, str]:
    """Return one mail to somebody at a school with everything that they have to be told now.

    `visit` is the first that it is about; `quiet` are visits of which they know everything, and whose entries are put right.
    """
    ordered = sorted(news, key=lambda each: (*each.paragraph, each.line))
    with in_language_of(None):
        paragraphs = [_paragraph(list(rows)) for _key, rows in groupby(ordered, key=lambda each: each.paragraph)]
        paragraphs += [calendar_paragraph(about, entries) for about, entries in quiet]
        subject = paragraphs[0][0]
        if len(paragraphs) > 1:
            subject = wording("shared.and-more", {"first": subject})
        hello = wording("shared.hello", {"name": contact.name})
        texts = [text for _subject, text in paragraphs]
        texts += [_to_prepare(ordered), _another_day(ordered), closing_of(ordered[0].visit if ordered else visit)]
        body = "\n\n".join([hello, *(text for text in texts if text)])
    return subject, f"{body}\n"


def _paragraph(news: Sequence[SchoolNews]) -> tuple[str, str]:
    first = news[0]
    where = f"{first.visit.school}, {long_day(first.day)}"
    key, at = f"visits.{first.telling.value}", {"where": where, "charity": current().brand}
    subject, opening = wording(f"{key}.subject", at), wording(f"{key}.opening", at)
    lines = "\n".join(each.line for each in news)
    if first.school.pk != first.visit.school_id:
        guests = wording("shared.guests", {"guest": first.school})
        return subject, f"{opening} {guests}\n\n{first.visit.school}\n{lines}"
    return subject, f"{opening}\n\n{first.visit.school}\n{lines}"


def _to_prepare(news: Sequence[SchoolNews]) -> str:
    """Return what a host has to prepare for what was agreed now and somebody comes for; "" where there is nothing."""
    agreed = [each for each in news if each.telling is SchoolTelling.AGREED and each.school.pk == each.visit.school_id]
    if not any(each.session and each.session.type.presenters for each in agreed):
        return ""
    return wording("visits.agreed.what-to-prepare")


def _another_day(news: Sequence[SchoolNews]) -> str:
    """Return that another day is looked for, where something was cancelled and not by the school; else ""."""
    cancelled = [each for each in news if each.telling is SchoolTelling.CANCELLED and each.session]
    by_us = any(each.session and each.session.cancelled_code != CancelCode.SCHOOL for each in cancelled)
    return wording("visits.cancelled.another-day") if by_us else ""


def closing_of(visit: Visit) -> str:
    """Return that we want to hear what does not suit, with the visit’s reference; the envelope says from whom the mail is."""
    return wording("shared.closing", {"reference": visit.reference})
