"""Whatever the registry says of somebody is in the file: random people with random histories, searched naively."""

from datetime import date
from typing import Any

import pytest
from django.db.models import ForeignKey, Model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from schools import models
from schools.core.errors import RuleBroken
from schools.directory.accesses import access_of
from schools.directory.models import AccessPurpose
from schools.erasing.registry import PEOPLE, SEARCHED, Fate, fates_of, label_of, own_table, tables
from schools.keeping.access import held_for, know
from schools.keeping.held import Held, as_object, as_table, held_on, own_rows_on
from schools.keeping.own_rows import ABOUT_THEM, NAMED_TO_THEM, READABLE, SECRETS, name_in_file
from schools.keeping.subjects import subject_of
from schools.messages.hashed import hash_of_address
from schools.visits.actions import end_membership
from tests import factories
from tests.erasing.test_histories import FIRST, LAST, NOW, THINGS, Person
from tests.house import assert_none
from tests.profiles import examples

type Where = tuple[type[Model], Any, str]


def ids_of(person: Person) -> dict[str, set[int]]:
    """The rows that are the person: their entry, what was merged into it, their sign-in."""
    merged = models.Merge.objects.filter(kept_id=person.who.pk).values_list("gone_id", flat=True)
    assert person.who.user is not None
    return {"volunteer": {person.who.pk, *merged}, "user": {person.who.user.pk}, "contact": set(), "trustee": set()}


def places(person: Person) -> list[Where]:
    """Every column of every row that the registry knows and that points to the person or holds a name or address of theirs."""
    ids, words = ids_of(person), {word.lower() for word in person.secrets if len(word) > 3}
    found: list[Where] = []
    for model in tables():
        fates, secret = fates_of(model), SECRETS.get(label_of(own_table(model)), frozenset())
        for row in model._default_manager.all():
            for column in model._meta.concrete_fields:
                fate = fates.get(column.name)
                if fate is None or fate is Fate.NOBODY or column.name in secret:
                    continue
                value = getattr(row, column.attname)
                if isinstance(column, ForeignKey) and column.related_model in PEOPLE:
                    if value in ids[str(column.related_model._meta.model_name)]:
                        found.append((model, row.pk, column.name))
                elif fate in SEARCHED and any(word in str(value).lower() for word in words):
                    found.append((model, row.pk, column.name))
    return found


def in_file(held: Held) -> set[Where]:
    return {*held.given, *((text.model, text.pk, text.column) for text in held.texts)}


class Histories(TestCase):
    """Each history is played in a transaction of its own."""

    @given(st.permutations(FIRST), st.permutations(LAST), st.lists(st.sampled_from(THINGS), max_size=7), st.booleans())
    @settings(max_examples=examples(6), suppress_health_check=list(HealthCheck))
    def test_every_column_that_holds_the_person_is_in_the_file(
        self, first: list[str], last: list[str], things: list[str], has_left: bool
    ) -> None:
        self.looked_for([f"{a} {b}" for a in first for b in last], things, has_left=has_left)

    def test_somebody_to_whom_everything_happened_gets_all_of_it(self) -> None:
        self.looked_for([f"{a} {b}" for a in FIRST for b in LAST], [*THINGS, *THINGS], has_left=True)

    def looked_for(self, names: list[str], things: list[str], *, has_left: bool) -> None:
        person = Person(names)
        for thing in things:
            person.lives(thing)
        if has_left:
            end_membership(person.who, day=NOW.date(), by=person.by, now=NOW)
        held = held_on(subject_of(models.Volunteer.objects.get(pk=person.who.pk)))
        there = in_file(held)
        summed = [model for model in held.summed if held.rows[name_in_file(model)]]
        assert_none(
            (
                f"{label_of(model)} {pk}, {column}"
                for model, pk, column in places(person)
                if (model, pk, column) not in there and not (model in summed and fates_of(model)[column] is Fate.POINTS)
            ),
            to_do="Each of these holds the person and is in no file (schools/keeping/own_rows.py, held.py).",
        )
        text = str(as_object(held.only(()))).lower()
        assert "colin airey" not in text, "Somebody else is named in what is given without a look."


def test_every_name_in_the_lists_is_of_a_column() -> None:
    columns = {f"{label_of(model)}.{column.name}" for model in tables() for column in model._meta.concrete_fields}
    listed = {*ABOUT_THEM, *NAMED_TO_THEM, *(f"{table}.{name}" for table, names in SECRETS.items() for name in names)}
    assert_none(listed - columns, to_do="Take each out of ABOUT_THEM, NAMED_TO_THEM or SECRETS in schools/keeping/own_rows.py.")
    assert {label_of(model) for model in tables()} >= READABLE


