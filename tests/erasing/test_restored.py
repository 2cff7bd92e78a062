"""Who was erased is erased again in a picture from before they became what they were: two entries, or a request without one."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from schools import models
from schools.backups.actions import _complete_erasures, erase_again
from schools.core.erasures import keep_erasures, kept_erasures
from schools.erasing.actions import erase
from schools.visits.actions.merging import merge_people
from tests import factories
from tests.erasing.dumps import dump, places_with
from tests.profiles import examples

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
BEFORE = ("asks", "doubled", "noted", "renamed")
SINCE = ("asks", "entered", "merged", "noted", "renamed")
SECRETS = {"hardwicke", "marshfield", "@private.example"}


class Somebody:
    """Somebody at a school who may have asked before anybody entered them, and may have been entered twice."""

    def __init__(self, *, is_entered: bool) -> None:
        self.by, self.school = factories.manager(name="Bea Manager"), factories.SchoolFactory()
        self.names = iter(f"{first} {last}" for first in ("Philippa", "Cordelia") for last in ("Hardwicke", "Marshfield") * 9)
        self.name, self.numbers = next(self.names), 0
        self.who: models.Contact | None = None
        self.doubles: list[models.Contact] = []
        self.asks()
        if is_entered:
            self.entered()

    def lives(self, thing: str) -> None:
        self.numbers += 1
        getattr(self, thing)()

    def asks(self) -> None:
        models.VisitRequest.objects.create(
            school=self.school, name=self.name, role="head", email=f"{self.numbers}@private.example",
            asked_at=NOW, confirmed_at=NOW, state="done", contact=self.who,
        )  # fmt: skip

    def entered(self) -> None:
        """The office enters whoever asked, and their requests belong to the entry from then on."""
        if self.who is None:
            self.who = self.entry()
            models.VisitRequest.objects.update(contact=self.who)

    def entry(self) -> models.Contact:
        email = f"entry{self.numbers}@private.example"
        return models.Contact.objects.create(school=self.school, name=self.name, email=email)

    def doubled(self) -> None:
        self.doubles.append(self.entry())

    def merged(self) -> None:
        self.entered()
        if self.who is not None and self.doubles:
            merge_people(self.who, self.doubles.pop(), chosen=(), mark=None, by=self.by, now=NOW)
            self.who.refresh_from_db()

    def renamed(self) -> None:
        """Nothing where nobody has entered them: a name that no row of the picture has is found by nobody."""
        if self.who is not None:
            self.who.name = self.name = next(self.names)
            self.who.save()

    def noted(self) -> None:
        factories.SessionFactory(outcome_note=f"{self.name} was there.")

    def erased(self) -> models.Erasure:
        """They are erased with all their entries, once these were put together."""
        for _ in list(self.doubles):
            self.merged()
        self.entered()
        assert self.who is not None
        return erase(self.who, by=self.by, now=NOW)


class Restored(TestCase):
    """Each history is played in a transaction of its own; what came after the picture is rolled back."""

    @pytest.mark.exhaustive
    @given(st.booleans(), st.lists(st.sampled_from(BEFORE), max_size=3), st.lists(st.sampled_from(SINCE), max_size=3))
    @settings(max_examples=examples(4), suppress_health_check=list(HealthCheck))
    def test_nothing_is_left_in_a_picture_from_before(self, is_entered: bool, before: list[str], since: list[str]) -> None:
        self.restored(before, since, is_entered=is_entered)

    def test_two_entries_that_were_merged_later_go_both(self) -> None:
        self.restored(["doubled"], ["merged"], is_entered=True)

    def test_what_they_asked_before_they_were_entered_goes(self) -> None:
        self.restored([], ["entered"], is_entered=False)

    def test_what_they_asked_twice_goes_with_the_first_of_it(self) -> None:
        self.restored(["asks"], [], is_entered=False)

    def restored(self, before: list[str], since: list[str], *, is_entered: bool) -> None:
        person = Somebody(is_entered=is_entered)
        for thing in before:
            person.lives(thing)
        with transaction.atomic():
            for thing in since:
                person.lives(thing)
            done = person.erased()
            transaction.set_rollback(True)
        with tempfile.TemporaryDirectory() as folder:
            listed = Path(folder) / "erasures.csv"
            keep_erasures(listed, done.references, at=NOW)
            _, problems = erase_again(listed, since=NOW - timedelta(hours=1), now=NOW)
        assert problems == []
        assert places_with(dump(), SECRETS) == []

    def test_where_the_list_could_not_be_written_the_next_backup_adds_all_of_them(self) -> None:
        person = Somebody(is_entered=True)
        person.lives("doubled")
        double = person.doubles[0].pk
        done = person.erased()
        request = models.VisitRequest.objects.get()
        with tempfile.TemporaryDirectory() as folder:
            listed = Path(folder) / "erasures.csv"
            for _ in range(2):
                _complete_erasures(listed, now=NOW)
            references = [line.reference for line in kept_erasures(listed)]
        assert references == [done.reference, f"contact:{double}", f"requester:{request.pk}"]
