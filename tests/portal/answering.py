"""What the racing processes of test_answers_at_once.py do; Django is set up when they are called, not when they are imported."""

from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)


def press_in_turn(paths: list[str]) -> list[int]:
    """Press the button of each link, one after the other; the status of each answer."""
    import time_machine
    from django.conf import settings
    from django.core.cache import cache
    from django.test import Client

    settings.ALLOWED_HOSTS = ["testserver"]
    statuses = []
    with time_machine.travel(NOW, tick=False):
        for path in paths:
            cache.clear()  # the limit of presses is another promise
            statuses.append(Client().post(path).status_code)
    return statuses


def move_in_turn(visit_ids: list[int], user_id: int) -> list[int]:
    """Move each visit three hours later on its day, which asks everybody again; how often each had to be looked at."""
    from schools.core.errors import RuleBroken
    from schools.models import User, Visit
    from schools.visits.actions.moving import move, plan_move
    from schools.visits.rules import later, slot_of

    by = User.objects.get(pk=user_id)
    looks = []
    for visit in Visit.objects.filter(pk__in=visit_ids).order_by("pk"):
        slots = {each.pk: later(slot_of(each), day=each.day, by=timedelta(hours=3)) for each in visit.sessions.all()}
        to = {pk: slot for pk, slot in slots.items() if slot is not None}
        for look in range(1, 50):
            try:
                move(visit, to, seen=plan_move(visit, to, by=by, now=NOW).digest, by=by, now=NOW)
            except RuleBroken:
                continue
            looks.append(look)
            break
    return looks


def race(role: str, ids: list[int], paths: list[str], who: int) -> list[int]:
    """Be the one who answers, or the one who moves."""
    return press_in_turn(paths) if role == "answers" else move_in_turn(ids, who)
