"""Queries of the portal, grouped by noun: what a volunteer's pages show."""

from schools.portal.queries.answers import Opened, Truth, opened, what_is_true
from schools.portal.queries.calendars import my_calendar
from schools.portal.queries.directions import directions_to
from schools.portal.queries.home import Mine, mine
from schools.portal.queries.looks import looks_at
from schools.portal.queries.me import me_with_attendances
from schools.portal.queries.months import Month, month_of
from schools.portal.queries.mornings import (
    Morning,
    Partner,
    Sitting,
    gave_back,
    may_answer,
    my_morning,
    not_down_for,
    told_by,
    with_pupils,
)
from schools.portal.queries.observing import mornings_to_observe
from schools.portal.queries.opening import (
    OpenFilter,
    claimable,
    distances_to_choose,
    first_page,
    furthest_in_words,
    last_answer,
    no_longer_theirs,
    open_mornings,
    why_not_open,
    within_reach,
)
from schools.portal.queries.reports import (
    MyDay,
    correctable_until,
    day_of,
    days_of,
    my_day,
    next_to_tell,
    pages_to_keep,
    stored_of,
)

__all__ = [
    "Mine",
    "Month",
    "Morning",
    "MyDay",
    "OpenFilter",
    "Opened",
    "Partner",
    "Sitting",
    "Truth",
    "claimable",
    "correctable_until",
    "day_of",
    "days_of",
    "directions_to",
    "distances_to_choose",
    "first_page",
    "furthest_in_words",
    "gave_back",
    "last_answer",
    "looks_at",
    "may_answer",
    "me_with_attendances",
    "mine",
    "month_of",
    "mornings_to_observe",
    "my_calendar",
    "my_day",
    "my_morning",
    "next_to_tell",
    "no_longer_theirs",
    "not_down_for",
    "open_mornings",
    "opened",
    "pages_to_keep",
    "stored_of",
    "told_by",
    "what_is_true",
    "why_not_open",
    "with_pupils",
    "within_reach",
]
