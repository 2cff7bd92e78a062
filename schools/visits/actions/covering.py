"""Who covers a session: assigning, offering, claiming, declining, giving back."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.visits import emails, rules
from schools.visits.models import Cover, CoverState, Session
from schools.visits.queries import CoverRecords, VisitDay
from schools.volunteers.models import Volunteer

type Reasons = Callable[[Volunteer, Session, CoverRecords], list[str]]


def _lock(volunteer: Volunteer, session_ids: Iterable[int]) -> tuple[Volunteer, list[Session]]:
    """People first, then sessions by id: the order in which everybody locks, so that nobody waits in a circle."""
    volunteer = Volunteer.objects.select_for_update(of=("self",)).select_related("user").get(pk=volunteer.pk)
    sessions = (
        Session.objects.select_for_update(of=("self",))
        .select_related("type", "visit__school", "visit__coordinator")
        .filter(pk__in=session_ids)
        .order_by("pk")
    )
    return volunteer, sorted(sessions, key=lambda session: (session.starts, session.pk))


def _sessions_of(visit_day: VisitDay, *, only: Iterable[int] | None) -> list[Session]:
    """The day's scheduled sessions that people go to, or those of them whose id `only` names. Raises RuleBroken for none."""
    sessions = list(visit_day.sessions().filter(type__presenters__gt=0))
    if only is not None:
        wanted = set(only)
        if wanted - {session.pk for session in sessions}:
            raise RuleBroken([f"A session at {visit_day} was moved or cancelled. Look at the day again."])
        sessions = [session for session in sessions if session.pk in wanted]
    if not sessions:
        raise RuleBroken([f"There is nothing to take at {visit_day}. Choose another day."])
    return sessions


def _check(volunteer: Volunteer, sessions: Sequence[Session], reasons_of: Reasons) -> None:
    records = CoverRecords.of([volunteer], sessions)
    reasons = [reason for session in sessions for reason in reasons_of(volunteer, session, records)]
    reasons += rules.reasons_sessions_overlap(sessions)
    if reasons:
        raise RuleBroken(list(dict.fromkeys(reasons)))


def _put(
    volunteer: Volunteer, sessions: Sequence[Session], *, role: str, state: CoverState, now: datetime, note: str = ""
) -> list[Cover]:
    """Store the covers; one that is live already (an offer) becomes this one."""
    live = {cover.session_id: cover for cover in Cover.objects.live().filter(volunteer=volunteer, session__in=sessions)}
    covers = []
    for session in sessions:
        cover = live.get(session.pk) or Cover(session=session, volunteer=volunteer)
        cover.session, cover.volunteer = session, volunteer
        cover.role, cover.state = role, state
        cover.override_note = note or cover.override_note
        if state == CoverState.OFFERED:
            cover.offered_at, cover.answered_at = now, None
        else:
            cover.answered_at = now
        cover.save()
        covers.append(cover)
    return covers


def assign(session: Session, volunteer: Volunteer, *, role: str, by: User, now: datetime, note: str = "") -> Cover:
    """Put the volunteer on the session, as agreed with them by phone; an offer they hold becomes the acceptance.

    `note` says why they come although away or too far; nothing else can be overridden. Raises RuleBroken with every reason.
    """

    def reasons(volunteer: Volunteer, session: Session, records: CoverRecords) -> list[str]:
        hard = rules.reasons_not_to_cover(volunteer, session, role=role, on=timezone.localdate(now), records=records)
        return hard if note else hard + rules.reasons_to_ask_first(volunteer, session, records=records)

    with transaction.atomic():
        volunteer, sessions = _lock(volunteer, [session.pk])
        _check(volunteer, sessions, reasons)
        covers = _put(volunteer, sessions, role=role, state=CoverState.ACCEPTED, now=now, note=note)
        emails.tell_agreed(covers, on=timezone.localdate(now))
    return covers[0]


