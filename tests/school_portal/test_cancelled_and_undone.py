"""The office undoes what a host cancelled by its own page: not where the school has another visit instead by now."""

from collections.abc import Callable, Iterator
from datetime import date, time, timedelta

import pytest
import time_machine

from schools import models
from schools.planning.actions import choose_date
from schools.planning.actions.answers import Chooser
from schools.visits.actions import cancel_visit
from schools.visits.actions.booking import book
from schools.visits.actions.conversations import request_visit
from schools.visits.actions.undoing import undo
from schools.visits.rules import NewSession
from tests import factories
from tests.planning.moving import a_booked_visit
from tests.planning.offering import LATER, NOW, TUESDAY, a_school, offered, people
from tests.school_portal.changing import cancel, change_path
from tests.school_portal.taking import office_of

pytestmark = pytest.mark.django_db

INSTEAD = date(2027, 1, 12)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


@pytest.fixture
def visit() -> models.Visit:
    area = factories.AreaFactory()
    return a_booked_visit(a_school(area), *people(area, 2), coordinator=factories.coordinator_of(area))


def the_school_chooses(visit: models.Visit) -> models.Visit:
    """It chooses one of the dates that it was offered since."""
    row = choose_date(offered(visit.school, now=LATER), TUESDAY, Chooser("Pat Head"), now=LATER)
    assert row.visit
    assert row.visit.stage == "confirmed"
    return row.visit


def the_office_books(visit: models.Visit) -> models.Visit:
    """The office books another day, on the page of the school."""
    return booked_at(visit.school)


def booked_at(school: models.School, reference: str = "") -> models.Visit:
    kind = models.SessionType.objects.get(slug="ks2-assembly")
    day = INSTEAD + timedelta(weeks=models.Visit.objects.count())
    session = NewSession(kind, day, time(9, 30), time(10, 0))
    return book(school, [session], by=factories.manager(), now=LATER, reference=reference)


def under_another_number(visit: models.Visit) -> models.Visit:
    """What it has become, as an academy, is booked."""
    academy = factories.SchoolFactory()
    models.School.objects.filter(pk__in=[visit.school_id, academy.pk]).update(chain=visit.school_id, lineage=visit.school_id)
    return booked_at(academy)


def what_it_had_asked_for(visit: models.Visit) -> models.Visit:
    """Of a request from long before, somebody makes a visit."""
    return booked_at(visit.school, models.Visit.objects.get(stage="requested").reference)


def the_cancellation() -> models.Batch:
    change = models.SchoolChange.objects.get()
    assert change.batch
    return change.batch


@pytest.mark.parametrize("instead", [the_school_chooses, the_office_books, under_another_number, what_it_had_asked_for])
def test_what_a_school_cancelled_stays_so_once_another_visit_was_booked_with_it(
    visit: models.Visit, instead: Callable[[models.Visit], models.Visit], clock: time_machine.Traveller
) -> None:
    if instead is what_it_had_asked_for:
        request_visit(visit.school, preferred_month=None, by=factories.manager(), now=NOW)
    clock.shift(timedelta(hours=1))
    cancel(change_path(visit))
    clock.move_to(LATER, tick=False)
    other = instead(visit)

    batch = undo(the_cancellation(), by=factories.manager(), now=LATER)

    visit.refresh_from_db()
    assert (visit.stage, set(visit.sessions.values_list("stage", flat=True))) == ("cancelled", {"cancelled"})
    words = f"The school has visit {other.reference} by now. If both are to take place, book this one again."
    assert f"{visit} stays as it is. {words}" in batch.left_alone
    page = " ".join(office_of(visit).get(f"/admin/visit/{visit.pk}/").content.decode().split())
    assert "Somebody in the office undid that since. The visit is cancelled all the same." in page
    assert "That was taken back in the office since." not in page


def test_it_comes_back_beside_what_was_booked_before_and_what_is_asked_for(
    visit: models.Visit, clock: time_machine.Traveller
) -> None:
    earlier = booked_at(visit.school)
    clock.shift(timedelta(hours=1))
    cancel(change_path(visit))
    clock.move_to(LATER, tick=False)
    factories.SessionFactory(visit=earlier, day=INSTEAD + timedelta(days=1))
    cancel_visit(booked_at(visit.school), code="weather", note="", by=factories.manager(), now=LATER)
    request_visit(visit.school, preferred_month=None, by=factories.manager(), now=LATER)
    factories.SessionFactory(visit__school=visit.school, day=date(2025, 12, 10))
    batch = undo(the_cancellation(), by=factories.manager(), now=LATER)
    visit.refresh_from_db()
    assert (visit.stage, batch.left_alone) == ("confirmed", [])


def test_what_the_office_cancelled_comes_back_beside_what_it_has_booked_since(visit: models.Visit) -> None:
    batch = cancel_visit(visit, code="school", note="", by=factories.manager(), now=NOW)
    booked_at(visit.school)
    assert undo(batch, by=factories.manager(), now=LATER).left_alone == []
