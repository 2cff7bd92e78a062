"""The lines of home about mail: what came back, who gets none, and schools that nobody can write to."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from schools import models
from schools.directory.actions import unshare_contact
from schools.visits.models import NOBODY
from schools.visits.queries.parties import contact_to_write_to
from tests import factories
from tests.office.conftest import NOW
from tests.office.needs_listed import listed

pytestmark = pytest.mark.django_db
ON = NOW.date()


def in_days(days: int) -> date:
    return ON + timedelta(days=days)


@pytest.fixture
def school(area: models.Area) -> models.School:
    made: models.School = factories.SchoolFactory(area=area)
    return made


def test_mail_that_came_back_is_a_line_for_whoever_may_see_it_and_leads_to_the_log(
    office: Client, area: models.Area, elsewhere: models.Area, school: models.School
) -> None:
    places: list[models.School] = [school, factories.SchoolFactory(area=elsewhere)]
    for number, place in enumerate(places):
        message = models.OutboxMessage.objects.create(
            key=f"k{number}", to="p@example.org", subject=f"Hello {number}", body="", kind="visits", stopped_at=NOW
        )
        visit = factories.VisitFactory(school=place)
        models.MessageAbout.objects.create(visit=visit, school=place, message=message, known_by="message", facts="f")
    [line] = office.get("/admin/").context["pressing"]
    assert (line.need.key, line.number, line.address) == ("mail", 1, "/admin/messages/?state=to-decide")
    log = office.get(line.address).content.decode()
    assert ("Hello 0" in log, "Hello 1" in log) == (True, False)
    assert "Decide about all mail" not in log, "that page is the managers’"


@pytest.mark.parametrize("do", ["again", "leave"])
def test_a_coordinator_decides_about_mail_of_theirs_and_the_line_is_gone(
    office: Client, elsewhere: models.Area, school: models.School, do: str
) -> None:
    messages = []
    places: list[models.School] = [school, factories.SchoolFactory(area=elsewhere)]
    for number, place in enumerate(places):
        message = models.OutboxMessage.objects.create(
            key=f"k{number}", to="p@example.org", subject="Hello", body="", stopped_at=NOW, last_error="550 no"
        )
        visit = factories.VisitFactory(school=place)
        models.MessageAbout.objects.create(visit=visit, school=place, message=message, known_by="message", facts="f")
        messages.append(message)
    mine, others = messages
    page = office.get(f"/admin/messages/{mine.pk}/").content.decode()
    assert "550 no" in page
    assert "Leave it unsent" in page
    answer = {"again": "It is tried again now.", "leave": "It is left unsent."}[do]
    assert answer in office.post(f"/admin/messages/{mine.pk}/", {"do": do}, follow=True).content.decode()
    assert (
        "decided about this mail already"
        in office.post(f"/admin/messages/{mine.pk}/", {"do": "leave"}, follow=True).content.decode()
    )
    assert office.post(f"/admin/messages/{others.pk}/", {"do": do}).status_code == 404
    others.refresh_from_db()
    assert (others.stopped_at, others.left_at) == (NOW, None)
    assert "mail" not in {line.need.key for line in office.get("/admin/").context["pressing"]}


def test_places_of_people_without_mail_are_a_line_until_somebody_has_phoned_them(
    office: Client, area: models.Area, school: models.School
) -> None:
    signs_in, phones = factories.able_volunteer(area, signs_in=True), factories.able_volunteer(area)
    session = factories.SessionFactory(visit__school=school, day=in_days(21))
    late, past = (factories.SessionFactory(visit__school=school, day=in_days(days)) for days in (22, -1))
    cover = factories.CoverFactory(session=session, volunteer=phones, state="offered")
    factories.CoverFactory(session=session, volunteer=signs_in)
    for other in (late, past):
        factories.CoverFactory(session=other, volunteer=phones)
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area), state="declined")
    assert listed(office, "no-mail") == [cover]
    known = {"visit": session.visit, "volunteer": phones}
    models.MessageAbout.objects.create(known_by="before", facts="before", **known)
    assert listed(office, "no-mail") == [cover]
    models.MessageAbout.objects.create(known_by="otherwise", facts="x", **known)
    assert listed(office, "no-mail") == []


def test_agreed_visits_with_a_school_without_mail_are_a_line_until_somebody_has_spoken_to_it(
    office: Client, area: models.Area, school: models.School, coordinator: models.User
) -> None:
    def visit_to(place: models.School, days: int = 9, **fields: Any) -> models.Visit:
        made: models.Visit = factories.VisitFactory(school=place, **{"stage": "confirmed", "agreed_on": ON, **fields})
        factories.SessionFactory(visit=made, day=in_days(days))
        return made

    reached, shared = factories.SchoolFactory(area=area), factories.SchoolFactory(area=area)
    pat = models.Contact.objects.create(school=reached, name="Pat", email="pat@example.org")
    pat.also_at.add(shared)
    models.Contact.objects.create(school=school, name="Only a phone")
    wanted = visit_to(school)
    for place in (reached, shared):
        visit_to(place)
    visit_to(school, stage="planned", agreed_on=None)
    visit_to(school, days=22)
    assert listed(office, "school-no-mail") == [wanted]

    with_guest = visit_to(reached)
    guest = factories.SchoolFactory(area=area)
    factories.HeadcountFactory(session=with_guest.sessions.get(), school=guest, year_group=3)
    assert set(listed(office, "school-no-mail")) == {wanted, with_guest}
    models.Contact.objects.create(school=guest, name="Gil", email="gil@example.org")
    assert listed(office, "school-no-mail") == [wanted]

    talk = models.ContactLog.objects.create(school=school, day=in_days(-30), how="phone", who="Pat", by=coordinator)
    assert listed(office, "school-no-mail") == [wanted]
    models.ContactLog.objects.filter(pk=talk.pk).update(day=in_days(-2))
    assert listed(office, "school-no-mail") == []
    models.ContactLog.objects.filter(pk=talk.pk).update(who=NOBODY)
    assert listed(office, "school-no-mail") == [wanted], "nobody answered that call"
    models.ContactLog.objects.all().delete()
    models.MessageAbout.objects.create(visit=wanted, school=school, known_by="otherwise", facts="anew:x")
    assert listed(office, "school-no-mail") == [wanted], "that others read for it now tells it nothing"
    models.MessageAbout.objects.create(visit=wanted, school=school, known_by="otherwise", facts="x")
    assert listed(office, "school-no-mail") == []


@pytest.mark.parametrize("began_here", [True, False])
def test_a_school_that_the_only_person_with_an_address_has_left_is_one_without_mail(
    office: Client, area: models.Area, school: models.School, *, began_here: bool
) -> None:
    other = factories.SchoolFactory(area=area)
    first, second = (school, other) if began_here else (other, school)
    zoe = models.Contact.objects.create(school=first, name="Zoe", email="zoe@example.org")
    zoe.also_at.add(second)
    visit = factories.VisitFactory(school=school, contact=zoe, stage="confirmed", agreed_on=ON)
    session = factories.SessionFactory(visit=visit, day=in_days(9))
    hosted = factories.VisitFactory(school=other, contact=zoe, stage="confirmed", agreed_on=ON)
    guests_of = factories.SessionFactory(visit=hosted, day=in_days(9))
    factories.HeadcountFactory(session=guests_of, school=school, year_group=3)
    assert listed(office, "school-no-mail") == []
    unshare_contact(zoe, school)
    assert contact_to_write_to(session.visit, school) is None
    assert set(listed(office, "school-no-mail")) == {visit, hosted}
