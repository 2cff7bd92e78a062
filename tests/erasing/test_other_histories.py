"""Random people at schools and of the office, with random histories, are erased as volunteers are."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from schools import models
from schools.directory.accesses import access_of
from schools.directory.models import AccessPurpose
from schools.erasing.actions import erase, preview_erasure
from schools.erasing.values import SHORTEST
from schools.visits.actions.calls import Call, CallOutcome, log_call
from schools.visits.actions.merging import merge_people
from tests import factories
from tests.erasing.dumps import Theirs, assert_others_are_as_they_were, dump, places_with
from tests.profiles import examples

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NAMES = ("Philippa Hardwicke", "Zoë Llewelynson", "Oluwaseun O’Dwyerling", "Ffion Thornbury-Wace", "Cordelia Marshfield")
THINGS = (
    "renamed", "another address", "agreed with", "spoken of", "noted", "mailed", "written to", "logged", "merged", "called",
    "asks for a visit", "asks and never confirms", "answers", "names a contact", "names a lead", "corrects a roll",
    "raises an alarm", "changes the visit", "chooses a date", "names another", "thinks", "waits at a site", "is rung",
)  # fmt: skip

OF_CONTACTS = re.compile(r"schools_(contact|contact_also_at|outboxmessage|schoolaccess|visitrequest)$")
OF_STAFF = re.compile(r"schools_user$|account_|usersessions")
"""Tables with rows of their own."""


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
        contact: Any = self.who
        self.access = None if is_staff else access_of(contact, AccessPurpose.VISITS, on=NOW.date())

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
                school=self.school, name=self.known(f"Marguerite Quill{chr(96 + self.numbers)}"), phone=self.number()
            )
            # What the double said by its own link is known to be theirs by that link alone.
            access = access_of(double, AccessPurpose.VISITS, on=NOW.date())
            models.SchoolAlarm.objects.create(
                visit=factories.VisitFactory(school=self.school), what="nobody", day=NOW.date(), at=NOW, access=access,
                given_by=self.known(f"Annie{chr(96 + self.numbers)}"), over_at=NOW,
            )  # fmt: skip
            merge_people(self.who, double, chosen=("phone",), mark=None, by=self.by, now=NOW)

    def number(self) -> str:
        """A mobile's number of theirs, as it is stored; it is written otherwise elsewhere."""
        self.known(f"07400 123{self.numbers:03}")
        return self.known(f"+447400123{self.numbers:03}")

    def first_name(self) -> str:
        """The first name alone; of one so short that it is looked for nowhere, the whole name."""
        first = self.who.name.partition(" ")[0]
        return self.known(first) if len(first) >= SHORTEST else self.who.name

    def signed(self) -> str:
        """How they sign what they say by their link; of the office nobody does."""
        return "Jo Bloggs" if self.is_staff else self.known(f"Mrs {self.who.name.rpartition(' ')[2]}")

    def by_office(self, column: str) -> dict[str, Any]:
        return {column: self.who if self.is_staff else self.by}

    def said(self, **fields: Any) -> dict[str, Any]:
        """Whatever a school says by a link, with who says it and for which visit of it."""
        return {"visit": self.visit, "given_by": self.signed(), "access": self.access, "at": NOW} | fields

    def called(self) -> None:
        """Somebody writes down a call, which can be undone: the batch has a copy of it, with a first name alone."""
        first = self.first_name()
        call = {"who": self.who.name if self.is_staff else first, "note": f"{first} rang; {self.who.name} will call again."}
        log = models.ContactLog.objects.create(school=self.school, day=NOW.date(), how="phone", by=self.by, **call)
        changes = [{"table": "contactlog", "pk": log.pk, "after": call}]
        models.Batch.objects.create(kind="call", words="Logged", by=self.by, made_at=NOW, changes=changes)

    def asks_for_a_visit(self) -> None:
        names = {"name": "Jo Bloggs", "role": "head of year", "email": "jo@oak.example.org"}
        if not self.is_staff:
            names |= {"name": self.signed(), "email": self.who.email, "phone": self.number(), "contact": self.who}
        models.VisitRequest.objects.create(
            school=self.school, visit=self.visit, note=f"Ask for {self.who.name}.", asked_at=NOW, confirmed_at=NOW, state="done",
            **names, **self.by_office("decided_by"),
        )  # fmt: skip

    def asks_and_never_confirms(self) -> None:
        models.VisitRequest.objects.create(
            school=self.school, name=self.who.name, role="head", email=self.who.email, asked_at=NOW, note=f"{self.who.name} asks."
        )

    def answer(self, item: str, words: str, **fields: Any) -> None:
        """An answer that was seen to: while it waits there is one of each."""
        models.SchoolAnswer.objects.create(
            school=self.school, item=item, words=words, state="left", decided_at=NOW, **self.said(**fields),
            **self.by_office("decided_by"),
        )  # fmt: skip

    def answers(self) -> None:
        before = {"value": f"{self.first_name()} has the key of {self.who.name}."}
        self.answer("arrival", f"Ask for {self.who.name}.", before=before)

    def names_a_contact(self) -> None:
        self.answer("contact", f"{self.who.name}\nhead of year\n{self.who.email}")

    def names_a_lead(self) -> None:
        self.answer("lead", self.who.name)
        if not self.is_staff:
            models.Contact.objects.filter(pk=self.who.pk).update(phone=self.number())
            self.answer("lead_phone", self.number(), before={"contact": self.who.pk, "value": self.number()})

    def corrects_a_roll(self) -> None:
        self.answer("roll", "31", year_group=4)

    def raises_an_alarm(self) -> None:
        models.SchoolAlarm.objects.create(
            day=NOW.date(), what="nobody", over_at=NOW, over_by=self.signed(), **self.said(), **self.by_office("seen_by")
        )

    def changes_the_visit(self) -> None:
        models.SchoolChange.objects.create(
            day=NOW.date(), what="move", why="staff", note=f"{self.who.name} is away.", over_at=NOW, over_by=self.signed(),
            **self.said(), **self.by_office("seen_by"),
        )  # fmt: skip

    def chooses_a_date(self) -> None:
        """Its choice is mailed to the coordinators, and no list says whom that mail names."""
        offered = models.OfferedDates.objects.create(
            school=self.school, visit=self.visit, contact=None if self.is_staff else self.who, half_days=["2027-01-12-morning"],
            people=2, offered_at=NOW, held_until=NOW.date(), state="chosen", chosen="2027-01-12-morning",
            chosen_by=self.signed(), access=self.access, answered_at=NOW, **self.by_office("offered_by"),
        )  # fmt: skip
        self.mail_of_key(f"date-chosen:{offered.pk}:{self.by.pk}", f"{offered.chosen_by} has chosen.")

    def names_another(self) -> None:
        self.answer("contact", "Sam Hill\nbursar\nsam@oak.example.org")
        answer = models.SchoolAnswer.objects.latest("pk")
        self.mail_of_key(f"school-contact-before:{answer.pk}:abc", f"{answer.given_by} says that Sam Hill looks after it.")

    def mail_of_key(self, key: str, body: str) -> None:
        models.OutboxMessage.objects.create(key=key, to="bea@example.org", subject="News", body=body, sent_at=NOW)

    def thinks(self) -> None:
        """They answer the five questions, and sign that as they like; of the office nobody does."""
        visit = factories.VisitFactory(school=self.school)
        signed = self.who.name if self.is_staff else self.known(f"Pip{self.numbers}")
        models.Feedback.objects.create(
            visit=visit, school=self.school, again="yes", given_by=signed, comment=f"{self.who.name} liked it.", at=NOW
        )
        if not self.is_staff:
            self.answer("questions", "", visit=visit, given_by=signed)

    def waits_at_a_site(self) -> None:
        models.Site.objects.create(
            school=self.school, name=f"Site {self.numbers}", postcode="ZZ98 7QX", access_notes=f"{self.who.name} opens the gate."
        )

    def is_rung(self) -> None:
        number = self.number()
        type(self.who).objects.filter(pk=self.who.pk).update(phone=number)
        factories.SessionFactory(visit__school=self.school, outcome_note=f"Rang {number.replace('+447400123', '07400 123')}.")


