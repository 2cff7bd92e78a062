"""Random people at schools and of the office, with random histories, are erased as volunteers are."""

import re
from datetime import UTC, datetime
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from schools import models
from schools.erasing.actions import erase
from schools.visits.actions.merging import merge_people
from tests import factories
from tests.erasing.dumps import assert_others_are_as_they_were, dump, places_with
from tests.profiles import examples

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NAMES = ("Philippa Hardwicke", "Zoë Llewelynson", "Oluwaseun O’Dwyerling", "Ffion Thornbury-Wace", "Cordelia Marshfield")
THINGS = ("renamed", "another address", "agreed with", "spoken of", "noted", "mailed", "written to", "logged", "merged")

OF_CONTACTS = re.compile(
    r"schools_(contact|contact_also_at|visit|historicalvisit|earliervalue|merge|erasure|outboxmessage)$|_search|sequence"
)
OF_STAFF = re.compile(r"schools_(user|earliervalue|erasure)$|_search|account_|session|sequence")
"""Tables with rows of their own. Of a visit, whom to ask for is blank where a contact is gone."""


class Known:
    """Somebody at a school, or of the office, and everything by which they were ever known."""

    def __init__(self, names: list[str], *, is_staff: bool) -> None:
        self.names, self.is_staff, self.numbers = iter(names), is_staff, 0
        self.secrets: set[str] = set()
        self.by = factories.manager(name="Bea Manager")
        self.school = factories.SchoolFactory()
        first = {"name": self.known(next(self.names)), "email": self.known("first@private.example")}
        self.who: Any = (
            factories.coordinator_of(**first) if is_staff else models.Contact.objects.create(school=self.school, **first)
        )
        party = {"coordinator": self.who} if is_staff else {"contact": self.who}
        self.visit = factories.VisitFactory(school=self.school, **party)

    def known(self, text: str) -> str:
        self.secrets.add(text)
        return text

    def lives(self, thing: str) -> None:
        self.numbers += 1
        getattr(self, thing.replace(" ", "_"))()
        self.who = type(self.who).objects.get(pk=self.who.pk)

    def renamed(self) -> None:
        self.who.name = self.known(next(self.names))
        self.who.save()

    def another_address(self) -> None:
        type(self.who).objects.filter(pk=self.who.pk).update(email=self.known(f"no{self.numbers}@private.example"))

    def agreed_with(self) -> None:
        self.visit.agreed_with = self.who.name
        self.visit.save()

    def spoken_of(self) -> None:
        models.ContactLog.objects.create(
            school=self.school, day=NOW.date(), how="phone", who=self.who.name, note=f"{self.who.name} rang.", by=self.by
        )

    def noted(self) -> None:
        factories.SessionFactory(outcome_note=f"{self.who.name} was there.")

    def message(self, to: str) -> None:
        message = models.OutboxMessage.objects.create(
            key=f"key-{self.visit.pk}-{self.numbers}",
            to=to,
            subject=f"Of {self.who.name}",
            body=f"Ask for {self.who.name}.",
            sent_at=NOW,
        )
        models.MessageAbout.objects.create(
            visit=self.visit, school=self.school, message=message, known_by="message", facts=message.key
        )

    def mailed(self) -> None:
        self.message("office@oak.example.org")

    def written_to(self) -> None:
        self.message(self.who.email)

    def logged(self) -> None:
        LogEntry.objects.create(
            user=self.by, content_type=ContentType.objects.get_for_model(type(self.who)), object_id=str(self.who.pk),
            object_repr=self.who.name, action_flag=CHANGE,
        )  # fmt: skip

    def merged(self) -> None:
        if not self.is_staff:
            double = models.Contact.objects.create(
                school=self.school, name=self.known(f"Marguerite Quill{chr(96 + self.numbers)}"), phone="+441632960444"
            )
            merge_people(self.who, double, chosen=("phone",), mark=None, by=self.by, now=NOW)


class OtherHistories(TestCase):
    """Each history is played in a transaction of its own."""

    @given(st.permutations(NAMES), st.lists(st.sampled_from(THINGS), max_size=5), st.booleans())
    @settings(max_examples=examples(8), suppress_health_check=list(HealthCheck))
    def test_nothing_of_them_is_left_and_nothing_of_others_is_lost(
        self, names: list[str], things: list[str], is_staff: bool
    ) -> None:
        self.erased(names, things, is_staff=is_staff)

    def test_to_whom_everything_happened(self) -> None:
        for is_staff in (True, False):
            self.erased(list(NAMES), [*THINGS, *THINGS], is_staff=is_staff)

    def erased(self, names: list[str], things: list[str], *, is_staff: bool) -> None:
        person = Known(names, is_staff=is_staff)
        for thing in things:
            person.lives(thing)
        if is_staff:
            models.User.objects.filter(pk=person.who.pk).update(is_active=False)
        before = dump()
        erase(person.who, by=person.by, now=NOW)
        after = dump()
        assert places_with(after, person.secrets) == []
        instead = f"Former colleague {person.who.pk}" if is_staff else "a former contact"
        assert_others_are_as_they_were(before, after, person.secrets, instead, OF_STAFF if is_staff else OF_CONTACTS)
