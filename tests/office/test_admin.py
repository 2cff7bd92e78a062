"""What the tables let people change, delete and see, and what is logged."""

import re
from typing import Any

import pytest
from django import forms
from django.db.models import Model
from django.test import Client

from schools import models
from schools.accounts.models import Role
from tests import factories
from tests.browsing import saved
from tests.office.conftest import rows_in
from tests.office.test_visibility import ALL, url


def test_a_contact_goes_unless_a_visit_rests_on_it(office: Client, area: models.Area) -> None:
    school = factories.SchoolFactory(area=area)
    free, needed = (models.Contact.objects.create(school=school, name=name) for name in ("Free", "Needed"))
    factories.VisitFactory(school=school, contact=needed)
    assert office.post(url(models.Contact, "delete", free.pk), {"post": "yes"}).status_code == 302
    assert office.post(url(models.Contact, "delete", needed.pk), {"post": "yes"}).status_code == 403
    assert list(models.Contact.objects.all()) == [needed]


def test_a_coordinator_deletes_no_area(office: Client, area: models.Area) -> None:
    assert office.post(url(models.Area, "delete", area.pk), {"post": "yes"}).status_code == 403
    assert office.post(url(models.Area, "change", area.pk), {"name": "Mine"}).status_code == 403


def test_stage_and_outcome_cannot_be_posted(office: Client, area: models.Area) -> None:
    session = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area))
    data = {"room": "Library", "language": "cy", "stage": "delivered", "went_ahead": "yes", "day": "2027-01-01"}
    before = models.Session.objects.values().get()
    assert office.post(url(models.Session, "change", session.pk), data).status_code == 403
    assert models.Session.objects.values().get() == before
    # The page on which it is changed takes what it asks for, and nothing else.
    typed = {"do": "store", f"come{session.visit.school_id}": ["5"]}
    assert saved(office, f"/admin/session/{session.pk}/edit/", data | typed).status_code == 302
    assert models.Session.objects.values().get() == before | {"room": "Library", "language": "cy"}
    planned = models.Visit.objects.values().get()
    agreed = {"stage": "confirmed", "agreed_on": "2026-11-01", "school": "1", "parking": "Yard"}
    assert office.post(url(models.Visit, "change", session.visit_id), agreed).status_code == 403
    assert models.Visit.objects.values().get() == planned
    assert saved(office, f"/admin/visit/{session.visit_id}/edit/", agreed).status_code == 302
    assert models.Visit.objects.values().get() == planned | {"parking": "Yard"}


def test_a_registers_school_keeps_what_the_register_says(office: Client, area: models.Area) -> None:
    school = factories.SchoolFactory(area=area, name="Ashfield")
    contacts = {"contacts-TOTAL_FORMS": "0", "contacts-INITIAL_FORMS": "0"}
    saved(office, url(models.School, "change", school.pk), {"name": "Mine", "access_notes": "Two steps", **contacts})
    school.refresh_from_db()
    assert (school.name, school.access_notes) == ("Ashfield", "Two steps")


def test_what_is_entered_by_hand_says_so(office: Client, area: models.Area) -> None:
    school = factories.SchoolFactory(area=area)
    data = {"school": school.pk, "academic_year": "2026", "year_group": "5", "pupils": "31"}
    assert office.post(url(models.Roll, "add"), data).status_code == 302
    roll = models.Roll.objects.get()
    assert roll.source == "coordinator"
    models.Roll.objects.update(source="register")
    assert office.post(url(models.Roll, "change", roll.pk), data | {"pupils": "99"}).status_code == 403
    assert office.post(url(models.Roll, "delete", roll.pk), {"post": "yes"}).status_code == 403


