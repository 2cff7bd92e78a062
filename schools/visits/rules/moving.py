"""Reasons not to move sessions, and what a move does to everybody on them (rules 6 to 8 and rule 10)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from django.utils.translation import gettext as _

from schools.accounts.models import User
from schools.core.errors import Reason
from schools.core.words import long_day, time_range
from schools.visits.half_days import AFTERNOON_FROM, HalfDay
from schools.visits.limits import FIRST_DAY, LAST_DAY
from schools.visits.models import CALLED_OFF_STAGES, Cover, CoverState, Session, SessionStage, Visit
from schools.visits.queries import CoverRecords
from schools.visits.rules.closed_periods import reasons_days_locked, reasons_locked
from schools.visits.rules.covering import reasons_not_there, reasons_not_usually_free, reasons_to_ask_first
from schools.visits.rules.days_off import has_ended
from schools.visits.rules.sites import reasons_of_mixed_sites
from schools.visits.rules.visits import reasons_not_theirs

NOON = time(12)
SMALL_SHIFT = timedelta(minutes=30)
"""The most by which a session can begin earlier or later on the same day without a new answer (rule 10)."""


class Becomes(StrEnum):
    """What a move does to somebody on a session."""

    STAYS = "stays"
    ASKED = "asked"
    DROPS = "drops"


@dataclass(frozen=True)
class Slot:
    """A day with a start and an end."""

    day: date
    starts: time
    ends: time

    def __str__(self) -> str:
        return f"{long_day(self.day)}, {time_range(self.starts, self.ends)}"


@dataclass(frozen=True)
class Effect:
    """What a move does to one cover, and why."""

    cover: Cover
    becomes: Becomes
    reasons: tuple[str, ...] = ()


def slot_of(session: Session) -> Slot:
    """Return the session's day, start and end."""
    return Slot(session.day, session.starts, session.ends)


def later(slot: Slot, *, day: date, by: timedelta) -> Slot | None:
    """Return the slot moved to the day and `by` later, as long as before; None where it would not begin and end on one day."""
    starts, ends = (datetime.combine(slot.day, at) + by for at in (slot.starts, slot.ends))
    if starts.date() != slot.day or ends.date() != slot.day:
        return None
    return replace(slot, day=day, starts=starts.time(), ends=ends.time())


def slots_in(half_day: HalfDay, sessions: Sequence[Session]) -> dict[int, Slot] | None:
    """Return where each of the sessions of a visit goes in another half-day, by its id.

    In the same half of a day they keep their times; in the other the first begins with it, and the others keep their distance.
    None: they do not fit into half a day, or lie on several.
    """
    ordered = sorted(sessions, key=lambda session: (session.starts, session.pk))
    if len({session.day for session in ordered}) != 1 or any(session.until_day for session in ordered):
        return None
    halves = {session.starts >= NOON for session in ordered}
    ends = max(session.ends for session in ordered)
    if len(halves) > 1 or (ordered[0].starts < NOON and ends > AFTERNOON_FROM):
        return None
    by = timedelta()
    if half_day.is_afternoon not in halves:
        by = datetime.combine(half_day.day, half_day.starts) - datetime.combine(half_day.day, ordered[0].starts)
    slots = {session.pk: later(slot_of(session), day=half_day.day, by=by) for session in ordered}
    known = {pk: slot for pk, slot in slots.items() if slot is not None and (not by or slot.ends <= half_day.ends)}
    return known if len(known) == len(slots) else None


def reasons_moved(session: Session, shown: Mapping[int, Slot]) -> list[str]:
    """Return a reason where the session is at another time than it was shown to whoever answers; `shown` is by its id."""
    if shown.get(session.pk) == slot_of(session):
        return []
    to_them = _("This was moved to %(slot)s. Say for that time whether you can come.") % {"slot": slot_of(session)}
    words = f"{session.name} was moved to {slot_of(session)}. Ask them whether they can come then, and look at the day again."
    return [Reason(words, to_them=to_them)]


def reasons_moved_away(session: Session, was: Slot) -> list[str]:
    """Return a reason where the session was moved from `was` so far that a yes to that time is no yes to this one (rule 10)."""
    if _is_small_shift(was, slot_of(session)):
        return []
    return [f"It was moved to {slot_of(session)} since. Ask them whether they can come then."]


def reasons_moved_since(session: Session, moment: datetime) -> list[str]:
    """Return such a reason where it was moved since that moment; one query."""
    then = Session.history.filter(id=session.pk, history_date__lte=moment).order_by("-history_date", "-history_id").first()
    return reasons_moved_away(session, slot_of(then)) if then is not None else []


def reasons_changed_since(sessions: Iterable[Session], shown: Mapping[int, Slot] | None) -> list[str]:
    """Return a reason for each of a visit’s scheduled sessions that was moved or added since, and one where others are gone.

    `shown` says when each was, by id, to whoever decides over the visit as a whole; None: they were shown without times.
    """
    if shown is None:
        return []
    rows = list(sessions)
    moved = [row for row in rows if row.pk in shown and shown[row.pk] != slot_of(row)]
    reasons = [f"{row.name} was moved to {slot_of(row)}. Look at the visit again." for row in moved]
    reasons += [f"{row.name}, {slot_of(row)}, was added. Look at the visit again." for row in rows if row.pk not in shown]
    if shown.keys() - {row.pk for row in rows}:
        reasons.append("A session was cancelled or reported meanwhile. Look at the visit again.")
    return reasons