@pytest.mark.django_db
def test_what_a_child_said_is_in_no_file_nor_the_facts_of_others() -> None:
    user = factories.UserFactory(name="Marguerite Thorne")
    volunteer = factories.VolunteerFactory(name="Marguerite Thorne", user=user)
    models.SafeguardingNotice.objects.create(
        session=factories.SessionFactory(), told_at=NOW, role_told="the head teacher", by=user
    )
    other = factories.ClearanceFactory(volunteer=factories.VolunteerFactory(), decided_by=user, reference="001234567890")
    held = held_on(subject_of(volunteer))
    text = str(as_object(held))
    assert "head teacher" not in text
    assert "001234567890" not in text
    assert str(other.decided_on) not in text
    assert len(held.rows["safeguarding notices"]) == 1


@pytest.mark.django_db
def test_whoever_decided_about_others_reads_how_often_and_no_day_of_a_decision() -> None:
    user = factories.manager(name="Bea Manager")
    bea = factories.VolunteerFactory(name="Bea Manager", user=user)
    own = factories.ClearanceFactory(volunteer=bea, decided_on=date(2026, 3, 2))
    for day in (4, 5):
        factories.ClearanceFactory(volunteer=factories.VolunteerFactory(), decided_by=user, decided_on=date(2026, 3, day))
    for subject in (subject_of(user), subject_of(bea)):
        rows = own_rows_on(subject).rows["clearances"]
        assert [row.get("decided_on") for row in rows] == [own.decided_on.isoformat(), None]
        assert rows[1] == {"how many you decided": 2}


@pytest.mark.django_db
def test_the_sign_in_of_a_volunteer_who_works_in_the_office_is_theirs_too() -> None:
    user = factories.manager(name="Bea Manager", email="bea@example.org")
    volunteer = factories.VolunteerFactory(name="Bea Manager", user=user)
    for row in (user, volunteer):
        held = held_on(subject_of(row))
        assert [row["email"] for row in held.rows["sign-in"]] == ["bea@example.org"]
        assert [row["reference"] for row in held.rows["volunteer"]] == [volunteer.reference]
        assert "password" not in str(as_object(held))


@pytest.mark.django_db
def test_somebody_at_a_school_gets_their_entry_their_mail_and_what_was_typed_about_them() -> None:
    contact = models.Contact.objects.create(school=factories.SchoolFactory(), name="Philippa Head", email="p@oak.org")
    models.OutboxMessage.objects.create(key="x", to="p@oak.org", subject="A visit", body="Dear Philippa")
    models.OutboxMessage.objects.create(key="y", to="q@oak.org", subject="Another", body="Dear Quentin")
    session = factories.SessionFactory(visit__school=contact.school, outcome_note="Philippa Head had the key.")
    held = held_on(subject_of(contact))
    assert [row["name"] for row in held.rows["contacts"]] == ["Philippa Head"]
    assert [row["subject"] for row in held.rows["messages to you"]] == ["A visit"]
    assert [(text.column, text.text) for text in held.texts if text.pk == session.pk and text.model is models.Session] == [
        ("outcome_note", "Philippa Head had the key.")
    ]
    values = {(table, column): value for table, _, column, value in as_table(held)}
    assert values["contacts", "email"] == "p@oak.org"
    assert "Philippa Head had the key." in values.values()
    assert "Philippa Head had the key." not in [value for *_, value in as_table(held.only(()))]


@pytest.mark.django_db
def test_no_file_lets_somebody_in_or_answers_for_somebody() -> None:
    secret = "Zm9yLXlvdXItZXllcy1hbG9uZS1wbGVhc2U1MjM0"
    contact = models.Contact.objects.create(school=factories.SchoolFactory(), name="Philippa Head", email="p@oak.org")
    link = f"Dear Philippa Head, https://speakout.example.org/answer/{secret}/"
    for number, to in enumerate(("p@oak.org", "q@oak.org")):
        models.OutboxMessage.objects.create(key=f"link-{number}", to=to, subject="A visit", body=link)
        models.OutboxMessage.objects.create(
            key=f"code-{number}", to=to, subject="Your code is 471100", body="Philippa Head: 471100", expires_at=NOW
        )
    held = held_on(subject_of(contact))
    text = str(as_object(held))
    assert "Dear Philippa Head" in text
    assert secret not in text
    assert "471100" not in text


