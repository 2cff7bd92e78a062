"""Offering: a coordinator, or the program, asks people whether they could come; an offer holds no place."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.db import transaction

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.words import long_day
from schools.visits.actions.batches import Changes
from schools.visits.actions.cover.claiming import check, lock_day, reasons_not_to_accept, store_covers
from schools.visits.actions.cover.written import as_stored, covers_written, record
from schools.visits.models import Batch, BatchKind, Cover, CoverNews, CoverState, Session
from schools.visits.queries import CoverRecords, VisitDay
from schools.volunteers.models import Volunteer


@transaction.atomic
def offer(
    visit_day: VisitDay,
    volunteer: Volunteer,
    *,
    role: str,
    by: User | None,
    now: datetime,
    only: Iterable[int] | None = None,
    note: str = "",
) -> list[Cover]:
    """Ask the volunteer to take the visit day, or the sessions `only` names by id. `by` None: the program asks.

    With a `note` they are asked although they are away, not usually free or too far away, and may accept all the same. Raises
    RuleBroken with every reason when they could not accept.
    """
    return offer_each(visit_day, [volunteer], role=role, by=by, now=now, only=only, note=note)


@transaction.atomic
def offer_each(
    visit_day: VisitDay,
    volunteers: Iterable[Volunteer],
    *,
    role: str,
    by: User | None,
    now: datetime,
    only: Iterable[int] | None = None,
    note: str = "",
) -> list[Cover]:
    """Ask several people at once to take the same visit day: whoever accepts first has it. All are asked, or none.

    Raises RuleBroken with the reasons of everybody who could not accept.
    """
    locked, sessions = lock_day(visit_day, [volunteer.pk for volunteer in volunteers], only=only)
    return ask_each(locked.values(), sessions, role_on=lambda _: role, now=now, note=note)


def ask_each(
    volunteers: Iterable[Volunteer],
    sessions: Sequence[Session],
    *,
    role_on: Callable[[Session], str],
    now: datetime,
    note: str = "",
) -> list[Cover]:
    """Ask the volunteers to take the sessions; the caller has locked both. Raises RuleBroken as offer_each does."""

    def reasons(volunteer: Volunteer, session: Session, records: CoverRecords) -> list[str]:
        return reasons_not_to_accept(volunteer, session, records, role=role_on(session), now=now, note=note)

    refusals: list[str] = []
    covers: list[Cover] = []
    for volunteer in volunteers:
        try:
            check(volunteer, sessions, reasons)
        except RuleBroken as broken:
            refusals += broken.reasons
            continue
        covers += store_covers(
            volunteer,
            sessions,
            role_on=role_on,
            state=CoverState.OFFERED,
            now=now,
            note=note,
            news_on=lambda _: CoverNews.OFFERED,
        )
    if refusals:
        raise RuleBroken(list(dict.fromkeys(refusals)))
    return covers


@transaction.atomic
def offer_to_several(
    visit_day: VisitDay,
    volunteers: Iterable[Volunteer],
    *,
    role: str,
    by: User,
    now: datetime,
    only: Iterable[int] | None = None,
    note: str = "",
) -> Batch:
    """Ask several people as offer_each does, and keep it as a batch, so that it is looked at first and can be undone."""
    people = list(volunteers)
    _, sessions = lock_day(visit_day, [volunteer.pk for volunteer in people], only=only)
    wanted = [session.pk for session in sessions]
    before = as_stored(covers_written(sessions).filter(volunteer__in=people))
    covers = offer_each(visit_day, people, role=role, by=by, now=now, only=wanted, note=note)
    changes = Changes()
    record(changes, covers, before)
    number = "1 person" if len(people) == 1 else f"{len(people)} people"
    words = f"Asked {number} whether they come to {visit_day.visit.school}, {long_day(visit_day.day)}"
    return changes.keep(BatchKind.ASK, words, by=by, now=now)
