"""What the host changed by its own page, at the top of the visit’s page: who, why, and what to do now."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import BigIntegerField, DateField
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.batched_queries import Given
from schools.core.errors import RuleBroken
from schools.core.prepared import Prepared
from schools.core.words import moment
from schools.office.bookings.as_read import posted, to_post
from schools.office.frame.undo_bars import QUICKER, say_with_undo
from schools.office.frame.visibility import today
from schools.visits.actions.school_changes import answer_that_day_stands, open_changes_again, see_to_changes
from schools.visits.models import ChangeWhat, SchoolChange, Visit
from schools.visits.queries.school_changes import changes_of, standing_change
from schools.visits.rules.school_changes import OFFERED, change_as_shown, wish_with_answer

MOST_SHOWN = 12
DOES = ("change-seen", "change-stands", "change-not-seen")
"""The buttons of the part of the page; each names the change that it is about, and what the page showed of it."""
CHANGES = Prepared(lambda: changes_of(Given("visit", BigIntegerField()), on=Given("on", DateField()))[:MOST_SHOWN])


@dataclass(frozen=True)
class ChangeLine:
    """One thing that the host did or asked for."""

    change: SchoolChange
    stands: bool
    """Whether it is so now: cancelled still, or the visit not moved yet."""
    are_dates_offered: bool
    """Whether the school has dates to choose from instead."""

    @property
    def is_open(self) -> bool:
        """Whether it waits for somebody in the office."""
        return self.stands and self.change.seen_at is None and not self.are_dates_offered

    @property
    def to_post(self) -> str:
        """What its form posts: the id of the change, and what is shown of it, so that nobody answers what they have not read.

        Where somebody saw to it already, the form takes just that back.
        """
        if self.change.seen_at is not None:
            return to_post(self.change.pk, self.shown)
        return to_post(self.change.pk, change_as_shown(self.change) + (OFFERED if self.are_dates_offered else ""))

    @property
    def shown(self) -> str:
        """The short text of the wish and of its answer, which a form posts that moves the visit, or offers dates for it."""
        return wish_with_answer(self.change)

    @property
    def clock(self) -> str:
        """When the school did it."""
        return moment(timezone.localtime(self.change.at))

    @property
    def over(self) -> str:
        """When the school took its wish back; blank: it did not."""
        return moment(timezone.localtime(self.change.over_at)) if self.change.over_at else ""

    @property
    def seen(self) -> str:
        """When somebody saw to it; blank: nobody has."""
        return moment(timezone.localtime(self.change.seen_at)) if self.change.seen_at else ""


def part_of_changes(visit: Visit) -> dict[str, Any]:
    """Return what the part of the page shows, the latest first; one query."""
    changes = CHANGES.run(visit=visit.pk, on=today())
    return {"school_changes": [ChangeLine(change, change.stands, change.are_dates_offered) for change in changes]}


def wish_line(visit: Visit) -> ChangeLine | None:
    """Return the wish for another day that waits, for the pages by which it is met; None: there is none. One query."""
    wish = standing_change(visit, ChangeWhat.MOVE)
    return ChangeLine(wish, stands=True, are_dates_offered=False) if wish else None


def change_done(request: SignedInRequest, visit: Visit, do: str) -> list[str]:
    """Do what a button of the part says; return the reasons why that was not possible."""
    act, words = {
        "change-seen": (see_to_changes, "It is written down that you saw to it."),
        "change-stands": (answer_that_day_stands, "It is written down, and the school gets a mail that the day stands."),
        "change-not-seen": (open_changes_again, "Taken back: it needs somebody again."),
    }[do]
    shown, now = posted(request.POST.getlist("change")), timezone.localtime()
    try:
        number = act(visit, shown, by=request.user, now=now)
    except RuleBroken as broken:
        return broken.reasons
    if not number:
        messages.info(request, QUICKER)
    elif do == "change-seen":
        mine = SchoolChange.objects.filter(pk__in=shown, seen_by=request.user, seen_at=now)
        back = [to_post(each.pk, wish_with_answer(each)) for each in mine]
        say_with_undo(request, words, {"do": "change-not-seen", "change": back})
    else:
        messages.success(request, words)
    return []
