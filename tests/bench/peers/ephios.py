"""ephios in the race, in an environment that has its package (README.md): `python -m tests.bench.peers.ephios`.

A visit is an event, a session a shift, a sign-up a confirmed participation. All volunteers may see all events, by a permission of
their group for each.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import django
from django.apps import apps

from tests.bench.peers.race import NATIONAL, Size, System, race, shifts, store

ADMIN, ME = "admin@example.org", "person0@example.org"
CONFIRMED = 1


def _model(name: str, app: str = "core") -> Any:
    return apps.get_model(app, name)


def size() -> Size:
    """How much there is; schools are places of events by their names."""
    people, events, sessions, sign_ups = (
        _model(name)._base_manager.count() for name in ("UserProfile", "Event", "Shift", "LocalParticipation")
    )
    return Size(people, NATIONAL.schools, events, sessions, sign_ups)


def fill(size: Size) -> None:
    """Store people and their group, events, shifts, participations, and who may see what."""
    from django.contrib.auth.models import Group

    people = store(_model("UserProfile"), (_person(f"person{number}@example.org") for number in range(size.people)))
    _model("UserProfile")._base_manager.create(**_person(ADMIN), is_staff=True, is_superuser=True)
    volunteers = Group.objects.create(name="Volunteers")
    members = _model("UserProfile").groups.through
    store(members, ({"userprofile_id": person.pk, "group_id": volunteers.pk} for person in people))
    kind = _model("EventType")._base_manager.create(title="Visit")
    events = store(
        _model("Event"),
        (
            {"title": f"Visit {number}", "location": f"School {number % size.schools}", "type": kind, "active": True}
            for number in range(size.events)
        ),
    )
    _let_see(volunteers, events)
    plan = list(shifts(size, on=date.today()))  # noqa: DTZ011  # the other system's day
    made = store(
        _model("Shift"),
        (
            {
                "event": events[shift.event], "meeting_time": shift.begins, "start_time": shift.begins, "end_time": shift.ends,
                "signup_flow_slug": "instant_confirmation", "structure_slug": "uniform",
                "structure_configuration": {"minimum_number_of_participants": 2, "maximum_number_of_participants": 2},
            }
            for shift in plan
        ),
    )  # fmt: skip
    _sign_up([(made[shift.number], people[number]) for shift in plan for number in shift.people])


def _person(email: str) -> dict[str, Any]:
    return {"email": email, "display_name": email.partition("@")[0].title(), "date_of_birth": date(1970, 1, 1)}


def _let_see(group: Any, events: list[Any]) -> None:
    from django.contrib.auth.models import Permission

    view = Permission.objects.get(codename="view_event", content_type__app_label="core")
    by_group = _model("GroupObjectPermission", "guardian")
    kind = view.content_type
    store(by_group, ({"group": group, "permission": view, "content_type": kind, "object_pk": str(event.pk)} for event in events))


def _sign_up(pairs: list[tuple[Any, Any]]) -> None:
    """Store participations: Django stores many at once of a table alone, and theirs are in two, the second with the same keys."""
    from django.contrib.contenttypes.models import ContentType
    from django.db import connection

    ours = _model("LocalParticipation")
    kind = ContentType.objects.get_for_model(ours, for_concrete_model=False)
    rows = store(
        _model("AbstractParticipation"),
        ({"shift": shift, "state": CONFIRMED, "polymorphic_ctype_id": kind.pk} for shift, _ in pairs),
    )
    table, key = ours._meta.db_table, ours._meta.pk.column
    insert = f"INSERT INTO {table} ({key}, user_id) VALUES (%s, %s)"  # noqa: S608  # names of the model
    with connection.cursor() as cursor:
        cursor.executemany(insert, [(row.pk, person.pk) for row, (_, person) in zip(rows, pairs, strict=True)])


def pages() -> Iterator[tuple[str, Any, str]]:
    """Its nearest pages; a session of a browser keeps whether its events are shown as a list or a calendar."""
    from django.test import Client
    from django.urls import reverse
    from django.utils import timezone

    admin, with_calendar, volunteer = Client(), Client(), Client()
    for client, email in ((admin, ADMIN), (with_calendar, ADMIN), (volunteer, ME)):
        user = _model("UserProfile")._base_manager.get(email=email)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    events = reverse("core:event_list")
    with_calendar.get(events, {"mode": "calendar"})
    shift = _model("Shift")._base_manager.filter(start_time__gte=timezone.now()).order_by("start_time", "pk").first()
    yield "list", admin, events
    yield "calendar", with_calendar, events
    yield "detail", admin, _model("Event")._base_manager.get(pk=shift.event_id).get_absolute_url()
    yield "own shifts", volunteer, reverse("core:index")


if __name__ == "__main__":
    django.setup()
    race(System("ephios", size, fill, pages))
