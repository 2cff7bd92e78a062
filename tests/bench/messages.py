"""How long it takes to ask every kind of message what is due at a national charity, as a multiple of reading the rows bare.

Run as `python -m tests.bench.messages` on whatever database the settings name; it makes a scratch database beside that one, fills
it (8,000 visits a year at 12,000 schools, 2,000 volunteers who sign in), and drops it again. It is a Wednesday at nine, when most
is due: nothing was sent yet, so that all of the week has to be written. Some of what people know was changed.

The floor reads the columns of the sessions, covers and headcounts of the weeks around that day, and what people know, as tuples
and nothing more. Each round reads the floor and asks every kind once; then all is put into the outbox, and each round runs over
that, as the clock does all day. The medians by the clock are compared, and the means of what CPU this process and the database's
take.

The GOAL is in seconds, for such a charity: as many visits and volunteers as the demo’s national one, at half of its schools. How
many seconds the same work takes depends on the machine, so the goal is printed, and a multiple of the floor, which depends on it
as much, is held: 15.8 times its CPU and 21.2 times its time were measured where the floor took 105 ms. That was 2.2 s. The floor
is short, and its time goes up and down by more than that of the kinds does, so MOST leaves room.

Prints a line for each kind, with its drafts and queries. Exit 1 where all kinds together, by the clock or in CPU, or a run take
more than MOST times the floor, a kind takes more than MOST_QUERIES queries, a kind that has something to say on such a day says
nothing, a run writes what is written already, or the charity is smaller than stated here.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from random import Random
from typing import Any

from tests.bench.alone import scratch_database
from tests.bench.charity import analyze, make_charity
from tests.bench.pages import server_seconds

GOAL = 2.0
"""Seconds in which all kinds are to be asked."""
MOST = 30.0
"""Times the floor."""
MOST_QUERIES = 20
VISITS, SCHOOLS, VOLUNTEERS, AREAS = 8_000, 12_000, 2_000, 100
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
"""A Wednesday in term."""
AROUND = (timedelta(days=31), timedelta(days=42))
"""How far back and ahead of that day the floor reads."""
SPEAKING = {
    "mornings", "visits", "morning-list", "school-pack", "school-week", "school-day-before", "school-thanks", "two-days",
    "outcome", "outcome-again", "clearance-ends", "near-you", "school-due",
}  # fmt: skip
"""The kinds that have something to say on such a day."""


def school_days() -> list[date]:
    """Return the weekdays of an academic year around the day, without August and the holidays' weeks."""
    days = [date(2026, 9, 7) + timedelta(days=number) for number in range(300)]
    return [day for day in days if day.weekday() < 5 and day.isocalendar().week not in {44, 52, 53, 1, 7, 15, 16, 22}]


def fill(luck: Random) -> None:
    """Store the charity, its year, and what people know of the visits to come."""
    from schools import models

    make_charity(schools=SCHOOLS, volunteers=VOLUNTEERS, areas=AREAS)
    hosts = list(models.School.objects.order_by("pk")[: VISITS * 2 : 2])
    models.Contact.objects.bulk_create(
        (
            models.Contact(school=host, name="Office", email=f"office{host.pk}@example.org", wants_invitations=number % 41 == 0)
            for number, host in enumerate(models.School.objects.order_by("pk"))
        ),
        batch_size=500,
    )
    people = make_people(luck)
    sessions = make_year(luck, hosts, people)
    make_known(luck, [session for session in sessions if session.day >= NOW.date()])


