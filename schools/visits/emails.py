"""The words of the mails to volunteers about bookings; none names a pupil, a clearance or what a child said."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import groupby

from django.utils.translation import gettext as _

from schools.accounts.languages import in_language_of
from schools.core.words import long_day, time_range
from schools.messages.kinds import Mail
from schools.messages.wording import wording
from schools.visits.answer_emails import ANSWERS, answer_lines
from schools.visits.models import Cover, Session, VisitStage
from schools.visits.queries.standings import Standing
from schools.visits.rules.notices import Telling
from schools.volunteers.models import Volunteer

type Words = tuple[str, str, str]
"""The subject, opening and closing of what is said of one visit."""
OF_ENDS = frozenset({Telling.CANCELLED, Telling.TAKEN_OFF, Telling.HANDED_ON, Telling.UNNEEDED})
"""What is said of a session that is off for its reader: they know it by the time that they wait for."""


@dataclass(frozen=True)
class News:
    """What a volunteer is told about one session, through their cover of it."""

    telling: Telling
    cover: Cover
    known: Standing | None
    """What they know of the session so far; None: nothing."""
    other: Volunteer | None = None
    """Who goes instead, whom they would replace, or who declined to take their place."""

    @property
    def session(self) -> Session:
        """The session as it stands today."""
        return self.cover.session

    @property
    def day(self) -> date:
        """The day of the session; of one that is off for them, the day that they know."""
        if self.known is not None and self.telling in OF_ENDS:
            return date.fromisoformat(self.known.day)
        return self.session.day

    @property
    def starts(self) -> time:
        """When the session begins; of one that is off for them, when they think that it does."""
        if self.known is not None and self.telling in OF_ENDS:
            return time.fromisoformat(self.known.starts)
        return self.session.starts

    @property
    def paragraph(self) -> tuple[int, date, int, str]:
        """By what the news are put together: what is said alike of one visit on one day stands in one place."""
        return list(Telling).index(self.telling), self.day, self.session.visit_id, str(self.other or "")


def mail_to_volunteer(volunteer: Volunteer, news: Sequence[News], rest: Sequence[Mail] = ()) -> Mail:
    """Return one mail with everything that the volunteer has to be told now, in their language.

    `rest` are subjects and texts of what is no news, in that language already.
    """
    ordered = sorted(news, key=lambda each: (*each.paragraph, each.session.starts, each.session.pk))
    with in_language_of(volunteer.user):
        paragraphs = [*(_paragraph(list(rows)) for _key, rows in groupby(ordered, key=lambda each: each.paragraph)), *rest]
        subject = paragraphs[0][0]
        if len(paragraphs) > 1:
            subject = wording("shared.and-more", {"first": subject})
        body = "\n\n".join([hello(volunteer), *(text for _subject, text in paragraphs)])
    return subject, f"{body}\n"


def _paragraph(news: Sequence[News]) -> Mail:
    """Return the subject of these news, which are alike, and their text."""
    subject, opening, closing = _words(news)
    lines = _moved_lines(news) if _is_moved(news) else when_and_where([each.session for each in news])
    sessions = [each.session for each in news]
    answers = answer_lines(news[0].cover.volunteer, sessions, ANSWERS.get(news[0].telling, ()))
    return subject, "\n\n".join(part for part in (opening, lines, answers, closing) if part)


def _is_moved(news: Sequence[News]) -> bool:
    """Return whether they have to read when it was: of a move, and where it is off and was moved without their knowing."""
    if news[0].telling in OF_ENDS:
        return any(each.known is not None and _known_slot(each.known) != _slot(each.session) for each in news)
    return news[0].telling in {Telling.MOVED, Telling.ASKED_AGAIN, Telling.DROPPED}


def when_and_where(sessions: Sequence[Session], *, needing: Collection[int] = ()) -> str:
    """Return where these sessions of one visit day are, and a line for each; those `needing` (ids) somebody are marked."""
    first = sessions[0]
    mark = f" ({_('needs somebody')})"
    lines = [
        f"- {time_range(session.starts, session.ends)}: {session.name}{mark if session.pk in needing else ''}"
        for session in sessions
    ]
    return "\n".join([f"{first.where}, {long_day(first.day)}", *lines])


def _moved_lines(news: Sequence[News]) -> str:
    lines = "\n".join(_moved_line(each.session, _known_slot(each.known)) for each in news if each.known is not None)
    return f"{news[0].session.where}\n{lines}"


def _moved_line(session: Session, before: str) -> str:
    if before == _slot(session):
        return f"- {session.name}: {before}"
    it_was = _("%(type)s: %(slot)s (it was %(before)s)")
    return f"- {it_was % {'type': session.name, 'slot': _slot(session), 'before': before}}"


def _slot(session: Session) -> str:
    return f"{long_day(session.day)}, {time_range(session.starts, session.ends)}"


def _known_slot(known: Standing) -> str:
    starts, ends = time.fromisoformat(known.starts), time.fromisoformat(known.ends)
    return f"{long_day(date.fromisoformat(known.day))}, {time_range(starts, ends)}"


def hello(volunteer: Volunteer) -> str:
    """Return how a mail to the volunteer begins."""
    return wording("shared.hello", {"name": volunteer.first_name})


def _at(news: Sequence[News]) -> dict[str, str]:
    """Return what the texts may name: where it is, and the first name of whoever it is about besides the reader."""
    first, other = news[0], news[0].other
    where = f"{first.session.where}, {long_day(first.day)}"
    return {"where": where, "name": other.first_name if other else _("Somebody")}


def _words(news: Sequence[News]) -> Words:
    """Return the three texts of the telling; whoever is to come reads, where the visit is only planned, that it is not agreed."""
    telling, at = news[0].telling, _at(news)
    key = f"mornings.{telling.value}"
    subject, opening, closing = (wording(f"{key}.{part}", at) for part in ("subject", "opening", "closing"))
    is_off = telling in OF_ENDS | {Telling.DROPPED, Telling.REFUSED, Telling.WISH_BACK}
    not_agreed = "" if is_off else where_only_planned(news[0].session)
    return subject, f"{opening} {not_agreed}".rstrip(), closing


def where_only_planned(session: Session) -> str:
    """Return that the school has not agreed to the day yet; "" where it has."""
    is_planned = session.visit.stage == VisitStage.PLANNED
    return wording("mornings.question.where-it-is-only-planned") if is_planned else ""
