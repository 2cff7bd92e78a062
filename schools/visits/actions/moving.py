"""Moving sessions to another day or time: the effect on everybody is shown first, and then exactly that is done."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.words import long_day
from schools.visits import rules
from schools.visits.actions.batches import Changes, last_of
from schools.visits.actions.locks import hold_off_closing, lock_people_and_sessions
from schools.visits.actions.met_wishes import Wishes
from schools.visits.actions.waking import schools_about_to_change
from schools.visits.models import (
    ASKED_AGAIN,
    Batch,
    BatchKind,
    ChangeWhat,
    Cover,
    CoverNews,
    CoverState,
    Headcount,
    SchoolNews,
    Session,
    Visit,
)
from schools.visits.queries.school_changes import standing_change
from schools.visits.rules import Becomes, Effect, Slot
from schools.visits.rules.days_off import has_ended
from schools.visits.rules.school_changes import reasons_wish_changed

NEWS = {Becomes.STAYS: CoverNews.MOVED, Becomes.ASKED: CoverNews.ASK_AGAIN, Becomes.DROPS: CoverNews.DROPPED}
LONGEST_WHY = 300


@dataclass(frozen=True)
class Move:
    """What a move would do: each session as it stands and as it would be, and the effect on everybody on them."""

    visit: Visit
    was: tuple[Session, ...]
    moved: tuple[Session, ...]
    effects: tuple[Effect, ...]

    @property
    def digest(self) -> str:
        """A fingerprint of the move: two moves with the same digest do the same."""
        lines = [f"{was.pk} {rules.slot_of(was)} {rules.slot_of(moved)}" for was, moved in zip(self.was, self.moved, strict=True)]
        lines += [f"{effect.cover.pk} {effect.cover.state} {effect.becomes} {effect.reasons}" for effect in self.effects]
        return sha256("\n".join(lines).encode()).hexdigest()


class MoveChanged(RuleBroken):
    """A refusal, because something changed between the preview and the save; `move` is what the move would do now."""

    def __init__(self, move: Move) -> None:
        self.move = move
        super().__init__(["Day, visit or people are no longer what you looked at. Look at it once more before you move it."])


class WishChanged(RuleBroken):
    """A refusal, because the school has asked anew, or a colleague has answered it, since somebody read what it asks for."""


def plan_move(visit: Visit, to: Mapping[int, Slot], *, by: User, now: datetime) -> Move:
    """Return what moving the sessions (by id) would do, and change nothing. Raises RuleBroken with every reason."""
    visit = Visit.objects.select_related("school").get(pk=visit.pk)
    sessions = list(visit.sessions.filter(pk__in=to).select_related("type", "visit__school", "site").order_by("pk"))
    return _judged(visit, sessions, to, by=by, now=now)


def moved_before(visit: Visit, to: Mapping[int, Slot], *, by: User) -> Batch | None:
    """Return the user's move that put the sessions (by id) where they are to go, where it was pressed twice; None: none did."""
    batch = last_of(BatchKind.MOVE, visit, by=by)
    stand = {session.pk: rules.slot_of(session) for session in visit.sessions.filter(pk__in=to)}
    return batch if batch is not None and to and stand == dict(to) else None


@transaction.atomic
def move(visit: Visit, to: Mapping[int, Slot], *, seen: str, wish: str | None = None, by: User, now: datetime) -> Batch:
    """Move the sessions (by id), if that still does what the user saw; `seen` is the digest of that Move.

    People who stay keep the place. People who are asked again are offered it, and the session is uncovered until they answer
    (rule 10). People who can't come are taken off. The school and the volunteers are to be told; volunteers with an account are
    mailed. `wish` is what the user read of the school’s wish for another day (`wish_with_answer`); None: no page was read.

    Raises MoveChanged when the move would do something else now, WishChanged when the school or a colleague has said something
    else since, and RuleBroken with every reason when it cannot be done.
    """
    on = timezone.localdate(now)
    # First of all, as in every action: so nobody books something beside them, or changes the site of their new day, meanwhile.
    visit = Visit.objects.select_for_update(of=("self",), no_key=True).select_related("school").get(pk=visit.pk)
    if wish is not None and (unread := reasons_wish_changed(standing_change(visit, ChangeWhat.MOVE), shown=wish)):
        raise WishChanged(unread)
    people = set(Cover.objects.live().filter(session__in=list(to)).values_list("volunteer", flat=True))
    lock_people_and_sessions(people, to)
    related = ("type", "visit__school", "visit__coordinator", "site")
    sessions = list(visit.sessions.filter(pk__in=to).select_related(*related).order_by("pk"))
    there = {visit.school_id, *Headcount.objects.filter(session__in=list(to)).values_list("school", flat=True)}
    hold_off_closing({(school, slot.day) for school in there for slot in to.values()}, on=on)
    planned = _judged(visit, sessions, to, by=by, now=now)
    if planned.digest != seen or not {effect.cover.volunteer_id for effect in planned.effects} <= people:
        raise MoveChanged(planned)
    schools_about_to_change([visit.pk])
    wishes, changes, corrected = Wishes.of(visit), Changes(), _only_corrected(planned, now=now)
    for was, moved in _in_turn(planned):
        _store_session(changes, was, moved, is_news=was.pk not in corrected)
    guests = rules.redacted_at(visit.school, [effect.cover.volunteer for effect in planned.effects if effect.reasons], on=on)
    for effect in planned.effects:
        shown = effect if effect.cover.volunteer_id not in guests else _redacted(effect)
        _store_cover(changes, shown, corrected, now=now, on=on)
    batch = changes.keep(BatchKind.MOVE, _words(planned), by=by, now=now)
    wishes.met_by(batch)
    return batch