def make_people(luck: Random) -> dict[int, list[int]]:
    """Let the volunteers sign in, each in an area, cleared and signed off; return their ids by the area."""
    from schools import models
    from schools.directory.models import Area

    people = list(models.Volunteer.objects.order_by("pk"))
    areas = list(Area.objects.order_by("pk").values_list("pk", flat=True))
    users = models.User.objects.bulk_create(
        (models.User(email=f"volunteer{person.pk}@example.org", name=person.name) for person in people), batch_size=500
    )
    for person, user in zip(people, users, strict=True):
        person.user = user
        person.easting, person.northing = 300_000 + luck.randrange(330_000), 200_000 + luck.randrange(270_000)
    models.Volunteer.objects.bulk_update(people, ["user", "easting", "northing"], batch_size=500)
    joined = models.Volunteer.areas.through
    joined.objects.bulk_create(
        (joined(volunteer_id=person.pk, area_id=areas[number % AREAS]) for number, person in enumerate(people)), batch_size=500
    )
    issued = {"scheme": "dbs", "decision": "clear", "issued": date(2025, 1, 1), "decided_on": date(2025, 1, 2)}
    models.Clearance.objects.bulk_create(
        (
            models.Clearance(volunteer=person, recheck_on=date(2026, 12, 1) + timedelta(days=luck.randrange(900)), **issued)
            for person in people
        ),
        batch_size=500,
    )
    types = list(models.SessionType.objects.filter(needs_sign_off=True))
    models.SignOff.objects.bulk_create(
        (
            models.SignOff(volunteer=person, session_type=kind, stage="signed_off", day=date(2025, 1, 2))
            for person in people
            for kind in types
        ),
        batch_size=500,
    )
    return {area: [person.pk for person in people[number::AREAS]] for number, area in enumerate(areas)}


def make_year(luck: Random, hosts: list, people: dict[int, list[int]]) -> list:
    """Store the year's visits with two sessions each, their headcounts and the people who go; return the sessions."""
    from schools import models

    coordinators = make_coordinators(list(people))
    area_of = dict(models.AreaAuthority.objects.values_list("authority", "area"))
    place = {area: number for number, area in enumerate(people)}
    days, on = school_days(), NOW.date()
    visits = models.Visit.objects.bulk_create(
        (
            models.Visit(
                reference=f"B{number:06}", school=host, agreed_on=date(2026, 9, 1),
                stage="confirmed" if number % 7 else "planned",
                coordinator=coordinators[place[area_of[host.authority_id]]],
            )
            for number, host in ((number, hosts[number % len(hosts)]) for number in range(VISITS))
        ),
        batch_size=500,
    )  # fmt: skip
    slugs = models.SessionType.objects.in_bulk(["ks1-assembly", "ks2-assembly"], field_name="slug")
    types = [slugs["ks1-assembly"], slugs["ks2-assembly"]]
    made, when = [], [luck.choice(days) for _ in visits]
    for visit, day in zip(visits, when, strict=True):
        is_held = day < on and luck.random() < 0.95
        state = {"stage": "delivered", "went_ahead": "yes", "recorded_at": NOW} if is_held else {}
        for number, kind in enumerate(types):
            starts = clock_time(9 + number, 15)
            made.append(models.Session(visit=visit, type=kind, day=day, starts=starts, ends=clock_time(9 + number, 45), **state))
    sessions = models.Session.objects.bulk_create(made, batch_size=500)
    models.Headcount.objects.bulk_create(headcounts(luck, sessions, hosts), batch_size=500)
    models.Cover.objects.bulk_create(covers(luck, sessions, area_of, people), batch_size=500)
    return sessions


def make_coordinators(areas: list[int]) -> list:
    """Let somebody coordinate each of the areas, given by their ids; return them in that order."""
    from django.contrib.auth.models import Group

    from schools import models
    from schools.accounts.models import Role

    users = models.User.objects.bulk_create(
        models.User(email=f"coordinator{area}@example.org", name=f"Coordinator {area}", is_staff=True) for area in areas
    )
    role, in_role = Group.objects.get(name=Role.COORDINATOR), models.User.groups.through
    in_role.objects.bulk_create(in_role(user_id=user.pk, group_id=role.pk) for user in users)
    models.AreaCoordinator.objects.bulk_create(
        models.AreaCoordinator(user=user, area_id=area) for user, area in zip(users, areas, strict=True)
    )
    return users


def headcounts(luck: Random, sessions: list, hosts: list) -> Iterator:
    """Yield the host's pupils of each session, and those of a guest in a few."""
    from schools import models

    for session in sessions:
        guests = [luck.choice(hosts)] if luck.random() < 0.03 else []
        for school in (session.visit.school, *(guest for guest in guests if guest != session.visit.school)):
            pupils = 28 if session.stage == "delivered" else None
            yield models.Headcount(session=session, school=school, year_group=1, expected=30, pupils=pupils)