class OtherHistories(TestCase):
    """Each history is played in a transaction of its own."""

    @given(st.permutations(NAMES), st.lists(st.sampled_from(THINGS), max_size=6), st.booleans())
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
        merged = models.Merge.objects.filter(kept_id=person.who.pk).values_list("gone_id", flat=True)
        ids = {"user": {person.who.pk}} if is_staff else {"contact": {person.who.pk, *merged}}
        before = dump()
        erase(person.who, by=person.by, now=NOW)
        after = dump()
        assert places_with(after, person.secrets) == []
        instead = f"Former colleague {person.who.pk}" if is_staff else "a former contact"
        theirs = Theirs(OF_STAFF if is_staff else OF_CONTACTS, ids)
        assert_others_are_as_they_were(before, after, person.secrets, instead, theirs)


@pytest.mark.django_db
def test_a_first_name_goes_from_the_copies_of_a_call_as_from_the_call() -> None:
    school, by = factories.SchoolFactory(), factories.manager(name="Bea Manager")
    contact = models.Contact.objects.create(school=school, name="Philippa Hardwicke")
    call = Call(outcome=CallOutcome.LATER, who="Philippa", note="Philippa is away.", again_on=date(2026, 12, 1))
    batch = log_call(school, call, by=by, now=NOW, seen=None)
    # At another school, which no reference joins to her.
    visit = factories.VisitFactory()
    other = models.SchoolAnswer.objects.create(
        visit=visit, school=visit.school, item="arrival", words="By the gate", before={"value": "Ask Philippa."}, given_by="Jo",
        at=NOW,
    )  # fmt: skip
    assert [place.table for place in preview_erasure(contact).to_decide] == ["conversation", "answer of a school"]
    erase(contact, by=by, now=NOW)
    assert places_with(dump(), {"philippa"}) == []
    other.refresh_from_db()
    batch.refresh_from_db()
    assert other.before == {"value": "Ask a former contact."}
    assert "a former contact is away." in str(batch.changes)
