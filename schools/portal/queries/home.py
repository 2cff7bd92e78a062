"""The volunteer's first page: offers, mornings to come, sessions without an outcome, and those just recorded."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone

from schools.delivery.rules import CORRECTION_TIME, starts_at
from schools.portal.queries.mornings import Morning, Sitting, covers_around, may_answer, mornings_of, sittings_of
from schools.visits.models import PRESENTING_ROLES, CoverState, SessionStage
from schools.visits.rules.closed_periods import closed_to_reports
from schools.volunteers.models import Volunteer


@dataclass(frozen=True)
class Mine:
    """All that a volunteer's first page shows; `told` are sessions that were just recorded.

    `to_tell` are sessions without an outcome that they were to lead or present: nobody else is asked how it went. Nor is anybody
    of those that a signed-off return rests on.
    """

    offers: list[Morning]
    to_come: list[Morning]
    to_tell: list[Sitting]
    told: list[Sitting]

    @property
    def days_to_tell(self) -> list[Morning]:
        """The visit days with sessions that wait to be told of, each with those sessions; one form is about one of them."""
        days: dict[tuple[int, date], list[Sitting]] = defaultdict(list)
        for sitting in self.to_tell:
            days[sitting.session.visit_id, sitting.session.day].append(sitting)
        return [Morning(sittings[0].session.visit, day, tuple(sittings)) for (_, day), sittings in days.items()]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.offers or self.to_come or self.to_tell or self.told)


def mine(volunteer: Volunteer, *, now: datetime) -> Mine:
    """Return the volunteer's offers, mornings to come, sessions without an outcome, and those just recorded.

    One query; where sessions of earlier days have no outcome, also those that tell whether a signed-off return rests on them.
    """
    on = timezone.localdate(now)
    to_come = Q(session__day__gte=on) | Q(session__until_day__gte=on)
    lately = Q(session__stage=SessionStage.SCHEDULED) | Q(session__recorded_at__gte=now - CORRECTION_TIME)
    sittings, others = sittings_of(volunteer, covers_around(volunteer, to_come | lately))
    theirs = [sitting for sitting in sittings if sitting.is_mine]
    accepted = [sitting for sitting in theirs if sitting.cover and sitting.cover.state == CoverState.ACCEPTED]
    scheduled = [sitting for sitting in accepted if sitting.session.stage == SessionStage.SCHEDULED]
    started = [
        sitting
        for sitting in scheduled
        if sitting.cover and sitting.cover.role in PRESENTING_ROLES and starts_at(sitting.session) <= now
    ]
    closed = closed_to_reports([sitting.session for sitting in started], on=on)
    return Mine(
        offers=mornings_of(volunteer, [sitting for sitting in sittings if may_answer(sitting, now=now)], others),
        to_come=mornings_of(volunteer, [sitting for sitting in scheduled if sitting.session.last_day >= on], others),
        to_tell=[sitting for sitting in started if sitting.session.pk not in closed],
        told=[sitting for sitting in theirs if sitting.session.went_ahead and sitting.session.recorded_at],
    )
