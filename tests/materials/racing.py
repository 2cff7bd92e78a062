"""What the racing processes of test_at_once.py do; Django is set up when they are called, not when they are imported."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def move_count_and_use(number: int, stores: tuple[int, int], material: int, session: int, by: int) -> list[str]:
    """One person's morning: moves back and forth, a loss, a count, an outcome; what was refused, in its words."""
    from uuid import uuid4

    from schools import models
    from schools.core.errors import RuleBroken
    from schools.delivery.actions import record
    from schools.delivery.queries import Outcome
    from schools.materials import actions

    user, thing = models.User.objects.get(pk=by), models.Material.objects.get(pk=material)
    here, there = (models.Store.objects.get(pk=pk) for pk in (stores if number % 2 else stores[::-1]))
    when: dict[str, Any] = {"day": NOW.date(), "by": user, "now": NOW}
    said = Outcome("yes", materials={material: (10, 7)})
    work: list[Callable[[], object]] = [
        lambda: actions.transfer(here, there, thing, 9, **when),
        lambda: record(models.Session.objects.get(pk=session), said, key=uuid4(), by=user, now=NOW),
        lambda: actions.lose(there, thing, 2, **when),
        lambda: actions.count(here, {thing: 20 + number}, **when),
        lambda: actions.transfer(there, here, thing, 11, **when),
    ]
    refused = []
    for step in work:
        try:
            step()
        except RuleBroken as broken:
            refused += broken.reasons
    return refused


def take_all(store: int, target: int, material: int, by: int) -> str:
    """Move everything away: it is there once."""
    from schools import models
    from schools.core.errors import RuleBroken
    from schools.materials import actions

    user = models.User.objects.get(pk=by)
    origin, to = models.Store.objects.get(pk=store), models.Store.objects.get(pk=target)
    try:
        actions.transfer(origin, to, models.Material.objects.get(pk=material), 30, day=NOW.date(), by=user, now=NOW)
    except RuleBroken as broken:
        return broken.reasons[0]
    return "moved"


def choose(session: int, piece: int) -> str:
    """Choose the piece for the session."""
    from schools import models
    from schools.core.errors import RuleBroken
    from schools.materials import actions

    thing = models.Piece.objects.select_related("material").get(pk=piece)
    try:
        actions.choose_pieces(models.Session.objects.get(pk=session), thing.material, [thing])
    except RuleBroken as broken:
        return broken.reasons[0]
    return "chosen"


def send(store: int, material: int, by: int, key: str) -> str:
    """Send the form that says that nine came, as a browser would twice."""
    from uuid import UUID

    from schools import models
    from schools.materials import actions

    user, thing = models.User.objects.get(pk=by), models.Material.objects.get(pk=material)
    place = models.Store.objects.get(pk=store)
    try:
        actions.run_once(
            UUID(key),
            lambda: actions.receive(place, thing, 9, day=NOW.date(), by=user, now=NOW),
            content="nine came",
            by=user,
            now=NOW,
        )
    except actions.AlreadySubmitted:
        return "already"
    return "written"
