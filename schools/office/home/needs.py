"""What needs somebody now: each question is declared once, for the number on the home page and for the list behind it.

To add a line to home, add one `Need` to NEEDS: the list of its table then offers it as a filter, too.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import OuterRef, Subquery

from schools.accounts.models import User
from schools.core.words import long_day
from schools.directory.actions.killed import GIVEN_BACK_AFTER
from schools.directory.models import ImportRun, RunState
from schools.materials.queries import SHORT_WITHIN, booked_twice, lacking_soon
from schools.messages.models import OutboxMessage, SuppressedAddress
from schools.office.frame.need_registry import Kept, Need
from schools.office.home.need_counts import NeedCount, count_needs
from schools.office.home.needs_of_changes import NEEDS_OF_CHANGES
from schools.office.home.needs_of_checks import NEEDS_OF_CHECKS
from schools.office.home.needs_of_dates import NEEDS_OF_DATES
from schools.office.home.needs_of_people import NEEDS_OF_PEOPLE
from schools.office.messages.forms import TO_DECIDE
from schools.reach.queries.doubts import sessions_in_doubt
from schools.recovery.models import Recovery
from schools.running.models import PeriodicJob
from schools.visits.models import (
    BOOKED_STAGES,
    ContactLog,
    Cover,
    SafeguardingNotice,
    Session,
    SessionQuerySet,
    Visit,
    VisitRequest,
)
from schools.visits.queries import outstanding
from schools.visits.queries.message_log import messages_to_look_at
from schools.visits.queries.unreachable import unreachable

SOON = timedelta(days=21)


def uncovered_soon(sessions: SessionQuerySet, on: date) -> SessionQuerySet:
    """Return the sessions from today to three weeks ahead, planned or confirmed, that still need people."""
    return sessions.filter(day__range=(on, on + SOON), visit__stage__in=BOOKED_STAGES).uncovered()


NEEDS: tuple[Need, ...] = (
    Need(
        key="told",
        model=SafeguardingNotice,
        rows=lambda notices, on: notices.filter(charity_told_at=None),
        since="told_at",
        singular="child told something, and nobody has called the volunteer back",
        plural="children told something, and nobody has called the volunteer back",
        in_filter="Nobody called back",
    ),
    Need(
        key="alarm",
        model=Visit,
        rows=lambda visits, on: outstanding.with_alarms(visits),
        since=outstanding.first_alarm(),
        singular="school says on the day that nobody has come, or that it must call off",
        plural="schools say on the day that nobody has come, or that they must call off",
        in_filter="An alarm of the school",
    ),
    *NEEDS_OF_CHANGES,
    Need(
        key="people",
        model=Session,
        rows=uncovered_soon,
        of_scheduled=True,
        since="day",
        singular=f"session of the next {SOON.days} days needs people",
        plural=f"sessions of the next {SOON.days} days need people",
        in_filter=f"People, in the next {SOON.days} days",
    ),
    Need(
        key="given-back",
        model=Session,
        rows=lambda sessions, on: sessions.given_back(on=on),
        of_scheduled=True,
        since="day",
        singular="session that somebody gave back has nobody in their place",
        plural="sessions that somebody gave back have nobody in their place",
        in_filter="Given back",
    ),
    Need(
        key="lapsed",
        model=Cover,
        rows=lambda covers, on: covers.lapsed(on=on),
        kept=Kept.OF_EVERYTHING,
        of_scheduled=True,
        since="session__day",
        singular="person is down for a session and is not active, or their clearance or sign-off will have ended by then",
        plural="places on sessions are held by people who are not active, or whose clearance or sign-off will have ended",
        in_filter="Lapsed by the day",
    ),
    Need(
        key="closing",
        model=Visit,
        rows=lambda visits, on: outstanding.at_closing_schools(visits, on=on),
        since=outstanding.first_day_to_come(),
        singular="visit is booked at a school that is closed or closing",
        plural="visits are booked at schools that are closed or closing",
        in_filter="At a closing school",
    ),
    Need(
        key="tell",
        model=Visit,
        rows=lambda visits, on: outstanding.with_people_to_tell(visits, on=on),
        # The visit's last day is the one that cannot have passed yet, so it says when the need becomes pressing.
        since=Subquery(Session.objects.filter(visit=OuterRef("pk")).order_by("-day").values("day")[:1]),
        singular="visit was moved, cancelled or given somebody who does not know it yet",
        plural="visits were moved, cancelled or given people who do not know it yet",
        in_filter="People to tell",
        page="admin:tell",
    ),
    Need(
        key="unreachable",
        model=SuppressedAddress,
        rows=lambda addresses, on: unreachable(addresses),
        since="since",
        singular="address could not be reached",
        plural="addresses could not be reached",
        in_filter="Could not be reached",
        page="admin:unreachable",
    ),
    Need(
        key="locked-out-me",
        model=Recovery,
        rows=lambda recoveries, on: recoveries.open(),
        since="asked_at",
        singular="person says that you are locked out, and wants to let you in again: stop it if that is wrong",
        plural="people say that you are locked out, and want to let you in again: stop it if that is wrong",
        in_filter="About yourself",
        page="my-way-back",
        permission="view_visit",
        seen_by=lambda user, on: Recovery.objects.filter(user=user),
    ),
    Need(
        key="locked-out",
        model=Recovery,
        rows=lambda recoveries, on: recoveries.open(),
        since="asked_at",
        singular="person is locked out and about to be let in: look whether that is right",
        plural="people are locked out and about to be let in: look whether that is right",
        in_filter="Under way",
        page="admin:locked-out",
    ),
    Need(
        key="requested",
        model=Visit,
        rows=lambda visits, on: outstanding.without_a_day(visits, on=on),
        since="requested_on",
        singular="school asked for a visit and waits for a day",
        plural="schools asked for a visit and wait for a day",
        in_filter="Waits for a day",
    ),
    *NEEDS_OF_DATES,
    Need(
        key="asked-elsewhere",
        model=VisitRequest,
        rows=lambda requests, on: outstanding.without_visit(requests),
        since="confirmed_at",
        singular="school asked for a visit that is not known here, or closed",
        plural="schools asked for a visit that are not known here, or closed",
        in_filter="Of no school yet",
    ),
    Need(
        key="school-said",
        model=Visit,
        rows=lambda visits, on: outstanding.with_answers(visits),
        since=outstanding.first_answer(),
        singular="school said something about its visit that waits to be taken",
        plural="schools said something about their visits that waits to be taken",
        in_filter="A school said something",
    ),
    Need(
        key="observe",
        model=Cover,
        rows=lambda covers, on: covers.asking(on=on),
        of_scheduled=True,
        since="offered_at",
        singular="session that somebody would like to watch waits for your answer",
        plural="sessions that somebody would like to watch wait for your answer",
        in_filter="Asked to observe",
        page="admin:observing",
    ),
    Need(
        key="follow-up",
        model=ContactLog,
        rows=lambda logs, on: outstanding.follow_ups_due(logs, on=on),
        since="follow_up_on",
        singular="school is to be called again",
        plural="schools are to be called again",
        in_filter="Follow-up due",
    ),
    Need(
        key="rebook",
        model=Visit,
        rows=lambda visits, on: outstanding.not_rebooked(visits, on=on),
        kept=Kept.OF_EVERYTHING,
        since=outstanding.last_day_lost(),
        singular="cancelled visit is not made good yet",
        plural="cancelled visits are not made good yet",
        in_filter="Cancelled and not rebooked",
    ),
    Need(
        key="outcome",
        model=Session,
        rows=lambda sessions, on: outstanding.in_person(sessions).outcome_missing(on=on),
        of_scheduled=True,
        since="day",
        singular="session has no outcome yet",
        plural="sessions have no outcome yet",
        in_filter="Outcome missing",
    ),
    Need(
        key="window",
        model=Session,
        rows=lambda sessions, on: outstanding.online(sessions).outcome_missing(on=on),
        of_scheduled=True,
        since=outstanding.last_day(),
        singular="school has not said how its online session went",
        plural="schools have not said how their online session went",
        in_filter="Online, not reported",
    ),
    Need(
        key="materials",
        model=Session,
        rows=lacking_soon,
        kept=Kept.ALWAYS,
        since="day",
        singular=f"session of the next {SHORT_WITHIN.days} days lacks materials",
        plural=f"sessions of the next {SHORT_WITHIN.days} days lack materials",
        in_filter="Materials lacking",
        page="admin:shortages",
    ),
    Need(
        key="equipment-twice",
        model=Session,
        rows=booked_twice,
        kept=Kept.ALWAYS,
        since="day",
        singular="session has equipment that another visit has that day",
        plural="sessions have equipment that another visit has that day",
        in_filter="Equipment at two visits",
    ),
    Need(
        key="count",
        model=Session,
        rows=lambda sessions, on: sessions.partly_counted(),
        kept=Kept.ALWAYS,
        since="day",
        singular="delivered session has a year group that nobody counted",
        plural="delivered sessions have a year group that nobody counted",
        in_filter="A year group not counted",
    ),
    Need(
        key="no-count",
        model=Session,
        rows=lambda sessions, on: sessions.without_headcounts(),
        kept=Kept.ALWAYS,
        since="day",
        singular="delivered session has no count at all",
        plural="delivered sessions have no count at all",
        in_filter="Nobody counted",
    ),
    Need(
        key="doubts",
        model=Session,
        rows=lambda sessions, on: sessions_in_doubt(sessions, on=on),
        kept=Kept.ALWAYS,
        since="day",
        singular="delivered session looks wrong: its counts, or nobody who was there",
        plural="delivered sessions look wrong: their counts, or nobody who was there",
        in_filter="Looks wrong",
    ),
    Need(
        key="mail",
        model=OutboxMessage,
        rows=lambda messages, on: messages,
        since="stopped_at",
        singular="mail was refused for good, or nobody knows whether it went out",
        plural="mails were refused for good, or nobody knows whether they went out",
        in_filter="Stopped",
        page="admin:messages",
        page_query=f"state={TO_DECIDE}",
        permission="view_visit",
        seen_by=lambda user, on: messages_to_look_at(user, on=on),
    ),
    Need(
        key="no-mail",
        model=Cover,
        rows=lambda covers, on: outstanding.without_mail(covers, on=on, last=on + SOON),
        kept=Kept.OF_EVERYTHING,
        of_scheduled=True,
        since="session__day",
        singular=f"place of the next {SOON.days} days is held by somebody who gets no mail: phone them",
        plural=f"places of the next {SOON.days} days are held by people who get no mail: phone them",
        in_filter="Gets no mail",
    ),
    Need(
        key="school-no-mail",
        model=Visit,
        rows=lambda visits, on: outstanding.at_schools_without_mail(visits, on=on, last=on + SOON),
        kept=Kept.OF_EVERYTHING,
        since=outstanding.first_day_to_come(),
        singular=f"agreed visit of the next {SOON.days} days has a school without an e-mail address: phone it",
        plural=f"agreed visits of the next {SOON.days} days have a school without an e-mail address: phone them",
        in_filter="A school gets no mail",
    ),
    Need(
        key="import",
        model=ImportRun,
        rows=lambda runs, on: runs.filter(state=RunState.FAILED, killed__gte=GIVEN_BACK_AFTER),
        since="seen_at",
        singular="import was given back: whoever worked on it was killed again and again",
        plural="imports were given back: whoever worked on them was killed again and again",
        in_filter="Given back",
    ),
    Need(
        key="jobs",
        model=PeriodicJob,
        rows=lambda jobs, on: jobs.in_trouble(),
        since="finished_at",
        singular="kind of background work does not end well",
        plural="kinds of background work do not end well",
        in_filter="Does not end well",
        page="admin:running",
    ),
    *NEEDS_OF_PEOPLE,
    *NEEDS_OF_CHECKS,
)
"""The needs in the order of the home page: the most pressing first."""


@dataclass(frozen=True)
class Line:
    """One line of the home page: how many, of what, how old."""

    need: Need
    number: int
    words: str
    age: str
    """Like “oldest: 12 days”; blank where there are no rows."""
    as_of: datetime | None
    """When a number from the cache was counted; None means just now."""
    of_others: tuple[tuple[User, int], ...] = ()
    """How many of the rows are also those of colleagues for whom the user stands in; only who has any."""

    @property
    def address(self) -> str:
        """The address of the list of exactly these rows."""
        return self.need.address


def lines_for(user: User, *, on: date, now: datetime, for_others: Iterable[User] = ()) -> list[Line]:
    """Return the lines of the home page in the order of NEEDS, those without rows too.

    `for_others` are colleagues for whom the user stands in, and whose rows the user sees: each line says how many are theirs.
    """
    needs = [need for need in NEEDS if user.has_perm(need.needed)]
    counts = count_needs(needs, user, on=on, now=now)
    others = [(other, count_needs(needs, other, on=on, now=now)) for other in for_others]
    return [_line(need, counts[need.key], [(other, theirs[need.key]) for other, theirs in others], on=on) for need in needs]


def _line(need: Need, count: NeedCount, others: Iterable[tuple[User, NeedCount]], *, on: date) -> Line:
    words = need.singular if count.number == 1 else need.plural
    of_others = tuple((other, theirs.number) for other, theirs in others if theirs.number)
    return Line(need, count.number, words, age_in_words(count.since, on=on), count.as_of, of_others)


def age_in_words(since: date | None, *, on: date) -> str:
    """Return the age of the earliest: “oldest: 12 days”, “since yesterday”, “today”; of a future day “first: Thu 26 …”."""
    if since is None:
        return ""
    if since > on:
        return f"first: {long_day(since)}"
    days = (on - since).days
    if days < 2:
        return "since yesterday" if days else "today"
    if days < 60:
        return f"oldest: {days} days"
    return f"oldest: {days // 30} months" if days < 730 else f"oldest: {days // 365} years"
