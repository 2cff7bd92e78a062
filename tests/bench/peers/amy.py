"""AMY in the race, from a checkout that PYTHONPATH names (README.md): `python -m tests.bench.peers.amy`.

A school is an organization, a session an event (AMY has no shifts), and a sign-up a task of somebody at an event. Names of pages
changed between its versions; the first that there is is taken. AMY has no calendar. Terms that people have to agree to first are
made optional, since they would be led to them from every page.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import django
from django.apps import apps

from tests.bench.peers.race import Size, System, race, shifts, store

ME = "person0"
ADMIN = "admin"


def _model(name: str, app: str = "workshops") -> Any:
    return apps.get_model(app, name)


def size() -> Size:
    """How much there is."""
    people, hosts, events, tasks = (_model(name)._base_manager.count() for name in ("Person", "Organization", "Event", "Task"))
    return Size(people, hosts, events, events, tasks)


def fill(size: Size) -> None:
    """Store people, organizations, events and tasks."""
    person, host, event, task, role = map(_model, ("Person", "Organization", "Event", "Task", "Role"))
    if "consents" in {config.label for config in apps.get_app_configs()}:
        _model("Term", "consents")._base_manager.update(required_type="optional")
    people = store(person, (_person(number) for number in range(size.people)))
    person._base_manager.create(**_person(size.people) | {"username": ADMIN, "is_superuser": True})
    hosts = store(host, ({"domain": f"school{n}.example.org", "fullname": f"School {n}"} for n in range(size.schools)))
    plan = list(shifts(size, on=date.today()))  # noqa: DTZ011  # the other system's day
    place = {"country": "GB", "venue": "The hall", "address": "1 High Street", "latitude": 52.0, "longitude": -1.0}
    events = store(
        event,
        (
            {
                "slug": f"{shift.begins:%Y-%m-%d}-school-{shift.number}",
                "start": shift.begins.date(), "end": shift.begins.date(), "administrator": hosts[0],
                "host": hosts[shift.event % len(hosts)], "sponsor": hosts[shift.event % len(hosts)],
                "url": f"https://school{shift.number}.example.org/", **place,
            }
            for shift in plan
        ),
    )  # fmt: skip
    instructor, _ = role._base_manager.get_or_create(name="instructor", defaults={"verbose_name": "Instructor"})
    store(
        task,
        (
            {"event": events[shift.number], "person": people[number], "role": instructor}
            for shift in plan
            for number in shift.people
        ),
    )


def _person(number: int) -> dict[str, Any]:
    return {
        "username": f"person{number}", "personal": "Person", "family": f"Number {number}",
        "email": f"person{number}@example.org", "is_active": True, "data_privacy_agreement": True,
    }  # fmt: skip


def pages() -> Iterator[tuple[str, Any, str]]:
    """Its nearest pages."""
    from django.test import Client
    from django.urls import NoReverseMatch, reverse

    person, event = _model("Person"), _model("Event")
    admin, volunteer = Client(), Client()
    admin.force_login(person._base_manager.get(username=ADMIN), backend="django.contrib.auth.backends.ModelBackend")
    volunteer.force_login(person._base_manager.get(username=ME), backend="django.contrib.auth.backends.ModelBackend")
    newest = event._base_manager.order_by("-start", "pk").first()
    yield "list", admin, reverse("all_events")
    yield "detail", admin, reverse("event_details", args=[newest.slug])
    for name in ("instructor-dashboard", "instructor_dashboard"):
        try:
            yield "own shifts", volunteer, reverse(name)
        except NoReverseMatch:
            continue
        return


if __name__ == "__main__":
    django.setup()
    race(System("AMY", size, fill, pages))
