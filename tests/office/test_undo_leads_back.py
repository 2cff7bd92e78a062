"""Whoever presses “Undo this” stands on the page again on which the bar was, and goes on from there."""

from datetime import time
from html import unescape
from urllib.parse import urlencode

import pytest
from django.test import Client

from schools import models
from tests import factories
from tests.browsing import hidden
from tests.office.test_booking import a_form, ks1, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(area: models.Area) -> models.Session:
    school = factories.SchoolFactory(area=area, name="Ashfield Primary", pupils=210)
    made: models.Session = factories.SessionFactory(visit__school=school)
    return made


PAGES = {
    "a day": "/admin/visit/{visit}/{day}/",
    "a session": "/admin/session/{session}/",
    "a visit": "/admin/visit/{visit}/?back=%2Fadmin%2Fdue%2F",
    "a volunteer": "/admin/volunteer/{volunteer}/",
    "days off": "/admin/bulk/cancel-day/?day=2026-11-26&last=2026-11-27",
    "many at once": "/admin/bulk/",
    "who would like to watch": "/admin/observing/",
    "guests": "/admin/visit/{visit}/guests/",
}


@pytest.mark.parametrize("name", PAGES)
def test_undone_leads_to_the_page_on_which_the_bar_was(
    name: str, office: Client, session: models.Session, area: models.Area
) -> None:
    asha = factories.able_volunteer(area, name="Asha Rao")
    office.post(f"/admin/visit/{session.visit_id}/{session.day}/", {"do": "assign", "cover-volunteer": asha.pk})
    batch = models.Batch.objects.get()
    here = PAGES[name].format(visit=session.visit_id, day=session.day, session=session.pk, volunteer=asha.pk)
    page = office.get(f"{here}{'&' if '?' in here else '?'}done={batch.pk}")
    undone = office.post(f"/admin/batch/{batch.pk}/", {"do": "undo", "back": page.context["undo_leads_to"]})
    assert undone.headers["Location"] == here
    assert here in [unescape(each) for each in hidden(page.content.decode())["back"]]
    assert "Undone:" in office.get(here).content.decode()
    assert not models.Cover.objects.exists()


def test_a_cancellation_that_is_undone_where_people_are_told_leads_to_its_visit(office: Client, session: models.Session) -> None:
    factories.SessionFactory(visit=session.visit, starts=time(10), ends=time(10, 30))
    typed = {"do": "cancel", "cancel-code": "school", "shown": hidden_slots(office, session)}
    answer = office.post(f"/admin/session/{session.pk}/", typed)
    page = office.get(answer.headers["Location"])
    assert page.context["undo_leads_to"] == f"/admin/visit/{session.visit_id}/"


def hidden_slots(office: Client, session: models.Session) -> list[str]:
    return hidden(office.get(f"/admin/session/{session.pk}/").content.decode()).get("shown", [])


def test_a_booking_that_is_undone_still_leads_on_to_where_it_was_begun(office: Client, session: models.Session) -> None:
    school, back = session.visit.school, "/admin/due/?show=due#due-7"
    models.Session.objects.all().delete()
    models.Visit.objects.all().delete()
    answer = post(office, school, a_form(office, school, ks1(), back=back), "book")
    batch = models.Batch.objects.get()
    leads_to = office.get(answer["Location"]).context["undo_leads_to"]
    assert leads_to == f"/admin/school/{school.pk}/?{urlencode({'back': back})}"
    undone = office.post(f"/admin/batch/{batch.pk}/", {"do": "undo", "back": leads_to}, follow=True).content.decode()
    assert "Undone:" in undone
    assert f'href="{back}">Go on where you were' in undone
