"""The words of what volunteers are reminded of and asked afterwards; none names a pupil, a clearance or what a child said."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from schools.accounts.languages import in_language_of
from schools.visits.answer_emails import PLACE, answer_lines
from schools.visits.emails import Mail, hello, when_and_where
from schools.visits.models import Session
from schools.visits.queries import by_visit_day
from schools.volunteers.models import Volunteer


def mail_before(volunteer: Volunteer, sessions: Iterable[Session], *, is_tomorrow: bool) -> Mail:
    """Return the mail that reminds a volunteer of everything that they are down for on one day."""
    days = by_visit_day(sessions)
    with in_language_of(volunteer.user):
        words = _("Tomorrow: %(where)s") if is_tomorrow else _("In two days: %(where)s")
        opening = _("This is to remind you. You’re expected there:")
        parts = [f"{when_and_where(of_day)}\n\n{answer_lines(volunteer, of_day, PLACE)}".rstrip() for _day, of_day in days]
        closing = _("If you can’t make it, say so now.")
        body = "\n\n".join([hello(volunteer), opening, *parts, closing])
        return _several(words % {"where": days[0][0]}, len(days)), f"{body}\n"


def mail_about_outcomes(volunteer: Volunteer, sessions: Iterable[Session]) -> Mail:
    """Return the mail that asks a volunteer how these sessions went, whatever their days."""
    days = by_visit_day(sessions)
    with in_language_of(volunteer.user):
        subject = _several(_("How did it go? %(where)s") % {"where": days[0][0]}, len(days))
        opening = _("You were down for this, and we don’t know yet how it went:")
        parts = [when_and_where(of_day) for _day, of_day in days]
        closing = _("Please tell us, also if it did not take place. It takes a minute. Thank you.")
        body = "\n\n".join([hello(volunteer), opening, *parts, closing])
    return subject, f"{body}\n"


def _several(subject: str, number: int) -> str:
    return subject if number == 1 else _("%(first)s, and more") % {"first": subject}
