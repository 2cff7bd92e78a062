"""Where the buttons of mails about visits lead: to the very thing, or to a list where the mail is about several."""

from collections.abc import Iterable, Sequence
from datetime import date

from schools.accounts.languages import in_language_of
from schools.accounts.models import User
from schools.messages.links import Link
from schools.messages.wording import wording
from schools.visits.emails import News
from schools.visits.models import Session
from schools.visits.rules.notices import Telling
from schools.volunteers.models import Volunteer

type Page = tuple[str, int, date]
"""The name of a page of the portal, the visit and the day."""

GOING = frozenset({Telling.AGREED, Telling.MOVED, Telling.KEPT, Telling.BACK, Telling.RESTORED})
"""News to somebody who goes there."""
TO_ANSWER = frozenset({Telling.OFFERED, Telling.SWAP, Telling.ASKED_AGAIN, Telling.BACK_ASKED})
"""News that wait for a yes or a no."""


def link_of_news(volunteer: Volunteer, news: Sequence[News]) -> Link:
    """Return the link of a volunteer’s news; where they are only to know, as of what was cancelled, to what is left of theirs."""
    return link_to_see_or_do(volunteer, news) or link_to_mine(volunteer)


def link_to_mine(volunteer: Volunteer) -> Link:
    """Return the link to the list of what is the volunteer’s."""
    with in_language_of(volunteer.user):
        return Link.to("home", words=wording("shared.mine.button"))


def link_to_see_or_do(volunteer: Volunteer, news: Sequence[News]) -> Link | None:
    """Return the link to what the volunteer can see or do of the news; None: there is nothing."""
    going = {("morning", each.session.visit_id, each.session.day) for each in news if each.telling in GOING}
    to_answer = {("take", each.session.visit_id, each.session.day) for each in news if each.telling in TO_ANSWER}
    with in_language_of(volunteer.user):
        if going | to_answer:
            words = wording("shared.answer.button") if to_answer else wording("shared.morning.button")
            return _of_pages(going | to_answer, words)
        if any(each.telling is Telling.REFUSED for each in news):
            return Link.to("observe", words=wording("shared.observe.button"))
    return None


def link_to_mornings(volunteer: Volunteer, sessions: Iterable[Session]) -> Link | None:
    """Return the link to the page of the volunteer’s visit day, or to the list of theirs."""
    with in_language_of(volunteer.user):
        pages = {("morning", session.visit_id, session.day) for session in sessions}
        return _of_pages(pages, wording("shared.morning.button"))


def link_to_outcomes(volunteer: Volunteer, sessions: Iterable[Session]) -> Link | None:
    """Return the link to the form of the visit day, or to the list of what the volunteer has still to tell."""
    with in_language_of(volunteer.user):
        pages = {("day-outcome", session.visit_id, session.day) for session in sessions}
        return _of_pages(pages, wording("shared.outcome.button"))


def _of_pages(pages: Iterable[Page], words: str) -> Link:
    first, *others = sorted(pages)
    name, *args = first
    return Link.to("home", words=wording("shared.several.button")) if others else Link.to(name, *args, words=words)


def link_to_visits(visits: Iterable[int], *, coordinator: User) -> Link:
    """Return the link to the visit’s page in the office, or to home where the mail is about several."""
    ids = set(visits)
    if len(ids) > 1:
        return link_to_office(coordinator=coordinator)
    with in_language_of(coordinator):
        return Link.to("admin:visit-detail", *ids, words=wording("shared.visit.button"))


def link_to_office(*, coordinator: User) -> Link:
    """Return the link to the first page of the office."""
    with in_language_of(coordinator):
        return Link.to("admin:index", words=wording("shared.office.button"))
