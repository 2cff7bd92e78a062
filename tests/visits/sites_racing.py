"""What the racing processes of test_sites_at_once.py do; Django is set up when they are called, not when they are imported."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
THURSDAY, FRIDAY = date(2026, 11, 26), date(2026, 11, 27)


def act(what: str, *given: Any) -> str:
    """Do one thing of those below in a process of its own; the refusal in words, or "" where it was done."""
    from schools.core.errors import RuleBroken

    try:
        return DEEDS[what](*given) or ""
    except RuleBroken as refusal:
        return " ".join(refusal.reasons)


def _move(user: int, session: int) -> None:
    """Move the session to Thursday afternoon, as the page does: look, then do what was seen."""
    from schools.models import Session, User
    from schools.visits.actions.moving import move, plan_move
    from schools.visits.rules import Slot

    by, visit = User.objects.get(pk=user), Session.objects.select_related("visit").get(pk=session).visit
    to = {session: Slot(THURSDAY, time(14), time(14, 30))}
    move(visit, to, seen=plan_move(visit, to, by=by, now=NOW).digest, by=by, now=NOW)


def _add(user: int, session: int) -> None:
    """Add a session at the school's own address to the day of this one."""
    from schools.models import Session, User
    from schools.visits.actions import NewSession
    from schools.visits.actions.editing import add_sessions

    beside = Session.objects.select_related("visit", "type").get(pk=session)
    new = NewSession(beside.type, beside.day, time(15))
    add_sessions(beside.visit, [new], by=User.objects.get(pk=user), now=NOW)


def _undo(user: int, batch: int) -> str:
    """Undo it; what stayed as it was, in words."""
    from schools.models import Batch, User
    from schools.visits.actions.undoing import undo

    return " ".join(undo(Batch.objects.get(pk=batch), by=User.objects.get(pk=user), now=NOW).left_alone)


def _change(user: int, session: int, site: int) -> None:
    """Say that the day of the session, which was at the school's own address, is at the site."""
    from schools.models import Session, Site, User
    from schools.visits.actions.editing import change_site

    row = Session.objects.get(pk=session)
    change_site(row, Site.objects.get(pk=site), seen=None, by=User.objects.get(pk=user), now=NOW)


def _import(user: int, file: str) -> str:
    """Import the file of sessions; what is wrong with it, in words."""
    from schools.visits.session_files.importing import import_sessions

    return " ".join(refusal.reason for refusal in import_sessions(Path(file), now=NOW).refused)


DEEDS: dict[str, Any] = {"move": _move, "add": _add, "undo": _undo, "import": _import, "change": _change}
