"""A wish that is said in other words and then taken back: whoever heard it in any words hears that the day suits after all."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from schools import models
from schools.visits.actions.school_changes import keep_choice_as_wish
from schools.visits.half_days import HalfDay
from schools.visits.queries.school_changes import who_heard
from tests.news import tell, tell_and_send
from tests.school_portal.changing import FAR, NOW, a_far_visit, ask, change_path, take_back

pytestmark = pytest.mark.django_db

AFTERNOON, EVENING = NOW.replace(hour=15), NOW.replace(hour=20, minute=10)
MORNING = datetime(2026, 11, 25, 7, 30, tzinfo=UTC)
TUESDAY, THURSDAY = "2027-01-12-morning", "2027-01-14-morning"
KINDS = ["school-change"]
SUITS = "The day suits the school after all: Fern Primary, Thu 10 December 2026"


@pytest.fixture
def visit() -> models.Visit:
    return a_far_visit()


def said(visit: models.Visit, day: str, moment: datetime) -> None:
    with time_machine.travel(moment, tick=False):
        assert ask(change_path(visit), day).status_code == 302


def taken_back(visit: models.Visit, moment: datetime) -> None:
    with time_machine.travel(moment, tick=False):
        assert take_back(change_path(visit)).status_code == 302


@pytest.mark.parametrize("weeks", [0, 1])
def test_who_heard_it_in_other_words_hears_that_it_was_taken_back(weeks: int, visit: models.Visit) -> None:
    later = timedelta(weeks=weeks)
    said(visit, TUESDAY, AFTERNOON)
    assert tell_and_send(AFTERNOON, kinds=KINDS) == 1
    said(visit, THURSDAY, EVENING + later)
    assert tell(EVENING + later, kinds=KINDS) == 0
    taken_back(visit, EVENING + later + timedelta(minutes=10))
    assert tell_and_send(MORNING + later, kinds=KINDS) == 1
    assert mail.outbox[-1].subject == SUITS
    assert tell(MORNING + later + timedelta(hours=1), kinds=KINDS) == 0


def test_so_does_who_heard_it_before_the_school_chose_a_date_to_which_it_was_not_moved(visit: models.Visit) -> None:
    said(visit, TUESDAY, AFTERNOON)
    assert tell_and_send(AFTERNOON, kinds=KINDS) == 1
    keep_choice_as_wish(visit, FAR, HalfDay.of_all([THURSDAY]), name="Pat", access=None, now=EVENING)
    taken_back(visit, EVENING + timedelta(minutes=10))
    assert tell_and_send(MORNING, kinds=KINDS) == 1
    assert mail.outbox[-1].subject == SUITS


def test_who_heard_it_in_no_words_hears_nothing(visit: models.Visit) -> None:
    said(visit, TUESDAY, AFTERNOON)
    assert tell(AFTERNOON, kinds=KINDS) == 1, "and it waits"
    said(visit, THURSDAY, EVENING)
    taken_back(visit, EVENING + timedelta(minutes=10))
    assert tell_and_send(MORNING, kinds=KINDS) == 0


def test_who_heard_of_changes_is_one_query(visit: models.Visit) -> None:
    said(visit, TUESDAY, AFTERNOON)
    tell_and_send(AFTERNOON, kinds=KINDS)
    taken_back(visit, AFTERNOON)
    tell_and_send(AFTERNOON + timedelta(minutes=5), kinds=KINDS)
    [change] = models.SchoolChange.objects.all()
    assert visit.coordinator
    with CaptureQueriesContext(connection) as queries:
        assert who_heard("school-change", [change]) == {(change.pk, visit.coordinator.pk)}
    assert len(queries) == 1
