"""The lines to be said on the phone, or copied, about sessions: to a school, and to volunteers."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from schools.core.words import days_between, joined, long_day, short_time
from schools.directory.models import School
from schools.visits.models import Cover, CoverNews, SchoolNews, Session, SessionStage
from schools.visits.queries.standings import AGREED, Standing

ASKED = frozenset({CoverNews.OFFERED, CoverNews.ASK_AGAIN})
COMING = ASKED | {CoverNews.ASSIGNED, CoverNews.MOVED, CoverNews.BACK}
"""The kinds of news for somebody who is to come, or is asked to."""


def it_was(session: Session) -> str:
    """Return when it was before it was moved, to be said beside its day; "" where it never was."""
    if session.was_day is None or session.was_starts is None:
        return ""
    if session.type.is_online:  # it is moved as a whole: its days are as many as before
        return f" (it was from {days_between(session.was_day, session.was_day + (session.last_day - session.day))})"
    return f" (it was {long_day(session.was_day)}, {short_time(session.was_starts)})"


def with_guests(guests: Iterable[School]) -> str:
    """Return whose pupils come to the host of a session, to be said after its name; "" where none do."""
    names = joined(sorted(map(str, guests)))
    return _(", with pupils of %(guests)s") % {"guests": names} if names else ""


def without_guests() -> str:
    """Return the same where nobody comes any more."""
    return _(", without pupils of other schools")


def line_for_school(
    session: Session, standing: Standing | None, *, is_guest: bool, guests: Iterable[School] = (), had_guests: bool = False
) -> str:
    """Return how a school stands to the session today, in a line; None: its pupils are not in it.

    `guests` are the schools whose pupils come to it, where it is the host; `had_guests`: that none do is said, too.
    Nobody is phoned about a session that was reported: whoever asks leaves it out (`not_reported`), since none stands to it then.
    """
    when = f"- {session.name} on {session.when}"
    if session.stage == SessionStage.CANCELLED:
        return f"{when}{it_was(session)} will not take place: {session.get_cancelled_code_display().lower()}."
    if standing is None:
        return f"{when}: your pupils are not expected there any more." if is_guest else f"{when}."
    if standing.stands != AGREED:
        return f"{when} is not agreed yet, so nobody comes until it is."
    return f"{when} takes place{with_guests(guests) or (without_guests() if had_guests else '')}."


def line_of_news_for_school(session: Session, guests: Sequence[School]) -> str:
    """Return what the office has to tell the host of the session, in a line; `guests` are the schools whose pupils come to it."""
    match session.school_news:
        case SchoolNews.MOVED:
            return f"- {session.name} is now on {session.when}{it_was(session)}{with_guests(guests)}."
        case SchoolNews.CANCELLED:
            return f"- {session.name} on {session.when}{it_was(session)} will not take place: {_because(session)}."
        case _:
            return f"- {session.name} on {session.when} takes place after all{with_guests(guests)}."


def _because(session: Session) -> str:
    return session.get_cancelled_code_display().lower()


def lines_at_one_place(notices: Sequence[tuple[Cover, str]]) -> str:
    """Return where these covers of a visit are, with the address for whoever is to come there, and a line for each."""
    at = notices[0][0].session.where
    known = (at.address, at.postcode) if {news for _, news in notices} & COMING else ()
    where = ", ".join(part for part in (at.name, *known) if part)
    return "\n".join([f"{where}:", *(_line_for_volunteer(cover, news) for cover, news in notices)])


def _line_for_volunteer(cover: Cover, news: str) -> str:
    session = cover.session
    when = f"{session.name}, {session.when}"
    return {
        CoverNews.ASSIGNED: f"- {when}: you’re down for it.",
        CoverNews.OFFERED: f"- {when}: could you take it?",
        CoverNews.MOVED: f"- {when}{it_was(session)}: the time has changed a little; you’re still down for it.",
        CoverNews.ASK_AGAIN: f"- {when}{it_was(session)}: it was moved; can you come then?",
        CoverNews.DROPPED: f"- {when}{it_was(session)}: you’re not expected there.",
        CoverNews.TAKEN_OFF: f"- {when}{it_was(session)}: you’re no longer down for it.",
        CoverNews.CANCELLED: f"- {when}{it_was(session)}: it will not take place.",
        CoverNews.BACK: f"- {when}: it takes place after all.",
    }.get(CoverNews(news), f"- {when}")
