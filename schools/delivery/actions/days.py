"""Recording how a whole visit day went: the outcomes of its sessions in one step, all of them or none.

A day's report has one key, which its form or a phone makes. What it says of a session is stored under a key that follows from it,
so that each session of it is stored once, also where a day's report and somebody else's meet in one session only.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID, uuid5

from django.db import transaction

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.words import time_range
from schools.delivery.actions.recording import OutcomeDiffers, Restate, amend, note_replaced, record
from schools.delivery.models import OutcomeSubmission
from schools.delivery.queries import Outcome
from schools.visits.models import CALLED_OFF_STAGES, Cover, Session, Visit
from schools.visits.queries.merged_people import earlier_sign_ins
from schools.volunteers.models import Volunteer

MOST_RECENT = 1_000
"""So many of somebody's latest submissions are looked through for a report that a phone lost: more than a year's."""


@dataclass(frozen=True)
class Report:
    """What a day's report says of one session; `version` is the session's when the form was opened, None without an outcome."""

    session: Session
    outcome: Outcome
    version: int | None
    key: UUID
    replaces: tuple[UUID, ...] = ()


class DayRefused(RuleBroken):
    """A refusal of a day's report, nothing of which is stored.

    `differing` are the refusals of sessions that have another outcome already; `only_differs` says that there is no other reason,
    so that a page can offer to keep the one or the other.
    """

    def __init__(self, reasons: Sequence[str], differing: Sequence[OutcomeDiffers] = ()) -> None:
        self.differing = differing
        self.only_differs = not reasons
        super().__init__(dict.fromkeys([*reasons, *(reason for refusal in differing for reason in refusal.reasons)]))


type Store = Callable[[Restate | None], object]
"""A function that stores what a report says of one session, with the restatement that a closed return asks for, if any."""

type Each = Callable[[Report, Store], object]
"""A function that lets one session of a day be stored."""


def key_of(day: UUID, session: Session) -> UUID:
    """Return the key under which a day's report stores what it says of the session."""
    return uuid5(day, str(session.pk))


def _store_plainly(_report: Report, store: Store) -> None:
    store(None)


@transaction.atomic
def record_day(
    reports: Sequence[Report],
    *,
    by: User,
    now: datetime,
    later: Iterable[tuple[Session, Collection[UUID]]] = (),
    each: Each = _store_plainly,
) -> None:
    """Store what a day's report says of each session, as `record` and `amend` do, in one step.

    `later` are the sessions that the report leaves for later, each with its keys of earlier versions of this report: such a
    version no longer stores anything when it arrives late.

    Raises DayRefused with the reasons of all sessions, and with the differences where sessions have another outcome; then
    nothing is stored.
    """
    _lock([report.session for report in reports])
    reasons: list[str] = []
    differing: list[OutcomeDiffers] = []
    for report in reports:
        try:
            with transaction.atomic():
                each(report, partial(_store, report, by, now))
        except OutcomeDiffers as refusal:
            differing.append(refusal)
        except RuleBroken as broken:
            reasons += [_in_day(reason, report.session, several=len(reports) > 1) for reason in broken.reasons]
    if reasons or differing:
        raise DayRefused(reasons, differing)
    for session, replaces in later:
        note_replaced(session, replaces, by=by, now=now)


def _store(report: Report, by: User, now: datetime, restate: Restate | None) -> None:
    session, outcome = report.session, report.outcome
    if report.version is None:
        record(session, outcome, key=report.key, by=by, now=now, replaces=report.replaces, restate=restate)
    else:
        amend(session, outcome, key=report.key, version=report.version, by=by, now=now, replaces=report.replaces, restate=restate)


def _in_day(reason: str, session: Session, *, several: bool) -> str:
    """Return the reason with the session's time before it where the report has several sessions."""
    return f"{time_range(session.starts, session.ends)}: {reason}" if several else reason


def _lock(sessions: Sequence[Session]) -> None:
    """Lock everything in the order in which each action does: visits that were called off, people, sessions, each by id."""
    visits = {session.visit_id for session in sessions}
    ids = [session.pk for session in sessions]
    called_off = Visit.objects.select_for_update(of=("self",)).filter(pk__in=visits, stage__in=CALLED_OFF_STAGES)
    list(called_off.order_by("pk"))
    people = Cover.objects.filter(session__in=ids).values("volunteer")
    list(Volunteer.objects.select_for_update().filter(pk__in=people).order_by("pk"))
    list(Session.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))


def came_in(keys: Collection[UUID], *, by: User) -> set[UUID]:
    """Return those of the keys under which this person's reports, of a day or of one session, have come in.

    A report that was replaced before it came in counts too: a later one stands for it. So does one that they sent with a sign-in
    that they had before.
    """
    here = _stored_by({by.pk}, keys)
    missing = set(keys) - here
    return here | _stored_by(earlier_sign_ins(by), missing) if missing else here


def _stored_by(sign_ins: Collection[int], keys: Collection[UUID]) -> set[UUID]:
    submissions = OutcomeSubmission.objects.filter(by__in=sign_ins).order_by("-received_at", "-pk")[:MOST_RECENT]
    known = list(submissions.values_list("key", "session_id"))
    return {day for day in keys if any(key in {day, uuid5(day, str(session))} for key, session in known)}
