"""Every box of the office that finds a school or a person forgives, and shows nobody what they may not see."""

from typing import Any

import pytest
from django.test import Client

from schools import models
from schools.accounts.models import Role
from tests import factories

pytestmark = pytest.mark.django_db

ALLITHWAITE = {"name": "Allithwaite CofE Primary School", "postcode": "LA11 7RD", "address": "Church Road, Flookburgh, Cumbria"}


@pytest.fixture
def own(area: models.Area) -> models.School:
    school: models.School = factories.SchoolFactory(area=area, **ALLITHWAITE)
    return school


@pytest.fixture
def strange(elsewhere: models.Area) -> models.School:
    school: models.School = factories.SchoolFactory(area=elsewhere, **ALLITHWAITE)
    return school


def booked(office: Client, text: str) -> list[models.School]:
    answer = office.get("/admin/book/", {"q": text}, follow=True)
    return [answer.context["booking"].school] if answer.redirect_chain else list(answer.context["schools"])


def listed(office: Client, table: str, text: str) -> list[Any]:
    return list(office.get(f"/admin/schools/{table}/", {"q": text}).context["cl"].result_list)


def offered(office: Client, model: str, field: str, text: str) -> list[str]:
    query = {"app_label": "schools", "model_name": model, "field_name": field, "term": text}
    return [row["text"] for row in office.get("/admin/autocomplete/", query).json()["results"]]


TEXTS = ["allithwaite c of e", "alithwaite", "LA117RD", "la11 7", "flookburgh", "allithwaite primry"]


@pytest.mark.parametrize("text", TEXTS)
def test_a_school_is_found_in_every_box_and_never_that_of_another_area(
    text: str, office: Client, own: models.School, strange: models.School
) -> None:
    assert booked(office, text) == [own]
    assert listed(office, "school", text) == [own]
    assert offered(office, "contactlog", "school", text) == [own.name]
    other = factories.SchoolFactory(authority=own.authority, name="Beckside")
    assert list(office.get(f"/admin/school/{other.pk}/", {"link": text}).context["found"]) == [own]
    due_page = office.get("/admin/due/", {"q": text, "show": "all"}).content.decode()
    assert f"/admin/school/{own.pk}/" in due_page
    assert f"/admin/school/{strange.pk}/" not in due_page


@pytest.mark.parametrize("text", ["asha bell", "Asha Bel", "ashaa", "beck asha", "V-77", "asha@example.org", "LA9 4XX"])
def test_a_volunteer_is_found_in_every_box_and_never_one_of_another_area(
    text: str, office: Client, area: models.Area, elsewhere: models.Area
) -> None:
    facts: Any = {"name": "Asha Beck Bell", "home_postcode": "LA9 4XX"}
    user = factories.UserFactory(name="Asha", email="asha@example.org")
    volunteer = factories.able_volunteer(area, reference="V-77", user=user, **facts)
    factories.able_volunteer(elsewhere, reference="V-78", **facts)
    factories.able_volunteer(area, name="Bram Lowe")
    assert listed(office, "volunteer", text) == [volunteer]
    assert offered(office, "clearance", "volunteer", text) == [volunteer.name]


def test_contacts_and_users_are_found_by_name_address_and_school(managers_office: Client, own: models.School) -> None:
    contact = models.Contact.objects.create(school=own, name="Siân Ó Néill", email="head@allithwaite.sch.uk")
    for text in ("sian oneill", "o neill", "head allithwaite", "alithwaite", "Siaan"):
        assert listed(managers_office, "contact", text) == [contact]
    user = factories.user_with(Role.ANALYST, name="Nia Pritchard", email="nia@example.org")
    assert listed(managers_office, "user", "nia pritchart") == [user]


def test_what_is_probably_meant_comes_first_in_lists_and_boxes_unless_a_column_orders_them(
    office: Client, area: models.Area
) -> None:
    names = ["All Mary", "Mary", "Mary Closed", "Mary Open"]
    for name in names:
        factories.SchoolFactory(area=area, name=name, status="closed" if name == "Mary Closed" else "open")
    meant = ["Mary", "Mary Open", "Mary Closed", "All Mary"]
    assert [school.name for school in listed(office, "school", "mary")] == meant
    assert offered(office, "contactlog", "school", "mary") == meant
    ordered = office.get("/admin/schools/school/", {"q": "mary", "o": "0"}).context["cl"].result_list
    assert [school.name for school in ordered] == names


def test_the_calendar_forgives_only_where_neither_a_school_nor_a_person_has_the_name(
    office: Client, own: models.School, area: models.Area
) -> None:
    session = factories.SessionFactory(visit__school=own)
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area, name="Jon Smythe"))

    def shown(text: str) -> bool:
        page = office.get("/admin/calendar/", {"view": "month", "day": session.day.isoformat(), "q": text})
        return own.name in page.content.decode()

    assert [shown(text) for text in ("alithwaite", "jon", "john smythe", "la117rd", "")] == [True] * 5
    factories.able_volunteer(area, name="John Smythe")
    assert not shown("john smythe")
    assert not shown("nobody")
