"""Swapping: a volunteer asks somebody else to take their place, and keeps it until that person accepts."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.visits.actions.batches import Changes
from schools.visits.actions.cover.claiming import (
    check,
    end_questions,
    lock_day,
    reasons_not_to_accept,
    sessions_of,
    store_covers,
)
from schools.visits.actions.cover.written import as_stored, covers_written, record
from schools.visits.models import Cover, CoverNews, CoverState, Session
from schools.visits.queries import CoverRecords, VisitDay
from schools.volunteers.models import Volunteer


# Longer than 40 lines: each of its steps stands once, in the order of every action.
@transaction.atomic
def swap(
    visit_day: VisitDay,
    volunteer: Volunteer,
    to: Volunteer,
    *,
    by: User,
    now: datetime,
    note: str = "",
    only: Iterable[int] | None = None,
    changes: Changes | None = None,
) -> list[Cover]:
    """Ask `to` to take the place of `volunteer` on the visit day (or the sessions `only` names by id), in the same role.

    `volunteer` keeps the place until `to` accepts (claim); if `to` declines or does not answer, nothing changes. `note` is a
    coordinator's, as in offer; the portal, where planning.queries.substitutes_for gives the choice, passes none. `changes`
    records what was written. Raises RuleBroken with every reason when `volunteer` is not on each session or `to` could not
    accept.
    """
    wanted = sessions_of(visit_day, only=only)
    held = _held(volunteer, wanted)
    if not held or (only is not None and set(only) - held.keys()):
        words = _("%(name)s is not on every session chosen at %(day)s. Look at the day again.")
        raise RuleBroken([words % {"name": volunteer, "day": visit_day}])
    locked, sessions = lock_day(visit_day, {volunteer.pk, to.pk}, only=held)
    held = _held(volunteer, sessions)
    if len(held) < len(sessions):
        words = _("%(name)s is no longer on every session at %(day)s. Look at the day again.")
        raise RuleBroken([words % {"name": volunteer, "day": visit_day}])
    to = locked[to.pk]
    _check_swap(to, sessions, held, place_of=volunteer, note=note, now=now)
    before = {} if changes is None else as_stored(covers_written(sessions).filter(volunteer=to))
    covers = store_covers(
        to,
        sessions,
        role_on=lambda session: held[session.pk].role,
        state=CoverState.OFFERED,
        now=now,
        note=note,
        news_on=lambda _: "" if by == volunteer.user else CoverNews.OFFERED,
        instead_of=held,
    )
    if changes is not None:
        record(changes, covers, before)
    return covers


def _held(volunteer: Volunteer, sessions: Iterable[Session]) -> dict[int, Cover]:
    covers = Cover.objects.filter(volunteer=volunteer, session__in=list(sessions), state=CoverState.ACCEPTED)
    return {cover.session_id: cover for cover in covers}


def _check_swap(
    to: Volunteer, sessions: Sequence[Session], held: dict[int, Cover], *, place_of: Volunteer, note: str, now: datetime
) -> None:
    """Raise RuleBroken where `to` could not accept the sessions in the roles that `place_of` has on them."""

    def reasons(person: Volunteer, session: Session, records: CoverRecords) -> list[str]:
        role = held[session.pk].role
        return reasons_not_to_accept(person, session, records, role=role, now=now, note=note, instead_of=place_of)

    check(to, sessions, reasons)


@transaction.atomic
def end_swap(
    visit_day: VisitDay,
    volunteer: Volunteer,
    *,
    by: User,
    now: datetime,
    only: Iterable[int] | None = None,
    changes: Changes | None = None,
) -> list[Cover]:
    """Withdraw the offers to take the volunteer's place on the visit day, because they come after all; the people are told.

    `changes` records what was written. Raises RuleBroken when nobody was asked, or somebody has accepted by now.
    """
    _people, sessions = lock_day(visit_day, {volunteer.pk}, only=only)
    offers = Cover.objects.filter(session__in=sessions, state=CoverState.OFFERED, instead_of__volunteer=volunteer)
    offers = offers.select_related("volunteer__user", "session__type", "session__visit__school")
    ended = list(offers)
    if not ended:
        words = _("Nobody is asked to take %(name)s’s place at %(day)s. Look at the day again.")
        raise RuleBroken([words % {"name": volunteer, "day": visit_day}])
    before = as_stored(ended)
    end_questions(ended, changes=changes)
    if changes is not None:
        record(changes, ended, before)
    return ended
