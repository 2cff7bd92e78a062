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


def _take(port: int, visit: int, volunteer: int, at: str) -> None:
    """Take the first day of the visit, as a volunteer does."""
    from schools.visits.actions import claim

    person = _person(port, volunteer)
    claim(_first_day(visit), person, role="presenter", by=person.user, now=datetime.fromisoformat(at))


def _assign(port: int, visit: int, volunteer: int, at: str) -> None:
    """Put the volunteer on the first day of the visit, as the office does."""
    from schools.visits.actions import assign_all

    assign_all(_first_day(visit), _person(port, volunteer), role="presenter", by=_manager(), now=datetime.fromisoformat(at))


def _talk(port: int, visit: int, _: int, at: str) -> None:
    """Log a conversation about the visit."""
    from schools.visits.actions.conversations import Conversation, log_conversation
    from tests.messages.test_once import sends_to

    sends_to(port)
    row, now = _there(visit), datetime.fromisoformat(at)
    log_conversation(row.school, Conversation(day=now.date(), how="phone", who="Nia"), by=_manager(), now=now, visit=row)


def _confirm(port: int, visit: int, _: int, at: str) -> None:
    """Write down that the school agreed to the visit."""
    from schools.visits.actions.confirming import confirm_to_undo
    from tests.messages.test_once import sends_to

    sends_to(port)
    now = datetime.fromisoformat(at)
    confirm_to_undo(_there(visit), by=_manager(), now=now, agreed_on=now.date(), agreed_with="Nia")


def _manager() -> Any:
    """The manager who is there: a factory of this process would count its people from nought again."""
    from schools.accounts.models import Role
    from schools.models import User

    return User.objects.filter(groups__name=Role.MANAGER.value).order_by("pk")[0]


def _there(visit: int) -> Any:
    """The visit as its page read it; where it is gone by then, the page is not found."""
    from schools.core.errors import RuleBroken
    from schools.models import Visit

    row = Visit.objects.select_related("school").filter(pk=visit).first()
    if row is None:
        raise RuleBroken(["There is no such page."])
    return row


def _first_day(visit: int) -> Any:
    from schools.core.errors import RuleBroken
    from schools.visits.queries import VisitDay

    row = _there(visit)
    first = row.sessions.order_by("day").first()
    if first is None:
        raise RuleBroken(["There is no such page."])
    return VisitDay(row, first.day)


def _person(port: int, volunteer: int) -> Any:
    from schools.models import Volunteer
    from tests.messages.test_once import sends_to

    sends_to(port)
    return Volunteer.objects.select_related("user").get(pk=volunteer)


DEEDS: dict[str, Any] = {
    "snow": _snow, "undo": _undo, "send": _send, "sweep": _sweep, "take": _take, "assign": _assign, "talk": _talk,
    "confirm": _confirm,
}  # fmt: skip


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
