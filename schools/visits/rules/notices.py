"""What volunteers and schools have to be told: what they know compared with what is true, without a database."""

from collections.abc import Iterable
from enum import Enum

from schools.visits.queries.known import Known
from schools.visits.queries.standings import (
    AGREED,
    ASKED,
    CANCELLED,
    DOWN,
    EXPECTED,
    HANDED_ON,
    OFF,
    OFFERED,
    PLANNED,
    REFUSED,
    UNANSWERED,
    UNNEEDED,
    Standing,
)


class Telling(Enum):
    """What a message says about a session, the most pressing first."""

    CANCELLED = "cancelled"
    ASKED_AGAIN = "asked-again"
    MOVED = "moved"
    BACK = "back"
    BACK_ASKED = "back-asked"
    RESTORED = "restored"
    DROPPED = "dropped"
    TAKEN_OFF = "taken-off"
    KEPT = "not-handed-on"
    HANDED_ON = "handed-on"
    AGREED = "agreed"
    SWAP = "swap"
    OFFERED = "offered"
    UNNEEDED = "taken"
    REFUSED = "not-observing"
    WISH_BACK = "wish-back"


ENDS = {CANCELLED: Telling.CANCELLED, HANDED_ON: Telling.HANDED_ON, UNNEEDED: Telling.UNNEEDED, OFF: Telling.TAKEN_OFF}


OF_WISHES = {REFUSED: Telling.REFUSED, UNANSWERED: Telling.CANCELLED}
"""What who asked to watch is told, who waits for an answer and expects nothing yet."""


def telling_of(known: Standing | None, true: Standing, *, was_known: bool) -> Telling | None:
    """Return what somebody who knows `known` of a session has to be told; None: nothing.

    `was_known`: they were told exactly what is true at some time before, so that now something was taken back. What somebody
    did themselves (they declined, gave it back, asked to watch) needs no message.
    """
    if known == true:
        return None
    expects = known is not None and known.stands in EXPECTED
    if true.stands in ENDS:
        return _of_end(known, true) if expects else None
    if true.stands not in EXPECTED:
        return _of_wish(known, true)
    if known is not None and _was_called_off(known, true, was_known=was_known):
        return Telling.BACK if true.stands == DOWN else Telling.BACK_ASKED
    if was_known and known is not None and known.stands in ENDS and true.stands == DOWN:
        return Telling.RESTORED
    # Another cover is another question: it changes nothing of what they were told about the first.
    same = known if known is not None and known.cover == true.cover and expects else None
    return _of_offer(same, true) if true.stands == OFFERED else _of_place(same, true)


def _of_wish(known: Standing | None, true: Standing) -> Telling | None:
    if true.stands == ASKED:
        return Telling.WISH_BACK if known is not None and known.stands == UNANSWERED else None
    is_new = known is None or (known.stands, known.cover) != (true.stands, true.cover)
    return OF_WISHES.get(true.stands) if is_new else None


def _was_called_off(known: Standing, true: Standing, *, was_known: bool) -> bool:
    """Return whether they think that the morning itself was cancelled, or moved to where it is no more."""
    return known.stands == CANCELLED or (was_known and known.slot != true.slot)


def _of_end(known: Standing | None, true: Standing) -> Telling:
    if known is not None and known.stands == DOWN and true.stands == UNNEEDED:
        return Telling.TAKEN_OFF  # they were asked again for another time, and that was taken back before they heard of it
    is_moved = known is not None and true.stands == OFF and known.slot != true.slot
    return Telling.DROPPED if is_moved else ENDS[true.stands]


def _of_offer(known: Standing | None, true: Standing) -> Telling | None:
    if known is not None and known.slot != true.slot:
        return Telling.ASKED_AGAIN
    if known is not None and (known.stands, known.at) == (OFFERED, true.at):
        return None  # whom they would replace has gone meanwhile, and they are still asked
    return Telling.SWAP if true.other else Telling.OFFERED


def _of_place(known: Standing | None, true: Standing) -> Telling | None:
    if known is None or (known.stands, known.at) != (DOWN, true.at):
        return Telling.AGREED
    if known.slot != true.slot:
        return Telling.MOVED
    return Telling.KEPT if true.other else None


class SchoolTelling(Enum):
    """What a message says to a school about a session, the most pressing first."""

    CANCELLED = "cancelled"
    MOVED = "moved"
    BACK = "back"
    RETRACTED = "retracted"
    TAKEN_OFF = "taken-off"
    AGREED = "agreed"
    GUESTS = "guests"
    """To the host: pupils of other schools come to it, or no longer do."""


def school_telling_of(known: Standing | None, true: Standing | None, *, was_known: bool) -> SchoolTelling | None:
    """Return what a school that knows `known` of a session has to be told; None: nothing.

    `true` None: its pupils are not in the session any more, or there is no such session. What is only planned is between the
    coordinator and the school: nothing of that is mailed.
    """
    if known == true:
        return None
    if true is not None and true.stands == AGREED:
        return _of_agreed(known, true, was_known=was_known)
    if known is None or known.stands != AGREED:
        return None
    if true is None:
        return SchoolTelling.TAKEN_OFF
    return SchoolTelling.RETRACTED if true.stands == PLANNED else SchoolTelling.CANCELLED


def _of_agreed(known: Standing | None, true: Standing, *, was_known: bool) -> SchoolTelling | None:
    if known is None or known.stands == PLANNED:
        return SchoolTelling.AGREED
    if known.is_but_for_guests(true):
        return SchoolTelling.GUESTS
    return SchoolTelling.BACK if known.stands == CANCELLED or was_known else SchoolTelling.MOVED


def told_together(telling: SchoolTelling) -> set[SchoolTelling]:
    """Return the tellings whose sessions, in the same mail, do not make one of this telling a part of the visit.

    A visit moves in part where something stays that the school knew already, and not where something is new or back beside it.
    """
    return {telling, SchoolTelling.BACK, SchoolTelling.AGREED} if telling is SchoolTelling.MOVED else {telling}


def is_part(telling: SchoolTelling, days: tuple[str, str], others: Iterable[Standing], known: Known) -> bool:
    """Return whether what a school is told is about a part of a visit day alone: something else that day is not so.

    `days`: that of the session now, and the one on which the school thinks it is. `others`: the sessions of the visit to which
    somebody comes, without those that are told together with it. What was never agreed with the school it never waited for.
    """
    if telling is SchoolTelling.BACK:
        were_agreed = {each.session for each in (*known.earlier, *known.says.values()) if each.stands == AGREED}
        return any(each.stands == CANCELLED and each.day == days[0] and each.session in were_agreed for each in others)
    return any(each.stands == AGREED and each.day in days for each in others)
