"""Random people with random histories are erased: nothing of theirs is left anywhere, and nothing of others is lost."""

import re
import tempfile
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
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
from schools.erasing.registry import Fate, fates_of
from schools.messages.sms_words import without_accents as in_letters_of_sms
from schools.reach.queries.volunteering import contributions_of
from schools.visits.actions import assign, cancel_day, end_membership
from schools.visits.actions.merging import merge_people
from schools.visits.actions.undoing import undo
from schools.volunteers.actions import invite
from tests import factories
from tests.erasing.dumps import Theirs, assert_others_are_as_they_were, dump, places_with
from tests.profiles import examples
from tests.visits.test_offboarding import ALWAYS

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
FIRST = ("Marguerite", "Oluwaseun", "Zoë-Anne", "Ffion", "Séamus")
LAST = ("Quillfeather", "Thornbury-Wace", "O’Dwyerling", "Llewelynson", "Æthelbrand")
THINGS = (
    "renamed", "another address", "invited", "invited again", "went", "is down", "cancelled and undone", "noted", "spoken of",
    "mailed to a partner", "mailed to a school", "logged", "merged", "keeps a store", "returned", "called in an emergency",
    "number noted", "named by a school", "texted about", "spelled otherwise",
)  # fmt: skip

THEIR_TABLES = re.compile(
    r"schools_(volunteer|user|clearance|historicalclearance|invitation|availability|conflict|away|accepted|feedtoken|cover|"
    r"historicalcover)$|account_|usersessions"
)
"""Tables with rows of their own."""


def without_accents(text: str) -> str:
    """The text as somebody types it who has no accents."""
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))


