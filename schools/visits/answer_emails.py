"""The lines of a mail by which a volunteer answers it without signing in: one link for each thing that they may say."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from schools.messages.wording import wording
from schools.visits.answer_links import Purpose, link_to, question_about
from schools.visits.models import Session
from schools.visits.rules.notices import Telling
from schools.volunteers.models import Volunteer

WORDS = {
    Purpose.YES: gettext_noop("Yes, I go"),
    Purpose.NO: gettext_noop("No"),
    Purpose.CANNOT: gettext_noop("I can’t make it"),
}

QUESTION, PLACE = (Purpose.YES, Purpose.NO), (Purpose.CANNOT,)

ANSWERS = {
    Telling.OFFERED: QUESTION,
    Telling.SWAP: QUESTION,
    Telling.ASKED_AGAIN: QUESTION,
    Telling.BACK_ASKED: QUESTION,
    Telling.AGREED: PLACE,
    Telling.MOVED: PLACE,
    Telling.BACK: PLACE,
    Telling.RESTORED: PLACE,
    Telling.KEPT: PLACE,
}
"""How each piece of news can be answered: what asks, with yes or no; what says that they are down for it, with a no."""


def answer_lines(volunteer: Volunteer, sessions: Sequence[Session], purposes: Sequence[Purpose]) -> str:
    """Return a line with a link for each purpose, about these sessions of one visit day.

    "" where there is nothing to answer, and for somebody who has no sign-in: no mail reaches them.
    """
    if volunteer.user is None or not purposes:
        return ""
    links = [(WORDS[purpose], question_about(sessions, volunteer=volunteer.pk, purpose=purpose)) for purpose in purposes]
    lines = [f"{_(words)}: {link_to(question, volunteer.user)}" for words, question in links]
    if purposes == QUESTION:
        lines = [wording("mornings.question.how-links-answer"), *lines]
    return "\n".join(lines)