def covers(luck: Random, sessions: list, area_of: dict, people: dict[int, list[int]]) -> Iterator:
    """Yield the two people of each visit; of every tenth visit to come, one is missing."""
    from schools import models

    for first, second in zip(sessions[::2], sessions[1::2], strict=True):
        pair = luck.sample(people[area_of[first.visit.school.authority_id]], 2)
        missing = first.stage == "scheduled" and luck.random() < 0.1
        for session in (first, second):
            state = "attended" if session.stage == "delivered" else "accepted"
            for role, person in zip(("lead", "presenter"), pair[: 1 if missing else 2], strict=False):
                yield models.Cover(session=session, volunteer_id=person, role=role, state=state)


def make_known(luck: Random, sessions: list) -> None:
    """Write down what people know of two fifths of the visits to come; of every tenth of these the time was another."""
    from schools.visits.models import KnownBy, MessageAbout
    from schools.visits.queries.standings import true_standings, true_standings_of_schools

    visits = [visit for number, visit in enumerate(sorted({session.visit_id for session in sessions})) if number % 5 < 2]
    rows = []
    for party, true in (("volunteer_id", true_standings(visits)), ("school_id", true_standings_of_schools(visits))):
        for (visit, pk), theirs in true.items():
            moved: dict[str, Any] = {"starts": "08:15:00"} if luck.random() < 0.1 else {}
            says = [list(standing._replace(**moved)) for standing in theirs.values()]
            known = {"known_by": KnownBy.BEFORE, "facts": "before", "says": says}
            rows.append(MessageAbout(visit_id=visit, **{party: pk}, **known))
    MessageAbout.objects.bulk_create(rows, batch_size=500)


def floor() -> int:
    """Read the rows that the kinds are about as tuples, and return how many there are."""
    from schools import models

    around = NOW.date() - AROUND[0], NOW.date() + AROUND[1]
    sessions = models.Session.objects.filter(day__range=around).order_by()
    read = [
        sessions.values_list("pk", "visit", "type", "day", "starts", "ends", "stage", "visit__school__name"),
        models.Cover.objects.filter(session__day__range=around).values_list("pk", "session", "volunteer", "role", "state"),
        models.Headcount.objects.filter(session__day__range=around).values_list("session", "school", "expected", "pupils"),
        models.MessageAbout.objects.order_by().values_list("visit", "volunteer", "school", "says"),
    ]
    return sum(len(list(rows)) for rows in read)


@dataclass
class Cost:
    """What something took in each round, in seconds."""

    clock: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    """Of CPU, of this process."""
    server: list[float] = field(default_factory=list)
    """Of CPU, of the database's processes. It is counted in steps of 10 ms, so that only their mean says something."""

    @contextmanager
    def of_round(self) -> Iterator[None]:
        """Measure what is done in the block."""
        server, own, started = server_seconds(), time.process_time(), time.perf_counter()
        yield
        self.clock.append(time.perf_counter() - started)
        self.own.append(time.process_time() - own)
        self.server.append(server_seconds() - server)

    @property
    def cpu(self) -> float:
        """The mean of all CPU."""
        return statistics.fmean(self.own) + statistics.fmean(self.server)


