"""The mail by which a school gets dates to choose from, the link to their page, and what coordinators hear of the choice."""

from schools.accounts.languages import in_language_of
from schools.accounts.models import User
from schools.charity.queries import current
from schools.core.words import long_day
from schools.directory.models import Contact
from schools.messages.kinds import Mail
from schools.messages.links import Link
from schools.messages.wording import wording
from schools.visits.half_days import HalfDay
from schools.visits.models import OfferedDates, VisitStage

PAGE = "school-dates"


def mail_of_dates_to_choose(offered: OfferedDates, contact: Contact) -> Mail:
    """Return the mail with the half-days, for a new visit or to move one; reads the school."""
    with in_language_of(None):
        at = {"school": offered.school, "charity": current().brand, "day": long_day(offered.held_until)}
        texts = "dates-to-choose"
        if offered.moves_from is not None:
            texts, at["was"] = "dates-to-move", long_day(offered.moves_from)
        lines = [f"- {HalfDay.of(key)}" for key in offered.half_days]
        of_one = "-of-one" if len(lines) == 1 else ""
        parts = [
            wording("shared.hello", {"name": contact.name}),
            wording(f"{texts}.opening{of_one}", at),
            "\n".join(lines),
            wording(f"dates-to-choose.how-to-choose{of_one}"),
            wording(f"dates-to-choose.until{of_one}", at),
            wording(f"{texts}.closing{of_one}"),
        ]
        return wording(f"{texts}.subject", at), "\n\n".join(parts) + "\n"


def link_to_choose(token: str) -> Link:
    """Return the button that opens the page with this in its address."""
    with in_language_of(None):
        return Link.to(PAGE, token, words=wording("dates-to-choose.button"))


def mail_of_choice(offered: OfferedDates, *, coordinator: User) -> Mail:
    """Return what a coordinator reads of the date that a school has chosen: whether it is booked or moved, or waits for them."""
    with in_language_of(coordinator):
        facts = {"name": offered.chosen_by, "school": offered.school, "date": HalfDay.of(offered.chosen)}
        is_booked = offered.visit is not None and offered.visit.stage != VisitStage.REQUESTED
        texts = "date-chosen.booked" if is_booked else "date-chosen.not-booked"
        if offered.moves_from is not None:
            texts = "date-chosen.moved"
        parts = [wording(f"{texts}.opening", facts)]
        if not is_booked and offered.is_short:
            parts.append(wording("date-chosen.not-booked.few-people"))
        parts.append(wording(f"{texts}.closing"))
        return wording(f"{texts}.subject", facts), "\n\n".join(parts) + "\n"
