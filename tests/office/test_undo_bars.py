"""What can be undone since every act can: confirming one visit, and a step of a volunteer."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from schools import models
from tests import factories
from tests.browsing import saved
from tests.news import tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(area: models.Area) -> models.Visit:
    school = factories.SchoolFactory(area=area, name="Ashfield")
    models.Contact.objects.create(school=school, name="Pat Head", email="pat@ashfield.example.org")
    made: models.Visit = factories.VisitFactory(school=school, stage="planned")
    factories.SessionFactory(visit=made)
    return made


def confirms(office: Client, visit: models.Visit, agreed_with: str) -> Any:
    typed = {"do": "confirm", "confirm-agreed_on": "2026-11-20", "confirm-agreed_with": agreed_with}
    return saved(office, f"/admin/visit/{visit.pk}/", typed)


def undoes_what_was_done(office: Client, answer: Any) -> Any:
    """Press the button of the bar on the page to which the act led."""
    page = office.get(answer.headers["Location"]).content.decode()
    assert "Undo this" in page
    batch = models.Batch.objects.latest("pk")
    assert f"done={batch.pk}" in answer.headers["Location"]
    return office.post(f"/admin/batch/{batch.pk}/", {"do": "undo"}, follow=True)


def test_a_confirmation_is_undone_in_time_and_nobody_hears_of_it(office: Client, visit: models.Visit) -> None:
    answer = confirms(office, visit, "Pat")
    visit.refresh_from_db()
    assert (visit.stage, visit.agreed_with) == ("confirmed", "Pat")
    assert models.OutboxMessage.objects.filter(kind="visits").count() == 1
    undoes_what_was_done(office, answer)
    visit.refresh_from_db()
    assert (visit.stage, visit.agreed_on, visit.agreed_with) == ("planned", None, "")
    tell(timezone.now() + timedelta(minutes=2))
    assert not models.OutboxMessage.objects.filter(kind="visits").exists()


def test_a_correction_of_what_was_agreed_is_undone_to_what_stood_before(office: Client, visit: models.Visit) -> None:
    confirms(office, visit, "Pat")
    answer = confirms(office, visit, "Sam")
    assert models.Batch.objects.latest("pk").words.startswith("Corrected what was agreed of visit")
    undoes_what_was_done(office, answer)
    visit.refresh_from_db()
    assert (visit.stage, visit.agreed_with) == ("confirmed", "Pat")


@pytest.mark.parametrize(("since", "stands"), [(True, "confirmed"), (False, "planned")])
def test_a_confirmation_stays_once_a_session_took_place_after_it(
    office: Client, visit: models.Visit, since: bool, stands: str
) -> None:
    recorded_at = timezone.now() + timedelta(hours=1 if since else -1)
    factories.SessionFactory(visit=visit, delivered=True, day=date(2026, 11, 16), recorded_at=recorded_at)
    answer = undoes_what_was_done(office, confirms(office, visit, "Pat"))
    visit.refresh_from_db()
    assert visit.stage == stands
    assert ("A session of it took place since." in answer.content.decode()) == since


def steps(office: Client, volunteer: models.Volunteer, step: str) -> Any:
    typed = {"do": "step", "step-step": step, "step-day": "2026-11-20"}
    return office.post(f"/admin/volunteer/{volunteer.pk}/", typed)


def test_a_step_is_undone_with_the_status_that_followed_from_it(office: Client, area: models.Area) -> None:
    volunteer = factories.VolunteerFactory(status="enquirer")
    volunteer.areas.add(area)
    answer = steps(office, volunteer, "applied")
    volunteer.refresh_from_db()
    assert volunteer.status == "applicant"
    undoes_what_was_done(office, answer)
    volunteer.refresh_from_db()
    assert (volunteer.status, volunteer.steps.count()) == ("enquirer", 0)


def test_a_step_that_another_one_followed_stays(office: Client, area: models.Area) -> None:
    volunteer = factories.able_volunteer(area)
    answer = steps(office, volunteer, "paused")
    later = models.VolunteerStep.objects.create(volunteer=volunteer, step="returned", day=date(2026, 11, 22))
    page = undoes_what_was_done(office, answer).content.decode()
    assert "Another step was written down since." in page
    volunteer.refresh_from_db()
    assert volunteer.status == "paused"
    assert {step.pk for step in volunteer.steps.all()} >= {later.pk}
    assert volunteer.steps.count() == 2
