"""What the processes of the tests with many at once do."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)


def do(kind: str, pk: int, by: int, group: int, counts: tuple[tuple[int, int], ...]) -> str:
    """Close the return, or correct the session's counts (each of a school) with or without saying why; "done", or why not."""
    from schools.core.errors import RuleBroken
    from schools.delivery.actions import amend
    from schools.delivery.queries import Outcome
    from schools.models import Return, Session, User
    from schools.reach.actions import close, restate

    who = User.objects.get(pk=by)
    try:
        if kind == "close":
            close(Return.objects.get(pk=pk), by=who, now=NOW)
            return "done"
        session = Session.objects.get(pk=pk)
        said = Outcome("yes", headcounts={(school, group): pupils for school, pupils in counts})
        told: dict[str, Any] = {"key": uuid4(), "version": session.version, "by": who, "now": NOW}
        if kind == "amend":
            amend(session, said, **told)
        else:
            schools = [school for school, _ in counts]
            restate(
                session, lambda tell: amend(session, said, restate=tell, **told), why="Counted again", by=who, now=NOW,
                schools=schools,
            )  # fmt: skip
    except RuleBroken as broken:
        return broken.reasons[0]
    return "done"
