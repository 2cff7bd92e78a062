"""How long it takes to search the log of 100,000 messages, as a multiple of an empty page of the admin in the same run.

Run as `python -m tests.bench.message_log` on whatever database the settings name; it makes a scratch database beside that one,
fills it (8,000 visits at 12,000 schools, 2,000 volunteers, three years of messages), and drops it again. Each round asks for the
floor (the list of bulk changes, of which there is none) and for every search once, as a manager, who sees all of it, and as the
coordinator of one area of a hundred; the medians are compared. `--plans` prints how the database goes about each search of the
coordinator. Exit 1 where a search takes more than MOST (or MOST_WIDE) times the floor.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from django.test import Client

from tests.bench.alone import scratch_database
from tests.bench.charity import analyze, make_charity

MOST, MOST_WIDE = 10.0, 60.0
"""The second for the words that name nearly everybody, where the lists of messages hold nearly all."""
WIDE = ("words of nearly every school", "words of nearly every volunteer")
FLOOR = "/admin/schools/batch/"
MESSAGES, VISITS, SCHOOLS, VOLUNTEERS, AREAS = 100_000, 8_000, 12_000, 2_000, 100
LAST = datetime(2026, 11, 24, 9, tzinfo=UTC)
PLACES = ("Oak", "Ash", "Elm", "Fern", "Hazel", "Rowan", "Alder", "Birch")
SUBJECTS = ("Our visit", "Before our visit", "Has anything changed?", "Cancelled", "Tomorrow", "How did it go?", "Thank you")
KINDS = ("visits", "school-pack", "school-week", "mornings", "evening", "outcome", "school-thanks")
SEARCHES = {
    "everything": "",
    "the twentieth page": "page=20",
    "a word of every seventh subject": "subject=cancelled",
    "two words of few subjects": "subject=hazel+4711",
    "words of no subject or text": "subject=nobody+wrote+this",
    "a word of every text that is read": "subject=day",
    "a school and a word of its texts": "school=made-up+primary+1200&subject=day",
    "a school": "school=made-up+primary+1200",
    "words of nearly every school": "school=primary",
    "a volunteer": "person=volunteer+1200",
    "words of nearly every volunteer": "person=volunteer",
    "an address": "person=office1200%40",
    "a volunteer and a word": "person=volunteer+1200&subject=tomorrow",
    "what came back": "state=came-back",
    "a kind and a word": "kind=mornings&subject=oak",
    "a month and a word": "first=2026-03-01&last=2026-03-31&subject=oak",
}


def fill(luck: Random) -> None:
    """Store the charity, its visits, and what was written about them."""
    from schools import models

    make_charity(schools=SCHOOLS, volunteers=VOLUNTEERS, areas=AREAS)
    areas = list(models.Area.objects.order_by("pk"))
    joined = models.Volunteer.areas.through
    people = list(models.Volunteer.objects.order_by("pk").values_list("pk", flat=True))
    joined.objects.bulk_create(
        (joined(volunteer_id=person, area=areas[number % AREAS]) for number, person in enumerate(people)), batch_size=500
    )
    hosts = list(models.School.objects.order_by("pk")[:VISITS])
    models.Contact.objects.bulk_create(
        (models.Contact(school=host, name=f"Office {n}", email=f"office{n}@example.org") for n, host in enumerate(hosts)),
        batch_size=500,
    )
    visits = models.Visit.objects.bulk_create(
        (
            models.Visit(reference=f"B{number:06}", school=host, stage="confirmed", agreed_on=date(2024, 1, 1))
            for number, host in enumerate(hosts)
        ),
        batch_size=500,
    )
    models.Session.objects.bulk_create(
        (
            models.Session(visit=visit, type_id=type_id, day=date(2024, 1, 8) + timedelta(days=luck.randrange(1000)), **slot)
            for visit in visits
            for type_id, slot in zip(models.SessionType.objects.values_list("pk", flat=True)[:2], SLOTS, strict=True)
        ),
        batch_size=500,
    )
    messages = models.OutboxMessage.objects.bulk_create(made_messages(luck), batch_size=500)
    models.MessageAbout.objects.bulk_create(about(luck, messages, visits, people), batch_size=500)
    to_volunteers = ((message, luck.choice(people)) for message in messages[::20])
    models.MessageTo.objects.bulk_create(
        (models.MessageTo(message=message, volunteer_id=person) for message, person in to_volunteers), batch_size=500
    )


SLOTS = ({"starts": "09:15", "ends": "09:45"}, {"starts": "10:15", "ends": "10:45"})


def made_messages(luck: Random) -> Iterator[Any]:
    """Yield the messages of three years, the oldest first; one of a hundred came back."""
    from schools import models

    between = timedelta(days=3 * 365) / MESSAGES
    for number in range(MESSAGES):
        turn, at = luck.randrange(len(SUBJECTS)), LAST - between * (MESSAGES - number)
        gone = {"sent_at": at} if number % 100 else {"stopped_at": at, "last_error": "550 no such person"}
        yield models.OutboxMessage(
            key=f"k{number}", to=f"reader{luck.randrange(10_000)}@example.org", created_at=at, kind=KINDS[turn], **gone,
            subject=f"{SUBJECTS[turn]}: {luck.choice(PLACES)} Primary {number % 9_000}", body="Good day.\n" * 60,
        )  # fmt: skip


def about(luck: Random, messages: list, visits: list, people: list[int]) -> Iterator[Any]:
    """Yield what each message is about, but for those that are about no visit: a visit, and its school or a volunteer."""
    from schools import models

    for number, message in enumerate(messages):
        if number % 20:
            visit = luck.choice(visits)
            to_school = message.kind.startswith(("visits", "school"))
            party = {"school_id": visit.school_id} if to_school else {"volunteer_id": luck.choice(people)}
            yield models.MessageAbout(visit=visit, message=message, known_by="message", facts=f"f{number}", **party)


def measured(client: Client, *, rounds: int) -> dict[str, float]:
    """Return the median seconds of the floor and of each search."""
    addresses = [FLOOR, *(f"/admin/messages/?{query}" for query in SEARCHES.values())]
    seconds: dict[str, list[float]] = {address: [] for address in addresses}
    for number in range(rounds + 1):
        for address in addresses:
            started = time.perf_counter()
            answer = client.get(address)
            if answer.status_code != 200:
                sys.exit(f"{address} answered {answer.status_code}.")
            if number:  # the first round fills what the process keeps
                seconds[address].append(time.perf_counter() - started)
    return {address: statistics.median(taken) for address, taken in seconds.items()}


def judged(who: str, medians: dict[str, float]) -> bool:
    """Print a line for each search; whether all keep within MOST."""
    floor = medians[FLOOR]
    print(f"{who}, an empty page: {floor * 1000:.1f} ms")
    kept = True
    for name, query in SEARCHES.items():
        seconds = medians[f"/admin/messages/?{query}"]
        most = MOST_WIDE if name in WIDE else MOST
        kept = kept and seconds <= most * floor
        missed = "" if seconds <= most * floor else "  MISSED"
        print(f"{who}, {name}: {seconds * 1000:.0f} ms, {seconds / floor:.1f} × the floor (at most {most:g}){missed}")
    return kept


def print_plans(user: Any) -> None:
    """Print how the database goes about each search of the user."""
    from django.http import QueryDict
    from django.utils import timezone

    from schools import models
    from schools.office.messages.forms import LogForm
    from schools.visits.queries.message_log import messages_seen_by

    schools = models.School.objects.for_user(user, on=LAST.date())
    for name, query in SEARCHES.items():
        seen = messages_seen_by(user, on=LAST.date())
        rows = LogForm(QueryDict(query)).narrowed(seen, schools=schools, now=timezone.now()).order_by("-created_at", "-pk")[:51]
        print(f"\n{name}\n{rows.explain()}")


def user_of(role: str, **rights: Any) -> Any:
    """Return somebody who signs in to the office in this role."""
    from django.contrib.auth.models import Group

    from schools import models

    user = models.User.objects.create_user(f"{role.lower()}@example.org", name=role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    if "area" in rights:
        models.AreaCoordinator.objects.create(user=user, area=rights["area"])
    return user


def main() -> None:
    """Fill a scratch database, measure, say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--plans", action="store_true")
    options = parser.parse_args()
    kept = True
    with scratch_database():
        from django.test.utils import override_settings

        from schools import models
        from schools.accounts.models import Role

        fill(Random(1))  # noqa: S311  # a reproducible invention, no secret
        if (stored := models.OutboxMessage.objects.count()) != MESSAGES:
            sys.exit(f"The log holds {stored:,} messages and not {MESSAGES:,}, so nothing is measured.")
        analyze()
        coordinator = user_of(Role.COORDINATOR.value, area=models.Area.objects.order_by("pk")[7])
        if options.plans:
            print_plans(coordinator)
        for user in (user_of(Role.MANAGER.value), coordinator):
            client = Client()
            client.force_login(user)
            with override_settings(ALLOWED_HOSTS=["*"]):
                kept = judged(user.name, measured(client, rounds=options.rounds)) and kept
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