class Person:
    """Somebody with a history, and everything by which they were ever known."""

    def __init__(self, names: list[str]) -> None:
        self.names = iter(names)
        self.secrets: set[str] = set()
        self.by = factories.manager(name="Bea Manager")
        self.partner = factories.able_volunteer(name="Colin Airey")
        invite(self.partner, by=self.by, now=NOW, email="colin@example.org")
        factories.CoverFactory(session=self.session(day=date(2026, 11, 2)), volunteer=self.partner, override_note="Knows the way")
        self.who = factories.able_volunteer(
            signs_in=True, name=self.known(next(self.names)), phone=self.known("+447400123456"), reference="P7K2QX",
            home_postcode="ZZ98 7QX", languages=["en", "cy"], furthest_km=7, share_phone=True,
            emergency_contact=self.known("Ottokar Hardwicke"), joined=date(2024, 1, 1),
        )  # fmt: skip
        assert self.who.user is not None
        self.sign_in = models.User.objects.filter(pk=self.who.user.pk)
        self.sign_in.update(name=self.who.name)
        self.address("first")
        self.numbers = 0

    def known(self, text: str) -> str:
        self.secrets.add(text)
        return text

    def address(self, name: str) -> None:
        address = self.known(f"{name}.person@private.example")
        self.sign_in.update(email=address)
        self.who = models.Volunteer.objects.select_related("user").get(pk=self.who.pk)

    def ids(self) -> dict[str, set[int]]:
        """The rows that are the person: their entry, what was merged into it, their sign-in."""
        assert self.who.user is not None
        merged = models.Merge.objects.filter(kept_id=self.who.pk).values_list("gone_id", flat=True)
        return {"volunteer": {self.who.pk, *merged}, "user": {self.who.user.pk}}

    def lives(self, thing: str) -> None:
        self.numbers += 1
        getattr(self, thing.replace(" ", "_"))()
        self.who = models.Volunteer.objects.select_related("user").get(pk=self.who.pk)

    def renamed(self) -> None:
        self.who.name = self.known(next(self.names))
        self.who.save()

    def another_address(self) -> None:
        self.address(f"no{self.numbers}")

    def invited(self) -> None:
        invite(self.who, by=self.by, now=NOW, email="")

    invited_again = invited

    def session(self, **fields: Any) -> models.Session:
        session: models.Session = factories.SessionFactory(**fields)
        return session

    def went(self) -> None:
        session = self.session(day=date(2026, 11, 2), delivered=True)
        factories.CoverFactory(session=session, volunteer=self.who, state="attended")

    def is_down(self) -> None:
        """In the middle of a visit: the first of its sessions took place, the next is to come."""
        session = self.session(day=NOW.date(), starts=time(8), ends=time(8, 30), delivered=True)
        factories.CoverFactory(session=session, volunteer=self.who, state="attended")
        later = self.session(visit=session.visit, day=NOW.date() + timedelta(days=self.numbers + 1))
        assign(later, self.who, role="presenter", by=self.by, now=NOW, note=f"{self.who.name} lives nearby")

    def cancelled_and_undone(self) -> None:
        session = self.session(day=NOW.date() + timedelta(days=30 + self.numbers))
        factories.CoverFactory(session=session, volunteer=self.who)
        undo(cancel_day(session.day, [session.pk], code="weather", note="", by=self.by, now=NOW), by=self.by, now=NOW)

    def noted(self) -> None:
        self.session(outcome_note=f"{self.who.name} had the key.")

    def number_noted(self) -> None:
        self.session(outcome_note=f"Rang {self.known('07400 123456')}, then {self.known('07400123456')}.")

    def named_by_a_school(self) -> None:
        """In each box in which somebody at a school writes as they like, and in the copy of what was there before."""
        visit = factories.VisitFactory()
        said = {"visit": visit, "given_by": "Jo Bloggs", "at": NOW}
        words = f"Ask {self.who.name}."
        models.SchoolAnswer.objects.create(school=visit.school, item="arrival", words=words, before={"value": words}, **said)
        models.SchoolChange.objects.create(day=NOW.date(), what="cancel", why="staff", note=words, **said)
        models.Feedback.objects.create(school=visit.school, again="yes", comment=words, **said)
        models.VisitRequest.objects.create(
            school=visit.school, name="Jo Bloggs", role="head", email="jo@oak.example.org", note=words, asked_at=NOW
        )
        models.Site.objects.create(school=visit.school, name="Lower Site", postcode="ZZ98 7QX", access_notes=words)

    def spoken_of(self) -> None:
        models.ContactLog.objects.create(
            school=factories.SchoolFactory(), day=NOW.date(), how="phone", who="Pat", note=f"About {self.who.name}.", by=self.by
        )

    def message(self, **party: Any) -> None:
        session = self.session()
        factories.CoverFactory(session=session, volunteer=self.who, state="withdrawn")
        message = models.OutboxMessage.objects.create(
            key=f"key-{self.numbers}", to="partner@example.org", subject=f"With {self.who.name}", sent_at=NOW, kind="mornings",
            body=f"Hello,\n\n{self.who.name} comes, and so does Colin Airey.",
        )  # fmt: skip
        models.MessageAbout.objects.create(
            visit=session.visit, message=message, known_by="message", facts=message.key,
            **party or {"school": session.visit.school},
        )  # fmt: skip

    def mailed_to_a_partner(self) -> None:
        self.message(volunteer=self.partner)

    def mailed_to_a_school(self) -> None:
        self.message()

    def texted_about(self) -> None:
        """A coordinator is told by SMS too, in letters that one SMS holds more of."""
        key, words = f"given-back:{self.who.pk}::{self.numbers}:1", self.known(in_letters_of_sms(self.who.name))
        news: dict[str, Any] = {"subject": f"{self.who.name} can’t make it", "kind": "given-back", "sent_at": NOW}
        mail = models.OutboxMessage.objects.create(key=key, to="bea@example.org", body=news["subject"], **news)
        text = news | {"subject": f"{words} can't make it", "body": f"{words} can't make it: Oak Primary"}
        models.OutboxMessage.objects.create(key=f"sms:{key}", to="+447400999888", channel="sms", beside=mail, **text)

    def spelled_otherwise(self) -> None:
        """As a keyboard has it: with a straight apostrophe, or without accents."""
        words = self.known(in_letters_of_sms(self.who.name))
        self.session(outcome_note=f"{words} had the key, says {self.known(without_accents(words))}.")

    def logged(self) -> None:
        LogEntry.objects.create(
            user=self.by, content_type=ContentType.objects.get_for_model(models.Volunteer), object_id=str(self.who.pk),
            object_repr=self.who.name, action_flag=CHANGE,
        )  # fmt: skip

    def merged(self) -> None:
        double = factories.VolunteerFactory(
            name=self.known(next(self.names)), email=self.known(f"double{self.numbers}@private.example")
        )
        self.logged()
        merge_people(self.who, double, chosen=(), mark=None, by=self.by, now=NOW)

    def keeps_a_store(self) -> None:
        models.Store.objects.create(
            area=factories.AreaFactory(name=f"Place {self.numbers}"), name=f"At {self.who.name}’s", keeper=self.who
        )

    def called_in_an_emergency(self) -> None:
        self.partner.emergency_contact = f"{self.who.name}, 01632 960999"
        self.partner.save()

    def returned(self) -> None:
        area = factories.AreaFactory(name=f"Place {self.numbers}")
        closed = models.Return.objects.create(
            area=area, area_name=area.name, period="2025/26", first_day=date(2025, 8, 1), last_day=date(2026, 7, 31),
            sentence="In 2025/26 no pupils were counted.", figures={"columns": [], "rows": []}, definitions=1, renderer=1,
            digest=f"{self.numbers:064}", signed_off_at=NOW, signed_off_by=self.by,
        )  # fmt: skip
        models.ReturnRow.objects.create(
            of_return=closed, position=1, session=self.session(), cells=[self.who.reference, "presenter"]
        )


