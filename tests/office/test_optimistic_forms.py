"""Of two who change the same thing in the office, the second overwrites nothing unseen and loses nothing."""

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from schools import models
from schools.office.frame.optimistic_forms import OfficeForm
from tests import factories
from tests.browsing import hidden, saved
from tests.office.test_visibility import url, volunteer_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def volunteer(area: models.Area) -> models.Volunteer:
    made: models.Volunteer = factories.VolunteerFactory(name="Asha Patel")
    made.areas.add(area)
    return made


@pytest.fixture
def school(area: models.Area) -> models.School:
    made: models.School = factories.SchoolFactory(area=area, name="Ashfield")
    return made


def opened(client: Client, address: str) -> dict[str, Any]:
    return dict(hidden(client.get(address).content.decode()))


def said(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_every_form_of_a_row_is_one_that_overwrites_nothing_unseen() -> None:
    tables = [one for one in admin.site._registry.values() if one.model._meta.app_label == "schools"]
    assert len(tables) > 50
    for table in tables:
        for part in (table, *table.inlines):
            assert issubclass(part.form, OfficeForm), (
                f"{part}: derive its form from OfficeForm, or let it overwrite nothing unseen"
            )


def test_a_volunteer_in_two_tabs(office: Client, area: models.Area, volunteer: models.Volunteer) -> None:
    address = url(models.Volunteer, "change", volunteer.pk)
    second = opened(office, address)
    typed = volunteer_form(volunteer, area)
    assert saved(office, address, typed | {"furthest_km": "20", "emergency_contact": "Mum"}).status_code == 302
    mine = typed | {"furthest_km": "40", "languages": ["en", "cy"], "emergency_contact": "Mum"}
    answer = office.post(address, second | mine)
    body = said(answer)
    assert "Somebody changed this after you had opened it (its log names Cora Nwosu last, on Tue 24 November 2026" in body
    errors = answer.context["adminform"].form.non_field_errors()
    assert list(errors)[1:] == ["Languages: English is stored now.", "Furthest km: 20 is stored now."]
    assert 'value="40"' in body
    volunteer.refresh_from_db()
    assert volunteer.furthest_km == 20
    assert office.post(address, dict(hidden(answer.content.decode())) | mine).status_code == 302
    volunteer.refresh_from_db()
    assert (volunteer.furthest_km, volunteer.languages) == (40, ["en", "cy"])


def test_who_typed_what_the_other_stored_or_first_has_to_mend_a_box_is_not_led_astray(
    office: Client, area: models.Area, volunteer: models.Volunteer
) -> None:
    address = url(models.Volunteer, "change", volunteer.pk)
    second = opened(office, address)
    typed = volunteer_form(volunteer, area) | {"furthest_km": "20"}
    saved(office, address, typed)
    assert office.post(address, second | typed).status_code == 302
    wrong = saved(office, address, typed | {"furthest_km": "many"})
    saved(office, address, typed | {"emergency_contact": "Mum"})
    answer = office.post(address, dict(hidden(wrong.content.decode())) | typed)
    assert "Emergency contact: Mum is stored now." in said(answer)


def test_a_row_on_anothers_page_is_not_overwritten_either(office: Client, area: models.Area) -> None:
    school = factories.SchoolFactory(area=area)
    contact = models.Contact.objects.create(school=school, name="Pat Head", role="Head")
    address = url(models.School, "change", school.pk)
    typed = {"contacts-0-name": "Pat Head", "contacts-TOTAL_FORMS": "1", "contacts-INITIAL_FORMS": "1"}
    second = opened(office, address)
    assert saved(office, address, typed | {"contacts-0-role": "Deputy"}).status_code == 302
    answer = office.post(address, second | typed | {"contacts-0-role": "Clerk"})
    assert "Role: Deputy is stored now." in said(answer)
    contact.refresh_from_db()
    assert contact.role == "Deputy"
    office.post(address, dict(hidden(answer.content.decode())) | typed | {"contacts-0-role": "Clerk"})
    contact.refresh_from_db()
    assert contact.role == "Clerk"


def test_a_row_that_somebody_changed_meanwhile_is_not_deleted_unseen(office: Client, area: models.Area) -> None:
    school = factories.SchoolFactory(area=area)
    one, other = (models.Contact.objects.create(school=school, name=name, role="Head") for name in ("Ann Ash", "Bea Birch"))
    address = url(models.School, "change", school.pk)
    typed = {"contacts-TOTAL_FORMS": "2", "contacts-INITIAL_FORMS": "2", "contacts-0-DELETE": "on", "contacts-1-DELETE": "on"}
    for number, contact in enumerate((one, other)):
        typed |= {f"contacts-{number}-name": contact.name, f"contacts-{number}-role": "Head"}
    second = opened(office, address)
    models.Contact.objects.filter(pk=other.pk).update(role="Deputy")
    answer = office.post(address, second | typed)
    body = said(answer)
    assert answer.status_code == 200
    assert body.count("was changed after you had opened it, so it is still here.") == 1
    assert "Role: Deputy is stored now." in body
    assert set(models.Contact.objects.all()) == {one, other}
    # Once it was said, the tick counts.
    assert office.post(address, dict(hidden(answer.content.decode())) | typed).status_code == 302
    assert not models.Contact.objects.exists()


def test_what_is_posted_waits_for_whoever_writes_the_row(office: Client, area: models.Area, volunteer: models.Volunteer) -> None:
    address = url(models.Volunteer, "change", volunteer.pk)
    sent = opened(office, address) | volunteer_form(volunteer, area)
    with CaptureQueriesContext(connection) as queries:
        assert office.post(address, sent).status_code == 302
    locked = [one for one in queries.captured_queries if "FOR UPDATE" in one["sql"] and "volunteer" in one["sql"]]
    assert bool(locked) == connection.features.has_select_for_update


def test_a_visits_form_names_who_was_first(office: Client, coordinator: models.User, school: models.School) -> None:
    visit = factories.VisitFactory(school=school)
    address = f"/admin/visit/{visit.pk}/edit/"
    second = opened(office, address)
    contact = models.Contact.objects.create(school=school, name="Pat Head")
    saved(office, address, {"parking": "In the yard", "contact": contact.pk})
    body = said(office.post(address, second | {"parking": "On the road"}))
    assert f"{coordinator} changed this on Tue 24 November 2026 at 8:50 am, after you had opened it." in body
    assert "Parking: In the yard is stored now." in body
    assert "Whom to ask for: Pat Head is stored now." in body
    visit.refresh_from_db()
    assert visit.parking == "In the yard"


def test_what_was_agreed_is_not_overwritten_unseen(office: Client, coordinator: models.User, school: models.School) -> None:
    visit = factories.SessionFactory(visit__school=school).visit
    address = f"/admin/visit/{visit.pk}/"
    second = opened(office, address)
    typed = {"do": "confirm", "confirm-agreed_on": "2026-11-20"}
    assert saved(office, address, typed | {"confirm-agreed_with": "Pat"}).status_code == 302
    answer = office.post(address, second | typed | {"confirm-agreed_with": "Sam"})
    assert f"{coordinator} changed this on " in said(answer)
    assert "Agreed with: Pat is stored now." in said(answer)
    assert 'value="Sam"' in said(answer)
    visit.refresh_from_db()
    assert visit.agreed_with == "Pat"
    office.post(address, dict(hidden(answer.content.decode())) | typed | {"confirm-agreed_with": "Sam"})
    visit.refresh_from_db()
    assert visit.agreed_with == "Sam"


def test_somebody_at_a_school_is_not_overwritten_unseen(office: Client, school: models.School) -> None:
    contact = models.Contact.objects.create(school=school, name="Pat Head", phone="01228 555010")
    address = f"/admin/school/{school.pk}/?contact={contact.pk}"
    second = opened(office, address)
    typed = {"do": "contact", "name": "Pat Head", "phone": "01228 555010"}
    assert saved(office, address, typed | {"role": "head"}).status_code == 302
    answer = office.post(address, second | typed | {"email": "pat@example.org"})
    body = said(answer)
    assert "Somebody changed this after you had opened it." in body
    assert "E-mail: nothing is stored now." in body
    assert "Role: head is stored now." in body
    contact.refresh_from_db()
    assert (contact.role, contact.email) == ("head", "")


def test_a_schools_agreement_is_not_overwritten_unseen(office: Client, school: models.School) -> None:
    address = f"/admin/school/{school.pk}/talk/"
    second = opened(office, address)
    typed = {"do": "agreement", "agreement-year": "2026", "agreement-accepted_on": "2026-11-20"}
    assert saved(office, address, typed | {"agreement-by_role": "head teacher"}).status_code == 302
    answer = office.post(address, second | typed | {"agreement-by_role": "deputy head"})
    assert "Somebody changed this after you had opened it." in said(answer)
    assert "By whom: head teacher is stored now." in said(answer)
    assert models.SchoolAgreement.objects.get().by_role == "head teacher"
    # Another year is another agreement, and the same words are written twice by nobody.
    assert office.post(address, second | typed | {"agreement-by_role": "head teacher"}).status_code == 302
    next_year = typed | {"agreement-year": "2027", "agreement-by_role": "deputy head"}
    assert office.post(address, second | next_year).status_code == 302
    seen = dict(hidden(answer.content.decode()))
    assert office.post(address, opened(office, address) | typed | {"agreement-by_role": "deputy head"}).status_code == 302
    assert office.post(address, seen | typed | {"agreement-by_role": "the office"}).status_code == 200
    assert set(models.SchoolAgreement.objects.values_list("by_role", flat=True)) == {"deputy head"}
