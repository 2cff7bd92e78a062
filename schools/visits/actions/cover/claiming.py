"""Claiming: a volunteer takes sessions of a visit day. Every step stands here, in the order in which it is taken.

The other actions on covers use the same steps: read the sessions, lock, check, withdraw those who are replaced, store.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.visits import rules
from schools.visits.actions.batches import Changes
from schools.visits.actions.cover.written import as_stored, covers_written, record, record_phoned, still_to_phone
from schools.visits.actions.locks import lock_people_and_sessions
from schools.visits.actions.waking import they_heard, they_know
from schools.visits.models import LIVE_STATES, PRESENTING_ROLES, Cover, CoverNews, CoverQuerySet, CoverState, Session
from schools.visits.queries import CoverRecords, VisitDay
from schools.visits.queries.standings import VOLUNTEER, Pair
from schools.visits.rules import Slot
from schools.volunteers.models import Volunteer

type Reasons = Callable[[Volunteer, Session, CoverRecords], list[str]]


def claim(
    visit_day: VisitDay,
    volunteer: Volunteer,
    *,
    role: str,
    by: User,
    now: datetime,
    only: Iterable[int] | None = None,
    shown: Mapping[int, Slot] | None = None,
    changes: Changes | None = None,
) -> list[Cover]:
    """Put the volunteer on every session of the visit day (or those `only` names by id), or on none.

    The last place goes to exactly one person (rule 9). An offer that they hold becomes the acceptance, in the offer's role. If
    the offer asked them to take somebody's place, that person is taken off in the same transaction. `shown` says when each
    session was, by its id, as the volunteer saw it. `changes` records what was written. Raises RuleBroken with every reason.
    """
    only = None if only is None else list(only)
    # Check without a lock first: most people who come too late need not wait for the lock then.
    sessions = sessions_of(visit_day, only=only)
    offers = offers_to(volunteer, sessions)
    _check_claim(volunteer, sessions, offers, role=role, now=now, shown=shown)
    expected = {cover.volunteer_id for cover in replaced_by(offers.values()).values()}
    with transaction.atomic():
        locked, sessions = lock_day(visit_day, {volunteer.pk, *expected}, only=only)
        volunteer = locked[volunteer.pk]
        offers = offers_to(volunteer, sessions)
        leaving = replaced_by(offers.values())
        if not {cover.volunteer_id for cover in leaving.values()} <= expected:
            raise RuleBroken([_("Somebody has changed %(day)s just now. Look at the day again.") % {"day": visit_day}])
        _check_claim(volunteer, sessions, offers, role=role, now=now, shown=shown)
        before = {} if changes is None else as_stored(covers_written(sessions))
        to_phone = {} if changes is None else still_to_phone(visit_day.visit)
        withdraw_replaced(leaving.values(), now=now)
        roles, accepted = {pk: offer.role for pk, offer in offers.items()}, CoverState.ACCEPTED
        covers = store_covers(volunteer, sessions, role_on=lambda each: roles.get(each.pk, role), state=accepted, now=now)
        if changes is not None:
            record(changes, (covers_written(sessions) | Cover.objects.filter(pk__in=before)).select_related("session"), before)
            record_phoned(changes, to_phone)
        return covers


def sessions_of(visit_day: VisitDay, *, only: Iterable[int] | None) -> list[Session]:
    """Return the day's scheduled sessions that people go to, or those of them that `only` names by id.

    Raises RuleBroken where there is none, or one that `only` names is missing.
    """
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


def check_not_moved(sessions: Iterable[Session], shown: Mapping[int, Slot] | None) -> None:
    """Raise RuleBroken where one of the sessions is at another time than it was shown; None: they were shown without times."""
    reasons = [] if shown is None else [reason for session in sessions for reason in rules.reasons_moved(session, shown)]
    if reasons:
        raise RuleBroken(reasons)


def offers_to(volunteer: Volunteer, sessions: Iterable[Session]) -> dict[int, Cover]:
    """Return the volunteer's unanswered offers on these sessions, by the session's id."""
    offers = Cover.objects.filter(volunteer=volunteer, session__in=list(sessions), state=CoverState.OFFERED)
    return {offer.session_id: offer for offer in offers.select_related("instead_of__volunteer__user")}


def _check_claim(
    volunteer: Volunteer,
    sessions: Sequence[Session],
    offers: dict[int, Cover],
    *,
    role: str,
    now: datetime,
    shown: Mapping[int, Slot] | None,
) -> None:
    """Raise RuleBroken where they may not take a session in the role of their offer, or in `role` without an offer.

    A reason that a coordinator's note overrode in the offer does not stop them now.
    """
    check_not_moved(sessions, shown)
    leaving = replaced_by(offers.values())

    def reasons(volunteer: Volunteer, session: Session, records: CoverRecords) -> list[str]:
        offer, other = offers.get(session.pk), leaving.get(session.pk)
        return reasons_not_to_accept(
            volunteer,
            session,
            records,
            role=offer.role if offer else role,
            now=now,
            note=offer.coordinators_note if offer else "",
            asked_again=offer is not None and offer.is_asked_again,
            instead_of=other.volunteer if other else None,
        )

    check(volunteer, sessions, reasons)


def replaced_by(offers: Iterable[Cover]) -> dict[int, Cover]:
    """Return the covers that the offers would replace, by the session's id.

    Left out are offers that replace nobody, and covers that no longer hold their place.
    """
    return {
        offer.session_id: offer.instead_of
        for offer in offers
        if offer.instead_of is not None and offer.instead_of.state == CoverState.ACCEPTED
    }


def reasons_not_to_accept(
    volunteer: Volunteer,
    session: Session,
    records: CoverRecords,
    *,
    role: str,
    now: datetime,
    note: str = "",
    asked_again: bool = False,
    instead_of: Volunteer | None = None,
) -> list[str]:
    """Return the reasons why somebody could not accept a session; `note` overrides what a coordinator can override.

    `asked_again`: a move asks them for a half day on which they can't usually come, so that one is for them to say.
    """
    on = timezone.localdate(now)
    return [
        *rules.reasons_day_passed(session, on=on),
        *rules.reasons_ended(session, now=now),
        *rules.reasons_not_to_cover(volunteer, session, role=role, on=on, records=records, instead_of=instead_of),
        *([] if note else rules.reasons_to_ask_first(volunteer, session, records=records, asked_again=asked_again)),
    ]


def check(volunteer: Volunteer, sessions: Sequence[Session], reasons_of: Reasons) -> None:
    """Raise RuleBroken with every reason not to put the volunteer on the sessions."""
    records = CoverRecords.of([volunteer], sessions)
    reasons = [reason for session in sessions for reason in reasons_of(volunteer, session, records)]
    reasons += rules.reasons_sessions_overlap(sessions)
    if reasons:
        raise RuleBroken(list(dict.fromkeys(reasons)))


def lock_day(
    visit_day: VisitDay, people: Iterable[int], *, only: Iterable[int] | None
) -> tuple[dict[int, Volunteer], list[Session]]:
    """Lock the people (by id) and the day's sessions (or those `only` names by id), and return both.

    Raises RuleBroken where one of the sessions was moved or cancelled meanwhile.
    """
    wanted = [session.pk for session in sessions_of(visit_day, only=only)]
    volunteers, sessions = lock_people_and_sessions(people, wanted)
    if {session.pk for session in sessions_of(visit_day, only=wanted)} != {session.pk for session in sessions}:
        raise RuleBroken([_moved(visit_day)])
    return volunteers, sessions


def withdraw_replaced(covers: Iterable[Cover], *, now: datetime) -> None:
    """Withdraw the covers on locked sessions, because others take their places in this transaction."""
    for cover in covers:
        cover.state, cover.answered_at = CoverState.WITHDRAWN, now
        cover.news, cover.news_why, cover.told_at = news_to_phone(cover), "", None
        cover.save()


def store_covers(
    volunteer: Volunteer,
    sessions: Sequence[Session],
    *,
    role_on: Callable[[Session], str],
    state: CoverState,
    now: datetime,
    note: str = "",
    news_on: Callable[[Session], str] = lambda _: "",
    instead_of: dict[int, Cover] | None = None,
) -> list[Cover]:
    """Store the volunteer's covers on locked sessions; what they asked or a live cover, such as an offer, becomes the new one.

    `news_on` gives what the volunteer has to be told of a session. `instead_of` gives, by the session's id, the cover that an
    offer would replace. Where an acceptance fills a session, the other people's offers for a place on it end, and they are told.
    """
    asked_or_live = Cover.objects.filter(state__in=(CoverState.ASKED, *LIVE_STATES), volunteer=volunteer, session__in=sessions)
    live = {cover.session_id: cover for cover in asked_or_live}
    covers = []
    for session in sessions:
        cover = live.get(session.pk) or Cover(session=session, volunteer=volunteer)
        cover.session, cover.volunteer = session, volunteer
        cover.role, cover.state = role_on(session), state
        cover.override_note = note or cover.override_note
        cover.news, cover.news_why, cover.told_at = news_on(session), "", None
        if state in {CoverState.OFFERED, CoverState.ASKED}:
            cover.offered_at, cover.answered_at = now, None
            cover.instead_of = (instead_of or {}).get(session.pk)
        else:
            cover.answered_at = now
        cover.save()
        covers.append(cover)
    if state == CoverState.ACCEPTED:
        they_know([volunteer.pk], sessions=[session.pk for session in sessions], now=now, unconfirmed=True)
        end_offers_on_full_sessions(sessions)
    return covers


def end_offers_on_full_sessions(sessions: Sequence[Session]) -> None:
    """Withdraw the offers for a place on those of the sessions that are covered now.

    The sessions' locks are enough: whoever answers one of these offers locks its session and looks again.
    """
    pks = [session.pk for session in sessions]
    full = [row.pk for row in Session.objects.with_cover().filter(pk__in=pks) if row.is_covered]
    ended = with_session(Cover.objects.filter(session__in=full, state=CoverState.OFFERED, role__in=PRESENTING_ROLES))
    # Somebody who was asked to take another's place can still take it.
    ended = ended.exclude(instead_of__state=CoverState.ACCEPTED)
    end_questions(ended)


def end_questions(covers: Iterable[Cover], *, changes: Changes | None = None) -> None:
    """Withdraw what people were asked, on locked sessions, because no answer is needed any more; they are told.

    Nobody is phoned any more about the question itself: who was never down for it can't be surprised on the morning. But who was
    down for it before it was moved, and was not phoned about that, may wait for it where it was. `changes` records of whom that
    was written.
    """
    questions: defaultdict[Pair, set[int]] = defaultdict(set)
    for cover in covers:
        was_down = cover.news == CoverNews.ASK_AGAIN and cover.told_at is None
        cover.state, cover.told_at = CoverState.WITHDRAWN, None
        cover.news = CoverNews.DROPPED if was_down else news_to_phone(cover)
        cover.save()
        questions[cover.session.visit_id, cover.volunteer_id].add(cover.session_id)
    they_heard(VOLUNTEER, questions, changes=changes)


def with_session(covers: CoverQuerySet) -> CoverQuerySet:
    """Return the covers together with all that a mail about them reads."""
    return covers.select_related("volunteer__user", "session__type", "session__visit__school", "session__visit__coordinator")


def news_to_phone(cover: Cover) -> str:
    """Return the news that a coordinator has to tell somebody without an account, who gets no mail; blank for others."""
    return CoverNews.TAKEN_OFF if cover.volunteer.user_id is None else ""
