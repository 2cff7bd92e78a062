"""The words of mails about what comes next: mornings that are open, thanks at the end of a term, and asking a school again."""

from collections.abc import Sequence

from django.utils.translation import ngettext

from schools.accounts.languages import in_language_of
from schools.charity.queries import current
from schools.core.distances import distance_in_words
from schools.core.grid import kilometres_between
from schools.core.words import joined, time_range
from schools.directory.models import Contact, School
from schools.messages.kinds import Mail
from schools.messages.links import Link
from schools.messages.wording import wording
from schools.planning.queries.terms import Given
from schools.visits.queries import OpenDay
from schools.volunteers.models import Volunteer


def _hello(name: str) -> str:
    return wording("shared.hello", {"name": name})


MOST_NEAR = 10
"""So many mornings are in one mail, the soonest; the list of the portal has all."""


def mail_of_open_mornings(volunteer: Volunteer, days: Sequence[OpenDay], *, unit: str) -> Mail:
    """Return the mail of the week with the mornings near somebody that need people: how many they are, and the first of them."""
    with in_language_of(volunteer.user):
        number = len(days)
        subject = ngettext("%(number)s morning near you needs somebody", "%(number)s mornings near you need somebody", number)
        lines = []
        for day in days[:MOST_NEAR]:
            away = kilometres_between(volunteer.place, day.where.place)
            far = "" if away is None else f" ({distance_in_words(away, unit)})"
            times = time_range(min(each.starts for each in day.open_sessions), max(each.ends for each in day.open_sessions))
            lines.append(f"- {day}, {times}{far}")
        if more := number - len(lines):
            rest = ngettext("%(number)s more morning is in the list.", "%(number)s more mornings are in the list.", more)
            lines += ["", rest % {"number": more}]
        parts = [
            _hello(volunteer.first_name),
            wording("near-you.opening"),
            "\n".join(lines),
            wording("near-you.no-duty"),
            wording("near-you.how-often"),
        ]
    return subject % {"number": number}, "\n\n".join(parts) + "\n"


def link_to_open_mornings(volunteer: Volunteer) -> Link:
    """Return the link to the mornings that are open to the volunteer."""
    with in_language_of(volunteer.user):
        return Link.to("open-list", words=wording("near-you.button"))


def link_to_me(volunteer: Volunteer) -> Link:
    """Return the link to the page on which the volunteer sees what they have given in all."""
    with in_language_of(volunteer.user):
        return Link.to("me", words=wording("term-thanks.button"))


def mail_of_term(volunteer: Volunteer, given: Given) -> Mail:
    """Return the thanks at the end of a term, in true figures."""
    with in_language_of(volunteer.user):
        at = {"sessions": given.sessions, "schools": given.schools, "seats": given.seats, "charity": current().brand}
        sessions = ngettext("%(sessions)s session", "%(sessions)s sessions", given.sessions) % at
        schools = ngettext("%(schools)s school", "%(schools)s schools", given.schools) % at
        seats = ngettext("%(seats)s seat was filled", "%(seats)s seats were filled", given.seats) % at
        opening = wording("term-thanks.opening", {"sessions": sessions, "schools": schools})
        counted = wording("term-thanks.seats", {"seats": seats}) if given.seats else ""
        thanks = wording("term-thanks.closing", at)
        parts = [_hello(volunteer.first_name), opening, counted, thanks]
        return wording("term-thanks.subject"), "\n\n".join(part for part in parts if part) + "\n"


def mail_of_schools_due(contacts: Sequence[Contact], schools: Sequence[School]) -> Mail:
    """Return the question whether schools would like a visit again, to all who read it there and have asked for it."""
    with in_language_of(None):
        at = {"schools": joined(str(school) for school in schools), "charity": current().brand}
        parts = [
            _hello(joined(dict.fromkeys(contact.name for contact in contacts))),
            wording("school-due.opening", at),
            wording("school-due.how-to-answer"),
            wording("school-due.how-often"),
        ]
        return wording("school-due.subject", at), "\n\n".join(parts) + "\n"


def link_to_ask(schools: Sequence[School]) -> Link:
    """Return the link to where one asks for a visit: to the form of the school, or to the search where they are several."""
    with in_language_of(None):
        words = wording("school-due.button")
        return Link.to("ask", words=words) if len(schools) > 1 else Link.to("ask-school", schools[0].pk, words=words)