def test_each_look_at_a_clearance_is_logged(
    office: Client, coordinator: models.User, area: models.Area, elsewhere: models.Area
) -> None:
    mine, theirs = factories.VolunteerFactory(), factories.VolunteerFactory()
    mine.areas.add(area)
    theirs.areas.add(elsewhere)
    clearance, other = (factories.ClearanceFactory(volunteer=volunteer) for volunteer in (mine, theirs))
    factories.ClearanceFactory(volunteer=mine, scheme="pvg")
    office.get(url(models.Clearance, "changelist"))
    office.get(url(models.Clearance, "change", clearance.pk))
    office.get(url(models.Clearance, "history", clearance.pk))
    office.get(url(models.Clearance, "simple_history", clearance.pk, clearance.history.get().pk))
    office.get(url(models.Clearance, "change", other.pk))
    assert list(models.ClearanceLook.objects.order_by("pk").values_list("volunteer_number", "by", "page")) == [
        (mine.pk, coordinator.pk, page) for page in ("list", "clearance", "history", "history")
    ]


def test_no_lookup_reads_a_certificate_letter_by_letter(office: Client, area: models.Area) -> None:
    volunteer = factories.VolunteerFactory()
    volunteer.areas.add(area)
    factories.ClearanceFactory(volunteer=volunteer, reference="001234567890", level="enhanced")
    for query in ("reference__startswith=0012", "reference=001234567890", "level__contains=enh", "reference__regex=0"):
        answer = office.get(url(models.Clearance, "changelist"), QUERY_STRING=query)
        assert answer.status_code == 400, query
    for words in ("0012", "001234567890", "enhanced"):
        assert volunteer.name not in office.get(url(models.Clearance, "changelist"), {"q": words}).content.decode()
    assert not models.ClearanceLook.objects.exists()
    office.get(url(models.Clearance, "changelist"), {"q": volunteer.name, "decision__exact": "clear"})
    assert models.ClearanceLook.objects.get().volunteer_number == volunteer.pk


def test_no_lookup_reads_what_an_import_says_of_clearances(managers_office: Client) -> None:
    tables: dict[Any, tuple[str, ...]] = {
        models.ImportChange: ("why__contains=not+clear", "fields__icontains=clear", "fields=x"),
        models.ImportRun: ("report__icontains=clear", "report__refused__0__icontains=a"),
    }
    for table, queries in tables.items():
        for query in queries:
            assert managers_office.get(url(table, "changelist"), QUERY_STRING=query).status_code == 400, query
    assert managers_office.get(url(models.ImportChange, "changelist"), {"kind__exact": "changed"}).status_code == 200


def test_no_lookup_reads_a_password_letter_by_letter(managers_office: Client) -> None:
    for query in ("password__startswith=a", "password=a", "password__regex=a", "groups__user__password__startswith=a"):
        answer = managers_office.get(url(models.User, "changelist"), QUERY_STRING=query)
        assert answer.status_code == 400, query


def test_who_records_a_decision_signs_it(office: Client, coordinator: models.User, area: models.Area) -> None:
    volunteer = factories.VolunteerFactory()
    volunteer.areas.add(area)
    applied = {"volunteer": volunteer.pk, "scheme": "dbs", "decision": "pending", "applied_on": "01/11/2026"}
    office.post(url(models.Clearance, "add"), applied)
    clearance = models.Clearance.objects.get()
    assert clearance.decided_by is None
    days = {"issued": "10/11/2026", "decided_on": "12/11/2026", "recheck_on": "10/11/2029"}
    saved(office, url(models.Clearance, "change", clearance.pk), applied | days | {"decision": "clear"})
    assert models.Clearance.objects.filter(decision="clear", decided_by=coordinator).exists()
    without = saved(office, url(models.Clearance, "change", clearance.pk), applied | {"decision": "clear"})
    assert "A clear decision needs the days of issue" in without.content.decode()