@pytest.mark.django_db
def test_sms_and_a_number_that_they_blocked_are_in_the_file() -> None:
    contact = models.Contact.objects.create(
        school=factories.SchoolFactory(), name="Philippa Head", phone="+447400123456", sms_number="+447400123456", sms_since=NOW
    )
    mail = models.OutboxMessage.objects.create(key="x", to="office@oak.org", subject="A visit", body="Dear all")
    models.OutboxMessage.objects.create(
        key="sms:x", to="+447400123456", subject="Tomorrow", body="Tomorrow", channel="sms", beside=mail
    )
    models.SuppressedAddress.objects.create(address="+447400123456", reason="stop", since=NOW)
    models.Contact.objects.filter(pk=contact.pk).update(sms_number="", sms_since=None)
    held = held_on(subject_of(contact))
    assert [row["subject"] for row in held.rows["messages to you"]] == ["Tomorrow"]
    assert len(held.rows["your address or number, where something came back"]) == 1


def message_to(address: str, key: str, body: str, **readers: object) -> models.OutboxMessage:
    mail: models.OutboxMessage = models.OutboxMessage.objects.create(key=key, to=address, subject=f"Subject {key}", body=body)
    if readers:
        models.MessageTo.objects.create(message=mail, **readers)
    return mail


@pytest.mark.django_db
def test_mail_of_a_shared_mailbox_is_looked_at_before_it_is_given() -> None:
    office, school = "office@oak.org", factories.SchoolFactory()
    contact = models.Contact.objects.create(school=school, name="Philippa Head", email=office)
    other = models.Contact.objects.create(school=school, name="Quentin Bursar", email=office)
    message_to(office, "anybodys", "Dear all")
    message_to(office, "theirs", "Dear Quentin", contact=other)
    message_to(office, "own", "Dear Philippa", contact=contact)
    both = message_to(office, "both", "Dear both", contact=contact)
    models.MessageTo.objects.create(message=both, contact=other)
    held = held_on(subject_of(contact))
    assert [row["key"] for row in held.rows["messages to you"]] == ["own"]
    of_mails = {(text.column, text.text): text.why for text in held.texts if text.model is models.OutboxMessage}
    assert {text for column, text in of_mails if column == "body"} == {"Dear all", "Dear Quentin", "Dear both"}
    assert set(of_mails.values()) == {"it may name others"}
    assert "Quentin" not in str(as_object(held.only(())))


@pytest.mark.django_db
def test_one_of_a_couple_with_one_mailbox_gets_nothing_of_the_other_without_a_look() -> None:
    home = "home@example.org"
    user = factories.UserFactory(name="Marguerite Thorne", email=home)
    volunteer = factories.VolunteerFactory(name="Marguerite Thorne", email=home, user=user)
    partner = factories.VolunteerFactory(name="Colin Airey", email=home)
    message_to(home, "theirs", "Your day is 3 May.", volunteer=partner)
    message_to(home, "own", "Your day is 4 May.", volunteer=volunteer)
    visit = factories.VisitFactory()
    about = message_to(home, "told", "Hello Colin, be there.")
    models.MessageAbout.objects.create(visit=visit, message=about, volunteer=partner, known_by="message", facts="x")
    subject = subject_of(user)
    assert [row["key"] for row in own_rows_on(subject).rows["messages to you"]] == ["own"]
    held = held_on(subject)
    assert {text.text for text in held.texts if text.column == "body"} == {"Your day is 3 May.", "Hello Colin, be there."}


@pytest.mark.django_db
@pytest.mark.parametrize("readers", [1, 0], ids=["a list names whose it is", "no list is left"])
def test_a_mail_about_the_clearance_of_another_volunteer_is_in_nobody_elses_file(readers: int) -> None:
    """Colin signs in with the address of the home, Marguerite has it in her entry, and his mail names her too."""
    home = "home@example.org"
    marguerite = factories.VolunteerFactory(name="Marguerite Thorne", email=home)
    colin = factories.VolunteerFactory(name="Colin Airey", user=factories.UserFactory(name="Colin Airey", email=home))
    for key, to, whose in (("his", home, colin), ("moved", "colin@example.org", colin), ("hers", home, marguerite)):
        mail = message_to(to, key, f"{key}: our decision holds until 3 May. Marguerite Thorne", volunteer=whose)
        models.OutboxMessage.objects.filter(pk=mail.pk).update(kind="clearance-ends")
    if not readers:
        models.MessageTo.objects.filter(volunteer=colin).delete()
    held = held_on(subject_of(marguerite))
    assert [row["key"] for row in held.rows["messages to you"]] == ["hers"]
    assert not [text for text in held.texts if text.model is models.OutboxMessage]
    assert "his: our" not in str(as_object(held))
    assert "moved: our" not in str(as_object(held))
    hers = [row["key"] for row in own_rows_on(subject_of(colin)).rows["messages to you"]]
    assert hers == (["his", "moved"] if readers else [])


