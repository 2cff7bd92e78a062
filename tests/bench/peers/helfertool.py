"""Helfertool in the race, from a checkout that PYTHONPATH names (README.md): `python -m tests.bench.peers.helfertool`.

Helfertool is made for events of many shifts, so an event is an area of a hundred, a job a visit, a shift a session. A helper
belongs to an event: people are spread over these, and go to shifts of their own. It has no calendar.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

import django
from django.apps import apps

from tests.bench.peers.race import PAST, TO_COME, Size, System, race, shifts, store

AREAS = 100
ADMIN = "admin"


def _model(name: str) -> Any:
    return apps.get_model("registration", name)


def _sign_ups() -> Any:
    """The table of who goes to which shift, which has a model of its own in newer versions."""
    return _model("Helper").shifts.through


def size() -> Size:
    """How much there is."""
    helpers, jobs, sessions = (_model(name)._base_manager.count() for name in ("Helper", "Job", "Shift"))
    return Size(helpers, 0, jobs, sessions, _sign_ups()._base_manager.count())


def fill(size: Size) -> None:
    """Store events, jobs, shifts, helpers, and who goes where."""
    today = date.today()  # noqa: DTZ011  # the other system's day
    events = store(
        _model("Event"),
        (
            {"url_name": f"area{n}", "name": f"Area {n}", "date": today - PAST, "active": True, "changes_until": today + TO_COME}
            for n in range(AREAS)
        ),
    )
    jobs = store(_model("Job"), ({"event": events[n % AREAS], "name": f"Visit {n}", "public": True} for n in range(size.events)))
    helpers = store(_model("Helper"), (_helper(number, events[number % AREAS]) for number in range(size.people)))
    plan = list(shifts(size, on=today))
    made = store(
        _model("Shift"),
        ({"job": jobs[shift.event], "begin": shift.begins, "end": shift.ends, "number": 2} for shift in plan),
    )
    # Those of the area go, in turn.
    turns: defaultdict[int, int] = defaultdict(int)
    rows = []
    for shift in plan:
        area = shift.event % AREAS
        for _ in shift.people:
            rows.append({"helper": helpers[area + AREAS * (turns[area] % (size.people // AREAS))], "shift": made[shift.number]})
            turns[area] += 1
    store(_sign_ups(), rows)
    _user()._base_manager.create(username=ADMIN, is_staff=True, is_superuser=True, is_active=True)


def _user() -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model()


def _helper(number: int, event: Any) -> dict[str, Any]:
    return {
        "event": event, "firstname": "Helper", "surname": f"Number {number}", "email": f"helper{number}@example.org",
        "phone": "01632 960123", "validated": True, "privacy_statement": True,
    }  # fmt: skip


def pages() -> Iterator[tuple[str, Any, str]]:
    """Its nearest pages, of the first area: all visits with their sessions, the people of one visit, and a helper's own page."""
    from django.test import Client
    from django.urls import reverse

    admin, anybody = Client(), Client()
    admin.force_login(_user()._base_manager.get(username=ADMIN), backend="django.contrib.auth.backends.ModelBackend")
    event = _model("Event")._base_manager.get(url_name="area0")
    job = event.job_set.order_by("pk").last()
    helper = _model("Helper")._base_manager.filter(event=event).order_by("surname").first()
    yield "list", admin, reverse("jobs_and_shifts", args=[event.url_name])
    yield "detail", admin, reverse("helpers_for_job", args=[event.url_name, job.pk])
    yield "own shifts", anybody, reverse("registered", args=[event.url_name, helper.pk])


if __name__ == "__main__":
    django.setup()
    race(System("Helfertool", size, fill, pages))
