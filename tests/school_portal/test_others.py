"""Somebody who acts for several schools reaches every visit of theirs from one page, and nobody else's."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.test import Client

from schools import models
from schools.school_portal import others
from schools.visits.actions import confirm
from schools.visits.actions.booked import know_person_to_undo
from schools.visits.actions.requests import know_person
from schools.visits.actions.undoing import undo
from tests.factories import manager
from tests.news import tell_and_send
from tests.school_portal.visits import BEFORE, DAY, a_guest, a_visit, path_of, took_place

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _before() -> Iterator[None]:
    with time_machine.travel(BEFORE, tick=False):
        yield


def page(path: str) -> str:
    return " ".join(Client().get(path).content.decode().split())


def links(shown: str) -> list[str]:
    part = shown.partition("Our other visits to your schools")[2]
    return [each.partition('"')[0] for each in part.split('href="')[1:] if each.startswith("/school/")]


def test_from_one_page_each_visit_of_their_schools_is_reached_as_host_and_as_guest() -> None:
    visit, other, hosted = a_visit(), a_visit(day=date(2026, 12, 1)), a_visit(day=date(2026, 12, 3))
    guest = a_guest(hosted)
    models.School.objects.filter(pk=other.school_id).update(name="Moor School")
    contact = models.Contact.objects.get(school=visit.school)
    contact.also_at.add(other.school, guest)
    shown = page(path_of(visit))
    assert "Tue 1 December 2026, Moor School" in shown
    assert "Thu 3 December 2026, Moss Infants" in shown
    assert len(links(shown)) == 2
    assert "Pupils of Moss Infants are guests there" in page(links(shown)[1])
    back = links(page(links(shown)[0]))
    assert f"{path_of(visit)}" in back


def test_who_acts_for_one_school_sees_none_of_others_and_nothing_that_is_not_agreed_or_long_over() -> None:
    visit = a_visit()
    a_visit(day=date(2026, 12, 1))
    a_visit(school=visit.school, stage="planned", agreed_on=None, day=date(2026, 12, 2))
    a_visit(school=visit.school, day=date(2026, 9, 1))
    off = a_visit(school=visit.school, day=date(2026, 12, 4))
    off.sessions.update(stage="cancelled", cancelled_code="weather")
    assert "Our other visits" not in page(path_of(visit))
    held = a_visit(school=visit.school, day=date(2026, 11, 20))
    took_place(held)
    [link] = links(page(path_of(visit)))
    assert "Thank you for having had us" in page(link)


def test_an_online_window_is_listed_as_long_as_the_school_may_show_it_and_two_months_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    visit, online = a_visit(), a_visit(day=date(2026, 9, 7))
    online.sessions.update(until_day=date(2026, 12, 18))
    contact = models.Contact.objects.get(school=visit.school)
    contact.also_at.add(online.school, a_guest(online))
    assert len(links(page(path_of(visit)))) == 2, "as host and as guest"
    took_place(visit)
    a_visit(school=visit.school, day=date(2026, 12, 1))
    monkeypatch.setattr(others, "MOST_OTHERS", 2)
    assert "Tue 1 December 2026" not in page(path_of(visit)), "what is open now comes before what is to come"
    with time_machine.travel(datetime(2027, 2, 16, 9, 0, tzinfo=UTC), tick=False):
        assert len(links(page(path_of(visit)))) == 2
    with time_machine.travel(datetime(2027, 2, 17, 9, 0, tzinfo=UTC), tick=False):
        assert not links(page(path_of(visit)))


def test_of_many_visits_those_that_come_next_are_listed_and_then_the_last_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    visit = a_visit()
    for day in (date(2026, 10, 20), date(2026, 11, 20), date(2026, 12, 1), date(2026, 12, 3), date(2027, 1, 12)):
        a_visit(school=visit.school, day=day)
    days = "Tue 20 October 2026", "Fri 20 November 2026", "Tue 1 December 2026", "Thu 3 December 2026", "Tue 12 January 2027"
    for most, listed in ((2, days[2:4]), (4, days[1:]), (5, days)):
        monkeypatch.setattr(others, "MOST_OTHERS", most)
        part = page(path_of(visit)).partition("Our other visits to your schools")[2]
        assert [day for day in days if day in part] == list(listed)


def test_whoever_asked_and_is_known_at_another_school_is_put_at_this_one_as_the_same_person() -> None:
    visit, other = a_visit(), a_visit(day=date(2026, 12, 1))
    kim = models.Contact.objects.create(school=other.school, name="Kim Hall", email="kim@trust.example.org")
    asked = {"name": "K. Hall", "role": "bursar", "email": "KIM@trust.example.org", "asked_at": BEFORE, "confirmed_at": BEFORE}
    request = models.VisitRequest.objects.create(school=visit.school, visit=visit, state="waits", **asked)
    for _ in range(2):
        assert know_person(request, by=manager(), now=BEFORE) == kim
    assert list(kim.also_at.all()) == [visit.school]
    assert models.Contact.objects.filter(email__iexact=kim.email).count() == 1


def test_whoever_asked_too_and_is_written_to_from_now_on_reads_of_the_whole_visit() -> None:
    visit = a_visit(contact=None, stage="planned", agreed_on=None)
    confirm(visit, by=manager(), now=BEFORE, agreed_on=BEFORE.date(), agreed_with="Pat Head")
    assert tell_and_send(BEFORE, kinds=["visits"]) == 1
    asked = {"name": "Aaron Hall", "email": "aaron@fern.example.org", "asked_at": BEFORE, "confirmed_at": BEFORE}
    request = models.VisitRequest.objects.create(school=visit.school, visit=visit, state="waits", **asked)
    batch = know_person_to_undo(request, by=manager(), now=BEFORE)
    assert tell_and_send(BEFORE, kinds=["visits"]) == 1
    message = models.OutboxMessage.objects.get(to="aaron@fern.example.org")
    assert message.subject.startswith("Our visit:")
    assert tell_and_send(BEFORE, kinds=["visits"]) == 0
    # It was a slip: whoever read before reads again, from the beginning, since others may have been told otherwise meanwhile.
    assert undo(batch, by=manager(), now=BEFORE).left_alone == []
    assert tell_and_send(BEFORE, kinds=["visits"]) == 1
    to, subject = models.OutboxMessage.objects.order_by("-pk").values_list("to", "subject")[0]
    assert (to != message.to, subject) == (True, message.subject)
    assert tell_and_send(BEFORE, kinds=["visits"]) == 0


def test_on_the_day_the_page_is_about_that_day_alone() -> None:
    visit = a_visit()
    a_visit(school=visit.school, day=date(2026, 12, 1))
    assert links(page(path_of(visit)))
    with time_machine.travel(BEFORE.replace(day=DAY.day, hour=8), tick=False):
        assert "Our other visits" not in page(path_of(visit))
