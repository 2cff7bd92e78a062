"""A made-up national charity for the benchmarks: its register, its volunteers, and a session file of any size.

Run as `python -m tests.bench.charity --sessions 60000 --to sessions.csv`: migrates the database that SPEAKOUT_DATABASE_URL
names, fills it where it is empty, and writes the file for `manage.py import_sessions`. The same seed makes the same charity.
"""

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from random import Random

NUMBERS = [f"{kind}_{group}" for kind in ("expected", "pupils") for group in range(7)]
HEADER = [
    *("visit", "nation", "register_id", "session_type", "day", "starts", "minutes", "language", "stage", "cancelled_because"),
    *("adults", *NUMBERS, "covers", "year_groups", "pupils_are", "count_basis"),
]
MINUTES = {"ks1-assembly": 20, "ks2-assembly": 30, "workshop-2": 45, "workshop-5-6": 60, "online-ks2": 30, "send": 45}
GROUPS = {
    "ks1-assembly": (0, 1, 2), "ks2-assembly": (3, 4, 5, 6), "workshop-2": (2,), "workshop-5-6": (5,), "online-ks2": (3, 4, 5, 6),
    "send": (0, 1, 2, 3, 4, 5, 6), "parents": (),
}  # fmt: skip
USUAL = (
    ("ks1-assembly", "ks2-assembly", "workshop-5-6", "workshop-5-6"),
    ("ks2-assembly", "workshop-2", "workshop-5-6"),
    ("online-ks2",),
    ("send",),
    ("ks2-assembly", "parents"),
)
"""What the visits consist of; the first two are the most frequent."""


@dataclass(frozen=True)
class Charity:
    """What a session file may name."""

    register_ids: list[str]
    references: list[str]


def make_charity(*, schools: int, volunteers: int = 2000, authorities: int = 150, areas: int = 30) -> Charity:
    """Fill an empty database: regions, areas that hold authorities from always, schools (3 % in chains of two), volunteers."""
    from schools import models

    regions = models.Region.objects.bulk_create(models.Region(name=f"Region {n}", nation="england") for n in range(9))
    patches = models.Area.objects.bulk_create(models.Area(name=f"Area {n:02}", region=regions[n % 9]) for n in range(areas))
    councils = models.Authority.objects.bulk_create(
        models.Authority(nation="england", gss=f"E{n:08}", name=f"Council {n:03}") for n in range(authorities)
    )
    models.AreaAuthority.objects.bulk_create(
        models.AreaAuthority(area=patches[n % areas], authority=council) for n, council in enumerate(councils)
    )
    made = models.School.objects.bulk_create(
        (
            models.School(
                nation="england", register_id=f"{100_000 + n}", name=f"Made-up Primary {n}", low_age=4, high_age=11,
                authority=councils[n % authorities], pupils=90 + 30 * (n % 12),
                easting=300_000 + 37 * (n % 9000), northing=200_000 + 31 * (n % 9000),
            )
            for n in range(schools)
        ),
        batch_size=500,
    )  # fmt: skip
    models.SchoolAuthority.objects.bulk_create(
        (models.SchoolAuthority(school=school, authority=councils[n % authorities]) for n, school in enumerate(made)),
        batch_size=500,
    )
    _join_chains(made)
    people = models.Volunteer.objects.bulk_create(
        (models.Volunteer(name=f"Volunteer {n}", reference=f"V{n:05}", status="active") for n in range(volunteers)),
        batch_size=500,
    )
    return Charity([school.register_id for school in made], [person.reference for person in people])


def _join_chains(schools: list) -> None:
    """Every 33rd school converted into the one after it, and every 99th pair is one lineage with the pair before."""
    from schools import models

    links, changed = [], []
    for n in range(0, len(schools) - 1, 33):
        old, new = schools[n], schools[n + 1]
        lineage = schools[n - 33].pk if n % 99 == 33 else old.pk
        for school in (old, new):
            school.chain, school.lineage = old.pk, lineage
        changed += [old, new]
        links.append(models.SchoolLink(predecessor=old, successor=new, kind="successor", day=date(2024, 9, 1)))
    models.SchoolLink.objects.bulk_create(links, batch_size=500)
    models.School.objects.bulk_update(changed, ["chain", "lineage"], batch_size=200)


