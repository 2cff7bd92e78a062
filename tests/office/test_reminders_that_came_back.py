"""Whose reminder of a visit came back stands under *Tell these people*, with what came back and whom to phone."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.test import Client

from schools import models
from schools.visits.actions import cancel_session
from schools.visits.actions.undoing import undo
from tests import factories
from tests.news import tell, tell_and_send
from tests.office.conftest import NOW
from tests.office.telling import TELL, agreed, boxes, on_home, read

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 26)
TWO_DAYS_BEFORE = datetime(2026, 11, 24, 9, tzinfo=UTC)
CAME_BACK = "The mail came back or got no answer, and nothing else tells them: phone them."
REMINDERS = ("school-week", "two-days")


def refuse(kind: str) -> list[str]:
    """Let the mails of the kind have come back; return to whom they were."""
    mails = models.OutboxMessage.objects.filter(kind=kind)
    mails.update(sent_at=None, stopped_at=NOW, last_error="550 no such person")
    return sorted(mails.values_list("to", flat=True))


@pytest.fixture
def session(area: models.Area) -> models.Session:
    """An agreed visit that nobody has changed, with a host, a guest and a volunteer."""
    made = agreed(area, day=DAY)
    asha = factories.able_volunteer(area, signs_in=True, name="Asha Bell")
    factories.CoverFactory(session=made, volunteer=asha, answered_at=NOW - timedelta(days=20))
    assert tell_and_send(TWO_DAYS_BEFORE, kinds=REMINDERS) == 3
    return made


def test_host_guest_and_volunteer_whose_reminder_came_back_are_phoned_until_they_know(
    office: Client, session: models.Session
) -> None:
    assert (boxes(office), on_home(office)) == ({}, 0)
    addresses = [address for kind in REMINDERS for address in refuse(kind)]
    assert {name: len(found) for name, found in boxes(office).items()} == {"session": 1, "guest": 1, "cover": 1}
    assert on_home(office) == 1
    body = read(office)
    assert body.count(CAME_BACK) == 3
    assert len(addresses) == 3
    for address in addresses:
        assert f"The mail to {address} came back or got no answer, so phone them: 550 no such person" in body
    assert "01539 720001" in body
    assert body.count("takes place.") == 1
    assert body.count("takes place, with pupils of ") == 1
    assert "you’re down for it." in body
    office.post(TELL, boxes(office))
    assert (boxes(office), on_home(office)) == ({}, 0)
    assert tell(NOW + timedelta(minutes=4)) == 0, "nothing was changed, so nobody is told anything"


def test_a_tick_about_a_reminder_is_undone_and_they_stand_there_again(office: Client, session: models.Session) -> None:
    refuse("school-week")
    office.post(TELL, {"session": boxes(office)["session"]})
    assert set(boxes(office)) == {"guest"}
    undo(models.Batch.objects.latest("pk"), by=factories.manager(), now=NOW + timedelta(minutes=1))
    assert set(boxes(office)) == {"session", "guest"}


def test_who_gets_another_mail_about_the_visit_after_the_reminder_is_not_phoned(office: Client, session: models.Session) -> None:
    refuse("two-days")
    assert len(boxes(office)["cover"]) == 1
    assert tell_and_send(datetime(2026, 11, 25, 17, 30, tzinfo=UTC), kinds=["evening"]) == 1
    assert boxes(office) == {}
    refuse("evening")
    assert len(boxes(office)["cover"]) == 1


def test_a_first_change_of_the_visit_tells_nobody_whose_reminder_came_back(office: Client, session: models.Session) -> None:
    refuse("two-days")
    later = factories.SessionFactory(visit=session.visit, day=DAY, starts=time(13), ends=time(13, 30))
    cancel_session(later, code="weather", note="", by=factories.manager(), now=NOW)
    assert models.MessageAbout.objects.filter(volunteer__isnull=False, facts="before").exists()
    assert len(boxes(office)["cover"]) == 1


def test_what_reminded_of_is_over_or_left_unsent_by_a_manager_is_said_to_nobody(office: Client, session: models.Session) -> None:
    refuse("two-days")
    models.OutboxMessage.objects.filter(kind="two-days").update(left_at=NOW)
    assert boxes(office) == {}
    models.OutboxMessage.objects.filter(kind="two-days").update(left_at=None)
    models.Session.objects.update(recorded_at=NOW, stage="delivered", went_ahead="yes")
    assert boxes(office) == {}


def test_thanks_that_came_back_are_for_the_mail_to_the_coordinator_alone(office: Client, session: models.Session) -> None:
    refuse("school-week")
    models.OutboxMessage.objects.filter(kind="school-week").update(kind="school-agreement")
    assert boxes(office) == {}
