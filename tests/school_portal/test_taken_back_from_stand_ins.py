"""What a school takes back is told to whoever stood in when it was said, also once their days are over."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail

from schools import models
from tests.factories import coordinator_of
from tests.news import tell_and_send
from tests.school_portal.changing import NOW, a_far_visit, ask, change_path, take_back
from tests.school_portal.test_on_the_day import press
from tests.school_portal.visits import a_visit, path_of

pytestmark = pytest.mark.django_db

EVENING = datetime(2026, 11, 25, 21, 0, tzinfo=UTC)
MORNING = EVENING + timedelta(hours=11)


def stands_in(visit: models.Visit, moment: datetime) -> models.User:
    """Somebody who stands in for the visit’s coordinator on that day alone."""
    assert visit.coordinator
    other = coordinator_of(models.Area.objects.get(), name="Dee Stand")
    day = moment.date()
    models.StandIn.objects.create(coordinator=visit.coordinator, stand_in=other, from_day=day, to_day=day)
    return other


def told() -> set[str]:
    return {sent.to[0] for sent in mail.outbox}


@pytest.mark.parametrize("still", ["sees it", "does not see it", "may not sign in"])
def test_that_the_day_takes_place_after_all_is_told_to_who_heard_in_the_evening_that_it_does_not(still: str) -> None:
    visit = a_visit()
    other = stands_in(visit, EVENING)
    with time_machine.travel(EVENING, tick=False):
        press(path_of(visit), "call_off")
        assert tell_and_send(EVENING, kinds=["school-alarm"]) == 2
    if still == "does not see it":
        models.AreaCoordinator.objects.filter(user=other).delete()
    elif still == "may not sign in":
        models.User.objects.filter(pk=other.pk).update(is_active=False)
    mail.outbox.clear()
    with time_machine.travel(MORNING, tick=False):
        press(path_of(visit), "on")
        tell_and_send(MORNING, kinds=["school-alarm"])
    assert visit.coordinator
    assert told() == {visit.coordinator.email, *([other.email] if still == "sees it" else [])}


def test_that_the_day_suits_after_all_is_told_to_who_heard_of_the_wish() -> None:
    visit = a_far_visit()
    other = stands_in(visit, NOW)
    with time_machine.travel(NOW, tick=False):
        ask(change_path(visit), "2027-01-12-morning")
        assert tell_and_send(NOW, kinds=["school-change"]) == 2
    mail.outbox.clear()
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        take_back(change_path(visit))
        tell_and_send(NOW + timedelta(days=1), kinds=["school-change"])
    assert visit.coordinator
    assert told() == {visit.coordinator.email, other.email}