@pytest.mark.django_db
def test_who_asked_for_a_visit_gets_nothing_of_the_entry_that_somebody_put_to_it_meanwhile() -> None:
    """Quentin was known by an office's address and a phone that he typed; then a colleague took him for Ann, who is there."""
    by, school = factories.manager(), factories.SchoolFactory()
    ann = models.Contact.objects.create(school=school, name="Ann Ash", email="office@oak.org")
    request = models.VisitRequest.objects.create(
        school=school, name="Quentin Quill", role="head", email="office@oak.org", asked_at=NOW, confirmed_at=NOW, state="waits"
    )
    on: dict[str, Any] = {"asked_on": NOW.date(), "by": by, "now": NOW, "today": NOW.date()}
    access = know(request, first="mail", second="letter", **on)
    assert "Ann Ash" not in str(as_object(held_for(access).only(())))
    models.VisitRequest.objects.filter(pk=request.pk).update(contact=ann)
    given = str(as_object(held_for(access).only(())))
    assert ("Quentin Quill" in given, "Ann Ash" in given) == (True, False)
    models.VisitRequest.objects.filter(pk=request.pk).update(name="Mrs Ash")
    with pytest.raises(RuleBroken, match="known at the school as Ann Ash by now"):
        held_for(access)
    request.refresh_from_db()
    with pytest.raises(RuleBroken, match="Look there, and know them once more"):
        know(request, first="address", second="number", **on)


@pytest.mark.django_db
def test_somebody_at_a_school_gets_what_they_said_by_their_links_however_they_signed_it() -> None:
    visit = factories.VisitFactory()
    ann, bob = (models.Contact.objects.create(school=visit.school, name=name) for name in ("Ann Ash", "Bob Beech"))
    for contact, signed in ((ann, "Annie"), (bob, "Bobby")):
        access = access_of(contact, AccessPurpose.VISITS, on=NOW.date())
        said: dict[str, Any] = {"visit": visit, "school": visit.school, "given_by": signed, "access": access, "at": NOW}
        models.SchoolAnswer.objects.create(item="parking", words=f"Behind the hall of {signed}", state="left", **said)
    answer = models.SchoolAnswer.objects.create(
        item="questions", words="", state="left", **said | {"access": None, "given_by": "Annie"}
    )
    models.SchoolAnswer.objects.filter(pk=answer.pk).update(access=ann.accesses.get())
    models.Feedback.objects.create(visit=visit, school=visit.school, given_by="Annie", comment="Thank you", at=NOW)
    given = held_on(subject_of(ann))
    assert [row["given_by"] for name in ("answers of schools", "feedback of schools") for row in given.rows[name]] != []
    texts = {text.text for text in given.texts}
    assert {"Behind the hall of Annie", "Thank you"} <= texts
    assert "Bobby" not in str((given.rows, texts))


@pytest.mark.django_db
def test_an_address_that_is_the_end_of_somebody_elses_is_their_own() -> None:
    school = factories.SchoolFactory()
    ann = models.Contact.objects.create(school=school, name="Ann Ash", email="ann@oak.org")
    models.Contact.objects.create(school=school, name="Joann Birch", email="joann@oak.org")
    message_to("ann@oak.org", "own", "Dear Ann")
    assert [row["key"] for row in held_on(subject_of(ann)).rows["messages to you"]] == ["own"]


@pytest.mark.django_db
def test_who_was_erased_and_entered_again_reads_which_address_wants_nothing_more() -> None:
    models.SuppressedAddress.objects.create(address=hash_of_address("p@oak.org"), reason="objection", since=NOW)
    contact = models.Contact.objects.create(school=factories.SchoolFactory(), name="Philippa Head", email="P@oak.org")
    rows = held_on(subject_of(contact)).rows["your address or number, where something came back"]
    assert [str(row["address"]).lower() for row in rows] == ["p@oak.org"]


@pytest.mark.django_db
def test_who_looked_at_their_clearances_stands_in_the_file_by_name() -> None:
    asha, bea = factories.VolunteerFactory(name="Asha Rahman"), factories.manager(name="Bea Manager")
    at_school = {"page": "letter", "access_number": 1, "shown_to": "Fern Primary"}
    for facts in ({"page": "volunteer", "by": bea}, at_school):
        models.ClearanceLook.objects.create(volunteer_number=asha.pk, keep_until=NOW.date(), at=NOW, **facts)
    looks = own_rows_on(subject_of(asha)).rows["looks at your clearances"]
    assert [(look["by"], look["shown_to"]) for look in looks] == [(str(bea), ""), (None, "Fern Primary")]