def measure(*, rounds: int) -> bool:
    """Ask all in rounds, put it into the outbox, run over that in rounds; whether all keeps within what is stated."""
    from django.test.utils import override_settings

    from schools.running.garbage import search_seldom

    search_seldom()  # as the clock does at its start; what was made to fill the database is left out too
    bare, asked_all, taken, drafts, queries = ask_in_rounds(rounds)
    clock = statistics.median(bare.clock)
    print(f"the floor, {floor():,} rows: {clock * 1000:.0f} ms, {bare.cpu * 1000:.0f} ms of CPU")
    kept = True
    for name in sorted(drafts, key=lambda name: -taken[name]):
        wrong = queries[name] > MOST_QUERIES or (name in SPEAKING and not drafts[name])
        kept = kept and not wrong
        line = f"{name}: {taken[name] * 1000:.0f} ms, {drafts[name]:,} drafts, {queries[name]} queries"
        print(f"{line}{'  WRONG' if wrong else ''}")
    in_all = sum(taken.values())
    print(f"all kinds asked: {in_all:.2f} s; the goal is {GOAL:g} s{'' if in_all <= GOAL else '  NOT YET'}")
    kept = is_within("CPU of all kinds asked", asked_all.cpu, bare.cpu, MOST) and kept
    kept = is_within("all kinds asked", in_all, clock, MOST) and kept
    # A task that sends at once would make this a benchmark of the mail server.
    with override_settings(TASKS={"default": {"BACKEND": "django.tasks.backends.dummy.DummyBackend", "QUEUES": []}}):
        return runs_over_what_stands(clock, rounds=rounds, least=sum(drafts.values()) // 2) and kept


def ask_in_rounds(rounds: int) -> tuple[Cost, Cost, dict[str, float], dict[str, int], dict[str, int]]:
    """Return what the floor and all kinds take, the median seconds of each kind by the clock, and drafts and queries by kind."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from schools.charity.queries import kept_for_one_request
    from schools.messages.kinds import all_kinds

    kinds = all_kinds()
    bare, of_all = Cost(), Cost()
    taken: dict[str, list[float]] = {kind.name: [] for kind in kinds}
    drafts, queries = {}, {}
    for number in range(rounds + 1):
        with bare.of_round():
            floor()
        with of_all.of_round(), kept_for_one_request():  # as a run has it: several kinds read the same schools
            for kind in kinds:
                # Queries are counted in the round that is not measured: to write each of them down takes long.
                counting: AbstractContextManager[Any] = nullcontext() if number else CaptureQueriesContext(connection)
                with counting as captured:
                    started = time.perf_counter()
                    drafts[kind.name] = len(list(kind.due(NOW, None)))
                    taken[kind.name].append(time.perf_counter() - started)
                if captured is not None:
                    queries[kind.name] = len(captured)
        if not number:  # the first round fills what the process keeps
            bare, of_all, taken = Cost(), Cost(), {name: [] for name in taken}
    of_kinds = {name: statistics.median(seconds) for name, seconds in taken.items()}
    return bare, of_all, of_kinds, drafts, queries


def runs_over_what_stands(bare: float, *, rounds: int, least: int) -> bool:
    """Put all that is due into the outbox, `least` so many, and run over it once more in rounds, as a clock does all day."""
    from django.db import transaction

    from schools.messages.asking import write_due

    started = time.perf_counter()
    with transaction.atomic():
        written = write_due(clock=lambda: NOW)
    print(f"the first run: {time.perf_counter() - started:.1f} s, {written:,} messages written")
    analyze()
    seconds, again = [], 0
    for _ in range(rounds):
        started = time.perf_counter()
        again += write_due(clock=lambda: NOW)
        seconds.append(time.perf_counter() - started)
    if again or written < least:
        print(f"WRONG: {written} messages were written at first, and {again} more by the runs after it")
    return is_within("a run where all is written", statistics.median(seconds), bare, MOST) and not again and written >= least


def is_within(words: str, seconds: float, bare: float, most: float) -> bool:
    """Print what it took and whether that is at most so many times the floor; return that."""
    ratio = seconds / bare
    print(f"{words}: {seconds:.2f} s, {ratio:.1f} × the floor (at most {most:g}){'' if ratio <= most else '  MISSED'}")
    return ratio <= most


def is_national() -> bool:
    """Print how much was filled in, and whether that is what this file states."""
    from schools import models

    stated = {"visits": VISITS, "schools": SCHOOLS, "volunteers": VOLUNTEERS, "areas": AREAS}
    there = {
        "visits": models.Visit.objects.count(), "schools": models.School.objects.count(),
        "volunteers": models.Volunteer.objects.count(), "areas": models.Area.objects.count(),
    }  # fmt: skip
    print(", ".join(f"{number:,} {name}" for name, number in there.items()))
    return there == stated


def main() -> None:
    """Fill a scratch database, measure, say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    with scratch_database():
        fill(Random(1))  # noqa: S311  # a reproducible invention, no secret
        analyze()
        kept = is_national() and measure(rounds=options.rounds)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
