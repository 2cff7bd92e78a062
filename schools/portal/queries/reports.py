"""A volunteer's visit day with the outcomes of its sessions, and the pages that their phone keeps for when there is no signal."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from schools.core.words import joined, time_range
from schools.delivery.queries import ON_THE_SESSION, Outcome, covers_of, mixed_in_words, outcome_of, to_report
from schools.delivery.rules import CORRECTION_TIME, has_outcome, starts_at
from schools.directory.models import Area, AreaAuthority
from schools.directory.models.areas import holds_on
from schools.portal.queries.home import Mine
from schools.portal.queries.mornings import Sitting
from schools.visits.models import PRESENTING_ROLES, Cover, CoverState, Session, SessionStage, Visit
from schools.visits.rules.closed_periods import closed_to_reports
from schools.volunteers.first_names import called_apart
from schools.volunteers.models import Volunteer

KEPT_AHEAD = timedelta(days=14)
"""How far ahead a phone keeps the pages of mornings, and how far back those of sessions without an outcome."""

type Page = dict[str, str]
"""The `url` of a page and its `title` in the list of kept pages; a page with a blank title is kept but not listed."""

type Fact = tuple[str, str]
"""A name and its value."""


@dataclass(frozen=True)
class MyDay:
    """The sessions of one visit day: those that a volunteer had said yes to, and the others, of which they read the state."""

    visit: Visit
    day: date
    mine: list[Session]
    others: list[Sitting]
    area: Area
    """An area with nothing but its duty phone."""

    @property
    def times(self) -> str:
        """The times from the start of the volunteer's first session to the end of the last one."""
        return time_range(min(session.starts for session in self.mine), max(session.ends for session in self.mine))

    @property
    def told(self) -> list[Session]:
        """Those of the volunteer's sessions that have an outcome."""
        return [session for session in self.mine if has_outcome(session)]

    @property
    def untold(self) -> list[Session]:
        """Those of the volunteer's sessions that still wait for an outcome."""
        return [session for session in self.mine if session.stage == SessionStage.SCHEDULED]


@dataclass(frozen=True)
class ReportedSession:
    """What is stored of one session: its state, its children, and what is said of it alone."""

    session: Session
    outcome: Outcome
    children: list[Fact]
    facts: list[Fact]

    @property
    def times(self) -> str:
        """The times from start to end."""
        return time_range(self.session.starts, self.session.ends)


def my_day(volunteer: Volunteer, *, visit_id: int, day: date, on: date, shown: Collection[int] = ()) -> MyDay | None:
    """Return the visit day as its form shows it; None where the volunteer is on none of its sessions. Four queries.

    `shown` are ids of sessions that a form showed: one that was moved to another day meanwhile is among theirs all the same.
    """
    authority = OuterRef(OuterRef("visit__school__authority"))
    areas = Area.objects.filter(Exists(AreaAuthority.objects.filter(holds_on(on), area=OuterRef("pk"), authority=authority)))
    sessions = Session.objects.filter(Q(day=day) | Q(pk__in=shown), visit=visit_id)
    rows = to_report(
        sessions.select_related("visit__safeguarding_contact").annotate(
            duty_phone=Subquery(areas.order_by().values("duty_phone")[:1])
        )
    )
    mine = [session for session in rows if any(cover.volunteer_id == volunteer.pk for cover in covers_of(session))]
    if not mine:
        return None
    others = [Sitting(session) for session in rows if session not in mine and session.day == day]
    return MyDay(mine[0].visit, day, mine, others, Area(duty_phone=vars(mine[0])["duty_phone"] or ""))


def day_of(volunteer: Volunteer, *, session_id: int) -> Session | None:
    """Return the session with its visit; None where the volunteer had not said yes to it. Two queries."""
    session = Session.objects.select_related("type", "visit__school").filter(pk=session_id).first()
    if session is None or not any(cover.volunteer_id == volunteer.pk for cover in covers_of(session)):
        return None
    return session


def days_of(volunteer: Volunteer, *, visit_id: int) -> list[date]:
    """Return the days of the visit on which the volunteer had said yes to a session, earliest first. One query."""
    theirs = Cover.objects.filter(session=OuterRef("pk"), volunteer=volunteer, state__in=ON_THE_SESSION)
    sessions = Session.objects.filter(Exists(theirs), visit=visit_id)
    return list(sessions.order_by("day").values_list("day", flat=True).distinct())


def stored_of(day: MyDay) -> tuple[list[ReportedSession], list[Fact]]:
    """Return what is stored of each of the volunteer's sessions, and what is the same for all of them, which is said once."""
    outcomes = {session.pk: outcome_of(session) for session in day.told}
    called = called_apart(cover.volunteer for session in day.told for cover in covers_of(session))
    facts = {session.pk: _facts(session, outcomes[session.pk], called) for session in day.told}
    of_all = [rows for session, rows in facts.items() if outcomes[session].took_place] or list(facts.values())
    common = [fact for fact in of_all[0] if all(fact in rows for rows in of_all)] if len(of_all) > 1 else []
    reported = [
        ReportedSession(
            session,
            outcomes[session.pk],
            _children(session, outcomes[session.pk]),
            [fact for fact in facts[session.pk] if fact not in common],
        )
        for session in day.told
    ]
    return reported, common