def reasons_not_to_move(visit: Visit, sessions: Sequence[Session], to: dict[int, Slot], *, by: User, on: date) -> list[str]:
    """Return the reasons why these sessions of the visit cannot be moved; `to` says, by a session's id, where it is to go."""
    reasons = reasons_not_theirs(visit, by=by, on=on)
    if visit.stage in CALLED_OFF_STAGES:
        reasons.append(f"This visit was {visit.get_stage_display().lower()}. Book it again instead.")
    if not sessions:
        reasons.append("Choose at least one session to move.")
    if any(session.stage != SessionStage.SCHEDULED for session in sessions):
        reasons.append("A session that took place or was cancelled is not moved. Leave it out.")
    if sessions and all(to[session.pk] == slot_of(session) for session in sessions):
        reasons.append("That is where it stands already. Give another day or another time.")
    reasons += _reasons_of_slots(visit, sessions, to)
    reasons += reasons_locked(sessions, by=by)
    days = {slot.day for slot in to.values()}
    schools = {visit.school, *(count.school for session in sessions for count in session.headcounts.all())}
    for school in schools:
        reasons += reasons_days_locked(school, days, by=by)
    return list(dict.fromkeys(reasons))


def _reasons_of_slots(visit: Visit, sessions: Sequence[Session], to: dict[int, Slot]) -> list[str]:
    reasons = [
        f"{slot.day} is not between {FIRST_DAY.year} and {LAST_DAY.year}. Look the year up."
        for slot in to.values()
        if not FIRST_DAY <= slot.day <= LAST_DAY
    ]
    others = list(visit.sessions.exclude(pk__in=to).values_list("type", "day", "starts", "stage", "site", "type__presenters"))
    taken = {(kind, day, starts) for kind, day, starts, *_ in others}
    stay = [(day, site) for _, day, _, stage, site, going in others if going and stage != SessionStage.CANCELLED]
    moved = [(to[session.pk].day, session.site_id) for session in sessions if session.type.presenters]
    days = {day for day, _ in moved}
    reasons += reasons_of_mixed_sites([*(at for at in stay if at[0] in days), *moved])
    for session in sessions:
        slot = to[session.pk]
        key = (session.type_id, slot.day, slot.starts)
        if key in taken:
            reasons.append(f"The visit has a session “{session.name}” on {slot} already. Choose another time.")
        taken.add(key)
        if session.until_day is not None and session.until_day + (slot.day - session.day) > LAST_DAY:
            reasons.append(f"The window would end after {LAST_DAY.year}. Look the year up.")
    return reasons


def effects_of_moving(
    was: Sequence[Session], moved: Sequence[Session], covers: Sequence[Cover], *, now: datetime
) -> list[Effect]:
    """Return what a move does to everybody on the sessions; `was` are the sessions as they stand, `moved` as they are to be.

    Rules 6 to 8 are judged on the new day. A reason against somebody that held before the move is still accepted after it. A half
    day on which somebody can't usually come does not take them off, but they are asked again. Moving to a time that is over
    only corrects a wrong one, so everybody stays.
    """
    people = {cover.volunteer_id: cover.volunteer for cover in covers}
    before = CoverRecords.of(people.values(), was)
    after = CoverRecords.of(people.values(), moved).suppose(moved)
    old, new = ({session.pk: session for session in sessions} for sessions in (was, moved))
    effects = []
    for cover in covers:
        old_session, new_session = old[cover.session_id], new[cover.session_id]
        if has_ended(new_session, now=now) or slot_of(old_session) == slot_of(new_session):
            effects.append(Effect(cover, Becomes.STAYS))
            continue
        reasons = _reasons_to_drop(cover, old_session, new_session, before, after)
        if reasons:
            effects.append(Effect(cover, Becomes.DROPS, tuple(reasons)))
            continue
        unusual = reasons_not_usually_free(cover.volunteer, new_session, records=after)
        asks = cover.state == CoverState.OFFERED or not _is_small_shift(slot_of(old_session), slot_of(new_session)) or unusual
        effects.append(Effect(cover, Becomes.ASKED if asks else Becomes.STAYS, tuple(unusual)))
    return effects


def _reasons_to_drop(
    cover: Cover, old_session: Session, new_session: Session, before: CoverRecords, after: CoverRecords
) -> list[str]:
    person = cover.volunteer
    accepted = {
        *reasons_to_ask_first(person, old_session, records=before),
        *reasons_not_usually_free(person, new_session, records=after),
    }
    return [
        *reasons_not_there(person, new_session, role=cover.role, records=after),
        *(reason for reason in reasons_to_ask_first(person, new_session, records=after) if reason not in accepted),
    ]


def _is_small_shift(was: Slot, becomes: Slot) -> bool:
    """Whether a session stays on its day and begins at most half an hour earlier or later (rule 10)."""
    moment, moved = (datetime.combine(slot.day, slot.starts) for slot in (was, becomes))
    return was.day == becomes.day and abs(moved - moment) <= SMALL_SHIFT
