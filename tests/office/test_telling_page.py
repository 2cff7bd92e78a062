"""*Tell these people* says what became of the mail, for the school, its guests and each volunteer."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from schools import models
from schools.visits.actions import assign_all, cancel_visit, confirm
from schools.visits.queries import VisitDay
from tests import factories
from tests.news import tell, tell_and_send
from tests.office.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(area: models.Area) -> models.Session:
    """A visit that host, guest and a volunteer know of."""
    host, guest = (factories.SchoolFactory(area=area, name=name) for name in ("Ashfield", "Fern Primary"))
    made: models.Session = factories.SessionFactory(visit__school=host, day=date(2026, 12, 3))
    factories.HeadcountFactory(session=made, school=guest, year_group=3)
    models.Contact.objects.create(school=host, name="Hetty Moss", email="hetty@ashfield.example.org")
    models.Contact.objects.create(school=guest, name="Fay Office", phone="+441539720001")
    by = factories.manager()
    volunteer = factories.able_volunteer(area, signs_in=True, name="Asha Bell")
    confirm(made.visit, agreed_on=date(2026, 11, 2), agreed_with="", by=by, now=NOW)
    assign_all(VisitDay(made.visit, made.day), volunteer, role="presenter", by=by, now=NOW)
    tell_and_send(NOW - timedelta(hours=1))
    cancel_visit(made.visit, code="weather", note="", by=by, now=NOW)
    return made


def page_of(office: Client) -> str:
    return " ".join(strip_tags(office.get(reverse("admin:tell")).content.decode()).split())


def test_it_says_when_each_was_mailed_and_that_a_guest_has_to_be_phoned(office: Client, session: models.Session) -> None:
    tell_and_send(NOW)
    body = page_of(office)
    asha = models.Volunteer.objects.get(name="Asha Bell").user
    assert asha is not None
    for address in ("hetty@ashfield.example.org", asha.email):
        assert f"Mailed to {address} on Tue 24 November 2026 at" in body
    assert "Fern Primary, a guest" in body
    assert "Fay Office, 01539 720001" in body
    assert "No mail has gone to them about this." in body


def test_it_says_what_waits_and_what_came_back(office: Client, session: models.Session) -> None:
    tell(NOW)
    assert page_of(office).count("is on its way.") == 2
    models.OutboxMessage.objects.filter(sent_at=None).update(stopped_at=NOW, last_error="550 no such person")
    body = page_of(office)
    assert body.count("came back or got no answer, so phone them: 550 no such person") == 2
