"""Somebody at a school asks for a visit: found, asked, confirmed by mail, joined with what is there; strangers learn nothing."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse

from schools import models
from schools.directory.accesses import end_links
from schools.directory.actions import unshare_contact
from schools.messages.actions import deliver_due
from schools.school_portal.asking import OF_ADDRESS_AND_SCHOOL
from schools.visits.actions.conversations import request_visit
from schools.visits.queries.requests import contact_of_address, contact_under_any_number
from schools.visits.request_links import HOLDS, token_of_request
from tests.factories import SchoolFactory, SessionFactory, VisitFactory, manager
from tests.school_portal.asking import (
    NOW,
    TEXTS,
    a_school,
    asked_and_confirmed,
    asks,
    link_in_mail,
    open_the_door,
    page,
    shut_the_door,
    text,
    typed,
)
from tests.school_portal.visits import every_row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _morning() -> Iterator[None]:
    open_the_door()
    with time_machine.travel(NOW, tick=False):
        yield


def test_an_address_that_is_too_long_to_be_stored_is_refused_and_what_was_typed_stays() -> None:
    answer = text(asks(a_school(), email="a" * 250 + "@example.org", note="The hall is wet."))
    assert "at most 254 characters" in answer
    assert "The hall is wet." in answer
    assert not models.VisitRequest.objects.exists()


def test_nothing_is_asked_for_until_the_link_in_the_mail_is_confirmed() -> None:
    school = a_school()
    answer = asks(school)
    assert (answer.status_code, answer.url) == (302, reverse("ask-sent"))
    path = link_in_mail()
    assert mail.outbox[-1].to == ["pat@fern.example.org"]
    assert not models.Visit.objects.exists()
    shown = page(path)
    for words in ("Pat Head (head teacher)", "Year 5, Year 6", "Monday morning, Thursday afternoon", "Spring term 2027",
                  "The hall is being painted"):  # fmt: skip
        assert words in shown
    assert Client().post(path).status_code == 302
    visit = models.Visit.objects.get()
    assert (visit.school, visit.stage, visit.requested_on) == (school, "requested", NOW.date())
    request = models.VisitRequest.objects.get()
    assert (request.visit, request.state, request.confirmed_at, request.contact) == (visit, "done", NOW, None)
    assert Client().post(path).status_code == 302
    assert models.Visit.objects.count() == 1


def test_pressed_twice_within_a_minute_it_is_one_request_and_one_mail() -> None:
    fern = a_school()
    unlisted: dict[str, Any] = {"school_name": "Hill Academy", "postcode": "CA3 8AA"}

    def requests_and_mails() -> tuple[int, int]:
        return models.VisitRequest.objects.count(), models.OutboxMessage.objects.count()

    assert {asks(fern).status_code for _ in range(2)} == {302}
    assert requests_and_mails() == (1, 1)
    assert {asks(None, **unlisted).status_code for _ in range(2)} == {302}
    assert requests_and_mails() == (2, 2)
    asks(None, **unlisted, note="Another note.")
    assert requests_and_mails() == (3, 3)
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        asks(fern)
    assert requests_and_mails() == (4, 4), "the first mail may have been lost"


def test_the_mail_says_nothing_that_whoever_asked_has_typed() -> None:
    spam = "Buy at http://bad.example now"
    asks(None, school_name=spam, postcode="CA3 8AA", name=spam, role=spam, note=spam)
    link_in_mail()
    assert "bad.example" not in f"{mail.outbox[-1].subject} {mail.outbox[-1].body}"


@pytest.mark.parametrize("stage", ["requested", "planned", "confirmed"])
def test_a_school_with_a_visit_gets_no_second_one_and_the_office_hears_that_somebody_asked(stage: str) -> None:
    school = a_school()
    contact = models.Contact.objects.create(school=school, name="P. Head", role="head", email="PAT@fern.example.org")
    visit = VisitFactory(school=school, stage=stage, agreed_on=NOW.date() if stage == "confirmed" else None)
    if stage != "requested":
        SessionFactory(visit=visit, day=date(2026, 12, 3))
    path = asked_and_confirmed(school)
    assert models.Visit.objects.get() == visit
    request = models.VisitRequest.objects.get()
    assert (request.visit, request.contact, request.state) == (visit, contact, "waits")
    contact.refresh_from_db()
    assert (contact.name, contact.role) == ("P. Head", "head")
    answer = page(path)
    if stage == "requested":
        assert "visit to your school is planned" not in answer
    else:
        assert "visit to your school is planned" in answer
        link = answer.partition("/school/")[2].partition('"')[0]
        assert "Our visit" in page(f"/school/{link}")


def test_the_page_hands_on_no_link_that_was_ended_or_goes_to_another_address() -> None:
    school = a_school(website="https://www.fern.example.org")
    contact = models.Contact.objects.create(school=school, name="P. Head", email="pat@fern.example.org")
    SessionFactory(visit=VisitFactory(school=school, stage="planned"), day=date(2026, 12, 3))
    path = asked_and_confirmed(school)
    assert 'href="/school/' in page(path)
    models.Contact.objects.filter(pk=contact.pk).update(email="pam@fern.example.org")
    models.SchoolAccess.objects.update(email="pam@fern.example.org")  # as the next mail does
    changed = page(path)
    models.Contact.objects.filter(pk=contact.pk).update(email="pat@fern.example.org")
    models.SchoolAccess.objects.update(email="pat@fern.example.org")
    end_links(models.SchoolAccess.objects.all(), now=NOW)
    for shown in (changed, page(path)):
        assert "visit to your school is planned" in shown
        assert 'href="/school/' not in shown


def test_a_visit_that_is_over_or_off_is_no_reason_for_no_other() -> None:
    school = a_school()
    over = VisitFactory(school=school, stage="confirmed", agreed_on=date(2024, 3, 1))
    SessionFactory(visit=over, day=date(2024, 3, 7), delivered=True)
    VisitFactory(school=school, stage="declined")
    VisitFactory(school=school, stage="cancelled", cancelled_code="weather")
    asked_and_confirmed(school)
    assert models.Visit.objects.filter(stage="requested").count() == 1


def test_once_the_visit_that_was_there_is_over_the_old_link_says_so_and_leads_to_asking_again() -> None:
    school = a_school()
    models.Contact.objects.create(school=school, name="Pat Head", email="pat@fern.example.org")
    visit = VisitFactory(school=school, stage="confirmed", agreed_on=NOW.date())
    SessionFactory(visit=visit, day=date(2026, 12, 3))
    path = asked_and_confirmed(school)
    assert "visit to your school is planned" in page(path)
    with time_machine.travel(NOW + timedelta(days=10), tick=False):
        shown = page(path)
    assert "visit to your school is planned" not in shown
    assert "is over" in shown
    assert f'href="{reverse("ask-school", args=[school.pk])}"' in shown


def test_a_request_under_an_old_register_number_joins_the_visit_of_the_new_one() -> None:
    old, new = a_school(), a_school(name="Fern Academy")
    models.School.objects.filter(pk__in=[old.pk, new.pk]).update(chain=old.pk, lineage=old.pk)
    there = request_visit(new, preferred_month=None, by=manager(), now=NOW)
    asked_and_confirmed(old)
    assert models.Visit.objects.get() == there


def test_who_is_known_at_the_school_reads_kindly_when_it_is_due_again() -> None:
    school = a_school(website="https://www.fern.example.org")
    SessionFactory(visit__school=school, day=date(2026, 3, 5), delivered=True)
    stranger, colleague = "somebody@mail.example.com", "new@fern.example.org"
    path = asked_and_confirmed(school, email=colleague)
    assert "yours is due again in 2027/28" in page(path)
    assert models.Visit.objects.filter(stage="requested").exists()
    assert "2027" not in page(asked_and_confirmed(school, email=stranger, term="")).replace("Spring term 2027", "")


def test_who_is_not_known_at_the_school_reads_the_same_whatever_we_have_with_it() -> None:
    answers = set()
    for number in range(4):
        school = a_school(name="Fern Primary", website="https://council.example.com/schools/fern")
        models.Contact.objects.create(school=school, name="P", email="head@fern.example.org")
        if number == 1:
            VisitFactory(school=school, stage="planned")
        elif number == 2:
            SessionFactory(visit__school=school, day=date(2026, 3, 5), delivered=True)
        elif number == 3:
            models.School.objects.filter(pk=school.pk).update(pupils=1)
            VisitFactory(school=school, stage="requested")
        path = asked_and_confirmed(school, email=f"x{number}@council.example.com")
        answers.add(page(path).replace(f"x{number}@", "x@"))
    assert len(answers) == 1


@pytest.mark.parametrize("email", ["ingrıd@fern.example.org", "INGRID@Fern.example.org"])
def test_an_address_that_only_looks_like_that_of_somebody_there_is_a_strangers(email: str) -> None:
    school = a_school()
    numbers: list[models.School] = [school, SchoolFactory(name="Fern Academy")]
    models.School.objects.filter(pk__in=[each.pk for each in numbers]).update(chain=school.pk)
    contact = models.Contact.objects.create(school=numbers[1], name="Ingrid Head", email="ingrid@fern.example.org")
    school.refresh_from_db()
    is_theirs = contact if email.isascii() else None
    assert [contact_of_address(numbers[1], email), contact_under_any_number(school, email)] == [is_theirs, is_theirs]
    asked_and_confirmed(numbers[1], email=email)
    assert models.VisitRequest.objects.get().contact == is_theirs


def test_who_is_at_the_school_no_more_reads_as_a_stranger_does() -> None:
    school, other = a_school(), a_school(name="Moss Primary")
    contact = models.Contact.objects.create(school=other, name="P. Head", email="pat@fern.example.org")
    contact.also_at.add(school)
    visit = VisitFactory(school=school, stage="planned")
    SessionFactory(visit=visit, day=date(2026, 12, 3))
    path = asked_and_confirmed(school)
    known = page(path)
    assert "visit to your school is planned" in known
    assert 'href="/school/' in known
    unshare_contact(contact, school)
    shown = page(path)
    assert "reads it now, and answers you" in shown
    assert "visit to your school is planned" not in shown
    assert 'href="/school/' not in shown
    models.School.objects.filter(pk__in=[school.pk, other.pk]).update(chain=min(school.pk, other.pk))
    assert "visit to your school is planned" in page(path), "it is the same school, under another number"


def test_weeks_later_the_link_promises_no_answer_any_more() -> None:
    paths = [asked_and_confirmed(a_school()), asked_and_confirmed(None, school_name="Hill Academy", postcode="CA3 8AA")]
    for path in paths:
        assert "reads it now, and answers you" in page(path)
        with time_machine.travel(NOW + timedelta(days=14), tick=False):
            words = page(path)
        assert "If nobody has answered you since, write to us" in words
        assert "answers you within" not in words


def test_sending_says_the_same_of_an_address_that_is_known_and_of_another() -> None:
    school = a_school()
    models.Contact.objects.create(school=school, name="P", email="head@fern.example.org")
    answers = [asks(school, email=address) for address in ("head@fern.example.org", "who@else.example.org")]
    assert len({(answer.status_code, answer.url) for answer in answers}) == 1


def test_a_school_that_nobody_knows_waits_for_the_office_with_name_and_postcode() -> None:
    path = asked_and_confirmed(None, school_name="Hill Academy", postcode="ca38aa")
    request = models.VisitRequest.objects.get()
    assert (request.school, request.school_name, request.postcode, request.state) == (None, "Hill Academy", "CA3 8AA", "waits")
    assert not models.Visit.objects.exists()
    assert "Hill Academy, CA3 8AA" in page(path)


def test_a_school_that_closes_before_the_link_is_opened_waits_for_the_office() -> None:
    school = a_school()
    asks(school)
    path = link_in_mail()
    models.School.objects.update(status="closed")
    assert Client().post(path).status_code == 302
    assert models.VisitRequest.objects.get().state == "waits"
    assert not models.Visit.objects.exists()


def test_the_door_stays_shut_until_both_public_texts_stand() -> None:
    school = a_school()
    asks(school)
    path = link_in_mail()
    paths = [reverse("ask"), reverse("ask-school", args=[school.pk]), reverse("ask-unlisted"), reverse("ask-sent"), path]
    for missing in TEXTS:
        shut_the_door(missing)
        for each in paths:
            assert "You cannot ask for a visit here yet" in text(Client().get(each), 404)
            assert Client().post(each, typed()).status_code == 404
    assert not models.Visit.objects.exists()
    assert models.VisitRequest.objects.count() == 1


@pytest.mark.exhaustive
def test_fifty_looks_at_each_link_change_nothing() -> None:
    school = a_school()
    models.Contact.objects.create(school=school, name="Pat", email="pat@fern.example.org")
    asks(school)
    waiting = link_in_mail()
    there = a_school(name="Moss Primary")
    visit = VisitFactory(school=there, stage="planned")
    models.Contact.objects.create(school=there, name="Sam", email="sam@moss.example.org")
    confirmed = asked_and_confirmed(there, email="sam@moss.example.org")
    assert visit.visit_requests.count() == 1
    before = every_row()
    client = Client()
    for path in (waiting, confirmed):
        for _ in range(25):
            assert client.get(path).status_code == client.head(path).status_code == 200
    for path in (reverse("ask"), reverse("ask-sent"), reverse("ask-school", args=[school.pk])):
        assert client.get(path).status_code == client.head(path).status_code == 200
    assert every_row() == before


def test_a_link_is_too_old_after_a_week_and_says_to_ask_again() -> None:
    asks(a_school())
    path = link_in_mail()
    with time_machine.travel(NOW + HOLDS, tick=False):
        assert "It is too late to confirm this" in page(path)
        assert "It is too late to confirm this" in text(Client().post(path), 409)
    assert not models.Visit.objects.exists()
    with time_machine.travel(NOW + HOLDS - timedelta(seconds=1), tick=False):
        assert Client().post(path).status_code == 302


def test_a_forged_link_opens_nothing_and_looks_like_one_that_is_gone() -> None:
    asks(a_school())
    path = link_in_mail()
    request = models.VisitRequest.objects.get()
    forged = path.replace(f"/{request.pk}.", f"/{request.pk + 1}.")
    assert forged != path
    wrong = text(Client().get(forged), 404)
    assert Client().post(forged).status_code == 404
    request.delete()
    assert text(Client().get(path), 404) == wrong


def test_a_link_for_one_request_opens_no_other() -> None:
    asks(a_school())
    first = models.VisitRequest.objects.get()
    other = models.VisitRequest.objects.create(school=first.school, name="X", role="Y", email="x@example.org", asked_at=NOW)
    assert token_of_request(first).partition(".")[2] != token_of_request(other).partition(".")[2]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": " "}, "Your name: say who you are"),
        ({"role": ""}, "Your role: say what you do"),
        ({"email": "pat@"}, "Your e-mail address: give the whole address"),
        ({"phone": "12"}, "Your phone: give the whole number"),
        ({"phone": "01228 606060 ext 204"}, "Your phone: leave out the extension"),
        ({"leave_empty": "http://bad.example"}, "The last box has to stay empty"),
        ({"year_groups": ["77"]}, "For which year groups: not all of these"),
        ({"half_days": ["9-noon"]}, "Which half-days suit you: not all of these"),
        ({"term": "spring-1066"}, "that term can no longer be chosen"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(wrong: dict[str, Any], words: str) -> None:
    answer = text(asks(a_school(), **wrong))
    assert words in answer
    assert "The hall is being painted" in answer
    assert not models.VisitRequest.objects.exists()


def test_an_unlisted_school_needs_a_whole_postcode() -> None:
    assert "Postcode of the school: give the whole postcode" in text(asks(None, school_name="Hill", postcode="CA3"))


def test_the_warning_stands_above_the_note() -> None:
    path = reverse("ask-school", args=[a_school().pk])
    bare = page(path)
    assert "Not for a worry about a child: tell your school’s safeguarding lead, or phone 999" in bare
    assert "duty number" not in bare
    models.Charity.objects.update(safeguarding_phone="+441539722000")
    answer = page(path)
    assert "Never a child’s name. Not for a worry about a child: phone 01539 722000." in answer


def test_a_school_that_cannot_be_visited_has_no_form() -> None:
    closed = SchoolFactory(status="closed")
    for number in (closed.pk, 987_654_321):
        assert "We cannot come to this school" in text(Client().get(reverse("ask-school", args=[number])), 404)


def test_who_asks_is_written_to_so_often_a_day_and_nobody_is_told_where_it_ends() -> None:
    school = a_school()
    answers = {asks(school, note=f"Try {number}").url for number in range(OF_ADDRESS_AND_SCHOOL + 1)}
    deliver_due(clock=lambda: NOW)
    assert answers == {reverse("ask-sent")}
    assert len(mail.outbox) == models.VisitRequest.objects.count() == OF_ADDRESS_AND_SCHOOL


def test_whoever_sent_it_reads_that_few_mails_a_day_are_about_one_school_and_where_to_write() -> None:
    models.Charity.objects.update(reply_to="office@kind.example.org")
    shown = page(reverse("ask-sent"))
    assert "If we may still write to that address and about that school today, a link is on its way." in shown
    assert "We have sent" not in shown
    assert "Only a few mails a day go to one address, and about one school. If nothing comes even so, write to us." in shown
    assert 'href="mailto:office@kind.example.org"' in shown


def test_the_school_that_asked_is_answered_by_mail_where_somebody_there_is_known() -> None:
    school = a_school()
    models.Contact.objects.create(school=school, name="Kim Office", email="kim@fern.example.org")
    asked_and_confirmed(school, email="who@else.example.org")
    visit = models.Visit.objects.get()
    assert visit.contact is None
    assert not models.Contact.objects.filter(email="who@else.example.org").exists()
