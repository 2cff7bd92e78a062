"""The words of the mails to volunteers about bookings; none names a pupil, a clearance or what a child said."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import groupby

from django.utils.translation import gettext as _

from schools.accounts.languages import in_language_of
from schools.core.words import long_day, time_range
from schools.visits.answer_emails import ANSWERS, answer_lines
from schools.visits.models import Cover, Session, VisitStage
from schools.visits.queries.standings import Standing
from schools.visits.rules.notices import Telling
from schools.volunteers.models import Volunteer

type Mail = tuple[str, str]
"""The subject and the text."""

type Words = tuple[str, str, str]
"""The subject, opening and closing of what is said of one visit."""


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
    def paragraph(self) -> tuple[int, date, int, str]:
        """By what the news are put together: what is said alike of one visit on one day stands in one place."""
        return list(Telling).index(self.telling), self.session.day, self.session.visit_id, str(self.other or "")


def mail_to_volunteer(volunteer: Volunteer, news: Sequence[News], rest: Sequence[Mail] = ()) -> Mail:
    """Return one mail with everything that the volunteer has to be told now, in their language.

    `rest` are subjects and texts of what is no news, in that language already.
    """
    ordered = sorted(news, key=lambda each: (*each.paragraph, each.session.starts, each.session.pk))
    with in_language_of(volunteer.user):
        paragraphs = [*(_paragraph(list(rows)) for _key, rows in groupby(ordered, key=lambda each: each.paragraph)), *rest]
        subject = paragraphs[0][0]
        if len(paragraphs) > 1:
            subject = _("%(first)s, and more") % {"first": subject}
        body = "\n\n".join([hello(volunteer), *(text for _subject, text in paragraphs)])
    return subject, f"{body}\n"


def _paragraph(news: Sequence[News]) -> Mail:
    """Return the subject of these news, which are alike, and their text."""
    subject, opening, closing = _WORDS[news[0].telling](news)
    is_moved = news[0].telling in {Telling.MOVED, Telling.ASKED_AGAIN, Telling.DROPPED}
    lines = _moved_lines(news) if is_moved else when_and_where([each.session for each in news])
    sessions = [each.session for each in news]
    answers = answer_lines(news[0].cover.volunteer, sessions, ANSWERS.get(news[0].telling, ()))
    return subject, "\n\n".join(part for part in (opening, lines, answers, closing) if part)


def when_and_where(sessions: Sequence[Session]) -> str:
    """Return where these sessions of one visit day are, and a line for each."""
    first = sessions[0]
    times = "\n".join(f"- {time_range(session.starts, session.ends)}: {session.name}" for session in sessions)
    return f"{first.visit.school}, {long_day(first.day)}\n{times}"


def _moved_lines(news: Sequence[News]) -> str:
    it_was = _("%(type)s: %(slot)s (it was %(before)s)")
    lines = "\n".join(
        f"- {it_was % {'type': each.session.name, 'slot': _slot(each.session), 'before': _known_slot(each.known)}}"
        for each in news
        if each.known is not None
    )
    return f"{news[0].session.visit.school}\n{lines}"


def _slot(session: Session) -> str:
    return f"{long_day(session.day)}, {time_range(session.starts, session.ends)}"


def _known_slot(known: Standing) -> str:
    starts, ends = time.fromisoformat(known.starts), time.fromisoformat(known.ends)
    return f"{long_day(date.fromisoformat(known.day))}, {time_range(starts, ends)}"


def hello(volunteer: Volunteer) -> str:
    """Return how a mail to the volunteer begins."""
    return _("Hello %(name)s,") % {"name": volunteer.first_name}


def _where(sessions: Sequence[Session]) -> str:
    return f"{sessions[0].visit.school}, {long_day(sessions[0].day)}"


def _at(news: Sequence[News]) -> dict[str, str]:
    """Return what the texts may name: where it is, and the first name of whoever it is about besides the reader."""
    other = news[0].other
    return {"where": _where([each.session for each in news]), "name": other.first_name if other else _("Somebody")}


def _asking(news: Sequence[News], words: str) -> str:
    """Return the words, and where the visit is only planned a sentence that the school has still to agree to the day."""
    is_planned = news[0].session.visit.stage == VisitStage.PLANNED
    return f"{words} {_('The school hasn’t agreed to the day yet.')}" if is_planned else words


def _agreed(news: Sequence[News]) -> Words:
    return (
        _("You’re down for %(where)s") % _at(news),
        _("You’re down for this. Thank you."),
        _("If you can’t make it, say so on its page."),
    )


def _refused(news: Sequence[News]) -> Words:
    return (
        _("Watching does not fit this time: %(where)s") % _at(news),
        _("Thank you for asking to watch this. It does not fit this time, so you’re not expected there."),
        _("Perhaps another one suits you; or ask your coordinator which would."),
    )


def _offered(news: Sequence[News]) -> Words:
    return (
        _("Could you go to %(where)s?") % _at(news),
        _asking(news, _("Could you take this morning? The first to say yes has it.")),
        _("A no is fine."),
    )


def _swap(news: Sequence[News]) -> Words:
    at = _at(news)
    return (
        _("Could you go instead of %(name)s? %(where)s") % at,
        _asking(news, _("%(name)s asks whether you could take this, and is down for it until you say yes.") % at),
        _("A no is fine."),
    )


def _handed_on(news: Sequence[News]) -> Words:
    at = _at(news)
    return (
        _("%(name)s goes instead of you: %(where)s") % at,
        _("%(name)s has said yes and goes instead of you. You’re no longer down for this.") % at,
        _("Thank you for finding somebody."),
    )


def _kept(news: Sequence[News]) -> Words:
    at = _at(news)
    return (
        _("%(name)s can’t take your place: %(where)s") % at,
        _("%(name)s can’t go instead of you, so you’re still down for this.") % at,
        _("Ask somebody else, or say on its page that you can’t make it."),
    )


def _unneeded(news: Sequence[News]) -> Words:
    return (
        _("No longer needed: %(where)s") % _at(news),
        _("We asked whether you could take this. Somebody goes there now, so you need not answer."),
        _("Thank you all the same."),
    )


def _taken_off(news: Sequence[News]) -> Words:
    return (
        _("You’re no longer down for %(where)s") % _at(news),
        _("You’re no longer down for this."),
        _("If that surprises you, ask your coordinator."),
    )


def _cancelled(news: Sequence[News]) -> Words:
    return (
        _("Cancelled: %(where)s") % _at(news),
        _("This will not take place:"),
        _("Thank you for having kept the time free."),
    )


def _moved(news: Sequence[News]) -> Words:
    return (
        _("Moved a little: %(where)s") % _at(news),
        _("The time has changed a little. You’re still down for it."),
        _("If you can’t make it, say so on its page."),
    )


def _asked_again(news: Sequence[News]) -> Words:
    return (
        _("Moved, can you come? %(where)s") % _at(news),
        _("This was moved. Can you come then too?"),
        _("A no is fine."),
    )


def _dropped(news: Sequence[News]) -> Words:
    return (
        _("Moved: %(where)s") % _at(news),
        _("This was moved to a time at which you can’t come, so you’re no longer down for it."),
        _("Thank you all the same."),
    )


def _back(news: Sequence[News]) -> Words:
    is_asked = news[0].telling is Telling.BACK_ASKED
    state = _("Can you come?") if is_asked else _("You’re down for it again.")
    return (
        _("It takes place after all: %(where)s") % _at(news),
        f"{_('What we told you was taken back: it takes place as planned.')} {state}",
        _("Sorry for the confusion."),
    )


_WORDS: dict[Telling, Callable[[Sequence[News]], Words]] = {
    Telling.AGREED: _agreed,
    Telling.REFUSED: _refused,
    Telling.OFFERED: _offered,
    Telling.SWAP: _swap,
    Telling.HANDED_ON: _handed_on,
    Telling.KEPT: _kept,
    Telling.UNNEEDED: _unneeded,
    Telling.TAKEN_OFF: _taken_off,
    Telling.CANCELLED: _cancelled,
    Telling.MOVED: _moved,
    Telling.ASKED_AGAIN: _asked_again,
    Telling.DROPPED: _dropped,
    Telling.BACK: _back,
    Telling.BACK_ASKED: _back,
}
