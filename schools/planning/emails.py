"""The words of mails about what comes next: mornings that are open, thanks at the end of a term, and asking a school again."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from schools.accounts.languages import in_language_of
from schools.charity.queries import current
from schools.core.distances import distance_in_words
from schools.core.grid import kilometres_between
from schools.core.words import joined
from schools.directory.models import Contact, School
from schools.messages.links import Link
from schools.planning.queries.terms import Given
from schools.visits.queries import OpenDay
from schools.volunteers.models import Volunteer

type Mail = tuple[str, str]
"""The subject and the text."""


def _hello(name: str) -> str:
    return _("Hello %(name)s,") % {"name": name}


def mail_of_open_mornings(volunteer: Volunteer, days: Sequence[OpenDay], *, unit: str) -> Mail:
    """Return the mail of the week with the mornings near somebody that need people."""
    with in_language_of(volunteer.user):
        number = len(days)
        subject = ngettext("%(number)s morning near you needs somebody", "%(number)s mornings near you need somebody", number)
        lines = []
        for day in days:
            away = kilometres_between(volunteer.place, day.visit.school.place)
            far = "" if away is None else f" ({distance_in_words(away, unit)})"
            lines.append(f"- {day}{far}")
        parts = [
            _hello(volunteer.first_name),
            _("These need somebody, and you could take them:"),
            "\n".join(lines),
            _("Take what suits you. Nobody expects you unless you do."),
            _("You get this once a week, if anything is open."),
        ]
    return subject % {"number": number}, "\n\n".join(parts) + "\n"


def link_to_open_mornings(volunteer: Volunteer) -> Link:
    """Return the link to the mornings that are open to the volunteer."""
    with in_language_of(volunteer.user):
        return Link.to("open-list", words=_("Look at them"))


def link_to_me(volunteer: Volunteer) -> Link:
    """Return the link to the page on which the volunteer sees what they have given in all."""
    with in_language_of(volunteer.user):
        return Link.to("me", words=_("See all that you have given"))


def mail_of_term(volunteer: Volunteer, given: Given) -> Mail:
    """Return the thanks at the end of a term, in true figures."""
    with in_language_of(volunteer.user):
        at = {"sessions": given.sessions, "schools": given.schools, "seats": given.seats, "charity": current().brand}
        sessions = ngettext("%(sessions)s session", "%(sessions)s sessions", given.sessions) % at
        schools = ngettext("%(schools)s school", "%(schools)s schools", given.schools) % at
        seats = ngettext("%(seats)s seat was filled", "%(seats)s seats were filled", given.seats) % at
        words = _("This term you were at %(sessions)s in %(schools)s.") % {"sessions": sessions, "schools": schools}
        counted = _("With you there %(seats)s; a child who came twice filled two.") % {"seats": seats} if given.seats else ""
        thanks = _("Thank you, from all of us at %(charity)s.") % at
        parts = [_hello(volunteer.first_name), words, counted, thanks]
        return _("Thank you for this term"), "\n\n".join(part for part in parts if part) + "\n"


def mail_of_schools_due(contact: Contact, schools: Sequence[School]) -> Mail:
    """Return the question whether schools would like a visit again; it goes to nobody who has not asked for it."""
    with in_language_of(None):
        at = {"schools": joined(str(school) for school in schools), "charity": current().brand}
        parts = [
            _hello(contact.name),
            _("%(charity)s would be glad to come again this school year: to %(schools)s.") % at,
            _("Reply to this mail if you would like that, with months or weekdays that suit you."),
            _("You get this once a school year, because you said that you want to be asked."),
        ]
        return _("Shall we come again? %(schools)s") % at, "\n\n".join(parts) + "\n"
