"""What the page of a visit that its host cancelled says of the other days that it asked for: whether we have answered since."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine

from schools import models
from tests.factories import SessionFactory
from tests.school_portal.changing import FAR, NOW, a_far_visit, cancel, change_path, text_of
from tests.school_portal.visits import path_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_ten() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def visit() -> models.Visit:
    return a_far_visit()


@pytest.mark.parametrize("is_offered", [True, False])
def test_once_dates_were_offered_or_a_visit_booked_the_page_says_no_more_that_we_look(
    visit: models.Visit, is_offered: bool
) -> None:
    path = change_path(visit)
    cancel(path, day_1="2027-01-12", part_1="afternoon")
    if is_offered:
        facts = {"half_days": ["2027-01-12-afternoon"], "people": 2, "held_until": FAR}
        models.OfferedDates.objects.create(school=visit.school, offered_at=NOW + timedelta(hours=1), **facts)
    else:
        SessionFactory(visit__school=visit.school, day=date(2027, 1, 12))
    for address in (path, path_of(visit)):
        assert "Our answer is in a mail that is on its way or there already" in text_of(address)
        assert "We look who could come" not in text_of(address)


def test_a_wish_that_was_seen_to_or_is_over_is_not_looked_after(visit: models.Visit, at_ten: time_machine.Traveller) -> None:
    path = change_path(visit)
    cancel(path, day_1="2027-01-12", part_1="afternoon")
    models.SchoolChange.objects.update(seen_at=NOW)
    for address in (path, path_of(visit)):
        assert "If you have heard nothing of that since, phone us" in text_of(address)
        assert "We look who could come" not in text_of(address)
    at_ten.move_to(NOW.replace(year=2027, month=1, day=13))
    for address in (path, path_of(visit)):
        assert "cancelled it here" in text_of(address)
        assert "one of these instead" not in text_of(address)


def test_dates_that_were_undone_are_no_answer(visit: models.Visit) -> None:
    path = change_path(visit)
    cancel(path, day_1="2027-01-12", part_1="afternoon")
    facts = {"half_days": ["2027-01-12-afternoon"], "people": 2, "held_until": FAR, "state": "back"}
    models.OfferedDates.objects.create(school=visit.school, offered_at=NOW + timedelta(hours=1), **facts)
    for address in (path, path_of(visit)):
        assert "has had our answer since" not in text_of(address)
        assert "We look who could come" in text_of(address)


def test_a_visit_that_was_booked_before_the_host_cancelled_another_one_is_no_answer(
    visit: models.Visit, at_ten: time_machine.Traveller
) -> None:
    at_ten.move_to(NOW - timedelta(days=30))
    earlier = SessionFactory(visit__school=visit.school, day=date(2027, 1, 12))
    at_ten.move_to(NOW)
    path = change_path(visit)
    cancel(path, day_1="2027-02-02", part_1="afternoon")
    earlier.room = "Hall"
    earlier.save()
    for address in (path, path_of(visit)):
        assert "has had our answer since" not in text_of(address)
        assert "We look who could come" in text_of(address)
    at_ten.move_to(NOW + timedelta(hours=1))
    SessionFactory(visit=earlier.visit, day=date(2027, 2, 2))
    for address in (path, path_of(visit)):
        assert "Our answer is in a mail that is on its way or there already" in text_of(address)


def test_dates_that_move_a_visit_that_stands_are_no_answer(visit: models.Visit, at_ten: time_machine.Traveller) -> None:
    at_ten.move_to(NOW - timedelta(days=30))
    stands = SessionFactory(visit__school=visit.school, day=date(2027, 1, 12))
    at_ten.move_to(NOW)
    path = change_path(visit)
    cancel(path, day_1="2027-02-02", part_1="afternoon")
    facts = {"half_days": ["2027-01-13-morning"], "people": 2, "held_until": FAR, "visit": stands.visit, "moves_from": stands.day}
    models.OfferedDates.objects.create(school=visit.school, offered_at=NOW + timedelta(hours=1), **facts)
    for address in (path, path_of(visit)):
        assert "has had our answer since" not in text_of(address)
        assert "We look who could come" in text_of(address)
