"""Who reads which dates a school is offered: whoever left before the mail went reads nothing, and home says so."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.core import mail
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from schools import models
from schools.messages.tries import bring_back
from schools.office.bookings.offers import known_of_school
from schools.office.home.needs import NEEDS
from schools.visits.not_arrived import not_arrived
from schools.visits.offer_emails import mail_of_dates_to_choose
from tests import factories
from tests.news import tell, tell_and_send
from tests.planning.offering import NOW, ON, a_school, offered, people
from tests.school_portal.taking import office_of
from tests.school_portal.visits import a_visit

pytestmark = pytest.mark.django_db


def test_who_left_the_school_before_the_mail_went_gets_none_and_home_says_that_nobody_has_the_dates() -> None:
    area = factories.AreaFactory()
    people(area, 4)
    school, other = a_school(area), a_school(area, name="Moss Primary")
    kim = models.Contact.objects.create(school=other, name="Kim Both", email="kim@trust.example.org")
    kim.also_at.add(school)
    evening = NOW.replace(hour=21)
    row = offered(school, now=evening, contact=kim)
    offered(other, now=evening, contact=kim)
    need = next(each for each in NEEDS if each.key == "dates-unread")
    assert not need.rows(models.OfferedDates.objects.all(), ON).exists()
    kim.also_at.remove(school)
    assert list(need.rows(models.OfferedDates.objects.all(), ON)) == [row]
    assert tell(evening + timedelta(hours=12), kinds=["dates-to-choose"]) == 1
    assert models.OutboxMessage.objects.get().key.startswith("dates-to-choose:")
    models.Contact.objects.filter(pk=kim.pk).delete()
    assert need.rows(models.OfferedDates.objects.all(), ON).count() == 2


def links() -> list[tuple[str, str]]:
    """To whom each mail went, and the path of the link in it."""
    return [(sent.to[0], re.findall(r"/school/dates/[^/\s]+/", str(sent.body))[0]) for sent in mail.outbox]


def can_be_opened(path: str) -> bool:
    return Client().get(path).status_code == 200


def test_whoever_has_another_address_by_now_is_sent_the_dates_there_once_by_a_link_that_opens_them() -> None:
    area = factories.AreaFactory()
    people(area, 4)
    with time_machine.travel(NOW, tick=False) as clock:
        school = a_school(area)
        row = offered(school)
        clock.shift(timedelta(minutes=5))
        tell_and_send(timezone.now(), kinds=["dates-to-choose"])
        for number, address in enumerate(("head@fern.example.org", "pat.head@fern.example.org"), start=2):
            clock.shift(timedelta(hours=1))
            contact = school.contacts.get()
            contact.email = address
            contact.save()
            for _ in range(2):
                tell_and_send(timezone.now(), kinds=["dates-to-choose"])
                clock.shift(timedelta(minutes=5))
            assert len(links()) == number, "once"
            assert links()[-1][0] == address
            assert [can_be_opened(path) for _, path in links()] == [False] * (number - 1) + [True]
        assert not models.OfferedDates.objects.without_reader(on=ON).exists()
        row.refresh_from_db()
        assert row.state == "open"


def went_to(contact: models.Contact, address: str) -> None:
    """Give them another address, and send what is due a few minutes later."""
    contact.email = address
    contact.save()
    tell_and_send(timezone.now(), kinds=["dates-to-choose"])


@pytest.mark.parametrize("is_left", [False, True])
def test_dates_whose_mail_came_back_go_to_the_address_of_today_whatever_was_decided_about_that_mail(is_left: bool) -> None:
    area = factories.AreaFactory()
    people(area, 4)
    with time_machine.travel(NOW, tick=False) as clock:
        row = offered(a_school(area))
        clock.shift(timedelta(minutes=5))
        tell_and_send(timezone.now(), kinds=["dates-to-choose"])
        first = models.OutboxMessage.objects.get()
        bring_back(first, "Mailbox full", row=None, is_lifted=False, now=timezone.now())
        if is_left:
            models.OutboxMessage.objects.update(left_at=timezone.now())
        clock.shift(timedelta(hours=1))
        assert row.contact
        went_to(row.contact, row.contact.email)
        assert len(links()) == 1, "the same address"
        went_to(row.contact, "head@fern.example.org")
        assert [to for to, _ in links()][1:] == ["head@fern.example.org"]
        assert can_be_opened(links()[-1][1])


def test_a_mail_that_comes_back_after_another_took_its_place_is_no_news() -> None:
    area = factories.AreaFactory()
    people(area, 4)
    with time_machine.travel(NOW, tick=False) as clock:
        school = a_school(area)
        row = offered(school)
        clock.shift(timedelta(minutes=5))
        tell_and_send(timezone.now(), kinds=["dates-to-choose"])
        first, begun = models.OutboxMessage.objects.get(), timezone.now()
        clock.shift(timedelta(hours=1))
        assert row.contact
        went_to(row.contact, "head@fern.example.org")
        bring_back(first, "No such mailbox", row=None, is_lifted=False, now=timezone.now())
        [line] = known_of_school(school, on=ON).offers
        assert line.did_not_arrive == ""
        assert not_arrived(since=begun, on=ON, visits=None) == []
        second = models.OutboxMessage.objects.order_by("pk").last()
        assert second
        bring_back(second, "Mailbox full", row=None, is_lifted=False, now=timezone.now())
        [line] = known_of_school(school, on=ON).offers
        assert "head@fern.example.org" in line.did_not_arrive
        assert {each.message for each in not_arrived(since=begun, on=ON, visits=None)} == {first, second}
        row.contact.delete()
        [line] = known_of_school(school, on=ON).offers
        assert line.did_not_arrive == "", "nobody is left who could be phoned"


def test_a_later_mail_of_other_dates_makes_no_reader_of_those_whose_links_were_ended() -> None:
    area = factories.AreaFactory()
    people(area, 8)
    with time_machine.travel(NOW, tick=False) as clock:
        school, other = a_school(area), a_school(area, name="Moss Primary")
        contact = school.contacts.get()
        contact.also_at.add(other)
        row = offered(school)
        clock.shift(timedelta(minutes=5))
        tell_and_send(timezone.now(), kinds=["dates-to-choose"])
        clock.shift(timedelta(hours=1))
        models.SchoolAccess.objects.update(generation=F("generation") + 1, revoked_at=timezone.now())
        assert list(models.OfferedDates.objects.without_reader(on=ON)) == [row]
        clock.shift(timedelta(hours=1))
        offered(other, contact=contact, now=timezone.now())
        clock.shift(timedelta(minutes=5))
        tell_and_send(timezone.now(), kinds=["dates-to-choose"])
        assert [can_be_opened(path) for _, path in links()] == [False, True]
        assert list(models.OfferedDates.objects.without_reader(on=ON)) == [row]


def test_where_the_links_to_dates_were_ended_home_and_whoever_ended_them_read_that_they_are_held_for_nobody() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        visit = a_visit(day=date(2027, 1, 20), stage="requested")
        assert visit.coordinator
        people(models.Area.objects.get(), 4)
        visit.sessions.all().delete()
        row = offered(visit.school, by=visit.coordinator)
        clock.shift(timedelta(minutes=5))
        tell_and_send(timezone.now(), kinds=["dates-to-choose"])
        clock.shift(timedelta(hours=1))
        assert not models.OfferedDates.objects.without_reader(on=ON).exists()
        access, office = models.SchoolAccess.objects.get(purpose="dates"), office_of(visit)
        address = reverse("admin:visit-detail", args=[visit.pk])
        page = office.post(address, {"do": "end-links", "answer": [str(access.pk)]}, follow=True).content.decode()
        assert "Dates that Fern Primary was offered are held until 4 December, and nobody there can open them any more" in page
        assert not can_be_opened(links()[0][1])
        assert list(models.OfferedDates.objects.without_reader(on=ON)) == [row]
        contact = visit.school.contacts.get()
        contact.email = ""
        contact.save()
        assert list(models.OfferedDates.objects.without_reader(on=ON)) == [row]


def test_of_a_single_date_the_mail_speaks_of_no_choice_among_several() -> None:
    contact = models.Contact(name="Pat Head")
    school = factories.SchoolFactory(name="Oak Primary")
    for moves_from in (None, ON):
        row = models.OfferedDates(
            school=school, half_days=["2026-12-17-morning"], people=2, held_until=date(2026, 12, 5), moves_from=moves_from
        )
        subject, text = mail_of_dates_to_choose(row, contact)
        assert "Oak Primary" in subject
        assert "- Thu 17 December 2026, morning" in text
        assert "We keep it free for you until Sat 5 December 2026." in text
        for words in ("one of these", "all of them", "choose one", "none of"):
            assert words not in text


def test_whoever_ends_links_reads_nothing_of_dates_of_a_school_of_another_area() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        visit = a_visit(day=date(2027, 1, 20), stage="requested")
        visit.sessions.all().delete()
        area = factories.AreaFactory()
        people(area, 4)
        elsewhere, contact = a_school(area, name="Moss Primary"), visit.school.contacts.get()
        contact.also_at.add(elsewhere)
        row = offered(elsewhere, contact=contact)
        clock.shift(timedelta(minutes=5))
        tell_and_send(timezone.now(), kinds=["dates-to-choose"])
        clock.shift(timedelta(hours=1))
        access, office = models.SchoolAccess.objects.get(purpose="dates"), office_of(visit)
        address = reverse("admin:visit-detail", args=[visit.pk])
        page = office.post(address, {"do": "end-links", "answer": [str(access.pk)]}, follow=True).content.decode()
        assert "All their links are ended" in page
        assert "Moss Primary" not in page
        assert list(models.OfferedDates.objects.without_reader(on=ON)) == [row], "its own area reads of it"
