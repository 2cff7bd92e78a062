"""Who asked for a visit and was never entered, and trustees, with random histories: erased as volunteers and contacts are."""

import re
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from schools import models
from schools.backups.actions import erase_again
from schools.core.erasures import keep_erasures
from schools.erasing.actions import erase
from schools.erasing.people import reference_of
from schools.recovery.emails import ask_trustee, tell_of_step
from schools.recovery.trustees import end_trustee, say_yes
from schools.visits.request_emails import ask_to_confirm
from tests import factories
from tests.erasing.dumps import Theirs, assert_others_are_as_they_were, dump, places_with
from tests.profiles import examples

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NAMES = ("Philippa Hardwicke", "Zoë-Anne Llewelynson", "Oluwaseun O’Dwyerling", "Ffion Thornbury-Wace")
MAILBOX = "office@oak.example.org"
OF_BOTH = ("noted", "spoken of", "called", "logged", "mailed about", "spelled otherwise", "named by a colleague")
OF_ASKERS = (*OF_BOTH, "asks again", "asks and never confirms", "is asked to confirm", "is booked", "number noted")
OF_TRUSTEES = (*OF_BOTH, "is asked", "agrees", "asks for a visit")


class Somebody:
    """Somebody whom others name, and everything by which they were ever known."""

    who: Any
    instead = "a former contact"

    def __init__(self, name: str) -> None:
        self.name, self.numbers = name, 0
        self.secrets = {name, name.partition(" ")[0]}
        self.by, self.school = factories.manager(name="Bea Manager"), factories.SchoolFactory()
        self.mails: set[int] = set()

    def known(self, text: str) -> str:
        self.secrets.add(text)
        return text

    def lives(self, thing: str) -> None:
        self.numbers += 1
        getattr(self, thing.replace(" ", "_"))()

    def noted(self) -> None:
        factories.SessionFactory(outcome_note=f"{self.name} was there; {self.name.partition(' ')[0]} has the key.")

    def spoken_of(self) -> None:
        note = f"{self.name} will ring."
        models.ContactLog.objects.create(
            school=factories.SchoolFactory(), day=NOW.date(), how="phone", who=self.name, note=note, by=self.by
        )

    def called(self) -> None:
        """A conversation that can be undone: the batch has a copy of it."""
        call = {"who": self.name, "note": f"{self.name} rang."}
        log = models.ContactLog.objects.create(school=self.school, day=NOW.date(), how="phone", by=self.by, **call)
        changes = [{"table": "contactlog", "pk": log.pk, "after": call}]
        models.Batch.objects.create(kind="call", words="Logged", by=self.by, made_at=NOW, changes=changes)

    def logged(self) -> None:
        LogEntry.objects.create(
            user=self.by, content_type=ContentType.objects.get_for_model(type(self.who)), object_id=str(self.who.pk),
            object_repr=self.name, action_flag=CHANGE,
        )  # fmt: skip

    def mailed_about(self) -> None:
        models.OutboxMessage.objects.create(
            key=f"about-{self.school.pk}-{self.numbers}",
            to="elm@example.org",
            subject="News",
            body=f"{self.name} asked.",
            sent_at=NOW,
        )

    def spelled_otherwise(self) -> None:
        factories.SessionFactory(outcome_note=f"{self.known(self.name.replace('’', chr(39)))} sang.")

    def named_by_a_colleague(self) -> None:
        """Another person under the mailbox of all, who keeps their own name and address."""
        self.request(name="Quentin Bursar", email=MAILBOX, note=f"{self.name} is away.")

    def request(self, **fields: Any) -> models.VisitRequest:
        values = {"school": self.school, "role": "head", "asked_at": NOW, "confirmed_at": NOW, "state": "done"}
        made: models.VisitRequest = models.VisitRequest.objects.create(**values | fields)
        return made


class Asker(Somebody):
    """Who asked for a visit, under an address of their own or under the mailbox of a whole office."""

    def __init__(self, name: str, *, has_own_address: bool) -> None:
        super().__init__(name)
        self.email = self.known("asker@private.example") if has_own_address else MAILBOX
        self.who = self.asks(state="waits", phone=self.known("+447400123456"))
        self.request(name="Quentin Bursar", email=MAILBOX)

    def asks(self, **fields: Any) -> models.VisitRequest:
        return self.request(name=self.name, email=self.email, note=f"Ask for {self.name}.", **fields)

    def theirs(self) -> dict[str, set[int]]:
        requests = models.VisitRequest.objects.filter(name=self.name)
        return {"visitrequest": set(requests.values_list("pk", flat=True)), "outboxmessage": self.mails}

    def asks_again(self) -> None:
        self.asks()

    def asks_and_never_confirms(self) -> None:
        self.asks(state="asked", confirmed_at=None)

    def is_asked_to_confirm(self) -> None:
        ask_to_confirm(self.who)
        self.mails.add(models.OutboxMessage.objects.get(key=f"ask-for-visit:{self.who.pk}").pk)

    def is_booked(self) -> None:
        visit = factories.VisitFactory(school=self.school, agreed_with=self.name)
        models.VisitRequest.objects.filter(pk=self.who.pk).update(visit=visit)

    def number_noted(self) -> None:
        factories.SessionFactory(outcome_note=f"Rang {self.known('07400 123456')}.")

    def ends(self) -> None:
        """Whoever asked can be erased at any time."""


