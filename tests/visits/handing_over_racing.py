"""What the racing processes of test_handing_over_at_once.py do; Django is set up when they are called, not when imported."""

import time
from datetime import UTC, date, datetime
from typing import Any

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
FROM_DAY = date(2026, 11, 25)


def give(visit: int, to: int, by: int) -> None:
    """Give the visit to a colleague, and take a while over it: whoever begins meanwhile has read what was so before."""
    from django.db import transaction

    from schools.models import User
    from schools.visits.actions.bulk import reassign

    with transaction.atomic():
        reassign([visit], to=User.objects.get(pk=to), by=User.objects.get(pk=by), now=NOW)
        time.sleep(2)


def hand(area: int, leaving: int, to: int, by: int) -> None:
    """Hand the area over, once the other has begun."""
    from schools.models import Area, User
    from schools.visits.actions.bulk import hand_over

    time.sleep(1)
    people = {"leaving": User.objects.get(pk=leaving), "to": User.objects.get(pk=to), "by": User.objects.get(pk=by)}
    hand_over(Area.objects.get(pk=area), from_day=FROM_DAY, now=NOW, **people)


def act(what: str, *given: int) -> None:
    """Do one of the two in a process of its own."""
    deeds: dict[str, Any] = {"give": give, "hand": hand}
    deeds[what](*given)
