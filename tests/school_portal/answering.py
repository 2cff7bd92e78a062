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
    from tests.school_portal.taking import all_waiting

    by, taken = User.objects.get(pk=user), []
    for visit in Visit.objects.filter(pk__in=visits).order_by("pk"):
        try:
            taken.append(len(take_answers(visit, all_waiting(visit), by=by, now=NOW)))
        except RuleBroken:
            taken.append(0)
    return taken


MORNING = datetime(2026, 11, 26, 8, 40, tzinfo=UTC)


def press_in_turn(paths: list[str], dos: list[str]) -> list[int]:
    """On the morning of the visits, press these buttons on each page, one after the other; the status of each answer."""
    import time_machine
    from django.conf import settings
    from django.core.cache import cache
    from django.test import Client

    settings.ALLOWED_HOSTS = ["testserver"]
    statuses = []
    with time_machine.travel(MORNING, tick=False):
        for path in paths:
            for do in dos:
                cache.clear()  # the limit of sending is another promise
                statuses.append(Client().post(path, {"do": do, "given_by": do}).status_code)
    return statuses


def cancel_in_turn(visits: list[int], user: int) -> list[int]:
    """Cancel each visit, as its coordinator does; how many alarms stood about it then."""
    from schools.models import SchoolAlarm, User, Visit
    from schools.visits.actions import cancel_visit

    by, stood = User.objects.get(pk=user), []
    for visit in Visit.objects.filter(pk__in=visits).order_by("pk"):
        cancel_visit(visit, code="school", note="", by=by, now=MORNING)
        stood.append(SchoolAlarm.objects.filter(visit=visit).count())
    return stood


def press_or_cancel(do: str, paths: list[str], visits: list[int], user: int) -> list[int]:
    """Say on each page that nobody has come, or cancel each visit; both go through the visits in the same order."""
    return press_in_turn(paths, ["nobody"]) if do == "press" else cancel_in_turn(visits, user)


def ask_kinds(_number: int) -> int:
    """Write what is due by the kinds of alarms; how many messages that wrote."""
    from tests.news import tell

    return tell(MORNING, kinds=("school-alarm", "morning-alarm"))
