"""The words of what a host changes by its own page, to coordinators, and of the answer; what it typed is in the office alone."""

from datetime import date

from schools.accounts.languages import in_language_of
from schools.accounts.models import User
from schools.core.words import long_day
from schools.directory.models import Contact
from schools.messages.kinds import Mail
from schools.messages.wording import wording
from schools.visits.models import ChangeWhat, SchoolChange


def mail_of_change(change: SchoolChange, *, coordinator: User) -> Mail:
    """Return what a coordinator reads: what the school did, asks for or took back, and why.

    Who did so, and what they typed, is in the office.
    """
    texts = f"school-change.{'back' if change.over_at else change.what}"
    with in_language_of(coordinator):
        where = {"where": f"{change.visit.school}, {long_day(change.day)}"}
        opening, closing = wording(f"{texts}.opening", where), wording(f"{texts}.closing")
        parts = [opening, closing] if change.over_at else [opening, *_wanted(change), _why(change), closing]
        return wording(f"{texts}.subject", where), "\n\n".join(parts) + "\n"


def mail_of_answer(change: SchoolChange, contact: Contact, *, day: date) -> Mail:
    """Return what a school reads that asked for another day: that the visit stays where it is, on the day."""
    with in_language_of(None):
        where = {"where": f"{change.visit.school}, {long_day(day)}"}
        parts = [
            wording("shared.hello", {"name": contact.name}),
            wording("day-stands.opening", where),
            wording("day-stands.it-stands"),
            wording("day-stands.closing", {"reference": change.visit.reference}),
        ]
        return wording("day-stands.subject", where), "\n\n".join(parts) + "\n"


def _wanted(change: SchoolChange) -> list[str]:
    """Return the half-days that would do, of a cancellation with what they are; nothing where the school named none."""
    if not change.wanted:
        return []
    heading = [wording("school-change.cancel.would-do")] if change.what == ChangeWhat.CANCEL else []
    return [*heading, "\n".join(f"- {half_day}" for half_day in change.wanted)]


def _why(change: SchoolChange) -> str:
    return wording("school-change.why", {"why": change.get_why_display()})
