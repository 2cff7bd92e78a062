"""Several people on several sessions of a visit at once, on one day or more; kept as a batch, so that it can be undone."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.visits import rules
from schools.visits.actions.batches import Changes
from schools.visits.actions.cover.assigning import put_on
from schools.visits.actions.cover.written import as_stored, covers_written, record, record_phoned, still_to_phone
from schools.visits.actions.locks import lock_people_and_sessions
from schools.visits.models import PRESENTING_ROLES, Batch, BatchKind, Cover, Session, SessionStage, Visit
from schools.visits.queries import CoverRecords
from schools.visits.rules import Slot, slot_of
from schools.volunteers.models import Volunteer


@transaction.atomic
def assign_several(
    visit: Visit,
    volunteers: Iterable[Volunteer],
    *,
    shown: Mapping[int, Slot],
    role: str,
    by: User,
    now: datetime,
    note: str = "",
) -> Batch:
    """Put the volunteers on these sessions of the visit, as agreed with them by phone: all of them, or nobody.

    `shown` names the sessions by id, each with when it was as somebody saw it. Who is on some of them already is put on the
    others; an offer that somebody holds becomes the acceptance. `note` overrides what a coordinator may override, as in
    assign_all. It can be undone (Batch). Raises RuleBroken with the reasons of everybody; then nothing has changed.
    """
    locked, sessions = lock_people_and_sessions([volunteer.pk for volunteer in volunteers], shown)
    reasons = [] if locked else ["Tick somebody."]
    reasons += rules.reasons_not_theirs(visit, by=by, on=timezone.localdate(now))
    reasons += _reasons_not_as_shown(visit, sessions, shown)
    if reasons := reasons + ([] if reasons else _reasons_too_many(list(locked.values()), sessions, role=role)):
        raise RuleBroken(reasons)
    # Of everybody, because the offers of others end where a session is full now.
    before, to_phone = as_stored(covers_written(sessions)), still_to_phone(visit)
    refusals: list[str] = []
    for volunteer in locked.values():
        try:
            _put_on(volunteer, sessions, role=role, now=now, note=note)
        except RuleBroken as broken:
            refusals += broken.reasons
    if refusals:
        raise RuleBroken(list(dict.fromkeys(refusals)))
    changes = Changes()
    record(changes, covers_written(sessions) | Cover.objects.filter(pk__in=before), before)
    record_phoned(changes, to_phone)
    return changes.keep(BatchKind.ASSIGN, _words(visit, len(locked), len(sessions)), by=by, now=now)


def _words(visit: Visit, people: int, sessions: int) -> str:
    """Return what was done, without a name: the words of a batch stay when somebody is erased."""
    who = "1 person" if people == 1 else f"{people} people"
    number = "1 session" if sessions == 1 else f"{sessions} sessions"
    return f"Put {who} on {number} at {visit.school}"


def _reasons_not_as_shown(visit: Visit, sessions: Sequence[Session], shown: Mapping[int, Slot]) -> list[str]:
    """Return the reasons why the locked sessions are not what somebody saw: people agreed to come at the time that they heard."""
    takes_people = [
        session
        for session in sessions
        if session.visit_id == visit.pk and session.stage == SessionStage.SCHEDULED and session.type.presenters > 0
    ]
    if not shown:
        return ["Tick at least one session."]
    if len(takes_people) < len(shown):
        return [f"A session at {visit.school} was cancelled or reported just now. Look at the visit again."]
    return [
        f"{session.name} was moved to {slot_of(session)}. Ask them whether they can come then, and look at the visit again."
        for session in takes_people
        if slot_of(session) != shown[session.pk]
    ]


def _reasons_too_many(volunteers: Sequence[Volunteer], sessions: Sequence[Session], *, role: str) -> list[str]:
    """Return the reason why they are too many for the free places; none where nobody's place is free: each hears that."""
    if len(volunteers) < 2 or role not in PRESENTING_ROLES:
        return []
    records = CoverRecords.of(volunteers, sessions)
    room_on = {session: session.type.presenters - records.places_taken(session, but=volunteers) for session in sessions}
    fullest = min(sessions, key=lambda session: room_on[session])
    room = room_on[fullest]
    if not 0 < room < len(volunteers):
        return []
    places = "1 place" if room == 1 else f"{room} places"
    return [f"{fullest.name} has {places} for the {len(volunteers)} people who are ticked. Untick {len(volunteers) - room}."]


def _put_on(volunteer: Volunteer, sessions: Sequence[Session], *, role: str, now: datetime, note: str) -> None:
    """Put one person on those of the sessions on which they are not yet. Raises RuleBroken with every reason."""
    held = Cover.objects.holding().filter(volunteer=volunteer, session__in=sessions)
    theirs = set(held.values_list("session", flat=True))
    rest = [session for session in sessions if session.pk not in theirs]
    if not rest:
        raise RuleBroken([f"{volunteer} is on all of it already."])
    put_on(volunteer, rest, role_on=lambda _: role, now=now, note=note)
