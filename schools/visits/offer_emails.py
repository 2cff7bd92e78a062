"""The mail by which a school gets dates to choose from, and the link to the page on which it chooses."""

from schools.accounts.languages import in_language_of
from schools.charity.queries import current
from schools.core.words import long_day
from schools.directory.models import Contact
from schools.messages.links import Link
from schools.messages.wording import wording
from schools.visits.half_days import HalfDay
from schools.visits.models import OfferedDates

PAGE = "school-dates"

type Mail = tuple[str, str]
"""The subject and the text."""


def mail_of_dates_to_choose(offered: OfferedDates, contact: Contact) -> Mail:
    """Return the mail with the half-days; reads the school."""
    with in_language_of(None):
        at = {"school": offered.school, "charity": current().brand, "day": long_day(offered.held_until)}
        lines = "\n".join(f"- {HalfDay.of(key)}" for key in offered.half_days)
        parts = [
            wording("shared.hello", {"name": contact.name}),
            wording("dates-to-choose.opening", at),
            lines,
            wording("dates-to-choose.how-to-choose"),
            wording("dates-to-choose.until", at),
            wording("dates-to-choose.closing"),
        ]
        return wording("dates-to-choose.subject", at), "\n\n".join(parts) + "\n"


def link_to_choose(token: str) -> Link:
    """Return the button that opens the page with this in its address."""
    with in_language_of(None):
        return Link.to(PAGE, token, words=wording("dates-to-choose.button"))
