"""The words of what a host changes by its own page, to coordinators; what it typed is in the office alone."""

from schools.accounts.languages import in_language_of
from schools.accounts.models import User
from schools.core.words import long_day
from schools.messages.kinds import Mail
from schools.messages.wording import wording
from schools.visits.models import SchoolChange


def mail_of_change(change: SchoolChange, *, coordinator: User) -> Mail:
    """Return what a coordinator reads: what the school did or asks for, and why. Who said it, and its note, is in the office."""
    texts = f"school-change.{change.what}"
    with in_language_of(coordinator):
        where = {"where": f"{change.visit.school}, {long_day(change.day)}"}
        why = wording("school-change.why", {"why": change.get_why_display()})
        parts = [wording(f"{texts}.opening", where), why, wording(f"{texts}.closing")]
        return wording(f"{texts}.subject", where), "\n\n".join(parts) + "\n"
