"""What of the messages about visits goes by SMS too: what is urgent, to who said yes.

None names a pupil, a clearance or what a child said.

A fact is one line: what happened to which morning, whole or not at all. The mail beside it tells the rest.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from schools.accounts.languages import in_language_of
from schools.accounts.models import User
from schools.charity.queries import current
from schools.core.words import short_time
from schools.directory.models import Contact
from schools.messages.hours import AT_ONCE_WITHIN
from schools.messages.links import Link
from schools.messages.sms import Sms, as_stored, is_on, number_of, sms_of
from schools.messages.sms_words import in_one_sms
from schools.visits.emails import News
from schools.visits.models import Cover, Session, VisitStage
from schools.visits.phoning import slots_of
from schools.visits.queries.given_back import were_taken_off
from schools.visits.queries.standings import Standing
from schools.visits.rules.notices import SchoolTelling, Telling
from schools.visits.school_emails import OF_ENDS, SchoolNews
from schools.volunteers.models import Volunteer


def sms_of_news(volunteer: Volunteer, news: Sequence[News], link: Link | None, *, now: datetime) -> Sms | None:
    """Return what a volunteer is told by SMS of their news: what changed or ended, of what begins within 36 hours."""
    to = number_of(volunteer.user)
    if not to:
        return None
    with in_language_of(volunteer.user):
        ordered = sorted(news, key=lambda each: (*each.paragraph, each.session.starts, each.session.pk))
        facts = [_fact_of_news(each) for each in ordered if _is_soon(each.session, each.known, now=now)]
        return sms_of(to, in_one_sms(_once(fact for fact in facts if fact), _address(link)))


def _fact_of_news(news: News) -> str:
    """Return what happened to the morning; "" where that is not urgent."""
    words = {
        Telling.CANCELLED: _("Cancelled: %(where)s"),
        Telling.MOVED: _("Moved: %(where)s"),
        Telling.ASKED_AGAIN: _("Moved, say yes or no again: %(where)s"),
        Telling.BACK: _("Takes place after all: %(where)s"),
        Telling.BACK_ASKED: _("Takes place after all, say yes or no: %(where)s"),
        Telling.RESTORED: _("You’re down after all for %(where)s"),
        Telling.DROPPED: _("Moved, so you’re not down for it: %(where)s"),
        Telling.TAKEN_OFF: _("You’re no longer down for %(where)s"),
        Telling.KEPT: _("You’re still down for %(where)s"),
    }.get(news.telling)
    if words is None:
        return ""
    return words % {"where": _where(str(news.session.where), news.day, news.starts)}


def sms_before(volunteer: Volunteer, sessions: Sequence[Session], link: Link | None) -> Sms | None:
    """Return the reminder of tomorrow, by SMS: each school with the first time there."""
    to = number_of(volunteer.user)
    if not to:
        return None
    with in_language_of(volunteer.user):
        first: dict[int, Session] = {}
        for session in sessions:
            first.setdefault(session.visit_id, session)
        where = [_at_what_time(session) for session in first.values()]
        facts = [_("Tomorrow: %(where)s") % {"where": where[0]}, *where[1:]]
        return sms_of(to, in_one_sms(facts, _address(link)))


def _at_what_time(session: Session) -> str:
    where = f"{session.where}, {short_time(session.starts)}"
    return f"{where} ({_('not agreed yet')})" if session.visit.stage == VisitStage.PLANNED else where


def sms_that_somebody_cannot_come(covers: Sequence[Cover], link: Link | None, *, coordinator: User) -> Sms | None:
    """Return what a coordinator is told by SMS of somebody who can’t make it, or was taken off; `covers` are the urgent ones."""
    to = number_of(coordinator)
    if not to or not covers:
        return None
    with in_language_of(coordinator):
        where = _once(
            _where(str(cover.session.visit.school), cover.session.day, cover.session.starts) for cover in _first_of_days(covers)
        )
        cannot, is_off = _("%(name)s can’t make it: %(where)s"), _("%(name)s was taken off: %(where)s")
        words = is_off if were_taken_off(covers) else cannot
        facts = [words % {"name": covers[0].volunteer, "where": where[0]}, *where[1:]]
        return sms_of(to, in_one_sms(facts, _address(link)))


def sms_to_school(readers: Sequence[tuple[Contact, Sequence[SchoolNews]]], *, now: datetime) -> Sms | None:
    """Return what somebody at a school is told by SMS: what was cancelled or moved of what begins within 36 hours.

    `readers` of one mail, each with what is news about theirs: one number gets an SMS beside it, the first of somebody who said
    yes and has urgent news, and with it what is urgent of the others, who read the same mailbox.
    """
    if not is_on():
        return None
    with in_language_of(None):
        urgent = [(contact, each) for contact, news in readers for each in news if _is_urgent(each, now=now)]
        to = next((as_stored(contact.sms_number) for contact, _ in urgent if contact.gets_sms), "")
        ordered = sorted((each for _, each in urgent), key=lambda each: (*each.paragraph, each.starts, each.line))
        facts = _once(_fact_for_school(each) % {"where": _where_of_school(each)} for each in ordered) if to else []
        return sms_of(to, in_one_sms(facts, current().name))


def _is_urgent(news: SchoolNews, *, now: datetime) -> bool:
    return _fact_for_school(news) != "" and _is_soon(news.session, news.known, now=now)


def _fact_for_school(news: SchoolNews) -> str:
    """Return what happened, with a place for where; "" where that is not urgent."""
    if news.telling is SchoolTelling.TAKEN_OFF and news.is_guest:
        return _("Not for your pupils any more: %(where)s")
    if not news.somebody_comes:
        return {
            SchoolTelling.CANCELLED: _("The online session is cancelled: %(where)s"),
            SchoolTelling.TAKEN_OFF: _("The online session is cancelled: %(where)s"),
            SchoolTelling.MOVED: _("The online session is moved: %(where)s"),
            SchoolTelling.BACK: _("The online session takes place after all: %(where)s"),
        }.get(news.telling, "")
    is_off, is_moved = _("Our visit is cancelled: %(where)s"), _("Our visit is moved: %(where)s")
    is_back = _("Our visit takes place after all: %(where)s")
    if news.is_part:
        is_off, is_moved = _("Part of our visit is cancelled: %(where)s"), _("Part of our visit is moved: %(where)s")
        is_back = _("Part of our visit takes place after all: %(where)s")
    return {
        SchoolTelling.CANCELLED: is_off,
        SchoolTelling.TAKEN_OFF: is_off,
        SchoolTelling.MOVED: is_moved,
        SchoolTelling.BACK: is_back,
    }.get(news.telling, "")


def _is_soon(session: Session | None, known: Standing | None, *, now: datetime) -> bool:
    """Return whether it begins within 36 hours, or would have begun then for all that its reader knows, and is not over."""
    moments = [slot.begins for slot in slots_of(session, known) if not slot.has_ended(now)]
    return any(now - timedelta(hours=12) <= moment <= now + AT_ONCE_WITHIN for moment in moments)


def _slot(news: SchoolNews) -> tuple[date, time]:
    """Return day and time of the session; of one that is off, or gone, those that the school knows."""
    if news.known is not None and (news.session is None or news.telling in OF_ENDS):
        return news.day, time.fromisoformat(news.known.starts)
    return news.day, news.session.starts if news.session else time.min


def _where_of_school(news: SchoolNews) -> str:
    """Return the school of the visit, also for a guest, and the time; of an online session the days on which it may be shown."""
    if news.session is None or not news.session.type.is_online:
        return _where(str(news.visit.school), *_slot(news))
    days = dict.fromkeys(date_format(day, "D j M") for day in (news.day, news.last_day))
    return f"{news.visit.school}, {' – '.join(days)}"


def _where(school: str, day: date, at: time) -> str:
    return f"{school}, {date_format(day, 'D j M')}, {short_time(at)}"


def _first_of_days(covers: Iterable[Cover]) -> Iterator[Cover]:
    """Yield the first cover of each visit day."""
    seen = set[tuple[int, date]]()
    for cover in covers:
        morning = cover.session.visit_id, cover.session.day
        if morning not in seen:
            seen.add(morning)
            yield cover


def _once(facts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(facts))


def _address(link: Link | None) -> str:
    return link.address if link else ""