def test_an_earlier_state_is_seen_and_never_written_back(office: Client, area: models.Area, elsewhere: models.Area) -> None:
    visit = factories.VisitFactory(school=factories.SchoolFactory(area=area), parking="First")
    visit.parking = "Second"
    visit.save()
    first = visit.history.earliest()
    address = url(models.Visit, "simple_history", visit.pk, first.pk)
    assert "First" in office.get(address).content.decode()
    assert office.post(address, {"parking": "First"}).status_code == 403
    visit.refresh_from_db()
    assert visit.parking == "Second"
    theirs = factories.VisitFactory(school=factories.SchoolFactory(area=elsewhere))
    assert office.get(url(models.Visit, "simple_history", theirs.pk, theirs.history.get().pk)).status_code == 404


def test_history_of_what_is_gone_is_not_shown(office: Client, area: models.Area) -> None:
    visit = factories.VisitFactory(school=factories.SchoolFactory(area=area))
    pk = visit.pk
    visit.delete()
    assert office.get(url(models.Visit, "history", pk)).status_code == 404


def test_a_manager_adds_a_coordinator_who_can_sign_in(managers_office: Client) -> None:
    data = {"name": "Nia Jones", "email": "Nia@Example.org", "role": "Coordinator"}
    assert managers_office.post(url(models.User, "add"), data).status_code == 302
    nia = models.User.objects.get(email="nia@example.org")
    assert set(nia.roles) == {Role.COORDINATOR.value}
    assert nia.is_staff
    again = managers_office.post(url(models.User, "add"), data)
    assert again.status_code == 200
    assert models.User.objects.filter(email="nia@example.org").count() == 1


def test_a_manager_changes_a_role_but_makes_no_superuser(managers_office: Client) -> None:
    person = factories.analyst()
    data = {"name": "New name", "role": "Volunteer", "is_active": "on", "is_superuser": "on", "is_staff": "on"}
    assert saved(managers_office, url(models.User, "change", person.pk), data).status_code == 302
    person = models.User.objects.get(pk=person.pk)
    assert set(person.roles) == {Role.VOLUNTEER.value}
    assert not person.is_staff
    assert not person.is_superuser
    superuser = factories.UserFactory(is_superuser=True, is_staff=True)
    assert managers_office.get(url(models.User, "change", superuser.pk)).status_code == 404


def test_a_used_type_keeps_audience_channel_and_series(managers_office: Client, area: models.Area) -> None:
    used = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area)).type
    data: dict[str, Any] = {
        "name": "KS2 assembly", "minutes": 30, "presenters": 2, "lowest_year_group": 3, "highest_year_group": 6,
        "audience": "adults", "channel": "online", "series": "on",
    }  # fmt: skip
    saved(managers_office, url(models.SessionType, "change", used.pk), data)
    used.refresh_from_db()
    assert (used.audience, used.channel, used.series) == ("pupils", "in_person", False)


def test_told_entries_keep_time_and_role(office: Client, coordinator: models.User, area: models.Area) -> None:
    told = rows_in(area, by=coordinator)[models.SafeguardingNotice]
    assert isinstance(told, models.SafeguardingNotice)
    data = {"role_told": "Somebody else", "charity_told_at_0": "24/11/2026", "charity_told_at_1": "08:45"}
    assert saved(office, url(models.SafeguardingNotice, "change", told.pk), data).status_code == 302
    told.refresh_from_db()
    assert told.role_told == "safeguarding lead"
    assert told.charity_told_at is not None
    assert office.get(url(models.SafeguardingNotice, "add")).status_code == 403


@pytest.mark.parametrize("model", ALL)
def test_days_and_times_have_the_browsers_own_boxes(model: type[Model], managers_office: Client) -> None:
    answer = managers_office.get(url(model, "add"))
    if answer.status_code != 200:
        return  # written by actions alone
    body = answer.content.decode()
    assert not re.findall(r"vDateField|vTimeField|admin/js/calendar", body)
    dated = [name for name, field in answer.context["adminform"].form.fields.items() if isinstance(field, forms.DateField)]
    for name in dated:
        assert re.search(rf'<input type="date" name="{name}"', body), name
