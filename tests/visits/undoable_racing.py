"""What the racing processes of test_undoable_races.py do; Django is set up when they are called, not when they are imported."""

import os
import signal
import time
from datetime import datetime, timedelta
from typing import Any


def act(what: str, *given: object) -> str:
    """Do one thing of those below in a process of its own; the refusal in words, or "" where it was done."""
    from schools.core.errors import RuleBroken

    try:
        DEEDS[what](*given)
    except RuleBroken as refusal:
        return " ".join(refusal.reasons)
    return ""


def _snow(user: int, day: str, sessions: list[int], at: str) -> None:
    """Look, and do what was seen."""
    from datetime import date

    from schools.models import User
    from schools.visits.actions import cancel_day
    from schools.visits.actions.undoable import held, messages_of

    by, now = User.objects.get(pk=user), datetime.fromisoformat(at)

    def snow() -> Any:
        return cancel_day(date.fromisoformat(day), sessions, code="weather", note="", by=by, now=now)

    held(snow, now=now, seen=messages_of(snow, now=now).digest)


def _undo(port: int, user: int, batch: int, at: str, hesitates: float = 0) -> None:
    """Undo it, some seconds after the others have begun; the tasks that follow may send what corrects it."""
    from schools.models import Batch, User
    from schools.visits.actions.undoing import undo
    from tests.messages.test_once import sends_to

    sends_to(port)
    time.sleep(hesitates)
    undo(Batch.objects.get(pk=batch), by=User.objects.get(pk=user), now=datetime.fromisoformat(at))


def _send(port: int, at: str) -> None:
    """Send what is due, by a clock that may be ahead of the page's."""
    from schools.messages.actions import deliver_due
    from tests.messages.test_once import sends_to

    sends_to(port)
    deliver_due(clock=lambda: datetime.fromisoformat(at))


def _sweep(port: int, at: str) -> None:
    """Ask all kinds, as the clock's job does, and send what is due."""
    from schools.messages.asking import write_due

    write_due(clock=lambda: datetime.fromisoformat(at))
    _send(port, at)


DEEDS: dict[str, Any] = {"snow": _snow, "undo": _undo, "send": _send, "sweep": _sweep}


def be_killed_before_the_text(port: int, at: str) -> None:
    """Take a message to send it, and be killed while the mail server is being reached."""
    from schools.messages import smtp
    from schools.messages.actions import deliver_due
    from tests.messages.test_once import sends_to

    sends_to(port)
    careful: Any = smtp._Careful
    careful.rcpt = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    deliver_due(clock=lambda: datetime.fromisoformat(at))


def later(at: datetime, seconds: float) -> str:
    """Return the moment so many seconds later, as processes are told it."""
    return (at + timedelta(seconds=seconds)).isoformat()
