"""A national charity of ten years in one go: 25,000 schools, 300,000 sessions, about a million headcounts, 500,000 covers.

Rows are written past the ORM, because a benchmark that takes an hour to set up is run by nobody. The same seed makes the same
charity.
"""

from collections.abc import Iterable, Iterator
from datetime import date, time, timedelta
from itertools import batched
from random import Random
from typing import Any

from tests.bench.charity import GROUPS, MINUTES, analyze, make_charity

YEARS = range(2016, 2026)
SCHOOLS = 25_000
SESSIONS_A_YEAR = 30_000
VISITS = (
    ("ks1-assembly", "ks2-assembly"),
    ("ks1-assembly", "ks2-assembly", "workshop-2", "workshop-5-6"),
    ("online-ks2",),
    ("send",),
    ("ks2-assembly", "parents"),
)
"""What the visits consist of: mostly assemblies, so that a session has three year groups."""
WITH_ROLLS = 5
"""Every fifth school has rolls by year group, as the nations other than England publish them."""


def make_national(*, schools: int = SCHOOLS, sessions_a_year: int = SESSIONS_A_YEAR, years: Iterable[int] = YEARS) -> None:
    """Fill an empty database."""
    from django.db import connection, transaction

    with transaction.atomic():
        make_charity(schools=schools, areas=100)
        _write_sessions(Random(1), sessions_a_year, list(years))  # noqa: S311  # a reproducible invention, no secret
        _write_rolls()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in ("schools_visit", "schools_session"):  # those whose ids are written, too
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")  # noqa: S608  # our own names
    analyze()


def _insert(table: str, columns: str, rows: Iterable[tuple]) -> None:
    from django.db import connection

    marks = ", ".join(["%s"] * len(columns.split(",")))
    with connection.cursor() as cursor:
        for some in batched(rows, 5_000):
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for row in some:
                        copy.write_row(row)
            else:
                cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", some)  # noqa: S608  # our own names


# Longer than 40 lines: it writes the rows of four tables side by side.
def _write_sessions(luck: Random, sessions_a_year: int, years: list[int]) -> None:
    from schools import models

    holding = {
        authority: (authority, area, region)
        for authority, area, region in models.AreaAuthority.objects.values_list("authority_id", "area_id", "area__region_id")
    }
    places = [
        (pk, *holding[authority]) for pk, authority in models.School.objects.order_by("pk").values_list("pk", "authority_id")
    ]
    people = list(models.Volunteer.objects.order_by("pk").values_list("pk", flat=True))
    types = dict(models.SessionType.objects.values_list("slug", "pk"))
    visits: list[tuple[Any, ...]] = []
    sessions: list[tuple[Any, ...]] = []
    counts: list[tuple[Any, ...]] = []
    covers: list[tuple[Any, ...]] = []
    for year in years:
        made = 0
        while made < sessions_a_year:
            host = luck.choice(places)
            kinds = luck.choices(VISITS, weights=(10, 4, 3, 1, 1))[0]
            visit = len(visits) + 1
            visits.append((visit, f"N{visit:07}", host[0], "planned", "", "", "", "", ""))
            day = date(year, 9, 8) + timedelta(days=luck.randrange(300))
            day -= timedelta(days=max(0, day.weekday() - 4))
            pair = luck.sample(people, 2)
            for number, kind in enumerate(kinds):
                made += 1
                pk = len(sessions) + 1
                sessions.append(_session(luck, pk, visit, types[kind], kind, day, 9 + number, host))
                stage = sessions[-1][7]
                counts += _counts(luck, pk, kind, stage, host, places)
                if not kind.startswith("online"):
                    state = {"delivered": "attended", "cancelled": "withdrawn", "scheduled": "accepted"}[stage]
                    covers += [(pk, pair[0], "lead", state, ""), (pk, pair[1], "presenter", state, "")]
    _insert(
        *_of(
            "schools_visit",
            "id, reference, school_id, stage, agreed_with, arrival_notes, parking, cancelled_code, cancelled_note",
            visits,
        )
    )
    names = (
        "id, visit_id, type_id, day, starts, ends, language, stage, went_ahead, adults, count_basis, pupils_are, cancelled_code, "
        "cancelled_note, version, authority_id, area_id, region_id, room"
    )
    _insert("schools_session", names, sessions)
    _insert("schools_headcount", "session_id, school_id, year_group, expected, pupils, authority_id, area_id, region_id", counts)
    _insert("schools_cover", "session_id, volunteer_id, role, state, override_note", covers)


def _of(table: str, columns: str, rows: list[tuple]) -> tuple[str, str, list[tuple]]:
    return table, columns, rows


def _session(luck: Random, pk: int, visit: int, type_id: int, kind: str, day: date, hour: int, host: tuple[int, ...]) -> tuple:
    stage = luck.choices(("delivered", "cancelled", "scheduled"), weights=(93, 5, 2))[0]
    starts = time(hour, 15 * luck.randrange(2))
    minutes = MINUTES.get(kind, 60) + 60 * starts.hour + starts.minute
    delivered = stage == "delivered"
    return (
        pk, visit, type_id, day.isoformat(), f"{starts:%H:%M:%S}", f"{minutes // 60:02}:{minutes % 60:02}:00", "en", stage,
        "yes" if delivered else "", luck.randrange(5, 40) if kind == "parents" and delivered else None,
        luck.choices(("counted", "spread", "school"), (90, 5, 5))[0], "again" if luck.random() < 0.05 else "new",
        "school" if stage == "cancelled" else "", "", 1, *(host[1:] if delivered else (None, None, None)), "",
    )  # fmt: skip


def _counts(luck: Random, pk: int, kind: str, stage: str, host: tuple[int, ...], places: list) -> Iterator[tuple]:
    groups = (luck.choice((5, 6)),) if kind == "workshop-5-6" else GROUPS[kind]
    counted = stage == "delivered" and luck.random() < 0.97
    schools = [(host, groups)]
    if kind == "ks2-assembly" and luck.random() < 0.02 and (guest := luck.choice(places)) != host:
        schools.append((guest, (5, 6)))
    for school, own in schools:
        for group in own:
            expected = luck.randrange(15, 61)
            pupils = expected - luck.randrange(4) if counted else None
            yield (pk, school[0], group, expected, pupils, *(school[1:] if stage == "delivered" else (None, None, None)))


def _write_rolls() -> None:
    from schools import models

    schools = list(models.School.objects.order_by("pk").values_list("pk", flat=True))[::WITH_ROLLS]
    rows = (
        (school, year, group, 20 + (school + group) % 40, "register")
        for school in schools
        for year in (2023, 2024, 2025)
        for group in range(7)
    )
    _insert("schools_roll", "school_id, academic_year, year_group, pupils, source", rows)
