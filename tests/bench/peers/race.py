"""How each system is filled and measured: its own models, its own pages, and the measure of tests/bench/pages.py.

It runs in the other system's environment, so it imports nothing of ours that needs Speakout's packages.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import batched
from pathlib import Path
from typing import Any

import django

from tests.bench.pages import Page, measure
from tests.bench.peers.rows import Row, write

BATCH = 500


@dataclass(frozen=True)
class Size:
    """How much there is: people, schools, visits of several sessions (shifts), and who goes to which of these (sign-ups)."""

    people: int
    schools: int
    events: int
    shifts: int
    sign_ups: int


NATIONAL = Size(people=2_000, schools=25_000, events=20_000, shifts=65_000, sign_ups=120_000)
"""As our national demo has it, with two years behind it (`manage.py demo --size national`)."""
PAST, TO_COME = timedelta(days=2 * 365 + 85), timedelta(days=14)
"""The time over which it is spread, from today."""


@dataclass(frozen=True)
class Shift:
    """A session: its event, when it is, and who goes there, by their numbers from 0."""

    number: int
    event: int
    begins: datetime
    people: tuple[int, ...]

    @property
    def ends(self) -> datetime:
        """Three quarters of an hour later."""
        return self.begins + timedelta(minutes=45)


def shifts(size: Size, *, on: date) -> Iterator[Shift]:
    """Yield all sessions in the order of time; the same size and day make the same."""
    for number in range(size.shifts):
        event = number * size.events // size.shifts
        day = on - PAST + (PAST + TO_COME) * event // max(1, size.events - 1)
        first, after = (place * size.sign_ups // size.shifts for place in (number, number + 1))
        # 7,919 shares no divisor with the number of people: neighbours are different people, and all get as many.
        people = tuple(sign_up * 7_919 % size.people for sign_up in range(first, after))
        yield Shift(number, event, datetime.combine(day, time(9 + number % 5), UTC), people)


def store(model: Any, values: Iterable[dict[str, Any]]) -> list[Any]:
    """Store rows of a model; what this version of the system has no field for is left out."""
    names = {field.name for field in model._meta.fields} | {field.attname for field in model._meta.fields}
    rows = (model(**{name: value for name, value in row.items() if name in names}) for row in values)
    return [made for some in batched(rows, BATCH) for made in model._base_manager.bulk_create(some)]


def empty_page(client: Any) -> str:
    """Return the address of the admin's list of a table without rows that the client may open."""
    from django.contrib import admin
    from django.urls import reverse

    for model in sorted(admin.site._registry, key=lambda model: model._meta.label):
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        if not model._base_manager.exists() and client.get(address).status_code == 200:
            return address
    return sys.exit("Its admin has no list without rows to be the floor.")


@dataclass(frozen=True)
class System:
    """A system in the race. `pages` yields the kind of each page, who asks, and its address."""

    name: str
    size: Callable[[], Size]
    """How much there is by now; all zero in an empty database."""
    fill: Callable[[Size], None]
    pages: Callable[[], Iterable[tuple[str, Any, str]]]


def rows_of(system: System, size: Size, *, rounds: int) -> list[Row]:
    """Measure the pages of a system that is full."""
    from django.db import connection

    asked_for = list(system.pages())
    client = asked_for[0][1]
    floor = Page("an empty page of its admin", client, empty_page(client), 1.0)
    pages = [Page(kind, who, address, float("inf")) for kind, who, address in asked_for]
    measure([floor, *pages], rounds=rounds)
    return [
        Row(
            system=system.name, database=connection.vendor, people=size.people, shifts=size.shifts, sign_ups=size.sign_ups,
            page=page.name, address=page.address, milliseconds=round(page.seconds * 1000, 2), statements=len(page.statements),
            floor=round(floor.seconds * 1000, 2),
        )
        for page in pages
    ]  # fmt: skip


def plain_names_of_static_files() -> dict[str, Any]:
    """Return the setting with which nobody has to collect static files first: all systems name them as they are."""
    from django.conf import settings

    return settings.STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


def race(system: System) -> None:
    """Make the tables of a system that is set up, fill them where they are empty, measure, and add the rows to a file."""
    parser = argparse.ArgumentParser(description=f"{system.name} in the race of tests/bench/peers/README.md")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--to", type=Path, default=Path("peers.jsonl"))
    options = parser.parse_args()
    from django.core.management import call_command
    from django.db import transaction
    from django.test.utils import override_settings

    call_command("migrate", verbosity=0)
    if not system.size().shifts:
        with transaction.atomic():  # all or nothing, and many times as quick on SQLite
            system.fill(NATIONAL)
    if (size := system.size()).shifts < NATIONAL.shifts * 0.9 or size.sign_ups < NATIONAL.sign_ups * 0.9:
        sys.exit(f"The database has {size}; the race needs {NATIONAL}. Name an empty one: this command fills it.")
    print(f"{system.name} on {django.get_version()}: {size}")
    # Nobody has to collect static files or to speak HTTPS for it.
    plain = {"SECURE_SSL_REDIRECT": False, "STORAGES": plain_names_of_static_files()}
    with override_settings(ALLOWED_HOSTS=["*"], DEBUG=False, **plain):
        write(rows_of(system, size, rounds=options.rounds), options.to)