class Trustee(Somebody):
    """Somebody outside of the office who may let others in again."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.email = self.known("trustee@private.example")
        self.who = models.Trustee.objects.create(name=name, email=self.email, named_by=self.by, named_at=NOW)
        self.instead = f"Former trustee {self.who.pk}"

    def theirs(self) -> dict[str, set[int]]:
        return {"trustee": {self.who.pk}, "outboxmessage": self.mails}

    def is_asked(self) -> None:
        ask_trustee(self.who, now=NOW)
        say_yes(self.who, now=NOW)
        self.mails.add(models.OutboxMessage.objects.get(key=f"trustee:{self.who.pk}").pk)

    def agrees(self) -> None:
        """The mail about it goes to whoever was locked out."""
        user = factories.coordinator_of(name="Ravi Low")
        recovery = models.Recovery.objects.create(
            user=user, lost="second-factor", why="phone-lost", first_check="mail", second_check="call", asked_by=self.by,
            asked_at=NOW, old_email=user.email,
        )  # fmt: skip
        tell_of_step(recovery.steps.create(kind="agreed", how="link", trustee=self.who, at=NOW), user)

    def asks_for_a_visit(self) -> None:
        self.request(name=self.name, email=self.email, note=f"{self.name} asks.")

    def ends(self) -> None:
        end_trustee(self.who, now=NOW)


class HistoriesOfAskers(TestCase):
    """Each history is played in a transaction of its own."""

    @given(st.sampled_from(NAMES), st.lists(st.sampled_from(OF_ASKERS), max_size=6), st.booleans(), st.booleans())
    @settings(max_examples=examples(8), suppress_health_check=list(HealthCheck))
    def test_nothing_of_who_asked_is_left_and_nothing_of_others_is_lost(
        self, name: str, things: list[str], has_own_address: bool, is_restored: bool
    ) -> None:
        self.erased(Asker(name, has_own_address=has_own_address), things, is_restored=is_restored)

    @given(st.sampled_from(NAMES), st.lists(st.sampled_from(OF_TRUSTEES), max_size=6), st.booleans())
    @settings(max_examples=examples(8), suppress_health_check=list(HealthCheck))
    def test_nothing_of_a_trustee_is_left_and_nothing_of_others_is_lost(
        self, name: str, things: list[str], is_restored: bool
    ) -> None:
        self.erased(Trustee(name), things, is_restored=is_restored)

    def test_to_whom_everything_happened(self) -> None:
        self.erased(Asker(NAMES[0], has_own_address=True), OF_ASKERS, is_restored=False)
        self.erased(Asker(NAMES[1], has_own_address=False), OF_ASKERS, is_restored=True)
        self.erased(Trustee(NAMES[2]), OF_TRUSTEES, is_restored=False)

    def erased(self, person: Asker | Trustee, things: Sequence[str], *, is_restored: bool) -> None:
        for thing in things:
            person.lives(thing)
        person.ends()
        person.who.refresh_from_db()
        theirs, before = Theirs(re.compile(r"schools_outboxmessage$"), person.theirs()), dump()
        if is_restored:
            self.erase_restore_and_erase_again(person)
        else:
            erase(person.who, by=person.by, now=NOW)
        after = dump()
        assert places_with(after, person.secrets) == []
        assert_others_are_as_they_were(before, after, person.secrets, person.instead, theirs)

    def erase_restore_and_erase_again(self, person: Asker | Trustee) -> None:
        """Erase, go back to what a backup from before has, and erase again from the list."""
        reference = reference_of(person.who)
        with transaction.atomic():
            done = erase(person.who, by=person.by, now=NOW)
            transaction.set_rollback(True)
        with tempfile.TemporaryDirectory() as folder:
            listed = Path(folder) / "erasures.csv"
            keep_erasures(listed, [done.reference], at=NOW)
            assert erase_again(listed, since=NOW - timedelta(hours=1), now=NOW) == ([reference], [])
