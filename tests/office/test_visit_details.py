"""The forms of what is known of a visit and of its sessions: whom to ask for, what to know on arrival, which year groups come."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from schools import models
from tests import factories
from tests.browsing import saved
from tests.office.test_visibility import url

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(area: models.Area, coordinator: models.User) -> models.Visit:
    school = factories.SchoolFactory(area=area, name="Ashfield")
    made: models.Visit = factories.VisitFactory(school=school, coordinator=coordinator, parking="Yard")
    return made


def address_of(visit: models.Visit) -> str:
    return f"/admin/visit/{visit.pk}/edit/"


def reasons(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return list(answer.context["form"].non_field_errors())


def test_its_page_leads_to_the_form_and_all_of_it_is_stored(
    office: Client, area: models.Area, coordinator: models.User, visit: models.Visit
) -> None:
    body = office.get(f"/admin/visit/{visit.pk}/").content.decode()
    assert f'href="{address_of(visit)}"' in body
    assert url(models.Visit, "change", visit.pk) not in body
    other = factories.coordinator_of(area)
    head, lead = (models.Contact.objects.create(school=visit.school, name=name) for name in ("Pat Head", "Sam Lead"))
    typed = {
        "coordinator": other.pk, "contact": head.pk, "safeguarding_contact": lead.pk, "parents_told_on": "2026-11-20",
        "arrival_notes": "Ring at the gate.", "parking": "",
    }  # fmt: skip
    assert saved(office, address_of(visit), typed).status_code == 302
    visit.refresh_from_db()
    assert (visit.coordinator, visit.contact, visit.safeguarding_contact) == (other, head, lead)
    assert (visit.parents_told_on, visit.arrival_notes, visit.parking) == (date(2026, 11, 20), "Ring at the gate.", "")
    assert visit.history.first().history_user == coordinator
    # What is not known after all is taken out again.
    assert saved(office, address_of(visit), {"coordinator": other.pk}).status_code == 302
    visit.refresh_from_db()
    assert (visit.contact, visit.safeguarding_contact, visit.parents_told_on) == (None, None, None)


def test_the_month_is_asked_while_the_school_waits_for_a_day(office: Client, visit: models.Visit) -> None:
    assert "preferred_month" not in office.get(address_of(visit)).context["form"].fields
    models.Visit.objects.update(stage="requested", preferred_month=date(2026, 9, 1))
    # A month that passed stays until somebody chooses another one.
    assert saved(office, address_of(visit), {"preferred_month": "2026-09-01", "parking": "Road"}).status_code == 302
    assert saved(office, address_of(visit), {"preferred_month": "2027-03-01"}).status_code == 302
    visit.refresh_from_db()
    assert visit.preferred_month == date(2027, 3, 1)
    assert "preferred_month" in saved(office, address_of(visit), {"preferred_month": "2026-09-01"}).context["form"].errors


def test_who_cannot_coordinate_gets_no_visit_and_who_left_keeps_theirs(managers_office: Client, visit: models.Visit) -> None:
    analyst = factories.analyst()
    analyst.is_staff = True
    analyst.save()
    elsewhere = factories.coordinator_of(factories.AreaFactory())
    offered = managers_office.get(address_of(visit)).context["form"].fields["coordinator"].queryset
    assert visit.coordinator in offered
    for nobody in (analyst, elsewhere):
        assert nobody not in offered
        answer = saved(managers_office, address_of(visit), {"coordinator": nobody.pk})
        assert "would not see this school’s visits" in answer.content.decode()
    assert reasons(saved(managers_office, address_of(visit), {"parents_told_on": "2026-11-25"})) == [
        "The parents cannot have been told on a day to come. Give the day, or leave it empty until then.",
    ]
    gone = visit.coordinator
    assert gone is not None
    gone.is_active = False
    gone.save()
    assert saved(managers_office, address_of(visit), {"coordinator": gone.pk, "parking": "Road"}).status_code == 302
    visit.refresh_from_db()
    assert (visit.coordinator, visit.parking) == (gone, "Road")


def test_somebody_known_under_an_earlier_number_of_the_school_stays(
    office: Client, area: models.Area, visit: models.Visit
) -> None:
    earlier = models.Contact.objects.create(school=factories.SchoolFactory(area=area), name="Pat Head")
    models.Visit.objects.update(contact=earlier)
    assert saved(office, address_of(visit), {"contact": earlier.pk, "parking": "Road"}).status_code == 302
    visit.refresh_from_db()
    assert (visit.contact, visit.parking) == (earlier, "Road")


def test_what_is_to_come_at_a_school_that_left_the_area_is_not_theirs(
    office: Client, area: models.Area, visit: models.Visit
) -> None:
    # What took place there keeps it in sight.
    factories.SessionFactory(visit=visit, delivered=True, area=area)
    visit.school.authority = factories.AuthorityFactory()
    visit.school.save()
    page = office.get(address_of(visit))
    assert "is in another area now." in page.content.decode()
    assert "Store it" not in page.content.decode()
    [reason] = reasons(office.post(address_of(visit), {"parking": "Road", "seen": page.context["form"].seen}))
    assert "is in another area now." in reason
    visit.refresh_from_db()
    assert visit.parking == "Yard"


def test_another_areas_visit_is_not_there(office: Client, elsewhere: models.Area) -> None:
    theirs = factories.VisitFactory(school=factories.SchoolFactory(area=elsewhere), parking="Yard")
    assert office.get(address_of(theirs)).status_code == 404
    assert office.post(address_of(theirs), {"parking": "Road"}).status_code == 404
    theirs.refresh_from_db()
    assert theirs.parking == "Yard"


def test_a_year_group_whose_tick_is_taken_out_stays_away_and_its_number_is_asked_about(
    office: Client, visit: models.Visit
) -> None:
    session = factories.SessionFactory(visit=visit)
    for group in (5, 6):
        factories.HeadcountFactory(session=session, year_group=group, expected=30)
    address, pk = f"/admin/session/{session.pk}/edit/", visit.school_id
    typed = {"do": "store", "language": "en", f"come{pk}": ["5"], f"n{pk}_5": "", f"n{pk}_6": "30"}
    refused = saved(office, address, typed).content.decode()
    assert "Year 6: This has a number, but is not ticked. Tick it, or empty the number." in refused
    counts = session.headcounts.order_by("year_group").values_list("year_group", "expected")
    assert list(counts) == [(5, 30), (6, 30)]
    assert saved(office, address, typed | {f"n{pk}_6": ""}).status_code == 302
    assert list(counts.all()) == [(5, None)]
