"""Dropping out: a coordinator writes down that somebody can't make it, or takes them off, and in the same step who comes instead.

Each is kept as a batch, so that it can be undone (rule 23). Volunteers give a place back by `withdraw`, which nobody undoes.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.visits import rules
from schools.visits.actions.batches import Changes
from schools.visits.actions.cover.answering import answer_no
from schools.visits.actions.cover.assigning import put_on
from schools.visits.actions.cover.offering import ask_each
from schools.visits.actions.cover.written import as_stored, covers_written, record, record_phoned, still_to_phone
from schools.visits.models import Batch, BatchKind, Cover, CoverNews, CoverState
from schools.visits.queries import VisitDay
from schools.visits.rules import Slot
from schools.volunteers.models import Volunteer


@transaction.atomic
def take_off(visit_day: VisitDay, volunteer: Volunteer, *, by: User, now: datetime, only: Iterable[int] | None = None) -> Batch:
    """Take the volunteer off the visit day (or the sessions `only` names by id); nobody else is asked automatically.

    The volunteer and the visit's coordinator are told, except the one who does it. Raises RuleBroken when the day is over, or the
    volunteer is on none of the sessions.
    """
    changes = Changes()
    _end(visit_day, volunteer, by=by, now=now, only=only, changes=changes, news=CoverNews.TAKEN_OFF)
    return changes.keep(BatchKind.DROP_OUT, f"Took somebody off {visit_day}", by=by, now=now)


@transaction.atomic
def drop_out(
    visit_day: VisitDay,
    leaving: Volunteer,
    *,
    by: User,
    now: datetime,
    only: Iterable[int] | None = None,
    instead: Volunteer | None = None,
    ask: Iterable[Volunteer] = (),
    note: str = "",
    shown: Mapping[int, Slot] | None = None,
) -> Batch:
    """Write down that `leaving` can't make it: they are off, `instead` is on in their roles, and each of `ask` is asked.

    Who comes `instead` agreed by phone; an offer that they hold becomes the acceptance. Whoever of `ask` says yes first has the
    place. With neither, home shows the sessions until others come. `only` names sessions by id, on all of which `leaving` is;
    None: all of the day. `note` is what the others said to reasons to ask first, as in assign_all. `shown` says when each session
    was, by its id, as somebody saw it. Raises RuleBroken with every reason, and then nothing has changed: the day is over,
    `leaving` is on them no more, one of the others can't come, or a session is at another time than it was shown.
    """
    wanted, changes = None if only is None else list(only), Changes()
    others = {other.pk for other in (*ask, *([] if instead is None else [instead]))}
    gone = _end(visit_day, leaving, by=by, now=now, only=wanted, changes=changes, beside=others, gave_back=True, shown=shown)
    sessions = [cover.session for cover in gone]
    if wanted is not None and {session.pk for session in sessions} != set(wanted):
        raise RuleBroken([f"{leaving} is no longer on every session chosen at {visit_day}. Look at the day again."])
    if leaving.pk in others:
        raise RuleBroken([f"{leaving} can’t make it. Choose somebody else to go instead."])
    roles = {cover.session_id: cover.role for cover in gone}
    # As they are now that they are locked: the ones that were handed over were read before.
    locked = {each.pk: each for each in Volunteer.objects.select_related("user").filter(pk__in=others).order_by("pk")}
    # Of everybody, because the offers of others end where a session is full now.
    before, to_phone = as_stored(covers_written(sessions)), still_to_phone(visit_day.visit)
    if instead is not None:
        put_on(locked.pop(instead.pk), sessions, role_on=lambda session: roles[session.pk], now=now, note=note)
    ask_each(locked.values(), sessions, role_on=lambda session: roles[session.pk], now=now, note=note)
    record(changes, covers_written(sessions) | Cover.objects.filter(pk__in=before), before)
    record_phoned(changes, to_phone)
    words = _words(visit_day, offers=len(locked), is_replaced=instead is not None)
    return changes.keep(BatchKind.DROP_OUT, words, by=by, now=now)


def _words(visit_day: VisitDay, *, offers: int, is_replaced: bool) -> str:
    """Return what was done, without a name: the words of a batch stay when somebody is erased."""
    if is_replaced:
        return f"Put somebody on {visit_day} in place of who can’t make it"
    if offers:
        people = "1 person" if offers == 1 else f"{offers} people"
        return f"Asked {people} to go to {visit_day} in place of who can’t make it"
    return f"Wrote down that somebody can’t make it to {visit_day}"


def _end(
    visit_day: VisitDay,
    volunteer: Volunteer,
    *,
    by: User,
    now: datetime,
    only: Iterable[int] | None,
    changes: Changes,
    beside: Iterable[int] = (),
    gave_back: bool = False,
    news: str = "",
    shown: Mapping[int, Slot] | None = None,
) -> list[Cover]:
    covers = answer_no(
        visit_day, volunteer, was=CoverState.ACCEPTED, becomes=CoverState.WITHDRAWN, by=by, now=now, only=only,
        gave_back=gave_back, news=news, beside=beside, shown=shown, changes=changes,
    )  # fmt: skip
    on = timezone.localdate(now)
    if reasons := [reason for cover in covers for reason in rules.reasons_over(cover.session, on=on)]:
        raise RuleBroken(list(dict.fromkeys(reasons)))
    return covers