def _words(planned: Move) -> str:
    days = sorted({session.day for session in planned.moved})
    number = len(planned.moved)
    sessions = "a session" if number == 1 else f"{number} sessions"
    return f"Moved {sessions} at {planned.visit.school} to {' and '.join(long_day(day) for day in days)}"


def _judged(visit: Visit, sessions: Sequence[Session], to: Mapping[int, Slot], *, by: User, now: datetime) -> Move:
    on = timezone.localdate(now)
    slots = {session.pk: to[session.pk] for session in sessions}
    if len(slots) < len(to):
        raise RuleBroken(["A session of this visit is gone. Open the visit again."])
    if reasons := rules.reasons_not_to_move(visit, sessions, slots, by=by, on=on):
        raise RuleBroken(reasons)
    moved = tuple(_as_moved(session, slots[session.pk]) for session in sessions)
    covers = list(
        Cover.objects.live()
        .filter(session__in=sessions)
        .select_related("volunteer__user", "session__type", "session__visit__school")
        .order_by("pk")
    )
    effects = rules.effects_of_moving(sessions, moved, covers, now=now)
    strangers = rules.redacted_for(by, [effect.cover.volunteer for effect in effects if effect.reasons], on=on)
    readable = (_redacted(effect) if effect.cover.volunteer_id in strangers else effect for effect in effects)
    return Move(visit, tuple(sessions), moved, tuple(readable))


def _redacted(effect: Effect) -> Effect:
    """Return the effect on somebody of another area, with its reasons hidden."""
    return replace(effect, reasons=(rules.redacted_reason(effect.cover.volunteer),)) if effect.reasons else effect


def _as_moved(session: Session, slot: Slot) -> Session:
    moved = copy(session)
    if session.until_day is not None:
        moved.until_day = session.until_day + (slot.day - session.day)
    moved.day, moved.starts, moved.ends = slot.day, slot.starts, slot.ends
    return moved


def _in_turn(planned: Move) -> Iterator[tuple[Session, Session]]:
    """Yield each session as it was and as moved, in an order in which none takes a slot that another one still has.

    Raises RuleBroken where there is no such order.
    """
    left = dict(zip(planned.was, planned.moved, strict=True))
    while left:
        free = [was for was, moved in left.items() if _key(moved) not in {_key(other) for other in left if other != was}]
        if not free:
            raise RuleBroken(["These sessions would change places with one another. Move one of them to another time first."])
        yield free[0], left.pop(free[0])


def _key(session: Session) -> tuple[int, date, time]:
    return session.type_id, session.day, session.starts


def _only_corrected(planned: Move, *, now: datetime) -> set[int]:
    """Return the ids of the sessions that were over and are over where they go: nobody comes to them or has to be told."""
    pairs = zip(planned.was, planned.moved, strict=True)
    return {was.pk for was, moved in pairs if has_ended(was, now=now) and has_ended(moved, now=now)}


def _store_session(changes: Changes, was: Session, moved: Session, *, is_news: bool) -> None:
    """Store the moved session; the day and start that the school knows stay in it until the school is told."""
    waits = was.school_news == SchoolNews.MOVED and was.school_told_at is None and was.was_day is not None
    knew = (was.was_day, was.was_starts) if waits else (was.day, was.starts)
    session = copy(was)
    changes.write(
        session,
        day=moved.day,
        starts=moved.starts,
        ends=moved.ends,
        until_day=moved.until_day,
        was_day=knew[0],
        was_starts=knew[1],
        school_news=SchoolNews.MOVED if is_news else was.school_news,
        school_told_at=None if is_news else was.school_told_at,
    )


def _store_cover(changes: Changes, effect: Effect, corrected: Collection[int], *, now: datetime, on: date) -> None:
    cover = effect.cover
    tells = cover.session.last_day >= on and cover.session_id not in corrected
    # One reason is enough to say on the phone; the preview showed them all.
    why = "".join(effect.reasons[:1])[:LONGEST_WHY]
    news = {"news": NEWS[effect.becomes], "news_why": why, "told_at": None} if tells else {}
    if effect.becomes == Becomes.DROPS:
        changes.write(cover, state=CoverState.WITHDRAWN, answered_at=now, **news)
    elif effect.becomes == Becomes.ASKED:
        # The program's note lets them accept although they can't usually come on that half day, and no more than that.
        note = (cover.override_note or ASKED_AGAIN) if effect.reasons else cover.override_note
        changes.write(cover, state=CoverState.OFFERED, offered_at=now, answered_at=None, override_note=note, **news)
    else:
        changes.write(cover, **news)
