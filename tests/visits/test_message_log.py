"""Which messages somebody sees and finds: those that plain Python finds row by row."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import pytest

from schools.models import Area, Contact, MessageAbout, MessageTo, OutboxMessage, School, Visit, Volunteer
from schools.visits.queries.message_log import (
    about_schools,
    about_visits,
    messages_seen_by,
    messages_to_look_at,
    to_people,
    to_volunteers,
)
from tests.factories import AreaFactory, SchoolFactory, VisitFactory, VolunteerFactory, analyst, coordinator_of, manager

pytestmark = pytest.mark.django_db

ON = date(2026, 11, 24)


type Party = dict[str, Any]


class World:
    """Two areas with schools, visits, people and volunteers, and messages about any of them, or about none."""

    def __init__(self) -> None:
        luck = Random(3)  # noqa: S311  # a reproducible invention, no secret
        self.areas: list[Area] = [AreaFactory(), AreaFactory()]
        self.schools: list[School] = [SchoolFactory(area=area, name=f"Oak {n}") for n, area in enumerate(self.areas * 3)]
        self.visits: list[Visit] = [VisitFactory(school=school) for school in self.schools]
        self.volunteers: list[Volunteer] = [
            VolunteerFactory(name=name) for name in ("Asha Rao", "Ben Nwosu", "Cara Rao", "Dilys Hall")
        ]
        for number, volunteer in enumerate(self.volunteers):
            volunteer.areas.set(self.areas[: number % 3])
        self.contacts = [
            Contact.objects.create(school=school, name=f"Nia {n}", email=f"nia{n}@oak{n}.example.org")
            for n, school in enumerate(self.schools)
        ]
        self.contacts[0].also_at.set([self.schools[1]])
        self.messages = [self.message(number, luck) for number in range(80)]

    def message(self, number: int, luck: Random) -> OutboxMessage:
        to = luck.choice([*(contact.email for contact in self.contacts), f"rao{number}@example.org", "x@example.org"])
        message = OutboxMessage.objects.create(key=f"k{number}", to=to, subject=f"About {number}", body="")
        for turn in range(luck.randrange(3)):
            party: Party = luck.choice([{"volunteer": luck.choice(self.volunteers)}, {"school": luck.choice(self.schools)}])
            MessageAbout.objects.create(
                visit=luck.choice(self.visits), message=message, known_by="message", facts=f"{number}:{turn}", **party
            )
        if luck.random() < 0.3:
            reader: Party = luck.choice([{"volunteer": luck.choice(self.volunteers)}, {"contact": luck.choice(self.contacts)}])
            MessageTo.objects.create(message=message, **reader)
        return message

    def where(self, about: Callable[[MessageAbout], bool], to: Callable[[MessageTo], bool]) -> set[int]:
        """The ids of the messages of which a row of one of the two tables is so, looked at row by row."""
        return {
            message.pk for message in self.messages if any(map(about, message.about.all())) or any(map(to, message.readers.all()))
        }

    def of_contact(self, row: MessageTo, schools: list[School]) -> bool:
        return row.contact is not None and bool({row.contact.school, *row.contact.also_at.all()} & set(schools))

    def seen(self, area: Area) -> set[int]:
        """What a coordinator of the area sees."""
        schools = [school for number, school in enumerate(self.schools) if self.areas[number % 2] == area]
        people = [volunteer for volunteer in self.volunteers if area in volunteer.areas.all()]
        return self.where(
            lambda row: row.visit.school in schools or row.school in schools or row.volunteer in people,
            lambda row: row.volunteer in people or self.of_contact(row, schools),
        )


@pytest.fixture
def world() -> World:
    return World()


def ids(messages: Any) -> set[int]:
    """The ids; each message stands there once."""
    found_ids = list(messages.values_list("pk", flat=True))
    assert len(found_ids) == len(set(found_ids))
    return set(found_ids)


def test_each_sees_what_a_look_at_every_row_says(world: World) -> None:
    everything = {message.pk for message in world.messages}
    for area in world.areas:
        seen = world.seen(area)
        assert set() < seen < everything
        assert ids(messages_seen_by(coordinator_of(area), on=ON)) == seen
    assert ids(messages_seen_by(coordinator_of(*world.areas), on=ON)) == world.seen(world.areas[0]) | world.seen(world.areas[1])
    assert ids(messages_seen_by(manager(), on=ON)) == everything
    assert ids(messages_seen_by(analyst(), on=ON)) == set()


def test_to_be_decided_about_is_what_was_stopped_of_all_that_somebody_sees(world: World) -> None:
    stopped = {message.pk for message in world.messages[::3]}
    OutboxMessage.objects.filter(pk__in=stopped).update(stopped_at=datetime(2026, 11, 24, 9, tzinfo=UTC))
    for user in (*map(coordinator_of, world.areas), manager()):
        seen = ids(messages_seen_by(user, on=ON))
        assert seen & stopped
        assert ids(messages_to_look_at(user, on=ON)) == seen & stopped
    assert ids(messages_to_look_at(analyst(), on=ON)) == set()


def test_what_is_found_is_what_a_look_at_every_row_says(world: World) -> None:
    school, volunteer = world.schools[1], world.volunteers[0]
    assert ids(about_visits([world.visits[2].pk])) == world.where(lambda row: row.visit == world.visits[2], lambda row: False)
    assert ids(about_schools([school.pk])) == world.where(
        lambda row: school in (row.school, row.visit.school), lambda row: world.of_contact(row, [school])
    )
    assert ids(to_volunteers([volunteer.pk])) == world.where(
        lambda row: row.volunteer == volunteer, lambda row: row.volunteer == volunteer
    )
    raos = {world.volunteers[0], world.volunteers[2]}
    by_name = world.where(lambda row: row.volunteer in raos, lambda row: row.volunteer in raos)
    by_address = {message.pk for message in world.messages if "rao" in message.to}
    assert by_name - by_address
    assert ids(to_people("rao")) == by_name | by_address
    nia = world.contacts[4]
    to_nia = world.where(lambda row: False, lambda row: row.contact == nia)
    assert ids(to_people("Nia 4")) == to_nia | {message.pk for message in world.messages if message.to == nia.email}
    assert ids(to_people("nobody of this name")) == set()


def test_what_somebody_sees_is_read_by_its_ids_and_not_by_looking_at_every_message(world: World) -> None:
    seen = messages_seen_by(coordinator_of(world.areas[0]), on=ON)
    school = School.objects.filter(name="Oak 1").order_by().values("pk")
    for messages in (seen, seen & about_schools(school), about_visits([1]), to_volunteers([1])):
        plan = messages.filter(subject__icontains="7").order_by("-created_at", "-pk")[:51].explain()
        # As SQLite says it; of so few rows PostgreSQL reads all whatever is asked.
        assert "SCAN schools_outboxmessage" not in plan, plan
