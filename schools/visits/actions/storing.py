"""What the verbs of cover share: locking people before sessions, checking, storing, and making room."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from schools.core.errors import RuleBroken
from schools.visits import emails, rules
from schools.visits.models import PRESENTING_ROLES, Cover, CoverNews, CoverQuerySet, CoverState, Session
from schools.visits.queries import CoverRecords, VisitDay
from schools.volunteers.models import Volunteer

type Reasons = Callable[[Volunteer, Session, CoverRecords], list[str]]


def lock(people: Iterable[int], session_ids: Iterable[int]) -> tuple[dict[int, Volunteer], list[Session]]:
    """Lock the volunteers by id, then the sessions by id, until the transaction ends; sessions come back in order of time.

    Everybody locks in this order, so that nobody waits in a circle.
    """
    volunteers = (
        Volunteer.objects.select_for_update(of=("self",)).select_related("user").filter(pk__in=set(people)).order_by("pk")
    )
    locked = {volunteer.pk: volunteer for volunteer in volunteers}
    sessions = (
        Session.objects.select_for_update(of=("self",))
        .select_related("type", "visit__school", "visit__coordinator")
        .filter(pk__in=set(session_ids))
        .order_by("pk")
    )
    return locked, sorted(sessions, key=lambda session: (session.starts, session.pk))


def lock_day(
    visit_day: VisitDay, people: Iterable[int], *, only: Iterable[int] | None
) -> tuple[dict[int, Volunteer], list[Session]]:
    """Lock people and the day's sessions (or those `only` names). Raises RuleBroken where one has moved or is off."""
    wanted = [session.pk for session in sessions_of(visit_day, only=only)]
    volunteers, sessions = lock(people, wanted)
    if {session.pk for session in sessions_of(visit_day, only=wanted)} != {session.pk for session in sessions}:
        raise RuleBroken([_moved(visit_day)])
    return volunteers, sessions


def sessions_of(visit_day: VisitDay, *, only: Iterable[int] | None) -> list[Session]:
    """The day's scheduled sessions that people go to, or those of them whose id `only` names. Raises RuleBroken for none."""
    sessions = list(visit_day.sessions().filter(type__presenters__gt=0))
    if only is not None:
        wanted = set(only)
        if wanted - {session.pk for session in sessions}:
            raise RuleBroken([_moved(visit_day)])
        sessions = [session for session in sessions if session.pk in wanted]
    if not sessions:
        raise RuleBroken([_("There is nothing to take at %(day)s. Choose another day.") % {"day": visit_day}])
    return sessions


def _moved(visit_day: VisitDay) -> str:
    return _("A session at %(day)s was moved or cancelled. Look at the day again.") % {"day": visit_day}


def check(volunteer: Volunteer, sessions: Sequence[Session], reasons_of: Reasons) -> None:
    """Raise RuleBroken with every reason not to put the volunteer on the sessions."""
    records = CoverRecords.of([volunteer], sessions)
    reasons = [reason for session in sessions for reason in reasons_of(volunteer, session, records)]
    reasons += rules.reasons_sessions_overlap(sessions)
    if reasons:
        raise RuleBroken(list(dict.fromkeys(reasons)))


def put(
    volunteer: Volunteer,
    sessions: Sequence[Session],
    *,
    role_on: Callable[[Session], str],
    state: CoverState,
    now: datetime,
    note: str = "",
    news: str = "",
    instead_of: dict[int, Cover] | None = None,
) -> list[Cover]:
    """Store the covers of locked sessions; one that is live already (an offer) becomes this one. `news` is what to tell them.

    Where somebody's acceptance fills a session, the other people's offers for a place on it end, and they are told.
    """
    live = {cover.session_id: cover for cover in Cover.objects.live().filter(volunteer=volunteer, session__in=sessions)}
    covers = []
    for session in sessions:
        cover = live.get(session.pk) or Cover(session=session, volunteer=volunteer)
        cover.session, cover.volunteer = session, volunteer
        cover.role, cover.state = role_on(session), state
        cover.override_note = note or cover.override_note
        cover.news, cover.news_why, cover.told_at = news, "", None
        if state == CoverState.OFFERED:
            cover.offered_at, cover.answered_at = now, None
            cover.instead_of = (instead_of or {}).get(session.pk)
        else:
            cover.answered_at = now
        cover.save()
        covers.append(cover)
    if state == CoverState.ACCEPTED:
        _end_offers_of_the_full(sessions, now=now)
    return covers


def _end_offers_of_the_full(sessions: Sequence[Session], *, now: datetime) -> None:
    """The sessions' lock is enough: whoever answers one of these offers locks its session and looks again."""
    full = [row.pk for row in Session.objects.with_cover().filter(pk__in=[one.pk for one in sessions]) if row.is_covered]
    ended = with_session(Cover.objects.filter(session__in=full, state=CoverState.OFFERED, role__in=PRESENTING_ROLES))
    # Somebody who was asked to take another's place can still take it.
    ended = ended.exclude(instead_of__state=CoverState.ACCEPTED)
    by_person: dict[int, list[Cover]] = {}
    for cover in ended:
        cover.state, cover.news, cover.told_at = CoverState.WITHDRAWN, news_to_phone(cover), None
        cover.save()
        by_person.setdefault(cover.volunteer_id, []).append(cover)
    for covers in by_person.values():
        emails.tell_taken(covers, on=timezone.localdate(now))


def news_to_phone(cover: Cover) -> str:
    """That they are no longer on it is what a coordinator has to tell those who get no mail."""
    return CoverNews.TAKEN_OFF if cover.volunteer.user_id is None else ""


def with_session(covers: CoverQuerySet) -> CoverQuerySet:
    return covers.select_related("volunteer__user", "session__type", "session__visit__school", "session__visit__coordinator")


def replaced_by(offers: Iterable[Cover]) -> dict[int, Cover]:
    """For each session of which somebody was asked to take another's place: the other's cover, while that one still holds it."""
    return {
        offer.session_id: offer.instead_of
        for offer in offers
        if offer.instead_of is not None and offer.instead_of.state == CoverState.ACCEPTED
    }


def step_aside(covers: Iterable[Cover], *, now: datetime) -> list[Cover]:
    """Take the covers, whose places others take in this transaction, off their locked sessions."""
    gone = []
    for cover in covers:
        cover.state, cover.answered_at = CoverState.WITHDRAWN, now
        cover.news, cover.news_why, cover.told_at = news_to_phone(cover), "", None
        cover.save()
        gone.append(cover)
    return gone