@pytest.mark.django_db
def test_who_was_let_in_again_and_who_asked_before_read_what_became_of_it() -> None:
    bea, asha = factories.manager(name="Bea Manager"), factories.UserFactory(name="Asha Rahman")
    volunteer = factories.VolunteerFactory(name="Asha Rahman", user=asha)
    let_in: dict[str, Any] = {"why": "phone-lost", "first_check": "call", "second_check": "in_person", "asked_at": NOW}
    own = models.Recovery.objects.create(user=asha, lost="address", new_email="asha@new.org", asked_by=bea, **let_in)
    models.RecoveryStep.objects.create(recovery=own, kind="agreed", how="office", by=bea, at=NOW)
    others = models.Recovery.objects.create(user=factories.UserFactory(), lost="both", asked_by=asha, **let_in)
    models.RecoveryStep.objects.create(recovery=others, kind="asked", how="office", by=asha, at=NOW)
    on: dict[str, Any] = {"asked_on": NOW.date(), "by": bea, "now": NOW, "today": NOW.date()}
    know(volunteer, first="letter", second="in_person", **on)
    know(factories.VolunteerFactory(), first="letter", second="in_person", **on)
    for subject in (subject_of(volunteer), subject_of(asha)):
        rows = own_rows_on(subject).rows
        back, other = rows["ways back in"]
        assert (back["user"], back["why"], back["new_email"]) == ("you", "Their phone is lost or broken", "asha@new.org")
        assert ("why" in other, other["asked_by"]) == (False, "you")
        step, done = rows["steps of ways back in"]
        assert (step["kind"], "kind" in done, done["by"]) == ("Agreed", False, "you")
        (access,) = rows["requests for what is held"]
        assert (access["reference"], access["first_check"]) == (
            volunteer.reference,
            "They read back a word that we sent to the postal address of their school or of themselves",
        )
        assert "Bea" not in str((back, step, access)), "who of the office did it is somebody else"
    bea_reads = own_rows_on(subject_of(bea)).rows
    assert "asha@new.org" not in str(bea_reads)


@pytest.mark.django_db
def test_a_name_that_somebody_else_spells_otherwise_is_looked_for_and_is_not_said_to_be_somebody_elses() -> None:
    zoe = factories.VolunteerFactory(name="Zoë Hall")
    factories.VolunteerFactory(name="Zoe Hall")
    session = factories.SessionFactory(outcome_note="Zoë Hall had the key.")
    held = held_on(subject_of(zoe))
    assert [text.text for text in held.to_look_at if text.row == session.pk] == ["Zoë Hall had the key."]
    assert held.shared == 0


@pytest.mark.django_db
@pytest.mark.parametrize(("known_by", "is_given"), [("v9", False), ("bob@example.org", True)])
def test_what_an_import_says_of_another_volunteer_is_in_nobodys_file(known_by: str, is_given: bool) -> None:
    bob = factories.VolunteerFactory(name="Bob Birchwood", email="bob@example.org")
    run = models.ImportRun.objects.create(
        register="volunteers", file_name="v.csv", day=NOW.date(), asked_at=NOW, seen_at=NOW, state="applied", applied_at=NOW
    )
    fields = {"Name": [None, "Bob Birchwood"], "DBS issued 1 January 2025": [None, "clear"]}
    change = models.ImportChange.objects.create(
        run=run, kind="created", register_id="1", known_by=known_by, name="x", fields=fields
    )
    held = held_on(subject_of(bob))
    assert ((models.ImportChange, change.pk, "fields") in in_file(held)) == is_given


@pytest.mark.django_db
@pytest.mark.parametrize(("theirs", "given"), [(["V7"], 1), ([], 0)], ids=["lines of both", "lines of others alone"])
def test_of_the_report_of_an_import_of_volunteers_each_gets_the_lines_about_them(theirs: list[str], given: int) -> None:
    bob = factories.VolunteerFactory(name="Bob Birchwood", reference="V7")
    reason = "The DBS decision is clear, which needs a day. Bob Birchwood"
    lines = [{"line": number, "id": who, "reason": f"{reason} {who}"} for number, who in enumerate(["v9", *theirs], start=2)]
    models.ImportRun.objects.create(
        register="volunteers", file_name="v.csv", day=NOW.date(), asked_at=NOW, seen_at=NOW, state="ready",
        report={"refused": lines, "left_out": []},
    )  # fmt: skip
    reports = [text.text for text in held_on(subject_of(bob)).texts if text.column == "report"]
    assert [f"{reason} V7" in report for report in reports] == [True] * given
    assert "v9" not in str(reports)
