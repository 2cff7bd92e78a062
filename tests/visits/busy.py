"""What the processes of test_at_once.py do: one kind of change, again and again, to the same few sessions.

Django is set up when they are called, not when they are imported. Each kind answers with every refusal in words; anything else
that is raised (a deadlock, a locked file, a broken constraint) is answered as “UNEXPECTED …”.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
DAYS = [date(2026, 11, 26), date(2026, 11, 27), date(2026, 11, 30)]

type Deed = Callable[[Random, Any], None]


def do_again_and_again(kind: str, who: int, rounds: int, seed: int) -> list[str]:
    """`who` is the id of the volunteer who claims or drops, or of the user who moves or cancels."""
    from django.db import Error

    from schools.core.errors import RuleBroken

    chance, deed, refusals = Random(seed), KINDS[kind], []  # noqa: S311  # chance, not secrets
    for _ in range(rounds):
        try:
            deed(chance, who)
        except RuleBroken as refusal:
            refusals.append(" ".join(refusal.reasons))
        except Error as error:
            refusals.append(f"UNEXPECTED {type(error).__name__}: {error}")
    return refusals


def _any_day(chance: Random) -> Any:
    """A visit day of any scheduled session; None where there is none."""
    from schools.models import Session
    from schools.visits.queries import VisitDay

    sessions = list(Session.objects.scheduled().select_related("visit__school").order_by("pk"))
    return VisitDay((session := chance.choice(sessions)).visit, session.day) if sessions else None


def claim(chance: Random, who: int) -> None:
    """Take a visit day."""
    from schools.models import User, Volunteer
    from schools.visits import actions

    volunteer = Volunteer.objects.get(pk=who)
    if day := _any_day(chance):
        actions.claim(day, volunteer, role="presenter", by=User.objects.get(volunteer=who), now=NOW)


def drop(chance: Random, who: int) -> None:
    """Say “can't make it”; the program then asks the next person."""
    from schools.models import User, Volunteer
    from schools.planning.actions import withdraw_and_ask_next

    volunteer = Volunteer.objects.get(pk=who)
    if day := _any_day(chance):
        withdraw_and_ask_next(day, volunteer, by=User.objects.get(volunteer=who), now=NOW)


def swap(chance: Random, who: int) -> None:
    """Ask somebody else to go instead."""
    from schools.models import User, Volunteer
    from schools.visits import actions

    volunteer = Volunteer.objects.get(pk=who)
    other = chance.choice(list(Volunteer.objects.exclude(pk=who).order_by("pk")))
    if day := _any_day(chance):
        actions.swap(day, volunteer, other, by=User.objects.get(volunteer=who), now=NOW)


def move(chance: Random, who: int) -> None:
    """Move the sessions of a visit day to another day, or a little later."""
    from schools.models import User
    from schools.visits.actions.moving import move as move_sessions
    from schools.visits.actions.moving import plan_move
    from schools.visits.rules import later, slot_of

    by = User.objects.get(pk=who)
    if day := _any_day(chance):
        minutes, to_day = timedelta(minutes=chance.choice([-20, 0, 20, 45])), chance.choice(DAYS)
        slots = {session.pk: later(slot_of(session), day=to_day, by=minutes) for session in day.sessions()}
        to = {pk: slot for pk, slot in slots.items() if slot is not None}
        move_sessions(day.visit, to, seen=plan_move(day.visit, to, by=by, now=NOW).digest, by=by, now=NOW)


def snow(chance: Random, who: int) -> None:
    """Cancel a visit day and take it back."""
    from schools.models import User
    from schools.visits.actions import cancel_day
    from schools.visits.actions.undoing import undo

    by = User.objects.get(pk=who)
    if day := _any_day(chance):
        batch = cancel_day(day.day, [session.pk for session in day.sessions()], code="weather", note="", by=by, now=NOW)
        undo(batch, by=by, now=NOW)


KINDS: dict[str, Deed] = {"claim": claim, "drop": drop, "swap": swap, "move": move, "snow": snow}
"""Each kind by its name; another part adds its own here and a line to test_at_once.py."""
