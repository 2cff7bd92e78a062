"""What the page shows by which a host moves or cancels its visit: whether it still can, until when, and whom to phone then."""

from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.utils import timezone

from schools.core.words import long_day
from schools.school_portal.days import Day, days_of, moment_words
from schools.school_portal.queries import Opened, latest_change
from schools.school_portal.rebooked import Rebooked, rebooked
from schools.visits.half_days import HalfDay
from schools.visits.models import BOOKED_STAGES, CALLED_OFF_STAGES, ChangeWhat, Session, VisitStage
from schools.visits.rules.school_answers import is_called_off, to_come
from schools.visits.rules.school_changes import (
    as_shown,
    first_day,
    half_day_of,
    last_day_to_change,
    reasons_not_open,
    reasons_too_late,
    whom_to_phone,
)


class ChangePage:
    """Everything that the page shows to one school of one visit at a moment; it writes nothing."""

    def __init__(self, link: Opened, *, now: datetime) -> None:
        self.link = link
        self.now = now

    @property
    def on(self) -> date:
        """The day."""
        return timezone.localdate(self.now)

    @property
    def sessions_to_come(self) -> list[Session]:
        """The sessions that would be moved or cancelled."""
        return to_come(self.link.sessions, on=self.on)

    @property
    def days(self) -> list[Day]:
        """The days of the visit, each with its sessions."""
        return days_of(self.link.sessions)

    @property
    def seen(self) -> str:
        """What a form sends back, so that nobody changes what they have not read."""
        return as_shown(self.link.sessions, self.wish)

    @cached_property
    def reasons_not_open(self) -> list[str]:
        """Why there is nothing to change, whatever the day."""
        link = self.link
        return reasons_not_open(link.visit, link.sessions, school=link.school.pk, on=self.on)

    @cached_property
    def until(self) -> date | None:
        """The last day on which it can be changed here; None: there is nothing to change."""
        first = first_day(self.link.sessions)
        return None if self.reasons_not_open or first is None else last_day_to_change(self.link.visit.school, first)

    @property
    def until_words(self) -> str:
        """The same in words."""
        return long_day(self.until) if self.until else ""

    @cached_property
    def reasons(self) -> list[str]:
        """Why nothing can be changed here today; empty where it can."""
        if self.until is None:
            return self.reasons_not_open
        return reasons_too_late(self.until, on=self.on, call=self.call)

    @property
    def is_off(self) -> bool:
        """Whether it was cancelled, as a whole or one session after the other."""
        return self.link.visit.stage in CALLED_OFF_STAGES or is_called_off(self.link.sessions)

    @property
    def rebooked(self) -> Rebooked | None:
        """What was booked instead of the visit that is off; None for a guest, whose pupils may not be asked again."""
        if not self.is_off or not self.link.is_host:
            return None
        return rebooked(self.link.visit, lambda: self.link.access, on=self.on)

    def call(self) -> str:
        """Return whom to phone, in a sentence."""
        return whom_to_phone(self.link.person, self.link.duty_phone)

    @property
    def part(self) -> str:
        """In which half of a day the visit is; that of a morning where none is agreed."""
        return (half_day_of(self.link.sessions) or HalfDay(self.on, is_afternoon=False)).part

    @cached_property
    def cancelled(self) -> Any:
        """By what the host has cancelled it; None: it stands, or somebody else cancelled it. A guest is not told who did."""
        is_off = self.link.visit.stage == VisitStage.CANCELLED
        return latest_change(self.link, ChangeWhat.CANCEL, on=self.on) if is_off else None

    @property
    def is_answered(self) -> bool:
        """Whether the host that cancelled it was offered dates since, or another visit was booked since."""
        return self.cancelled is not None and self.cancelled.is_answered

    @cached_property
    def wish(self) -> Any:
        """The wish for another day that waits, or to which the office has answered that the day stands; None: there is none."""
        is_booked = self.link.visit.stage in BOOKED_STAGES
        return latest_change(self.link, ChangeWhat.MOVE, on=self.on) if is_booked else None

    @property
    def are_dates_offered(self) -> bool:
        """Whether the school has dates to choose from instead of its wish."""
        return self.wish is not None and self.wish.are_dates_offered

    @property
    def wish_at(self) -> str:
        """When the host asked for it."""
        return moment_words(self.wish.at) if self.wish else ""

    @property
    def wanted_instead(self) -> list[HalfDay]:
        """The half-days to come that the host asked for when it cancelled the visit by itself."""
        return self.cancelled.wanted_from(self.on) if self.cancelled else []

    @property
    def cancelled_at(self) -> str:
        """When it did so."""
        return moment_words(self.cancelled.at) if self.cancelled else ""
