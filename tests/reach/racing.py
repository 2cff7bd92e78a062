"""What the processes of the tests with many at once do."""

from datetime import UTC, date, datetime, time
from time import sleep
from typing import Any
from uuid import uuid4

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
PAST = date(2025, 10, 20)
SHARED = {"default": {"BACKEND": "schools.core.cache.Cache", "LOCATION": "speakout_cache"}}


def do(kind: str, pk: int, by: int, group: int, counts: tuple[tuple[int, int], ...]) -> str:
    """Close the return, book at the school, or correct the session's counts, with or without a reason; "done", or why not."""
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
        if kind == "close late":
            sleep(0.5)
            return do("close", pk, by, group, counts)
        if kind.startswith("book"):
            return _book(pk, who, group, slowly=kind == "book slowly")
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


def publish_period(name: str, by: int) -> str:
    """Publish the period; "done", or why not."""
    from schools.core.errors import RuleBroken
    from schools.core.periods import Period
    from schools.models import User
    from schools.reach.actions.publishing import publish

    try:
        publish(Period.parse(name), by=User.objects.get(pk=by), now=NOW)
    except RuleBroken as broken:
        return broken.reasons[0]
    return "done"


def _book(school: int, who: Any, minute: int, *, slowly: bool) -> str:
    """Book an assembly on a day of the period."""
    from django.db import transaction

    from schools.models import School, SessionType
    from schools.visits.actions import book
    from schools.visits.rules import NewSession

    new = NewSession(SessionType.objects.get(slug="ks2-assembly"), PAST, time(13, minute), ends=time(14, 0), expected={4: 20})
    with transaction.atomic():
        book(School.objects.get(pk=school), [new], by=who, now=NOW)
        sleep(1.5 if slowly else 0)
    return "done"


def ask(token: int, often: int) -> int:
    """Ask so often within one minute as the token's program; how often it was let."""
    from django.test import override_settings

    from schools.reach.allowance import take_request

    with override_settings(CACHES=SHARED):
        return sum(take_request(token, now=NOW) for _ in range(often))


def read_kept(often: int) -> list[tuple[int, int]]:
    """Look so often at the attendances of 2025/26, as they are counted and as they are kept, both of one moment."""
    from django.core.cache import cache
    from django.test import override_settings

    from schools.core.periods import AcademicYear
    from schools.core.snapshot import snapshot
    from schools.reach.queries import reach_of_periods
    from schools.reach.rows import Cut

    seen = []
    asked: dict[str, Any] = {"by": Cut.AREA, "as_of": NOW.date(), "volunteers": False}
    with override_settings(CACHES=SHARED):
        for _ in range(often):
            with snapshot():
                [kept], [counted] = (
                    reach_of_periods([AcademicYear(2025).period], may_be_kept=may_be, **asked) for may_be in (True, False)
                )
            seen.append((counted.total.attendances, kept.total.attendances))
        cache.close()
    return seen


def write_counts(headcount: int, often: int) -> list[tuple[int, int]]:
    """Correct a number so often, sometimes in a transaction that takes long; nothing is looked at."""
    from django.db import transaction

    from schools.models import Headcount

    for number in range(often):
        with transaction.atomic():
            Headcount.objects.filter(pk=headcount).update(pupils=number + 1)
            sleep(0.04 * (number % 3))
    return []


def read_or_write(kind: str, headcount: int, often: int) -> list[tuple[int, int]]:
    """Do one or the other."""
    return read_kept(often) if kind == "read" else write_counts(headcount, often)