def session_rows(
    charity: Charity, sessions: int, *, years: tuple[int, ...] = (2023, 2024, 2025), seed: int = 1
) -> Iterator[list]:
    """The rows of a file with exactly so many sessions: most delivered, a few cancelled, unreported, not counted or shared."""
    luck = Random(seed)  # noqa: S311  # a reproducible invention, no secret
    left, number = sessions, 0
    while left:
        number += 1
        kinds = luck.choices(USUAL, weights=(8, 5, 3, 1, 1))[0][:left]
        left -= len(kinds)
        host = luck.choice(charity.register_ids)
        day = date(luck.choice(years), 9, 8) + timedelta(days=luck.randrange(300))
        day -= timedelta(days=max(0, day.weekday() - 4))
        pair = luck.sample(charity.references, 2)
        for place, kind in enumerate(kinds):
            row = _session_row(luck, f"B{seed}-{number:06}", host, kind, day, 9 + place, pair)
            yield row
            if kind == "ks2-assembly" and luck.random() < 0.02:
                guest = luck.choice(charity.register_ids)
                if guest != host:
                    yield [
                        *row[:2],
                        guest,
                        *row[3:10],
                        "",
                        *_numbers(luck, (5, 6), counted=row[8] == "delivered"),
                        "",
                        "5 6",
                        *row[27:],
                    ]


def _session_row(luck: Random, visit: str, school: str, kind: str, day: date, hour: int, pair: list[str]) -> list:
    stage = luck.choices(("delivered", "cancelled", "scheduled"), weights=(93, 5, 2))[0]
    counted = stage == "delivered" and luck.random() < 0.97
    online = kind.startswith("online")
    groups = (luck.choice((5, 6)),) if kind == "workshop-5-6" else GROUPS[kind]
    state = {"delivered": "attended", "cancelled": "withdrawn", "scheduled": "accepted"}[stage]
    starts = time(hour, 15 * luck.randrange(2))
    return [
        visit, "england", school, kind, day.isoformat(), f"{starts:%H:%M}", MINUTES.get(kind, 60), "en", stage,
        luck.choice(("school", "illness", "The hall was flooded")) if stage == "cancelled" else "",
        luck.randrange(5, 40) if kind == "parents" and counted else "",
        *_numbers(luck, groups, counted=counted),
        "" if online else f"{pair[0]}:lead:{state};{pair[1]}:presenter:{state}",
        " ".join(map(str, groups)), "again" if luck.random() < 0.05 else "new",
        luck.choices(("counted", "spread", "school"), (90, 5, 5))[0],
    ]  # fmt: skip


def _numbers(luck: Random, groups: tuple[int, ...], *, counted: bool) -> list[int | None]:
    expected = [luck.randrange(15, 61) if group in groups else None for group in range(7)]
    pupils = [None if number is None or not counted else number - luck.randrange(4) for number in expected]
    return [*expected, *pupils]


def write_sessions(charity: Charity, path: Path, sessions: int, *, seed: int = 1) -> None:
    """Write the session file of so many sessions."""
    from schools.core.csv import lines

    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines(HEADER, session_rows(charity, sessions, seed=seed)))


def known_charity() -> Charity:
    """What a database that was filled before holds."""
    from schools import models

    return Charity(
        list(models.School.objects.order_by("pk").values_list("register_id", flat=True)),
        list(models.Volunteer.objects.order_by("pk").values_list("reference", flat=True)),
    )


def start() -> None:
    """Start Django with the settings of development, which read SPEAKOUT_DATABASE_URL."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "speakout.settings.development")
    django.setup()


def analyze() -> None:
    """Let the database look at what it holds, as autovacuum does within minutes; before that it plans as if there were little."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def set_up() -> None:
    """Start Django on the database that SPEAKOUT_DATABASE_URL names, and migrate it."""
    start()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def main() -> None:
    """Fill the database where it is empty, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=60_000)
    parser.add_argument("--schools", type=int, default=12_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--to", type=Path, default=Path("sessions.csv"))
    args = parser.parse_args()
    set_up()
    from schools import models

    charity = known_charity() if models.School.objects.exists() else make_charity(schools=args.schools)
    write_sessions(charity, args.to, args.sessions, seed=args.seed)
    print(f"{len(charity.register_ids):,} schools; {args.sessions:,} sessions in {args.to}")


if __name__ == "__main__":
    main()