def _claimable(role: str, now: datetime) -> Reasons:
    return lambda volunteer, session, records: rules.reasons_not_to_claim(
        volunteer, session, role=role, on=timezone.localdate(now), records=records
    )


@transaction.atomic
def offer(
    visit_day: VisitDay, volunteer: Volunteer, *, role: str, by: User, now: datetime, only: Iterable[int] | None = None
) -> list[Cover]:
    """Ask the volunteer to take the visit day, or the sessions `only` names; an offer holds no place.

    Raises RuleBroken with every reason when they could not say yes.
    """
    volunteer, sessions = _lock(volunteer, [session.pk for session in _sessions_of(visit_day, only=only)])
    _check(volunteer, sessions, _claimable(role, now))
    covers = _put(volunteer, sessions, role=role, state=CoverState.OFFERED, now=now)
    emails.tell_offered(covers)
    return covers


def claim(
    visit_day: VisitDay, volunteer: Volunteer, *, role: str, by: User, now: datetime, only: Iterable[int] | None = None
) -> list[Cover]:
    """Put the volunteer on every session of the visit day (or those `only` names), or on none; the last place goes to one person.

    An offer they hold becomes the acceptance. Raises RuleBroken with every reason when they may not.
    """
    only = None if only is None else list(only)
    # A plain look first: most of those who come too late need not wait for the lock.
    _check(volunteer, _sessions_of(visit_day, only=only), _claimable(role, now))
    with transaction.atomic():
        volunteer, sessions = _lock(volunteer, [session.pk for session in _sessions_of(visit_day, only=only)])
        _check(volunteer, sessions, _claimable(role, now))
        covers = _put(volunteer, sessions, role=role, state=CoverState.ACCEPTED, now=now)
        emails.tell_agreed(covers, on=timezone.localdate(now))
    return covers


def _answer_no(
    visit_day: VisitDay, volunteer: Volunteer, *, was: CoverState, becomes: CoverState, now: datetime, only: Iterable[int] | None
) -> list[Cover]:
    named = {} if only is None else {"session__in": list(only)}
    # Of a session that was reported or cancelled the covers stay as the record.
    mine = Cover.objects.filter(volunteer=volunteer, session__in=visit_day.sessions().order_by().values("pk"), state=was)
    mine = mine.filter(**named)
    _, sessions = _lock(volunteer, mine.values_list("session", flat=True))
    held = {cover.session_id: cover for cover in mine.select_related("volunteer__user")}
    if not held:
        raise RuleBroken([f"{volunteer} has nothing to answer at {visit_day}. Look at the day again."])
    covers = []
    for session in sessions:
        if cover := held.get(session.pk):
            cover.session, cover.state, cover.answered_at = session, becomes, now
            cover.save()
            covers.append(cover)
    return covers


@transaction.atomic
def decline(
    visit_day: VisitDay, volunteer: Volunteer, *, by: User, now: datetime, only: Iterable[int] | None = None
) -> list[Cover]:
    """Say no to what was offered for the visit day (or the sessions `only` names). Raises RuleBroken when nothing was."""
    return _answer_no(visit_day, volunteer, was=CoverState.OFFERED, becomes=CoverState.DECLINED, now=now, only=only)


@transaction.atomic
def withdraw(
    visit_day: VisitDay, volunteer: Volunteer, *, by: User, now: datetime, only: Iterable[int] | None = None
) -> list[Cover]:
    """Give the visit day (or the sessions `only` names) back, and tell its coordinator; the volunteer, if somebody else does it.

    Raises RuleBroken when not on it.
    """
    covers = _answer_no(visit_day, volunteer, was=CoverState.ACCEPTED, becomes=CoverState.WITHDRAWN, now=now, only=only)
    on = timezone.localdate(now)
    emails.tell_given_back(covers, by=by, on=on)
    if covers[0].volunteer.user != by:
        emails.tell_taken_off(covers, on=on)
    return covers
