"""What a school says on the day reaches somebody: managers, where no mail goes to whoever looks after the visit."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client

from schools import models
from schools.messages.suppression import Reason, mark
from tests.factories import coordinator_of, manager
from tests.news import drafts
from tests.school_portal.visits import DAY, a_visit, path_of

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 26, 8, 40, tzinfo=UTC)


@pytest.fixture(autouse=True)
def morning() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MORNING, tick=False) as clock:
        yield clock


def who_is_told() -> set[str]:
    return {draft.to for draft in drafts("school-alarm", MORNING)}


def nobody_has_come() -> models.User:
    """A school says so; return the visit’s coordinator."""
    visit = a_visit()
    Client().post(path_of(visit), {"do": "nobody", "given_by": "Jo Bloggs"})
    assert visit.coordinator
    return visit.coordinator


def test_managers_are_told_as_well_where_mail_to_the_coordinator_comes_back() -> None:
    boss = manager(name="Max Over")
    cora = nobody_has_come()
    assert who_is_told() == {cora.email}
    row = mark(cora.email.upper(), Reason.BOUNCE, "no such mailbox", at=MORNING)
    assert who_is_told() == {cora.email, boss.email}
    models.SuppressedAddress.objects.filter(pk=row.pk if row else 0).update(lifted_at=MORNING)
    assert who_is_told() == {cora.email}


def test_managers_hear_nothing_where_a_stand_in_can_be_reached() -> None:
    manager(name="Max Over")
    cora = nobody_has_come()
    other = coordinator_of(models.Area.objects.get(), name="Dee Stand")
    models.StandIn.objects.create(coordinator=cora, stand_in=other, from_day=DAY, to_day=DAY)
    mark(cora.email, Reason.BOUNCE, "no such mailbox", at=MORNING)
    assert who_is_told() == {cora.email, other.email}
    mark(other.email, Reason.COMPLAINT, "", at=MORNING)
    assert len(who_is_told()) == 3