def next_to_tell(volunteer: Volunteer, *, now: datetime) -> Session | None:
    """Return the earliest started session that they were to lead or present and have still to tell of; None: none.

    One query; where some are of earlier days, also those that tell whether a signed-off return rests on them.
    """
    on = timezone.localdate(now)
    theirs = Cover.objects.filter(volunteer=volunteer, state=CoverState.ACCEPTED, role__in=PRESENTING_ROLES)
    waiting = Session.objects.filter(
        Exists(theirs.filter(session=OuterRef("pk"))), stage=SessionStage.SCHEDULED, day__lte=on
    ).select_related("visit__school")
    started = [session for session in waiting.order_by("day", "starts", "pk") if starts_at(session) <= now]
    closed = closed_to_reports(started, on=on)
    return next((session for session in started if session.pk not in closed), None)


def correctable_until(day: MyDay, *, now: datetime) -> date | None:
    """Return the last day on which the volunteer may correct a session of the day; None where that is over.

    Or where a signed-off return rests on it: queries as in next_to_tell.
    """
    times = {session: session.recorded_at + CORRECTION_TIME for session in day.told if session.recorded_at}
    in_time = [session for session, ends in times.items() if ends > now]
    closed = closed_to_reports(in_time, on=timezone.localdate(now))
    return max((timezone.localdate(times[session]) for session in in_time if session.pk not in closed), default=None)


def _children(session: Session, outcome: Outcome) -> list[Fact]:
    if not outcome.took_place:
        return []
    return [*Sitting(session).counted, *((words, _("shared out above")) for words, _pupils in mixed_in_words(session, outcome))]


def _facts(session: Session, outcome: Outcome, called: Mapping[int, str]) -> list[Fact]:
    """Return what is said of the session beside its children; `called` are the names of its people, by volunteer."""
    facts: list[Fact] = []
    if outcome.took_place:
        facts = [*_counting(session), *_people(session, outcome, called)]
    if session.differed:
        facts.append((_("What went differently"), str(session.get_differed_display())))
    if session.outcome_note:
        facts.append((_("Note"), session.outcome_note))
    for use in session.material_uses.all():
        arrived, used = (_("not said") if number is None else f"{number:,}" for number in (use.arrived, use.used))
        facts.append((str(use.material), _("arrived %(arrived)s, used %(used)s") % {"arrived": arrived, "used": used}))
    return facts


def _counting(session: Session) -> list[Fact]:
    facts = [(_("Adults"), _("not counted") if session.adults is None else f"{session.adults:,}")]
    if session.type.is_for_pupils:
        facts.append((_("How it was counted"), str(session.get_count_basis_display())))
        facts.append((_("The pupils were"), str(session.get_pupils_are_display()).lower()))
    return facts


def _people(session: Session, outcome: Outcome, called: Mapping[int, str]) -> list[Fact]:
    covers = covers_of(session)
    there = joined(called[cover.volunteer_id] for cover in covers if cover.pk in outcome.attended)
    absent = joined(called[cover.volunteer_id] for cover in covers if cover.pk not in outcome.attended)
    return [fact for fact in ((_("There"), there), (_("Not there"), absent)) if fact[1]]


def pages_to_keep(mine: Mine, *, on: date) -> list[Page]:
    """Return the pages of the next 14 days: each morning, the form about it, the form on whom one told.

    Those of today stay when it was told how it went: a child may still say something, and a number may be put right. The form
    about a morning is kept for those who lead or present, who are the ones that are asked how it went.
    """
    pages: dict[str, str] = {reverse("home"): ""}
    sittings = [sitting for sitting in mine.to_tell if sitting.session.day >= on - KEPT_AHEAD]
    sittings += [sitting for sitting in mine.told if sitting.session.day >= on]
    sessions = [sitting.session for sitting in sittings]
    to_report = {sitting.session.pk for sitting in sittings if sitting.cover and sitting.cover.role in PRESENTING_ROLES}
    for morning in mine.to_come:
        if morning.day <= on + KEPT_AHEAD:
            sessions += morning.down_for
            to_report |= {session.pk for session in morning.to_tell}
    for session in sessions:
        day = {"visit_id": session.visit_id, "day": session.day}
        when = f"{session.visit.school}, {date_format(session.day, 'D j F')}"
        pages[reverse("morning", kwargs=day)] = when
        pages[reverse("told", kwargs=day)] = ""
        if session.pk in to_report:
            pages[reverse("day-outcome", kwargs=day)] = _("%(morning)s: tell us how it went") % {"morning": when}
    return [{"url": url, "title": title} for url, title in pages.items()]
