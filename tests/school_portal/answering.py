"""What the racing processes of test_at_once.py do; Django is set up when they are called, not when they are imported."""

from datetime import UTC, datetime

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def say_in_turn(paths: list[str], boxes: list[dict[str, str]]) -> list[int]:
    """Send the boxes to each page, one after the other; the status of each answer."""
    import time_machine
    from django.conf import settings
    from django.core.cache import cache
    from django.test import Client

    settings.ALLOWED_HOSTS = ["testserver"]
    statuses = []
    with time_machine.travel(NOW, tick=False):
        for path, typed in zip(paths, boxes, strict=True):
            cache.clear()  # the limit of sending is another promise
            statuses.append(Client().post(path, typed).status_code)
    return statuses


def take_in_turn(visits: list[int], user: int) -> list[int]:
    """Take everything that waits at each visit; how much that was, 0 where somebody was quicker."""
    from schools.core.errors import RuleBroken
    from schools.models import User, Visit
    from schools.visits.actions.taking_answers import take_answers

    by, taken = User.objects.get(pk=user), []
    for visit in Visit.objects.filter(pk__in=visits).order_by("pk"):
        try:
            taken.append(len(take_answers(visit, None, by=by, now=NOW)))
        except RuleBroken:
            taken.append(0)
    return taken
