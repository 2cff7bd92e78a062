"""What a link from a mail may show: its question, if we signed it, and what is true now of the sessions that it names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils import timezone

from schools.accounts.models import User
from schools.portal.queries.mornings import Sitting
from schools.portal.queries.opening import claimable, within_reach
from schools.visits.answer_links import Purpose, Question, is_signed, question_about, question_in
from schools.visits.models import PRESENTING_ROLES, Cover, CoverRole, Merge, MergeKind, Session
from schools.visits.queries import CoverRecords
from schools.visits.queries.standings import (
    ASKED,
    CANCELLED,
    DOWN,
    HANDED_ON,
    NO,
    OFF,
    OFFERED,
    REFUSED,
    UNANSWERED,
    UNNEEDED,
    Standing,
    true_standings,
)
from schools.volunteers.models import Volunteer, VolunteerStatus
from schools.volunteers.queries import with_agreement

OVER, REPORTED, NOTHING = "over", "reported", "nothing"
"""Besides the standings: the time has passed, somebody has told how it went, and nothing is left of what was named."""

FIRST: Mapping[Purpose, tuple[str, ...]] = {
    Purpose.YES: (OFFERED, DOWN),
    Purpose.NO: (OFFERED, DOWN),
    Purpose.CANNOT: (DOWN, OFFERED),
}
LATER = (NO, ASKED, HANDED_ON, UNNEEDED, OFF, REFUSED, CANCELLED)
"""Where sessions of one link stand differently, the page speaks of those that come first here."""


@dataclass(frozen=True)
class Truth:
    """What is true now of what a link asks, and what its button can say."""

    stands: str
    sessions: list[Session]
    """Those that stand so, on one day, in order of time."""
    has_changed: bool = False
    """Whether they are not exactly those that the link was made for, at the same times."""
    answer: Question | None = None
    """What the button says, of these sessions as they stand; None: there is nothing to say here."""
    role: str = CoverRole.PRESENTER
    """In which role they come if they were not offered one."""

    @property
    def sittings(self) -> list[Sitting]:
        """The sessions with their times in words."""
        return [Sitting(session) for session in self.sessions]

    def settles(self, question: Question) -> bool:
        """Whether it is already as the question's button would make it."""
        return self.stands == (DOWN if question.purpose is Purpose.YES else NO)


@dataclass(frozen=True)
class Opened:
    """A link that we signed, and who answers by it."""

    question: Question
    volunteer: Volunteer
    """With `asked_agreement`."""
    user: User
    """The volunteer's; not who may be signed in."""


def opened(token: str, *, on: date) -> Opened | None:
    """Return what a link says, of the entry under which its person is kept today; None where it is good for nothing.

    It is so where we did not sign it, or signed it for another address than they have now, and where they have left, were erased
    or cannot sign in. Nobody learns which of these it is.
    """
    question = question_in(token)
    if question is None:
        return None
    kept_id = Merge.objects.kept_id(MergeKind.VOLUNTEER, question.volunteer)
    people = Volunteer.objects.filter(pk=kept_id, user__is_active=True).exclude(status=VolunteerStatus.LEFT)
    volunteer = with_agreement(people, on=on).select_related("user").first()
    if volunteer is None or volunteer.user is None or not is_signed(token, volunteer.user):
        return None
    return Opened(replace(question, volunteer=kept_id), volunteer, volunteer.user)


def what_is_true(question: Question, volunteer: Volunteer, *, now: datetime) -> Truth:
    """Return what is true now of the sessions that the question names; it writes nothing."""
    if question.ends_at <= now:
        return Truth(OVER, [])
    rows = Session.objects.filter(pk__in=question.slots, visit=question.visit).select_related("type", "visit__school", "site")
    sessions = list(rows.order_by("day", "starts", "pk"))
    standings = true_standings([question.visit]).get((question.visit, volunteer.pk), {})
    for stands in (*FIRST[question.purpose], *LATER):
        if group := _on_one_day(session for session in sessions if _stands(session, standings) == stands):
            return _truth(stands, group, question, volunteer, standings, now=now)
    return Truth(REPORTED if any(session.recorded_at for session in sessions) else NOTHING, [])


def _stands(session: Session, standings: Mapping[int, Standing]) -> str:
    standing = standings.get(session.pk)
    if standing is not None and standing.stands == UNANSWERED:
        return CANCELLED
    return standing.stands if standing else ""


def _on_one_day(sessions: Iterable[Session]) -> list[Session]:
    """Return those on the first of their days: what was moved to several days is answered day by day."""
    every = list(sessions)
    return [session for session in every if session.day == every[0].day]


def _truth(
    stands: str,
    sessions: list[Session],
    question: Question,
    volunteer: Volunteer,
    standings: Mapping[int, Standing],
    *,
    now: datetime,
) -> Truth:
    if stands in {OFFERED, DOWN, NO}:
        # What has ended of the day is not answered any more.
        sessions = [session for session in sessions if not _has_ended(session, now=now)]
        if not sessions:
            return Truth(OVER, [])
    asks = question_about(sessions, volunteer=volunteer.pk, purpose=question.purpose)
    is_elsewhere = any(question.slots[pk] != slot for pk, slot in asks.slots.items())
    has_changed = is_elsewhere or (stands in {OFFERED, DOWN} and asks.slots.keys() != question.slots.keys())
    truth = Truth(stands, sessions, has_changed)
    if stands == OFFERED:
        says = Purpose.YES if question.purpose is Purpose.YES else Purpose.NO
        return replace(truth, answer=replace(asks, purpose=says))
    if stands == DOWN:
        return replace(truth, answer=replace(asks, purpose=Purpose.CANNOT))
    if stands == NO:
        role = _role_again(volunteer, sessions, standings)
        if role and _is_open(volunteer, sessions, now=now):
            return replace(truth, answer=replace(asks, purpose=Purpose.YES), role=role)
    return truth


def _has_ended(session: Session, *, now: datetime) -> bool:
    return timezone.make_aware(datetime.combine(session.day, session.ends)) <= now


def _is_open(volunteer: Volunteer, sessions: Sequence[Session], *, now: datetime) -> bool:
    """Whether the volunteer can take all of these sessions, which nobody asks them to, as on the pages of what is open."""
    wanted = {session.pk for session in sessions}
    reachable = within_reach(volunteer, visit_id=sessions[0].visit_id, day=sessions[0].day, on=timezone.localdate(now))
    morning = claimable(volunteer, [session for session in reachable if session.pk in wanted], now=now)
    return morning is not None and {session.pk for session in morning.sessions} == wanted


def _role_again(volunteer: Volunteer, sessions: Sequence[Session], standings: Mapping[int, Standing]) -> str:
    """Return the role in which they come after all: the one they had; "" where it was none that presents."""
    covers = [standings[session.pk].cover for session in sessions]
    roles = set(Cover.objects.filter(pk__in=covers).values_list("role", flat=True))
    if not roles <= set(PRESENTING_ROLES):
        return ""
    if roles != {CoverRole.LEAD}:
        return CoverRole.PRESENTER
    records = CoverRecords.of([volunteer], sessions)
    has_lead = any(records.has_lead(session, but=[volunteer]) for session in sessions)
    return CoverRole.PRESENTER if has_lead else CoverRole.LEAD