def assert_blank(row: Any, *, but: set[str]) -> None:
    """Each column of which the registry says that it goes says nothing any more."""
    gone = [name for name, fate in fates_of(type(row)).items() if fate is Fate.GONE and name not in {*but, "search_words"}]
    assert {name: getattr(row, name) for name in gone if getattr(row, name)} == {}


class Histories(TestCase):
    """Each history is played in a transaction of its own."""

    @given(st.permutations(FIRST), st.permutations(LAST), st.lists(st.sampled_from(THINGS), max_size=7), st.booleans())
    @settings(max_examples=examples(9), suppress_health_check=list(HealthCheck))
    def test_nothing_of_anybody_is_left_and_nothing_of_others_is_lost(
        self, first: list[str], last: list[str], things: list[str], is_restored: bool
    ) -> None:
        self.erased([f"{a} {b}" for a in first for b in last], things, is_restored=is_restored)

    def test_somebody_to_whom_everything_happened_is_found_nowhere(self) -> None:
        self.erased([f"{a} {b}" for a in FIRST for b in LAST], [*THINGS, *THINGS], is_restored=False)

    def test_after_a_restore_they_are_found_nowhere_again(self) -> None:
        self.erased([f"{a} {b}" for a in FIRST for b in LAST], THINGS, is_restored=True)

    def erased(self, names: list[str], things: Sequence[str], *, is_restored: bool) -> None:
        person = Person(names)
        for thing in things:
            person.lives(thing)
        end_membership(person.who, day=NOW.date(), by=person.by, now=NOW)
        before, given = dump(), contributions_of(person.who, ALWAYS)
        if is_restored:
            self.erase_restore_and_erase_again(person)
        else:
            erase(models.Volunteer.objects.get(pk=person.who.pk), by=person.by, now=NOW)
        after = dump()
        assert places_with(after, person.secrets) == []
        assert contributions_of(person.who, ALWAYS) == given
        assert_blank(models.Volunteer.objects.get(pk=person.who.pk), but={"name"})
        assert_blank(models.User.objects.get(volunteer=person.who), but={"name", "email", "password"})
        theirs = Theirs(THEIR_TABLES, person.ids())
        assert_others_are_as_they_were(before, after, person.secrets, "Former volunteer P7K2QX", theirs)

    def erase_restore_and_erase_again(self, person: Person) -> None:
        """Erase, go back to what a backup from before has, and erase again from the list."""
        with transaction.atomic():
            done = erase(models.Volunteer.objects.get(pk=person.who.pk), by=person.by, now=NOW)
            transaction.set_rollback(True)
        with tempfile.TemporaryDirectory() as folder:
            listed = Path(folder) / "erasures.csv"
            keep_erasures(listed, [done.reference], at=NOW)
            assert erase_again(listed, since=NOW - timedelta(hours=1), now=NOW) == (["P7K2QX"], [])
