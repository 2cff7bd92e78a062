"""The words of what volunteers are reminded of and asked afterwards; none names a pupil, a clearance or what a child said."""

from collections.abc import Iterable, Sequence

from schools.accounts.languages import in_language_of
from schools.messages.kinds import Mail
from schools.messages.wording import wording
from schools.visits.answer_emails import PLACE, answer_lines
from schools.visits.emails import hello, when_and_where, where_only_planned
from schools.visits.models import Session
from schools.visits.queries import by_visit_day
from schools.volunteers.models import Volunteer


def mail_before(volunteer: Volunteer, sessions: Iterable[Session], *, is_tomorrow: bool) -> Mail:
    """Return the mail that reminds a volunteer of everything that they are down for on one day."""
    days = by_visit_day(sessions)
    with in_language_of(volunteer.user):
        subject = wording("evening.subject" if is_tomorrow else "two-days.subject", {"where": days[0][0]})
        opening = wording("before.opening")
        parts = [_what(volunteer, of_day) for _day, of_day in days]
        closing = wording("before.closing")
        body = "\n\n".join([hello(volunteer), opening, *parts, closing])
        return _several(subject, len(days)), f"{body}\n"


def _what(volunteer: Volunteer, sessions: Sequence[Session]) -> str:
    """Return where and when these sessions of one visit day are, whether that is only planned, and how to give the place back."""
    lines = (when_and_where(sessions), where_only_planned(sessions[0]), answer_lines(volunteer, sessions, PLACE))
    return "\n\n".join(filter(None, lines))


def mail_about_outcomes(volunteer: Volunteer, sessions: Iterable[Session]) -> Mail:
    """Return the mail that asks a volunteer how these sessions went, whatever their days."""
    days = by_visit_day(sessions)
    with in_language_of(volunteer.user):
        subject = _several(wording("outcome.subject", {"where": days[0][0]}), len(days))
        opening = wording("outcome.opening")
        parts = [when_and_where(of_day) for _day, of_day in days]
        closing = wording("outcome.closing")
        body = "\n\n".join([hello(volunteer), opening, *parts, closing])
    return subject, f"{body}\n"


def _several(subject: str, number: int) -> str:
    return subject if number == 1 else wording("shared.and-more", {"first": subject})
