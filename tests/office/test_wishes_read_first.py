"""The office moves a visit where its school wishes it, once it has read what the school wishes by then (rule 32)."""

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from schools import models
from tests.browsing import hidden
from tests.school_portal.changing import FAR, NOW, a_far_visit, ask, change_path, pressed, take_back
from tests.school_portal.taking import office_of

pytestmark = pytest.mark.django_db

TUESDAY, WEDNESDAY = "2027-01-12-morning", "2027-01-13-afternoon"
OVER = "The school asks for no other day any more: it has taken that back since you opened the page, or the visit was moved."
ANEW = "The school has asked for another day since you opened the page. Read what it asks for, and then go on."
ANSWERED = "A colleague has answered since you opened the page, or taken an answer back. Read that, and then go on."


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def visit() -> models.Visit:
    return a_far_visit()


@pytest.fixture
def office(visit: models.Visit) -> Client:
    return office_of(visit)


def words(body: str) -> str:
    return " ".join(body.split())


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [((TUESDAY,), (), OVER), ((TUESDAY,), (WEDNESDAY,), ANEW), ((), (WEDNESDAY,), ANEW)],
    ids=["taken back", "replaced", "asked for"],
)
def test_a_visit_is_moved_once_somebody_has_read_what_its_school_asks_for_by_then(
    office: Client,
    visit: models.Visit,
    clock: time_machine.Traveller,
    before: tuple[str, ...],
    after: tuple[str, ...],
    reason: str,
) -> None:
    address = f"/admin/visit/{visit.pk}/move/?day={FAR}&to={TUESDAY}"
    typed = {"sessions": list(visit.sessions.values_list("pk", flat=True)), "day": "2027-01-12", "starts": ""}
    if before:
        ask(change_path(visit), *before, note="The hall is let.")
    opened = office.get(address).content.decode()
    assert ("These would do: " in words(opened)) == ("The hall is let." in opened) == bool(before)
    look = office.post(address, {**hidden(opened), **typed, "do": "look"}).content.decode()
    assert OVER not in look
    assert ANEW not in look
    clock.move_to(NOW.replace(minute=10), tick=False)
    if after:
        ask(change_path(visit), *after, by="Sam")
    else:
        take_back(change_path(visit))
    again = office.post(address, {**hidden(look), **typed, "do": "move"}).content.decode()
    assert reason in words(again)
    assert ("Wed 13 January 2027, afternoon" in again) == bool(after)
    assert set(visit.sessions.values_list("day", flat=True)) == {FAR}
    assert office.post(address, {**hidden(again), **typed, "do": "move"}).status_code == 302, "who has read it may"
    assert FAR not in set(visit.sessions.values_list("day", flat=True))


def test_a_look_from_a_page_that_showed_another_wish_says_so(office: Client, visit: models.Visit) -> None:
    address = f"/admin/visit/{visit.pk}/move/"
    typed = {"sessions": list(visit.sessions.values_list("pk", flat=True)), "day": "2027-01-12", "starts": "", "do": "look"}
    opened = hidden(office.get(address).content.decode())
    ask(change_path(visit), WEDNESDAY)
    assert ANEW in words(office.post(address, {**opened, **typed}).content.decode())


def test_a_visit_is_moved_once_somebody_has_read_what_a_colleague_has_answered_by_then(
    office: Client, visit: models.Visit
) -> None:
    ask(change_path(visit), TUESDAY)
    address = f"/admin/visit/{visit.pk}/move/"
    typed = {"sessions": list(visit.sessions.values_list("pk", flat=True)), "day": "2027-01-12", "starts": ""}
    page = office.post(address, {**hidden(office.get(address).content.decode()), **typed, "do": "look"}).content.decode()
    answers = [("change-stands", True), ("change-not-seen", False), ("change-seen", False)]
    for do, is_mailed in answers:
        answer = pressed(do)
        for _twice in range(2):
            assert office.post(f"/admin/visit/{visit.pk}/", answer).status_code == 302, "it can be pressed twice"
        page = office.post(address, {**hidden(page), **typed, "do": "move"}).content.decode()
        assert ANSWERED in words(page)
        assert ("The school is told by mail that the day stands." in words(page)) == is_mailed
        assert set(visit.sessions.values_list("day", flat=True)) == {FAR}
    assert office.post(address, {**hidden(page), **typed, "do": "move"}).status_code == 302, "who has read it may"
    assert FAR not in set(visit.sessions.values_list("day", flat=True))
